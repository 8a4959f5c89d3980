//! What relays say and do, and what a run makes of it. Whole runs on real repositories in virtual time.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod deliver_common;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use deliver_common::{House, Setup, at, clock, line, now_of, people};
use jiff::ToSpan;
use postmerge::clock::{BoxFuture, VirtualClock};
use postmerge::deliver::opened::open;
use postmerge::deliver::progress::{Progress, Silent, Snapshot};
use postmerge::deliver::run::{Order, Stop};
use postmerge::deliver::standings::{Entry, Wait, Which, standings};
use postmerge::ledger::event::RunId;
use postmerge::ledger::journal::Journal;
use postmerge::mail::envelope::Letter;
use postmerge::transport::mailboxes::{Mailboxes, Verdict};
use postmerge::transport::{Attempt, ConnectError, Connection, Reply, Transport};
use postmerge::workspace::settings::LedgerSettings;
use tokio::sync::watch;

fn standing(house: &House, clock: &VirtualClock) -> Entry {
    let opened = open(&house.clone_of("reader"), &LedgerSettings::default()).unwrap();
    let mut entries = standings(&opened, &Which::All, now_of(clock)).unwrap();
    assert_eq!(entries.len(), 1);
    entries.remove(0)
}

/// Not to be reached.
struct Away;

impl Transport for Away {
    fn connect(&self) -> BoxFuture<'_, Result<Box<dyn Connection>, ConnectError>> {
        Box::pin(async {
            Err(ConnectError::Unreachable {
                relay: "mail.c.test:587".to_owned(),
                why: "Connection refused".to_owned(),
            })
        })
    }
}

/// Keeps what it is shown of troubles, and asks for a stop at the third.
struct Sees {
    asks: watch::Sender<bool>,
    seen: Mutex<BTreeSet<(u64, String)>>,
}

impl Progress for Sees {
    fn tick(&self, snapshot: &Snapshot<'_>) {
        if let Some(trouble) = snapshot.trouble {
            self.seen
                .lock()
                .unwrap()
                .insert((trouble.number, trouble.text.clone()));
            if trouble.number >= 3 {
                self.asks.send_replace(true);
            }
        }
    }
}

#[test]
fn an_interrupted_run_says_why_nothing_went_out() {
    let house = House::new(Mailboxes::new(), &people(9, &["a.test"]), "pause: 5s");
    let clock = clock();
    let (asks, stop) = watch::channel(false);
    let sees = Arc::new(Sees {
        asks,
        seen: Mutex::default(),
    });
    let setup = Setup {
        transport: Arc::new(Away),
        progress: sees.clone(),
        polls: None,
    };
    let order = Order::default();
    let summary = house
        .stoppable("one", 1, &clock, &order, setup, stop)
        .unwrap()
        .unwrap();
    assert_eq!(summary.stopped, Some(Stop::Asked), "{summary:?}");
    assert_eq!(line(&summary, "uno").counts.pending, 9);
    let words = "mail.c.test:587: not reachable: Connection refused";
    let told = summary.words.broken.told(3);
    assert_eq!((told.len(), told[0].text.as_str()), (1, words), "{told:?}");
    assert!(
        sees.seen
            .lock()
            .unwrap()
            .iter()
            .all(|(_, text)| text == words)
    );
    // Whoever looks at the ledger afterwards sees it, until mail goes out again.
    let entry = standing(&house, &clock);
    assert_eq!(entry.waits(), [Wait::Held]);
    assert_eq!(
        entry.held(),
        Some(format!("relay principal: {words}").as_str())
    );
    assert_eq!(house.run("one", 2, &clock).accepted, 9);
    assert!(standing(&house, &clock).waits().is_empty());
    house.check(now_of(&clock));
}

