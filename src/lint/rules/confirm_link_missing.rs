//! Who is asked whether they want to go on finds where to answer.

use crate::diagnostic::place::Place;
use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::link_shown::lacking;
use crate::lint::{Check, Context};
use crate::mail::token::Action;
use crate::workspace::campaign::Campaign;

/// The rule.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM167",
        name: "confirm-link-missing",
        severity: Severity::Error,
        summary: "A campaign asks people to confirm, and does not show where.",
    },
    run,
};

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    let must = |campaign: &Campaign| campaign.reconfirmation.is_some();
    for (file, part) in lacking(context, ("c", Some(Action::Confirm)), must) {
        out.push(
            Diagnostic::new(
                &CHECK.rule,
                &file.path,
                Place::key(&["reconfirmation"]),
                format!("{part} does not show `confirm_url`"),
            )
            .why("nobody could answer, and all would count as unconfirmed")
            .help("write `[Yes, I want to go on]({{ confirm_url }})` into its text"),
        );
    }
}
