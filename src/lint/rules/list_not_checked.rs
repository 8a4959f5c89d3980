//! An encrypted list that there is no key for is said to be so, never passed over as sound.

use crate::diagnostic::place::Place;
use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::rows::Rows;
use crate::lint::{Check, Context};

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
        let (Rows::Encrypted, Some(file)) = (rows, context.loaded.lists.get(name)) else {
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
