//! A campaign names a topic: at least one of its lists must have it.

use crate::diagnostic::place::Place;
use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::{Check, Context};
use crate::workspace::names::TopicName;

/// The rule.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM045",
        name: "topic-unknown",
        severity: Severity::Error,
        summary: "A campaign names a topic that none of its lists has.",
    },
    run,
};

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    for file in context.loaded.campaigns.values() {
        let audience = &file.campaign.audience;
        let Some(topic) = &audience.topic else {
            continue;
        };
        // A list that is not there or cannot be read may have the topic; it has its own finding.
        let lists: Option<Vec<_>> = audience
            .lists
            .iter()
            .map(|name| context.loaded.lists.get(name))
            .collect();
        let Some(lists) = lists else { continue };
        let known: Vec<&TopicName> = lists.iter().flat_map(|l| l.list.topics.keys()).collect();
        if !known.contains(&topic) {
            let message = format!("none of the campaign's lists has the topic `{topic}`");
            out.push(
                Diagnostic::new(
                    &CHECK.rule,
                    &file.path,
                    Place::value(&["audience", "topic"]),
                    message,
                )
                .why("nobody has chosen it, so nobody would get the mail")
                .did_you_mean(topic.as_str(), known.into_iter().map(TopicName::as_str)),
            );
        }
    }
}
