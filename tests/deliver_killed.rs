//! A run is killed while its `git push` is under way: the push goes on without it.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod deliver_common;

use std::fs::{File, TryLockError};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use deliver_common::*;
use postmerge::deliver::run::open;
use postmerge::transport::mailboxes::Mailboxes;
use postmerge::workspace::settings::LedgerSettings;

fn postmerge(checkout: &Path, words: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_postmerge"))
        .arg("-C")
        .arg(checkout)
        .args(words)
        .env("POSTMERGE_KEY", SECRET)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

#[test]
fn the_next_run_waits_for_a_push_that_outlives_its_run() {
    let house = House::new(Mailboxes::new(), &people(1, &["a.test"]), "pause: 1s");
    let checkout = house.clone_of("one");
    let (came, goes) = (house.path().join("came"), house.path().join("goes"));
    for pipe in [&came, &goes] {
        assert!(Command::new("mkfifo").arg(pipe).status().unwrap().success());
    }
    // The remote says when a push has come, and takes it when it is told to.
    let hook = house.path().join("remote.git/hooks/pre-receive");
    let script = format!(
        "#!/bin/sh\necho came >'{}'\nread -r go <'{}'\n",
        came.display(),
        goes.display()
    );
    std::fs::create_dir_all(hook.parent().unwrap()).unwrap();
    std::fs::write(&hook, script).unwrap();
    std::fs::set_permissions(&hook, PermissionsExt::from_mode(0o755)).unwrap();

    let words = ["suppress", "p0@a.test", "--reason", "asked by phone"];
    let mut killed = postmerge(&checkout, &words);
    assert_eq!(std::fs::read_to_string(&came).unwrap(), "came\n");
    killed.kill().unwrap();
    assert!(!killed.wait().unwrap().success());

    let turn = File::open(checkout.join(".git/postmerge/turn")).unwrap();
    assert!(matches!(turn.try_lock(), Err(TryLockError::WouldBlock)));
    let next = postmerge(&checkout, &["status", "--format", "json"]);
    std::fs::write(&goes, "go\n").unwrap();
    let next = next.wait_with_output().unwrap();
    assert_eq!(next.status.code(), Some(0), "{next:?}");
    turn.lock().unwrap();
    drop(turn);

    // What it had not heard of arrived, and is there for whoever comes next.
    let opened = open(&checkout, &LedgerSettings::default()).unwrap();
    assert!(!opened.ledger.suppressions().unwrap().is_empty());
}
