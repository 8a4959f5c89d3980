//! A mail uses what mail programs show.

use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::clients::{listed, without_declaration, without_element};
use crate::lint::content::{Kind, Text};
use crate::lint::style::{Declaration, declarations};
use crate::lint::{Check, Context};
use crate::workspace::settings::Client;

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

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    let Some(settings) = &context.loaded.settings else {
        return;
    };
    let clients = settings.policy.clients.as_slice();
    for text in context.texts {
        for element in &text.elements {
            let missing = without_element(&element.name, clients);
            if !missing.is_empty() {
                let message = format!("`<{}>` is not shown by {}", element.name, listed(&missing));
                out.push(finding(text.finding(&CHECK.rule, &element.at, message)));
            }
            let style = element.attribute("style").unwrap_or_default();
            if let Some(message) = unsupported(style, clients) {
                out.push(finding(text.finding(&CHECK.rule, &element.at, message)));
            }
        }
        if text.kind == Kind::Other && text.path.ends_with(".css") {
            sheet(text, &text.source, 0, clients, out);
        }
        for at in &text.sheets {
            let css = text.source.get(at.clone()).unwrap_or_default();
            sheet(text, css, at.start, clients, out);
        }
    }
}

/// A style sheet, a line at a time: what stands in `@media` is for those that read it.
fn sheet(text: &Text, css: &str, from: usize, clients: &[Client], out: &mut Vec<Diagnostic>) {
    let (mut start, mut depth) = (0_i32, 0);
    let mut at = from;
    for line in css.split_inclusive('\n') {
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
        if let Some(message) = unsupported(inner, clients).filter(|_| !is_conditional) {
            out.push(finding(text.finding(&CHECK.rule, &span, message)));
        }
    }
}

/// What the first declaration is that some of them do not show.
fn unsupported(style: &str, clients: &[Client]) -> Option<String> {
    declarations(style).find_map(|Declaration { name, value, .. }| {
        let missing = without_declaration(&name, &value, clients);
        let shown: String = value.chars().take(40).collect();
        (!missing.is_empty())
            .then(|| format!("`{name}: {shown}` does nothing in {}", listed(&missing)))
    })
}

fn finding(found: Diagnostic) -> Diagnostic {
    found
        .why("those recipients see the mail without it, or in pieces")
        .help("use tables and plain properties for what must be seen by all")
}
