//! What the portal takes under load: pictures that count who opens, and one-click leaving, each request another person's, every one
//! on stable storage before it is answered, while rounds carry them to the ledger. Against a bare axum that answers `ok`, by the
//! same `wrk`, in one run.
//!
//! `cargo bench --bench portal` (`-- --quick` for a smoke run) needs `wrk`. Works in new temporary folders with a local bare
//! remote. Prints times and asserts nothing about them; asserts that every answer was good, that the ledger has who was answered and
//! nobody else, for the mailing that the link stood in, and that memory does not grow with requests.

#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::panic)]

#[allow(dead_code)]
#[path = "../../tests/support/git.rs"]
mod git;
#[allow(unreachable_pub)]
#[path = "../../tests/support/serving.rs"]
mod serving;

use std::collections::HashSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Child, Command};

use postmerge::clock::{Clock as _, SystemClock};
use postmerge::deliver::opened::open;
use postmerge::ledger::branch::Batch;
use postmerge::ledger::event::{AudienceEntry, AudienceHeader, Event, RunId};
use postmerge::ledger::feedback::{Feedback, Heard};
use postmerge::mail::address::Address;
use postmerge::mail::digest::Digest;
use postmerge::mail::occurrence::OccurrenceId;
use postmerge::mail::recipient_id::{RecipientId, RecipientKey};
use postmerge::mail::token::{Action, InMail, Leave, OccurrenceTag, Scope, Use};
use postmerge::workspace::settings::LedgerSettings;
use serving::serve;

const SECRET: &str = "a secret of more than thirty-two characters";

