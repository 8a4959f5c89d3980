//! Who proposes a campaign owns its lists, or asks.

use crate::diagnostic::place::Place;
use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::{Check, Context};
use crate::workspace::names::PersonName;
use crate::workspace::settings::{Person, Role};

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
    let Some(author) = context.request.author else {
        return;
    };
    if context.loaded.settings.is_none() {
        return;
    }
    // Who is who, and whose the lists are, is what the base says: the proposal may change both.
    let people = context.people().map(|it| &it.people);
    let person = people
        .into_iter()
        .flatten()
        .find(|(_, it)| it.github.eq_ignore_ascii_case(author));
    if person.is_some_and(|(_, it)| it.roles.contains(&Role::Administrator)) {
        return;
    }
    for file in context.loaded.campaigns.values() {
        if !context.is_changed(file.path.as_str()) {
            continue;
        }
        for (at, name) in file.campaign.audience.lists.iter().enumerate() {
            if !context.loaded.lists.contains_key(name) {
                continue;
            }
            let owner = context.owner(name);
            let owns = |(who, it): (&PersonName, &Person)| {
                owner.as_ref() == Some(who) || it.lists.contains(name)
            };
            if person.is_some_and(owns) {
                continue;
            }
            let whose = owner.map_or("nobody knows whose".to_owned(), |it| format!("{it}'s"));
            let place = Place::value(&["audience", "lists", &at.to_string()]);
            let message = format!("{name} is {whose} list, and {author} proposes to write to it");
            out.push(
                Diagnostic::new(&CHECK.rule, &file.path, place, message)
                    .why("its owner answers for complaints and bounces; who owns it is what the base says")
                    .help(
                        "ask the administrator to propose it, or to accept it here with a reason",
                    ),
            );
        }
    }
}
