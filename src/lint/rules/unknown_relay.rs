//! A sender names a relay: `relays` of `postmerge.yaml` must have it.

use crate::diagnostic::place::Place;
use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::{Check, Context};
use crate::workspace::names::RelayName;

/// The rule.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM043",
        name: "unknown-relay",
        severity: Severity::Error,
        summary: "A sender names a relay that `postmerge.yaml` does not have.",
    },
    run,
};

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    let Some(settings) = &context.loaded.settings else {
        return;
    };
    for (name, sender) in &settings.senders {
        let relay = &sender.relay;
        if !settings.relays.contains_key(relay) {
            let place = Place::value(&["senders", name.as_str(), "relay"]);
            let message = format!("there is no relay `{relay}`");
            out.push(
                Diagnostic::new(&CHECK.rule, "postmerge.yaml", place, message).did_you_mean(
                    relay.as_str(),
                    settings.relays.keys().map(RelayName::as_str),
                ),
            );
        }
    }
}
