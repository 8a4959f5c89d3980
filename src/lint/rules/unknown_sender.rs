//! A campaign names a sender, and so may the policy for owners' notices: `senders` of `postmerge.yaml` must have it.

use crate::diagnostic::place::Place;
use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::{Check, Context};
use crate::workspace::names::SenderName;

/// The rule.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM042",
        name: "unknown-sender",
        severity: Severity::Error,
        summary: "A campaign names a sender that `postmerge.yaml` does not have.",
    },
    run,
};

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    let Some(settings) = &context.loaded.settings else {
        return;
    };
    if let Some(name) = &settings.policy.hygiene.sender
        && !settings.senders.contains_key(name)
    {
        let place = Place::value(&["policy", "hygiene", "sender"]);
        let message = format!("there is no sender `{name}` for owners' notices");
        out.push(
            Diagnostic::new(&CHECK.rule, "postmerge.yaml", place, message).did_you_mean(
                name.as_str(),
                settings.senders.keys().map(SenderName::as_str),
            ),
        );
    }
    for file in context.loaded.campaigns.values() {
        let name = &file.campaign.sender;
        if !settings.senders.contains_key(name) {
            let message = format!("`postmerge.yaml` has no sender `{name}`");
            out.push(
                Diagnostic::new(&CHECK.rule, &file.path, Place::value(&["sender"]), message)
                    .did_you_mean(
                        name.as_str(),
                        settings.senders.keys().map(SenderName::as_str),
                    ),
            );
        }
    }
}
