//! Real servers on loopback: Debian's smtp-sink with its faults, and a Postfix of our own.
//!
//! Ignored unless asked for, because they need Debian's postfix and root:
//! `cargo test --test smtp_servers -- --ignored`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use postmerge::mail::address::Address;
use postmerge::mail::envelope::{Envelope, Letter};
use postmerge::transport::inbox::{Inbox, InboxConfig, MemorySink};
use postmerge::transport::mailboxes::Mailboxes;
use postmerge::transport::smtp::{Smtp, SmtpConfig, TlsMode};
use postmerge::transport::{Attempt, ConnectError, Connection, Failure, Stage, Transport};

fn letter(to: &str) -> Letter {
    let address = |text: &str| Address::parse(text).unwrap();
    Letter {
        envelope: Envelope {
            from: address("bounces+token@list.example"),
            to: address(to),
            id: "campaign=1".into(),
            smtputf8: false,
        },
        message: b"From: eventos@list.example\r\nMessage-ID: <1@list.example>\r\nSubject: x\r\n\r\n.dot\r\nend\r\n".to_vec(),
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}

fn smtp(port: u16) -> Smtp {
    let mut config = SmtpConfig::new("127.0.0.1", port);
    config.tls = TlsMode::Plain;
    Smtp::new(config).unwrap()
}

/// Connects once the server is up; ten seconds at most.
async fn connect(port: u16) -> Box<dyn Connection> {
    for _ in 0..200 {
        match smtp(port).connect().await {
            Ok(connection) => return connection,
            Err(ConnectError::Unreachable { .. }) => {
                tokio::time::sleep(Duration::from_millis(50)).await
            }
            Err(other) => panic!("{other}"),
        }
    }
    panic!("no server on port {port}");
}

/// Whether an outcome is the one that a fault gives.
type Expected = fn(&Attempt) -> bool;

struct Sink(Child);

impl Drop for Sink {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn sink(port: u16, faults: &[&str]) -> Sink {
    let child = Command::new("/usr/sbin/smtp-sink")
        .args(["-u", "nobody"])
        .args(faults)
        .args([&format!("127.0.0.1:{port}"), "100"])
        .stdout(Stdio::null())
        .spawn()
        .expect("Debian's postfix is installed");
    Sink(child)
}

#[tokio::test]
#[ignore = "needs Debian's postfix"]
async fn smtp_sink_and_its_faults() {
    let cases: [(&[&str], Expected, bool); 6] = [
        (&[], |a| matches!(a, Attempt::Accepted(_)), true),
        (&["-p"], |a| matches!(a, Attempt::Accepted(_)), true),
        (&["-e"], |a| matches!(a, Attempt::Accepted(_)), true),
        (
            &["-r", "rcpt"],
            |a| matches!(a, Attempt::Refused { reply, stage: Stage::RcptTo } if reply.is_transient()),
            true,
        ),
        (
            &["-q", "data"],
            |a| matches!(a, Attempt::Untouched(Failure::Lost(_))),
            false,
        ),
        (
            &["-f", "."],
            |a| matches!(a, Attempt::Refused { reply, stage: Stage::Content } if !reply.is_transient()),
            true,
        ),
    ];
    for (faults, expected, usable) in cases {
        let port = free_port();
        let _sink = sink(port, faults);
        let mut connection = connect(port).await;
        for _ in 0..if usable { 3 } else { 1 } {
            let attempt = connection
                .send(&letter("ana@rcpt.example"), &mut || Ok(()))
                .await;
            assert!(expected(&attempt), "{faults:?}: {attempt:?}");
        }
        assert_eq!(connection.usable(), usable, "{faults:?}");
        connection.quit().await;
    }
}

/// A client that is not ours finds our inbox to be an SMTP server.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Debian's postfix"]
async fn smtp_source_is_served_by_our_inbox() {
    let (mailboxes, sink) = (Arc::new(Mailboxes::new()), Arc::new(MemorySink::default()));
    let config = InboxConfig::new(Arc::clone(&mailboxes), sink.clone());
    let inbox = Inbox::start(config).await.unwrap();
    let relay = inbox.addr.to_string();
    let status = tokio::task::spawn_blocking(move || {
        Command::new("/usr/sbin/smtp-source")
            .args(["-d", "-s", "4", "-m", "100", "-l", "5000", "-r", "2"])
            .args(["-f", "a@list.example", "-t", "b@rcpt.example", &relay])
            .status()
            .unwrap()
    })
    .await
    .unwrap();
    assert!(status.success());
    let mails = sink.mails();
    assert_eq!(mails.len(), 100);
    assert!(mails.iter().all(|mail| mail.to.len() == 2));
    assert_eq!(mailboxes.copies(), 200);
}

struct Postfix(tempfile::TempDir);

impl Postfix {
    fn start(port: u16, settings: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let status = Command::new("tests/postfix/relay")
            .arg("start")
            .arg(folder.path())
            .arg(port.to_string())
            .envs(settings.iter().copied())
            .status()
            .unwrap();
        assert!(status.success());
        Self(folder)
    }

    /// The one mail in a mailbox's `new`, waited for ten seconds at most.
    async fn mail(&self, mailbox: &str) -> String {
        let new: PathBuf = self.0.path().join("mail").join(mailbox).join("new");
        for _ in 0..200 {
            if let Some(Ok(entry)) = new.read_dir().ok().and_then(|mut folder| folder.next()) {
                return std::fs::read_to_string(entry.path()).unwrap();
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("nothing in {}", new.display());
    }
}

impl Drop for Postfix {
    fn drop(&mut self) {
        let _ = Command::new("tests/postfix/relay")
            .arg("stop")
            .arg(self.0.path())
            .status();
    }
}

#[tokio::test]
#[ignore = "needs Debian's postfix and root"]
async fn postfix_takes_mail_and_reports_what_it_can_not_deliver() {
    let port = free_port();
    let postfix = Postfix::start(port, &[]);
    let mut connection = connect(port).await;
    let attempt = connection
        .send(&letter("ana@rcpt.example"), &mut || Ok(()))
        .await;
    let Attempt::Accepted(reply) = attempt else {
        panic!("{attempt:?}")
    };
    // The queue id, by which an administrator finds the mail in Postfix's log.
    assert!(reply.text.starts_with("2.0.0 Ok: queued as "), "{reply}");
    let delivered = postfix.mail("ana").await;
    assert!(delivered.contains("\n.dot\nend\n"), "{delivered}");
    let attempt = connection
        .send(&letter("nobody@rcpt.example"), &mut || Ok(()))
        .await;
    assert!(matches!(attempt, Attempt::Accepted(_)), "{attempt:?}");
    let report = postfix.mail("bounces").await;
    assert!(
        report.contains("Original-Recipient: rfc822;nobody@rcpt.example"),
        "{report}"
    );
    assert!(
        report.contains("Original-Envelope-Id: campaign"),
        "{report}"
    );
    let mut big = letter("ana@rcpt.example");
    big.message.resize(1_000_001, b'x');
    let attempt = connection.send(&big, &mut || Ok(())).await;
    assert!(
        matches!(attempt, Attempt::Untouched(Failure::NotOffered(_))),
        "{attempt:?}"
    );
    connection.quit().await;
}

#[tokio::test]
#[ignore = "needs Debian's postfix and root"]
async fn postfix_refuses_at_rcpt_and_takes_the_next() {
    let port = free_port();
    let _postfix = Postfix::start(port, &[("REJECT_UNLISTED", "yes")]);
    let mut connection = connect(port).await;
    for _ in 0..3 {
        let attempt = connection
            .send(&letter("nobody@rcpt.example"), &mut || Ok(()))
            .await;
        assert!(
            matches!(&attempt, Attempt::Refused { reply, stage: Stage::RcptTo } if reply.code == 550),
            "{attempt:?}"
        );
        let attempt = connection
            .send(&letter("ana@rcpt.example"), &mut || Ok(()))
            .await;
        assert!(matches!(attempt, Attempt::Accepted(_)), "{attempt:?}");
    }
    connection.quit().await;
}

#[tokio::test]
#[ignore = "needs Debian's postfix and root"]
async fn postfix_speaks_starttls() {
    let names = vec!["127.0.0.1".to_owned()];
    let made = rcgen::generate_simple_self_signed(names).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (certificate, key) = (
        folder.path().join("certificate.pem"),
        folder.path().join("key.pem"),
    );
    std::fs::write(&certificate, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    let port = free_port();
    let _postfix = Postfix::start(
        port,
        &[
            ("TLS_LEVEL", "may"),
            ("TLS_CERTIFICATE", certificate.to_str().unwrap()),
            ("TLS_KEY", key.to_str().unwrap()),
        ],
    );
    connect(port).await.quit().await;
    let mut config = SmtpConfig::new("127.0.0.1", port);
    config.authorities = Some(made.cert.pem().into_bytes());
    let mut connection = Smtp::new(config.clone()).unwrap().connect().await.unwrap();
    let attempt = connection
        .send(&letter("ana@rcpt.example"), &mut || Ok(()))
        .await;
    assert!(matches!(attempt, Attempt::Accepted(_)), "{attempt:?}");
    connection.quit().await;
    config.authorities = None;
    let error = Smtp::new(config).map(|smtp| async move { smtp.connect().await.err() });
    if let Ok(connecting) = error {
        assert!(matches!(connecting.await, Some(ConnectError::Tls { .. })));
    }
}
