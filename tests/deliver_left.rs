//! What changes on the main branch after a sending has started: its campaign is deleted or cancelled,
//! members leave, or are suppressed while mails go out. Whole runs on real repositories in virtual time.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod deliver_common;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use deliver_common::{House, Setup, at, clock, line, now_of, people, regardless};
use postmerge::clock::BoxFuture;
use postmerge::deliver::opened::open;
use postmerge::deliver::progress::{Progress, Snapshot};
use postmerge::deliver::run::{Order, Summary};
use postmerge::deliver::standings::{Entry, Wait, Which, standings};
use postmerge::deliver::suppress::{Wish, suppress};
use postmerge::ledger::event::{Exclusion, RecipientIndex, RunId, Scope};
use postmerge::ledger::state::Status;
use postmerge::mail::address::Address;
use postmerge::mail::envelope::Letter;
use postmerge::mail::recipient_id::RecipientKey;
use postmerge::transport::mailboxes::{Mailboxes, Verdict};
use postmerge::transport::{Attempt, ConnectError, Connection, Failure, Transport};
use postmerge::workspace::settings::LedgerSettings;
use tokio::sync::Notify;

/// Suppresses some, each once so many mails have gone out.
struct Suppresses {
    clone: std::path::PathBuf,
    clock: postmerge::clock::VirtualClock,
    who: Mutex<Vec<(u64, String)>>,
    then: Box<dyn Fn(u64) + Send + Sync>,
}

impl Progress for Suppresses {
    fn tick(&self, snapshot: &Snapshot<'_>) {
        (self.then)(snapshot.accepted);
        let mut who = self.who.lock().unwrap();
        if who
            .last()
            .is_none_or(|(after, _)| snapshot.accepted < *after)
        {
            return;
        }
        let Some((_, address)) = who.pop() else {
            return;
        };
        let mut opened = open(&self.clone, &LedgerSettings::default()).unwrap();
        let key = RecipientKey::from_secret(deliver_common::SECRET.as_bytes()).unwrap();
        let wish = Wish {
            address: Address::parse(&address).unwrap(),
            scope: Scope::All,
            reason: "rang".to_owned(),
            lift: false,
        };
        suppress(&mut opened, &key, &wish, RunId(90), now_of(&self.clock)).unwrap();
    }
}

/// A run in which some are suppressed, each once so many mails have gone out.
fn suppressing(house: &House, who: &[(u64, &str)]) -> Summary {
    suppressing_by(house, who, house.transport(), |_| ())
}

fn suppressing_by(
    house: &House,
    who: &[(u64, &str)],
    transport: Arc<dyn Transport>,
    then: impl Fn(u64) + Send + Sync + 'static,
) -> Summary {
    let clock = clock();
    let who = who
        .iter()
        .rev()
        .map(|(after, who)| (*after, (*who).to_owned()));
    let setup = Setup {
        transport,
        progress: Arc::new(Suppresses {
            clone: house.clone_of("office"),
            clock: clock.clone(),
            who: Mutex::new(who.collect()),
            then: Box::new(then),
        }),
        polls: None,
    };
    let run = house.with("one", 1, &clock, &Order::default(), setup);
    run.unwrap().unwrap()
}

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

#[test]
fn who_leaves_a_list_is_not_mailed_and_nobody_is_added() {
    let (house, clock) = three_of_five();
    let mut members = people(4, &["a.test"]);
    members.push("nuevo@a.test".to_owned());
    house.members(&members);
    house.push("p4 leaves, somebody comes");
    assert_eq!(house.run("one", 2, &clock).accepted, 1);
    let counts = house.check(now_of(&clock));
    assert_eq!(
        (counts.audience, counts.accepted, counts.excluded),
        (5, 4, 1)
    );
    let state = house.state("uno");
    assert_eq!(state.exclusions().get(&Exclusion::LeftList), Some(&1));
}

