//! What a plan says, in words that its renderings share.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;

use super::figures::{counted, length, moment, number, size, some, until};
use crate::diagnostic::cut;
use crate::ledger::event::Exclusion;
use crate::plan::approvers::Approver;
use crate::plan::documents::PlannedDocument;
use crate::plan::next_sending::{Moved, NotThen};
use crate::plan::pace::{Destination, Pace};
use crate::plan::proposal::{AudiencePlan, CampaignPlan, Change, Drift, Plan, Sending, When};
use crate::plan::samples::{Kind, Subject};
use crate::schedule::window::Opening;
use crate::workspace::campaign::{DocumentDelivery, Tracking};
use crate::workspace::names::ListName;
use crate::workspace::settings::Role;

/// Destinations that are named; the rest is counted.
const MOST_DESTINATIONS: usize = 6;

/// People and campaigns that are named in one line.
const MOST_NAMES: usize = 5;

/// Characters of a name inside of a line that says more.
const LONGEST_NAME: usize = 60;

/// Characters of a reason inside of a line.
const LONGEST_REASON: usize = 300;

/// In place of numbers of an encrypted list that there is no key for.
pub(super) const NOT_CHECKED: &str = "not checked: encrypted";

/// Whether this list was not looked at.
pub(super) fn is_not_checked(audience: &AudiencePlan, list: &str) -> bool {
    audience.not_checked.iter().any(|name| name == list)
}

/// How many of a list get it: whoever stands in a list that was not looked at may be counted there, or be excluded by it.
pub(super) fn selected(audience: &AudiencePlan, count: u64) -> String {
    match audience.not_checked.is_empty() {
        true => number(count),
        false => format!("at most {}", number(count)),
    }
}

/// Names in a line, the rest counted.
fn names<'a>(names: impl IntoIterator<Item = &'a str>, between: &str) -> String {
    let all: Vec<&str> = names.into_iter().collect();
    let (shown, more) = some(&all, MOST_NAMES);
    let shown: Vec<_> = shown.iter().map(|name| cut(name, LONGEST_NAME)).collect();
    let more = more.map_or_else(String::new, |more| format!(" {more}"));
    shown.join(between) + &more
}

/// The mark behind a campaign's name.
pub(super) fn change(change: Change) -> Option<&'static str> {
    match change {
        Change::Unknown => None,
        Change::New => Some("new"),
        Change::Changed => Some("changed"),
        Change::Removed => Some("taken away"),
    }
}

/// When it goes out.
pub(super) fn when(when: &When, zone: &TimeZone) -> String {
    let opening = |it: &Opening| {
        format!(
            "{}–{}",
            moment(it.from, zone),
            until(it.from, it.until, zone)
        )
    };
    match when {
        When::Ahead {
            occurrence,
            window,
            opening: it,
            moved,
            started,
        } => {
            let label = occurrence.label().map_or_else(String::new, |label| {
                format!(", as {}", cut(label, LONGEST_NAME))
            });
            let started = match started {
                None => String::new(),
                Some(counts) => format!(
                    "; has begun: {} accepted, {} still to be sent. Its text and audience are fixed, edits change nothing",
                    number(counts.accepted),
                    number(counts.pending)
                ),
            };
            let window = cut(window, LONGEST_NAME);
            let moved = moved.map_or_else(String::new, |it| format!(", {}", moved_words(&it)));
            format!("{} (window {window}{label}){moved}{started}", opening(it))
        }
        When::Lapsed(it) => format!("not: its window of {} passed", opening(it)),
        When::SentBefore(before) => format!("not: it {}", cut(&before.to_string(), LONGEST_REASON)),
        When::Over => "not: it is over".to_owned(),
        When::Cancelled => "not: it is cancelled".to_owned(),
        When::Unreadable => "not: it cannot be read".to_owned(),
        When::NotKnown => "not known".to_owned(),
    }
}

/// A day on which it does not go out: nobody should have to compare dates to see it.
fn moved_words(moved: &Moved) -> String {
    let why = match moved.why {
        NotThen::NoBusinessDay => "no business day",
        NotThen::OtherDays => "its window does not open then",
    };
    format!("moved from {}: {why}", moved.from.strftime("%A %Y-%m-%d"))
}

