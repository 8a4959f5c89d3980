//! Who is asked whether they want to go on answers on the portal.

use crate::diagnostic::place::Place;
use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::{Check, Context};

/// The rule.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM048",
        name: "reconfirmation-without-portal",
        severity: Severity::Error,
        summary: "A campaign asks people to confirm, and there is no portal to do it on.",
    },
    run,
};

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    let Some(settings) = &context.loaded.settings else {
        return;
    };
    if settings.portal.is_some() {
        return;
    }
    for file in context.loaded.campaigns.values() {
        if file.campaign.reconfirmation.is_none() {
            continue;
        }
        let message = "it asks people to confirm, and `postmerge.yaml` has no `portal`";
        out.push(
            Diagnostic::new(
                &CHECK.rule,
                &file.path,
                Place::key(&["reconfirmation"]),
                message,
            )
            .why("nobody could answer, and all would count as unconfirmed")
            .help("set `portal: {url: https://…}` to where `postmerge serve` runs"),
        );
    }
}