#[test]
fn a_list_that_can_not_be_read_holds_what_is_left() {
    let whole = "email,nombre\np0@a.test,X\np1@a.test,X\np2@a.test,X\n";
    for (csv, says) in [
        (
            "correo,nombre\np3@a.test,X\np4@a.test,X\n".to_owned(),
            "heading row",
        ),
        (format!("{whole}p3@a.test,X\np4(at)a.test,X\n"), "who left"),
    ] {
        let (house, clock) = three_of_five();
        house.write("lists/socios.csv", &csv);
        house.push("a broken list");
        let run = house.run("one", 2, &clock);
        let uno = line(&run, "uno");
        assert!(uno.held && run.accepted == 0, "{run:?}");
        assert!(uno.note.as_deref().unwrap().contains(says), "{uno:?}");
        assert_eq!(house.check(now_of(&clock)).pending, 2);
        // Mended: it goes on. A wrong row holds nobody back who is not sought.
        house.write(
            "lists/socios.csv",
            &format!("{whole}p3@a.test,X\np4@a.test,X\nq(at)a.test,X\n"),
        );
        house.push("mended");
        assert_eq!(house.run("one", 3, &clock).accepted, 2);
        house.check(now_of(&clock));
    }
}

#[test]
fn the_copies_of_who_left_are_left_out_with_them() {
    let house = House::new(Mailboxes::new(), &people(5, &["a.test"]), PACE);
    house.campaign("uno", "cc: [jefe@a.test]\n");
    house.push("with a copy");
    let clock = clock();
    // Three own mails went out; of nobody the copy.
    assert_eq!(house.run("one", 1, &clock).accepted, 3);
    house.members(&[
        "p0@a.test".to_owned(),
        "p2@a.test".to_owned(),
        "p3@a.test".to_owned(),
    ]);
    house.push("p1 leaves after their mail, p4 before it");
    let rest = house.ordered("one", 2, &clock, &regardless()).unwrap();
    assert_eq!(rest.accepted, 5, "{rest:?}");
    let counts = house.check(now_of(&clock));
    assert_eq!(
        (counts.audience, counts.accepted, counts.excluded),
        (10, 8, 2)
    );
    let state = house.state("uno");
    assert_eq!(state.exclusions().get(&Exclusion::LeftList), Some(&2));
    let of = |index| state.status(RecipientIndex(index));
    assert_eq!(of(4), Some(Status::Excluded(Exclusion::LeftList)));
    assert_eq!(of(1), Some(Status::Accepted));
}

#[test]
fn who_is_suppressed_between_two_runs_is_not_mailed() {
    let (house, clock) = three_of_five();
    let mut opened = open(&house.clone_of("two"), &LedgerSettings::default()).unwrap();
    let key = RecipientKey::from_secret(house.secret.as_bytes()).unwrap();
    let wish = Wish {
        address: Address::parse("P4@a.test").unwrap(),
        scope: Scope::All,
        reason: "rang".to_owned(),
        lift: false,
    };
    suppress(&mut opened, &key, &wish, RunId(9), now_of(&clock)).unwrap();
    assert_eq!(house.run("one", 2, &clock).accepted, 1);
    let counts = house.check(now_of(&clock));
    assert_eq!(
        (counts.accepted, counts.excluded, counts.pending),
        (4, 1, 0)
    );
    let state = house.state("uno");
    assert_eq!(state.exclusions().get(&Exclusion::Suppressed), Some(&1));
    // Lifting it brings nobody back into a sending that left them out.
    let mut opened = open(&house.clone_of("two"), &LedgerSettings::default()).unwrap();
    let lift = Wish { lift: true, ..wish };
    suppress(&mut opened, &key, &lift, RunId(10), now_of(&clock)).unwrap();
    assert_eq!(house.run("one", 3, &clock).accepted, 0);
}

#[test]
fn who_is_suppressed_in_the_last_claim_is_not_mailed_either() {
    // All stand in one claim, so that no claim asks any more who is suppressed. With the longer pause nothing is due to be pushed
    // when the mail's turn comes.
    for (pause, people_there) in [("pause: 10s", 12), ("pause: 50s", 5)] {
        let house = House::new(Mailboxes::new(), &people(people_there, &["a.test"]), pause);
        let last = format!("p{}@a.test", people_there - 1);
        let run = suppressing(&house, &[(2, &last)]);
        let uno = line(&run, "uno");
        let expected = (people_there as u64 - 1, 1);
        assert_eq!(
            (uno.counts.accepted, uno.counts.excluded),
            expected,
            "{run:?}"
        );
        assert!(!house.boxes.taken().iter().any(|(_, to, _)| *to == last));
        assert!(run.published && !uno.held, "{run:?}");
    }
}

