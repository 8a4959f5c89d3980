//! An invitation shows how to join.

use crate::diagnostic::place::Place;
use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::link_shown::lacking;
use crate::lint::{Check, Context};
use crate::workspace::campaign::Campaign;

/// The rule.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM242",
        name: "join-link-missing",
        severity: Severity::Error,
        summary: "An invitation does not show how to join.",
    },
    run,
};

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    let must = |campaign: &Campaign| campaign.invitation.is_some();
    for (file, part) in lacking(context, ("i", None), must) {
        let message = format!("{part} does not show `join_url`");
        out.push(
            Diagnostic::new(
                &CHECK.rule,
                &file.path,
                Place::value(&["invitation"]),
                message,
            )
            .why("whoever is invited has no way to say yes")
            .help("write `[Quiero recibirlo]({{ join_url }})` where the text invites"),
        );
    }
}
