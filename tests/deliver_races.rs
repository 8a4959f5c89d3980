//! Runs in two clones that meet in the very moment in which one of them starts a campaign.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod deliver_common;

use std::sync::Arc;

use std::sync::atomic::{AtomicU32, Ordering};

use deliver_common::*;
use postmerge::clock::BoxFuture;
use postmerge::deliver::due::Question;
use postmerge::deliver::progress::Silent;
use postmerge::deliver::run::{Order, Summary};
use postmerge::mail::occurrence::CampaignId;
use postmerge::transport::exchanger::Exchangers;
use postmerge::transport::mailboxes::Mailboxes;
use tokio::sync::watch;

/// Calls back, with how often it was asked, while an audience is being fixed: after who has received
/// which documents was read, and before the audience is published.
struct Between<'a> {
    asked: AtomicU32,
    does: &'a (dyn Fn(u32) + Sync),
}

impl Exchangers for Between<'_> {
    fn best<'a>(&'a self, _domain: &'a str) -> BoxFuture<'a, Option<String>> {
        let asked = self.asked.fetch_add(1, Ordering::Relaxed) + 1;
        // A thread of its own, because a run inside of a run's would be refused.
        std::thread::scope(|scope| scope.spawn(|| (self.does)(asked)).join().unwrap());
        Box::pin(std::future::ready(None))
    }
}

fn only(campaign: &str) -> Order {
    Order {
        question: Question {
            campaign: Some(CampaignId::parse(campaign).unwrap()),
            now: false,
        },
        until: None,
    }
}

impl House {
    fn interrupted(&self, order: &Order, does: &(dyn Fn(u32) + Sync)) -> Summary {
        let between = Between {
            asked: AtomicU32::new(0),
            does,
        };
        let setup = Setup {
            transport: self.transport(),
            progress: Arc::new(Silent),
            polls: None,
        };
        let (_, stop) = watch::channel(false);
        self.among("one", 1, &clock(), order, setup, stop, &between)
            .unwrap()
            .unwrap()
    }
}

/// `uno` has no documents; `dos` and `tres` have the same one; four people.
fn house() -> House {
    let house = House::new(Mailboxes::new(), &people(4, &["a.test"]), "pause: 1s");
    for id in ["dos", "tres"] {
        house.campaign(id, "documents: [{file: guia.pdf, as: link}]\n");
        house.write(&format!("campaigns/{id}/guia.pdf"), "%PDF-1.4 guia");
        house.push(id);
    }
    house.clone_of("two");
    house
}

#[test]
fn of_two_campaigns_with_one_document_that_start_at_once_one_is_sent() {
    let house = house();
    let summary = house.interrupted(&only("dos"), &|asked| {
        if asked == 1 {
            house.ordered("two", 2, &clock(), &only("tres")).unwrap();
        }
    });
    let dos = line(&summary, "dos");
    assert!(dos.held && dos.counts.accepted == 0, "{dos:?}");
    assert!(
        dos.note.as_ref().unwrap().contains("nobody would get it"),
        "{dos:?}"
    );
    assert_eq!(house.state("tres").counts(now_of(&clock())).accepted, 4);
    assert_eq!(house.boxes.copies(), 4);
}

#[test]
fn a_start_that_is_disturbed_again_and_again_is_left_to_the_next_run() {
    let house = house();
    let summary = house.interrupted(&only("dos"), &|asked| {
        // Something else that is new each time.
        house.campaign(&format!("otro{asked}"), "");
        house.push("another");
        let order = only(&format!("otro{asked}"));
        house.ordered("two", 1 + asked, &clock(), &order).unwrap();
    });
    let dos = line(&summary, "dos");
    assert_eq!(dos.counts.audience, 0, "{dos:?}");
    assert!(!dos.held, "{dos:?}");
    assert!(
        dos.note
            .as_ref()
            .unwrap()
            .contains("the next run starts it"),
        "{dos:?}"
    );
    let later = house.ordered("one", 99, &clock(), &only("dos")).unwrap();
    assert_eq!(line(&later, "dos").counts.accepted, 4);
}

#[test]
fn one_that_was_started_by_another_run_in_that_moment_is_theirs() {
    let house = house();
    let summary = house.interrupted(&only("dos"), &|_| {
        house.ordered("two", 2, &clock(), &only("dos")).unwrap();
    });
    let dos = line(&summary, "dos");
    assert_eq!(dos.note.as_deref(), Some("another run started it just now"));
    assert_eq!(house.boxes.copies(), 4);
}

/// Looking around for documents reads every occurrence anew. That must not pass for the reading that
/// claims of `uno` are made on, which is older: the other run has sent it meanwhile.
#[test]
fn what_was_read_for_another_campaign_lets_no_stale_claim_through() {
    let house = house();
    let summary = house.interrupted(&Order::default(), &|asked| {
        // The first look-up is for `uno`, the second for `dos`, when `uno` is fixed.
        if asked == 2 {
            let theirs = house.ordered("two", 2, &clock(), &only("uno")).unwrap();
            assert_eq!(line(&theirs, "uno").counts.accepted, 4, "{theirs:?}");
        }
    });
    house.check(now_of(&clock()));
    let counts = house.state("uno").counts(now_of(&clock()));
    assert_eq!(counts.accepted, 4, "{summary:?}");
    // `uno` once, and the document once.
    assert_eq!(house.boxes.copies(), 8, "{summary:?}");
}
