//! Links lead to https.

use crate::diagnostic::place::Place;
use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::target::{Target, is_below, own_domains, target};
use crate::lint::{Check, Context};

/// The rule.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM100",
        name: "link-not-https",
        severity: Severity::Warning,
        summary: "A link leads to a page without encryption.",
    },
    run,
};

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    let settings = context.loaded.settings.as_ref();
    let mut known = settings.map(own_domains).unwrap_or_default();
    known.extend(
        settings
            .iter()
            .flat_map(|it| it.policy.link_domains.clone()),
    );
    for text in context.texts {
        for link in &text.links {
            let Target::Web {
                is_https: false,
                host,
                ..
            } = target(&link.url)
            else {
                continue;
            };
            let mut finding = text
                .finding(
                    &CHECK.rule,
                    &link.at,
                    format!("the link to `{host}` is not encrypted"),
                )
                .why(
                    "mail filters mistrust it, and anybody on the way can read and change the page",
                );
            let starts = text.source.get(link.at.clone()).unwrap_or_default();
            // Only the scheme is replaced, and only of what is written as such.
            if starts
                .get(..7)
                .is_some_and(|it| it.eq_ignore_ascii_case("http://"))
            {
                let place = Place::Bytes(link.at.start..link.at.start + 7);
                finding = finding.fix("write `https://`", place, "https://".to_owned());
                if known.iter().any(|domain| is_below(&host, domain)) {
                    finding = finding.safely();
                }
            }
            out.push(finding.help("write https://, after looking whether the page is there"));
        }
    }
}
