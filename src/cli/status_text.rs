//! How `status` shows standings: a table in 80 columns, or JSON whose keys stay.

use std::fmt::Write as _;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use crate::deliver::beyond::{CANCELLED, OnMain};
use crate::deliver::due::Standing;
use crate::deliver::reasons::Reasons;
use crate::deliver::standings::{Entry, Place, Wait};
use crate::deliver::waiting::Waiting;
use crate::deliver::way_on::WayOn;
use crate::diagnostic::counted;
use crate::ledger::event::Ranges;
use crate::ledger::feedback::Returned;
use crate::ledger::reading::{Readers, Reading};
use crate::ledger::result_page::settling;
use crate::ledger::state::Note;
use crate::plan::rates::HOW_ON;

/// What a terminal shows on one line at least.
const WIDTH: usize = 79;

/// Destinations that are told.
const DESTINATIONS: usize = 5;

/// Longer ids stand on a line of their own.
const NAME: usize = 24;

/// The table.
pub(super) fn table(entries: &[Entry], zone: &TimeZone) -> String {
    if entries.is_empty() {
        return "Nothing is approved, and nothing was sent.\n".to_owned();
    }
    let mut text = format!(
        "{:NAME$} {:>9}{:>9}{:>9}{:>9}{:>9}{:>9}\n",
        "campaign", "audience", "accepted", "rejected", "excluded", "pending", "unknown"
    );
    for entry in entries {
        block(&mut text, entry, zone);
    }
    text
}

fn block(text: &mut String, entry: &Entry, zone: &TimeZone) {
    let mut name = entry.id.to_string();
    if name.len() > NAME {
        let _ = writeln!(text, "{name}");
        name.clear();
    }
    let counts = &entry.counts;
    let cell = |count: u64| match entry.started {
        true => count.to_string(),
        false => "-".to_owned(),
    };
    let _ = write!(text, "{name:NAME$} ");
    for count in [
        counts.audience,
        counts.accepted,
        counts.rejected,
        counts.excluded,
        counts.pending,
        counts.unknown,
    ] {
        let _ = write!(text, "{:>9}", cell(count));
    }
    let _ = writeln!(text, "\n  {}", words(entry, zone));
    if counts.claimed + counts.deferred > 0 {
        let _ = writeln!(
            text,
            "  of the pending: {} being sent, {} answered \"not now\"",
            counts.claimed, counts.deferred
        );
    }
    reasons(text, &entry.not_now);
    waiting(text, &entry.waiting, zone);
    if counts.rejected > 0 {
        text.push_str("  rejected, in the relays' words:\n");
        reasons(text, &entry.refused);
    }
    came_back(text, &entry.came_back);
    let local = |at: Timestamp| moment(at, zone);
    if let Some(why) = &entry.too_much {
        let _ = writeln!(text, "  held by policy.rates: {why};\n  {HOW_ON}");
    }
    // A hold that mail went out after is no news any more; the history is in RESULT.md and in JSON.
    let held = entry
        .held()
        .filter(|why| entry.too_much.is_none() || !why.ends_with(HOW_ON));
    if let (Some(why), Some((at, _))) = (held, entry.notes.last()) {
        let _ = writeln!(
            text,
            "  {} held: {why}\n  help: {}",
            local(*at),
            WayOn::of(why)
        );
    }
    if counts.unknown > 0 {
        unknown(text, entry, &local);
    }
}

/// What was heard later is apart from the sum: these mails were accepted, and stay so.
fn came_back(text: &mut String, returned: &Returned) {
    let none = Returned {
        reading: returned.reading.clone(),
        last: returned.last,
        ..Returned::default()
    };
    if *returned != none {
        let _ = writeln!(
            text,
            "  of the accepted, came back: {} and {};\n  {} complained, {} left",
            counted(returned.hard, "hard bounce", "hard bounces"),
            counted(returned.other, "other", "others"),
            returned.complained,
            returned.left
        );
    }
    let reading = &returned.reading;
    if reading.is_empty() {
        return;
    }
    let (opened, clicked) = (reading.opened, reading.clicked);
    let _ = writeln!(
        text,
        "  opened by people: {}, by machines only: {}; links followed\n  by people: {}, by machines only: {}",
        opened.people, opened.machines, clicked.people, clicked.machines
    );
}

/// Destinations that mails wait at, each on two lines; what says "until" is left alone by the run that heard it.
fn waiting(text: &mut String, all: &[Waiting], zone: &TimeZone) {
    for it in all.iter().take(DESTINATIONS) {
        let (mails, name) = (it.mails, &it.destination);
        let _ = match (it.paused_until, it.retry_at) {
            (Some(until), _) => writeln!(
                text,
                "  paused: {name} refuses us: nothing until {}; {}",
                moment(until, zone),
                counted(mails, "waits", "wait")
            ),
            (None, Some(at)) => writeln!(
                text,
                "  waiting: {name} said \"not now\" to {}, tried again from {}",
                it.deferred,
                moment(at, zone)
            ),
            (None, None) => Ok(()),
        };
        if it.paused_until.is_some() {
            line(text, &format!("    {}", it.words));
        }
    }
    if all.len() > DESTINATIONS {
        let _ = writeln!(
            text,
            "  and {} further destinations",
            all.len() - DESTINATIONS
        );
    }
}

