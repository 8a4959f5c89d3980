//! A plan on a terminal.

use std::fmt::Write as _;

use jiff::tz::TimeZone;

use super::figures::number;
use super::plan_words as words;
use crate::plan::proposal::{CampaignPlan, Plan, Sending};
use crate::plan::samples::Kind;

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

/// Values of rows and files must not speak to the terminal.
fn printable(text: &str) -> String {
    let is_bad = |c: char| {
        (c.is_control() && c != '\n')
            || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars()
        .map(|c| if is_bad(c) { '\u{fffd}' } else { c })
        .collect()
}

fn line(out: &mut String, name: &str, text: &str) {
    let text = text.replace('\n', " ");
    let _ = writeln!(out, "  {name:<10} {text}");
}

fn one(out: &mut String, campaign: &CampaignPlan, zone: &TimeZone) {
    let change = words::change(campaign.change);
    let change = change.map_or_else(String::new, |change| format!(" ({change})"));
    let _ = writeln!(out, "{}{change}", campaign.id);
    line(out, "when", &words::when(&campaign.when, zone));
    match &campaign.sending {
        Ok(sending) => details(out, campaign, sending, zone),
        Err(why) if campaign.is_stuck() => line(out, "held", why),
        Err(_) => {}
    }
}

fn details(out: &mut String, campaign: &CampaignPlan, sending: &Sending, zone: &TimeZone) {
    let is_filled = sending.subjects.iter().any(|it| it.kind != Kind::Everybody);
    if is_filled || sending.subjects.is_empty() {
        line(out, "subject", &sending.subject);
    }
    for subject in &sending.subjects {
        let name = if is_filled { "" } else { "subject" };
        let text = match &subject.text {
            Ok(text) => format!("“{text}”"),
            Err(why) => format!("no mail: {why}"),
        };
        line(out, name, &format!("{text}  {}", words::whose(subject)));
    }
    let from = &sending.from;
    line(
        out,
        "from",
        &format!("{} <{}>, relay {}", from.name, from.address, from.relay),
    );
    for (number, approver) in sending.approvers.iter().enumerate() {
        let name = if number == 0 { "approval" } else { "" };
        line(out, name, &words::approver(approver));
    }
    audience(out, sending);
    for (number, document) in sending.documents.iter().enumerate() {
        let name = if number == 0 { "documents" } else { "" };
        line(out, name, &words::document(document));
    }
    line(out, "pace", &words::destinations(&sending.pace));
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
    for why in &sending.audience.holds {
        line(out, "HELD", why);
    }
}

fn audience(out: &mut String, sending: &Sending) {
    let audience = &sending.audience;
    line(out, "to", &words::sum(audience));
    for list in &audience.lists {
        let text = format!(
            "list {}: {} rows, {} match, {} get it",
            list.name,
            number(list.rows),
            number(list.matched),
            number(list.selected)
        );
        line(out, "", &text);
    }
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
        audience.drift.as_ref().map(words::drift),
    ];
    for text in details.into_iter().flatten() {
        line(out, "", &text);
    }
    let excluded = words::exclusions(audience);
    if !excluded.is_empty() {
        line(out, "without", &excluded.join(", "));
    }
}
