//! Where a connection breaks decides what became of the mail: every position, one by one.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod scripted_relay;

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use postmerge::mail::address::Address;
use postmerge::mail::envelope::{Envelope, Letter};
use postmerge::transport::smtp::{Smtp, SmtpConfig, TlsMode};
use postmerge::transport::{Attempt, ConnectError, Connection, Failure, Stage, Transport};
use scripted_relay::Step::{self, Close, Hang, Hear, Repeat, Say};
use scripted_relay::relay;

const PIPELINING: &str = "250-relay.test\r\n250-PIPELINING\r\n250 SIZE 100000000\r\n";
const NOTHING: &str = "250 relay.test\r\n";

fn letter(to: &str) -> Letter {
    let address = |text: &str| Address::parse(text).unwrap();
    Letter {
        envelope: Envelope {
            from: address("bounces+1@camara.example"),
            to: address(to),
            id: "id-1".into(),
            smtputf8: false,
        },
        message: b"Subject: x\r\n\r\n.dot\r\nend\r\n".to_vec(),
    }
}

fn config(addr: SocketAddr) -> SmtpConfig {
    let mut config = SmtpConfig::new(addr.ip().to_string(), addr.port());
    config.tls = TlsMode::Plain;
    let short = Duration::from_millis(300);
    config.timeouts.greeting = short;
    config.timeouts.command = short;
    config.timeouts.termination = short;
    config.timeouts.data_block = short;
    config
}

async fn connect(addr: SocketAddr) -> Result<Box<dyn Connection>, ConnectError> {
    Smtp::new(config(addr)).unwrap().connect().await
}

/// What became of one mail, whether it was committed to, and whether the connection is usable.
async fn send(keywords: &'static str, script: &[Step]) -> (Attempt, bool, bool) {
    let mut whole = vec![Say("220 relay.test\r\n"), Hear("EHLO"), Say(keywords)];
    whole.extend_from_slice(script);
    let (addr, _served) = relay(whole).await;
    let mut connection = connect(addr).await.unwrap();
    let mut commits = 0;
    let attempt = connection
        .send(&letter("ana@buyers.example"), &mut || {
            commits += 1;
            Ok(())
        })
        .await;
    assert!(commits <= 1);
    (attempt, commits == 1, connection.usable())
}

