//! Whole runs on real repositories in virtual time: what goes right, and every way that a relay, a
//! window, the remote or another run gets in the way.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod deliver_common;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use deliver_common::{House, Setup, at, clock, everywhere, git, line, now_of, people, regardless};
use jiff::ToSpan;
use postmerge::clock::{BoxFuture, VirtualClock};
use postmerge::deliver::StartError;
use postmerge::deliver::progress::Silent;
use postmerge::deliver::run::Order;
use postmerge::ledger::branch::LedgerError;
use postmerge::transport::mailboxes::{Mailboxes, Verdict};
use postmerge::transport::{ConnectError, Connection, Reply, Transport};

const PACE: &str = "pause: 5s";

#[test]
fn a_mixed_campaign_takes_no_longer_than_its_slowest_lane() {
    let mut members = people(100, &["a.test"]);
    members.extend(people(60, &["b.test", "c.test", "d.test"]));
    let house = House::new(Mailboxes::new(), &members, PACE);
    let clock = clock();
    let summary = house.run("one", 1, &clock);
    assert_eq!(summary.accepted, 160, "{summary:?}");
    assert!(summary.published && summary.stopped.is_none());
    assert_eq!(house.check(now_of(&clock)).accepted, 160);
    let took = now_of(&clock)
        .duration_since(at(deliver_common::NOON))
        .as_secs_f64();
    assert!(took <= 99.0 * 5.0 * 1.02, "{took} s");
    let page = git(
        &house.path().join("remote.git"),
        &["show", "postmerge-ledger:campaigns/uno/RESULT.md"],
    );
    assert!(page.contains("160"), "{page}");
    let again = house.run("two", 2, &clock);
    assert_eq!(again.accepted, 0);
    assert_eq!(house.boxes.copies(), 160);
}

#[test]
fn refusals_are_final_or_tried_again() {
    let boxes = Mailboxes::new()
        .always("p0@a.test", Verdict::refuse_rcpt(550, "5.1.1 unknown user"))
        .first("p1@a.test", 2, Verdict::refuse_rcpt(450, "4.2.0 not now"))
        .always("p2@a.test", Verdict::refuse_rcpt(452, "4.2.2 mailbox full"))
        .first("p3@a.test", 1, Verdict::DropAtRcpt)
        .first("p4@a.test", 1, Verdict::DropAfterDot { stored: true })
        .always("p5@a.test", Verdict::DropAtRcpt)
        .first("p6@a.test", 1, Verdict::CloseAtRcpt);
    let pace = "pause: 1s, retry: {after: 10m, tries: 3, give_up_after: 1d}";
    let house = House::new(boxes, &people(12, &["a.test"]), pace);
    let clock = clock();
    let summary = house.run("one", 1, &clock);
    let counts = house.check(now_of(&clock));
    assert_eq!(
        (
            counts.accepted,
            counts.rejected,
            counts.unknown,
            counts.pending
        ),
        (8, 3, 1, 0),
        "{summary:?}"
    );
    let state = house.state("uno");
    let gave_up = state
        .rejections()
        .keys()
        .filter(|text| text.contains("gave up"));
    assert_eq!(gave_up.count(), 2, "{:?}", state.rejections());
    // The unknown one is not sent again by anybody.
    let again = house.run("one", 2, &clock);
    assert_eq!(again.accepted, 0);
    assert!(line(&again, "uno").held);
    house.check(now_of(&clock));
}

#[test]
fn a_hard_block_pauses_one_destination() {
    let boxes = Mailboxes::new().first(
        "@a.test",
        1,
        Verdict::refuse_rcpt(554, "5.7.1 client host blocked using zen.spamhaus.org"),
    );
    let house = House::new(boxes, &people(20, &["a.test", "b.test"]), PACE);
    let clock = clock();
    house.run("one", 1, &clock);
    let counts = house.check(now_of(&clock));
    assert_eq!((counts.accepted, counts.rejected), (19, 1));
    let took = now_of(&clock).duration_since(at(deliver_common::NOON));
    assert!(took.as_mins() >= 60, "{took}");
}

