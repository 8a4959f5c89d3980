//! A list names its owner: `people` of `postmerge.yaml` must have them.

use crate::diagnostic::place::Place;
use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::{Check, Context};
use crate::workspace::names::PersonName;

/// The rule.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM046",
        name: "owner-unknown",
        severity: Severity::Error,
        summary: "A list is owned by a person that `postmerge.yaml` does not have.",
    },
    run,
};

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    let Some(settings) = &context.loaded.settings else {
        return;
    };
    for file in context.loaded.lists.values() {
        let owner = &file.list.owner;
        if !settings.people.contains_key(owner) {
            let message = format!("`postmerge.yaml` has no person `{owner}`");
            out.push(
                Diagnostic::new(&CHECK.rule, &file.path, Place::value(&["owner"]), message)
                    .did_you_mean(
                        owner.as_str(),
                        settings.people.keys().map(PersonName::as_str),
                    ),
            );
        }
    }
}
