//! A look at the set-up before a campaign goes on. Whole runs on real repositories in virtual time.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod deliver_common;

use std::sync::{Arc, Mutex};

use deliver_common::{House, Setup, at, clock, line, now_of, people};
use postmerge::clock::BoxFuture;
use postmerge::deliver::preflight::{Links, Preflight};
use postmerge::deliver::progress::Silent;
use postmerge::deliver::run::{Order, Stop};
use postmerge::transport::mailboxes::{Mailboxes, Verdict};
use postmerge::workspace::names::SenderName;
use postmerge::workspace::settings::Settings;
use postmerge::workspace::tree::Tree;
use tokio::sync::watch;

/// Says what a test wants it to say, and keeps what it was asked.
#[derive(Default)]
struct Says {
    set_up: Mutex<Option<&'static str>>,
    published: Mutex<Option<&'static str>>,
    asked: Mutex<Vec<String>>,
    links: Mutex<Vec<Links>>,
}

impl Preflight for Says {
    fn set_up<'a>(
        &'a self,
        settings: &Settings,
        sender: &SenderName,
        _: &Tree,
    ) -> BoxFuture<'a, Option<String>> {
        let relay = &settings.senders[sender].relay;
        self.asked.lock().unwrap().push(format!("{sender} {relay}"));
        let said = self.set_up.lock().unwrap().map(str::to_owned);
        Box::pin(std::future::ready(said))
    }

    fn published<'a>(&'a self, _: &Settings, links: Links) -> BoxFuture<'a, Option<String>> {
        self.links.lock().unwrap().push(links);
        let said = self.published.lock().unwrap().map(str::to_owned);
        Box::pin(std::future::ready(said))
    }
}

fn house() -> (House, Arc<Says>) {
    let mut house = House::new(
        Mailboxes::new(),
        &people(5, &["uno.test"]),
        "enabled: false",
    );
    let says = Arc::new(Says::default());
    house.preflight = Some(Arc::clone(&says) as Arc<dyn Preflight>);
    (house, says)
}

#[test]
fn a_set_up_that_is_wrong_holds_and_burns_nobody() {
    let (house, says) = house();
    house.campaign("dos", "");
    house.push("two");
    *says.set_up.lock().unwrap() = Some("Relay principal, authentication: 535 no");
    let clock = clock();
    let summary = house.run("runner", 1, &clock);
    for campaign in ["uno", "dos"] {
        let line = line(&summary, campaign);
        assert!(line.held);
        assert_eq!(
            line.note.as_deref(),
            Some("held: before the start: Relay principal, authentication: 535 no")
        );
        let state = house.state(campaign);
        assert!(state.header().is_none(), "it has not even started");
        assert_eq!(state.notes().len(), 1);
    }
    assert_eq!(house.boxes.copies(), 0);
    // Both campaigns have one sender: looked at once a run.
    assert_eq!(*says.asked.lock().unwrap(), ["eventos principal"]);
    // Said once, however often a run looks.
    house.run("runner", 2, &clock);
    assert_eq!(house.state("uno").notes().len(), 1);
    // Mended.
    *says.set_up.lock().unwrap() = None;
    let summary = house.run("runner", 3, &clock);
    assert_eq!(line(&summary, "uno").counts.accepted, 5);
    assert_eq!(house.boxes.copies(), 10);
    assert_eq!(says.asked.lock().unwrap().len(), 3);
}

#[test]
fn what_mails_link_to_is_looked_for_once_a_run() {
    let (house, says) = house();
    house.write("campaigns/uno/guia.pdf", "%PDF-1.7 guía");
    house.write("campaigns/dos/guia.pdf", "%PDF-1.7 guía");
    let document = "documents: [{file: guia.pdf, as: link}]\nforce: {reason: the same guide}\n";
    house.campaign("uno", document);
    house.campaign("dos", document);
    house.push("a guide");
    *says.published.lock().unwrap() = Some("a document at https://docs.c.test answers 404");
    let clock = clock();
    let summary = house.run("runner", 1, &clock);
    let held = line(&summary, "uno");
    assert!(held.held, "{held:?}");
    assert!(held.note.as_deref().unwrap().contains("answers 404"));
    assert!(house.state("uno").header().is_none());
    assert_eq!(house.boxes.copies(), 0);
    let asked = says.links.lock().unwrap().clone();
    // What was not there is asked for again.
    assert_eq!(asked.len(), 2);
    assert_eq!(asked[0].documents.len(), 1);
    let url = asked[0].documents.first().unwrap();
    assert!(url.starts_with("https://docs.c.test/documents/"), "{url}");
    *says.published.lock().unwrap() = None;
    let summary = house.run("runner", 2, &clock);
    assert_eq!(line(&summary, "dos").counts.accepted, 5, "{summary:?}");
    // And what was there is not.
    assert_eq!(says.links.lock().unwrap().len(), 3);
}

/// Asks for a stop while it looks, and never comes to an end.
struct Hangs(watch::Sender<bool>);

impl Preflight for Hangs {
    fn set_up<'a>(
        &'a self,
        _: &Settings,
        _: &SenderName,
        _: &Tree,
    ) -> BoxFuture<'a, Option<String>> {
        Box::pin(async {
            self.0.send(true).unwrap();
            std::future::pending().await
        })
    }

    fn published<'a>(&'a self, _: &Settings, _: Links) -> BoxFuture<'a, Option<String>> {
        Box::pin(std::future::ready(None))
    }
}

#[test]
fn a_stop_does_not_wait_for_a_relay_that_hangs() {
    let (mut house, _) = house();
    house.campaign("dos", "");
    house.push("two");
    let (ask, stop) = watch::channel(false);
    house.preflight = Some(Arc::new(Hangs(ask)));
    let setup = Setup {
        transport: house.transport(),
        progress: Arc::new(Silent),
        polls: None,
    };
    let clock = clock();
    let ran = house.stoppable("runner", 1, &clock, &Order::default(), setup, stop);
    let summary = ran.unwrap().unwrap();
    for campaign in ["uno", "dos"] {
        let line = line(&summary, campaign);
        let passed_over = "passed over: a stop was asked for";
        assert_eq!(
            (line.held, line.note.as_deref()),
            (false, Some(passed_over))
        );
        assert!(house.state(campaign).notes().is_empty());
    }
    assert_eq!(summary.stopped, Some(Stop::Asked));
}

#[test]
fn a_sending_that_goes_on_is_looked_at_too() {
    let (house, says) = house();
    let busy = Verdict::refuse_rcpt(451, "4.3.2 busy");
    house.boxes.set("*", busy, Some(5));
    let clock = clock();
    let order = Order {
        until: Some(at("2026-12-02T17:01:00Z")),
        ..Order::default()
    };
    house.ordered("runner", 1, &clock, &order).unwrap();
    assert_eq!(house.state("uno").counts(now_of(&clock)).deferred, 5);
    *says.set_up.lock().unwrap() = Some("Relay principal, certificate: it expired");
    let summary = house.run("runner", 2, &clock);
    assert!(line(&summary, "uno").held, "{summary:?}");
    assert_eq!(line(&summary, "uno").counts.pending, 5);
    *says.set_up.lock().unwrap() = None;
    let summary = house.run("runner", 3, &clock);
    assert_eq!(line(&summary, "uno").counts.accepted, 5, "{summary:?}");
}
