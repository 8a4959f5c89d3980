//! A campaign of which too much comes back is held: before a run goes on with it, and while it runs.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod deliver_common;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use deliver_common::{House, SECRET, Setup, at, clock, git, line, now_of, people};
use jiff::Timestamp;
use postmerge::deliver::opened::open;
use postmerge::deliver::progress::{Progress, Snapshot};
use postmerge::deliver::run::Order;
use postmerge::deliver::standings::{Wait, Which, standings};
use postmerge::ledger::branch::Batch;
use postmerge::ledger::event::{Exclusion, RecipientIndex, RunId, Scope, SuppressionEvent};
use postmerge::ledger::feedback::{Feedback, Heard, MessageKey};
use postmerge::ledger::state::Note;
use postmerge::mail::address::Address;
use postmerge::mail::recipient_id::RecipientKey;
use postmerge::transport::mailboxes::{Mailboxes, Verdict};
use postmerge::workspace::settings::LedgerSettings;

/// Three mails fit into the first window, at this pace.
const PACE: &str = "pause: 1h";

const NEXT_NOON: &str = "2026-12-03T17:00:00Z";

fn house(boxes: Mailboxes, rates: &str) -> House {
    let house = House::new(boxes, &people(5, &["a.test"]), PACE);
    house.edit(
        "postmerge.yaml",
        "ledger:",
        &format!("policy: {{rates: {{{rates}}}}}\nledger:"),
    );
    house.push("rates");
    house
}

/// Somebody complains of their mail of `uno`.
fn complains(clone: &std::path::Path, who: &str, index: u32, at: Timestamp) {
    let mut opened = open(clone, &LedgerSettings::default()).unwrap();
    let key = RecipientKey::from_secret(SECRET.as_bytes()).unwrap();
    let recipient = key.id(&Address::parse(who).unwrap());
    opened.ledger.use_key(key.fingerprint()).unwrap();
    let batch = Batch {
        suppressions: vec![SuppressionEvent::Suppressed {
            recipient,
            scope: Scope::All,
            reason: Exclusion::Complained,
            at,
            note: String::new(),
        }],
        feedback: vec![Feedback {
            message: MessageKey::of(who.as_bytes()),
            recipient,
            mail: Some(("uno".parse().unwrap(), RecipientIndex(index))),
            at,
            what: Heard::Complained {
                kind: "abuse".to_owned(),
            },
        }],
        ..Batch::new(RunId(80), at, "a complaint".to_owned())
    };
    opened.ledger.publish(&batch).unwrap();
}

#[test]
fn beyond_the_limit_it_is_held_until_somebody_gives_a_reason() {
    let house = house(Mailboxes::new(), "from: 3");
    let clock = clock();
    assert_eq!(house.run("one", 1, &clock).accepted, 3);
    complains(&house.clone_of("office"), "p0@a.test", 0, now_of(&clock));
    // Another campaign of the same sender.
    house.campaign("dos", "");
    house.edit("campaigns/dos/campaign.yaml", "2026-12-02", "2026-12-03");
    house.push("another");
    clock.advance_to(at(NEXT_NOON));
    let summary = house.run("one", 2, &clock);
    assert_eq!(summary.accepted, 0);
    let note = |id: &str| {
        let line = line(&summary, id);
        assert!(line.held, "{line:?}");
        line.note.clone().unwrap()
    };
    let uno = note("uno");
    assert!(
        uno.contains("1 of 3 accepted mails were complained of: 33.33 %"),
        "{uno}"
    );
    assert!(uno.contains("policy.rates.go_on"), "{uno}");
    let dos = note("dos");
    assert!(dos.contains("sender eventos, last 7 days: 1 of 3"), "{dos}");
    // It is in the ledger, once.
    let held = |id: &str| {
        let state = house.state(id);
        let notes = state.notes().iter();
        notes
            .filter(|(_, note)| matches!(note, Note::Held(_)))
            .count()
    };
    assert_eq!(house.run("two", 3, &clock).accepted, 0);
    assert_eq!((held("uno"), held("dos")), (1, 1));
    // Status says it of itself, whatever was noted after the hold.
    let opened = open(&house.clone_of("status"), &LedgerSettings::default()).unwrap();
    for entry in standings(&opened, &Which::All, now_of(&clock)).unwrap() {
        let why = entry.too_much.clone().unwrap().to_string();
        assert!(
            why.contains("complained of") && why.contains("is the limit"),
            "{why}"
        );
        assert!(entry.waits().contains(&Wait::TooMuch), "{entry:?}");
    }
    let page = git(
        &house.path().join("remote.git"),
        &["show", "postmerge-ledger:campaigns/uno/RESULT.md"],
    );
    assert!(
        page.contains("> **Held** since 2026-12-03")
            && page.contains("1 of 3 accepted mails were complained of"),
        "{page}"
    );
    assert_eq!(house.check(now_of(&clock)).pending, 2);
    house.edit(
        "postmerge.yaml",
        "from: 3",
        "from: 3, go_on: {uno: one person who had signed up}",
    );
    house.push("go on");
    let summary = house.run("two", 4, &clock);
    assert_eq!(summary.accepted, 2);
    let note = line(&summary, "uno").note.clone().unwrap();
    assert!(note.contains("goes on because of: one person"), "{note}");
    assert!(line(&summary, "dos").held);
}