/// Cut where it would not fit.
fn line(text: &mut String, line: &str) {
    if line.chars().count() <= WIDTH {
        let _ = writeln!(text, "{line}");
    } else {
        let cut: String = line.chars().take(WIDTH - 1).collect();
        let _ = writeln!(text, "{}…", cut.trim_end());
    }
}

/// The most frequent reasons, each on a line that fits.
fn reasons(text: &mut String, reasons: &Reasons) {
    for reason in reasons.told(3) {
        line(text, &format!("    {} × {}", reason.count, reason.text));
    }
}

fn unknown(text: &mut String, entry: &Entry, local: &dyn Fn(Timestamp) -> String) {
    let unknowns = &entry.unknowns;
    let _ = writeln!(
        text,
        "  unknown: nobody knows whether these mails went out; they are not sent again by\n  themselves. Recipients {}",
        ranges(&unknowns.recipients, 8)
    );
    if unknowns.recorded > 0 {
        let _ = writeln!(text, "  - {} recorded as unknown:", unknowns.recorded);
        for (reason, count) in unknowns.reasons.iter().take(5) {
            let _ = writeln!(text, "    {count} × {reason}");
        }
    }
    for expired in &unknowns.expired {
        let _ = writeln!(
            text,
            "  - {} claimed by run {} until {}: it died.\n    Its machine may know: run `postmerge send` there first",
            expired.held,
            expired.claim.run,
            local(expired.since)
        );
    }
    let _ = writeln!(
        text,
        "  Look into the relay's log, then say what happened:\n    {}",
        settling(&entry.id)
    );
}

fn words(entry: &Entry, zone: &TimeZone) -> String {
    let local = |at: Timestamp| moment(at, zone);
    match &entry.place {
        Place::Agenda(standing) => match standing {
            Standing::Due {
                closes: Some(closes),
            } => format!("due: its window closes {}", local(*closes)),
            Standing::Due { closes: None } => "due".to_owned(),
            Standing::NotYet(opening) => format!("its window opens {}", local(opening.from)),
            Standing::Lapsed { opening, .. } => format!(
                "lapsed: its window of {} passed without a start;\n  give it a new date and merge, or cancel it",
                local(opening.from)
            ),
            Standing::Shut => {
                "unfinished: its window does not open any more; go on with `send --now`".to_owned()
            }
            Standing::Done => "done".to_owned(),
            Standing::Cancelled if entry.counts.pending > 0 => CANCELLED.to_owned(),
            Standing::Cancelled => "cancelled".to_owned(),
            Standing::HeldByRun { run, until } => {
                format!("run {run} is sending it, until {} at most", local(*until))
            }
        },
        Place::LedgerOnly {
            held_by: Some((run, until)),
            ..
        } => format!("run {run} is sending it, until {} at most", local(*until)),
        Place::LedgerOnly { on_main, .. } if entry.counts.pending > 0 => on_main.to_string(),
        Place::LedgerOnly { .. } => match entry.lapsed() {
            Some(window) => {
                format!("lapsed: its window of {window} passed\n  without a start; over")
            }
            None => "over".to_owned(),
        },
    }
}

fn moment(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone())
        .strftime("%Y-%m-%d %H:%M")
        .to_string()
}

/// `#3, #5-9`; at most so many.
pub(super) fn ranges(ranges: &Ranges, most: usize) -> String {
    let all = ranges.as_slice();
    let mut parts: Vec<String> = all.iter().take(most).map(range).collect();
    if all.len() > most {
        parts.push("…".to_owned());
    }
    parts.join(", ")
}

fn range(range: &std::ops::Range<u32>) -> String {
    match range.end.saturating_sub(1) {
        last if last == range.start => format!("#{last}"),
        last => format!("#{}-{last}", range.start),
    }
}

/// The JSON document. Keys are added, never renamed or taken away, while `version` is 1.
pub(super) fn json(entries: &[Entry], head: &str, now: Timestamp) -> String {
    let occurrences: Vec<Value> = entries.iter().map(entry_json).collect();
    let document =
        json!({"version": 1, "at": now.to_string(), "main": head, "occurrences": occurrences});
    format!("{document:#}\n")
}

