//! `postmerge forget`, as a user runs it: rows go by a branch for review, mails stop at once, and what stays is said.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod deliver_common;

use std::path::Path;

use assert_cmd::Command;
use deliver_common::{House, SECRET, git, people};
use postmerge::transport::mailboxes::Mailboxes;

fn forget(checkout: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let output = Command::cargo_bin("postmerge")
        .unwrap()
        .arg("-C")
        .arg(checkout)
        .arg("forget")
        .args(arguments)
        .env("POSTMERGE_KEY", SECRET)
        .output()
        .unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(text).unwrap())
}

fn house() -> House {
    let house = House::new(
        Mailboxes::new(),
        &people(5, &["a.test", "b.test"]),
        "pause: 1s",
    );
    house.push("nothing new");
    house
}

#[test]
fn a_person_is_exported_taken_out_and_never_mailed_again() {
    let house = house();
    let path = house.clone_of("office");
    let export = path.join("export.json");
    let (code, said) = forget(&path, &["p2@a.test", "--export", export.to_str().unwrap()]);
    assert_eq!(code, Some(0), "{said}");
    assert!(!said.contains("p2@"), "{said}");
    assert!(said.contains("What stays:"), "{said}");
    let known: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(&export).unwrap()).unwrap();
    assert_eq!(known["address"], "p2@a.test");
    assert_eq!(known["rows"].as_array().unwrap().len(), 1, "{known}");
    assert!(known["history"]["mails"].is_array(), "{known}");

    let branches = git(
        &path,
        &[
            "branch",
            "--list",
            "postmerge/forget-*",
            "--format=%(refname:short)",
        ],
    );
    let branch = branches.trim();
    let diff = git(&path, &["diff", "--numstat", &format!("{branch}^"), branch]);
    assert!(diff.starts_with("0\t1\tlists/"), "{diff}");
    let message = git(&path, &["log", "-1", "--format=%B", branch]);
    assert!(!message.contains("p2@"), "{message}");

    // Once more changes nothing, and an export that is there is not written over.
    let (code, again) = forget(&path, &["p2@a.test"]);
    assert_eq!(code, Some(0), "{again}");
    assert!(
        again.contains("They were not to be mailed before already."),
        "{again}"
    );
    let (code, refused) = forget(&path, &["p2@a.test", "--export", export.to_str().unwrap()]);
    assert_eq!(code, Some(2), "{refused}");
}

#[test]
fn a_stranger_is_in_no_list_and_a_dry_run_writes_nothing() {
    let house = house();
    let path = house.clone_of("office");
    let (code, said) = forget(&path, &["nobody@c.test", "--dry-run"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("They are in no list."), "{said}");
    let (code, _) = forget(&path, &["p2@a.test", "--dry-run"]);
    assert_eq!(code, Some(0));
    assert_eq!(git(&path, &["branch", "--list", "postmerge/*"]), "");
    let (code, said) = forget(&path, &["no address"]);
    assert_eq!(code, Some(2), "{said}");
}
