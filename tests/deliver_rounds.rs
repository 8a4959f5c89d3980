//! A run sees what happens to the main branch and to windows while it sends: whole runs on real
//! repositories in virtual time.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod deliver_common;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use deliver_common::*;
use jiff::{Timestamp, ToSpan};
use postmerge::clock::{BoxFuture, Clock, VirtualClock};
use postmerge::deliver::progress::{Progress, Snapshot};
use postmerge::deliver::run::{Order, Stop, Summary};
use postmerge::mail::envelope::Letter;
use postmerge::transport::mailboxes::{Mailboxes, Verdict};
use postmerge::transport::{Attempt, ConnectError, Connection, Transport};
use tokio::sync::watch;

/// Does something each time that a further mail was accepted, from the `from`th on, and `most` times.
struct When<'a> {
    from: u64,
    most: u64,
    does: &'a (dyn Fn(u64) + Sync),
    seen: AtomicU64,
    done: AtomicU64,
}

impl Progress for When<'_> {
    fn tick(&self, snapshot: &Snapshot<'_>) {
        let news = self.seen.swap(snapshot.accepted, Ordering::SeqCst) != snapshot.accepted;
        if news && snapshot.accepted >= self.from && self.done.load(Ordering::SeqCst) < self.most {
            (self.does)(self.done.fetch_add(1, Ordering::SeqCst));
        }
    }
}

/// Notes when each mail was offered, and to which domain.
#[derive(Clone)]
struct Times {
    clock: VirtualClock,
    starts: Arc<Mutex<Vec<(Timestamp, String)>>>,
    inner: Arc<dyn Transport>,
}

impl Transport for Times {
    fn connect(&self) -> BoxFuture<'_, Result<Box<dyn Connection>, ConnectError>> {
        Box::pin(async {
            let inner = self.inner.connect().await?;
            Ok(Box::new(Timed(self.clone(), inner)) as Box<dyn Connection>)
        })
    }
}

struct Timed(Times, Box<dyn Connection>);

impl Connection for Timed {
    fn send<'a>(
        &'a mut self,
        letter: &'a Letter,
        commit: &'a mut (dyn FnMut() -> std::io::Result<()> + Send),
    ) -> BoxFuture<'a, Attempt> {
        let domain = letter.envelope.to.domain().to_owned();
        let mut starts = self.0.starts.lock().unwrap();
        starts.push((self.0.clock.now(), domain));
        drop(starts);
        self.1.send(letter, commit)
    }

    fn usable(&self) -> bool {
        self.1.usable()
    }

    fn quit(self: Box<Self>) -> BoxFuture<'static, ()> {
        self.1.quit()
    }
}

/// A run in which something happens, and when mails were offered.
struct Ran {
    summary: Option<Summary>,
    starts: Vec<(Timestamp, String)>,
}

impl House {
    fn during(
        &self,
        clock: &VirtualClock,
        order: &Order,
        (from, most): (u64, u64),
        polls: Option<u32>,
        does: &(dyn Fn(u64) + Sync),
    ) -> Ran {
        // What it does borrows the house, and progress is shared with tasks: so it is called from here.
        let (ask, asked) = std::sync::mpsc::channel::<u64>();
        let (answer, answers) = std::sync::mpsc::channel::<()>();
        let (ask, answers) = (Mutex::new(ask), Mutex::new(answers));
        let starts = Arc::new(Mutex::new(Vec::new()));
        let summary = std::thread::scope(|scope| {
            let (clock, starts) = (clock.clone(), Arc::clone(&starts));
            let run = scope.spawn(move || {
                let when = When {
                    from,
                    most,
                    does: Box::leak(Box::new(move |number| {
                        ask.lock().unwrap().send(number).unwrap();
                        answers.lock().unwrap().recv().unwrap();
                    })),
                    seen: AtomicU64::new(0),
                    done: AtomicU64::new(0),
                };
                let setup = Setup {
                    transport: Arc::new(Times {
                        clock: clock.clone(),
                        starts,
                        inner: self.transport(),
                    }),
                    progress: Arc::new(when),
                    polls,
                };
                let done = self.with("one", 1, &clock, order, setup);
                done.map(Result::unwrap)
            });
            while !run.is_finished() {
                if let Ok(number) = asked.recv_timeout(std::time::Duration::from_millis(5)) {
                    does(number);
                    answer.send(()).unwrap();
                }
            }
            run.join().unwrap()
        });
        let starts = starts.lock().unwrap().clone();
        Ran { summary, starts }
    }

