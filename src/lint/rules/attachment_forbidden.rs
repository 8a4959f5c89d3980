//! Attachments are as policy allows them.

use crate::diagnostic::place::Place;
use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::attachments;
use crate::lint::{Check, Context};

/// The rule.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM150",
        name: "attachment-forbidden",
        severity: Severity::Error,
        summary: "A campaign attaches what policy does not allow.",
    },
    run,
};

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    let Some(settings) = &context.loaded.settings else {
        return;
    };
    let policy = &settings.policy.attachments;
    if policy.allowed {
        return;
    }
    for file in context.loaded.campaigns.values() {
        for (number, _) in attachments::of(file) {
            let place = Place::value(&["documents", &number.to_string(), "as"]);
            let message = "attachments are not allowed here";
            let found = Diagnostic::new(&CHECK.rule, &file.path, place, message);
            out.push(attachments::finding(found));
        }
    }
}
