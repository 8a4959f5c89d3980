//! A campaign or a person names a list: `lists/<name>.yaml` must be there.

use crate::diagnostic::place::Place;
use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::{Check, Context};
use crate::workspace::names::ListName;

/// The rule.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM040",
        name: "unknown-list",
        severity: Severity::Error,
        summary: "A list is named that is not there.",
    },
    run,
};

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    let known = &context.loaded.list_names;
    let mut check = |path: &dyn std::fmt::Display, steps: &[&str], name: &ListName| {
        if known.contains(name) {
            return;
        }
        out.push(
            Diagnostic::new(
                &CHECK.rule,
                path,
                Place::value(steps),
                format!("there is no list `{name}`"),
            )
            .did_you_mean(name.as_str(), known.iter().map(ListName::as_str)),
        );
    };
    for file in context.loaded.campaigns.values() {
        let audience = &file.campaign.audience;
        for (key, names) in [
            ("lists", &audience.lists),
            ("exclude_lists", &audience.exclude_lists),
        ] {
            for (at, name) in names.iter().enumerate() {
                check(&file.path, &["audience", key, &at.to_string()], name);
            }
        }
    }
    for file in context.loaded.campaigns.values() {
        if let Some(invitation) = &file.campaign.invitation {
            check(&file.path, &["invitation", "list"], &invitation.list);
        }
    }
    for (person, settings) in context.loaded.settings.iter().flat_map(|s| &s.people) {
        for (at, name) in settings.lists.iter().enumerate() {
            let steps = ["people", person.as_str(), "lists", &at.to_string()];
            check(&"postmerge.yaml", &steps, name);
        }
    }
}