#[test]
fn a_window_closes_and_the_next_one_goes_on() {
    let house = House::new(Mailboxes::new(), &people(30, &["a.test"]), "pause: 10m");
    let clock = clock();
    let first = house.run("one", 1, &clock);
    assert_eq!(now_of(&clock), at("2026-12-02T20:00:00Z"));
    assert_eq!(first.accepted, 18, "{first:?}");
    assert_eq!(line(&first, "uno").counts.claimed, 0);
    // Woken at three in the morning: nothing.
    clock.advance_to(at("2026-12-03T08:00:00Z"));
    let night = house.run("one", 2, &clock);
    assert_eq!(night.accepted, 0);
    clock.advance_to(at("2026-12-03T17:00:00Z"));
    let second = house.run("two", 3, &clock);
    assert_eq!(second.accepted, 12, "{second:?}");
    assert_eq!(house.check(now_of(&clock)).accepted, 30);
}

#[test]
fn a_missed_window_lapses_and_until_is_kept() {
    let house = House::new(Mailboxes::new(), &people(5, &["a.test"]), "pause: 1m");
    let late = VirtualClock::new(at("2026-12-02T21:00:00Z"));
    let summary = house.run("one", 1, &late);
    assert_eq!(summary.accepted, 0);
    assert!(line(&summary, "uno").held);
    assert_eq!(house.state("uno").notes().len(), 1);
    // Recorded once.
    house.run("two", 2, &late);
    assert_eq!(house.state("uno").notes().len(), 1);

    let house = House::new(Mailboxes::new(), &people(5, &["a.test"]), "pause: 1m");
    let night = VirtualClock::new(at("2026-12-02T08:00:00Z"));
    assert_eq!(house.run("one", 1, &night).accepted, 0);
    let order = Order {
        until: Some(at("2026-12-02T08:02:30Z")),
        ..regardless()
    };
    let some = house.ordered("one", 2, &night, &order).unwrap();
    assert_eq!(some.accepted, 3, "{some:?}");
    assert!(some.stopped.is_some() && some.published);
    let rest = house.ordered("one", 3, &night, &regardless()).unwrap();
    assert_eq!(rest.accepted, 2, "{rest:?}");
    house.check(now_of(&night));
}

struct NoRelay(ConnectError);

impl Transport for NoRelay {
    fn connect(&self) -> BoxFuture<'_, Result<Box<dyn Connection>, ConnectError>> {
        Box::pin(async { Err(self.0.clone()) })
    }
}

#[test]
fn a_relay_that_is_not_to_be_had_holds_the_campaign_and_burns_nobody() {
    let errors = [
        ConnectError::Authentication {
            relay: "r".to_owned(),
            reply: Reply {
                code: 535,
                text: "no".to_owned(),
            },
        },
        ConnectError::Tls {
            relay: "r".to_owned(),
            why: "expired".to_owned(),
        },
        ConnectError::Unreachable {
            relay: "r".to_owned(),
            why: "refused".to_owned(),
        },
    ];
    for error in errors {
        let house = House::new(Mailboxes::new(), &people(9, &["a.test", "b.test"]), PACE);
        let clock = clock();
        let setup = Setup {
            transport: Arc::new(NoRelay(error)),
            progress: Arc::new(Silent),
            polls: None,
        };
        let summary = house
            .with("one", 1, &clock, &Order::default(), setup)
            .unwrap()
            .unwrap();
        assert!(line(&summary, "uno").held, "{summary:?}");
        let counts = house.check(now_of(&clock));
        assert_eq!((counts.pending, counts.claimed, counts.unknown), (9, 0, 0));
        assert_eq!(house.run("one", 2, &clock).accepted, 9);
        house.check(now_of(&clock));
    }
}

