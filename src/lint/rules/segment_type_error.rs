//! `where` must fit every list.

use crate::diagnostic::place::Place;
use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::{Check, Context};
use crate::workspace::segment::Segment;

/// The rule.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM090",
        name: "segment-type-error",
        severity: Severity::Error,
        summary: "A segment does not fit a list.",
    },
    run,
};

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    for file in context.loaded.campaigns.values() {
        let audience = &file.campaign.audience;
        let Some(filter) = audience.filter.as_deref() else {
            continue;
        };
        for name in &audience.lists {
            let Some(list) = context.loaded.lists.get(name) else {
                continue;
            };
            if let Err(error) = Segment::compile(filter, &list.list) {
                let message = format!("for the list {name}: {error}");
                let place = Place::value(&["audience", "where"]);
                out.push(
                    Diagnostic::new(&CHECK.rule, &file.path, place, message)
                        .why("nobody could say who gets the mail, so it would be held")
                        .help("the columns stand in lists/*.yaml; texts stand between quotation marks"),
                );
            }
        }
    }
}
