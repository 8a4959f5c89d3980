//! Texts are written as an organisation writes.

use crate::diagnostic::place::Place;
use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::phrases;
use crate::lint::{Check, Context};

/// The rule.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM135",
        name: "spam-phrase",
        severity: Severity::Warning,
        summary: "A text is written as spam is.",
    },
    run,
};

/// From this sum of weights on.
const TOO_MUCH: u32 = 5;

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    for (id, file) in &context.loaded.campaigns {
        let mut sum = 0;
        let mut found: Vec<&str> = Vec::new();
        let subject = phrases::found(&file.campaign.subject);
        // In a subject a phrase counts twice.
        sum += 2 * subject.iter().map(|(_, weight)| weight).sum::<u32>();
        found.extend(subject.iter().map(|(phrase, _)| *phrase));
        for text in context.texts_of(id) {
            for at in &text.shown {
                let piece = text.source.get(at.clone()).unwrap_or_default();
                for (phrase, weight) in phrases::found(piece) {
                    if !found.contains(&phrase) {
                        sum += weight;
                        found.push(phrase);
                    }
                }
            }
        }
        if sum < TOO_MUCH {
            continue;
        }
        let place = if subject.is_empty() {
            Place::File
        } else {
            Place::value(&["subject"])
        };
        let quoted: Vec<String> = found.iter().map(|it| format!("`{it}`")).collect();
        let message = format!("the mail says {}", quoted.join(", "));
        out.push(
            Diagnostic::new(&CHECK.rule, &file.path, place, message)
                .why("filters weigh such words together, and so do readers")
                .help("say what is offered, by whom and until when"),
        );
    }
}
