//! `policy.growth_limit`: a campaign that does not say what it expects is held where its audience has grown since it was approved.
//! Whole runs on real repositories in virtual time.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod deliver_common;

use deliver_common::{House, at, clock, line, people};
use postmerge::clock::VirtualClock;
use postmerge::transport::mailboxes::Mailboxes;

fn house() -> House {
    House::new(
        Mailboxes::new(),
        &people(10, &["uno.test", "dos.test"]),
        "pause: 1s",
    )
}

#[test]
fn a_list_that_grew_after_the_approval_holds_it_until_somebody_says_that_it_may() {
    let house = house();
    house.members(&people(30, &["uno.test", "dos.test"]));
    house.push("twenty more, by another proposal");
    let seen = house.dry_run("one", &clock());
    assert!(line(&seen, "uno").held, "{seen:?}");
    let run = house.run("one", 1, &clock());
    let note = line(&run, "uno").note.clone().unwrap();
    assert!(note.contains("30 would get it in place of 10"), "{note}");
    assert_eq!(house.boxes.copies(), 0);
    house.edit(
        "campaigns/uno/campaign.yaml",
        "lists: [socios]",
        "lists: [socios], expect: {max: 40}",
    );
    house.push("that is right");
    assert_eq!(house.run("one", 2, &clock()).accepted, 30);
}

#[test]
fn what_grew_a_little_or_before_the_approval_goes_out() {
    let house = house();
    house.members(&people(15, &["uno.test", "dos.test"]));
    house.push("five more");
    assert_eq!(house.run("one", 1, &clock()).accepted, 15);
    house.members(&people(60, &["uno.test", "dos.test"]));
    house.campaign("dos", "");
    house.push("many more, and a campaign to them, approved together");
    assert_eq!(
        line(&house.run("one", 2, &clock()), "dos").counts.accepted,
        60
    );
}

#[test]
fn a_recurring_campaign_is_measured_by_its_last_sending() {
    let house = house();
    house.remove("campaigns/uno");
    house.write(
        "campaigns/mes/campaign.yaml",
        "subject: Mes\nsender: eventos\ntemplate: b\npurpose: transactional\naudience: {lists: [socios]}\nsend: {date: 2026-12-02, window: \"12:00\", every: month}\n",
    );
    house.write("campaigns/mes/body.md", "Hola.\n");
    house.push("every month");
    assert_eq!(house.run("one", 1, &clock()).accepted, 10);
    house.members(&people(40, &["uno.test", "dos.test"]));
    house.push("thirty more");
    let january = VirtualClock::new(at("2027-01-04T17:00:00Z"));
    let run = house.run("one", 2, &january);
    assert!(run.lines.iter().any(|it| it.held), "{run:?}");
    assert_eq!(house.boxes.copies(), 10);
}