const SCRIPT: &str = r#"
local threads = {}
function setup(thread) thread:set("id", #threads); table.insert(threads, thread) end
function init(args)
  paths, at, sent = {}, 0, 0
  for line in io.lines(args[1]) do paths[#paths + 1] = line end
  at = id * math.floor(#paths / 2)
  method, body = args[2], args[3]
end
function request()
  at = at % #paths + 1
  sent = sent + 1
  return wrk.format(method, paths[at], nil, body)
end
function done()
  for _, thread in ipairs(threads) do io.write("sent ", thread:get("sent"), "\n") end
end
"#;

/// Connections of wrk: so many requests at most are under way when it ends.
const CONNECTIONS: u32 = 64;

/// What memory may grow by in MiB while nothing new has to be remembered; a round takes some, and so does the allocator.
const SLACK: u64 = 128;

fn main() {
    let quick = std::env::args().any(|it| it == "--quick");
    let (people, seconds) = if quick { (20_000, 2) } else { (600_000, 15) };
    let wrk_is_here = Command::new("wrk").arg("--version").output().is_ok();
    assert!(wrk_is_here, "wrk is not here: nothing can be measured");
    let scratch = tempfile::tempdir().unwrap();
    let clone = workspace(scratch.path(), people);
    fs::write(scratch.path().join("load.lua"), SCRIPT).unwrap();
    let key = RecipientKey::from_secret(SECRET.as_bytes()).unwrap();
    let ids: Vec<RecipientId> = (0..people).map(|n| id(&key, n)).collect();
    sent(&clone, &key, &ids);
    let (leaving, pictures) = (
        scratch.path().join("leaving"),
        scratch.path().join("pictures"),
    );
    fs::write(&leaving, links(&key, &ids)).unwrap();
    fs::write(&pictures, images(&key, people)).unwrap();

    let bare = bare();
    let load =
        |address: &str, paths: &Path, method| wrk(scratch.path(), address, seconds, paths, method);
    let alone = load(&bare, &leaving, "GET");
    println!("{people} people, {seconds} s each, {CONNECTIONS} connections, 2 processors");
    shown("a bare axum that answers ok", &alone, None);
    let mut serving = serve(&clone, SECRET, "5s");
    let before = memory(&serving.child);
    let opened = load(&serving.address, &pictures, "GET");
    shown("pictures, on stable storage", &opened, Some(&alone));
    let between = memory(&serving.child);
    let left = load(&serving.address, &leaving, "POST");
    shown("leaving, on stable storage", &left, Some(&alone));
    let after = memory(&serving.child);
    // Who left is remembered, and takes room; who does it again takes none.
    let again = load(&serving.address, &leaving, "POST");
    shown("the same people again", &again, Some(&alone));
    let end = memory(&serving.child);
    println!(
        "  memory: {before} MiB, {between} after pictures, {after} after leaving, {end} in the end"
    );
    // Stopped as a service is: what waits is published.
    let child = serving.child.id().to_string();
    let stopped = Command::new("kill").args(["-TERM", &child]).status();
    assert!(stopped.unwrap().success());
    assert!(serving.child.wait().unwrap().success());

    for load in [&opened, &left, &again] {
        assert_eq!(load.errors, "", "an answer that was none");
        let sent: u32 = load.sent.iter().sum();
        assert!(
            load.answered > 0 && load.answered <= sent && sent - load.answered <= 2 * CONNECTIONS
        );
    }
    let ledger = Counted::of(&clone);
    told("opened", ledger.opened, &[&opened], people);
    assert_eq!(ledger.opens, ledger.opened, "of one mail once");
    told("left", ledger.left, &[&left, &again], people);
    assert_eq!(
        ledger.left_a_mailing, ledger.left,
        "counted for the mailing"
    );
    // Who left is remembered, with less than a KiB each.
    let remembered = u64::from(people) / 1_024;
    assert!(between <= before + SLACK, "memory grows with pictures");
    assert!(
        after <= between + SLACK + remembered,
        "memory grows with leaving"
    );
    assert!(
        end <= after + SLACK + remembered,
        "memory grows with requests"
    );
}

/// Whom the ledger has, each once.
struct Counted {
    opens: usize,
    opened: usize,
    left: usize,
    left_a_mailing: usize,
}

impl Counted {
    fn of(clone: &Path) -> Self {
        let ledger = open(clone, &LedgerSettings::default()).unwrap().ledger;
        let (mut opens, mut opened, mut left) = (0, HashSet::new(), HashSet::new());
        let take = |it: Feedback| match it.what {
            Heard::Opened { .. } => {
                opens += 1;
                opened.insert(it.recipient);
            }
            Heard::Left { .. } if it.mail.is_some_and(|(id, _)| id == occurrence()) => {
                left.insert(it.recipient);
            }
            _ => {}
        };
        ledger.feedback(0, take).unwrap();
        Self {
            opens,
            opened: opened.len(),
            left: ledger.suppressions().unwrap().for_everything().count(),
            left_a_mailing: left.len(),
        }
    }
}

/// Whoever was answered is on the ledger, and nobody who did not ask: of the last requests it is not known whether they were
/// answered.
fn told(what: &str, found: usize, loads: &[&Load], people: u32) {
    let of = |thread: usize| loads.iter().filter_map(move |it| it.sent.get(thread));
    let sent = |thread| of(thread).max().copied().unwrap_or(0);
    let sent = [sent(0), sent(1)];
    let answered = sent.map(|it| it.saturating_sub(CONNECTIONS));
    let (least, most) = (distinct(answered, people), distinct(sent, people));
    println!("  on the ledger: {found} {what}, of {least} to {most} who asked");
    assert!((least..=most).contains(&found), "{what}: {found}");
}

/// How many people two threads asked for that go round, the second from the middle on.
fn distinct(sent: [u32; 2], people: u32) -> usize {
    let half = people / 2;
    let of = |n: u32| n < sent[0] || (n + people - half) % people < sent[1];
    (0..people).filter(|n| of(*n)).count()
}

/// What wrk says.
struct Load {
    per_second: f64,
    p99: String,
    errors: String,
    answered: u32,
    /// Requests of each thread.
    sent: Vec<u32>,
}

fn shown(what: &str, load: &Load, beside: Option<&Load>) {
    let ratio = beside.map(|it| format!("   {:.2}x", load.per_second / it.per_second));
    println!(
        "  {what:30} {:8.0} requests/s, p99 {}{}{}",
        load.per_second,
        load.p99,
        ratio.unwrap_or_default(),
        load.errors
    );
}

fn wrk(scratch: &Path, address: &str, seconds: u32, paths: &Path, method: &str) -> Load {
    let out = Command::new("wrk")
        .args(["-t2", &format!("-c{CONNECTIONS}"), "--latency"])
        // Who is slow is slow, and no error.
        .args(["--timeout", "60s", &format!("-d{seconds}s"), "-s"])
        .arg(scratch.join("load.lua"))
        .arg(format!("http://{address}"))
        .arg("--")
        .arg(paths)
        .args([method, "List-Unsubscribe=One-Click"])
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    let after = |mark: &str| {
        let line = text.lines().find(|line| line.trim().starts_with(mark));
        let rest = line.and_then(|line| line.trim().strip_prefix(mark));
        rest.map(|it| it.trim().to_owned()).unwrap_or_default()
    };
    let errors = text
        .lines()
        .filter(|line| line.contains("Non-2xx") || line.contains("Socket errors"));
    let answered = text
        .lines()
        .find_map(|line| line.split_once(" requests in "));
    let sent = text.lines().filter_map(|line| line.strip_prefix("sent "));
    Load {
        answered: answered.map_or(0, |(count, _)| count.trim().parse().unwrap()),
        sent: sent.map(|count| count.parse().unwrap()).collect(),
        per_second: after("Requests/sec:").parse().unwrap_or_default(),
        p99: after("99%"),
        errors: errors.fold(String::new(), |all, line| {
            format!("{all}   {}", line.trim())
        }),
    }
}

/// A server that does nothing else, in this process.
fn bare() -> String {
    let (told, heard) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build();
        runtime.unwrap().block_on(async {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            told.send(listener.local_addr().unwrap().to_string())
                .unwrap();
            let router = axum::Router::new().fallback(|| async { "ok" });
            axum::serve(listener, router).await.unwrap();
        });
    });
    heard.recv().unwrap()
}

fn memory(child: &Child) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok());
    kilobytes.unwrap_or_default() / 1_024
}

