//! An encrypted list that there is no key for is said to be so, never passed over as sound. With a key that is not its own it is an
//! error: whoever set one meant it to be looked at.

use crate::diagnostic::place::Place;
use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::rows::Rows;
use crate::lint::{Check, Context};
use crate::workspace::encryption::EncryptionError;
use crate::workspace::source::SourceError;

/// The rule.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM069",
        name: "list-not-checked",
        severity: Severity::Warning,
        summary: "A list is encrypted, and there is no key here to look at its rows.",
    },
    run,
};

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    for (name, rows) in context.rows {
        let Some(file) = context.loaded.lists.get(name) else {
            continue;
        };
        if let Rows::Closed(SourceError::Encrypted { why, .. }) = rows
            && matches!(why, EncryptionError::OtherKeys)
        {
            let message = format!("the list `{name}` is not checked: it {why}");
            let mut finding = Diagnostic::new(&CHECK.rule, &file.members, Place::File, message)
                .help("use a key that opens it; or make one with `postmerge lists key`, put its public half among `encryption.recipients` in postmerge.yaml, and have somebody who can read the list run `postmerge lists encrypt`");
            finding.severity = Severity::Error;
            out.push(finding);
            continue;
        }
        let Rows::Encrypted = rows else {
            continue;
        };
        let message = format!("the list `{name}` is not checked: encrypted");
        out.push(
            Diagnostic::new(&CHECK.rule, &file.members, Place::File, message)
                .why("its rows are looked at where there is a key: by its owner, and before anything is sent")
                .help("whoever has a key looks at them with POSTMERGE_AGE_KEY set; pull requests have none, and need none"),
        );
    }
}
