//! What must not be believed: a journal that is a copy, and a key that the ledger does not know.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod deliver_common;

use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;

use deliver_common::*;
use jiff::ToSpan;
use postmerge::deliver::StartError;
use postmerge::deliver::progress::{Progress, Snapshot};
use postmerge::deliver::run::Order;
use postmerge::ledger::branch::LedgerError;
use postmerge::transport::mailboxes::Mailboxes;

/// Copies the checkout once, journal and all, while its run is sending.
struct Copies {
    from: PathBuf,
    to: PathBuf,
}

impl Progress for Copies {
    fn tick(&self, snapshot: &Snapshot<'_>) {
        if snapshot.accepted >= 3 && !self.to.exists() {
            let (from, to) = (&self.from, &self.to);
            let copied = Command::new("cp").arg("-a").args([from, to]).status();
            assert!(copied.unwrap().success());
        }
    }
}

#[test]
fn a_copied_journal_proves_nothing() {
    let mut died = 0;
    for polls in (14..=50).step_by(4) {
        let house = House::new(Mailboxes::new(), &people(30, &["a.test"]), "pause: 1s");
        let clock = clock();
        let copies = Arc::new(Copies {
            from: house.clone_of("one"),
            to: house.path().join("copy"),
        });
        let setup = Setup {
            transport: house.transport(),
            progress: copies.clone(),
            polls: Some(polls),
        };
        house.with("one", 1, &clock, &Order::default(), setup);
        if !copies.to.exists() {
            continue;
        }
        if house.boxes.copies() < 30 {
            died += 1;
        }
        // In the copy first: it knows nothing of what went out after it was made.
        let in_copy = house.run("copy", 2, &clock);
        assert_eq!(house.boxes.taken_twice(), [], "{polls}: {in_copy:?}");
        // Where it happened all is known.
        house.run("one", 3, &clock);
        let counts = house.check(now_of(&clock));
        assert!(counts.unknown <= 4, "{polls}: {counts:?}");
        assert_eq!(counts.accepted + counts.unknown, 30, "{polls}: {counts:?}");
    }
    assert!(died >= 3, "{died}");
}

#[test]
fn a_copy_whose_original_is_gone_leaves_unknowns_once_the_claim_is_over() {
    let house = House::new(Mailboxes::new(), &people(30, &["a.test"]), "pause: 1s");
    let clock = clock();
    let copies = Arc::new(Copies {
        from: house.clone_of("one"),
        to: house.path().join("copy"),
    });
    let setup = Setup {
        transport: house.transport(),
        progress: copies,
        polls: Some(30),
    };
    house.with("one", 1, &clock, &Order::default(), setup);
    assert!((4..30).contains(&house.boxes.copies()));
    let during = house.run("copy", 2, &clock);
    assert_eq!(during.accepted, 0, "another run holds them: {during:?}");
    assert!(during.recovered.is_empty(), "{during:?}");
    clock.advance_to(now_of(&clock) + 16.minutes());
    house.run("copy", 3, &clock);
    let counts = house.check(now_of(&clock));
    assert_eq!(house.boxes.taken_twice(), []);
    assert!(counts.unknown > 0, "{counts:?}");
    assert_eq!(counts.pending, 0, "{counts:?}");
    assert_eq!(house.journals("copy"), 0);
}

#[test]
fn nothing_new_starts_with_a_key_that_the_ledger_does_not_know() {
    let mut house = House::new(Mailboxes::new(), &people(4, &["a.test"]), "pause: 1s");
    let clock = clock();
    house.run("one", 1, &clock);
    let before = house.boxes.copies();
    house.campaign("dos", "");
    house.push("dos");
    let right = std::mem::replace(
        &mut house.secret,
        "quite another secret, but just as long".to_owned(),
    );
    let refused = house.try_run("one", 2, &clock).unwrap_err();
    assert!(
        matches!(refused, StartError::Ledger(LedgerError::OtherKey { .. })),
        "{refused}"
    );
    assert_eq!(house.boxes.copies(), before);
    house.secret = right;
    house.run("one", 3, &clock);
    assert_eq!(house.boxes.copies(), before + 4);
}
