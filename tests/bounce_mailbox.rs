//! The bounce mailbox on an IMAP server that breaks, refuses, or says what no honest server would.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod scripted_imap;

use std::net::SocketAddr;
use std::time::Duration;

use postmerge::bounce::mailbox::{ImapMailbox, MESSAGE_AT_MOST, Mailbox, MailboxError, Taken};
use postmerge::transport::imap::{ImapConfig, ImapError, Step as At, Timeouts};
use postmerge::transport::smtp::{Credentials, TlsMode};
use postmerge::workspace::settings::Then;
use scripted_imap::Step::{self, Answer, Close, Hang, Repeat, Say};
use scripted_imap::server;

const PASSWORD: &str = "s3cr3t \"word\"";

fn mailbox_with(address: SocketAddr, then: Then, seconds: u64) -> ImapMailbox {
    let limit = Duration::from_secs(seconds);
    let config = ImapConfig {
        host: "127.0.0.1".into(),
        port: address.port(),
        tls: TlsMode::Plain,
        authorities: None,
        credentials: Credentials {
            user: "bounces".into(),
            password: PASSWORD.into(),
        },
        timeouts: Timeouts {
            connect: limit,
            command: limit,
            batch: limit,
        },
    };
    ImapMailbox::new(config, "INBOX", then).unwrap()
}

fn mailbox(address: SocketAddr, then: Then) -> ImapMailbox {
    mailbox_with(address, then, 20)
}

fn moved() -> Then {
    Then::Move("Procesados ñ".into())
}

fn say(text: &str) -> Step {
    Say(text.into())
}

fn answer(command: &'static str, text: &str) -> Step {
    Answer(command, text.into())
}