    /// The ids of the runs that wrote to the ledger about `uno`.
    fn runs(&self) -> BTreeSet<String> {
        let remote = self.path().join("remote.git");
        let list = git(
            &remote,
            &["ls-tree", "-r", "--name-only", "postmerge-ledger"],
        );
        list.lines()
            .filter(|line| line.starts_with("campaigns/uno/"))
            .filter_map(|line| Some(line.strip_suffix(".seg")?.rsplit_once('-')?.1.to_owned()))
            .collect()
    }

    /// A campaign to others, whose window opens at 12:05 for ten minutes.
    fn second(&self) {
        self.edit(
            "postmerge.yaml",
            "open_for: 3h}",
            "open_for: 3h}, \"12:05\": {opens: \"12:05\", open_for: 10m}",
        );
        self.write(
            "lists/otros.yaml",
            "title: Otros\nowner: ana\npurpose: Avisos\nconsent: {basis: contract}\ncolumns: {nombre: {type: text}}\n",
        );
        self.write(
            "lists/otros.csv",
            "email,nombre\nq0@q.test,X\nq1@q.test,X\n",
        );
        self.campaign("dos", "");
        self.edit("campaigns/dos/campaign.yaml", "[socios]", "[otros]");
        self.edit("campaigns/dos/campaign.yaml", "\"12:00\"", "\"12:05\"");
        self.push("a second campaign");
    }

    fn cancel(&self) {
        self.edit(
            "campaigns/uno/campaign.yaml",
            "subject: Aviso\n",
            "subject: Aviso\nstatus: cancelled\n",
        );
        self.push("cancelled");
    }
}

/// No two mails to one domain are closer than that.
fn kept_apart(starts: &[(Timestamp, String)], seconds: i64) {
    for (number, (at, domain)) in starts.iter().enumerate() {
        let before = starts.iter().take(number).rev().find(|it| it.1 == *domain);
        if let Some((before, _)) = before {
            let apart = at.duration_since(*before).as_secs();
            assert!(apart >= seconds, "{before} and {at}: {starts:?}");
        }
    }
}

fn nobody(_: u64) {}

#[test]
fn a_campaign_that_is_cancelled_meanwhile_is_sent_to_nobody_more() {
    let house = House::new(Mailboxes::new(), &people(60, &["a.test"]), "pause: 5s");
    let clock = clock();
    let ran = house.during(&clock, &Order::default(), (5, 1), None, &|_| house.cancel());
    let summary = ran.summary.unwrap();
    let counts = house.check(now_of(&clock));
    // Half a minute at this pace.
    assert!((5..=11).contains(&counts.accepted), "{summary:?}");
    assert_eq!(summary.accepted, counts.accepted);
    assert_eq!((counts.pending, counts.unknown), (0, 0), "{counts:?}");
    assert_eq!(counts.excluded, 60 - counts.accepted);
    let uno = line(&summary, "uno");
    assert!(
        uno.note.as_ref().unwrap().starts_with("cancelled: "),
        "{uno:?}"
    );
    assert_eq!(uno.counts, counts);
    assert_eq!(
        uno.exclusions.values().sum::<u32>(),
        60 - summary.accepted as u32
    );
    assert_eq!((summary.stopped.clone(), house.journals("one")), (None, 0));
    assert_eq!(house.run("one", 2, &clock).accepted, 0);
}

