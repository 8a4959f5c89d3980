//! What changes on the main branch after a sending has started: its campaign is deleted or cancelled,
//! members leave. Whole runs on real repositories in virtual time.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod deliver_common;

use deliver_common::{House, at, clock, line, now_of, people};
use postmerge::deliver::opened::open;
use postmerge::deliver::standings::{Entry, Wait, Which, standings};
use postmerge::ledger::event::Exclusion;
use postmerge::transport::mailboxes::Mailboxes;
use postmerge::workspace::settings::LedgerSettings;

/// Three mails fit into the first window, at this pace.
const PACE: &str = "pause: 1h";

const NEXT_NOON: &str = "2026-12-03T17:00:00Z";

/// Five members of whom three were sent to on the first day; the clock stands at the next noon.
fn three_of_five() -> (House, postmerge::clock::VirtualClock) {
    let house = House::new(Mailboxes::new(), &people(5, &["a.test"]), PACE);
    let clock = clock();
    assert_eq!(house.run("one", 1, &clock).accepted, 3);
    clock.advance_to(at(NEXT_NOON));
    (house, clock)
}

fn standing(house: &House, clock: &postmerge::clock::VirtualClock) -> Entry {
    let opened = open(&house.clone_of("reader"), &LedgerSettings::default()).unwrap();
    let mut entries = standings(&opened, &Which::All, now_of(clock)).unwrap();
    assert_eq!(entries.len(), 1);
    entries.remove(0)
}

#[test]
fn a_campaign_deleted_after_its_start_is_not_forgotten() {
    let (house, clock) = three_of_five();
    house.remove("campaigns/uno");
    house.push("revert");
    let run = house.run("one", 2, &clock);
    let uno = line(&run, "uno");
    assert!(uno.held, "{run:?}");
    assert_eq!((run.accepted, uno.counts.pending), (0, 2), "{run:?}");
    let note = uno.note.as_deref().unwrap();
    assert!(note.contains("not on the main branch any more"), "{note}");
    assert!(note.contains("status: cancelled"), "{note}");
    assert_eq!(standing(&house, &clock).waits(), [Wait::Unfinished]);
    // What was said to help does help.
    house.campaign("uno", "");
    house.push("restore");
    assert_eq!(house.run("one", 3, &clock).accepted, 2);
    assert_eq!(house.check(now_of(&clock)).accepted, 5);
}

#[test]
fn cancelling_accounts_for_who_was_pending() {
    let (house, clock) = three_of_five();
    house.campaign("uno", "status: cancelled\n");
    house.push("cancel");
    assert!(standing(&house, &clock).waits().is_empty());
    let run = house.run("one", 2, &clock);
    let uno = line(&run, "uno");
    assert!(!uno.held, "{run:?}");
    assert!(uno.note.as_deref().unwrap().contains("2 who were pending"));
    let counts = house.check(now_of(&clock));
    assert_eq!(
        (counts.accepted, counts.excluded, counts.pending),
        (3, 2, 0)
    );
    let state = house.state("uno");
    assert_eq!(state.exclusions().get(&Exclusion::Cancelled), Some(&2));
    // Once; and nobody comes back by taking it back.
    let segments = state.segments();
    house.run("one", 3, &clock);
    house.campaign("uno", "");
    house.push("uncancel");
    assert_eq!(house.run("one", 4, &clock).accepted, 0);
    assert_eq!(house.state("uno").segments(), segments);
    let page = deliver_common::git(
        &house.path().join("remote.git"),
        &["show", "postmerge-ledger:campaigns/uno/RESULT.md"],
    );
    assert!(page.contains("| cancelled | 2 |"), "{page}");
}

#[test]
fn a_sending_that_the_agenda_forgot_can_be_cancelled_too() {
    let (house, clock) = three_of_five();
    clock.advance_to(at("2027-04-01T17:00:00Z"));
    let run = house.run("one", 2, &clock);
    assert!(line(&run, "uno").held, "{run:?}");
    house.campaign("uno", "status: cancelled\n");
    house.push("cancel");
    let run = house.run("one", 3, &clock);
    assert_eq!(line(&run, "uno").counts.pending, 0, "{run:?}");
    assert_eq!(house.check(now_of(&clock)).excluded, 2);
}
