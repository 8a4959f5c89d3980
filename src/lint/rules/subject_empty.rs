//! A mail has a subject.

use crate::diagnostic::place::Place;
use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::{Check, Context};

/// The rule.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM131",
        name: "subject-empty",
        severity: Severity::Error,
        summary: "A mail has no subject.",
    },
    run,
};

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    for file in context.loaded.campaigns.values() {
        let subject = file.campaign.subject.trim();
        let bare: String = subject.chars().filter(|c| c.is_alphanumeric()).collect();
        if bare.is_empty() {
            out.push(
                Diagnostic::new(
                    &CHECK.rule,
                    &file.path,
                    Place::value(&["subject"]),
                    "the subject says nothing",
                )
                .why("filters mistrust a mail without a subject, and nobody opens it")
                .help("say in a few words what the mail is about"),
            );
        }
    }
}
