//! What somebody merges, and a remote that is away, keep nobody from leaving: the portal publishes first, and goes on with the
//! last workspace that it could read.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod deliver_common;
mod portal_common;
#[allow(unreachable_pub)]
#[path = "support/serving.rs"]
mod serving;

use std::fs;

use axum::http::StatusCode;
use deliver_common::{House, SECRET, clock, git};
use portal_common::{Desktop, house, key, link, secret_of_links, who};
use postmerge::ledger::event::{Exclusion, Scope};
use postmerge::mail::token::{Action, Leave, Scope as Tag};
use postmerge::portal::{FetchError, GroundError, RoundError};

const ONE_CLICK: &str = "List-Unsubscribe=One-Click";
const UNREAD: &str = "the workspace on the main branch cannot be read";

fn leaving(address: &str) -> String {
    link(Action::Unsubscribe, Tag::All, address)
}

/// Whether the ledger on the remote says that they left.
fn left(desk: &Desktop, house: &House, address: &str) -> bool {
    let suppressions = desk.ledger(house).suppressions().unwrap();
    suppressions.exact(&who(address), &Scope::All) == Some(Exclusion::Unsubscribed)
}

#[tokio::test]
async fn what_somebody_broke_on_main_keeps_nothing_from_the_ledger() {
    let (house, clock) = (house(), clock());
    let desk = Desktop::open(&house, "portal", &clock);
    house.write("campaigns/uno/campaign.yaml", "subject: [\n");
    house.push("a mistake");
    desk.post(&leaving("p1@a.test"), ONE_CLICK).await;
    desk.portal.round().await.unwrap();
    assert!(left(&desk, &house, "p1@a.test"));
    // As before: the page is there, and what is asked for goes on.
    assert!(desk.get("/join/socios").await.text.contains("Socios"));
    desk.post(&leaving("p2@a.test"), ONE_CLICK).await;
    desk.portal.round().await.unwrap();
    assert!(left(&desk, &house, "p2@a.test"));
    assert_eq!(desk.figure("workspace_failures_total").await, 2);
    assert_eq!(desk.figure("errors_total").await, 0);
    assert_eq!(desk.logged(UNREAD), 1, "once, not every round");

    house.campaign("uno", "");
    house.edit("lists/socios.yaml", "title: Socios", "title: Miembros");
    house.push("mended");
    desk.portal.round().await.unwrap();
    assert!(desk.get("/join/socios").await.text.contains("Miembros"));
    assert_eq!(desk.figure("workspace_failures_total").await, 2);
    assert_eq!(desk.logged("can be read again"), 1);
}

#[tokio::test]
async fn a_list_that_can_not_be_read_does_not_either_and_a_start_takes_the_last_that_could() {
    let (mut house, clock) = (house(), clock());
    let desk = Desktop::open(&house, "portal", &clock);
    // Whoever runs the portal has no key for it.
    house.encrypt();
    house.keys = postmerge::workspace::encryption::Keys::default();
    house.remove("lists/socios.csv");
    house.push("encrypted");
    desk.post(&leaving("p1@a.test"), ONE_CLICK).await;
    desk.portal.round().await.unwrap();
    assert!(left(&desk, &house, "p1@a.test"));
    assert_eq!(desk.logged(UNREAD), 1);
    drop(desk);

    let again = Desktop::open(&house, "portal", &clock);
    assert_eq!(again.logged(UNREAD), 1);
    assert_eq!(again.get("/join/socios").await.status, StatusCode::OK);
    let own = link(Action::Preferences, Tag::All, "p3@a.test");
    assert!(
        again.get(&own).await.text.contains("value=\"X3\""),
        "rows are found"
    );
    assert_eq!(
        again.post(&leaving("p2@a.test"), ONE_CLICK).await.status,
        StatusCode::OK
    );
    again.portal.round().await.unwrap();
    assert!(left(&again, &house, "p2@a.test"));

    // A clone whose portal never could read any has nothing to start from.
    let new = Desktop::try_open(&house, "new", &clock);
    let why = new.err().unwrap();
    assert!(
        matches!(why, RoundError::Ground(GroundError::Plan(_))),
        "{why}"
    );
}

#[tokio::test]
async fn a_portal_starts_while_the_remote_is_away_from_what_it_fetched_last() {
    let (house, clock) = (house(), clock());
    let desk = Desktop::open(&house, "portal", &clock);
    desk.post(&leaving("p1@a.test"), ONE_CLICK).await;
    desk.portal.round().await.unwrap();
    drop(desk);
    house.clone_of("new");
    let (here, away) = (house.path().join("remote.git"), house.path().join("away"));
    fs::rename(&here, &away).unwrap();

    let desk = Desktop::open(&house, "portal", &clock);
    assert_eq!(desk.logged("the remote is away"), 1);
    let own = link(Action::Preferences, Tag::All, "p1@a.test");
    assert!(
        desk.get(&own).await.text.contains("value=\"rejoin\""),
        "it knows who left"
    );
    let answer = desk.post(&leaving("p2@a.test"), ONE_CLICK).await;
    assert_eq!(answer.status, StatusCode::OK);
    let why = desk.portal.round().await.unwrap_err();
    assert!(
        matches!(why, RoundError::Fetch(FetchError::Away(_))),
        "{why}"
    );
    // Nothing was ever fetched: it would not know who left.
    let new = Desktop::try_open(&house, "new", &clock).err().unwrap();
    assert!(
        matches!(new, RoundError::Fetch(FetchError::Away(_))),
        "{new}"
    );

    fs::rename(&away, &here).unwrap();
    desk.portal.round().await.unwrap();
    assert!(left(&desk, &house, "p2@a.test"));
}

