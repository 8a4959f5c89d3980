//! A plan on a terminal.

use std::fmt::Write as _;

use jiff::tz::TimeZone;

use super::figures::{counted, number, some};
use super::plan_words as words;
use crate::diagnostic::{cut, printable};
use crate::plan::proposal::{CampaignPlan, Plan, Sending};
use crate::plan::samples::Kind;

/// Characters of a line that quotes files or rows.
const LONGEST: usize = 300;

/// Documents, lists and reasons that are shown of a campaign.
const MOST: usize = 20;

/// The whole plan. `zone` is the organisation's.
pub fn render(plan: &Plan, zone: &TimeZone) -> String {
    let mut out = String::new();
    for campaign in &plan.campaigns {
        one(&mut out, campaign, zone);
        out.push('\n');
    }
    for problem in &plan.problems {
        let _ = writeln!(
            out,
            "The workspace has a fault, and campaigns may be missing here: {problem}"
        );
    }
    if let Some(unknown) = words::unknown(plan) {
        let _ = writeln!(out, "{unknown}");
    }
    let _ = writeln!(out, "Plan: {}.", words::headline(plan));
    printable(&out)
}

fn line(out: &mut String, name: &str, text: &str) {
    let text = text.replace('\n', " ");
    let _ = writeln!(out, "  {name:<10} {text}");
}

/// What stands in files and rows may be longer than anybody reads.
fn quoting(out: &mut String, name: &str, text: &str) {
    line(out, name, &cut(text, LONGEST));
}

/// The name stands beside the first one only.
fn several<T>(out: &mut String, name: &str, items: &[T], words: impl Fn(&T) -> String) {
    let (shown, more) = some(items, MOST);
    for (number, item) in shown.iter().enumerate() {
        quoting(out, if number == 0 { name } else { "" }, &words(item));
    }
    if let Some(more) = more {
        line(out, "", &more);
    }
}

fn one(out: &mut String, campaign: &CampaignPlan, zone: &TimeZone) {
    let change = words::change(campaign.change);
    let change = change.map_or_else(String::new, |change| format!(" ({change})"));
    let _ = writeln!(out, "{}{change}", campaign.id);
    line(out, "when", &words::when(&campaign.when, zone));
    match &campaign.sending {
        Ok(sending) => details(out, campaign, sending, zone),
        Err(why) if campaign.is_stuck() => quoting(out, "held", why),
        Err(_) => {}
    }
}

fn details(out: &mut String, campaign: &CampaignPlan, sending: &Sending, zone: &TimeZone) {
    let is_filled = sending.subjects.iter().any(|it| it.kind != Kind::Everybody);
    if is_filled || sending.subjects.is_empty() {
        quoting(out, "subject", &sending.subject);
    }
    for subject in &sending.subjects {
        let name = if is_filled { "" } else { "subject" };
        let text = match &subject.text {
            Ok(text) => format!("“{}”", cut(text, LONGEST)),
            Err(why) => format!("no mail: {}", cut(&why.to_string(), LONGEST)),
        };
        line(out, name, &format!("{text}  {}", words::whose(subject)));
    }
    let from = &sending.from;
    quoting(
        out,
        "from",
        &format!("{} <{}>, relay {}", from.name, from.address, from.relay),
    );
    several(out, "approval", &sending.approvers, words::approver);
    audience(out, sending);
    if let Some(list) = &sending.invites_to {
        line(out, "invites", &words::invites_to(list));
    }
    if let Some(counted) = words::counting(sending.counted) {
        line(out, "counted", counted);
    }
    several(out, "documents", &sending.documents, words::document);
    line(out, "pace", &words::pace(sending));
    for text in [
        words::finish(&sending.pace, &campaign.when, zone),
        words::beside(&sending.pace),
    ]
    .into_iter()
    .flatten()
    {
        line(out, "", &text);
    }
    line(out, "digest", &sending.digest.short());
    let (shown, more) = some(&sending.audience.holds, MOST);
    for why in shown.iter().chain(&more) {
        quoting(out, "HELD", why);
    }
}

fn audience(out: &mut String, sending: &Sending) {
    let audience = &sending.audience;
    line(out, "to", &words::sum(audience));
    several(out, "", &audience.lists, |list| {
        if words::is_not_checked(audience, list.name.as_str()) {
            return format!("list {}: {}", list.name, words::NOT_CHECKED);
        }
        format!(
            "list {}: {}, {} match, {} get it",
            list.name,
            counted(list.rows, "row", "rows"),
            number(list.matched),
            words::selected(audience, list.selected)
        )
    });
    let details = [
        audience
            .segment
            .as_ref()
            .map(|segment| format!("where {segment}")),
        audience
            .topic
            .as_ref()
            .map(|topic| format!("topic {topic}")),
        (audience.includes > 0).then(|| format!("{} named one by one", number(audience.includes))),
        words::without_copies(audience),
        audience.drift.as_ref().map(words::drift),
    ];
    for text in details.into_iter().flatten() {
        quoting(out, "", &text);
    }
    let excluded = words::exclusions(audience);
    if !excluded.is_empty() {
        line(out, "without", &excluded.join(", "));
    }
}