#[test]
fn a_campaign_that_is_reverted_meanwhile_waits_for_a_person() {
    let house = House::new(Mailboxes::new(), &people(30, &["a.test"]), "pause: 5s");
    let clock = clock();
    let ran = house.during(&clock, &Order::default(), (5, 1), None, &|_| {
        house.remove("campaigns/uno");
        house.push("reverted");
    });
    let summary = ran.summary.unwrap();
    assert!((5..=11).contains(&summary.accepted), "{summary:?}");
    let uno = line(&summary, "uno");
    assert!(uno.held && uno.counts.claimed == 0, "{uno:?}");
    assert_eq!(uno.counts.pending, 30 - summary.accepted);
    house.check(now_of(&clock));
    house.campaign("uno", "");
    house.push("put back");
    assert_eq!(house.run("two", 2, &clock).accepted, 30 - summary.accepted);
    assert_eq!(house.check(now_of(&clock)).accepted, 30);
}

#[test]
fn a_window_that_opens_meanwhile_is_seen() {
    // Busy for twenty minutes, and idle for fifteen.
    let later = Mailboxes::new().first("p0@a.test", 1, Verdict::refuse_rcpt(450, "4.2.0 later"));
    for (boxes, count) in [(Mailboxes::new(), 60), (later, 1)] {
        let house = House::new(boxes, &people(count, &["a.test"]), "pause: 20s");
        house.second();
        let clock = clock();
        let ran = house.during(&clock, &Order::default(), (0, 0), None, &nobody);
        let summary = ran.summary.unwrap();
        assert_eq!(summary.accepted, count as u64 + 2, "{summary:?}");
        assert!(summary.lines.iter().all(|line| !line.held), "{summary:?}");
        let dos = ran.starts.iter().find(|(_, domain)| domain == "q.test");
        assert_eq!(dos.unwrap().0, at("2026-12-02T17:05:00Z"));
        kept_apart(&ran.starts, 20);
        house.check(now_of(&clock));
    }
}

#[test]
fn a_window_that_opens_soon_is_waited_for() {
    let house = House::new(Mailboxes::new(), &people(3, &["a.test"]), "pause: 5s");
    let early = VirtualClock::new(at("2026-12-02T16:49:59Z"));
    assert_eq!(house.run("one", 1, &early).accepted, 0);
    assert_eq!(now_of(&early), at("2026-12-02T16:49:59Z"));
    let order = Order {
        until: Some(at("2026-12-02T17:00:00Z")),
        ..Order::default()
    };
    let soon = VirtualClock::new(at("2026-12-02T16:50:01Z"));
    assert_eq!(house.ordered("one", 2, &soon, &order).unwrap().accepted, 0);
    assert_eq!(now_of(&soon), at("2026-12-02T16:50:01Z"));
    let ran = house.during(&soon, &Order::default(), (0, 0), None, &nobody);
    assert_eq!(ran.summary.unwrap().accepted, 3);
    assert_eq!(ran.starts.first().unwrap().0, at(NOON));
}

