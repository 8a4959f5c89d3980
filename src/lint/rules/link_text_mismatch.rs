//! What a link shows is where it leads.

use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::content::is_dynamic;
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
            let Target::Web { host, .. } = target(&link.url) else {
                continue;
            };
            let Some(shown) = shown_host(&link.text) else {
                continue;
            };
            if !is_below(&host, &shown) && !is_below(&shown, &host) {
                let message = format!("the link shows `{shown}` and leads to `{host}`");
                out.push(
                    text.finding(&CHECK.rule, &link.at, message)
                        .why(
                            "that is what fraud looks like: mail programs warn, and filters reject",
                        )
                        .help("show words, or the address that it leads to"),
                );
            }
        }
    }
}

/// The host that a link's words are, where they are an address.
fn shown_host(text: &str) -> Option<String> {
    let text = text.trim();
    if text.contains(char::is_whitespace) || text.contains('@') || is_dynamic(text) {
        return None;
    }
    let host = match target(text) {
        Target::Web { host, .. } => host,
        Target::Relative => text.split(['/', '?', '#']).next()?.to_lowercase(),
        _ => return None,
    };
    let (before, last) = host.rsplit_once('.')?;
    let is_name = !before.is_empty() && last.len() >= 2 && last.chars().all(char::is_alphabetic);
    is_name.then_some(host.trim_start_matches("www.").to_owned())
}
