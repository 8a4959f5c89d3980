//! Answers reach somebody.

use crate::diagnostic::place::Place;
use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::{Check, Context};

/// The rule.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM161",
        name: "reply-to-missing",
        severity: Severity::Warning,
        summary: "Answers to a sender reach nobody.",
    },
    run,
};

/// How addresses begin that nobody reads.
const UNREAD: [&str; 10] = [
    "noreply",
    "no-reply",
    "no_reply",
    "donotreply",
    "do-not-reply",
    "noresponder",
    "no-responder",
    "nicht-antworten",
    "nonrispondere",
    "non-rispondere",
];

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    let Some(settings) = &context.loaded.settings else {
        return;
    };
    for (name, sender) in &settings.senders {
        let answered = sender.reply_to.as_deref().unwrap_or(&sender.address);
        let local = answered
            .split('@')
            .next()
            .unwrap_or_default()
            .to_lowercase();
        if UNREAD.iter().any(|it| local.starts_with(it)) {
            let key = if sender.reply_to.is_some() {
                "reply_to"
            } else {
                "address"
            };
            let place = Place::value(&["senders", name.as_str(), key]);
            out.push(
                Diagnostic::new(
                    &CHECK.rule,
                    "postmerge.yaml",
                    place,
                    format!("nobody reads `{answered}`"),
                )
                .why("people answer to leave or to correct their data, and then complain instead")
                .help("set `reply_to` to an address that somebody reads"),
            );
        }
    }
}