#[test]
fn a_warning_holds_nothing() {
    let house = house(
        Mailboxes::new(),
        "from: 3, complaints: {warn: 10, stop: 50}",
    );
    let clock = clock();
    assert_eq!(house.run("one", 1, &clock).accepted, 3);
    complains(&house.clone_of("office"), "p0@a.test", 0, now_of(&clock));
    clock.advance_to(at(NEXT_NOON));
    let summary = house.run("one", 2, &clock);
    assert_eq!(summary.accepted, 2);
    let line = line(&summary, "uno");
    let note = line.note.clone().unwrap();
    assert!(!line.held && note.starts_with("warning: 1 of 3"), "{note}");
}

#[test]
fn what_the_relay_refuses_for_good_counts_too() {
    let boxes = (0..5).fold(Mailboxes::new(), |boxes, n| {
        let refusal = Verdict::refuse_rcpt(550, "5.1.1 no such user");
        boxes.always(&format!("p{n}@a.test"), refusal)
    });
    let house = house(boxes, "from: 3");
    let clock = clock();
    house.run("one", 1, &clock);
    clock.advance_to(at(NEXT_NOON));
    let summary = house.run("one", 2, &clock);
    let line = line(&summary, "uno");
    assert_eq!((line.counts.rejected, line.counts.pending), (3, 2));
    let note = line.note.clone().unwrap();
    assert!(
        line.held && note.contains("3 of 3 mails went to addresses that take none: 100.00 %"),
        "{note}"
    );
}

/// A mail a minute.
const FAST: &str = "pause: 1m";

fn dead(all: std::ops::Range<u32>) -> Mailboxes {
    all.fold(Mailboxes::new(), |boxes, n| {
        let refusal = Verdict::refuse_rcpt(550, "5.1.1 no such user");
        boxes.always(&format!("p{n}@a.test"), refusal)
    })
}

#[test]
fn a_run_stops_by_itself_when_its_relay_refuses_too_much() {
    let house = House::new(dead(2..8), &people(8, &["a.test"]), FAST);
    house.edit(
        "postmerge.yaml",
        "ledger:",
        "policy: {rates: {from: 3, hard_bounces: {warn: 10, stop: 50}}}\nledger:",
    );
    house.push("rates");
    let clock = clock();
    let summary = house.run("one", 1, &clock);
    let line = line(&summary, "uno");
    // Of five mails three were refused: the sixth does not go out.
    assert_eq!(
        (
            line.counts.accepted,
            line.counts.rejected,
            line.counts.pending
        ),
        (2, 3, 3)
    );
    let note = line.note.clone().unwrap();
    assert!(
        line.held && note.contains("3 of 5 mails went to addresses that take none: 60.00 %"),
        "{note}"
    );
    let state = house.state("uno");
    assert!(matches!(state.notes().last(), Some((_, Note::Held(_)))));
    house.check(now_of(&clock));
}

