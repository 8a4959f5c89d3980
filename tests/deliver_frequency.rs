//! `policy.frequency`: nobody gets more newsletters in some days than policy allows. Whole runs on real repositories in virtual
//! time.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod deliver_common;

use deliver_common::{House, at, line, people};
use postmerge::clock::VirtualClock;
use postmerge::deliver::run::Summary;
use postmerge::ledger::event::Exclusion;
use postmerge::transport::mailboxes::Mailboxes;

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
