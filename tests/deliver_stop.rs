//! How a run ends before its time: asked to stop, or by a defect. Whole runs on real repositories in
//! virtual time.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod deliver_common;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use deliver_common::{House, Setup, at, clock, line, now_of, people};
use jiff::ToSpan;
use postmerge::clock::{BoxFuture, VirtualClock};
use postmerge::deliver::progress::Silent;
use postmerge::deliver::run::{Order, Stop, Summary};
use postmerge::mail::envelope::Letter;
use postmerge::transport::mailboxes::Mailboxes;
use postmerge::transport::{Attempt, ConnectError, Connection, Failure, Reply, Transport};
use tokio::sync::watch;

const PACE: &str = "pause: 5s";

/// What the relay does once content has gone out and the run was asked to stop.
#[derive(Clone, Copy, PartialEq)]
enum Then {
    /// Takes the mail, a little later.
    Takes,
    /// Never answers; the grace passes meanwhile.
    Hangs,
    /// Takes the mail, and it is late by then: asks nobody.
    TakesUntil(&'static str),
}

/// Asks the run to stop as soon as content goes out.
#[derive(Clone)]
struct Asks {
    asks: Arc<watch::Sender<bool>>,
    begun: Arc<AtomicU64>,
    then: Then,
    clock: VirtualClock,
}

impl Transport for Asks {
    fn connect(&self) -> BoxFuture<'_, Result<Box<dyn Connection>, ConnectError>> {
        Box::pin(async { Ok(Box::new(self.clone()) as Box<dyn Connection>) })
    }
}

impl Connection for Asks {
    fn send<'a>(
        &'a mut self,
        _: &'a Letter,
        commit: &'a mut (dyn FnMut() -> std::io::Result<()> + Send),
    ) -> BoxFuture<'a, Attempt> {
        Box::pin(async move {
            if let Err(why) = commit() {
                return Attempt::Untouched(Failure::NotCommitted(why.to_string()));
            }
            self.begun.fetch_add(1, Ordering::SeqCst);
            if let Then::TakesUntil(late) = self.then {
                self.clock.advance_to(at(late));
            } else {
                self.asks.send_replace(true);
            }
            // The engine hears of it, and so do other workers that have mails ahead.
            for _ in 0..50 {
                tokio::task::yield_now().await;
            }
            if self.then == Then::Hangs {
                // A mail under way holds virtual time: the grace is let pass here.
                self.clock.advance_to(now_of(&self.clock) + 5.seconds());
                return std::future::pending().await;
            }
            Attempt::Accepted(Reply {
                code: 250,
                text: "2.0.0 taken".to_owned(),
            })
        })
    }

    fn usable(&self) -> bool {
        true
    }

    fn quit(self: Box<Self>) -> BoxFuture<'static, ()> {
        Box::pin(async {})
    }
}

/// A run that is asked to stop when the first content goes out; how many were begun.
fn asked_to_stop(house: &House, clock: &VirtualClock, then: Then) -> (Summary, u64) {
    let (asks, stop) = watch::channel(false);
    let begun = Arc::new(AtomicU64::new(0));
    let transport = Asks {
        asks: Arc::new(asks),
        begun: Arc::clone(&begun),
        then,
        clock: clock.clone(),
    };
    let setup = Setup {
        transport: Arc::new(transport),
        progress: Arc::new(Silent),
        polls: None,
    };
    let summary = house
        .stoppable("one", 1, clock, &Order::default(), setup, stop)
        .unwrap()
        .unwrap();
    assert!(
        summary.stopped.is_some() && summary.published,
        "{summary:?}"
    );
    (summary, begun.load(Ordering::SeqCst))
}

/// No journal is left, and the next run, which sends the rest, tells of no dead one.
fn nothing_is_left_behind(house: &House, clock: &VirtualClock, rest: u64) {
    assert_eq!(house.journals("one"), 0);
    let next = house.run("one", 2, clock);
    assert_eq!((next.accepted, next.recovered.len()), (rest, 0), "{next:?}");
    house.check(now_of(clock));
}

#[test]
fn a_stop_lets_mails_in_the_middle_finish_and_the_others_go() {
    // Without a pace each of the four workers is given up to sixteen mails ahead.
    for (pace, most) in [(PACE, 2), ("enabled: false", 4)] {
        let house = House::new(Mailboxes::new(), &people(60, &["a.test", "b.test"]), pace);
        let clock = clock();
        let (summary, begun) = asked_to_stop(&house, &clock, Then::Takes);
        assert!((1..=most).contains(&begun), "{pace}: {begun} begun");
        assert_eq!(summary.accepted, begun, "{summary:?}");
        let counts = house.check(now_of(&clock));
        assert_eq!((counts.unknown, counts.claimed), (0, 0), "{counts:?}");
        assert_eq!((counts.accepted, counts.pending), (begun, 60 - begun));
        nothing_is_left_behind(&house, &clock, 60 - begun);
    }
}

#[test]
fn a_stop_waits_a_moment_and_then_leaves_unknown_what_hangs() {
    for pace in [PACE, "enabled: false"] {
        let house = House::new(Mailboxes::new(), &people(9, &["a.test", "b.test"]), pace);
        let clock = clock();
        let (_, begun) = asked_to_stop(&house, &clock, Then::Hangs);
        assert!((1..=4).contains(&begun), "{pace}: {begun} begun");
        let counts = house.check(now_of(&clock));
        assert_eq!(
            (counts.unknown, counts.accepted, counts.claimed),
            (begun, 0, 0),
            "{counts:?}"
        );
        assert_eq!(counts.pending, 9 - begun, "{counts:?}");
        nothing_is_left_behind(&house, &clock, 9 - begun);
    }
}

