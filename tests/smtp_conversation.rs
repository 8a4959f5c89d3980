//! The client and our own inbox, talking real SMTP to each other.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::sync::Arc;

use postmerge::mail::address::Address;
use postmerge::mail::envelope::{Envelope, Letter};
use postmerge::transport::in_process::InProcess;
use postmerge::transport::inbox::{FolderSink, Inbox, InboxConfig, MemorySink, RunningInbox};
use postmerge::transport::mailboxes::{Mailboxes, Verdict};
use postmerge::transport::smtp::{Smtp, SmtpConfig, TlsMode};
use postmerge::transport::{Attempt, ConnectError, Failure, Transport};
use proptest::prelude::*;

fn letter(to: &str, body: &[u8]) -> Letter {
    let address = |text: &str| Address::parse(text).unwrap();
    let id = to.replace('é', "e");
    let mut message =
        format!("Message-ID: <{id}.1@camara.example>\r\nSubject: x\r\n\r\n").into_bytes();
    message.extend_from_slice(body);
    Letter {
        envelope: Envelope {
            from: address("bounces+1@camara.example"),
            to: address(to),
            id: "id=1+2".into(),
            smtputf8: false,
        },
        message,
    }
}

async fn inbox(mailboxes: Mailboxes) -> (RunningInbox, Arc<Mailboxes>, Arc<MemorySink>) {
    let (mailboxes, sink) = (Arc::new(mailboxes), Arc::new(MemorySink::default()));
    let config = InboxConfig::new(Arc::clone(&mailboxes), sink.clone());
    (Inbox::start(config).await.unwrap(), mailboxes, sink)
}

fn client(inbox: &RunningInbox, pipelining: bool) -> Smtp {
    let mut config = SmtpConfig::new("127.0.0.1", inbox.addr.port());
    config.tls = TlsMode::Plain;
    config.pipelining = pipelining;
    config.timeouts.command = std::time::Duration::from_millis(300);
    config.timeouts.termination = std::time::Duration::from_millis(300);
    Smtp::new(config).unwrap()
}

fn odd_provider() -> Mailboxes {
    Mailboxes::new()
        .always(
            "gone@b.test",
            Verdict::refuse_rcpt(550, "5.1.1 no such user"),
        )
        .first(
            "later@b.test",
            2,
            Verdict::refuse_rcpt(451, "4.7.1 greylisted"),
        )
        .always(
            "spam@b.test",
            Verdict::refuse_content(554, "5.7.1 looks like spam"),
        )
        .first("shy@b.test", 1, Verdict::DropAtRcpt)
        .first("lost@b.test", 1, Verdict::DropAfterDot { stored: true })
        .first("torn@b.test", 1, Verdict::DropAfterDot { stored: false })
        .first("slow@b.test", 1, Verdict::HangAtRcpt)
        .first("mute@b.test", 1, Verdict::HangAfterDot { stored: true })
        .first("shut@b.test", 1, Verdict::CloseAtRcpt)
}

/// What one mail came to, shortly, and whether the connection stayed usable.
async fn offer(transport: &dyn Transport, to: &str) -> (String, bool) {
    let mut connection = transport.connect().await.unwrap();
    let attempt = connection.send(&letter(to, b"x\r\n"), &mut || Ok(())).await;
    let usable = connection.usable();
    connection.quit().await;
    let failure = |failure| match failure {
        Failure::Lost(_) => "lost",
        Failure::TimedOut(_) => "timed out",
        Failure::Closing(_) => "closing",
        _ => "other",
    };
    let shown = match attempt {
        Attempt::Accepted(_) => "accepted".into(),
        Attempt::Refused { reply, stage } => format!("{} {stage:?}", reply.code),
        Attempt::Untouched(why) => format!("untouched: {}", failure(why)),
        Attempt::Unknown(why) => format!("unknown: {}", failure(why)),
    };
    (shown, usable)
}

/// The same script on both transports, pipelined or not, gives the same outcomes.
async fn all_verdicts(transport: &dyn Transport, mailboxes: &Mailboxes) {
    for (to, expected, usable) in [
        ("ana@b.test", "accepted", true),
        ("gone@b.test", "550 RcptTo", true),
        ("later@b.test", "451 RcptTo", true),
        ("later@b.test", "451 RcptTo", true),
        ("later@b.test", "accepted", true),
        ("spam@b.test", "554 Content", true),
        ("shy@b.test", "untouched: lost", false),
        ("shy@b.test", "accepted", true),
        ("shut@b.test", "untouched: closing", false),
        ("slow@b.test", "untouched: timed out", false),
        ("lost@b.test", "unknown: lost", false),
        ("torn@b.test", "unknown: lost", false),
        ("mute@b.test", "unknown: timed out", false),
    ] {
        assert_eq!(
            offer(transport, to).await,
            (expected.to_owned(), usable),
            "{to}"
        );
    }
    let copies = |to: &str| mailboxes.copies_of(&format!("<{to}.1@camara.example>"), to);
    assert_eq!(
        [
            copies("lost@b.test"),
            copies("torn@b.test"),
            copies("mute@b.test")
        ],
        [1, 0, 1]
    );
    assert_eq!(mailboxes.copies(), 5);
    assert!(mailboxes.taken_twice().is_empty());
}

#[tokio::test]
async fn every_verdict_over_smtp() {
    for pipelining in [true, false] {
        let (inbox, mailboxes, _) = inbox(odd_provider()).await;
        all_verdicts(&client(&inbox, pipelining), &mailboxes).await;
    }
}

