//! The pace as the receiving side sees it: what slows a destination, blocks it, caps it. Whole runs on
//! real repositories in virtual time; every offer is noted with its time.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod deliver_common;

use std::sync::{Arc, Mutex};

use deliver_common::{House, NOON, Setup, at, clock, line, now_of, people};
use jiff::Timestamp;
use postmerge::clock::{BoxFuture, VirtualClock};
use postmerge::deliver::due::Standing;
use postmerge::deliver::opened::open;
use postmerge::deliver::progress::Silent;
use postmerge::deliver::run::{Order, Summary};
use postmerge::deliver::standings::{Place, Wait, Which, standings};
use postmerge::mail::envelope::Letter;
use postmerge::transport::mailboxes::{Mailboxes, Verdict};
use postmerge::transport::{Attempt, ConnectError, Connection, Transport};
use postmerge::workspace::settings::LedgerSettings;

type Offers = Arc<Mutex<Vec<(String, Timestamp)>>>;

/// Notes the time of every offer, by the recipient's domain.
#[derive(Clone)]
struct Timed {
    inner: Arc<dyn Transport>,
    offers: Offers,
    clock: VirtualClock,
}

impl Transport for Timed {
    fn connect(&self) -> BoxFuture<'_, Result<Box<dyn Connection>, ConnectError>> {
        Box::pin(async {
            let inner = self.inner.connect().await?;
            Ok(Box::new(TimedOn(self.clone(), inner)) as Box<dyn Connection>)
        })
    }
}

struct TimedOn(Timed, Box<dyn Connection>);

impl Connection for TimedOn {
    fn send<'a>(
        &'a mut self,
        letter: &'a Letter,
        commit: &'a mut (dyn FnMut() -> std::io::Result<()> + Send),
    ) -> BoxFuture<'a, Attempt> {
        let offer = (
            letter.envelope.to.domain().to_owned(),
            now_of(&self.0.clock),
        );
        self.0.offers.lock().unwrap().push(offer);
        self.1.send(letter, commit)
    }

    fn usable(&self) -> bool {
        self.1.usable()
    }

    fn quit(self: Box<Self>) -> BoxFuture<'static, ()> {
        self.1.quit()
    }
}

/// One run; the offers that reached the relay.
fn timed(house: &House, run: u32, clock: &VirtualClock) -> (Summary, Vec<(String, Timestamp)>) {
    let offers = Offers::default();
    let transport = Timed {
        inner: house.transport(),
        offers: Arc::clone(&offers),
        clock: clock.clone(),
    };
    let setup = Setup {
        transport: Arc::new(transport),
        progress: Arc::new(Silent),
        polls: None,
    };
    let summary = house.with("one", run, clock, &Order::default(), setup);
    let offers = offers.lock().unwrap().clone();
    (summary.unwrap().unwrap(), offers)
}

/// The seconds between a domain's offers.
fn gaps(offers: &[(String, Timestamp)], domain: &str) -> Vec<i64> {
    let times: Vec<Timestamp> = offers
        .iter()
        .filter(|(to, _)| to == domain)
        .map(|(_, at)| *at)
        .collect();
    let gap = |pair: &[Timestamp]| pair[1].duration_since(pair[0]).as_secs();
    times.windows(2).map(gap).collect()
}

#[test]
fn what_says_too_fast_slows_its_destination_more_and_more() {
    let unsolicited = "5.7.1 Our system has detected that this message is likely unsolicited mail";
    for verdict in [
        Verdict::CloseAtRcpt,
        Verdict::refuse_rcpt(421, "4.7.28 unusual rate"),
        Verdict::refuse_content(421, "4.7.0 try again later"),
        Verdict::refuse_content(550, unsolicited),
    ] {
        let boxes = Mailboxes::new().first("@a.test", 5, verdict.clone());
        let members = people(20, &["a.test", "b.test"]);
        let house = House::new(boxes, &members, "pause: 5s, retry: {after: 4h}");
        let clock = clock();
        let (run, offers) = timed(&house, 1, &clock);
        assert_eq!(run.words.broken.count(), 0, "{verdict:?}: {run:?}");
        let slowed = gaps(&offers, "a.test");
        // Each refusal doubles the pause; then mails go fine and it stays until twenty of them.
        assert_eq!(
            slowed[..6],
            [10, 20, 40, 80, 160, 160],
            "{verdict:?}: {slowed:?}"
        );
        let others = gaps(&offers, "b.test");
        assert!(
            others.iter().all(|gap| *gap == 5),
            "{verdict:?}: {others:?}"
        );
        assert_eq!(others.len(), 9);
        house.check(now_of(&clock));
    }
}

