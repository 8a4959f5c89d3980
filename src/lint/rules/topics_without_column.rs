//! A list that has topics has a column that holds who chose which.

use crate::diagnostic::place::Place;
use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::{Check, Context};

/// The rule.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM245",
        name: "topics-without-column",
        severity: Severity::Error,
        summary: "A list has topics and no column that holds who chose them.",
    },
    run,
};

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    for file in context.loaded.lists.values() {
        if !file.list.lacks_topics_column() {
            continue;
        }
        out.push(
            Diagnostic::new(
                &CHECK.rule,
                &file.path,
                Place::key(&["topics"]),
                "no column holds which topics a member chose",
            )
            .why("the portal shows no topics, and a campaign with `topic` goes to nobody")
            .help("add one to `columns`, and to the CSV's first line: `temas: {type: topics}`"),
        );
    }
}