#[test]
fn what_was_refused_in_other_sendings_counts_for_the_sender_and_suppresses() {
    let house = House::new(dead(0..1), &people(5, &["a.test"]), FAST);
    house.edit(
        "postmerge.yaml",
        "ledger:",
        "policy: {rates: {from: 6}}\nledger:",
    );
    for (id, day) in [("dos", "03"), ("tres", "04")] {
        house.campaign(id, "");
        let path = format!("campaigns/{id}/campaign.yaml");
        house.edit(&path, "2026-12-02", &format!("2026-12-{day}"));
    }
    house.push("all");
    let clock = clock();
    let summary = house.run("one", 1, &clock);
    let counts = line(&summary, "uno").counts;
    assert_eq!((counts.accepted, counts.rejected), (4, 1));
    // No mailbox was read: the relay's word is enough.
    clock.advance_to(at(NEXT_NOON));
    let counts = line(&house.run("one", 2, &clock), "dos").counts;
    assert_eq!((counts.accepted, counts.excluded), (4, 1));
    let opened = open(&house.clone_of("office"), &LedgerSettings::default()).unwrap();
    let suppressions = opened.ledger.suppressions().unwrap();
    let key = RecipientKey::from_secret(SECRET.as_bytes()).unwrap();
    let dead = key.id(&Address::parse("p0@a.test").unwrap());
    assert_eq!(
        suppressions.reason(&dead, None),
        Some(Exclusion::HardBounce)
    );
    clock.advance_to(at("2026-12-04T17:00:00Z"));
    let summary = house.run("one", 3, &clock);
    let line = line(&summary, "tres");
    let note = line.note.clone().unwrap();
    assert!(
        line.held && note.contains("sender eventos, last 7 days: 1 of 9 mails went to"),
        "{note}"
    );
}

/// A daily cap spreads a sending over weeks.
#[test]
fn what_an_old_sending_refuses_is_heard_by_the_run_that_sends_it() {
    let house = House::new(dead(4..5), &people(5, &["a.test"]), PACE);
    house.edit(
        "postmerge.yaml",
        "ledger:",
        "policy: {rates: {from: 5}}\nledger:",
    );
    house.campaign("dos", "");
    house.edit("campaigns/dos/campaign.yaml", "2026-12-02", "2026-12-23");
    house.push("all");
    let clock = clock();
    assert_eq!(house.run("one", 1, &clock).accepted, 3);
    clock.advance_to(at("2026-12-22T17:00:00Z"));
    let counts = line(&house.run("one", 2, &clock), "uno").counts;
    assert_eq!((counts.accepted, counts.rejected), (4, 1));
    // No run has come since.
    let opened = open(&house.clone_of("office"), &LedgerSettings::default()).unwrap();
    let suppressions = opened.ledger.suppressions().unwrap();
    let key = RecipientKey::from_secret(SECRET.as_bytes()).unwrap();
    let dead = key.id(&Address::parse("p4@a.test").unwrap());
    assert_eq!(
        suppressions.reason(&dead, None),
        Some(Exclusion::HardBounce)
    );
    // It counts for its sender, whenever it began.
    clock.advance_to(at("2026-12-23T17:00:00Z"));
    let summary = house.run("one", 3, &clock);
    let line = line(&summary, "dos");
    let note = line.note.clone().unwrap();
    assert!(
        line.held && note.contains("sender eventos, last 7 days: 1 of 5 mails went to"),
        "{note}"
    );
}

/// Complains once, when the first mail has gone out.
struct Complains {
    clone: std::path::PathBuf,
    clock: postmerge::clock::VirtualClock,
    done: AtomicBool,
}

impl Progress for Complains {
    fn tick(&self, snapshot: &Snapshot<'_>) {
        if snapshot.accepted > 0 && !self.done.swap(true, Ordering::SeqCst) {
            complains(&self.clone, "p4@a.test", 0, now_of(&self.clock));
        }
    }
}

#[test]
fn while_it_runs_it_stops_by_itself() {
    let house = house(Mailboxes::new(), "from: 1");
    let clock = clock();
    let setup = Setup {
        transport: house.transport(),
        progress: Arc::new(Complains {
            clone: house.clone_of("office"),
            clock: clock.clone(),
            done: AtomicBool::new(false),
        }),
        polls: None,
    };
    let run = house.with("one", 1, &clock, &Order::default(), setup);
    let summary = run.unwrap().unwrap();
    assert_eq!(summary.accepted, 1);
    let line = line(&summary, "uno");
    let note = line.note.clone().unwrap();
    assert!(line.held && note.contains("complained of"), "{note}");
    let state = house.state("uno");
    assert!(matches!(state.notes().last(), Some((_, Note::Held(_)))));
    let counts = house.check(now_of(&clock));
    assert_eq!(
        (counts.accepted, counts.pending, counts.excluded),
        (1, 3, 1)
    );
}
