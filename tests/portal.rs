//! The recipients' portal on real repositories: what is asked for is on the ledger and holds at once; looking changes nothing.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod deliver_common;
mod portal_common;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use deliver_common::{clock, git, now_of};
use portal_common::{Desktop, house, key, link, sends, who};
use postmerge::ledger::event::{Exclusion, Scope};
use postmerge::mail::token::{Action, Scope as Tag};

const ONE_CLICK: &str = "List-Unsubscribe=One-Click";

#[tokio::test]
async fn looking_changes_nothing_and_one_click_leaves_at_once() {
    let (house, clock) = (house(), clock());
    let desk = Desktop::open(&house, "portal", &clock);
    let all = [
        link(Action::Unsubscribe, Tag::All, "p1@a.test"),
        link(
            Action::Unsubscribe,
            Tag::topic(&key(), "ferias"),
            "p2@a.test",
        ),
        link(Action::Preferences, Tag::All, "p1@a.test"),
        link(Action::Confirm, Tag::All, "p1@a.test"),
        "/join/socios".to_owned(),
    ];
    for path in &all {
        for method in ["GET", "HEAD"] {
            let request = Request::builder().method(method).uri(path);
            let answer = desk.ask(request.body(Body::empty()).unwrap()).await;
            assert_eq!(answer.status, StatusCode::OK, "{method} {path}");
            assert!(
                answer.headers["content-security-policy"]
                    .to_str()
                    .unwrap()
                    .contains("default-src 'none'")
            );
            assert_eq!(answer.headers["referrer-policy"], "no-referrer");
            assert!(answer.headers.get("set-cookie").is_none());
        }
    }
    desk.portal.round().await.unwrap();
    assert_eq!(desk.commits(&house), 0, "nothing was published");

    for _ in 0..3 {
        let answer = desk.post(&all[0], ONE_CLICK).await;
        assert_eq!(
            (answer.status, answer.text.as_str()),
            (StatusCode::OK, "unsubscribed\n")
        );
    }
    // The button on the page, for a topic only.
    let answer = desk.post(&all[1], "").await;
    assert!(answer.text.contains("Ferias y ruedas"), "{}", answer.text);
    desk.portal.round().await.unwrap();
    let suppressions = desk.opened(&house).ledger.suppressions().unwrap();
    assert_eq!(
        suppressions.exact(&who("p1@a.test"), &Scope::All),
        Some(Exclusion::Unsubscribed)
    );
    assert_eq!(suppressions.exact(&who("p2@a.test"), &Scope::All), None);
    let topic = Scope::Topic("ferias".to_owned());
    assert_eq!(
        suppressions.exact(&who("p2@a.test"), &topic),
        Some(Exclusion::Unsubscribed)
    );
    let mut left = 0;
    desk.opened(&house)
        .ledger
        .feedback(0, |_| left += 1)
        .unwrap();
    assert_eq!(left, 2, "whoever left three times left once");
    assert_eq!(desk.commits(&house), 1);

    assert_eq!(sends(&house, 1, &clock), 4);
    house.check(now_of(&clock));
}