fn entry_json(entry: &Entry) -> Value {
    let counts = &entry.counts;
    let unknowns = &entry.unknowns;
    let waits: Vec<&str> = entry
        .waits()
        .into_iter()
        .map(|wait| match wait {
            Wait::Unknown => "unknown",
            Wait::Held => "held",
            Wait::TooMuch => "rates",
            Wait::Lapsed => "lapsed",
            Wait::Unfinished => "unfinished",
        })
        .collect();
    let notes: Vec<Value> = entry
        .notes
        .iter()
        .map(|(at, note)| match note {
            Note::Held(text) => json!({"at": at.to_string(), "kind": "held", "text": text}),
            Note::Lapsed(text) => json!({"at": at.to_string(), "kind": "lapsed", "text": text}),
        })
        .collect();
    let expired: Vec<Value> = unknowns
        .expired
        .iter()
        .map(|it| json!({"run": it.claim.run.to_string(), "until": it.since.to_string(), "mails": it.held}))
        .collect();
    let recipients: Vec<[u32; 2]> = unknowns
        .recipients
        .as_slice()
        .iter()
        .map(|range| [range.start, range.end.saturating_sub(1)])
        .collect();
    let exclusions: serde_json::Map<String, Value> = entry
        .exclusions
        .iter()
        .map(|(reason, count)| (reason.name().to_owned(), json!(count)))
        .collect();
    json!({
        "occurrence": entry.id.to_string(),
        "campaign": entry.id.campaign().as_str(),
        "standing": standing_json(&entry.place),
        "started": entry.started,
        "counts": {
            "audience": counts.audience, "accepted": counts.accepted,
            "rejected": counts.rejected, "excluded": counts.excluded,
            "pending": counts.pending, "claimed": counts.claimed,
            "deferred": counts.deferred, "unknown": counts.unknown,
        },
        "waits_for_a_person": waits,
        "unknown": {
            "recipients": recipients, "recorded": unknowns.recorded,
            "expired_claims": expired, "reasons": unknowns.reasons,
        },
        "exclusions": exclusions,
        "not_now": reasons_json(&entry.not_now),
        "waiting": entry.waiting.iter().map(waiting_json).collect::<Vec<_>>(),
        "too_much_came_back": entry.too_much.as_ref().map(ToString::to_string),
        "rejections": reasons_json(&entry.refused),
        "came_back": {
            "hard": entry.came_back.hard, "other": entry.came_back.other,
            "complained": entry.came_back.complained, "left": entry.came_back.left,
        },
        "reading": reading_json(&entry.came_back.reading),
        "notes": notes,
        "last_activity": entry.last_activity.max(entry.came_back.last).map(|at| at.to_string()),
    })
}

fn waiting_json(it: &Waiting) -> Value {
    json!({
        "destination": it.destination, "mails": it.mails, "deferred": it.deferred,
        "retry_at": it.retry_at.map(|at| at.to_string()),
        "paused_until": it.paused_until.map(|at| at.to_string()),
        "words": it.words,
    })
}

fn reading_json(reading: &Reading) -> Value {
    let readers = |it: Readers| json!({"people": it.people, "machines": it.machines});
    let links = reading.by_people().into_iter();
    let links =
        links.map(|(link, it)| json!({"link": link, "people": it.people, "machines": it.machines}));
    json!({
        "opened": readers(reading.opened), "clicked": readers(reading.clicked),
        "links": links.collect::<Vec<_>>(),
    })
}

fn reasons_json(reasons: &Reasons) -> Vec<Value> {
    let reasons = reasons.told(10);
    let json = reasons
        .iter()
        .map(|it| json!({"text": it.text, "count": it.count}));
    json.collect()
}

fn standing_json(place: &Place) -> Value {
    let by_run = |run: &crate::ledger::event::RunId, until: &Timestamp| json!({"state": "sending", "run": run.to_string(), "until": until.to_string()});
    match place {
        Place::Agenda(standing) => match standing {
            Standing::Due { closes } => {
                json!({"state": "due", "until": closes.map(|at| at.to_string())})
            }
            Standing::NotYet(opening) => {
                json!({"state": "waiting", "opens": opening.from.to_string()})
            }
            Standing::Lapsed { opening, .. } => {
                json!({"state": "lapsed", "window": opening.from.to_string()})
            }
            Standing::Shut => json!({"state": "unfinished"}),
            Standing::Done => json!({"state": "done"}),
            Standing::Cancelled => json!({"state": "cancelled"}),
            Standing::HeldByRun { run, until } => by_run(run, until),
        },
        Place::LedgerOnly {
            held_by: Some((run, until)),
            ..
        } => by_run(run, until),
        Place::LedgerOnly { on_main, .. } => {
            let on_main = match on_main {
                OnMain::Gone => "gone",
                OnMain::Cancelled => "cancelled",
                OnMain::OffAgenda => "off-agenda",
            };
            json!({"state": "ledger-only", "campaign": on_main})
        }
    }
}
