//! What one person's links may put down, and that the last word holds: whatever other portals know, whatever clocks say.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod deliver_common;
mod portal_common;

use std::fs;

use axum::http::StatusCode;
use deliver_common::{House, clock, now_of};
use jiff::SignedDuration;
use portal_common::{Desktop, house, link, who};
use postmerge::clock::VirtualClock;
use postmerge::ledger::event::{Exclusion, Scope};
use postmerge::mail::token::{Action, Scope as Tag};

const ONE_CLICK: &str = "List-Unsubscribe=One-Click";

fn later(clock: &VirtualClock, minutes: i64) {
    clock.advance_to(now_of(clock) + SignedDuration::from_mins(minutes));
}

fn is_gone(desk: &Desktop, house: &House, address: &str) -> bool {
    let suppressions = desk.ledger(house).suppressions().unwrap();
    suppressions.exact(&who(address), &Scope::All) == Some(Exclusion::Unsubscribed)
}

/// How many wishes of this name, and how many times somebody left, the ledger has.
fn written(desk: &Desktop, house: &House, name: &str) -> (usize, usize) {
    let ledger = desk.ledger(house);
    let (mut wishes, mut left) = (0, 0);
    ledger
        .wish_events(0, |_, wish| wishes += usize::from(wish.what.name() == name))
        .unwrap();
    ledger.feedback(0, |_| left += 1).unwrap();
    (wishes, left)
}

#[tokio::test]
async fn one_persons_links_fill_no_ledger_and_keep_nobody_from_leaving() {
    let (house, clock) = (house(), clock());
    let desk = Desktop::open(&house, "portal", &clock);
    let path = link(Action::Preferences, Tag::All, "p1@a.test");
    let mut saved = 0;
    for client in 0..60 {
        let body = format!("do=save&socios.nombre=N{client}");
        let answer = desk.from(client, &path, &body).await;
        match answer.status {
            StatusCode::SEE_OTHER => saved += 1,
            other => assert_eq!(other, StatusCode::TOO_MANY_REQUESTS),
        }
    }
    assert_eq!(saved, 20);
    for (client, what) in (60..).zip(["pause", "resume", "save&socios.nombre=Z"]) {
        let answer = desk.from(client, &path, &format!("do={what}")).await;
        assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS, "{what}");
    }
    // What changes nothing puts nothing down.
    let same = desk.from(70, &path, "do=save&socios.nombre=N19").await;
    assert_eq!(same.status, StatusCode::SEE_OTHER);
    let other = link(Action::Preferences, Tag::All, "p2@a.test");
    let answer = desk.from(71, &other, "do=save&socios.nombre=Dos").await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    desk.from(72, &path, "do=leave").await;
    // Coming back and leaving in turns does not either.
    for client in 80..120 {
        let answer = desk.from(client, &path, "do=rejoin").await;
        assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
        desk.from(client, &path, "do=leave").await;
    }
    desk.portal.round().await.unwrap();
    assert!(is_gone(&desk, &house, "p1@a.test"));
    assert_eq!(written(&desk, &house, "changed"), (21, 1));
    // Nor one who leaves again and again between rounds.
    for _ in 0..30 {
        let own = link(Action::Unsubscribe, Tag::All, "p1@a.test");
        assert_eq!(desk.post(&own, ONE_CLICK).await.status, StatusCode::OK);
        desk.portal.round().await.unwrap();
    }
    assert_eq!(written(&desk, &house, "changed"), (21, 1));
    later(&clock, 60);
    let answer = desk.from(0, &path, "do=rejoin").await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn who_never_signed_up_says_so_once() {
    let (house, clock) = (house(), clock());
    let desk = Desktop::open(&house, "portal", &clock);
    let path = link(Action::Preferences, Tag::All, "p1@a.test");
    for client in 0..5 {
        let answer = desk.from(client, &path, "do=disown").await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER);
    }
    desk.portal.round().await.unwrap();
    assert_eq!(written(&desk, &house, "disowned"), (1, 1));
    // Whoever came back may say it anew.
    desk.post(&path, "do=rejoin").await;
    desk.post(&path, "do=disown").await;
    desk.portal.round().await.unwrap();
    assert_eq!(written(&desk, &house, "disowned"), (2, 2));
    assert!(is_gone(&desk, &house, "p1@a.test"));
}

#[tokio::test]
async fn who_asked_for_too_much_may_leave_and_so_may_many_behind_one_address() {
    let (house, clock) = (house(), clock());
    let desk = Desktop::open(&house, "portal", &clock);
    let path = link(Action::Preferences, Tag::All, "p1@a.test");
    for client in 0..25 {
        let body = format!("do=save&socios.nombre=N{client}");
        desk.from(client, &path, &body).await;
    }
    let answer = desk.from(30, &path, "do=disown").await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    let other = link(Action::Preferences, Tag::All, "p2@a.test");
    for _ in 0..301 {
        desk.from(31, &other, "do=nothing").await;
    }
    let answer = desk.from(31, &other, "do=pause").await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    let answer = desk.from(31, &other, "do=leave").await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    desk.portal.round().await.unwrap();
    assert!(is_gone(&desk, &house, "p1@a.test"));
    assert!(is_gone(&desk, &house, "p2@a.test"));
    assert_eq!(written(&desk, &house, "disowned"), (1, 2));
}

