//! A list without members: campaigns to it go to nobody.

use crate::diagnostic::place::Place;
use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::rows::Rows;
use crate::lint::{Check, Context};

/// The rule.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM061",
        name: "list-empty",
        severity: Severity::Warning,
        summary: "A list has no members.",
    },
    run,
};

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    for (name, rows) in context.rows {
        let (Rows::Read { count: 0, .. }, Some(file)) = (rows, context.loaded.lists.get(name))
        else {
            continue;
        };
        let message = format!("the list `{name}` has no members");
        out.push(
            Diagnostic::new(&CHECK.rule, &file.members, Place::File, message)
                .why("a campaign to this list alone is held: it would go to nobody")
                .help("add a row for each member below the heading"),
        );
    }
}