#[tokio::test]
async fn wrong_links_have_one_page() {
    let (house, clock) = (house(), clock());
    let desk = Desktop::open(&house, "portal", &clock);
    let own = link(Action::Unsubscribe, Tag::All, "p1@a.test");
    let mut altered = own.clone();
    altered.replace_range(10..11, if &own[10..11] == "a" { "b" } else { "a" });
    let preferences = link(Action::Preferences, Tag::All, "p1@a.test");
    let mut pages = Vec::new();
    for path in [
        altered.as_str(),
        "/u/x",
        "/u/%00",
        "/u/%ff",
        &format!("/u/{}", "a".repeat(45)),
        &preferences.replace("/p/", "/u/"),
        &own.replace("/u/", "/c/"),
        "/join/nosuch",
        "/y/abc",
        "/i/abc",
        "/etc/passwd",
    ] {
        let answer = desk.get(path).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        pages.push(answer.text);
    }
    assert!(pages.iter().all(|page| *page == pages[0]));
    let posted = desk.post(&altered, ONE_CLICK).await;
    assert_eq!(posted.status, StatusCode::NOT_FOUND);
    desk.portal.round().await.unwrap();
    assert_eq!(desk.commits(&house), 0);
    // Whoever goes on guessing is told to stop; a link of ours is answered all the same.
    for _ in 0..40 {
        desk.get("/u/x").await;
    }
    assert_eq!(desk.get("/u/x").await.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(desk.post(&own, ONE_CLICK).await.status, StatusCode::OK);
}

#[tokio::test]
async fn preferences_hold_at_once_and_are_in_the_next_mailing() {
    let (house, clock) = (house(), clock());
    house.edit(
        "campaigns/uno/campaign.yaml",
        "{lists: [socios]}",
        "{lists: [socios], topic: becas}",
    );
    house.push("for those who want grants");
    let desk = Desktop::open(&house, "portal", &clock);
    let path = link(Action::Preferences, Tag::All, "p3@a.test");
    let page = desk.get(&path).await;
    assert!(page.text.contains("value=\"X3\""), "{}", page.text);
    assert!(
        page.text.contains("value=\"ferias\" checked"),
        "{}",
        page.text
    );
    assert!(!page.text.contains("cuota"), "not theirs to change");
    let body = "do=save&socios.nombre=Ana+%22la%22+3%2C&socios.temas=becas&socios.temas=&socios.idioma=it&socios.cuota=0&socios.acepta=false&often=30";
    let saved = desk.post(&path, body).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER);
    let page = desk.get(&path).await;
    assert!(
        page.text.contains("Le sue preferenze"),
        "in their language now"
    );
    assert!(
        page.text.contains("value=\"becas\" checked"),
        "{}",
        page.text
    );
    assert!(!page.text.contains("value=\"ferias\" checked"));
    assert!(page.text.contains("value=\"Ana 'la' 3,\""), "{}", page.text);
    // The same again asks for nothing new.
    desk.post(&path, body).await;
    desk.portal.round().await.unwrap();
    let mut wishes = Vec::new();
    let ledger = desk.opened(&house).ledger;
    ledger
        .wish_events(0, |_, wish| wishes.push(wish.what.name()))
        .unwrap();
    assert_eq!(wishes, ["changed", "at-most"]);
    // What somebody said of themselves is nowhere on the branch.
    let remote = house.path().join("remote.git");
    let branch = git(&remote, &["log", "-p", "postmerge-ledger"]);
    assert!(!branch.contains("Ana") && !branch.contains("p3@a.test"));

    // One of the five wanted grants already.
    assert_eq!(sends(&house, 1, &clock), 2);
    let taken = house.boxes.taken();
    assert!(taken.iter().any(|it| it.1 == "p3@a.test"), "{taken:?}");

    for (wrong, field) in [
        ("socios.nombre=", "nombre"),
        ("socios.nombre=%3DHYPERLINK(1)", "nombre"),
        ("socios.idioma=fr", "idioma"),
    ] {
        let answer = desk.post(&path, &format!("do=save&{wrong}")).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{field}");
        assert!(answer.text.contains("aria-invalid"));
        // What was sent is shown again, with what is stored beside it.
        assert!(
            answer.text.contains("value=\"becas\" checked"),
            "{}",
            answer.text
        );
    }
    let both = "do=save&socios.nombre=%3D1&socios.temas=ferias&socios.temas=&often=7";
    let answer = desk.post(&path, both).await;
    for shown in [
        "value=\"=1\"",
        "value=\"ferias\" checked",
        "value=\"7\" selected",
    ] {
        assert!(answer.text.contains(shown), "{shown}: {}", answer.text);
    }
    let export = desk.get(&format!("{path}/data.json")).await;
    let known: serde_json::Value = serde_json::from_str(&export.text).unwrap();
    assert_eq!(known["address"], "p3@a.test");
    assert_eq!(known["lists"][0]["data"]["temas"], "becas");
    assert_eq!(known["one_newsletter_in_days"], 30);
}

#[tokio::test]
async fn who_leaves_comes_back_by_themselves_but_not_past_the_organisation() {
    let (house, clock) = (house(), clock());
    let desk = Desktop::open(&house, "portal", &clock);
    let path = link(Action::Preferences, Tag::All, "p1@a.test");
    desk.post(&path, "do=leave").await;
    let page = desk.get(&path).await;
    assert!(page.text.contains("value=\"rejoin\""), "{}", page.text);
    desk.post(&path, "do=rejoin").await;
    assert!(!desk.get(&path).await.text.contains("value=\"rejoin\""));
    desk.post(&path, "do=pause&weeks=2").await;
    assert!(desk.get(&path).await.text.contains("16/12/2026"));
    desk.post(&path, "do=disown").await;
    desk.portal.round().await.unwrap();
    let ledger = desk.opened(&house).ledger;
    let suppressions = ledger.suppressions().unwrap();
    assert_eq!(
        suppressions.exact(&who("p1@a.test"), &Scope::All),
        Some(Exclusion::Unsubscribed)
    );
    let held = ledger.wishes().unwrap().of(&who("p1@a.test"));
    assert!(held.disowned().is_some() && held.paused_until(now_of(&clock)).is_some());
    assert_eq!(
        desk.post(&path, "do=nonsense").await.status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn what_was_answered_outlives_the_portal_and_a_busy_ledger() {
    let (house, clock) = (house(), clock());
    let desk = Desktop::open(&house, "portal", &clock);
    let path = link(Action::Unsubscribe, Tag::All, "p1@a.test");
    desk.post(&path, ONE_CLICK).await;
    assert!(
        Desktop::try_open(&house, "portal", &clock).is_err(),
        "one portal a spool"
    );
    // A runner writes to the ledger meanwhile, as another clone.
    assert_eq!(sends(&house, 1, &clock), 5, "it was not published yet");
    // Killed: nothing was published. The next one finds it, knows it and publishes it.
    drop(desk);
    let next = Desktop::open(&house, "portal", &clock);
    let page = next
        .get(&link(Action::Preferences, Tag::All, "p1@a.test"))
        .await;
    assert!(
        page.text.contains("value=\"rejoin\""),
        "it is known before it is published"
    );
    next.portal.round().await.unwrap();
    let suppressions = next.opened(&house).ledger.suppressions().unwrap();
    assert_eq!(
        suppressions.exact(&who("p1@a.test"), &Scope::All),
        Some(Exclusion::Unsubscribed)
    );
    let metrics = next.get("/metrics").await;
    assert!(
        metrics.text.contains("postmerge_portal_spool_bytes 0\n"),
        "{}",
        metrics.text
    );
    assert_eq!(next.get("/healthz").await.text, "ok\n");
}
