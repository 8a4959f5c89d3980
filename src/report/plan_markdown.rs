//! A plan in a pull request: GitHub's comment, and a job's summary. Whatever stands in files and rows stays text.

use std::fmt::Write as _;

use jiff::tz::TimeZone;

use super::figures::{number, some};
use super::plan_words as words;
use crate::diagnostic::cut;
use crate::diagnostic::markdown::escaped;
use crate::plan::proposal::{CampaignPlan, Plan, Sending};
use crate::plan::samples::{Kind, Subject};

/// GitHub takes comments of 65,536 characters. Campaigns that do not fit into this many bytes are counted; what stands behind
/// them is short.
const LARGEST: usize = 55_000;

/// Characters that are shown of what stands in files and rows; and of what grows to much more when it is escaped.
const LONGEST: usize = 200;
const LONGEST_OF_SIGNS: usize = 60;

/// Documents, lists, approvers and reasons that are shown of a campaign; and where that is too much for the page.
const MOST: usize = 20;
const FEW: usize = 3;

/// A text of a file or a row, as the page has it.
fn quoted(text: &str) -> String {
    let whole = escaped(&cut(text, LONGEST));
    match whole.len() > 5 * LONGEST {
        true => escaped(&cut(text, LONGEST_OF_SIGNS)),
        false => whole,
    }
}

/// Begins the comment: it is found by this and written anew.
pub const MARK: &str = "<!-- postmerge plan -->";

/// The whole plan. `zone` is the organisation's.
pub fn render(plan: &Plan, zone: &TimeZone) -> String {
    let mut out = format!(
        "{MARK}\n## What merging would send\n\n**{}.**",
        words::headline(plan)
    );
    if let Some(base) = &plan.compared_with {
        let _ = write!(out, " Compared with {}.", quoted(base));
    }
    out.push('\n');
    for problem in plan.problems.iter().take(5) {
        let _ = writeln!(
            out,
            "\n⛔ **The workspace has a fault, and campaigns may be missing here:** {}",
            quoted(problem)
        );
    }
    if !plan.campaigns.is_empty() {
        table(&mut out, plan, zone);
    }
    let mut left = 0_u64;
    for campaign in &plan.campaigns {
        let fits = |text: &String| out.len() + text.len() <= LARGEST;
        let text = [MOST, FEW].map(|most| one(campaign, zone, most));
        match text.into_iter().find(fits) {
            Some(text) => out.push_str(&text),
            None => left += 1,
        }
    }
    if left > 0 {
        let left = match left {
            1 => "1 campaign is".to_owned(),
            left => format!("{} campaigns are", number(left)),
        };
        let _ = writeln!(out, "\n{left} not shown here: `postmerge plan` shows all.");
    }
    if let Some(unknown) = words::unknown(plan) {
        let _ = writeln!(out, "\n> {unknown}");
    }
    out
}

fn table(out: &mut String, plan: &Plan, zone: &TimeZone) {
    out.push_str("\n| Campaign | | Recipients | Goes out |\n|---|---|---:|---|\n");
    for campaign in &plan.campaigns {
        let recipients = match &campaign.sending {
            Err(_) if campaign.recipients() == 0 => String::new(),
            _ if campaign.is_not_checked() => words::NOT_CHECKED.to_owned(),
            _ => number(campaign.recipients()),
        };
        let mark = if campaign.is_stuck() { "⛔" } else { "" };
        let row = format!(
            "| {} | {mark} {} | {recipients} | {} |\n",
            quoted(campaign.id.as_str()),
            words::change(campaign.change).unwrap_or_default(),
            escaped(&words::when(&campaign.when, zone)),
        );
        if out.len() + row.len() > LARGEST / 2 {
            break;
        }
        out.push_str(&row);
    }
}

/// A campaign, with so many of what there may be many of.
fn one(campaign: &CampaignPlan, zone: &TimeZone, most: usize) -> String {
    let mut out = format!("\n### {}\n\n", quoted(campaign.id.as_str()));
    match &campaign.sending {
        Ok(sending) => details(&mut out, campaign, sending, zone, most),
        Err(why) if campaign.is_stuck() => {
            let _ = writeln!(out, "⛔ **It would be held:** {}", quoted(why));
        }
        Err(why) => {
            let _ = writeln!(out, "{}", quoted(why));
        }
    }
    out
}

