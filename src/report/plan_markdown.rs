//! A plan in a pull request: GitHub's comment, and a job's summary. Whatever stands in files and rows stays text.

use std::fmt::Write as _;

use jiff::tz::TimeZone;

use super::figures::number;
use super::plan_words as words;
use crate::diagnostic::markdown::escaped;
use crate::plan::proposal::{CampaignPlan, Plan, Sending};
use crate::plan::samples::{Kind, Subject};

/// GitHub takes comments of 65,536 characters; what begins beyond this is counted.
const LARGEST: usize = 50_000;

/// Begins the comment: it is found by this and written anew.
pub const MARK: &str = "<!-- postmerge plan -->";

/// The whole plan. `zone` is the organisation's.
pub fn render(plan: &Plan, zone: &TimeZone) -> String {
    let mut out = format!(
        "{MARK}\n## What merging would send\n\n**{}.**",
        words::headline(plan)
    );
    if let Some(base) = &plan.compared_with {
        let _ = write!(out, " Compared with {}.", escaped(base));
    }
    out.push('\n');
    for problem in plan.problems.iter().take(5) {
        let _ = writeln!(
            out,
            "\n⛔ **The workspace has a fault, and campaigns may be missing here:** {}",
            escaped(problem)
        );
    }
    if !plan.campaigns.is_empty() {
        table(&mut out, plan, zone);
    }
    let mut left = 0_u64;
    for campaign in &plan.campaigns {
        if out.len() > LARGEST {
            left += 1;
            continue;
        }
        one(&mut out, campaign, zone);
    }
    if left > 0 {
        let _ = writeln!(
            out,
            "\n{} more campaigns are not shown here: `postmerge plan` shows all.",
            number(left)
        );
    }
    if let Some(unknown) = words::unknown(plan) {
        let _ = writeln!(out, "\n> {unknown}");
    }
    out
}

fn table(out: &mut String, plan: &Plan, zone: &TimeZone) {
    out.push_str("\n| Campaign | | Recipients | Goes out |\n|---|---|---:|---|\n");
    for campaign in &plan.campaigns {
        if out.len() > LARGEST / 2 {
            break;
        }
        let recipients = match &campaign.sending {
            Err(_) if campaign.recipients() == 0 => String::new(),
            _ => number(campaign.recipients()),
        };
        let mark = if campaign.is_stuck() { "⛔" } else { "" };
        let _ = writeln!(
            out,
            "| {} | {mark} {} | {recipients} | {} |",
            escaped(campaign.id.as_str()),
            words::change(campaign.change).unwrap_or_default(),
            escaped(&words::when(&campaign.when, zone)),
        );
    }
}

fn one(out: &mut String, campaign: &CampaignPlan, zone: &TimeZone) {
    let _ = writeln!(out, "\n### {}\n", escaped(campaign.id.as_str()));
    match &campaign.sending {
        Ok(sending) => details(out, campaign, sending, zone),
        Err(why) if campaign.is_stuck() => {
            let _ = writeln!(out, "⛔ **It would be held:** {}", escaped(why));
        }
        Err(why) => {
            let _ = writeln!(out, "{}", escaped(why));
        }
    }
}

fn item(out: &mut String, name: &str, text: &str) {
    let _ = writeln!(out, "- **{name}**: {text}");
}

fn details(out: &mut String, campaign: &CampaignPlan, sending: &Sending, zone: &TimeZone) {
    for why in &sending.audience.holds {
        let _ = writeln!(out, "⛔ **It would be held:** {}\n", escaped(why));
    }
    let from = &sending.from;
    item(
        out,
        "From",
        &escaped(&format!(
            "{} <{}>, relay {}",
            from.name, from.address, from.relay
        )),
    );
    subjects(out, sending);
    item(out, "When", &escaped(&words::when(&campaign.when, zone)));
    let approvers: Vec<String> = sending
        .approvers
        .iter()
        .map(|it| escaped(&words::approver(it)))
        .collect();
    item(out, "Approval", &approvers.join("; "));
    audience(out, sending);
    if !sending.documents.is_empty() {
        let documents: Vec<String> = sending
            .documents
            .iter()
            .map(|it| escaped(&words::document(it)))
            .collect();
        item(out, "Documents", &documents.join("; "));
    }
    item(out, "Pace", &escaped(&words::destinations(&sending.pace)));
    for text in [
        words::finish(&sending.pace, &campaign.when, zone),
        words::beside(&sending.pace),
    ]
    .into_iter()
    .flatten()
    {
        let _ = writeln!(out, "  - {}", escaped(&text));
    }
    item(out, "Digest", &format!("`{}`", sending.digest.short()));
}

fn subjects(out: &mut String, sending: &Sending) {
    let read = |subject: &Subject| {
        let text = match &subject.text {
            Ok(text) => format!("“{}”", escaped(text)),
            Err(why) => format!("no mail: {}", escaped(&why.to_string())),
        };
        format!("{text} ({})", escaped(&words::whose(subject)))
    };
    if let [only] = sending.subjects.as_slice()
        && only.kind == Kind::Everybody
    {
        item(out, "Subject", &read(only));
        return;
    }
    item(out, "Subject", &escaped(&sending.subject));
    for subject in &sending.subjects {
        let _ = writeln!(out, "  - {}", read(subject));
    }
}

fn audience(out: &mut String, sending: &Sending) {
    let audience = &sending.audience;
    item(out, "To", &words::sum(audience));
    let segment = audience.segment.as_ref().map(|it| format!("where {it}"));
    let topic = audience.topic.as_ref().map(|it| format!("topic {it}"));
    let included =
        (audience.includes > 0).then(|| format!("{} named one by one", number(audience.includes)));
    let drift = audience.drift.as_ref().map(words::drift);
    for text in [segment, topic, included, drift].into_iter().flatten() {
        let _ = writeln!(out, "  - {}", escaped(&text));
    }
    if !audience.lists.is_empty() {
        out.push_str("\n  | List | Rows | Match | Get it |\n  |---|---:|---:|---:|\n");
        for list in &audience.lists {
            let _ = writeln!(
                out,
                "  | {} | {} | {} | {} |",
                escaped(list.name.as_str()),
                number(list.rows),
                number(list.matched),
                number(list.selected)
            );
        }
        out.push('\n');
    }
    let excluded = words::exclusions(audience);
    if !excluded.is_empty() {
        item(out, "Do not get it", &excluded.join(", "));
    }
}