/// Who must approve.
pub(super) fn approver(approver: &Approver) -> String {
    let role = match approver.role {
        Role::Staff => "staff",
        Role::Coordinator => "coordinator",
        Role::Management => "management",
        Role::Administrator => "administrator",
    };
    let people = match approver.people.is_empty() {
        true => "nobody has this role in postmerge.yaml".to_owned(),
        false => names(approver.people.iter().map(String::as_str), " or "),
    };
    format!("{role} ({}): {people}", approver.why)
}

/// How many are left of how many.
pub(super) fn sum(audience: &AudiencePlan) -> String {
    if !audience.not_checked.is_empty() {
        let lists = names(audience.not_checked.iter().map(String::as_str), ", ");
        return format!("{NOT_CHECKED} ({lists})");
    }
    let excluded: u64 = audience.exclusions.values().sum();
    let mut text = counted(audience.recipients, "recipient", "recipients");
    if excluded > 0 {
        text.push_str(&format!(
            ", of {} selected",
            number(audience.recipients + excluded)
        ));
    }
    if audience.copies > 0 {
        let copies = counted(audience.copies, "copy", "copies");
        text.push_str(&format!(
            "; {copies} of each: {}",
            counted(audience.mails, "mail", "mails")
        ));
    }
    text
}

/// Who does not get it, and why.
pub(super) fn exclusions(audience: &AudiencePlan) -> Vec<String> {
    by_reason(&audience.exclusions)
}

/// Who was to get copies and does not, and why.
pub(super) fn without_copies(audience: &AudiencePlan) -> Option<String> {
    let left_out = by_reason(&audience.copies_left_out);
    (!left_out.is_empty()).then(|| format!("no copies to: {}", left_out.join(", ")))
}

fn by_reason(counts: &BTreeMap<Exclusion, u64>) -> Vec<String> {
    let counts = counts.iter();
    counts
        .map(|(reason, count)| format!("{} {}", number(*count), reason.words()))
        .collect()
}

/// Against what would be sent without the change.
pub(super) fn drift(drift: &Drift) -> String {
    match (drift.joined, drift.left) {
        (0, 0) => format!("the same {} as before", number(drift.before)),
        (joined, left) => format!(
            "{} more and {} fewer than the {} before",
            number(joined),
            number(left),
            number(drift.before)
        ),
    }
}

/// A document and its size.
pub(super) fn document(document: &PlannedDocument) -> String {
    let delivery = match document.delivery {
        DocumentDelivery::Link => "as a link",
        DocumentDelivery::Attachment => "attached",
    };
    let sizes = match document.files {
        0 => "the file is not there".to_owned(),
        1 => size(document.largest),
        files => format!(
            "{} files, {} in all, the largest {}",
            number(files),
            size(document.bytes),
            size(document.largest)
        ),
    };
    format!("{} ({delivery}; {sizes})", document.file)
}

/// What is counted of reading.
pub(super) fn counting(counted: Tracking) -> Option<&'static str> {
    match (counted.opens, counted.clicks) {
        (false, false) => None,
        (true, false) => Some("who opens it"),
        (false, true) => Some("who follows its links"),
        (true, true) => Some("who opens it and who follows its links"),
    }
}

/// The list that it invites to.
pub(super) fn invites_to(list: &ListName) -> String {
    format!("to join the list {list}")
}

/// Whose subject it is.
pub(super) fn whose(subject: &Subject) -> String {
    let kind = match subject.kind {
        Kind::Everybody => return "for everybody".to_owned(),
        Kind::Shortest => "the shortest",
        Kind::Longest => "the longest",
        Kind::Awkward => "awkward values",
    };
    format!("{kind}, to {}", subject.to)
}

/// A destination's mails and pause.
pub(super) fn destination(destination: &Destination) -> String {
    let pause = destination.pause_ms.filter(|it| *it > 0);
    let pause = pause.map_or_else(String::new, |it| format!(" every {}", length(it)));
    let name = cut(&destination.name, LONGEST_NAME);
    format!("{name} {}{pause}", number(destination.mails))
}

/// Where it goes to, how fast.
pub(super) fn pace(sending: &Sending) -> String {
    match sending.audience.not_checked.is_empty() {
        true => destinations(&sending.pace),
        false => NOT_CHECKED.to_owned(),
    }
}

