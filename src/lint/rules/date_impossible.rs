//! A campaign's day must be one on which something can go out.

use crate::diagnostic::place::Place;
use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::{Check, Context};
use crate::plan::sending::sending;
use crate::schedule::occurrence::LAST_DAY;

/// The rule.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM047",
        name: "date-impossible",
        severity: Severity::Error,
        summary: "A campaign has a date on which, and after which, nothing can go out.",
    },
    run,
};

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    let (Some(settings), Some(calendar)) = (&context.loaded.settings, context.calendar) else {
        return;
    };
    for (id, file) in &context.loaded.campaigns {
        let date = file.campaign.send.date;
        let Ok(sending) = sending(settings, id, &file.campaign) else {
            continue;
        };
        if sending.is_ever(calendar) {
            continue;
        }
        let (why, help) = match date > LAST_DAY {
            true => (
                format!("nothing is scheduled after {LAST_DAY}"),
                "write the day that is meant; a campaign that is not to go out is `status: cancelled`, or not there"
                    .to_owned(),
            ),
            false => (
                "its window opens on no day of the year that follows".to_owned(),
                "write another day, or another window".to_owned(),
            ),
        };
        let message = format!("on {date} nothing can go out, and not later");
        out.push(
            Diagnostic::new(
                &CHECK.rule,
                &file.path,
                Place::value(&["send", "date"]),
                message,
            )
            .why(why)
            .help(help),
        );
    }
}
