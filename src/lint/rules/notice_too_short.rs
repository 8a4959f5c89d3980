//! A campaign is proposed in time.

use crate::diagnostic::place::Place;
use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::{Check, Context};
use crate::plan::calendar::calendar;
use crate::workspace::campaign::Status;
use crate::workspace::loaded::CampaignFile;

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
    // The proposal cannot shorten the notice that it needs, nor take holidays away.
    let earliest = context.ruling().filter_map(|settings| {
        let notice = &settings.notice;
        let days = u32::from(notice.business_days);
        let calendar = calendar(settings).ok()?;
        let earliest = calendar.earliest_after_notice(context.request.now, days, notice.cut_off)?;
        Some((earliest, notice))
    });
    let Some((earliest, notice)) = earliest.max_by_key(|(earliest, _)| *earliest) else {
        return;
    };
    for (id, file) in &context.loaded.campaigns {
        let campaign = &file.campaign;
        let date = campaign.send.date;
        let reaches = campaign.status != Status::Cancelled && context.gone_out(id, file).is_none();
        let is_asked = reaches && is_changed(context, file);
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
                    "{} business days must lie between; what is proposed after {} or on a day off counts as the next business day's",
                    notice.business_days,
                    notice.cut_off.strftime("%H:%M")
                ))
                .help(format!("write {earliest} or later")),
        );
    }
}

/// Whether what recipients get is changed: a file of the campaign, or its template, of which there is another finding
/// where it comes later than templates must.
fn is_changed(context: &Context<'_>, file: &CampaignFile) -> bool {
    let days = context
        .ruling()
        .map(|it| it.lint.limits.template_days)
        .max();
    let is_template_late = context.too_late(file.campaign.send.date, days.unwrap_or_default());
    let template = file.campaign.template.as_ref();
    let folder = template.map(|name| format!("templates/{name}/"));
    // What says whether it is approved changes when it is.
    let is_its = |path: &String| !path.ends_with("/template.yaml");
    let is_template_changed = folder.is_some_and(|it| context.changed_below(&it).any(is_its));
    context.is_proposed(file) || is_template_late.is_none() && is_template_changed
}