#[test]
fn who_is_suppressed_while_mails_go_out_is_not_mailed() {
    let house = House::new(Mailboxes::new(), &people(60, &["a.test"]), "pause: 1s");
    // The first one waits for a claim; the second is in the last claim that there will be.
    let run = suppressing(&house, &[(2, "p55@a.test"), (20, "p59@a.test")]);
    let uno = line(&run, "uno");
    assert_eq!(
        (uno.counts.accepted, uno.counts.excluded),
        (58, 2),
        "{run:?}"
    );
    for who in ["p55@a.test", "p59@a.test"] {
        assert!(!house.boxes.taken().iter().any(|(_, to, _)| to == who));
    }
    let state = house.state("uno");
    assert_eq!(state.exclusions().get(&Exclusion::Suppressed), Some(&2));
    assert!(run.published && !uno.held, "{run:?}");
}

/// Does not answer the first time that it is offered `z@b.test`'s mail, until it is told to; then the
/// connection is gone.
#[derive(Clone)]
struct Hangs {
    inner: Arc<dyn Transport>,
    hung: Arc<AtomicBool>,
    until: Arc<Notify>,
}

struct HangsOn(Hangs, Box<dyn Connection>);

impl Transport for Hangs {
    fn connect(&self) -> BoxFuture<'_, Result<Box<dyn Connection>, ConnectError>> {
        Box::pin(async {
            let inner = self.inner.connect().await?;
            Ok(Box::new(HangsOn(self.clone(), inner)) as Box<dyn Connection>)
        })
    }
}

impl Connection for HangsOn {
    fn send<'a>(
        &'a mut self,
        letter: &'a Letter,
        commit: &'a mut (dyn FnMut() -> std::io::Result<()> + Send),
    ) -> BoxFuture<'a, Attempt> {
        let is_z = letter.envelope.to.domain() == "b.test";
        match is_z && !self.0.hung.swap(true, Ordering::SeqCst) {
            false => self.1.send(letter, commit),
            true => Box::pin(async {
                self.0.until.notified().await;
                Attempt::Untouched(Failure::Lost("closed".to_owned()))
            }),
        }
    }

    fn usable(&self) -> bool {
        self.1.usable()
    }

    fn quit(self: Box<Self>) -> BoxFuture<'static, ()> {
        self.1.quit()
    }
}

#[test]
fn who_is_suppressed_while_their_mail_hangs_does_not_get_it_at_the_next_try() {
    let mut members = people(60, &["a.test"]);
    members.insert(0, "z@b.test".to_owned());
    let house = House::new(Mailboxes::new(), &members, "pause: 0s");
    let hangs = Hangs {
        inner: house.transport(),
        hung: Arc::default(),
        until: Arc::default(),
    };
    let until = Arc::clone(&hangs.until);
    let run = suppressing_by(
        &house,
        &[(5, "z@b.test")],
        Arc::new(hangs),
        move |accepted| {
            if accepted == 60 {
                until.notify_one();
            }
        },
    );
    let counts = house.check(run_end());
    assert_eq!((counts.accepted, counts.excluded), (60, 1), "{run:?}");
}

#[test]
fn who_is_suppressed_between_two_tries_does_not_get_the_second() {
    let boxes = Mailboxes::new().first("z@b.test", 1, Verdict::refuse_rcpt(450, "4.2.0 later"));
    let mut members = people(1200, &["a.test"]);
    members.push("z@b.test".to_owned());
    let house = House::new(boxes, &members, "pause: 1s");
    let run = suppressing(&house, &[(500, "z@b.test")]);
    let counts = house.check(run_end());
    assert_eq!((counts.accepted, counts.excluded), (1200, 1), "{run:?}");
}

fn run_end() -> jiff::Timestamp {
    at("2026-12-02T20:00:00Z")
}