#[test]
fn what_was_approved_is_sent_whatever_is_edited_later() {
    let house = House::new(Mailboxes::new(), &people(4, &["a.test"]), "pause: 1h");
    let clock = clock();
    let first = house.run("one", 1, &clock);
    assert_eq!(first.accepted, 3);
    house.write("campaigns/uno/body.md", "{{ nada }} otra cosa\n");
    house.members(&people(9, &["a.test"]));
    house.push("edit");
    clock.advance_to(at("2026-12-03T17:00:00Z"));
    let second = house.run("one", 2, &clock);
    assert_eq!(second.accepted, 1, "{second:?}");
    assert_eq!(house.check(now_of(&clock)).audience, 4);
}

#[test]
fn another_key_is_refused() {
    let mut house = House::new(Mailboxes::new(), &people(4, &["a.test"]), "pause: 1h");
    let clock = clock();
    house.run("one", 1, &clock);
    house.secret = "quite another secret, but just as long".to_owned();
    clock.advance_to(at("2026-12-03T17:00:00Z"));
    let refused = house.try_run("one", 2, &clock).unwrap_err();
    assert!(
        matches!(refused, StartError::Ledger(LedgerError::OtherKey { .. })),
        "{refused}"
    );
    assert_eq!(house.boxes.copies(), 3);
}

#[test]
fn a_document_goes_to_nobody_twice_unless_forced() {
    let house = House::new(Mailboxes::new(), &people(4, &["a.test"]), "pause: 1s");
    let document = "documents: [{file: guia.pdf, as: link}]\n";
    for (id, more) in [
        ("uno", ""),
        ("dos", ""),
        ("tres", "force: {reason: la primera tenía un error}\n"),
    ] {
        house.campaign(id, &format!("{document}{more}"));
        house.write(&format!("campaigns/{id}/guia.pdf"), "%PDF-1.4 guia");
    }
    house.push("documents");
    let clock = clock();
    let summary = house.run("one", 1, &clock);
    let sent: Vec<u64> = ["uno", "dos", "tres"]
        .map(|id| line(&summary, id).counts.accepted)
        .to_vec();
    assert_eq!(sent.iter().sum::<u64>(), 8, "{summary:?}");
    assert_eq!(line(&summary, "tres").counts.accepted, 4);
    house.check(now_of(&clock));
}

#[test]
fn a_fresh_clone_cannot_know_what_a_lost_one_did() {
    let house = House::new(Mailboxes::new(), &people(30, &["a.test"]), PACE);
    let clock = clock();
    let setup = Setup {
        transport: house.transport(),
        progress: Arc::new(Silent),
        polls: Some(40),
    };
    assert!(
        house
            .with("lost", 1, &clock, &Order::default(), setup)
            .is_none()
    );
    let during = house.run("fresh", 2, &clock);
    assert_eq!(during.accepted, 0, "the claim is another run's: {during:?}");
    clock.advance_to(now_of(&clock) + 16.minutes());
    house.run("fresh", 3, &clock);
    let counts = house.check(now_of(&clock));
    assert_eq!(counts.pending, 0);
    assert!(counts.unknown > 0 && counts.unknown <= 20, "{counts:?}");
    assert_eq!(counts.accepted + counts.unknown, 30);
}

#[test]
fn two_runs_at_once_send_nothing_twice() {
    let house = House::new(
        Mailboxes::new(),
        &people(40, &["a.test", "b.test"]),
        "pause: 1s",
    );
    for name in ["one", "two"] {
        house.clone_of(name);
    }
    std::thread::scope(|scope| {
        for (name, run) in [("one", 1), ("two", 2)] {
            let house = &house;
            scope.spawn(move || house.try_run(name, run, &clock()).map(|_| ()));
        }
    });
    let clock = clock();
    clock.advance_to(at("2026-12-02T18:00:00Z"));
    house.run("one", 3, &clock);
    let counts = house.check(now_of(&clock));
    assert_eq!((counts.accepted, counts.unknown), (40, 0), "{counts:?}");
}