#[test]
fn what_was_deferred_and_refused_is_told_by_reason() {
    let boxes = Mailboxes::new()
        .always(
            "@a.test",
            Verdict::refuse_rcpt(450, "4.2.0 mailbox of p@a.test is busy"),
        )
        .always("@b.test", Verdict::refuse_rcpt(550, "5.1.1 unknown user"))
        .first("@c.test", 1, Verdict::DropAtRcpt);
    let members = people(12, &["a.test", "b.test", "c.test"]);
    let house = House::new(boxes, &members, "pause: 1s, retry: {after: 4h}");
    let clock = clock();
    let summary = house.run("one", 1, &clock);
    let words = &summary.words;
    let one = |reasons: &postmerge::deliver::reasons::Reasons| {
        let told = reasons.told(3);
        assert_eq!(told.len(), 1, "{told:?}");
        (told[0].count, told[0].text.clone())
    };
    let later = "450 4.2.0 mailbox of \u{2026}@a.test is busy".to_owned();
    assert_eq!(one(&words.deferred), (4, later.clone()));
    assert_eq!(
        one(&words.refused),
        (4, "550 5.1.1 unknown user".to_owned())
    );
    assert_eq!(words.broken.count(), 1);
    let entry = standing(&house, &clock);
    assert_eq!(one(&entry.not_now), (4, later));
    assert_eq!(one(&entry.refused).0, 4);
    house.check(now_of(&clock));
}

/// A second campaign, `dos`, through a relay of its own.
fn with_two_relays(pace: &str) -> House {
    let house = House::new(Mailboxes::new(), &people(5, &["a.test"]), pace);
    let relays = "relays: {otro: {host: otro.c.test, port: 587}, principal:";
    house.edit("postmerge.yaml", "relays: {principal:", relays);
    let senders = "senders: {otra: {name: O, address: o@c.test, relay: otro}, eventos:";
    house.edit("postmerge.yaml", "senders: {eventos:", senders);
    house.campaign("dos", "");
    house.edit(
        "campaigns/dos/campaign.yaml",
        "sender: eventos",
        "sender: otra",
    );
    house.push("two relays");
    house
}

#[test]
fn wrong_settings_of_one_relay_hold_its_campaigns_before_they_start() {
    let mut house = with_two_relays("pause: 1s");
    house.broken = vec!["otro"];
    let clock = clock();
    for run in 1..=2 {
        let summary = house.run("one", run, &clock);
        assert_eq!(
            summary.accepted,
            if run == 1 { 5 } else { 0 },
            "{summary:?}"
        );
        assert!(!line(&summary, "uno").held, "{summary:?}");
        let dos = line(&summary, "dos");
        assert!(dos.held, "{summary:?}");
        assert!(
            dos.note.as_deref().unwrap().contains("SMTP_PASSWORD"),
            "{dos:?}"
        );
        assert!(house.state("dos").header().is_none());
        assert_eq!((house.journals("one"), summary.recovered.len()), (0, 0));
    }
    // The same is not written down a second time.
    assert_eq!(house.state("dos").notes().len(), 1);
    house.broken.clear();
    assert_eq!(house.run("one", 3, &clock).accepted, 5);
    house.check(now_of(&clock));
}

#[test]
fn wrong_settings_found_after_the_start_hold_what_is_left() {
    let mut house = with_two_relays("pause: 1h");
    let clock = clock();
    house.run("one", 1, &clock);
    house.broken = vec!["otro"];
    clock.advance_to(at("2026-12-03T17:00:00Z"));
    let summary = house.run("one", 2, &clock);
    assert!(line(&summary, "dos").held && !line(&summary, "uno").held);
    let counts = house.state("dos").counts(now_of(&clock));
    assert_eq!((counts.accepted, counts.pending), (3, 2), "{counts:?}");
    assert_eq!(house.check(now_of(&clock)).accepted, 5);
}

