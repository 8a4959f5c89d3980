//! Columns stand between two braces.

use crate::diagnostic::place::Place;
use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::{Check, Context};

/// The rule.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM076",
        name: "variable-one-brace",
        severity: Severity::Warning,
        summary: "A column stands between single braces, which mean nothing.",
    },
    run,
};

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    for (id, file) in &context.loaded.campaigns {
        let mut columns: Vec<&str> = Vec::new();
        for list in &file.campaign.audience.lists {
            let list = context.loaded.lists.get(list);
            columns.extend(
                list.iter()
                    .flat_map(|list| list.list.columns.keys().map(String::as_str)),
            );
        }
        for text in context.texts_of(id) {
            for (at, name) in single_braces(&text.source) {
                if columns.contains(&name) {
                    let span = at..at + name.len() + 2;
                    let place = Place::Bytes(span.clone());
                    out.push(
                        text.finding(
                            &CHECK.rule,
                            &span,
                            format!("`{{{name}}}` is sent as it stands here"),
                        )
                        .why("a value is put in only between two braces")
                        .fix(
                            format!("write `{{{{ {name} }}}}`"),
                            place,
                            format!("{{{{ {name} }}}}"),
                        ),
                    );
                }
            }
        }
        for (_, name) in single_braces(&file.campaign.subject) {
            if columns.contains(&name) {
                let message =
                    format!("`{{{name}}}` is sent as it stands here: write `{{{{ {name} }}}}`");
                out.push(Diagnostic::new(
                    &CHECK.rule,
                    &file.path,
                    Place::value(&["subject"]),
                    message,
                ));
            }
        }
    }
}

/// What stands between single braces, and where the first one is.
fn single_braces(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices('{') {
        let before = text.get(..at).unwrap_or_default();
        let after = text.get(at + 1..).unwrap_or_default();
        let Some((name, rest)) = after.split_once('}') else {
            continue;
        };
        let is_name = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_');
        if is_name && !before.ends_with('{') && !rest.starts_with('}') {
            found.push((at, name));
        }
    }
    found
}
