//! Who asks for a mail's picture or link, as far as a request's head tells: a person, or a machine; and who wants no record of
//! it. What only several requests tell together is in [`super::bursts`].
//!
//! Neither is proof. What is in doubt counts as a person's, so the figure for people is the upper bound that an open is anyway.

use axum::http::{HeaderMap, header};

use crate::ledger::feedback::Reader;

/// Parts of programs' names (lower case) that belong to people all the same: proxies that fetch a picture when a mail is
/// shown, and makers of telephones. They are asked first.
const PEOPLE: [&str; 4] = [
    // Gmail shows pictures through it, when they are shown.
    "googleimageproxy",
    "ggpht.com",
    "yahoomailproxy",
    // A maker of telephones, whose name ends like a robot's.
    "cubot",
];

/// Parts of programs' names (lower case) that no person uses to read mail.
const MACHINES: &[&str] = &[
    // Call themselves what they are.
    "bot",
    "crawl",
    "spider",
    "scan",
    "preview",
    "prefetch",
    "monitor",
    "checker",
    "validator",
    "fetcher",
    "archiver",
    // Libraries and tools.
    "curl",
    "wget",
    "libwww",
    "lwp",
    "python",
    "aiohttp",
    "httpx",
    "scrapy",
    "ruby",
    "faraday",
    "perl",
    "go-http-client",
    "java/",
    "apache-httpclient",
    "jakarta",
    "node-fetch",
    "node.js",
    "axios",
    "undici",
    "got (",
    "guzzle",
    "php/",
    "postman",
    "insomnia",
    "powershell",
    "winhttp",
    "dotnet",
    "reqwest",
    "hyper/",
    // Browsers that nobody looks at.
    "headless",
    "phantomjs",
    "puppeteer",
    "playwright",
    "selenium",
    // Filters of mail.
    "barracuda",
    "mimecast",
    "proofpoint",
    "trendmicro",
    "symantec",
    "messagelabs",
    "fireeye",
    "sophos",
    "zscaler",
    "cloudmark",
    "virus",
    // Messengers and networks that show what a link leads to.
    "whatsapp",
    "facebookexternalhit",
    "embedly",
    "skypeuri",
    // Word and Excel ask what a link is before they follow it.
    "existence discovery",
    "google-safety",
];

/// What Apple's mail programs fetch every picture of every mail with, long before anybody looks: the whole of it.
const APPLE_AHEAD: &str = "mozilla/5.0";

/// Shorter names say nothing that a person's program would.
const SHORTEST: usize = 4;

/// Whether whoever asks wishes not to be followed (W3C Tracking Preference Expression §5; Global Privacy Control).
pub(super) fn declines(headers: &HeaderMap) -> bool {
    let says = |name| headers.get(name).is_some_and(|value| value == "1");
    says("dnt") || says("sec-gpc")
}

/// Who asks.
pub(super) fn reader(headers: &HeaderMap) -> Reader {
    match is_ahead(headers) || is_machine(headers) {
        true => Reader::Machine,
        false => Reader::Person,
    }
}

/// Fetched before anybody asked for it.
fn is_ahead(headers: &HeaderMap) -> bool {
    let ahead = ["purpose", "sec-purpose", "x-purpose", "x-moz"];
    let values = ahead.iter().flat_map(|name| headers.get_all(*name));
    let mut told = values.filter_map(|value| value.to_str().ok());
    told.any(|value| {
        let value = value.to_ascii_lowercase();
        value.contains("prefetch") || value.contains("preview") || value.contains("prerender")
    })
}

fn is_machine(headers: &HeaderMap) -> bool {
    let Some(agent) = headers.get(header::USER_AGENT) else {
        return true;
    };
    // What is not even text is no program's name.
    let Ok(agent) = agent.to_str() else {
        return true;
    };
    let agent = agent.trim().to_ascii_lowercase();
    let has = |part: &&str| agent.contains(*part);
    if PEOPLE.iter().any(has) {
        return false;
    }
    agent.len() < SHORTEST || agent == APPLE_AHEAD || MACHINES.iter().any(has)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let pairs = pairs.iter();
        pairs
            .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
            .collect()
    }

    const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

    #[test]
    fn programs_are_told_apart() {
        use Reader::{Machine, Person};
        for (agent, expected) in [
            (FIREFOX, Person),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148",
                Person,
            ),
            (
                "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)",
                Person,
            ),
            (
                "YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html",
                Person,
            ),
            ("Mozilla/4.0 (compatible; ms-office; MSOffice 16)", Person),
            (
                "Mozilla/5.0 (Linux; Android 13; CUBOT KINGKONG 9) AppleWebKit/537.36 Chrome/125.0 Mobile Safari/537.36",
                Person,
            ),
            ("Mozilla/5.0", Machine),
            ("", Machine),
            ("-", Machine),
            ("curl/8.5.0", Machine),
            ("python-requests/2.32", Machine),
            ("Go-http-client/2.0", Machine),
            (
                "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
                Machine,
            ),
            (
                "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
                Machine,
            ),
            ("WhatsApp/2.23.20.0", Machine),
            (
                "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 HeadlessChrome/126.0 Safari/537.36",
                Machine,
            ),
            ("Microsoft Office Existence Discovery", Machine),
            (
                "Mozilla/5.0 (Windows NT 6.1; Win64) SkypeUriPreview Preview/0.5",
                Machine,
            ),
        ] {
            assert_eq!(reader(&told(&[("user-agent", agent)])), expected, "{agent}");
        }
        assert_eq!(reader(&HeaderMap::new()), Machine);
    }

    #[test]
    fn what_is_fetched_ahead_is_a_machines_whoever_fetches_it() {
        for (name, value) in [
            ("purpose", "prefetch"),
            ("sec-purpose", "prefetch;prerender"),
            ("x-purpose", "preview"),
            ("x-moz", "prefetch"),
        ] {
            let headers = told(&[("user-agent", FIREFOX), (name, value)]);
            assert_eq!(reader(&headers), Reader::Machine, "{name}");
        }
    }

    #[test]
    fn who_declines_says_so_with_a_one() {
        assert!(declines(&told(&[("dnt", "1")])));
        assert!(declines(&told(&[("sec-gpc", "1")])));
        assert!(!declines(&told(&[("dnt", "0")])));
        assert!(!declines(&HeaderMap::new()));
    }
}
