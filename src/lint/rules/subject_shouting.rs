//! Subjects speak in an ordinary voice.

use crate::diagnostic::place::Place;
use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::without_tags::without_tags;
use crate::lint::{Check, Context};

/// The rule.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM132",
        name: "subject-shouting",
        severity: Severity::Warning,
        summary: "A subject shouts.",
    },
    run,
};

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    for file in context.loaded.campaigns.values() {
        let subject = &file.campaign.subject;
        let plain = without_tags(subject, "");
        let letters = plain.chars().filter(|c| c.is_alphabetic()).count();
        let capitals = plain.chars().filter(|c| c.is_uppercase()).count();
        // One word may be an abbreviation.
        let words = plain
            .split_whitespace()
            .filter(|word| is_capitals(word))
            .count();
        let marks = plain
            .chars()
            .filter(|c| matches!(c, '!' | '¡' | '?' | '¿'))
            .count();
        let repeated = ["!!", "??", "!?", "$$", "€€"]
            .iter()
            .any(|it| plain.contains(it));
        let why = if words >= 2 && letters > 8 && capitals * 10 > letters * 6 {
            "the subject is written in capitals"
        } else if repeated || marks > 4 {
            "the subject has marks of exclamation or question one after the other"
        } else {
            continue;
        };
        out.push(
            Diagnostic::new(&CHECK.rule, &file.path, Place::value(&["subject"]), why)
                .why("that is how spam is written, and filters count it")
                .help("write it as in a letter"),
        );
    }
}

fn is_capitals(word: &str) -> bool {
    let letters = word.chars().filter(|c| c.is_alphabetic()).count();
    letters > 1 && word.chars().all(|c| !c.is_lowercase())
}
