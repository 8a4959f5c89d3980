//! `postmerge serve` killed under load: whoever was answered has left, as the ledger says after the next start.

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

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use deliver_common::{House, SECRET};
use portal_common::{house, link};
use postmerge::deliver::opened::open;
use postmerge::ledger::event::{Exclusion, Scope};
use postmerge::mail::token::{Action, Scope as Tag};
use postmerge::workspace::settings::LedgerSettings;
use serving::serve;

/// People who leave; the portal is killed somewhere among them.
const PEOPLE: usize = 3_000;
const CLIENTS: usize = 8;

/// Whether the portal answered that this person left. A connection that breaks answers nothing.
fn leave(stream: &mut TcpStream, path: &str) -> std::io::Result<bool> {
    let body = "List-Unsubscribe=One-Click";
    write!(
        stream,
        "POST {path} HTTP/1.1\r\nHost: c.test\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )?;
    let mut answer = Vec::new();
    let mut buffer = [0; 4_096];
    while !answer.ends_with(b"unsubscribed\n") {
        match stream.read(&mut buffer)? {
            0 => return Ok(false),
            read => answer.extend_from_slice(&buffer[..read]),
        }
        if answer.len() > 3_000 {
            return Ok(false);
        }
    }
    Ok(answer.starts_with(b"HTTP/1.1 200"))
}

fn gone(house: &House) -> usize {
    let opened = open(&house.clone_of("reader"), &LedgerSettings::default()).unwrap();
    let suppressions = opened.ledger.suppressions().unwrap();
    suppressions
        .for_everything()
        .filter(|(_, reason, _)| *reason == Exclusion::Unsubscribed)
        .count()
}

#[test]
fn what_was_answered_is_on_the_ledger_after_a_kill_under_load() {
    let house = house();
    let clone = house.clone_of("portal");
    let mut serving = serve(&clone, SECRET, "1s");
    let next = AtomicUsize::new(0);
    let answered = Mutex::new(Vec::new());
    let child = Mutex::new(&mut serving.child);
    std::thread::scope(|scope| {
        for _ in 0..CLIENTS {
            scope.spawn(|| {
                let Ok(mut stream) = TcpStream::connect(&serving.address) else {
                    return;
                };
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= PEOPLE {
                        return;
                    }
                    let who = format!("q{number}@a.test");
                    match leave(&mut stream, &link(Action::Unsubscribe, Tag::All, &who)) {
                        Ok(true) => answered.lock().unwrap().push(who),
                        _ => return,
                    }
                    // In the middle of the others' requests.
                    if number == PEOPLE / 2 {
                        child.lock().unwrap().kill().unwrap();
                    }
                }
            });
        }
    });
    serving.child.wait().unwrap();
    let answered = answered.into_inner().unwrap();
    assert!(answered.len() >= 100, "{}", answered.len());
    assert!(answered.len() < PEOPLE, "it was killed");

    let mut again = serve(&clone, SECRET, "1s");
    // Stopped as a service is: what waits is published first.
    let stopped = Command::new("kill")
        .args(["-TERM", &again.child.id().to_string()])
        .status();
    assert!(stopped.unwrap().success());
    assert!(again.child.wait().unwrap().success());

    let opened = open(&house.clone_of("reader"), &LedgerSettings::default()).unwrap();
    let suppressions = opened.ledger.suppressions().unwrap();
    for who in &answered {
        let id = portal_common::who(who);
        let reason = suppressions.exact(&id, &Scope::All);
        assert_eq!(reason, Some(Exclusion::Unsubscribed), "{who} was answered");
    }
    let gone = gone(&house);
    // Whoever was put down and not answered any more may have left; nobody who did not ask has.
    assert!(gone >= answered.len() && gone <= next.into_inner());
    let left = std::fs::read_dir(clone.join(".git/postmerge/portal")).unwrap();
    let left = left.map(|it| it.unwrap().file_name());
    let left: Vec<_> = left.filter(|it| it != "readings").collect();
    assert_eq!(left, ["lock"], "nothing waits");
}
