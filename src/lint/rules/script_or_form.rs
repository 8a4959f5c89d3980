//! Mails hold text and pictures.

use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::target::{Target, target};
use crate::lint::{Check, Context};

/// The rule.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM118",
        name: "script-or-form",
        severity: Severity::Error,
        summary: "A mail holds what mail programs do not run.",
    },
    run,
};

/// Elements that run, embed or ask something.
const ELEMENTS: [&str; 16] = [
    "script", "noscript", "form", "input", "textarea", "select", "button", "iframe", "frame",
    "frameset", "object", "embed", "applet", "audio", "video", "base",
];

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    for text in context.texts {
        for element in &text.elements {
            let on = element
                .attributes
                .iter()
                .find(|(name, _)| name.starts_with("on"));
            let message = if ELEMENTS.contains(&element.name.as_str()) {
                format!("mail programs take `<{}>` away", element.name)
            } else if let Some((name, _)) = on {
                format!("mail programs take `{name}` away, and what it runs")
            } else {
                continue;
            };
            out.push(finding(text.finding(&CHECK.rule, &element.at, message)));
        }
        for link in &text.links {
            if target(&link.url) == Target::Script {
                let message = "the link runs a script";
                out.push(finding(text.finding(&CHECK.rule, &link.at, message)));
            }
        }
    }
}

fn finding(found: Diagnostic) -> Diagnostic {
    found
        .why("filters reject mails with scripts and forms, and nobody sees them")
        .help("link to a page that has it")
}
