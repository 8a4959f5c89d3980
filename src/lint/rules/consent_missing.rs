//! Newsletters go to who said yes.

use crate::diagnostic::place::Place;
use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::{Check, Context};
use crate::workspace::campaign::Purpose;
use crate::workspace::list::ConsentBasis;

/// The rule.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM091",
        name: "consent-missing",
        severity: Severity::Error,
        summary: "A newsletter goes to a list without consent.",
    },
    run,
};

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    for file in context.loaded.campaigns.values() {
        let campaign = &file.campaign;
        if campaign.purpose != Purpose::Marketing {
            continue;
        }
        for (at, name) in campaign.audience.lists.iter().enumerate() {
            let Some(list) = context.loaded.lists.get(name) else {
                continue;
            };
            // Who has chosen a topic has said yes to it.
            let topic = campaign.audience.topic.as_ref();
            let is_chosen = topic.is_some_and(|topic| list.list.topics.contains_key(topic));
            if list.list.consent.basis == ConsentBasis::Consent || is_chosen {
                continue;
            }
            let place = Place::value(&["audience", "lists", &at.to_string()]);
            let message = format!("the members of {name} have not consented to newsletters");
            out.push(
                Diagnostic::new(&CHECK.rule, &file.path, place, message)
                    .why("they gave their address for something else; they complain, and the law is on their side")
                    .help("write to who consented, or say the `purpose` that the mail has: transactional or individual"),
            );
        }
    }
}