#[tokio::test]
async fn an_office_a_scanner_and_who_guesses_keep_nobody_from_their_own_pages() {
    let (house, clock) = (house(), clock());
    let desk = Desktop::open(&house, "portal", &clock);
    let pages = [Action::Unsubscribe, Action::Preferences, Action::Confirm];
    // All of one address.
    for n in 0..150 {
        for action in pages {
            let path = link(action, Tag::All, &format!("n{n}@a.test"));
            assert_eq!(desk.get(&path).await.status, StatusCode::OK, "{n} {path}");
        }
    }
    for n in 0..30 {
        let wrong = desk.get(&format!("/p/{n}")).await;
        assert_eq!(wrong.status, StatusCode::NOT_FOUND);
    }
    let mut join = Vec::new();
    for _ in 0..121 {
        desk.get("/u/nothing").await;
        join.push(desk.get("/join/socios").await.status);
    }
    let guessed = desk.get("/u/nothing").await;
    assert_eq!(guessed.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(join.first(), Some(&StatusCode::OK));
    assert_eq!(join.last(), Some(&StatusCode::TOO_MANY_REQUESTS));
    for action in pages {
        let path = link(action, Tag::All, "p1@a.test");
        assert_eq!(desk.get(&path).await.status, StatusCode::OK, "{path}");
    }
    // Whose link is used too often, from wherever, hears so; nobody else does, and leaving they may still.
    let (own, other) = (
        link(Action::Preferences, Tag::All, "p2@a.test"),
        link(Action::Preferences, Tag::All, "p3@a.test"),
    );
    for client in 0..300 {
        desk.from(client, &own, "do=nothing").await;
    }
    for path in [own.clone(), format!("{own}/data")] {
        let answer = desk.get(&path).await;
        assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS, "{path}");
    }
    assert_eq!(desk.get(&other).await.status, StatusCode::OK);
    let leaving = link(Action::Unsubscribe, Tag::All, "p2@a.test");
    assert_eq!(desk.get(&leaving).await.status, StatusCode::OK);
    assert_eq!(desk.post(&leaving, "").await.status, StatusCode::OK);
}

#[tokio::test]
async fn who_leaves_has_left_also_where_the_portal_thought_so_already() {
    let (house, clock) = (house(), clock());
    let one = Desktop::open(&house, "portal", &clock);
    let leaving = link(Action::Unsubscribe, Tag::All, "p1@a.test");
    one.post(&leaving, ONE_CLICK).await;
    one.portal.round().await.unwrap();
    // They come back by another portal, of which this one has not heard.
    later(&clock, 1);
    let other = Desktop::open(&house, "other", &clock);
    let path = link(Action::Preferences, Tag::All, "p1@a.test");
    other.post(&path, "do=rejoin").await;
    other.portal.round().await.unwrap();
    assert!(!is_gone(&one, &house, "p1@a.test"));
    later(&clock, 1);
    one.post(&leaving, ONE_CLICK).await;
    one.portal.round().await.unwrap();
    assert!(is_gone(&one, &house, "p1@a.test"));
}

#[tokio::test]
async fn the_last_word_holds_where_a_clock_was_set_back() {
    let house = house();
    let (ahead, behind) = (clock(), clock());
    later(&ahead, 60);
    let one = Desktop::open(&house, "portal", &ahead);
    let leaving = link(Action::Unsubscribe, Tag::All, "p1@a.test");
    one.post(&leaving, ONE_CLICK).await;
    one.portal.round().await.unwrap();
    drop(one);
    let two = Desktop::open(&house, "portal", &behind);
    let path = link(Action::Preferences, Tag::All, "p1@a.test");
    two.post(&path, "do=rejoin").await;
    two.portal.round().await.unwrap();
    assert!(!is_gone(&two, &house, "p1@a.test"));
    two.post(&leaving, ONE_CLICK).await;
    two.portal.round().await.unwrap();
    assert!(is_gone(&two, &house, "p1@a.test"));
}

#[tokio::test]
async fn the_last_wish_holds_where_a_clock_was_set_back() {
    let house = house();
    let (ahead, behind) = (clock(), clock());
    later(&ahead, 60);
    let one = Desktop::open(&house, "portal", &ahead);
    let path = link(Action::Preferences, Tag::All, "p1@a.test");
    one.post(&path, "do=save&socios.nombre=Uno&often=30").await;
    one.portal.round().await.unwrap();
    drop(one);
    let two = Desktop::open(&house, "portal", &behind);
    let answer = two.post(&path, "do=save&socios.nombre=Dos&often=7").await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    let page = two.get(&path).await.text;
    assert!(page.contains("Dos") && !page.contains("Uno"), "{page}");
    two.portal.round().await.unwrap();
    let wishes = two.ledger(&house).wishes().unwrap();
    assert_eq!(wishes.of(&who("p1@a.test")).at_most(), Some(7));
}

#[tokio::test]
async fn health_says_whether_anything_can_be_put_down_and_when_it_can_again() {
    let (house, clock) = (house(), clock());
    let desk = Desktop::open(&house, "portal", &clock);
    let (spool, aside) = (
        desk.path.join(".git/postmerge/portal"),
        desk.path.join(".git/postmerge/aside"),
    );
    assert_eq!(desk.get("/healthz").await.status, StatusCode::OK);
    // As good as a disk that is full.
    fs::rename(&spool, &aside).unwrap();
    let leaving = link(Action::Unsubscribe, Tag::All, "p1@a.test");
    let answer = desk.post(&leaving, ONE_CLICK).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    for _ in 0..2 {
        let health = desk.get("/healthz").await;
        assert_eq!(health.status, StatusCode::SERVICE_UNAVAILABLE);
    }
    assert_eq!(desk.figure("spool_errors_total").await, 1);
    // Nobody is sent here meanwhile, so it must find out by itself.
    fs::rename(&aside, &spool).unwrap();
    assert_eq!(desk.get("/healthz").await.status, StatusCode::OK);
    let answer = desk.post(&leaving, ONE_CLICK).await;
    assert_eq!(answer.status, StatusCode::OK);
    desk.portal.round().await.unwrap();
    assert!(is_gone(&desk, &house, "p1@a.test"));
}
