//! Where policy names sites, links lead to these.

use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::rules::link_shortened::is_shortener;
use crate::lint::target::{Target, is_below, own_domains, target};
use crate::lint::{Check, Context};

/// The rule.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM105",
        name: "link-domain-foreign",
        severity: Severity::Warning,
        summary: "A link leads to a site that policy does not name.",
    },
    run,
};

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    let Some(settings) = &context.loaded.settings else {
        return;
    };
    if settings.policy.link_domains.is_empty() {
        return;
    }
    let mut known = own_domains(settings);
    known.extend(settings.policy.link_domains.iter().cloned());
    for text in context.texts {
        for link in &text.links {
            let Target::Web { host, .. } = target(&link.url) else {
                continue;
            };
            // Of a shortener there is another finding.
            if !known.iter().any(|domain| is_below(&host, domain)) && !is_shortener(&host) {
                let message = format!("`{host}` is not among the sites that mails may link to");
                out.push(
                    text.finding(&CHECK.rule, &link.at, message)
                        .why("a mail is judged by the sites that it links to, too")
                        .help("ask the administrator to put it under `policy.link_domains`, or take the link away"),
                );
            }
        }
    }
}
