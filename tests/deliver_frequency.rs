//! `policy.frequency`: nobody gets more newsletters in some days than policy allows. Whole runs on real repositories in virtual
//! time.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod deliver_common;

use deliver_common::{House, at, id, key, line, people};
use postmerge::clock::VirtualClock;
use postmerge::deliver::opened::open;
use postmerge::deliver::run::Summary;
use postmerge::ledger::branch::Batch;
use postmerge::ledger::event::{Exclusion, RunId};
use postmerge::ledger::feedback::MessageKey;
use postmerge::ledger::wish::{Wanted, Way, Wish};
use postmerge::plan::frequency::Lately;
use postmerge::schedule::calendar::Calendar;
use postmerge::transport::mailboxes::{Mailboxes, Verdict};
use postmerge::workspace::settings::{Frequency, LedgerSettings};

/// Ten people, one newsletter a week at most; `uno` is transactional.
fn house() -> House {
    let house = House::new(
        Mailboxes::new(),
        &people(10, &["uno.test", "dos.test"]),
        "pause: 1s",
    );
    house.edit(
        "postmerge.yaml",
        "pace:",
        "policy: {frequency: {mails: 1, days: 7}}\npace:",
    );
    newsletter(&house, "lunes", "2026-12-02");
    house.push("a newsletter");
    house
}

fn newsletter(house: &House, id: &str, date: &str) {
    let text = format!(
        "subject: Novedades\nsender: eventos\ntemplate: b\npurpose: marketing\naudience: {{lists: [socios]}}\nsend: {{date: {date}, window: \"12:00\"}}\n"
    );
    house.write(&format!("campaigns/{id}/campaign.yaml"), &text);
    house.write(&format!("campaigns/{id}/body.md"), "Hola.\n");
}

fn run(house: &House, number: u32, day: &str) -> Summary {
    let clock = VirtualClock::new(at(&format!("{day}T17:00:00Z")));
    house.run("runner", number, &clock)
}

#[test]
fn a_second_newsletter_in_a_week_goes_to_nobody_and_an_invoice_to_all() {
    let house = house();
    let first = run(&house, 1, "2026-12-02");
    assert_eq!(line(&first, "lunes").counts.accepted, 10);
    assert_eq!(line(&first, "uno").counts.accepted, 10);

    newsletter(&house, "jueves", "2026-12-03");
    house.members(&people(12, &["uno.test", "dos.test"]));
    house.push("another one, and two new members");
    let second = run(&house, 2, "2026-12-03");
    let jueves = line(&second, "jueves");
    assert_eq!(
        (jueves.counts.accepted, jueves.counts.excluded),
        (2, 10),
        "{second:?}"
    );
    assert_eq!(jueves.exclusions.get(&Exclusion::FrequencyCap), Some(&10));

    // A week later all of the first may be mailed again, and the two not yet.
    newsletter(&house, "miercoles", "2026-12-09");
    house.push("a week later");
    let third = run(&house, 3, "2026-12-09");
    let miercoles = line(&third, "miercoles");
    assert_eq!(
        (miercoles.counts.accepted, miercoles.counts.excluded),
        (10, 2),
        "{third:?}"
    );
    assert_eq!(house.boxes.taken_twice(), []);
}

#[test]
fn two_newsletters_that_start_in_one_run_know_of_each_other() {
    let house = house();
    newsletter(&house, "martes", "2026-12-02");
    house.push("two at once");
    let both = run(&house, 1, "2026-12-02");
    let accepted = |id| line(&both, id).counts.accepted;
    assert_eq!(accepted("lunes") + accepted("martes"), 10, "{both:?}");
}

/// Somebody wishes for one newsletter in so many days.
fn wishes_for(house: &House, who: &str, days: u16) {
    let clone = house.clone_of("portal");
    let mut opened = open(&clone, &LedgerSettings::default()).unwrap();
    opened.ledger.use_key(key().fingerprint()).unwrap();
    let when = at("2026-11-30T10:00:00Z");
    let wish = Wish {
        key: MessageKey([1; 8]),
        recipient: id(who),
        at: when,
        way: Way::Portal,
        what: Wanted::AtMost { days },
    };
    let batch = Batch {
        wishes: vec![wish],
        ..Batch::new(RunId(77), when, "wishes".to_owned())
    };
    opened.ledger.publish(&batch).unwrap();
}

/// Members who may get any number.
fn free_house() -> House {
    let members = people(3, &["uno.test", "dos.test"]);
    let house = House::new(Mailboxes::new(), &members, "pause: 1s");
    house.edit(
        "postmerge.yaml",
        "pace:",
        "policy: {copies_for_at_most: 25}\npace:",
    );
    house
}

#[test]
fn ones_own_mail_counts_and_not_what_others_still_get_of_it() {
    let house = free_house();
    let [first, second] = ["p0@uno.test", "p1@dos.test"];
    newsletter(&house, "lunes", "2026-12-02");
    house.push("a newsletter");
    wishes_for(&house, second, 7);
    house
        .boxes
        .set(first, Verdict::refuse_rcpt(451, "full"), None);
    assert_eq!(
        line(&run(&house, 1, "2026-12-02"), "lunes").counts.accepted,
        2
    );
    house.boxes.set(first, Verdict::Accept, None);
    assert_eq!(
        line(&run(&house, 2, "2026-12-03"), "lunes").counts.accepted,
        3
    );
    newsletter(&house, "otro", "2026-12-09");
    house.push("a week later");
    let week = run(&house, 3, "2026-12-09");
    assert_eq!(line(&week, "otro").counts.accepted, 3, "{week:?}");
}

#[test]
fn who_wants_one_a_month_gets_what_comes_every_month() {
    let house = free_house();
    wishes_for(&house, "p1@dos.test", 30);
    for (number, day, accepted) in [
        (1, "2027-02-01", 3),
        (2, "2027-02-15", 2),
        (3, "2027-03-01", 3),
    ] {
        let id = format!("noticias{number}");
        newsletter(&house, &id, day);
        house.push(day);
        let summary = run(&house, number, day);
        assert_eq!(line(&summary, &id).counts.accepted, accepted, "{summary:?}");
    }
}

/// Who still waits in a sending that nothing happens in any more, and somebody else's wish that looks far back.
#[test]
fn what_is_held_for_weeks_keeps_no_other_newsletter_back() {
    let house = free_house();
    let [first, second, third] = ["p0@uno.test", "p1@dos.test", "p2@uno.test"];
    newsletter(&house, "lunes", "2026-12-02");
    house.push("a newsletter");
    wishes_for(&house, second, 90);
    for who in [first, third] {
        house
            .boxes
            .set(who, Verdict::refuse_rcpt(451, "full"), None);
    }
    run(&house, 1, "2026-12-02");
    let opened = open(&house.clone_of("reader"), &LedgerSettings::default()).unwrap();
    let wishes = opened.ledger.wishes().unwrap();
    let cap = Some(Frequency { mails: 1, days: 7 });
    let calendar = Calendar::new("America/Bogota", []).unwrap();
    let enough = |day: &str| {
        let now = at(&format!("{day}T17:00:00Z"));
        let lately = Lately::read(&opened.ledger, cap, Some(&wishes), &calendar, now).unwrap();
        [first, second, third].map(|who| lately.is_enough(&id(who)))
    };
    let (cap, fewer) = (Some(Exclusion::FrequencyCap), Some(Exclusion::WantsFewer));
    assert_eq!(enough("2026-12-03"), [cap, fewer, cap]);
    assert_eq!(enough("2027-01-11"), [None, fewer, None]);
}
