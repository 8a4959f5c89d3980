//! A mail uses what mail programs show.

use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::content::Kind;
use crate::lint::style::declarations;
use crate::lint::{Check, Context};

/// The rule.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM120",
        name: "html-unsupported",
        severity: Severity::Warning,
        summary: "A mail uses what some mail programs do not show.",
    },
    run,
};

/// Elements, and where they are not shown.
const ELEMENTS: [(&str, &str); 5] = [
    ("svg", "Gmail, Outlook, Yahoo"),
    ("canvas", "Gmail, Outlook, Yahoo"),
    ("picture", "Outlook, Gmail for other accounts"),
    ("link", "Gmail, Outlook, Yahoo"),
    ("marquee", "Gmail, Yahoo"),
];

/// Declarations by name and the beginning of their value, and where they do nothing.
const DECLARATIONS: [(&str, &str, &str); 13] = [
    ("display", "flex", "Outlook, Gmail for other accounts"),
    (
        "display",
        "inline-flex",
        "Outlook, Gmail for other accounts",
    ),
    ("display", "grid", "Gmail, Outlook, Yahoo"),
    ("position", "absolute", "Gmail, Outlook, Yahoo"),
    ("position", "fixed", "Gmail, Outlook, Yahoo"),
    ("position", "sticky", "Gmail, Outlook, Yahoo"),
    ("background-image", "url", "Outlook"),
    ("background", "url", "Outlook"),
    ("transform", "", "Gmail, Outlook, Yahoo"),
    ("animation", "", "Gmail, Outlook, Yahoo"),
    ("filter", "", "Gmail, Outlook, Yahoo"),
    ("clip-path", "", "Gmail, Outlook, Yahoo"),
    ("object-fit", "", "Outlook, Gmail"),
];

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    for text in context.texts {
        for element in &text.elements {
            let of_element = ELEMENTS.iter().find(|(name, _)| *name == element.name);
            if let Some((name, clients)) = of_element {
                let message = format!("`<{name}>` is not shown by {clients}");
                out.push(finding(text.finding(&CHECK.rule, &element.at, message)));
            }
            let style = element.attribute("style").unwrap_or_default();
            if let Some((name, value, clients)) = unsupported(style) {
                let message = format!("`{name}: {value}` does nothing in {clients}");
                out.push(finding(text.finding(&CHECK.rule, &element.at, message)));
            }
        }
        if text.kind == Kind::Other && text.path.ends_with(".css") {
            sheet(text, out);
        }
    }
}

/// A style sheet, a line at a time: what stands in `@media` is for those that read it.
fn sheet(text: &crate::lint::content::Text, out: &mut Vec<Diagnostic>) {
    let (mut start, mut depth) = (0_i32, 0);
    let mut at = 0;
    for line in text.source.split_inclusive('\n') {
        let span = at..at + line.trim_end().len();
        at += line.len();
        let is_conditional = start > 0;
        if line.trim_start().starts_with('@') {
            start = depth + 1;
        }
        depth += i32::try_from(line.matches('{').count()).unwrap_or(0);
        depth -= i32::try_from(line.matches('}').count()).unwrap_or(0);
        if start > 0 && depth < start {
            start = 0;
        }
        let inner = line.split(['{', '}']).nth(1).unwrap_or(line);
        if let Some((name, value, clients)) = unsupported(inner).filter(|_| !is_conditional) {
            let message = format!("`{name}: {value}` does nothing in {clients}");
            out.push(finding(text.finding(&CHECK.rule, &span, message)));
        }
    }
}

fn unsupported(style: &str) -> Option<(&'static str, &'static str, &'static str)> {
    declarations(style).find_map(|(name, value)| {
        let of = |(known, begins, _): &&(&str, &str, &str)| {
            *known == name
                && (value.starts_with(begins) || (*begins == "url" && value.contains("url(")))
        };
        let known = DECLARATIONS.iter().find(of)?;
        // What is said to be nothing is nothing to complain of.
        (value != "none").then_some(*known)
    })
}

fn finding(found: Diagnostic) -> Diagnostic {
    found
        .why("those recipients see the mail without it, or in pieces")
        .help("use tables and plain properties for what must be seen by all")
}