/// Greeting and login, by the command LOGIN.
fn door(capabilities: &str) -> Vec<Step> {
    let offered = format!("* CAPABILITY IMAP4rev1 {capabilities}\r\nOK done\r\n");
    vec![
        say("* OK ready\r\n"),
        Answer("CAPABILITY", offered.clone()),
        answer(r#"LOGIN "bounces" "s3cr3t \"word\"""#, "OK in\r\n"),
        Answer("CAPABILITY", offered),
    ]
}

fn select(validity: u32, exists: u32) -> Step {
    let text = format!(
        "* FLAGS (\\Seen)\r\n* {exists} EXISTS\r\n* OK [UIDVALIDITY {validity}] ok\r\n* OK [PERMANENTFLAGS (\\Seen \\Deleted \\*)] ok\r\n* OK [HIGHESTMODSEQ 7] ok\r\nOK [READ-WRITE] open\r\n"
    );
    Answer("SELECT \"INBOX\"", text)
}

/// The walk up to where messages are fetched.
fn walk(uids: &[u32]) -> Vec<Step> {
    let (first, last) = (uids[0], uids[uids.len() - 1]);
    let list: String = uids.iter().map(|uid| format!(" {uid}")).collect();
    let sizes: String = uids
        .iter()
        .map(|uid| format!("* {uid} FETCH (UID {uid} RFC822.SIZE 14)\r\n"))
        .collect();
    vec![
        Answer(
            "FETCH 1,* (UID)",
            format!("* 1 FETCH (UID {first})\r\n* 9 FETCH (UID {last})\r\nOK done\r\n"),
        ),
        Answer("UID SEARCH", format!("* SEARCH{list}\r\nOK done\r\n")),
        Answer("RFC822.SIZE", format!("{sizes}OK done\r\n")),
    ]
}

fn fetched(uids: &[u32]) -> String {
    uids.iter()
        .map(|uid| {
            let text = format!("Subject: {uid:04}\r\n");
            format!(
                "* {uid} FETCH (UID {uid} BODY[]<0> {{{}}}\r\n{text})\r\n",
                text.len()
            )
        })
        .collect()
}

fn script(parts: Vec<Vec<Step>>) -> Vec<Step> {
    parts.concat()
}

async fn all(mailbox: &mut ImapMailbox) -> Result<Vec<(String, Taken)>, MailboxError> {
    let mut messages = Vec::new();
    while let Some(message) = mailbox.next().await? {
        let text = String::from_utf8(message.bytes).unwrap();
        messages.push((text.trim().replace("Subject: ", ""), message.taken));
    }
    Ok(messages)
}

fn imap(error: MailboxError) -> ImapError {
    match error {
        MailboxError::Imap(error) => error,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn the_server_says_when_messages_arrived() {
    let told = |uid: u32, date: &str| {
        format!("* {uid} FETCH (UID {uid} INTERNALDATE \"{date}\" BODY[]<0> {{2}}\r\nx\n)\r\n")
    };
    let both = told(3, " 3-Dec-2026 18:00:00 -0500") + &told(4, "13-Dec-2026 18:00:00 +0000");
    let (address, _served) = server(vec![script(vec![
        door(""),
        vec![select(1, 2)],
        walk(&[3, 4]),
        vec![Answer("INTERNALDATE BODY.PEEK", both + "OK done\r\n")],
    ])])
    .await;
    let mut mailbox = mailbox(address, Then::Flag);
    let mut dates = Vec::new();
    while let Some(message) = mailbox.next().await.unwrap() {
        dates.push(message.arrived.unwrap().to_string());
    }
    assert_eq!(dates, ["2026-12-03T23:00:00Z", "2026-12-13T18:00:00Z"]);
}

#[tokio::test]
async fn messages_are_read_and_flagged() {
    let (address, served) = server(vec![script(vec![
        door(""),
        vec![select(1, 9)],
        walk(&[3, 4, 9]),
        vec![
            Answer(
                "UID FETCH 3:4,9 (UID INTERNALDATE BODY.PEEK[]<0.1048577>)",
                fetched(&[3, 4, 9]) + "OK done\r\n",
            ),
            answer(
                "UID STORE 3:4 +FLAGS.SILENT (\\Seen $postmerge)",
                "OK done\r\n",
            ),
            answer("LOGOUT", "* BYE\r\nOK bye\r\n"),
        ],
    ])])
    .await;
    let mut mailbox = mailbox(address, Then::Flag);
    let messages = all(&mut mailbox).await.unwrap();
    let taken: Vec<Taken> = messages.iter().map(|(_, taken)| taken.clone()).collect();
    assert_eq!(
        messages
            .iter()
            .map(|(text, _)| text.as_str())
            .collect::<Vec<_>>(),
        ["0003", "0004", "0009"]
    );
    mailbox.done(&taken[..2]).await.unwrap();
    Box::new(mailbox).close().await;
    let heard = served.await.unwrap();
    assert!(
        heard
            .iter()
            .any(|line| line.contains("UID SEARCH UID 3:9 UNDELETED UNKEYWORD $postmerge")),
        "{heard:#?}"
    );
}

#[tokio::test]
async fn a_drop_amid_a_message_is_taken_up_again_once() {
    let half = "* 3 FETCH (UID 3 BODY[]<0> {15}\r\nSubj";
    let broken = |rest: Vec<Step>| script(vec![door(""), rest]);
    let first = broken(
        [
            vec![select(1, 2)],
            walk(&[3, 4]),
            vec![answer("BODY.PEEK", half), Close],
        ]
        .concat(),
    );
    let whole = Answer("BODY.PEEK", fetched(&[3, 4]) + "OK done\r\n");
    let (address, served) = server(vec![first.clone(), broken(vec![select(1, 2), whole])]).await;
    let messages = all(&mut mailbox(address, Then::Flag)).await.unwrap();
    assert_eq!(messages.len(), 2);
    served.await.unwrap();
    let (address, _) = server(vec![
        first,
        broken(vec![select(1, 2), answer("BODY.PEEK", half), Close]),
    ])
    .await;
    let error = imap(all(&mut mailbox(address, Then::Flag)).await.unwrap_err());
    assert!(
        matches!(
            &error,
            ImapError::Lost {
                step: At::Fetch,
                ..
            }
        ),
        "{error}"
    );
    assert!(error.may_pass());
}

#[tokio::test]
async fn a_changed_uidvalidity_forgets_uids() {
    let first = script(vec![
        door("MOVE"),
        vec![select(1, 2)],
        walk(&[3, 4]),
        vec![Answer("BODY.PEEK", fetched(&[3, 4]) + "OK done\r\n"), Close],
    ]);
    let second = script(vec![
        door("MOVE"),
        vec![select(2, 1)],
        walk(&[8]),
        vec![
            Answer("BODY.PEEK", fetched(&[8]) + "OK done\r\n"),
            answer("UID MOVE 8 ", "OK done\r\n"),
        ],
    ]);
    let (address, served) = server(vec![first, second]).await;
    let mut mailbox = mailbox(address, moved());
    let first = mailbox.next().await.unwrap().unwrap();
    let second = mailbox.next().await.unwrap().unwrap();
    // The connection is gone by now, and the folder is another one.
    mailbox
        .done(&[first.taken.clone(), second.taken.clone()])
        .await
        .unwrap();
    let rest = all(&mut mailbox).await.unwrap();
    assert_eq!(rest[0].0, "0008");
    mailbox
        .done(&[first.taken, rest[0].1.clone()])
        .await
        .unwrap();
    drop(mailbox);
    let heard = served.await.unwrap();
    assert_eq!(
        heard.iter().filter(|line| line.contains("MOVE")).count(),
        1,
        "{heard:#?}"
    );
}

#[tokio::test]
async fn without_move_messages_are_copied_and_the_folder_is_made() {
    let (address, served) = server(vec![script(vec![
        door("UIDPLUS"),
        vec![select(1, 1)],
        walk(&[3]),
        vec![
            Answer("BODY.PEEK", fetched(&[3]) + "OK done\r\n"),
            answer(
                "UID COPY 3 \"Procesados &APE-\"",
                "NO [TRYCREATE] there is none\r\n",
            ),
            answer("CREATE \"Procesados &APE-\"", "OK done\r\n"),
            answer("UID COPY 3 ", "OK [COPYUID 1 3 1] done\r\n"),
            answer(
                "UID STORE 3 +FLAGS.SILENT (\\Seen \\Deleted)",
                "OK done\r\n",
            ),
            answer("UID EXPUNGE 3", "* 1 EXPUNGE\r\nOK done\r\n"),
        ],
    ])])
    .await;
    let mut mailbox = mailbox(address, moved());
    let messages = all(&mut mailbox).await.unwrap();
    mailbox.done(&[messages[0].1.clone()]).await.unwrap();
    served.await.unwrap();
}

#[tokio::test]
async fn refusals_are_told_in_the_servers_words() {
    for (script, expected) in [
        (
            vec![say("* BYE too busy\r\n")],
            "waiting for its greeting: the server said: too busy",
        ),
        (
            script(vec![
                door(""),
                vec![answer("SELECT", "NO [NONEXISTENT] no such folder\r\n")],
            ]),
            "opening the folder: the server said: [NONEXISTENT] no such folder",
        ),
        (
            script(vec![
                door(""),
                vec![answer(
                    "SELECT",
                    "* 1 EXISTS\r\n* OK [UIDVALIDITY 1] ok\r\nOK [READ-ONLY] open\r\n",
                )],
            ]),
            "read-only",
        ),
        (
            script(vec![
                door(""),
                vec![
                    select(1, 5),
                    answer(
                        "FETCH 1,*",
                        "* 1 FETCH (UID 1)\r\nBAD Error in \x1b[31mcommand\r\n",
                    ),
                ],
            ]),
            "searching: the server said: Error in  [31mcommand",
        ),
        (
            script(vec![
                door(""),
                vec![
                    select(1, 5),
                    walk(&[3, 4])[0].clone(),
                    answer("UID SEARCH", "NO not today\r\n"),
                ],
            ]),
            "searching: the server said: not today",
        ),
    ] {
        let (address, _served) = server(vec![script]).await;
        let error = imap(all(&mut mailbox(address, Then::Flag)).await.unwrap_err());
        assert!(matches!(error, ImapError::Refused { .. }), "{error}");
        let words = error.to_string();
        assert!(words.contains(expected), "{words}");
        assert!(words.starts_with("127.0.0.1:"), "{words}");
    }
}

#[tokio::test]
async fn passwords_are_offered_where_they_may_be_and_never_shown() {
    let plain = "AGJvdW5jZXMAczNjcjN0ICJ3b3JkIg==";
    let open = |capabilities: &str, rest: Vec<Step>| {
        let offered = format!("* CAPABILITY IMAP4rev1 {capabilities}\r\nOK done\r\n");
        [
            vec![say("* OK hi\r\n"), Answer("CAPABILITY", offered)],
            rest,
        ]
        .concat()
    };
    let refusal = format!("NO [AUTHENTICATIONFAILED] {PASSWORD} and {plain} are wrong\r\n");
    let asked = vec![
        answer("AUTHENTICATE PLAIN", "+ \r\n"),
        Answer(plain, String::new()),
        Close,
    ];
    for (script, expected) in [
        (
            open(
                "AUTH=PLAIN SASL-IR",
                vec![Answer("AUTHENTICATE PLAIN AGJv", refusal.clone())],
            ),
            "refused: [AUTHENTICATIONFAILED] … and … are wrong",
        ),
        (
            open("", vec![Answer("LOGIN", refusal)]),
            "user and password were refused: [AUTHENTICATIONFAILED]",
        ),
        (
            open("AUTH=PLAIN", asked),
            "logging in: the server closed the connection",
        ),
        (
            open("LOGINDISABLED", vec![]),
            "takes no password on this connection",
        ),
        (
            open("", vec![answer("LOGIN", "NO [UNAVAILABLE] later\r\n")]),
            "logging in: the server said: [UNAVAILABLE] later",
        ),
        (
            open("", vec![answer("LOGIN", "* BYE too many failures\r\n")]),
            "logging in: the server said: too many failures",
        ),
    ] {
        let (address, _served) = server(vec![script]).await;
        let error = imap(all(&mut mailbox(address, Then::Flag)).await.unwrap_err());
        let words = format!("{error} {error:?}");
        assert!(words.contains(expected), "{words}");
        assert!(
            !words.contains(PASSWORD) && !words.contains(plain),
            "{words}"
        );
    }
}

#[tokio::test]
async fn whatever_is_more_than_was_asked_for_ends_it() {
    let open = |rest: Vec<Step>| script(vec![door(""), vec![select(1, 2)], walk(&[3, 4]), rest]);
    for (last, expected) in [
        (
            vec![
                answer("BODY.PEEK", "* 3 FETCH (UID 3 BODY[]<0> {4294967295}\r\n"),
                Repeat("x"),
            ],
            "literal of 4294967295",
        ),
        (
            vec![answer("BODY.PEEK", "* OK "), Repeat("long")],
            "a line of more than",
        ),
        (
            vec![
                answer("BODY.PEEK", "* 3 FETCH (BODYSTRUCTURE "),
                Repeat("("),
            ],
            "nested deeper",
        ),
        (
            vec![answer("BODY.PEEK", ""), Repeat("* OK still here\r\n")],
            "octets in reply to one command",
        ),
        (
            vec![answer(
                "BODY.PEEK",
                "* 3 FETCH (UID 3 BODY[]<0> {x}\r\nsecret text)\r\n",
            )],
            "it is not IMAP",
        ),
    ] {
        let (address, _served) = server(vec![open(last)]).await;
        let error = imap(all(&mut mailbox(address, Then::Flag)).await.unwrap_err());
        assert!(
            matches!(
                error,
                ImapError::Protocol {
                    step: At::Fetch,
                    ..
                }
            ),
            "{error}"
        );
        assert!(error.to_string().contains(expected), "{error}");
        assert!(!error.to_string().contains("secret"), "{error}");
    }
    for before in [
        vec![Repeat("x")],
        vec![
            say("* OK hi\r\n"),
            answer("CAPABILITY", ""),
            Repeat("* OK x\r\n"),
        ],
    ] {
        let (address, _served) = server(vec![before]).await;
        let error = imap(all(&mut mailbox(address, Then::Flag)).await.unwrap_err());
        assert!(matches!(error, ImapError::Protocol { .. }), "{error}");
    }
}

#[tokio::test]
async fn a_long_message_is_cut_and_one_that_is_gone_left_out() {
    let size = MESSAGE_AT_MOST + 1;
    let long = format!(
        "* 3 FETCH (UID 3 BODY[]<0> {{{size}}}\r\n{})\r\n",
        "(".repeat(size)
    );
    let empty = "* 4 FETCH (UID 4 BODY[]<0> NIL)\r\n* 5 FETCH (UID 5 BODY[]<0> \"\")\r\n* 7 FETCH (FLAGS (\\Seen))\r\n";
    let (address, _served) = server(vec![script(vec![
        door(""),
        vec![select(1, 3)],
        walk(&[3, 4, 5]),
        vec![Answer(
            "BODY.PEEK",
            format!("{long}{empty}NO [EXPUNGEISSUED] one is gone\r\n"),
        )],
    ])])
    .await;
    let mut mailbox = mailbox(address, Then::Flag);
    let message = mailbox.next().await.unwrap().unwrap();
    assert_eq!((message.bytes.len(), message.cut), (MESSAGE_AT_MOST, true));
    let message = mailbox.next().await.unwrap().unwrap();
    assert_eq!(
        (message.taken.to_string().as_str(), message.bytes.len()),
        ("UID 5", 0)
    );
    assert_eq!(mailbox.next().await.unwrap(), None);
}

#[tokio::test]
async fn silence_ends_after_its_time() {
    let hanging = [
        (vec![Hang], At::Greeting),
        (
            vec![say("* OK hi\r\n"), answer("CAPABILITY", ""), Hang],
            At::Capability,
        ),
        (
            script(vec![
                door(""),
                vec![answer("SELECT", "* 1 EXISTS\r\n"), Hang],
            ]),
            At::Select,
        ),
    ];
    for (script, at) in hanging {
        let (address, _served) = server(vec![script.clone(), script]).await;
        let error = imap(
            all(&mut mailbox_with(address, Then::Flag, 1))
                .await
                .unwrap_err(),
        );
        let (ImapError::Lost { step, why, .. } | ImapError::Unreachable { step, why, .. }) = &error
        else {
            panic!("{error}");
        };
        assert_eq!((*step, why.as_str()), (at, "nothing within 1 s"));
    }
}

#[tokio::test]
async fn an_empty_folder_and_far_apart_uids_are_walked() {
    let (address, _served) = server(vec![script(vec![door(""), vec![select(1, 0)]])]).await;
    assert_eq!(all(&mut mailbox(address, Then::Flag)).await.unwrap(), []);
    let far = 1_000_000;
    let mut steps = vec![Answer(
        "FETCH 1,* (UID)",
        format!("* 1 FETCH (UID 1)\r\n* 2 FETCH (UID {far})\r\nOK done\r\n"),
    )];
    let mut next = 1;
    let mut window = 1_000;
    while next <= far {
        let last = far.min(next + window - 1);
        let found = if last == far {
            format!(" {far}")
        } else {
            String::new()
        };
        steps.push(Answer(
            "UID SEARCH UID",
            format!("* SEARCH{found}\r\nOK done\r\n"),
        ));
        next = last + 1;
        window = (window * 2).min(32_000);
    }
    steps.push(Answer(
        "RFC822.SIZE",
        format!("* 2 FETCH (UID {far} RFC822.SIZE 3)\r\nOK done\r\n"),
    ));
    steps.push(Answer("BODY.PEEK", fetched(&[far]) + "OK done\r\n"));
    let (address, served) = server(vec![script(vec![door(""), vec![select(1, 2)], steps])]).await;
    assert_eq!(
        all(&mut mailbox(address, Then::Flag)).await.unwrap().len(),
        1
    );
    assert!(served.await.unwrap().len() < 50);
}

#[tokio::test]
async fn what_another_reader_moves_meanwhile_is_left_to_it() {
    let open = |rest: Vec<Step>| {
        script(vec![
            door("MOVE"),
            vec![select(1, 2)],
            walk(&[3, 4]),
            vec![Answer("BODY.PEEK", fetched(&[3, 4]) + "OK done\r\n")],
            rest,
        ])
    };
    for (left, again, fine) in [
        (" 4", Some(answer("UID MOVE 4 ", "OK done\r\n")), true),
        ("", None, true),
        (" 3 4", None, false),
    ] {
        let mut rest = vec![
            answer("UID MOVE 3:4 ", "NO [EXPUNGEISSUED] some are gone\r\n"),
            answer("NOOP", "* 1 EXPUNGE\r\nOK done\r\n"),
            Answer(
                "UID SEARCH UID 3:4 UNDELETED",
                format!("* SEARCH{left}\r\nOK done\r\n"),
            ),
        ];
        rest.extend(again);
        let (address, served) = server(vec![open(rest)]).await;
        let mut mailbox = mailbox(address, moved());
        let taken: Vec<Taken> = all(&mut mailbox)
            .await
            .unwrap()
            .into_iter()
            .map(|(_, taken)| taken)
            .collect();
        let done = mailbox.done(&taken).await;
        assert_eq!(done.is_ok(), fine, "{left}: {done:?}");
        drop(mailbox);
        served.await.unwrap();
    }
}
