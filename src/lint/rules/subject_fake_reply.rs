//! Subjects do not pretend.

use crate::diagnostic::place::Place;
use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::{Check, Context};

/// The rule.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM133",
        name: "subject-fake-reply",
        severity: Severity::Error,
        summary: "A subject pretends to be an answer.",
    },
    run,
};

/// How answers and forwarded mails begin, in the languages that we write.
const BEGINNINGS: [&str; 12] = [
    "re:", "re :", "fw:", "fwd:", "rv:", "rif:", "r:", "i:", "aw:", "tr:", "resp:", "enc:",
];

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    for file in context.loaded.campaigns.values() {
        let subject = file.campaign.subject.trim_start().to_lowercase();
        if let Some(begins) = BEGINNINGS.iter().find(|it| subject.starts_with(**it)) {
            let message = format!("`{begins}` says that the mail answers another one");
            out.push(
                Diagnostic::new(&CHECK.rule, &file.path, Place::value(&["subject"]), message)
                    .why("that is deceit under most laws on mail, and recipients report it")
                    .help("take it away"),
            );
        }
    }
}