/// The largest destinations, and how many there are besides.
fn destinations(pace: &Pace) -> String {
    let mut shown: Vec<String> = pace
        .destinations
        .iter()
        .take(MOST_DESTINATIONS)
        .map(destination)
        .collect();
    let rest = pace.destinations.iter().skip(MOST_DESTINATIONS);
    let (count, mails) = rest.fold((0, 0), |(count, mails), it| (count + 1, mails + it.mails));
    if count > 0 {
        shown.push(format!(
            "and {} with {}",
            counted(count, "other destination", "other destinations"),
            counted(mails, "mail", "mails")
        ));
    }
    shown.join(", ")
}

/// When the last mail is gone, and whether that fits.
pub(super) fn finish(pace: &Pace, when: &When, zone: &TimeZone) -> Option<String> {
    let (first, last) = (pace.first?, pace.last?);
    let window = match when {
        When::Ahead { .. } if pace.unsent > 0 => "not all of it".to_owned(),
        When::Ahead { opening, .. } if pace.openings <= 1 && opening.contains(first) => {
            "fits its window".to_owned()
        }
        _ => format!(
            "does not fit one window: needs {} openings",
            number(pace.openings.max(2))
        ),
    };
    Some(format!(
        "first {}, last {}: {window}",
        moment(first, zone),
        until(first, last, zone)
    ))
}

/// The campaigns that go out in the same time.
pub(super) fn beside(pace: &Pace) -> Option<String> {
    let text = names(pace.beside.iter().map(String::as_str), ", ");
    (!text.is_empty()).then(|| format!("in the same time: {text}"))
}

/// What nobody could look up.
pub(super) fn unknown(plan: &Plan) -> Option<String> {
    if plan.unknown.ledger {
        return Some(
            "The ledger is not here: nobody is counted as unsubscribed, bounced or served already, and nothing as sent."
                .to_owned(),
        );
    }
    plan.unknown.suppressed.map(|suppressed| {
        format!(
            "The organisation's key is not here, as it should be for a pull request: of {} in the ledger, and of those who already have a document, nobody is taken off yet.",
            counted(suppressed, "suppressed person", "suppressed people")
        )
    })
}

/// One line about all.
pub(super) fn headline(plan: &Plan) -> String {
    let going: Vec<&CampaignPlan> = plan.campaigns.iter().filter(|it| it.goes_out()).collect();
    let unknown = going.iter().filter(|it| it.is_not_checked()).count();
    let recipients: u64 = going.iter().map(|it| it.recipients()).sum();
    if plan.campaigns.is_empty() && plan.problems.is_empty() {
        return "nothing that is sent changes".to_owned();
    }
    let stuck = plan.campaigns.iter().filter(|it| it.is_stuck()).count() as u64;
    let mut to = format!(" to {}", counted(recipients, "recipient", "recipients"));
    if unknown > 0 {
        to = match unknown == going.len() {
            true => format!(", recipients {NOT_CHECKED}"),
            false => format!("{to}, and of {} {NOT_CHECKED}", number(unknown as u64)),
        };
    }
    let mut text = format!(
        "{}{to}",
        counted(going.len() as u64, "campaign", "campaigns"),
    );
    if stuck > 0 {
        text.push_str(&format!("; {} would be held", number(stuck)));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_one_and_many_are_counted() {
        let pace = |unsent| Pace {
            first: Some("2026-12-03T17:00:00Z".parse().unwrap()),
            last: Some("2026-12-03T17:10:00Z".parse().unwrap()),
            unsent,
            ..Pace::default()
        };
        let ahead = When::Ahead {
            occurrence: "rueda".parse().unwrap(),
            window: "12:00".to_owned(),
            opening: Opening {
                from: "2026-12-03T17:00:00Z".parse().unwrap(),
                until: "2026-12-03T20:00:00Z".parse().unwrap(),
            },
            moved: None,
            started: None,
        };
        let said = |unsent| finish(&pace(unsent), &ahead, &TimeZone::UTC).unwrap();
        assert!(said(0).ends_with("fits its window"), "{}", said(0));
        assert!(said(1).ends_with("not all of it"), "{}", said(1));
        let people = ["ana", "bo", "cy", "di", "eva", "flo", "gil"];
        assert_eq!(
            names(people, " or "),
            "ana or bo or cy or di or eva and 2 more"
        );
        let long = "x".repeat(1_000);
        assert_eq!(
            names([long.as_str()], ", ").chars().count(),
            LONGEST_NAME + 1
        );
    }
}