#[test]
fn the_remote_goes_away_and_the_journal_keeps_what_happened() {
    let house = House::new(Mailboxes::new(), &people(30, &["a.test"]), PACE);
    let clock = clock();
    let remote = house.path().join("remote.git");
    let away = house.path().join("away.git");
    struct Leaves {
        from: std::path::PathBuf,
        to: std::path::PathBuf,
    }
    impl postmerge::deliver::progress::Progress for Leaves {
        fn tick(&self, snapshot: &postmerge::deliver::progress::Snapshot<'_>) {
            if snapshot.accepted >= 5 && self.from.exists() {
                std::fs::rename(&self.from, &self.to).unwrap();
            }
        }
    }
    let leaves = Arc::new(Leaves {
        from: remote.clone(),
        to: away.clone(),
    });
    let setup = Setup {
        transport: house.transport(),
        progress: leaves,
        polls: None,
    };
    let summary = house
        .with("one", 1, &clock, &Order::default(), setup)
        .unwrap()
        .unwrap();
    assert!(
        !summary.published && summary.stopped.is_some(),
        "{summary:?}"
    );
    assert!(
        summary.accepted >= 5 && summary.accepted < 30,
        "{summary:?}"
    );
    std::fs::rename(&away, &remote).unwrap();
    let next = house.run("one", 2, &clock);
    assert_eq!(next.recovered.len(), 1, "{next:?}");
    let counts = house.check(now_of(&clock));
    assert_eq!((counts.accepted, counts.unknown), (30, 0), "{counts:?}");
}

#[test]
fn a_run_that_dies_anywhere_is_made_good_by_the_next() {
    let finished = AtomicU32::new(0);
    everywhere(1..70, |polls| {
        let boxes = Mailboxes::new()
            .first("p1@b.test", 1, Verdict::DropAtRcpt)
            .first("p4@a.test", 1, Verdict::refuse_rcpt(450, "4.2.0 later"));
        let house = House::new(boxes, &people(8, &["a.test", "b.test"]), "pause: 20s");
        let clock = clock();
        let setup = Setup {
            transport: house.transport(),
            progress: Arc::new(Silent),
            polls: Some(polls),
        };
        let ran = house.with("one", 1, &clock, &Order::default(), setup);
        finished.fetch_add(u32::from(ran.is_some()), Ordering::Relaxed);
        house.run("one", 2, &clock);
        let counts = house.check(now_of(&clock));
        assert!(counts.unknown <= 4, "{polls}: {counts:?}");
        assert_eq!(counts.accepted + counts.unknown, 8, "{polls}: {counts:?}");
    });
    // They reach from the beginning to the end.
    let finished = finished.into_inner();
    assert!((1..35).contains(&finished), "{finished}");
}

#[test]
fn a_warm_up_grows_by_the_days_on_which_mail_was_sent() {
    let pace = "pause: 1s, warm_up: {first_day: 3, factor: 2.0, days: 9}";
    let house = House::new(Mailboxes::new(), &people(20, &["a.test", "b.test"]), pace);
    let clock = clock();
    assert_eq!(house.run("one", 1, &clock).accepted, 3);
    // The same day's cap is used up, also for a run that comes later.
    clock.advance_to(at("2026-12-02T17:30:00Z"));
    assert_eq!(
        house
            .run("one", 2, &VirtualClock::new(at("2026-12-02T18:00:00Z")))
            .accepted,
        0
    );
    clock.advance_to(at("2026-12-03T17:00:00Z"));
    assert_eq!(house.run("one", 3, &clock).accepted, 6);
    clock.advance_to(at("2026-12-04T17:00:00Z"));
    assert_eq!(house.run("one", 4, &clock).accepted, 11);
    house.check(now_of(&clock));
}
