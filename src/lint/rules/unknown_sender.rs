//! A campaign names a sender, and so may the policy for owners' notices, and a list for mails to who joins: `senders` of
//! `postmerge.yaml` must have it.

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
        summary: "A campaign, or a list, names a sender that `postmerge.yaml` does not have.",
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
    let campaigns = context.loaded.campaigns.values();
    let campaigns =
        campaigns.map(|file| (&file.path, Place::value(&["sender"]), &file.campaign.sender));
    let lists = context.loaded.lists.values().filter_map(|file| {
        let sender = file.list.joining.as_ref()?.sender.as_ref()?;
        Some((&file.path, Place::value(&["joining", "sender"]), sender))
    });
    for (path, place, name) in campaigns.chain(lists) {
        if !settings.senders.contains_key(name) {
            let message = format!("`postmerge.yaml` has no sender `{name}`");
            out.push(
                Diagnostic::new(&CHECK.rule, path, place, message).did_you_mean(
                    name.as_str(),
                    settings.senders.keys().map(SenderName::as_str),
                ),
            );
        }
    }
}
