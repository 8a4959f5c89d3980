//! The binary as a user runs it: exit codes, formats, a closed pipe.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::disallowed_methods
)]

use std::path::{Path, PathBuf};

use assert_cmd::Command;

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/workspace")
}

fn postmerge(arguments: &[&str]) -> (i32, String, String) {
    let output = Command::cargo_bin("postmerge")
        .unwrap()
        .args(arguments)
        .output()
        .unwrap();
    (
        output.status.code().unwrap(),
        String::from_utf8(output.stdout).unwrap(),
        String::from_utf8(output.stderr).unwrap(),
    )
}

/// A copy with an unknown sender, and a byte order mark in a list.
fn broken() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for entry in walkdir::WalkDir::new(fixtures()) {
        let entry = entry.unwrap();
        let to = folder
            .path()
            .join(entry.path().strip_prefix(fixtures()).unwrap());
        if entry.file_type().is_dir() {
            std::fs::create_dir_all(to).unwrap();
        } else {
            let mut text = std::fs::read_to_string(entry.path()).unwrap();
            if to.ends_with("campaign.yaml") {
                text = text.replace("sender: eventos", "sender: evento");
            }
            if to.ends_with("exportadores.yaml") {
                text.insert(0, '\u{feff}');
            }
            std::fs::write(to, text).unwrap();
        }
    }
    folder
}

#[test]
fn exit_codes_say_what_happened() {
    let sound = fixtures();
    let (code, out, _) = postmerge(&["-C", sound.to_str().unwrap(), "lint"]);
    assert_eq!((code, out.as_str()), (0, "no findings\n"));
    let folder = broken();
    let root = folder.path().to_str().unwrap();
    assert_eq!(postmerge(&["-C", root, "lint"]).0, 1);
    assert_eq!(
        postmerge(&["-C", root, "lint", "lists"]).0,
        0,
        "a warning alone"
    );
    assert_eq!(
        postmerge(&["-C", root, "lint", "lists", "--fail-on", "warning"]).0,
        1
    );
    for bad in [
        vec!["-C", root, "lint", "no-such-folder"],
        vec!["-C", "/no/such/folder", "lint"],
        vec!["-C", root, "lint", "/"],
        vec!["rules", "unknown-lst"],
        vec!["no-such-command"],
    ] {
        let (code, out, complaint) = postmerge(&bad);
        assert_eq!((code, out.as_str()), (2, ""), "{bad:?}");
        assert!(complaint.starts_with("error: "), "{complaint}");
    }
    assert!(
        postmerge(&["rules", "unknown-lst"])
            .2
            .contains("did you mean `unknown-list`?")
    );
}

#[test]
fn rules_are_listed_for_machines_too() {
    let (code, json, _) = postmerge(&["rules", "--format", "json"]);
    let rules: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(rules["version"], 1);
    let rules = rules["rules"].as_array().unwrap();
    let (_, table, _) = postmerge(&["rules"]);
    assert_eq!((code, rules.len()), (0, table.lines().count()));
    for (rule, line) in rules.iter().zip(table.lines()) {
        assert!(line.starts_with(rule["code"].as_str().unwrap()), "{line}");
    }
}

#[test]
fn formats_carry_the_same_finding() {
    let folder = broken();
    let root = folder.path().to_str().unwrap();
    let (_, json, _) = postmerge(&["-C", root, "lint", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&json["errors"], &json["warnings"]), (&1.into(), &1.into()));
    let finding = &json["findings"][0];
    assert_eq!(finding["code"], "PM042");
    assert_eq!(
        (&finding["place"]["line"], &finding["place"]["column"]),
        (&2.into(), &9.into())
    );
    assert_eq!(finding["fix"]["replacement"], "eventos");
    let (_, github, _) = postmerge(&["-C", root, "lint", "--format", "github"]);
    assert!(
        github.starts_with("::error file=campaigns/rueda/campaign.yaml,line=2,endLine=2,col=9,endColumn=15,title=PM042 unknown-sender::"),
        "{github}"
    );
    let (_, coloured, _) = postmerge(&["-C", root, "lint", "--colour", "always"]);
    let (_, plain, _) = postmerge(&["-C", root, "lint"]);
    assert!(coloured.contains('\u{1b}') && !plain.contains('\u{1b}'));
}

#[test]
#[cfg(unix)]
fn a_closed_pipe_is_quiet() {
    let mut child = std::process::Command::new(assert_cmd::cargo::cargo_bin!("postmerge"))
        .args(["completions", "bash"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
    assert_eq!(output.status.code(), Some(141));
}