#[test]
fn a_wait_ends_where_a_stop_is_asked_for() {
    let house = House::new(Mailboxes::new(), &people(3, &["a.test"]), "pause: 5s");
    let soon = VirtualClock::new(at("2026-12-02T16:55:00Z"));
    struct Asks(watch::Sender<bool>);
    impl Progress for Asks {
        fn tick(&self, _: &Snapshot<'_>) {}
        fn waits(&self, _: Timestamp, until: Timestamp) {
            assert_eq!(until, at(NOON));
            self.0.send_replace(true);
        }
    }
    let (asks, stop) = watch::channel(false);
    let setup = Setup {
        transport: house.transport(),
        progress: Arc::new(Asks(asks)),
        polls: None,
    };
    let run = house.stoppable("one", 1, &soon, &Order::default(), setup, stop);
    let summary = run.unwrap().unwrap();
    assert_eq!((summary.stopped, summary.accepted), (Some(Stop::Asked), 0));
    assert!(now_of(&soon) < at(NOON));
}

#[test]
fn a_run_ends_when_the_days_caps_are_used_up() {
    let one_cap = "pause: 1s, providers: {p: {domains: [a.test], daily_cap: 2}}";
    let warm_up = "pause: 1s, warm_up: {first_day: 3, factor: 2.0, days: 9}";
    for (pace, domains, today) in [
        (warm_up, &["a.test", "b.test"][..], 3),
        (one_cap, &["a.test"], 2),
        // The other destination goes on to its end.
        (one_cap, &["a.test", "b.test"], 22),
    ] {
        let house = House::new(Mailboxes::new(), &people(40, domains), pace);
        let clock = clock();
        let summary = house.run("one", 1, &clock);
        assert_eq!(summary.accepted, today, "{summary:?}");
        assert!(now_of(&clock) < at(NOON) + 1.minute(), "{}", now_of(&clock));
        let uno = line(&summary, "uno");
        let note = uno.note.as_ref().unwrap();
        assert!(note.contains("the day's cap is used up"), "{uno:?}");
        assert!(!uno.held && summary.stopped.is_none(), "{summary:?}");
        assert_eq!((uno.counts.claimed, house.journals("one")), (0, 0));
        house.check(now_of(&clock));
        // A further run of the day claims nobody.
        let claims = house.runs().len();
        assert_eq!(house.run("one", 2, &clock).accepted, 0);
        assert_eq!(house.runs().len(), claims);
        clock.advance_to(at("2026-12-03T17:00:00Z"));
        assert!(house.run("one", 3, &clock).accepted > 0);
    }
}

#[test]
fn a_cap_holds_over_rounds_for_what_was_refused_too() {
    let boxes = Mailboxes::new().always("@a.test", Verdict::refuse_rcpt(550, "5.1.1 unknown"));
    let pace = "pause: 10s, warm_up: {first_day: 12, factor: 2.0, days: 9}";
    let house = House::new(boxes, &people(40, &["a.test", "b.test"]), pace);
    let clock = clock();
    let ran = house.during(&clock, &Order::default(), (1, 99), None, &|number| {
        house.write("templates/b/template.yaml", &format!("title: B{number}\n"));
        house.push("a title");
    });
    assert!(house.runs().len() >= 2, "{:?}", house.runs());
    assert_eq!(ran.starts.len(), 12, "{:?}", ran.summary);
}

#[test]
fn a_main_branch_that_moves_all_the_time_keeps_nothing_from_being_sent() {
    let house = House::new(
        Mailboxes::new(),
        &people(60, &["a.test", "b.test"]),
        "pause: 5s",
    );
    let clock = clock();
    let ran = house.during(&clock, &Order::default(), (1, 99), None, &|number| {
        house.write("templates/b/template.yaml", &format!("title: B{number}\n"));
        house.push("a title");
    });
    let summary = ran.summary.unwrap();
    assert_eq!(house.check(now_of(&clock)).accepted, 60, "{summary:?}");
    assert_eq!((summary.accepted, summary.stopped), (60, None));
    // As fast as if it had stood still, and never faster.
    let took = now_of(&clock).duration_since(at(NOON)).as_secs();
    assert!((145..=160).contains(&took), "{took}");
    kept_apart(&ran.starts, 5);
    let rounds = house.runs().len();
    assert!((3..=6).contains(&rounds), "{rounds}");
}

#[test]
fn what_does_not_concern_sending_ends_no_round() {
    let house = House::new(Mailboxes::new(), &people(30, &["a.test"]), "pause: 5s");
    let clock = clock();
    let ran = house.during(&clock, &Order::default(), (1, 9), None, &|number| {
        house.write("notes.md", &format!("{number}\n"));
        house.push("notes");
    });
    assert_eq!(ran.summary.unwrap().accepted, 30);
    assert_eq!(house.runs().len(), 1);
}

#[test]
fn a_merge_during_send_now_starts_nothing_against_its_window() {
    let house = House::new(Mailboxes::new(), &people(30, &["a.test"]), "pause: 5s");
    let clock = VirtualClock::new(at("2026-12-02T08:00:00Z"));
    let ran = house.during(&clock, &regardless(), (3, 1), None, &|_| house.second());
    let summary = ran.summary.unwrap();
    assert_eq!(summary.accepted, 30, "{summary:?}");
    assert!(house.runs().len() >= 2, "{:?}", house.runs());
    assert_eq!(house.state("dos").header(), None);
}

#[test]
fn until_is_kept_over_rounds() {
    let house = House::new(Mailboxes::new(), &people(30, &["a.test"]), "pause: 5s");
    let clock = clock();
    let order = Order {
        until: Some(at("2026-12-02T17:01:02Z")),
        ..Order::default()
    };
    let ran = house.during(&clock, &order, (1, 99), None, &|number| {
        house.write("templates/b/template.yaml", &format!("title: B{number}\n"));
        house.push("a title");
    });
    let summary = ran.summary.unwrap();
    assert_eq!((summary.accepted, summary.stopped), (13, Some(Stop::Until)));
    assert!(house.runs().len() >= 2);
}

#[test]
fn a_branch_that_can_not_be_sent_from_any_more_ends_the_run_in_order() {
    let house = House::new(Mailboxes::new(), &people(30, &["a.test"]), "pause: 5s");
    let clock = clock();
    let ran = house.during(&clock, &Order::default(), (3, 1), None, &|_| {
        house.edit("postmerge.yaml", "organisation: {", "organisation: [");
        house.push("broken");
    });
    let summary = ran.summary.unwrap();
    assert!(
        matches!(summary.stopped, Some(Stop::NoRound(_))),
        "{summary:?}"
    );
    assert!((3..=9).contains(&summary.accepted) && summary.published);
    assert_eq!(line(&summary, "uno").counts.accepted, summary.accepted);
    assert_eq!(house.journals("one"), 0);
    house.edit("postmerge.yaml", "organisation: [", "organisation: {");
    house.push("mended");
    let rest = house.run("one", 2, &clock).accepted;
    assert_eq!(rest, 30 - summary.accepted);
    house.check(now_of(&clock));
}

#[test]
fn a_run_that_dies_in_any_round_is_made_good_by_the_next() {
    let finished = AtomicU32::new(0);
    everywhere(0..14, |seed| {
        let house = House::new(
            Mailboxes::new(),
            &people(16, &["a.test", "b.test"]),
            "pause: 10s",
        );
        let clock = clock();
        let polls = Some(seed * 12 + 5);
        let ran = house.during(&clock, &Order::default(), (2, 99), polls, &|number| {
            house.write("templates/b/template.yaml", &format!("title: B{number}\n"));
            house.push("a title");
        });
        finished.fetch_add(u32::from(ran.summary.is_some()), Ordering::Relaxed);
        house.run("one", 9, &clock);
        let counts = house.check(now_of(&clock));
        assert!(counts.unknown <= 4, "{seed}: {counts:?}");
        assert_eq!(counts.accepted + counts.unknown, 16, "{seed}: {counts:?}");
    });
    // Some died in the first round, some in a later one.
    let finished = finished.into_inner();
    assert!((1..14).contains(&finished), "{finished}");
}

#[test]
fn a_remote_that_is_away_for_a_look_ends_nothing() {
    let house = House::new(Mailboxes::new(), &people(12, &["a.test"]), "pause: 5s");
    let (remote, away) = (
        house.path().join("remote.git"),
        house.path().join("away.git"),
    );
    let clock = clock();
    let ran = house.during(
        &clock,
        &Order::default(),
        (3, 4),
        None,
        &|number| match number {
            0 => std::fs::rename(&remote, &away).unwrap(),
            2 => std::fs::rename(&away, &remote).unwrap(),
            _ => {}
        },
    );
    let summary = ran.summary.unwrap();
    assert_eq!(summary.accepted, 12, "{summary:?}");
    assert!(summary.published && summary.stopped.is_none());
}
