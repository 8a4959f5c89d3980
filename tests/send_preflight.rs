//! `postmerge send` as a user runs it: what its look at the set-up holds, and how policy turns it off.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod deliver_common;

use std::sync::Arc;

use deliver_common::{House, people};
use postmerge::transport::inbox::{Inbox, InboxConfig, MemorySink, RunningInbox};
use postmerge::transport::mailboxes::Mailboxes;
use postmerge::transport::smtp::Credentials;

/// A relay on this machine that wants a password.
async fn house() -> (House, RunningInbox) {
    let house = House::new(
        Mailboxes::new(),
        &people(5, &["uno.test"]),
        "enabled: false, look_up_mx: false",
    );
    let mut config = InboxConfig::new(Arc::clone(&house.boxes), Arc::new(MemorySink::default()));
    config.credentials = Some(Credentials {
        user: "ana".into(),
        password: "secret".into(),
    });
    let inbox = Inbox::start(config).await.unwrap();
    let port = inbox.addr.port();
    house.edit(
        "postmerge.yaml",
        "host: mail.c.test, port: 587",
        &format!(
            "host: 127.0.0.1, port: {port}, tls: none, credentials: {{user_env: U, password_env: P}}"
        ),
    );
    // The binary goes by the machine's clock, and a day that is over is not sent.
    let path = "campaigns/uno/campaign.yaml";
    let text = std::fs::read_to_string(house.author().join(path)).unwrap();
    let start = text.find("date: ").unwrap() + "date: ".len();
    let day = text[start..start + 10].to_owned();
    house.edit(path, &day, "2098-12-03");
    house.push("a relay");
    (house, inbox)
}

async fn send(house: &House, password: &'static str) -> (i32, String) {
    let mut command = assert_cmd::Command::cargo_bin("postmerge").unwrap();
    command
        .args([
            "-C",
            house.clone_of("runner").to_str().unwrap(),
            "send",
            "--now",
        ])
        .env("POSTMERGE_KEY", deliver_common::SECRET)
        .env("U", "ana")
        .env("P", password);
    let output = tokio::task::spawn_blocking(move || command.output().unwrap());
    let output = output.await.unwrap();
    let shown =
        String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
    (output.status.code().unwrap(), shown)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_holds_before_the_start() {
    let (house, inbox) = house().await;
    let (code, shown) = send(&house, "wrong").await;
    assert_eq!(code, 1, "{shown}");
    let words = format!(
        "held: before the start: Relay principal (127.0.0.1:{}), authentication: the relay refuses user and password: 535",
        inbox.addr.port()
    );
    assert!(shown.contains(&words), "{shown}");
    assert!(house.state("uno").header().is_none(), "it has not started");
    let (code, shown) = send(&house, "secret").await;
    assert_eq!(code, 0, "{shown}");
    assert_eq!(house.boxes.copies(), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn policy_turns_it_off() {
    let (house, _inbox) = house().await;
    house.edit(
        "postmerge.yaml",
        "ledger:",
        "policy: {preflight: {fatal: []}}\nledger:",
    );
    house.push("no look");
    let (code, shown) = send(&house, "wrong").await;
    assert_eq!(code, 1, "{shown}");
    assert!(shown.contains("held: relay principal"), "{shown}");
    assert!(
        house.state("uno").header().is_some(),
        "it started, and was held then"
    );
    assert_eq!(house.boxes.copies(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn links_that_lead_nowhere_hold_it() {
    let (house, _inbox) = house().await;
    // Nobody listens at the first port.
    house.edit(
        "postmerge.yaml",
        "https://docs.c.test",
        "https://127.0.0.1:1/files",
    );
    house.write("campaigns/uno/guia.pdf", "%PDF-1.7");
    house.campaign("uno", "documents: [{file: guia.pdf, as: link}]\n");
    house.push("a guide");
    let (code, shown) = send(&house, "secret").await;
    assert_eq!(code, 1, "{shown}");
    // A machine without certificate authorities has another reason.
    assert!(shown.contains("held: before the start: "), "{shown}");
    assert!(house.state("uno").header().is_none(), "it has not started");
    assert_eq!(house.boxes.copies(), 0);
}
