//! A campaign is proposed in time.

use crate::diagnostic::place::Place;
use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::{Check, Context};
use crate::workspace::campaign::Status;

/// The rule.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM171",
        name: "notice-too-short",
        severity: Severity::Error,
        summary: "A campaign is proposed too late for its date.",
    },
    run,
};

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    let (Some(settings), Some(calendar)) = (&context.loaded.settings, context.calendar) else {
        return;
    };
    let notice = &settings.notice;
    let days = u32::from(notice.business_days);
    let Some(earliest) = calendar.earliest_after_notice(context.request.now, days, notice.cut_off)
    else {
        return;
    };
    for file in context.loaded.campaigns.values() {
        let campaign = &file.campaign;
        let date = campaign.send.date;
        let is_asked =
            context.is_changed(file.path.as_str()) && campaign.status != Status::Cancelled;
        // A day that is over is another rule's.
        if !is_asked || date >= earliest || date < context.today {
            continue;
        }
        let place = Place::value(&["send", "date"]);
        let message = format!(
            "{date} is too soon: what is proposed now can go out on {earliest} at the earliest"
        );
        out.push(
            Diagnostic::new(&CHECK.rule, &file.path, place, message)
                .why(format!(
                    "{} business days must lie between, and after {} the next day counts",
                    notice.business_days,
                    notice.cut_off.strftime("%H:%M")
                ))
                .help(format!("write {earliest} or later")),
        );
    }
}
