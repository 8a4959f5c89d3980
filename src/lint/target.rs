//! Where a link leads to, as far as its text tells. Nothing is asked of the network.

use crate::workspace::settings::Settings;

/// What a link's address is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A page of the web.
    Web {
        /// Whether over https.
        is_https: bool,
        /// The host in lower case, as written.
        host: String,
        /// Whether a user's name stands before the host.
        has_user: bool,
    },
    /// A mail address or a telephone number.
    Contact,
    /// A place in the same text.
    Anchor,
    /// A file below `assets/`.
    Asset(String),
    /// Something without a scheme.
    Relative,
    /// Runs something.
    Script,
    /// Another scheme.
    Scheme(String),
    /// Its beginning is known only when a recipient is there.
    Dynamic,
    /// Nothing.
    Empty,
}

/// Reads a link's address.
pub fn target(url: &str) -> Target {
    let url = url.trim();
    let lower = url.to_lowercase();
    if url.is_empty() {
        return Target::Empty;
    }
    if let Some(name) = url.strip_prefix("assets/") {
        return Target::Asset(name.to_owned());
    }
    let scheme_end =
        url.find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '+' | '-' | '.'));
    let scheme = match scheme_end {
        Some(end) if url.get(end..).is_some_and(|rest| rest.starts_with(':')) => lower.get(..end),
        _ => None,
    };
    match scheme {
        _ if url.starts_with('#') => Target::Anchor,
        _ if url.starts_with("{{") || url.starts_with("{%") => Target::Dynamic,
        Some(name @ ("http" | "https")) => web(name == "https", url, name.len()),
        Some("mailto" | "tel" | "sms") => Target::Contact,
        Some("javascript" | "vbscript") => Target::Script,
        Some(name) => Target::Scheme(name.to_owned()),
        None => Target::Relative,
    }
}

fn web(is_https: bool, url: &str, scheme: usize) -> Target {
    let rest = url
        .get(scheme + 1..)
        .unwrap_or_default()
        .trim_start_matches('/');
    let end = rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len());
    let authority = rest.get(..end).unwrap_or_default();
    let (user, host) = authority.rsplit_once('@').unwrap_or(("", authority));
    let host = host.split(':').next().unwrap_or_default();
    if host.contains("{{") || host.contains("{%") {
        return Target::Dynamic;
    }
    Target::Web {
        is_https,
        host: host.trim_end_matches('.').to_lowercase(),
        has_user: !user.is_empty(),
    }
}

/// Whether `host` is `domain` or below it.
pub fn is_below(host: &str, domain: &str) -> bool {
    let domain = domain.trim_start_matches("www.").to_lowercase();
    host == domain
        || host
            .strip_suffix(domain.as_str())
            .is_some_and(|rest| rest.ends_with('.'))
}

/// The organisation's own domains: of its website, portal, published files and addresses.
pub fn own_domains(settings: &Settings) -> Vec<String> {
    let organisation = &settings.organisation;
    let urls = [
        organisation.website.as_deref(),
        settings.portal.as_ref().map(|it| it.url.as_str()),
        settings.publish.as_ref().map(|it| it.url.as_str()),
    ];
    let hosts = urls
        .into_iter()
        .flatten()
        .filter_map(|url| match target(url) {
            Target::Web { host, .. } => Some(host),
            _ => None,
        });
    let addresses = [&settings.bounces.address, &settings.unsubscribe.address];
    let domains = addresses.into_iter().filter_map(|address| {
        address
            .rsplit_once('@')
            .map(|(_, domain)| domain.to_lowercase())
    });
    let mut all: Vec<String> = hosts
        .chain(domains)
        .map(|host| host.trim_start_matches("www.").to_owned())
        .collect();
    all.sort();
    all.dedup();
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(url: &str) -> Option<String> {
        match target(url) {
            Target::Web { host, .. } => Some(host),
            _ => None,
        }
    }

    #[test]
    fn addresses_are_told_apart() {
        assert_eq!(host("HTTPS://A.Example:8/x").as_deref(), Some("a.example"));
        assert_eq!(
            host("https://bank.example@evil.test/").as_deref(),
            Some("evil.test")
        );
        assert_eq!(host("https:\\\\a.example").as_deref(), Some(""));
        assert_eq!(target("https://{{ host }}/x"), Target::Dynamic);
        assert_eq!(target("{{ unsubscribe_url }}"), Target::Dynamic);
        assert_eq!(target("mailto:a@b"), Target::Contact);
        assert_eq!(target("JavaScript:alert(1)"), Target::Script);
        assert_eq!(
            target("data:text/html,x"),
            Target::Scheme("data".to_owned())
        );
        assert_eq!(target("www.a.example/x"), Target::Relative);
        assert_eq!(target("assets/a.png"), Target::Asset("a.png".to_owned()));
        assert_eq!(target("#a"), Target::Anchor);
        assert!(is_below("x.a.example", "a.example") && !is_below("xa.example", "a.example"));
    }
}
