//! The portal on a real socket, and towards who asks for what there is not: clients that never read or never end, pages for every
//! refusal, figures for who may have them.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod deliver_common;
mod portal_common;

use std::fs;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Method, Request, StatusCode};
use deliver_common::clock;
use portal_common::{Desktop, house, link};
use postmerge::clock::SystemClock;
use postmerge::mail::token::{Action, Scope as Tag};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// What is asked for on a real socket, of a portal with little patience.
async fn on_a_socket(desk: &Desktop, client: impl AsyncFnOnce(SocketAddr)) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let there = listener.local_addr().unwrap();
    let (_ask, stop) = watch::channel(false);
    tokio::select! {
        ended = desk.portal.run(listener, Duration::from_secs(3_600), stop) => panic!("{ended:?}"),
        () = client(there) => {}
    }
}

/// Counts that a file was begun to be handed out.
const ANSWERED: &str = "answers_total{route=\"file\",status=\"2xx\"}";

/// Waits until a figure is this.
async fn becomes(desk: &Desktop, name: &str, count: u64) {
    for _ in 0..500 {
        if desk.figure(name).await == count {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{name}: {}", desk.figure(name).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_never_reads_or_never_writes_keeps_no_seat() {
    let house = house();
    let hash = "0123456789abcdef0123456789abcdef";
    let folder = house.path().join("site/assets").join(hash);
    fs::create_dir_all(&folder).unwrap();
    // More than the system takes off our hands.
    fs::write(folder.join("big.pdf"), vec![b'x'; 40_000_000]).unwrap();
    let patience = Duration::from_millis(150);
    let desk = Desktop::with(&house, "portal", Arc::new(SystemClock), patience).unwrap();
    on_a_socket(&desk, async |there| {
        let mute = TcpStream::connect(there).await.unwrap();
        let mut deaf = TcpStream::connect(there).await.unwrap();
        let request = format!("GET /assets/{hash}/big.pdf HTTP/1.1\r\nHost: c.test\r\n\r\n");
        deaf.write_all(request.as_bytes()).await.unwrap();
        becomes(&desk, ANSWERED, 1).await;
        becomes(&desk, "connections", 0).await;
        drop((deaf, mute));

        // Who begins a form and does not end it hears why, in a page.
        let mut slow = TcpStream::connect(there).await.unwrap();
        let begun = "POST /join/socios HTTP/1.1\r\nHost: c.test\r\nAccept-Language: it\r\n\
             Content-Length: 100\r\n\r\naddress=";
        slow.write_all(begun.as_bytes()).await.unwrap();
        let mut answer = String::new();
        slow.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
        assert!(answer.contains("Tempo scaduto") && answer.contains("Calle 10"));
        becomes(&desk, "connections", 0).await;
    })
    .await;
}

#[tokio::test]
async fn every_refusal_is_a_page_in_the_readers_language() {
    let (house, clock) = (house(), clock());
    let desk = Desktop::open(&house, "portal", &clock);
    let own = link(Action::Preferences, Tag::All, "p1@a.test");
    let large = "x".repeat(40_000);
    for (method, path, body, status) in [
        (Method::POST, own.as_str(), large.as_str(), 413),
        (Method::POST, "/join/socios", &large, 413),
        (Method::POST, "/nowhere", &large, 413),
        (Method::DELETE, &own, "", 405),
        (Method::PUT, "/join/socios", "x", 405),
        (Method::POST, "/v/x", "", 405),
        (Method::GET, "/nowhere", "", 404),
        (Method::POST, "/nowhere", "", 404),
        (Method::GET, "/p/%ff", "", 404),
    ] {
        for (language, privacy) in [
            ("it-IT,it;q=0.9", "Come trattiamo i suoi dati"),
            ("en", "How we handle your data"),
            ("fr", "Cómo tratamos sus datos"),
        ] {
            let request = Request::builder().method(&method).uri(path);
            let request = request.header("accept-language", language);
            let body = Body::from(body.to_owned());
            let answer = desk.ask(request.body(body).unwrap()).await;
            let what = format!("{method} {path}: {}", answer.text);
            assert_eq!(answer.status.as_u16(), status, "{what}");
            let kind = answer.headers["content-type"].to_str().unwrap();
            assert_eq!(kind, "text/html; charset=utf-8", "{what}");
            assert!(answer.text.contains(privacy), "{what}");
            assert!(answer.headers.contains_key("content-security-policy"));
            assert_eq!(answer.headers.contains_key("allow"), status == 405);
        }
    }
    // A form as long as forms may be is none of these.
    let body = format!("do=save&x={}", "x".repeat(32_700));
    assert_eq!(desk.post(&own, &body).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn at_its_root_the_portal_says_whose_it_is() {
    let house = house();
    let clock = clock();
    let desk = Desktop::open(&house, "portal", &clock);
    let page = desk.get("/").await;
    assert_eq!(page.status, StatusCode::OK);
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("img-src 'self';"), "{policy}");
    assert!(
        page.text.contains("/style.css") && page.text.contains("<h1>"),
        "{}",
        page.text
    );
    assert!(
        page.text.contains("El enlace está en cada correo"),
        "{}",
        page.text
    );
}

#[tokio::test]
async fn figures_are_for_this_machine_and_who_is_named() {
    let (house, clock) = (house(), clock());
    house.edit(
        "postmerge.yaml",
        "portal: {",
        "portal: {metrics: [10.88.0.0/16, \"2001:db8::7\"], ",
    );
    house.push("who watches");
    let desk = Desktop::open(&house, "portal", &clock);
    let nowhere = desk.get("/nowhere").await.text;
    for (peer, header, may) in [
        ("127.0.0.1:9", None, true),
        ("[::1]:9", None, true),
        ("[::ffff:127.0.0.1]:9", None, true),
        ("10.88.3.4:9", None, true),
        ("[2001:db8::7]:9", None, true),
        ("10.89.3.4:9", None, false),
        ("203.0.113.5:9", None, false),
        // Through a proxy, whatever it says that it passes on.
        ("127.0.0.1:9", Some(("x-forwarded-for", "127.0.0.1")), false),
        ("127.0.0.1:9", Some(("forwarded", "for=127.0.0.1")), false),
        ("127.0.0.1:9", Some(("x-real-ip", "127.0.0.1")), false),
        ("10.88.3.4:9", Some(("via", "1.1 proxy")), false),
    ] {
        let mut request = Request::get("/metrics");
        if let Some((name, value)) = header {
            request = request.header(name, value);
        }
        let peer: SocketAddr = peer.parse().unwrap();
        let request = request.extension(ConnectInfo(peer));
        let answer = desk.ask(request.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status == StatusCode::OK, may, "{peer} {header:?}");
        if !may {
            assert_eq!(answer.text, nowhere, "{peer} {header:?}");
        }
    }
}
