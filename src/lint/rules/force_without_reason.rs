//! Who insists says why.

use crate::diagnostic::place::Place;
use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::{Check, Context};

/// The rule.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM096",
        name: "force-without-reason",
        severity: Severity::Warning,
        summary: "A campaign insists on sending again and hardly says why.",
    },
    run,
};

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    for file in context.loaded.campaigns.values() {
        let Some(force) = &file.campaign.force else {
            continue;
        };
        let words = force
            .reason
            .split_whitespace()
            .filter(|word| word.chars().any(char::is_alphabetic));
        if words.count() < 3 {
            let place = Place::value(&["force", "reason"]);
            out.push(
                Diagnostic::new(&CHECK.rule, &file.path, place, "the reason says little")
                    .why("people get the same again: who approves must be able to judge it")
                    .help("say in a sentence what was wrong and what is right now"),
            );
        }
    }
}