#[tokio::test]
async fn every_verdict_in_process() {
    let mailboxes = Arc::new(odd_provider());
    all_verdicts(&InProcess::new(Arc::clone(&mailboxes)), &mailboxes).await;
}

#[tokio::test]
async fn busy_and_tired_relays() {
    let build = || Mailboxes::new().busy(1).mails_per_connection(2);
    let (inbox, ..) = inbox(build()).await;
    let smtp = client(&inbox, true);
    let in_process = InProcess::new(Arc::new(build()));
    for transport in [&smtp as &dyn Transport, &in_process] {
        let busy = transport.connect().await.err().unwrap();
        assert!(
            matches!(&busy, ConnectError::Refused { reply, .. } if reply.code == 421),
            "{busy}"
        );
        let mut connection = transport.connect().await.unwrap();
        for expected in [true, true, false] {
            let attempt = connection
                .send(&letter("a@b.test", b"x\r\n"), &mut || Ok(()))
                .await;
            assert_eq!(
                matches!(attempt, Attempt::Accepted(_)),
                expected,
                "{attempt:?}"
            );
            assert_eq!(connection.usable(), expected);
        }
    }
}

#[tokio::test]
async fn what_is_not_offered_is_not_used() {
    for lacking in ["8BITMIME", "SMTPUTF8", "SIZE"] {
        let mut config = InboxConfig::new(Arc::default(), Arc::new(MemorySink::default()));
        config.offers.eight_bit_mime = lacking != "8BITMIME";
        config.offers.smtputf8 = lacking != "SMTPUTF8";
        config.offers.size = if lacking == "SIZE" { 200 } else { 1 << 20 };
        let inbox = Inbox::start(config).await.unwrap();
        let mut connection = client(&inbox, true).connect().await.unwrap();
        for (letter, needed) in [
            (letter("a@b.test", "é\r\n".as_bytes()), "8BITMIME"),
            (letter("josé@b.test", b"x\r\n"), "SMTPUTF8"),
            (letter("a@b.test", &[b'x'; 200]), "SIZE"),
        ] {
            let attempt = connection.send(&letter, &mut || Ok(())).await;
            if needed == lacking {
                assert!(
                    matches!(&attempt, Attempt::Untouched(Failure::NotOffered(why)) if why.contains(needed)),
                    "{attempt:?}"
                );
            } else {
                assert!(
                    matches!(attempt, Attempt::Accepted(_)),
                    "{needed}: {attempt:?}"
                );
            }
        }
    }
}

#[tokio::test]
async fn a_folder_keeps_mails_as_a_delivery_does() {
    let folder = tempfile::tempdir().unwrap();
    let sink = Arc::new(FolderSink::new(folder.path().to_owned()));
    let inbox = Inbox::start(InboxConfig::new(Arc::default(), sink))
        .await
        .unwrap();
    let (outcome, _) = offer(&client(&inbox, true), "ana@b.test").await;
    assert_eq!(outcome, "accepted");
    let mail = std::fs::read_to_string(folder.path().join("000001.eml")).unwrap();
    assert!(
        mail.starts_with(
            "Return-Path: <bounces+1@camara.example>\r\nDelivered-To: ana@b.test\r\nMessage-ID: "
        ),
        "{mail}"
    );
    drop(folder);
    let (outcome, _) = offer(&client(&inbox, true), "ana@b.test").await;
    assert_eq!(outcome, "451 Content");
}

#[tokio::test]
async fn a_thousand_mails_over_eight_connections_arrive_once() {
    let (inbox, mailboxes, _) = inbox(Mailboxes::new()).await;
    let smtp = Arc::new(client(&inbox, true));
    let tasks: Vec<_> = (0..8)
        .map(|task| {
            let smtp = Arc::clone(&smtp);
            tokio::spawn(async move {
                let mut connection = smtp.connect().await.unwrap();
                for number in 0..125 {
                    let letter = letter(&format!("m{task}.{number}@b.test"), &[b'.'; 100]);
                    let attempt = connection.send(&letter, &mut || Ok(())).await;
                    assert!(matches!(attempt, Attempt::Accepted(_)), "{attempt:?}");
                }
                connection.quit().await;
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(mailboxes.copies(), 1000);
    assert_eq!(mailboxes.taken().len(), 1000);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    /// Whatever stands in a message arrives as it was, over one connection.
    #[test]
    fn content_comes_through_unchanged(bodies in proptest::collection::vec("([.a\0-\u{7f}é]{0,6}\r\n|[.]{1,3}\r\n){1,30}", 1..4), pipelining: bool) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (inbox, _, sink) = inbox(Mailboxes::new()).await;
            let mut connection = client(&inbox, pipelining).connect().await.unwrap();
            let letters: Vec<_> = bodies.iter().map(|body| letter("a@b.test", body.as_bytes())).collect();
            for letter in &letters {
                let attempt = connection.send(letter, &mut || Ok(())).await;
                assert!(matches!(attempt, Attempt::Accepted(_)), "{attempt:?}");
            }
            let mails = sink.mails();
            assert_eq!(mails.len(), letters.len());
            for (mail, letter) in mails.iter().zip(&letters) {
                assert_eq!(String::from_utf8_lossy(&mail.message), String::from_utf8_lossy(&letter.message));
                assert_eq!(mail.from, "bounces+1@camara.example");
                assert_eq!(mail.to, ["a@b.test"]);
            }
        });
    }
}
