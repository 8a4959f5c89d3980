//! `RESULT.md`: what became of an occurrence, for people who look at the ledger's branch.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use jiff::Timestamp;

use super::feedback::Returned;
use super::reading::{Readers, Reading};
use super::state::{Note, OccurrenceState, Status};
use crate::diagnostic::markdown::escaped;
use crate::mail::occurrence::OccurrenceId;

/// The page, in Markdown; times are in UTC. Nothing in it can be taken for Markdown or HTML that the
/// program did not write. `returned`: what came back, where the caller knows; `too_much`: the limit that
/// it is beyond, where nothing more is sent for that.
pub fn result_page(
    occurrence: &OccurrenceId,
    state: &OccurrenceState,
    returned: Option<Returned>,
    too_much: Option<&str>,
    now: Timestamp,
) -> String {
    let mut page = format!("# {occurrence}\n\n");
    let counts = state.counts(now);
    if let Some(header) = state.header() {
        let commit: String = header.content_commit.chars().take(12).collect();
        let _ = writeln!(
            page,
            "Started {} through `{}`, from commit `{}` (digest `{}`).",
            moment(header.at),
            code(&header.sender),
            code(&commit),
            header.digest.short()
        );
    } else {
        page.push_str("Not started.\n");
    }
    let heard = returned.as_ref().and_then(|it| it.last);
    if let Some(last) = state.last_activity().max(heard) {
        let _ = writeln!(page, "Last recorded: {}.", moment(last));
    }
    held(&mut page, state, too_much);
    let _ = write!(
        page,
        "\n| | mails |\n|---|---:|\n| accepted by the relay | {} |\n| rejected | {} |\n| excluded | {} |\n| pending | {} |\n| unknown | {} |\n| **audience** | **{}** |\n",
        counts.accepted,
        counts.rejected,
        counts.excluded,
        counts.pending,
        counts.unknown,
        counts.audience
    );
    if counts.pending > 0 {
        let _ = writeln!(
            page,
            "\nOf the pending, {} are being sent and {} were answered with \"not now\" and will be tried again.",
            counts.claimed, counts.deferred
        );
    }
    if let Some(returned) = returned {
        came_back(&mut page, &returned, counts.accepted);
        read(&mut page, &returned.reading);
    }
    if let Err(error) = counts.check() {
        let _ = writeln!(page, "\n**{error}**");
    }
    if counts.unknown > 0 {
        unknowns(&mut page, occurrence, state, counts.unknown);
    }
    destinations(&mut page, state, now);
    let reasons = state
        .exclusions()
        .into_iter()
        .map(|(reason, count)| (reason.name().to_owned(), count));
    table(&mut page, "Excluded", "reason", reasons);
    let rejections = state.rejections().iter();
    table(
        &mut page,
        "Rejected",
        "the relay's words",
        rejections.map(|(text, count)| (text.clone(), *count)),
    );
    if !state.notes().is_empty() {
        page.push_str("\n## Held or lapsed\n\n");
        for (at, note) in state.notes() {
            let _ = match note {
                Note::Held(why) => writeln!(page, "- {}: held: {}", moment(*at), escaped(why)),
                Note::Lapsed(window) => {
                    writeln!(
                        page,
                        "- {}: window passed: {}",
                        moment(*at),
                        escaped(window)
                    )
                }
            };
        }
    }
    page
}

/// Why nothing goes out, above everything else.
fn held(page: &mut String, state: &OccurrenceState, too_much: Option<&str>) {
    let _ = match (state.held(), too_much) {
        (None, None) => Ok(()),
        (Some((at, why)), None) => {
            writeln!(
                page,
                "\n> **Held** since {}: {}\n>\n> Mend the reason; the next run tries again.",
                moment(at),
                escaped(why)
            )
        }
        (since, Some(why)) => {
            let since = since.map_or_else(
                || "by the next run".to_owned(),
                |(at, _)| format!("since {}", moment(at)),
            );
            writeln!(
                page,
                "\n> **Held** {since}, because too much came back: {}\n>\n> Nothing more of it is sent until that is mended (`policy.rates`).",
                escaped(why)
            )
        }
    };
}

/// Apart from the sum above: these mails were accepted, and stay so.
fn came_back(page: &mut String, returned: &Returned, accepted: u64) {
    let _ = write!(
        page,
        "\n| of the {accepted} accepted, came back | mails |\n|---|---:|\n| bounced: there is no such mailbox | {} |\n| bounced otherwise | {} |\n| complained | {} |\n| left | {} |\n",
        returned.hard, returned.other, returned.complained, returned.left
    );
}