fn refused(attempt: &Attempt) -> (u16, Stage) {
    match attempt {
        Attempt::Refused { reply, stage } => (reply.code, *stage),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn before_the_content_nothing_is_committed() {
    let scripts: [&[Step]; 5] = [
        &[Close],
        &[Hear("MAIL"), Close],
        &[Hear("DATA\r\n"), Say("250 ok\r\n"), Close],
        &[Hear("DATA\r\n"), Say("250 ok\r\n250 ok\r\n"), Close],
        &[Hear("DATA\r\n"), Say("250 ok\r\n250 ok\r\n35"), Close],
    ];
    for (number, script) in scripts.iter().enumerate() {
        let (attempt, committed, usable) = send(PIPELINING, script).await;
        assert!(
            matches!(attempt, Attempt::Untouched(Failure::Lost(_))),
            "{number}: {attempt:?}"
        );
        assert!(!committed && !usable, "{number}");
    }
}

#[tokio::test]
async fn after_the_final_dot_a_break_is_unknown() {
    let (attempt, committed, usable) = send(
        PIPELINING,
        &[
            Hear("DATA\r\n"),
            Say("250 ok\r\n250 ok\r\n354 go\r\n"),
            Hear("\r\n.\r\n"),
            Close,
        ],
    )
    .await;
    assert!(
        matches!(attempt, Attempt::Unknown(Failure::Lost(_))),
        "{attempt:?}"
    );
    assert!(committed && !usable);
}

#[tokio::test]
async fn after_the_final_dot_silence_and_nonsense_are_unknown() {
    for (end, timed_out) in [
        (Hang, true),
        (Say("hello\r\n"), false),
        (Say("354 more\r\n"), false),
    ] {
        let (attempt, committed, usable) = send(
            PIPELINING,
            &[
                Hear("DATA\r\n"),
                Say("250 ok\r\n250 ok\r\n354 go\r\n"),
                Hear("\r\n.\r\n"),
                end,
                Hang,
            ],
        )
        .await;
        let Attempt::Unknown(failure) = attempt else {
            panic!("{attempt:?}")
        };
        assert_eq!(
            matches!(failure, Failure::TimedOut(_)),
            timed_out,
            "{failure:?}"
        );
        assert!(matches!(
            failure,
            Failure::TimedOut(_) | Failure::Protocol(_)
        ));
        assert!(committed && !usable);
    }
}

#[tokio::test]
async fn content_cut_before_its_final_dot_is_untouched() {
    // More than any socket buffer takes: the relay never reads it, so the dot is never written.
    let (addr, _served) = relay(vec![
        Say("220 relay.test\r\n"),
        Hear("EHLO"),
        Say(PIPELINING),
        Hear("DATA\r\n"),
        Say("250 ok\r\n250 ok\r\n354 go\r\n"),
        Hang,
    ])
    .await;
    let mut connection = connect(addr).await.unwrap();
    let mut big = letter("ana@buyers.example");
    big.message = b"line\r\n".repeat(5_000_000);
    let attempt = connection.send(&big, &mut || Ok(())).await;
    assert!(
        matches!(attempt, Attempt::Untouched(Failure::TimedOut(_))),
        "{attempt:?}"
    );
    assert!(!connection.usable());
}

#[tokio::test]
async fn a_relay_that_refuses_content_half_way_is_heard() {
    let (addr, _served) = relay(vec![
        Say("220 relay.test\r\n"),
        Hear("EHLO"),
        Say(PIPELINING),
        Hear("DATA\r\n"),
        Say("250 ok\r\n250 ok\r\n354 go\r\n"),
        Hear("line"),
        Say("552 5.3.4 too big\r\n"),
        Close,
    ])
    .await;
    let mut connection = connect(addr).await.unwrap();
    let mut big = letter("ana@buyers.example");
    big.message = b"line\r\n".repeat(5_000_000);
    let attempt = connection.send(&big, &mut || Ok(())).await;
    // The reset may overtake the reply; the mail is not handed over either way.
    match attempt {
        Attempt::Refused { reply, stage } => assert_eq!((reply.code, stage), (552, Stage::Content)),
        Attempt::Untouched(Failure::Lost(_)) => {}
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn closing_is_told_from_refusing() {
    let scripts: [&[Step]; 3] = [
        &[Hear("DATA\r\n"), Say("421 4.3.2 bye\r\n"), Close],
        &[Hear("DATA\r\n"), Say("250 ok\r\n421 4.3.2 bye\r\n"), Close],
        &[
            Hear("DATA\r\n"),
            Say("250 ok\r\n250 ok\r\n421 4.3.2 bye\r\n"),
            Close,
        ],
    ];
    for script in scripts {
        let (attempt, committed, usable) = send(PIPELINING, script).await;
        assert!(
            matches!(attempt, Attempt::Untouched(Failure::Closing(_))),
            "{attempt:?}"
        );
        assert!(!committed && !usable);
    }
    let (attempt, committed, usable) = send(
        PIPELINING,
        &[
            Hear("DATA\r\n"),
            Say("250 ok\r\n250 ok\r\n354 go\r\n"),
            Hear("\r\n.\r\n"),
            Say("421 4.3.2 not now\r\n"),
        ],
    )
    .await;
    assert_eq!(refused(&attempt), (421, Stage::Content));
    assert!(committed && !usable);
}

#[tokio::test]
async fn a_notice_of_closing_that_waited_is_read_first() {
    let (attempt, ..) = send(PIPELINING, &[Say("421 4.4.2 idle too long\r\n"), Close]).await;
    match attempt {
        Attempt::Untouched(Failure::Closing(reply)) => assert_eq!(reply.code, 421),
        // Where the reset is faster than the words.
        Attempt::Untouched(Failure::Lost(_)) => {}
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn refusals_name_their_stage_and_keep_the_connection() {
    let cases: [(&'static str, &[Step], Stage); 7] = [
        (
            PIPELINING,
            &[Hear("DATA\r\n"), Say("550 a\r\n503 b\r\n503 c\r\n")],
            Stage::MailFrom,
        ),
        (
            PIPELINING,
            &[Hear("DATA\r\n"), Say("250 a\r\n550 b\r\n554 c\r\n")],
            Stage::RcptTo,
        ),
        (
            PIPELINING,
            &[Hear("DATA\r\n"), Say("250 a\r\n250 b\r\n550 c\r\n")],
            Stage::Data,
        ),
        // DATA is taken although nobody is there to get it: a lone dot ends it.
        (
            PIPELINING,
            &[
                Hear("DATA\r\n"),
                Say("250 a\r\n550 b\r\n354 c\r\n"),
                Hear(".\r\n"),
                Say("554 d\r\n"),
            ],
            Stage::RcptTo,
        ),
        (NOTHING, &[Hear("MAIL"), Say("550 a\r\n")], Stage::MailFrom),
        (
            NOTHING,
            &[
                Hear("MAIL"),
                Say("250 a\r\n"),
                Hear("RCPT"),
                Say("550 a\r\n"),
            ],
            Stage::RcptTo,
        ),
        (
            NOTHING,
            &[
                Hear("MAIL"),
                Say("250 a\r\n"),
                Hear("RCPT"),
                Say("250 a\r\n"),
                Hear("DATA"),
                Say("550 a\r\n"),
            ],
            Stage::Data,
        ),
    ];
    for (keywords, script, stage) in cases {
        let mut script = script.to_vec();
        script.push(Hang);
        let (attempt, committed, usable) = send(keywords, &script).await;
        assert_eq!(refused(&attempt), (550, stage));
        assert!(!committed && usable);
    }
}

#[tokio::test]
async fn after_a_refusal_reset_goes_ahead_of_the_next_mail() {
    for (keywords, first, second) in [
        (
            PIPELINING,
            vec![Hear("DATA\r\n"), Say("250 a\r\n450 4.2.0 b\r\n554 c\r\n")],
            vec![
                Hear("DATA\r\n"),
                Say("250 reset\r\n250 a\r\n250 b\r\n354 c\r\n"),
            ],
        ),
        (
            NOTHING,
            vec![
                Hear("MAIL"),
                Say("250 a\r\n"),
                Hear("RCPT"),
                Say("450 4.2.0 b\r\n"),
            ],
            vec![
                Hear("RSET\r\n"),
                Say("250 reset\r\n"),
                Hear("MAIL"),
                Say("250 a\r\n"),
                Hear("RCPT"),
                Say("250 b\r\n"),
                Hear("DATA\r\n"),
                Say("354 c\r\n"),
            ],
        ),
    ] {
        let mut script = vec![Say("220 relay.test\r\n"), Hear("EHLO"), Say(keywords)];
        script.extend(first);
        script.extend(second);
        script.extend([
            Hear("\r\n.\r\n"),
            Say("250 2.0.0 queued as 7\r\n"),
            Hear("QUIT"),
            Say("221 bye\r\n"),
        ]);
        let (addr, served) = relay(script).await;
        let mut connection = connect(addr).await.unwrap();
        let first = connection
            .send(&letter("a@b.example"), &mut || panic!("no content"))
            .await;
        assert_eq!(refused(&first), (450, Stage::RcptTo));
        let second = connection
            .send(&letter("c@d.example"), &mut || Ok(()))
            .await;
        assert!(
            matches!(&second, Attempt::Accepted(reply) if reply.text == "2.0.0 queued as 7"),
            "{second:?}"
        );
        connection.quit().await;
        let heard = served.await.unwrap();
        assert!(
            heard.contains("RSET\r\nMAIL FROM:<bounces+1@camara.example>"),
            "{heard}"
        );
        assert!(heard.contains("\r\n..dot\r\nend\r\n.\r\n"), "{heard}");
    }
}

#[tokio::test]
async fn without_a_commit_no_content_goes_out() {
    let (addr, served) = relay(vec![
        Say("220 relay.test\r\n"),
        Hear("EHLO"),
        Say(PIPELINING),
        Hear("DATA\r\n"),
        Say("250 ok\r\n250 ok\r\n354 go\r\n"),
        Hear("never"),
    ])
    .await;
    let mut connection = connect(addr).await.unwrap();
    let attempt = connection
        .send(&letter("a@b.example"), &mut || {
            Err(io::Error::other("disk full"))
        })
        .await;
    assert!(
        matches!(&attempt, Attempt::Untouched(Failure::NotCommitted(why)) if why == "disk full"),
        "{attempt:?}"
    );
    assert!(!connection.usable());
    connection.quit().await;
    assert!(served.await.unwrap().ends_with("DATA\r\n"));
}

#[tokio::test]
async fn endless_replies_are_cut_off() {
    for endless in ["250-more\r\n", "250 an endless line "] {
        let (attempt, ..) = send(NOTHING, &[Hear("MAIL"), Repeat(endless)]).await;
        assert!(
            matches!(attempt, Attempt::Untouched(Failure::Protocol(_))),
            "{attempt:?}"
        );
    }
}

#[tokio::test]
async fn what_the_relay_does_not_offer_is_not_tried() {
    let (addr, _served) = relay(vec![
        Say("220 relay.test\r\n"),
        Hear("EHLO"),
        Say("250-relay.test\r\n250 SIZE 1000\r\n"),
        Hang,
    ])
    .await;
    let mut connection = connect(addr).await.unwrap();
    let mut big = letter("a@b.example");
    big.message.extend(b"x".repeat(1000));
    let mut eight_bit = letter("a@b.example");
    eight_bit.message.extend("é\r\n".bytes());
    let mut utf8 = letter("a@b.example");
    utf8.envelope.smtputf8 = true;
    for (letter, named) in [
        (big, "SIZE"),
        (eight_bit, "8BITMIME"),
        (utf8, "SMTPUTF8"),
        (letter("josé@b.example"), "SMTPUTF8"),
    ] {
        let attempt = connection
            .send(&letter, &mut || panic!("not offered"))
            .await;
        assert!(
            matches!(&attempt, Attempt::Untouched(Failure::NotOffered(why)) if why.contains(named)),
            "{attempt:?}"
        );
        assert!(connection.usable());
    }
}

#[tokio::test]
async fn greetings_that_refuse_burn_nothing() {
    for (greeting, passes) in [
        ("421 4.3.2 busy\r\n", true),
        ("554 5.7.1 not you\r\n", false),
    ] {
        let (addr, _served) = relay(vec![Say(greeting), Hang]).await;
        let error = connect(addr).await.err().unwrap();
        assert!(matches!(error, ConnectError::Refused { .. }), "{error}");
        assert_eq!(error.may_pass(), passes);
    }
    for script in [
        vec![Close],
        vec![Hang],
        vec![Say("HTTP/1.1 400 Bad Request\r\n"), Hang],
        vec![Repeat("220-x\r\n")],
    ] {
        let (addr, _served) = relay(script).await;
        let error = connect(addr).await.err().unwrap();
        assert!(matches!(error, ConnectError::Unreachable { .. }), "{error}");
    }
}

#[tokio::test]
async fn helo_serves_where_ehlo_is_unknown() {
    let (addr, served) = relay(vec![
        Say("220 old.test\r\n"),
        Hear("EHLO [127.0.0.1]\r\n"),
        Say("502 what?\r\n"),
        Hear("HELO [127.0.0.1]\r\n"),
        Say("250 hello\r\n"),
        Hear("MAIL FROM:<bounces+1@camara.example>\r\n"),
        Say("250\r\n"),
        Hear("RCPT TO:<a@b.example>\r\n"),
        Say("250\r\n"),
        Hear("DATA\r\n"),
        Say("354\r\n"),
        Hear("\r\n.\r\n"),
        Say("250\r\n"),
    ])
    .await;
    let mut connection = connect(addr).await.unwrap();
    let attempt = connection
        .send(&letter("a@b.example"), &mut || Ok(()))
        .await;
    assert!(matches!(attempt, Attempt::Accepted(_)), "{attempt:?}");
    served.await.unwrap();
}

#[tokio::test]
async fn a_reply_too_many_is_not_taken_for_the_next_mails() {
    let (addr, _served) = relay(vec![
        Say("220 relay.test\r\n"),
        Hear("EHLO"),
        Say(PIPELINING),
        Hear("DATA\r\n"),
        Say("250 ok\r\n250 ok\r\n354 go\r\n"),
        Hear("\r\n.\r\n"),
        Say("250 taken\r\n250 taken again\r\n"),
        Hang,
    ])
    .await;
    let mut connection = connect(addr).await.unwrap();
    let first = connection
        .send(&letter("a@b.example"), &mut || Ok(()))
        .await;
    assert!(matches!(first, Attempt::Accepted(_)), "{first:?}");
    let second = connection
        .send(&letter("c@d.example"), &mut || panic!("no content"))
        .await;
    assert!(
        matches!(second, Attempt::Untouched(Failure::Protocol(_))),
        "{second:?}"
    );
    assert!(!connection.usable());
}

#[tokio::test]
async fn given_up_half_way_a_connection_is_not_used_again() {
    let (addr, _served) = relay(vec![
        Say("220 relay.test\r\n"),
        Hear("EHLO"),
        Say(PIPELINING),
        Hang,
    ])
    .await;
    let mut connection = connect(addr).await.unwrap();
    let first = letter("a@b.example");
    let mut commit = || Ok(());
    let sending = connection.send(&first, &mut commit);
    let given_up = tokio::time::timeout(Duration::from_millis(50), sending).await;
    assert!(given_up.is_err());
    assert!(!connection.usable());
    let again = connection.send(&first, &mut commit).await;
    assert!(
        matches!(again, Attempt::Untouched(Failure::Lost(_))),
        "{again:?}"
    );
}