#[tokio::test]
async fn a_portal_starts_where_the_ledger_was_rewritten_and_publishes_once_it_is_mended() {
    let (house, clock) = (house(), clock());
    let desk = Desktop::open(&house, "portal", &clock);
    for address in ["p1@a.test", "p2@a.test"] {
        desk.post(&leaving(address), ONE_CLICK).await;
        desk.portal.round().await.unwrap();
    }
    drop(desk);
    let remote = house.path().join("remote.git");
    let branch = "refs/heads/postmerge-ledger";
    let tip = git(&remote, &["rev-parse", branch]);
    git(
        &remote,
        &["update-ref", branch, &format!("{}~1", tip.trim())],
    );

    let desk = Desktop::open(&house, "portal", &clock);
    assert_eq!(desk.logged("the ledger's history was rewritten"), 1);
    assert_eq!(desk.figure("errors_total").await, 1);
    let own = link(Action::Preferences, Tag::All, "p2@a.test");
    assert!(
        desk.get(&own).await.text.contains("value=\"rejoin\""),
        "it knows who left"
    );
    let answer = desk.post(&leaving("p3@a.test"), ONE_CLICK).await;
    assert_eq!(answer.status, StatusCode::OK);
    let why = desk.portal.round().await.unwrap_err();
    assert!(
        matches!(why, RoundError::Fetch(FetchError::Wrong(_))),
        "{why}"
    );
    assert!(desk.figure("spool_bytes").await > 0);

    git(&remote, &["update-ref", branch, tip.trim()]);
    desk.portal.round().await.unwrap();
    assert_eq!(desk.figure("spool_bytes").await, 0);
    for address in ["p1@a.test", "p2@a.test", "p3@a.test"] {
        assert!(left(&desk, &house, address), "{address}");
    }
}

#[tokio::test]
async fn other_secrets_of_links_count_as_soon_as_the_settings_name_them() {
    let (house, clock) = (house(), clock());
    let desk = Desktop::open(&house, "portal", &clock);
    let with = |variable: &str| {
        let secret = secret_of_links(variable);
        let leave = Leave {
            action: Action::Preferences,
            scope: Tag::All,
            recipient: who("p1@a.test"),
            mailing: None,
        };
        let key = key().with_token_secrets([secret.as_bytes()]).unwrap();
        format!("/p/{}", leave.token(&key))
    };
    let (old, new) = (with("HAD_OLD_LINKS"), with("HAD_NEW_LINKS"));
    let first = link(Action::Preferences, Tag::All, "p1@a.test");
    let mut named = "publish:".to_owned();
    for (variables, good) in [
        ("HAD_OLD_LINKS", [false, true, false]),
        ("HAD_NEW_LINKS, HAD_OLD_LINKS", [false, true, true]),
        ("HAD_NEW_LINKS", [false, false, true]),
        // Not in this portal's environment: what was good stays good, and it is said.
        ("NEWER_LINKS, HAD_NEW_LINKS", [false, false, true]),
        ("HAD_OLD_LINKS", [false, true, false]),
    ] {
        let next = format!("key: {{tokens: [{variables}]}}\npublish:");
        house.edit("postmerge.yaml", &named, &next);
        named = next;
        house.push(variables);
        desk.portal.round().await.unwrap();
        for (path, good) in [&first, &old, &new].into_iter().zip(good) {
            let is_good = desk.get(path).await.status == StatusCode::OK;
            assert_eq!(is_good, good, "{variables}: {path}");
        }
        let missing = u64::from(variables.starts_with("NEWER"));
        assert_eq!(desk.figure("secrets_missing").await, missing);
    }
    assert_eq!(desk.logged("NEWER_LINKS is not set"), 1);
}

#[tokio::test]
async fn mails_go_by_the_settings_that_the_main_branch_has_now() {
    let (house, clock) = (house(), clock());
    let desk = Desktop::open(&house, "portal", &clock);
    let asks = async |address: &str| {
        let form = format!(
            "address={address}%40b.test&socios.nombre=N&agree=yes&consent=Quiero+recibir+los+avisos."
        );
        desk.post("/join/socios", &form).await;
        (*desk.mails.head.lock().unwrap()).unwrap()
    };
    let first = desk.opened(&house).head;
    assert_eq!(asks("uno").await, first);
    house.edit("postmerge.yaml", "connections: 4", "connections: 3");
    house.push("another relay");
    desk.portal.round().await.unwrap();
    let second = desk.opened(&house).head;
    assert_eq!(asks("dos").await, second);
    assert_ne!(first, second);
}

#[test]
fn the_program_starts_where_the_checkout_itself_was_pulled_with_the_mistake() {
    let (house, clock) = (house(), clock());
    drop(Desktop::open(&house, "portal", &clock));
    let clone = house.clone_of("portal");
    house.write("postmerge.yaml", "organisation: [\n");
    house.push("a mistake");
    git(&clone, &["pull", "-q"]);
    let mut serving = serving::serve(&clone, SECRET, "1s");
    let mut stream = std::net::TcpStream::connect(&serving.address).unwrap();
    let request = "GET /join/socios HTTP/1.1\r\nHost: c.test\r\nConnection: close\r\n\r\n";
    std::io::Write::write_all(&mut stream, request.as_bytes()).unwrap();
    let answer = std::io::read_to_string(stream).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    serving.child.kill().unwrap();
    serving.child.wait().unwrap();
}
