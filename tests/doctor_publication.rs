//! Whether assets and documents are where mails link to, asked of a web server on loopback.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

#[allow(dead_code, reason = "this file uses a part")]
mod doctor_servers;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use doctor_servers::{Answers, Authority, Led, dns, nothing, web};
use postmerge::clock::VirtualClock;
use postmerge::doctor::Surroundings;
use postmerge::doctor::finding::{Finding, State};
use postmerge::doctor::names::DnsNames;
use postmerge::doctor::publication::{Link, examine};

const ZONE: &str = "archivos.camara.example. 60 IN A 192.0.2.30";

/// A host with such answers.
struct House {
    around: Surroundings,
    led: Arc<Led>,
    _dns: doctor_servers::Dns,
}

impl House {
    async fn new(answers: Answers) -> Self {
        let authority = Authority::new("ours");
        let certificate = authority.certificate(&["archivos.camara.example"], (2027, 6, 1));
        Self::with(&authority, Some(web(&certificate, answers).await)).await
    }

    async fn with(authority: &Authority, at: Option<SocketAddr>) -> Self {
        let dns = dns(ZONE).await;
        let mut led = Led::default();
        if let Some(at) = at {
            led.ways.insert(("192.0.2.30".parse().unwrap(), 443), at);
        }
        let step = Duration::from_secs(10);
        let led = Arc::new(led);
        Self {
            around: Surroundings {
                names: Arc::new(DnsNames::new(Some(dns.at), step).unwrap()),
                dial: Arc::clone(&led) as _,
                clock: Arc::new(VirtualClock::new("2026-12-02T17:00:00Z".parse().unwrap())),
                step,
                whole: step * 6,
                https_port: 443,
                authorities: Some(authority.pem.clone()),
            },
            led,
            _dns: dns,
        }
    }

    async fn ask(&self, links: &[(&str, bool)]) -> Finding {
        let link = |(path, is_secret): &(&str, bool)| Link {
            url: match path.starts_with('/') {
                true => format!("https://archivos.camara.example{path}"),
                false => (*path).to_owned(),
            },
            is_secret: *is_secret,
        };
        examine(&self.around, links.iter().map(link).collect()).await
    }
}

/// Good files below `/there`; the rest as their names say.
fn files(request: &str) -> &'static str {
    let path = request.split(' ').nth(1).unwrap_or_default();
    let is_head = request.starts_with("HEAD");
    match path.split('/').nth(1).unwrap_or_default() {
        "there" if is_head => "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n",
        "closing" => "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
        "get" if is_head => "HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 0\r\n\r\n",
        "get" => "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        "moved" => "HTTP/1.1 301 Moved\r\nLocation: /there/a\r\nContent-Length: 0\r\n\r\n",
        "odd" => "220 smtp.camara.example ESMTP\r\n\r\n",
        "silent" => "",
        _ => "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
    }
}

#[tokio::test]
async fn all_are_there() {
    let house = House::new(files).await;
    let many: Vec<String> = (0..50).map(|n| format!("/there/{n}?x=y")).collect();
    let mut links: Vec<(&str, bool)> = many.iter().map(|it| (it.as_str(), true)).collect();
    links.extend([
        ("/closing/a", false),
        ("/get/b", false),
        ("/there/c", false),
    ]);
    let found = house.ask(&links).await;
    assert_eq!(found.state, State::Good, "{}", found.what);
    assert_eq!(
        found.what,
        "53 linked assets and documents are where mails link to"
    );
    assert_eq!(house.ask(&[]).await.state, State::Good);
}

#[tokio::test]
async fn connections_are_kept() {
    let house = House::new(files).await;
    let many: Vec<String> = (0..100).map(|n| format!("/there/{n}")).collect();
    let links: Vec<(&str, bool)> = many.iter().map(|it| (it.as_str(), true)).collect();
    let found = house.ask(&links).await;
    assert_eq!(found.state, State::Good, "{}", found.what);
    let dialled = house.led.dialled.load(Ordering::Relaxed);
    assert!(dialled <= 8, "{dialled} connections");
}

#[tokio::test]
async fn what_is_not_there_is_named_and_secrets_are_not() {
    let house = House::new(files).await;
    for (path, words) in [
        (
            "/assets/logo.png",
            "https://archivos.camara.example/assets/logo.png answers 404",
        ),
        ("/moved/a", "answers 301"),
        ("/odd/a", "does not answer over http"),
        ("/silent/a", "does not answer over http"),
        ("http://archivos.camara.example/a", "is no https address"),
        ("https://missing.example/a", "missing.example is not in DNS"),
        ("https://broken.example/a", "DNS gave no answer"),
        ("not an address", "is no address"),
    ] {
        let found = house.ask(&[(path, false), ("/there/a", false)]).await;
        assert_eq!((found.state, found.may_pass), (State::Wrong, false));
        assert!(found.what.contains(words), "{}", found.what);
    }
    let secret = "/documents/0123456789/factura-ana.pdf";
    let found = house
        .ask(&[(secret, true), ("/there/a", true), ("/x", true)])
        .await;
    assert_eq!(
        found.what,
        "a document at https://archivos.camara.example answers 404 (1 more of 3 linked assets and \
         documents are not there): publish it before mails link to it"
    );
    let found = house
        .ask(&[("/documents/a", true), ("/x.png", false)])
        .await;
    assert!(found.what.contains("/x.png answers 404"), "{}", found.what);
}

#[tokio::test]
async fn hosts_that_are_away_or_nobody_vouches_for() {
    let (ours, theirs) = (Authority::new("ours"), Authority::new("theirs"));
    let away = House::with(&ours, None).await;
    let found = away.ask(&[("/there/a", false)]).await;
    assert!(found.what.contains("connection refused"), "{}", found.what);
    let certificate = theirs.certificate(&["archivos.camara.example"], (2027, 6, 1));
    let foreign = House::with(&ours, Some(web(&certificate, files).await)).await;
    let found = foreign.ask(&[("/there/a", false)]).await;
    assert!(
        found.what.contains("nobody whom this machine trusts"),
        "{}",
        found.what
    );
    let mut silent = House::new(nothing).await;
    silent.around.step = Duration::from_millis(200);
    let found = silent.ask(&[("/there/a", false)]).await;
    assert_eq!(found.state, State::Wrong, "{}", found.what);
}