fn id(key: &RecipientKey, n: u32) -> RecipientId {
    key.id(&Address::parse(&format!("p{n}@uno.test")).unwrap())
}

fn links(key: &RecipientKey, ids: &[RecipientId]) -> String {
    let mut all = String::new();
    for id in ids {
        let leave = Leave {
            action: Action::Unsubscribe,
            scope: Scope::All,
            recipient: *id,
            mailing: Some(OccurrenceTag::of(key, &occurrence()).mailing()),
        };
        let _ = writeln!(all, "/u/{}", leave.token(key));
    }
    all
}

fn images(key: &RecipientKey, people: u32) -> String {
    let mut all = String::new();
    for index in 0..people {
        let mail = InMail {
            occurrence: OccurrenceTag::of(key, &occurrence()),
            index,
        };
        let _ = writeln!(all, "/o/{}.gif", mail.token(key, Use::Open, ""));
    }
    all
}

fn occurrence() -> OccurrenceId {
    "boletin".parse().unwrap()
}

/// A sending to all of them on the ledger, as far as the portal looks at it.
fn sent(clone: &Path, key: &RecipientKey, ids: &[RecipientId]) {
    let mut opened = open(clone, &LedgerSettings::default()).unwrap();
    opened.ledger.use_key(key.fingerprint()).unwrap();
    let entry = |id: &RecipientId| AudienceEntry {
        id: *id,
        destination: 0,
        copy_of: None,
        own_document: None,
    };
    let now = SystemClock.now();
    let header = AudienceHeader {
        content_commit: opened.head.to_string(),
        lists_commit: opened.head.to_string(),
        digest: Digest::of(b"boletin"),
        key: key.fingerprint().to_string(),
        sender: "eventos".to_owned(),
        at: now,
        destinations: vec!["uno.test".to_owned()],
        documents: Vec::new(),
        force: None,
        reconfirmation: false,
    };
    let fixed = Event::AudienceFixed {
        header: Box::new(header),
        entries: ids.iter().map(entry).collect(),
        excluded: Vec::new(),
    };
    let batch = Batch {
        events: vec![(occurrence(), fixed)],
        ..Batch::new(RunId(1), now, "boletin".to_owned())
    };
    opened.ledger.publish(&batch).unwrap();
}

/// A workspace with one list, in a clone of a bare repository.
fn workspace(scratch: &Path, people: u32) -> std::path::PathBuf {
    git::git(
        scratch,
        &["init", "-q", "--bare", "-b", "main", "remote.git"],
    );
    git::git(scratch, &["clone", "-q", "remote.git", "author"]);
    let author = scratch.join("author");
    for (path, text) in [
        (
            "postmerge.yaml",
            "organisation: {name: C, postal_address: [Calle 10], zone: America/Bogota, locale: es}\n\
             people: {ana: {github: ana, email: ana@c.test, roles: [staff], lists: [socios]}}\n\
             senders: {eventos: {name: E, address: e@c.test, relay: principal}}\n\
             relays: {principal: {host: mail.c.test, port: 587}}\n\
             windows: {\"12:00\": {opens: \"12:00\", open_for: 3h}}\n\
             bounces: {address: rebotes@c.test}\nunsubscribe: {address: bajas@c.test}\n\
             portal: {url: \"https://correo.c.test\"}\n"
                .to_owned(),
        ),
        (
            "lists/socios.yaml",
            "title: Socios\nowner: ana\npurpose: Avisos\nconsent: {basis: contract}\ncolumns: {nombre: {type: text}}\n"
                .to_owned(),
        ),
        ("lists/socios.csv", {
            let mut rows = "email,nombre\n".to_owned();
            (0..people).for_each(|n| {
                let _ = writeln!(rows, "p{n}@uno.test,Ana {n}");
            });
            rows
        }),
    ] {
        let file = author.join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }
    git::git(&author, &["add", "."]);
    git::git(&author, &["commit", "-q", "-m", "all"]);
    git::git(&author, &["push", "-q", "origin", "HEAD:main"]);
    git::git(scratch, &["clone", "-q", "remote.git", "portal"]);
    scratch.join("portal")
}