/// Panics at the third mail, before or after its content could have gone out.
#[derive(Clone)]
struct Panics {
    after_commit: bool,
    offered: Arc<AtomicU64>,
    inner: Arc<dyn Transport>,
}

impl Transport for Panics {
    fn connect(&self) -> BoxFuture<'_, Result<Box<dyn Connection>, ConnectError>> {
        Box::pin(async {
            let inner = self.inner.connect().await?;
            Ok(Box::new(PanicsOn(self.clone(), inner)) as Box<dyn Connection>)
        })
    }
}

struct PanicsOn(Panics, Box<dyn Connection>);

impl Connection for PanicsOn {
    fn send<'a>(
        &'a mut self,
        letter: &'a Letter,
        commit: &'a mut (dyn FnMut() -> std::io::Result<()> + Send),
    ) -> BoxFuture<'a, Attempt> {
        Box::pin(async move {
            if self.0.offered.fetch_add(1, Ordering::SeqCst) == 2 {
                if self.0.after_commit {
                    commit().unwrap();
                }
                panic!("no way on for {}", letter.envelope.to.as_str());
            }
            self.1.send(letter, commit).await
        })
    }

    fn usable(&self) -> bool {
        self.1.usable()
    }

    fn quit(self: Box<Self>) -> BoxFuture<'static, ()> {
        self.1.quit()
    }
}

#[test]
fn a_worker_that_panics_stops_the_run_and_loses_nobody() {
    for (pace, after_commit) in [
        (PACE, true),
        ("enabled: false", true),
        ("enabled: false", false),
    ] {
        let house = House::new(Mailboxes::new(), &people(60, &["a.test", "b.test"]), pace);
        let clock = clock();
        let setup = Setup {
            transport: Arc::new(Panics {
                after_commit,
                offered: Arc::default(),
                inner: house.transport(),
            }),
            progress: Arc::new(Silent),
            polls: None,
        };
        let order = Order::default();
        let summary = house
            .with("one", 1, &clock, &order, setup)
            .unwrap()
            .unwrap();
        assert!(summary.published, "{summary:?}");
        let Some(Stop::Defect(why)) = &summary.stopped else {
            panic!("{:?}", summary.stopped);
        };
        assert!(why.contains("no way on for \u{2026}@"), "{why}");
        let counts = house.check(now_of(&clock));
        let unknown = u64::from(after_commit);
        assert_eq!((counts.unknown, counts.claimed), (unknown, 0), "{counts:?}");
        assert_eq!(counts.accepted, house.boxes.copies(), "{counts:?}");
        nothing_is_left_behind(&house, &clock, 60 - unknown - counts.accepted);
    }
}

#[test]
fn who_can_not_be_written_to_is_left_out_and_the_others_go_on() {
    let house = House::new(Mailboxes::new(), &people(100, &["a.test"]), "pause: 1s");
    let body = "Hola {% if nombre == 'mal' %}{{ nombre / 0 }}{% endif %}.\n";
    house.write("campaigns/uno/body.md", body);
    house.edit("lists/socios.csv", "p7@a.test,X", "p7@a.test,mal");
    house.push("a body that one row breaks");
    let clock = clock();
    let summary = house.run("one", 1, &clock);
    assert_eq!(summary.accepted, 99, "{summary:?}");
    let counts = house.check(now_of(&clock));
    assert_eq!((counts.excluded, counts.pending), (1, 0), "{counts:?}");
    assert_eq!(line(&summary, "uno").without_mail(), 1, "{summary:?}");
    assert!(summary.is_first);
    let again = house.run("one", 2, &clock);
    assert_eq!(
        line(&again, "uno").without_mail(),
        0,
        "said once: {again:?}"
    );
    assert!(!again.is_first);
}

#[test]
fn what_was_handed_over_ahead_is_not_begun_when_its_time_is_over() {
    let closed = "2026-12-02T20:00:00Z";
    let lease_over = "2026-12-02T17:14:30Z";
    let until = Some(at("2026-12-02T17:05:00Z"));
    for (late, until) in [
        (closed, None),
        (lease_over, None),
        ("2026-12-02T17:06:00Z", until),
    ] {
        let house = House::new(Mailboxes::new(), &people(60, &["a.test"]), "enabled: false");
        let clock = clock();
        let (asks, stop) = watch::channel(false);
        let begun = Arc::new(AtomicU64::new(0));
        let transport = Asks {
            asks: Arc::new(asks),
            begun: Arc::clone(&begun),
            then: Then::TakesUntil(late),
            clock: clock.clone(),
        };
        let setup = Setup {
            transport: Arc::new(transport),
            progress: Arc::new(Silent),
            polls: None,
        };
        let order = Order {
            until,
            ..Order::default()
        };
        let run = house.stoppable("one", 1, &clock, &order, setup, stop);
        let run = run.unwrap().unwrap();
        let counts = house.check(now_of(&clock));
        let begun = begun.load(Ordering::SeqCst);
        assert_eq!(
            (counts.accepted, counts.unknown, counts.claimed),
            (begun, 0, 0),
            "{run:?}"
        );
        // Those of four connections; a lease that is over is followed by another.
        match late == lease_over {
            true => assert_eq!(begun, 60, "{run:?}"),
            false => assert!(begun <= 4, "{begun}: {run:?}"),
        }
    }
}
