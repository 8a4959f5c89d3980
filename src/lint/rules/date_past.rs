//! A campaign is proposed for a day to come.

use crate::diagnostic::place::Place;
use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::{Check, Context};
use crate::workspace::campaign::Status;

/// The rule.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM172",
        name: "date-past",
        severity: Severity::Error,
        summary: "A campaign is proposed for a day that is over.",
    },
    run,
};

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    for (id, file) in &context.loaded.campaigns {
        let campaign = &file.campaign;
        let is_over = campaign.send.every.is_none() && campaign.send.date < context.today;
        let is_asked =
            context.is_changed(file.path.as_str()) && campaign.status != Status::Cancelled;
        // What went out was not missed.
        if is_over && is_asked && context.gone_out(id, file).is_none() {
            let message = format!(
                "{} is over: it would lapse, and go to nobody",
                campaign.send.date
            );
            let place = Place::value(&["send", "date"]);
            out.push(
                Diagnostic::new(&CHECK.rule, &file.path, place, message)
                    .help("write a day to come; who only tidies up a campaign that went out can leave its date"),
            );
        }
    }
}
