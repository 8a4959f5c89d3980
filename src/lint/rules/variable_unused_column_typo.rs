//! Lists of one campaign name the same column in the same way.

use crate::diagnostic::place::Place;
use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::{Check, Context};

/// The rule.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM078",
        name: "variable-unused-column-typo",
        severity: Severity::Warning,
        summary: "A list has a column nearly of the name that a mail uses, and not that column.",
    },
    run,
};

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    let start = out.len();
    for (id, compiled) in &context.templates.compiled {
        let Some(file) = context.loaded.campaigns.get(id) else {
            continue;
        };
        let used = compiled.columns();
        for list in &file.campaign.audience.lists {
            let Some(list) = context.loaded.lists.get(list) else {
                continue;
            };
            let columns = &list.list.columns;
            let missing = used.iter().filter(|name| !columns.contains_key(*name));
            for name in missing {
                let mut unused = columns.keys().filter(|it| !used.contains(it));
                let Some(near) = unused.find(|it| is_slip(it, name)) else {
                    continue;
                };
                let message =
                    format!("the list has `{near}`, and not `{name}`, which campaigns/{id} uses");
                let place = Place::key(&["columns", near]);
                let found = Diagnostic::new(&CHECK.rule, &list.path, place, message)
                    .why("for its members the value is empty, and the mail says what it says without it")
                    .help(format!("name the column `{name}`, here and in the CSV file's first row"));
                // Several campaigns may use it: once is enough for a column.
                let known = out.get(start..).unwrap_or_default();
                let is_said = |it: &Diagnostic| it.path == found.path && it.place == found.place;
                if !known.iter().any(is_said) {
                    out.push(found);
                }
            }
        }
    }
}

/// One slip of the finger, two in a long name; numbered columns are meant to differ.
fn is_slip(one: &str, other: &str) -> bool {
    let letters = |name: &str| -> String { name.chars().filter(|c| !c.is_ascii_digit()).collect() };
    let (a, b) = (letters(one), letters(other));
    let length = a.chars().count();
    // The measure is quadratic, and a hostile name may be long.
    let is_fit = (4..=64).contains(&length) && b.len() <= 128;
    let allowed = if length >= 8 { 2 } else { 1 };
    is_fit && a != b && strsim::damerau_levenshtein(&a, &b) <= allowed
}

#[cfg(test)]
mod tests {
    use super::is_slip;

    #[test]
    fn slips_are_told_from_other_names() {
        for (one, other) in [
            ("nombe", "nombre"),
            ("empersa", "empresa"),
            ("Nombre", "nombre"),
        ] {
            assert!(is_slip(one, other), "{one}");
        }
        for (one, other) in [
            ("linea1", "linea2"),
            ("pais", "mes"),
            ("alta", "baja"),
            ("a", "b"),
        ] {
            assert!(!is_slip(one, other), "{one}");
        }
    }
}
