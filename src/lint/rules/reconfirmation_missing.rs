//! Nobody is left out for not answering who is not asked.

use crate::diagnostic::place::Place;
use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::{Check, Context};
use crate::workspace::campaign::Status;
use crate::workspace::settings::Unconfirmed;

/// The rule.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM169",
        name: "reconfirmation-missing",
        severity: Severity::Warning,
        summary: "Policy leaves out who does not confirm, and no campaign asks for it.",
    },
    run,
};

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    let Some(settings) = &context.loaded.settings else {
        return;
    };
    let asks = context.loaded.campaigns.values().any(|file| {
        let campaign = &file.campaign;
        campaign.reconfirmation.is_some() && campaign.status == Status::Active
    });
    if asks || settings.policy.reconfirmation.unconfirmed != Unconfirmed::Exclude {
        return;
    }
    out.push(
        Diagnostic::new(
            &CHECK.rule,
            "postmerge.yaml",
            Place::value(&["policy", "reconfirmation", "unconfirmed"]),
            "no campaign says `reconfirmation`, so nobody is asked",
        )
        .why("who was asked earlier and did not answer cannot answer any more")
        .help("keep a campaign that asks every quarter, or write `unconfirmed: keep`"),
    );
}
