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
const ELEMENTS: [&str; 12] = [
    "script", "noscript", "form", "iframe", "frame", "frameset", "object", "embed", "applet",
    "audio", "video", "base",
];

/// What a form consists of; said of the form where there is one.
const FIELDS: [&str; 4] = ["input", "textarea", "select", "button"];

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    for text in context.texts {
        let has_form = text.elements.iter().any(|it| it.name == "form");
        for element in &text.elements {
            let name = element.name.as_str();
            let is_field = FIELDS.contains(&name) && !has_form;
            let on = element
                .attributes
                .iter()
                .find(|(name, _)| name.starts_with("on"));
            let message = if ELEMENTS.contains(&name) || is_field {
                format!("many mail programs take `<{name}>` away, or let it do nothing")
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