#[test]
fn a_missing_dkim_key_holds_only_who_signs_with_it() {
    let house = with_two_relays("pause: 1s");
    let key = "{domain: c.test, selector: s, algorithm: ed25519-sha256, key_env: DKIM_KEY}";
    let signs = format!("relay: otro, dkim: [{key}]}}");
    house.edit("postmerge.yaml", "relay: otro}", &signs);
    // A campaign's sender is as the commit that approved it has it.
    house.write("campaigns/dos/body.md", "Hola de nuevo, {{ nombre }}.\n");
    house.push("sign");
    let clock = clock();
    let summary = house.run("one", 1, &clock);
    assert_eq!(summary.accepted, 5, "{summary:?}");
    let dos = line(&summary, "dos");
    assert!(
        dos.held && dos.note.as_deref().unwrap().contains("DKIM_KEY"),
        "{dos:?}"
    );
    assert!(house.state("dos").header().is_none());
}

#[test]
fn a_journal_with_nothing_in_it_is_no_dead_run() {
    let house = House::new(Mailboxes::new(), &people(2, &["a.test"]), "pause: 1s");
    let clock = clock();
    let folder = house.clone_of("one").join(".git/postmerge/journal");
    let journal = Journal::create(&folder, RunId(7), Some("boot"), now_of(&clock)).unwrap();
    drop(journal);
    assert!(house.journals("one") > 0);
    let summary = house.run("one", 1, &clock);
    assert_eq!(
        (summary.accepted, summary.recovered.len()),
        (2, 0),
        "{summary:?}"
    );
    assert_eq!(house.journals("one"), 0);
}

/// One connection takes a mail, late; the next one is refused the password.
#[derive(Clone)]
struct ExpiresMeanwhile {
    connections: Arc<AtomicU32>,
    clock: VirtualClock,
}

impl Transport for ExpiresMeanwhile {
    fn connect(&self) -> BoxFuture<'_, Result<Box<dyn Connection>, ConnectError>> {
        Box::pin(async {
            if self.connections.fetch_add(1, Ordering::SeqCst) == 0 {
                return Ok(Box::new(self.clone()) as Box<dyn Connection>);
            }
            let text = "5.7.8 password expired".to_owned();
            Err(ConnectError::Authentication {
                relay: "mail.c.test:587".to_owned(),
                reply: Reply { code: 535, text },
            })
        })
    }
}

impl Connection for ExpiresMeanwhile {
    fn send<'a>(
        &'a mut self,
        _: &'a Letter,
        commit: &'a mut (dyn FnMut() -> std::io::Result<()> + Send),
    ) -> BoxFuture<'a, Attempt> {
        Box::pin(async move {
            commit().unwrap();
            for _ in 0..50 {
                tokio::task::yield_now().await;
            }
            assert!(self.connections.load(Ordering::SeqCst) > 1);
            self.clock.advance_to(now_of(&self.clock) + 2.seconds());
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

#[test]
fn a_hold_stands_although_a_mail_that_was_under_way_went_out_after_it() {
    let house = House::new(
        Mailboxes::new(),
        &people(9, &["a.test", "b.test"]),
        "pause: 5s",
    );
    let clock = clock();
    let setup = Setup {
        transport: Arc::new(ExpiresMeanwhile {
            connections: Arc::default(),
            clock: clock.clone(),
        }),
        progress: Arc::new(Silent),
        polls: None,
    };
    let order = Order::default();
    let summary = house
        .with("one", 1, &clock, &order, setup)
        .unwrap()
        .unwrap();
    assert_eq!(summary.accepted, 1, "{summary:?}");
    assert!(line(&summary, "uno").held, "{summary:?}");
    let entry = standing(&house, &clock);
    assert_eq!(entry.waits(), [Wait::Held]);
    assert!(
        entry.held().unwrap().contains("password expired"),
        "{:?}",
        entry.held()
    );
    assert_eq!(house.run("one", 2, &clock).accepted, 8);
    assert!(standing(&house, &clock).waits().is_empty());
    house.check(now_of(&clock));
}