/// So many of several, and how many there are besides.
fn several<T>(items: &[T], most: usize, words: impl Fn(&T) -> String) -> String {
    let (shown, more) = some(items, most);
    let mut texts: Vec<String> = shown.iter().map(|it| quoted(&words(it))).collect();
    texts.extend(more);
    texts.join("; ")
}

fn item(out: &mut String, name: &str, text: &str) {
    let _ = writeln!(out, "- **{name}**: {text}");
}

fn details(
    out: &mut String,
    campaign: &CampaignPlan,
    sending: &Sending,
    zone: &TimeZone,
    most: usize,
) {
    let (holds, more) = some(&sending.audience.holds, most);
    for why in holds.iter().chain(&more) {
        let _ = writeln!(out, "⛔ **It would be held:** {}\n", quoted(why));
    }
    let from = &sending.from;
    item(
        out,
        "From",
        &quoted(&format!(
            "{} <{}>, relay {}",
            from.name, from.address, from.relay
        )),
    );
    subjects(out, sending);
    item(out, "When", &escaped(&words::when(&campaign.when, zone)));
    item(
        out,
        "Approval",
        &several(&sending.approvers, most, words::approver),
    );
    audience(out, sending, most);
    if let Some(list) = &sending.invites_to {
        item(out, "Invites", &quoted(&words::invites_to(list)));
    }
    if let Some(counted) = words::counting(sending.counted) {
        item(out, "Counted", counted);
    }
    if !sending.documents.is_empty() {
        let documents = several(&sending.documents, most, words::document);
        item(out, "Documents", &documents);
    }
    item(out, "Pace", &escaped(&words::pace(sending)));
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
            Ok(text) => format!("“{}”", quoted(text)),
            Err(why) => format!("no mail: {}", quoted(&why.to_string())),
        };
        format!("{text} ({})", quoted(&words::whose(subject)))
    };
    if let [only] = sending.subjects.as_slice()
        && only.kind == Kind::Everybody
    {
        item(out, "Subject", &read(only));
        return;
    }
    item(out, "Subject", &quoted(&sending.subject));
    for subject in &sending.subjects {
        let _ = writeln!(out, "  - {}", read(subject));
    }
}

fn audience(out: &mut String, sending: &Sending, most: usize) {
    let audience = &sending.audience;
    item(out, "To", &quoted(&words::sum(audience)));
    let segment = audience.segment.as_ref().map(|it| format!("where {it}"));
    let topic = audience.topic.as_ref().map(|it| format!("topic {it}"));
    let included =
        (audience.includes > 0).then(|| format!("{} named one by one", number(audience.includes)));
    let drift = audience.drift.as_ref().map(words::drift);
    let copies = words::without_copies(audience);
    for text in [segment, topic, included, copies, drift]
        .into_iter()
        .flatten()
    {
        let _ = writeln!(out, "  - {}", quoted(&text));
    }
    if !audience.lists.is_empty() {
        out.push_str("\n  | List | Rows | Match | Get it |\n  |---|---:|---:|---:|\n");
        let (lists, more) = some(&audience.lists, most);
        for list in lists {
            if words::is_not_checked(audience, list.name.as_str()) {
                let name = quoted(list.name.as_str());
                let _ = writeln!(out, "  | {name} | {} | | |", words::NOT_CHECKED);
                continue;
            }
            let _ = writeln!(
                out,
                "  | {} | {} | {} | {} |",
                quoted(list.name.as_str()),
                number(list.rows),
                number(list.matched),
                words::selected(audience, list.selected)
            );
        }
        if let Some(more) = more {
            let _ = writeln!(out, "  | {more} | | | |");
        }
        out.push('\n');
    }
    let excluded = words::exclusions(audience);
    if !excluded.is_empty() {
        item(out, "Do not get it", &excluded.join(", "));
    }
}
