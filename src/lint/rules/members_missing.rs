//! A list's members stand beside its YAML file.

use crate::diagnostic::place::Place;
use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::rows::Rows;
use crate::lint::{Check, Context};
use crate::workspace::encryption::EncryptionError;
use crate::workspace::rules::FILE_UNREADABLE;
use crate::workspace::source::SourceError;

/// The rule.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM060",
        name: "members-missing",
        severity: Severity::Error,
        summary: "A list has no CSV file with its members.",
    },
    run,
};

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    for (name, rows) in context.rows {
        let Some(file) = context.loaded.lists.get(name) else {
            continue;
        };
        let members = &file.members;
        match rows {
            Rows::Missing => out.push(
                Diagnostic::new(
                    &CHECK.rule,
                    &file.path,
                    Place::File,
                    format!("`{members}` is not there"),
                )
                .help("add it: its first row names the columns, and every further one is a member"),
            ),
            // That is the key's fault, not the file's.
            Rows::Closed(SourceError::Encrypted {
                why: EncryptionError::OtherKeys,
                ..
            }) => {}
            // A link is complained of where files are listed.
            Rows::Closed(error) if !matches!(error, SourceError::NotRegular(_)) => {
                let (message, help) = match error {
                    SourceError::Encrypted { why, .. } => {
                        let help = "an encrypted list is what `age` writes, encrypted to keys; git has what it was before";
                        (format!("`{members}` {why}"), Some(help.to_owned()))
                    }
                    _ => (format!("`{members}` cannot be read: {error}"), None),
                };
                let mut finding = Diagnostic::new(&FILE_UNREADABLE, members, Place::File, message);
                finding.help = help;
                out.push(finding);
            }
            _ => {}
        }
    }
}