/// Links that are named; the rest is in `postmerge status --format json`.
const MOST_LINKS: usize = 50;

/// People and machines stand apart, in every line.
fn read(page: &mut String, reading: &Reading) {
    if reading.is_empty() {
        return;
    }
    let row = |what: &str, it: Readers| format!("| {what} | {} | {} |\n", it.people, it.machines);
    let _ = write!(
        page,
        "\n## Read\n\n| mails | by people | by machines only |\n|---|---:|---:|\n{}{}\n{OPENED}\n",
        row("opened", reading.opened),
        row("a link followed", reading.clicked)
    );
    let links = reading.by_people();
    if links.is_empty() {
        return;
    }
    page.push_str("\n| link | by people | by machines only |\n|---|---:|---:|\n");
    for (link, readers) in links.iter().take(MOST_LINKS) {
        page.push_str(&row(&escaped(link), *readers));
    }
    let more = links.len().saturating_sub(MOST_LINKS);
    if more > 0 {
        let _ = writeln!(page, "\n{more} more links were followed less often.");
    }
}

/// What an open is worth.
const OPENED: &str = "An open says little: many mail programs never ask for the picture that counts it, and others, or filters before them, \
    ask for it and follow links with nobody looking. What is known to be a machine stands apart; not all of them are known.";

/// The command by which a person settles unknowns.
pub fn settling(occurrence: &OccurrenceId) -> String {
    format!("postmerge resolve {occurrence} --as sent|resend --yes-all --reason TEXT")
}

fn unknowns(page: &mut String, occurrence: &OccurrenceId, state: &OccurrenceState, count: u64) {
    let _ = writeln!(
        page,
        "\n## Unknown\n\nOf {count} mails nobody knows whether they went out: they were claimed, and no answer was recorded. They are not sent again by themselves. Look into the relay's log, then say what happened: `{}`",
        settling(occurrence)
    );
    table_rows(
        page,
        "what happened",
        state
            .unknowns()
            .iter()
            .map(|(text, count)| (text.clone(), *count)),
    );
}

fn destinations(page: &mut String, state: &OccurrenceState, now: Timestamp) {
    let Some(header) = state.header() else { return };
    // accepted, rejected, excluded, pending, unknown
    let mut rows: BTreeMap<u16, [u32; 5]> = BTreeMap::new();
    let expired: std::collections::HashSet<_> = state
        .open_claims()
        .filter(|claim| claim.until <= now)
        .map(|claim| claim.claim)
        .collect();
    for ((_, status), destination) in state.statuses().zip(state.destinations()) {
        let column = match status {
            Status::Accepted => 0,
            Status::Rejected => 1,
            Status::Excluded(_) => 2,
            Status::Unknown => 4,
            Status::Claimed { claim } if expired.contains(&claim) => 4,
            Status::Claimed { .. } | Status::Pending | Status::Deferred { .. } => 3,
        };
        let row = rows.entry(*destination).or_default();
        if let Some(count) = row.get_mut(column) {
            *count += 1;
        }
    }
    if rows.is_empty() {
        return;
    }
    page.push_str("\n## By destination\n\n| destination | accepted | rejected | excluded later | pending | unknown |\n|---|---:|---:|---:|---:|---:|\n");
    for (destination, [accepted, rejected, excluded, pending, unknown]) in rows {
        let name = header.destinations.get(usize::from(destination));
        let name = escaped(name.map_or("", String::as_str));
        let _ = writeln!(
            page,
            "| {name} | {accepted} | {rejected} | {excluded} | {pending} | {unknown} |"
        );
    }
}

fn table(page: &mut String, title: &str, what: &str, rows: impl Iterator<Item = (String, u32)>) {
    let mut rows = rows.peekable();
    if rows.peek().is_some() {
        let _ = writeln!(page, "\n## {title}");
        table_rows(page, what, rows);
    }
}

fn table_rows(page: &mut String, what: &str, rows: impl Iterator<Item = (String, u32)>) {
    let mut rows: Vec<(String, u32)> = rows.collect();
    if rows.is_empty() {
        return;
    }
    rows.sort_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
    let _ = write!(page, "\n| {what} | mails |\n|---|---:|\n");
    for (text, count) in rows {
        let _ = writeln!(page, "| {} | {count} |", escaped(&text));
    }
}

fn moment(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// Text inside backticks.
fn code(text: &str) -> String {
    text.replace(['`', '\n', '\r', '|'], "")
}
