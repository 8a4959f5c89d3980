//! Who may join a list can: what must be in their row is asked for, and what is asked for is in the list.

use crate::diagnostic::place::Place;
use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::{Check, Context};
use crate::workspace::list::{Column, Joining};
use crate::workspace::loaded::ListFile;
use crate::workspace::members::fits;
use crate::workspace::settings::{Locale, Settings};

/// The rule.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM244",
        name: "joining-impossible",
        severity: Severity::Error,
        summary: "People may join a list, and by its settings nobody could.",
    },
    run,
};

/// The languages that the portal speaks.
const LOCALES: [Locale; 3] = [Locale::Es, Locale::It, Locale::En];

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    for file in context.loaded.lists.values() {
        let Some(joining) = &file.list.joining else {
            continue;
        };
        asked(file, joining, out);
        absent(file, joining, out);
        consent(file, joining, out);
        if let Some(settings) = &context.loaded.settings {
            around(file, joining, settings, out);
        }
    }
}

fn finding(file: &ListFile, place: &[&str], message: String) -> Diagnostic {
    Diagnostic::new(&CHECK.rule, &file.path, Place::value(place), message)
}

/// What is asked for is there, and is theirs to say.
fn asked(file: &ListFile, joining: &Joining, out: &mut Vec<Diagnostic>) {
    let list = &file.list;
    for (at, name) in joining.ask.iter().flatten().enumerate() {
        let at = at.to_string();
        let place = ["joining", "ask", at.as_str()];
        let columns = list.columns.keys().map(String::as_str);
        if *name == list.address_column {
            let message = format!("`{name}` is the address, which is always asked for");
            out.push(finding(file, &place, message).help("take it away from `ask`"));
        } else if list.consent.column.as_ref() == Some(name) {
            let message = format!("`{name}` says who consented, and is filled in");
            out.push(finding(file, &place, message).help("take it away from `ask`"));
        } else if !list.columns.contains_key(name) {
            let message = format!("the list has no column `{name}` to ask for");
            out.push(finding(file, &place, message).did_you_mean(name, columns));
        }
    }
}

/// What must be in a row is asked for, or is filled in.
fn absent(file: &ListFile, joining: &Joining, out: &mut Vec<Diagnostic>) {
    let list = &file.list;
    let is_asked = |name: &String, column: &Column| match &joining.ask {
        Some(columns) => columns.contains(name),
        None => list.is_theirs(name, column),
    };
    for (name, column) in &list.columns {
        let is_filled = list.consent.column.as_ref() == Some(name);
        if !column.required || is_filled || is_asked(name, column) {
            continue;
        }
        if list.language_column.as_ref() == Some(name) {
            let is_refused = |locale: &Locale| fits(list, name, locale.tag()).is_err();
            let Some(locale) = LOCALES.iter().find(|it| is_refused(it)) else {
                continue;
            };
            let message = format!(
                "whoever reads the form in `{}` could not join: the column `{name}` does not take it",
                locale.tag()
            );
            out.push(
                finding(file, &["columns", name, "values"], message).help(format!(
                    "add `{}`, or `{name}` to `joining.ask`",
                    locale.tag()
                )),
            );
            continue;
        }
        let place: &[&str] = match joining.ask {
            Some(_) => &["joining", "ask"],
            None => &["joining"],
        };
        let message =
            format!("nobody could join: `{name}` must be filled in, and is not asked for");
        let help = match joining.ask {
            Some(_) => format!("add `{name}` to `ask`, or take `required` away from the column"),
            None => {
                format!("say `editable: true` of the column, or name it in `ask`: `ask: [{name}]`")
            }
        };
        out.push(finding(file, place, message).help(help));
    }
}

/// There is a text to agree to, in a language that the portal speaks.
fn consent(file: &ListFile, joining: &Joining, out: &mut Vec<Diagnostic>) {
    if joining.consent.values().all(|text| text.trim().is_empty()) {
        let message = "there is no text that people could agree to".to_owned();
        out.push(
            finding(file, &["joining", "consent"], message)
                .help("say what they agree to, by language: `consent: {es: …, it: …, en: …}`"),
        );
    }
    for tag in joining.consent.keys() {
        if LOCALES.iter().all(|locale| locale.tag() != tag) {
            let message = format!("the portal does not speak `{tag}`");
            let tags = LOCALES.iter().map(|locale| locale.tag());
            out.push(
                Diagnostic::new(
                    &CHECK.rule,
                    &file.path,
                    Place::key(&["joining", "consent", tag]),
                    message,
                )
                .did_you_mean(tag, tags)
                .help("languages are `es`, `it` and `en`"),
            );
        }
    }
}

/// What the settings must have for it.
fn around(file: &ListFile, joining: &Joining, settings: &Settings, out: &mut Vec<Diagnostic>) {
    if joining.public && settings.portal.is_none() {
        let message = "nobody could join: there is no `portal`".to_owned();
        out.push(
            finding(file, &["joining", "public"], message)
                .help("set `portal: {url: https://…}` in postmerge.yaml"),
        );
    }
    let is_to_nobody = settings.encryption.recipients.is_empty();
    if file.is_encrypted() && is_to_nobody {
        let message =
            "who joins could not be put into the list: it is encrypted, and to nobody".to_owned();
        out.push(
            finding(file, &["joining"], message)
                .help("name who can read it under `encryption.recipients` of postmerge.yaml"),
        );
    }
}
