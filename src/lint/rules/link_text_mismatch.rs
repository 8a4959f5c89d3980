//! What a link shows is where it leads.

use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::content::is_dynamic;
use crate::lint::hosts::looks_like_host;
use crate::lint::target::{Target, is_below, target};
use crate::lint::{Check, Context};

/// The rule.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM102",
        name: "link-text-mismatch",
        severity: Severity::Error,
        summary: "A link shows one address and leads to another.",
    },
    run,
};

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    for text in context.texts {
        for link in &text.links {
            let Some((shown, leads_to)) = mismatch(&link.text, &link.url) else {
                continue;
            };
            let message = format!("the link shows `{shown}` and leads to `{leads_to}`");
            out.push(
                text.finding(&CHECK.rule, &link.at, message)
                    .why("that is what fraud looks like: mail programs warn, and filters reject")
                    .help("show words, or the address that it leads to"),
            );
        }
    }
}

/// What the words of a link show, and where it leads to, if that is elsewhere.
fn mismatch(words: &str, url: &str) -> Option<(String, String)> {
    let words = words.trim();
    // `<mailto:ana@camara.example>` shows all of it.
    let words = words.strip_prefix("mailto:").unwrap_or(words);
    if words.contains(char::is_whitespace) || is_dynamic(words) {
        return None;
    }
    let shown = shown(words)?;
    let is_elsewhere = |host: &str| {
        let site = shown.rsplit_once('@').map_or(shown.as_str(), |(_, it)| it);
        !is_below(host, site) && !is_below(site, host)
    };
    match target(url) {
        Target::Web { host, .. } if is_elsewhere(&host) => Some((shown, host)),
        Target::Contact if !is_dynamic(url) => {
            let address = url.get(..7).filter(|it| it.eq_ignore_ascii_case("mailto:"));
            let given = url.get(address?.len()..)?.split('?').next()?;
            let given = given.replace("%40", "@").to_lowercase();
            let is_it = |it: &str| match shown.contains('@') {
                true => it.trim() == shown,
                // A site's name over an address of that site.
                false => it
                    .rsplit_once('@')
                    .is_some_and(|(_, host)| !is_elsewhere(host.trim())),
            };
            (!given.split(',').any(is_it)).then_some((shown, given))
        }
        _ => None,
    }
}

/// The mail address or the host that a link's words are, in small letters, where people would take them for one.
fn shown(words: &str) -> Option<String> {
    if let Target::Web { host, .. } = target(words) {
        let is_name = host.contains('.');
        return is_name.then(|| host.trim_start_matches("www.").to_owned());
    }
    if let Some((local, host)) = words.rsplit_once('@') {
        let host = host.to_lowercase();
        let is_address = !local.is_empty() && looks_like_host(&host);
        return is_address.then(|| words.to_lowercase());
    }
    let host = words.split(['/', '?', '#']).next()?;
    if let Some(name) = host.to_lowercase().strip_prefix("www.") {
        return name.contains('.').then(|| name.to_owned());
    }
    looks_like_host(host).then(|| host.to_owned())
}

#[cfg(test)]
mod tests {
    use super::mismatch;

    const SITE: &str = "https://camara.example/x";

    #[test]
    fn an_address_of_another_site_is_a_mismatch() {
        for (words, url) in [
            ("www.otra.example", SITE),
            ("WWW.OTRA.EXAMPLE", SITE),
            ("https://otra.test/y", SITE),
            ("otra.com.co/y?z", SITE),
            ("info@otra.example", SITE),
            ("info@camara.example", "mailto:eventos@camara.example"),
            ("otra.example", "mailto:eventos@camara.example"),
        ] {
            assert!(mismatch(words, url).is_some(), "{words}");
        }
    }

    #[test]
    fn names_of_files_and_people_are_words() {
        for words in [
            "programa.pdf",
            "Excel.xlsx",
            "index.html",
            "node.js",
            "José.Muñoz",
            "P.IVA",
            "dott.ssa",
            "C.so",
            "Descargar otra.example",
            "{{ nombre }}@otra.example",
            "camara.example",
            "sede.camara.example/y",
            "info@camara.example",
        ] {
            assert_eq!(mismatch(words, SITE), None, "{words}");
        }
        for (words, url) in [
            (
                "Info@camara.example",
                "mailto:info@Camara.example?subject=Hola",
            ),
            ("b@a.example", "mailto:c@a.example,b%40a.example"),
            ("camara.example", "mailto:info@camara.example"),
            ("mailto:b@a.example", "mailto:b@a.example"),
            ("www.otra.example", "tel:+571"),
            ("www.otra.example", "#abajo"),
        ] {
            assert_eq!(mismatch(words, url), None, "{words}");
        }
    }
}
