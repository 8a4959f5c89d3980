//! `postmerge ingest --explain`, as a user runs it.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::fs;

use assert_cmd::Command;

const BOUNCE: &str = "From: MAILER-DAEMON@mx.a.example\nTo: rebotes+tok3n@camara.example\nSubject: failure notice\n\n\
    Hi. This is the qmail-send program at mx.a.example.\n\
    I'm afraid I wasn't able to deliver your message to the following addresses.\n\n\
    <ana@a.example>:\nSorry, no mailbox here by that name. (#5.1.1)\n";

fn ingest() -> Command {
    let mut command = Command::cargo_bin("postmerge").unwrap();
    command.arg("ingest");
    command
}

#[test]
fn messages_are_explained_a_line_each_without_a_workspace() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("bounce.eml"), BOUNCE).unwrap();
    fs::write(
        folder.path().join("reply.eml"),
        "From: ana@a.example\nSubject: Re: x\n\nGracias",
    )
    .unwrap();
    ingest()
        .current_dir(folder.path())
        .args(["--explain", "bounce.eml", "reply.eml"])
        .assert()
        .success()
        .stdout(
            "{\"file\":\"bounce.eml\",\"recipients\":[{\"address\":\"ana@a.example\",\"class\":\"permanent\",\
             \"kind\":\"hard\",\"status\":\"5.1.1\",\"reason\":\"The address does not exist\"}]}\n\
             {\"file\":\"reply.eml\",\"recipients\":[]}\n",
        );
}

#[test]
fn standard_input_is_explained() {
    let output = ingest()
        .args(["--explain", "-"])
        .write_stdin(BOUNCE)
        .output()
        .unwrap();
    let line: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(line.get("file").unwrap(), "-");
}

#[test]
fn what_can_not_be_done_is_said() {
    let said = |command: &mut Command| {
        String::from_utf8(command.assert().code(2).get_output().stderr.clone()).unwrap()
    };
    assert!(said(&mut ingest()).contains("no mailbox is configured"));
    assert!(said(ingest().arg("--explain")).contains("nothing to explain"));
    assert!(said(ingest().args(["--explain", "absent.eml"])).contains("absent.eml cannot be read"));
}
