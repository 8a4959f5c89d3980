//! Who edits a campaign's identity after it went out: nobody gets it again.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod deliver_common;

use deliver_common::*;
use postmerge::clock::VirtualClock;
use postmerge::deliver::run::Summary;
use postmerge::transport::mailboxes::Mailboxes;

const FORCE: &str = "force: {reason: salió con un error}\n";

fn house() -> House {
    House::new(Mailboxes::new(), &people(4, &["a.test"]), "pause: 1s")
}

/// `uno` as it is from now on, pushed.
fn campaign(house: &House, id: &str, send: &str, more: &str) {
    house.write(
        &format!("campaigns/{id}/campaign.yaml"),
        &format!(
            "subject: Aviso\nsender: eventos\ntemplate: b\npurpose: transactional\n\
             audience: {{lists: [socios]}}\nsend: {{{send}, window: \"12:00\"}}\n{more}"
        ),
    );
    house.push(&format!("{id}: {send} {more}"));
}

fn held<'a>(summary: &'a Summary, id: &str) -> &'a str {
    let line = line(summary, id);
    assert!(line.held, "{line:?}");
    line.note.as_deref().unwrap_or_default()
}

fn rename(house: &House, from: &str, to: &str) {
    let author = house.author();
    std::fs::create_dir_all(author.join("campaigns/2026")).unwrap();
    std::fs::rename(
        author.join("campaigns").join(from),
        author.join("campaigns").join(to),
    )
    .unwrap();
    house.push("rename");
}

/// Ran once as `first`; then edited to `then`, and run again at `later`.
fn edited(first: &str, then: &str, later: &str) -> (House, VirtualClock, Summary) {
    let house = house();
    let clock = clock();
    campaign(&house, "uno", first, "");
    let sent = house.run("one", 1, &clock);
    assert_eq!(sent.accepted, 4, "{sent:?}");
    campaign(&house, "uno", then, "");
    clock.advance_to(at(later));
    let summary = house.run("one", 2, &clock);
    (house, clock, summary)
}

const DAY: &str = "date: 2026-12-02";

#[test]
fn another_period_does_not_make_it_another_sending() {
    for (first, then, before, now) in [
        (
            "date: 2026-12-02, every: quarter",
            "date: 2026-12-02, every: month",
            "uno@2026-Q4",
            "uno@2026-12",
        ),
        (
            "date: 2026-12-02, every: month",
            "date: 2026-12-02, every: week",
            "uno@2026-12",
            "uno@2026-W49",
        ),
        (
            "date: 2026-12-02, every: quarter",
            DAY,
            "uno@2026-Q4",
            "uno",
        ),
        (DAY, "date: 2026-12-02, every: month", "uno", "uno@2026-12"),
    ] {
        let (house, clock, summary) = edited(first, then, "2026-12-02T17:10:00Z");
        assert_eq!(house.boxes.copies(), 4, "{first} → {then}: {summary:?}");
        let why = held(&summary, now);
        assert!(why.contains(before) && why.contains("force"), "{why}");
        let dry = house.dry_run("one", &clock);
        let dry = dry.lines.iter().find(|it| it.occurrence.to_string() == now);
        let note = dry.and_then(|it| it.note.clone()).unwrap_or_default();
        assert!(
            note.contains("would be held") && note.contains(before),
            "{note}"
        );
        campaign(&house, "uno", then, FORCE);
        let forced = house.run("one", 3, &clock);
        assert_eq!(forced.accepted, 4, "{forced:?}");
    }
}

#[test]
fn what_comes_in_a_later_period_goes_out() {
    for (first, then, later, id) in [
        (
            "date: 2026-12-02, every: quarter",
            "date: 2026-12-02, every: month",
            "2027-01-04T17:10:00Z",
            "uno@2027-01",
        ),
        (
            "date: 2026-12-02, every: quarter",
            "date: 2026-12-03",
            "2026-12-03T17:10:00Z",
            "uno",
        ),
        (
            "date: 2026-12-02, every: week",
            "date: 2026-12-02, every: week",
            "2026-12-09T17:10:00Z",
            "uno@2026-W50",
        ),
    ] {
        let (_, _, summary) = edited(first, then, later);
        assert_eq!(line(&summary, id).counts.accepted, 4, "{then}: {summary:?}");
    }
}

#[test]
fn one_that_went_out_late_does_not_keep_its_successor_back() {
    let house = house();
    let clock = clock();
    let weekly = "date: 2026-11-26, every: week, if_missed: next";
    campaign(&house, "uno", weekly, "");
    // Thursday's, sent on the Wednesday after: in the week of the next one.
    let late = house.run("one", 1, &clock);
    assert_eq!(late.accepted, 4, "{late:?}");
    clock.advance_to(at("2026-12-03T17:10:00Z"));
    let next = house.run("one", 2, &clock);
    assert_eq!(line(&next, "uno@2026-W49").counts.accepted, 4, "{next:?}");
}

#[test]
fn a_renamed_folder_is_the_same_sending() {
    let house = house();
    let clock = clock();
    house.run("one", 1, &clock);
    rename(&house, "uno", "2026/uno-bis");
    let renamed = house.run("one", 2, &clock);
    assert_eq!(house.boxes.copies(), 4, "{renamed:?}");
    let why = held(&renamed, "2026/uno-bis");
    assert!(why.contains("as uno") && why.contains("renamed"), "{why}");
    campaign(&house, "2026/uno-bis", DAY, FORCE);
    assert_eq!(house.run("one", 3, &clock).accepted, 4);
}

#[test]
fn an_old_sending_whose_folder_is_moved_is_not_said_to_have_been_missed() {
    let house = house();
    let clock = clock();
    house.run("one", 1, &clock);
    rename(&house, "uno", "2026/uno-bis");
    clock.advance_to(at("2026-12-04T17:00:00Z"));
    let moved = house.run("one", 2, &clock);
    let moved = line(&moved, "2026/uno-bis");
    assert!(!moved.held, "{moved:?}");
    assert!(
        moved.note.as_deref().unwrap().contains("as uno"),
        "{moved:?}"
    );
    assert!(house.state("2026/uno-bis").notes().is_empty());
}

#[test]
fn another_text_or_a_copy_beside_the_original_is_another_sending() {
    let house = house();
    let clock = clock();
    house.run("one", 1, &clock);
    house.campaign("dos", "");
    house.push("the same text, on purpose");
    assert_eq!(house.run("one", 2, &clock).accepted, 4);
    rename(&house, "dos", "tres");
    house.write("campaigns/tres/body.md", "Otra cosa.\n");
    house.push("and another text");
    let summary = house.run("one", 3, &clock);
    assert_eq!(line(&summary, "tres").counts.accepted, 4, "{summary:?}");
}