#[test]
fn a_hard_block_pauses_its_destination_while_the_others_go_on() {
    let blocked = "5.7.1 client host blocked using zen.spamhaus.org";
    let boxes = Mailboxes::new().first("p4@a.test", 1, Verdict::refuse_rcpt(554, blocked));
    let members = people(40, &["a.test", "b.test"]);
    let house = House::new(boxes, &members, "pause: 5s");
    let clock = clock();
    let (summary, offers) = timed(&house, 1, &clock);
    assert_eq!(summary.accepted, 39, "{summary:?}");
    let (paused, others) = (gaps(&offers, "a.test"), gaps(&offers, "b.test"));
    assert_eq!(paused[..4], [5, 5, 3600, 5], "{paused:?}");
    assert!(others.iter().all(|gap| *gap == 5), "{others:?}");
    assert_eq!(house.check(now_of(&clock)).rejected, 1);
}

#[test]
fn caps_count_what_campaigns_sent_that_are_over_or_gone() {
    for (cap, is_relays) in [("connections: 4, daily_cap: 6", true), ("", false)] {
        let pace = "pause: 1s, providers: {uno: {domains: [a.test], daily_cap: 6}}";
        let pace = if is_relays { "pause: 1s" } else { pace };
        let house = House::new(Mailboxes::new(), &people(5, &["a.test"]), pace);
        if is_relays {
            house.edit("postmerge.yaml", "connections: 4", cap);
            house.push("a cap");
        }
        let clock = clock();
        assert_eq!(timed(&house, 1, &clock).0.accepted, 5);
        house.remove("campaigns/uno");
        house.campaign("dos", "");
        house.write("campaigns/dos/body.md", "Otra cosa.\n");
        house.push("another, the same day");
        let (today, offers) = timed(&house, 2, &clock);
        assert_eq!((today.accepted, offers.len()), (1, 1), "{today:?}");
        assert_eq!(line(&today, "dos").counts.pending, 4);
        clock.advance_to(at("2026-12-03T17:00:00Z"));
        assert_eq!(timed(&house, 3, &clock).0.accepted, 4);
        assert_eq!(house.boxes.taken_twice(), []);
    }
}

#[test]
fn what_lapsed_waits_for_a_person_until_it_gets_a_new_date() {
    let house = House::new(Mailboxes::new(), &people(3, &["a.test"]), "pause: 1s");
    let clock = VirtualClock::new(at("2026-12-02T21:00:00Z"));
    let entry = |clock: &VirtualClock| {
        let opened = open(&house.clone_of("reader"), &LedgerSettings::default()).unwrap();
        standings(&opened, &Which::All, now_of(clock))
            .unwrap()
            .remove(0)
    };
    // Also before a run has noted it.
    for recorded in [false, true] {
        let found = entry(&clock);
        let Place::Agenda(Standing::Lapsed {
            opening,
            recorded: noted,
        }) = found.place
        else {
            panic!("{:?}", found.place);
        };
        assert_eq!((opening.from, noted), (at(NOON), recorded));
        assert_eq!(found.waits(), [Wait::Lapsed]);
        house.run("one", u32::from(recorded) + 1, &clock);
    }
    house.edit("campaigns/uno/campaign.yaml", "2026-12-02", "2026-12-03");
    house.push("a new date");
    assert!(entry(&clock).waits().is_empty());
    clock.advance_to(at("2026-12-03T17:00:00Z"));
    assert_eq!(house.run("one", 3, &clock).accepted, 3);
    assert!(entry(&clock).waits().is_empty());
    house.check(now_of(&clock));
}
