//! Who proposes a campaign owns its lists, or asks.

use crate::diagnostic::place::Place;
use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::{Check, Context};
use crate::workspace::settings::Role;

/// The rule.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM170",
        name: "list-not-owned",
        severity: Severity::Error,
        summary: "A campaign goes to a list that its author does not own.",
    },
    run,
};

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    let (Some(settings), Some(author)) = (&context.loaded.settings, context.request.author) else {
        return;
    };
    let person = settings
        .people
        .iter()
        .find(|(_, it)| it.github.eq_ignore_ascii_case(author));
    if person.is_some_and(|(_, it)| it.roles.contains(&Role::Administrator)) {
        return;
    }
    for file in context.loaded.campaigns.values() {
        if !context.is_changed(file.path.as_str()) {
            continue;
        }
        for (at, name) in file.campaign.audience.lists.iter().enumerate() {
            let Some(list) = context.loaded.lists.get(name) else {
                continue;
            };
            let owns = |(who, it): (
                &crate::workspace::names::PersonName,
                &crate::workspace::settings::Person,
            )| { list.list.owner == *who || it.lists.contains(name) };
            if person.is_some_and(owns) {
                continue;
            }
            let owner = &list.list.owner;
            let place = Place::value(&["audience", "lists", &at.to_string()]);
            let message = format!("{name} is {owner}'s list, and {author} proposes to write to it");
            out.push(
                Diagnostic::new(&CHECK.rule, &file.path, place, message)
                    .why("its owner answers for complaints and bounces")
                    .help(
                        "ask the administrator to propose it, or to accept it here with a reason",
                    ),
            );
        }
    }
}
