//! What the portal takes under load: one-click leaving, each request another person, every one on stable storage before it is
//! answered; and the page with the button. Against a bare axum that answers `ok`, by the same `wrk`, in one run.
//!
//! `cargo bench --bench portal` (`-- --quick` for a smoke run) needs `wrk`. Works in new temporary folders with a local bare
//! remote; prints, asserts nothing about time.

#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::panic)]

#[allow(dead_code)]
#[path = "../../tests/support/git.rs"]
mod git;
#[allow(unreachable_pub)]
#[path = "../../tests/support/serving.rs"]
mod serving;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Child, Command};

use postmerge::mail::address::Address;
use postmerge::mail::recipient_id::RecipientKey;
use postmerge::mail::token::{Action, Leave, Scope};
use serving::serve;

const SECRET: &str = "a secret of more than thirty-two characters";

const SCRIPT: &str = r#"
local threads = 0
function setup(thread) thread:set("id", threads); threads = threads + 1 end
function init(args)
  paths, at = {}, 0
  for line in io.lines(args[1]) do paths[#paths + 1] = line end
  at = id * math.floor(#paths / 2)
  method, body = args[2], args[3]
end
function request()
  at = at % #paths + 1
  return wrk.format(method, paths[at], nil, body)
end
"#;

fn main() {
    let quick = std::env::args().any(|it| it == "--quick");
    let (people, seconds) = if quick { (20_000, 2) } else { (600_000, 15) };
    if Command::new("wrk").arg("--version").output().is_err() {
        println!("wrk is not here: nothing was measured");
        return;
    }
    let scratch = tempfile::tempdir().unwrap();
    let clone = workspace(scratch.path(), people);
    fs::write(scratch.path().join("load.lua"), SCRIPT).unwrap();
    let paths = scratch.path().join("paths");
    fs::write(&paths, links(people)).unwrap();

    let bare = bare();
    let alone = wrk(scratch.path(), &bare, seconds, &paths, "GET");
    println!("{people} people, {seconds} s each, 64 connections, 2 processors");
    shown("a bare axum that answers ok", &alone, None);
    let mut serving = serve(&clone, SECRET, "5s");
    let before = memory(&serving.child);
    let left = wrk(scratch.path(), &serving.address, seconds, &paths, "POST");
    shown("leaving, on stable storage", &left, Some(&alone));
    let after = memory(&serving.child);
    println!("  memory {before} MiB before, {after} MiB after");
    serving.child.kill().unwrap();
    serving.child.wait().unwrap();
}

/// What wrk says.
struct Load {
    per_second: f64,
    p99: String,
    errors: String,
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
        .args(["-t2", "-c64", "--latency", &format!("-d{seconds}s"), "-s"])
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
    Load {
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

fn links(people: u32) -> String {
    let key = RecipientKey::from_secret(SECRET.as_bytes()).unwrap();
    let mut all = String::new();
    for n in 0..people {
        let leave = Leave {
            action: Action::Unsubscribe,
            scope: Scope::All,
            recipient: key.id(&Address::parse(&format!("p{n}@uno.test")).unwrap()),
            mailing: None,
        };
        let _ = writeln!(all, "/u/{}", leave.token(&key));
    }
    all
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
