//! What people wrote is forwarded to who answers for the sender: once, as an attachment of a mail of our own, and never
//! lost.

#![allow(clippy::unwrap_used, missing_docs)]

mod support {
    #[allow(dead_code, reason = "shared with the tests of the branch")]
    pub(crate) mod git;
    pub(crate) mod ledger;
    #[allow(dead_code, reason = "shared with the tests of reports")]
    pub(crate) mod office;
    pub(crate) mod relay;
}

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::tz::TimeZone;
use postmerge::bounce::forward::{Desk, Forwarding};
use postmerge::clock::Clock as _;
use postmerge::ledger::branch::Batch;
use postmerge::ledger::event::RunId;
use postmerge::ledger::feedback::MessageKey;
use postmerge::ledger::forward::{Forward, Stage};
use postmerge::mail::address::Address;
use support::ledger::fixed;
use support::office::Office;
use support::relay::Relay;

fn address(text: &str) -> Address {
    Address::parse(text).unwrap()
}

/// An office whose answers go to `answers`, by way of `relay`.
fn office(answers: &str, relay: &Relay) -> Office {
    let mut office = Office::new();
    let postmerge::ledger::event::Event::AudienceFixed { header, .. } = fixed() else {
        unreachable!()
    };
    let desk = Desk {
        name: "Eventos".to_owned(),
        address: address("eventos@camara.example"),
        answers: address(answers),
        signers: Vec::new(),
        transport: Arc::new(relay.clone()),
    };
    office.forwarding = Some(Forwarding {
        senders: BTreeMap::from([(header.sender, desk)]),
        bounces: address("rebotes@camara.example"),
        own: vec![
            address("eventos@camara.example"),
            address("rebotes@camara.example"),
        ],
        zone: TimeZone::UTC,
    });
    office
}

fn answer(office: &Office, from: &str) -> String {
    let to = office.path(2, 0);
    format!(
        "From: Ana <{from}>\nTo: {to}\nSubject: Re: Rueda\nMessage-ID: <a@uno.test>\n\nGracias, voy.\n"
    )
}

#[test]
fn an_answer_is_forwarded_once_and_then_moved() {
    let relay = Relay::default();
    let office = office("respuestas@camara.example", &relay);
    office.arrives("1", &answer(&office, "ana@uno.test"));
    let summary = office.ingest();
    assert_eq!((summary.forwarded, summary.for_people.len()), (1, 0));
    assert!(office.left().is_empty());
    let mails = relay.letters();
    let [mail] = mails.as_slice() else {
        panic!("{mails:?}")
    };
    assert_eq!(mail.envelope.to.as_str(), "respuestas@camara.example");
    let text = String::from_utf8(mail.message.clone()).unwrap();
    for line in [
        "From: Eventos <eventos@camara.example>\r\n",
        "To: respuestas@camara.example\r\n",
        "Reply-To: ana@uno.test\r\n",
        "Subject: Respuesta: Re: Rueda\r\n",
        "Auto-Submitted: auto-generated\r\n",
        "Content-Type: message/rfc822;",
        "> Gracias, voy.",
        "\r\nSubject: Re: Rueda\r\n",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    // It arrives again, by another alias of the same mailbox; and another mailbox has it, too.
    office.arrives("2", &answer(&office, "ana@uno.test"));
    let summary = office.ingest();
    assert_eq!((summary.forwarded, summary.known), (0, 1), "{summary:?}");
    assert_eq!(relay.letters().len(), 1);
    assert!(office.left().is_empty());
    let names: Vec<_> = office.feedback().iter().map(|it| it.what.name()).collect();
    assert_eq!(names, ["replied"]);
}

#[test]
fn what_somebody_has_opened_is_not_forwarded() {
    let relay = Relay::default();
    let office = office("respuestas@camara.example", &relay);
    let cur = office.mail().join("cur");
    std::fs::write(cur.join("1:2,RS"), answer(&office, "ana@uno.test")).unwrap();
    let summary = office.ingest();
    assert_eq!((summary.forwarded, summary.known), (0, 1), "{summary:?}");
    assert!(relay.letters().is_empty());
    let names: Vec<_> = office.feedback().iter().map(|it| it.what.name()).collect();
    assert_eq!(names, ["replied"]);
    assert_eq!(office.ingest().messages, 0);
}

#[test]
fn who_died_while_forwarding_leaves_the_message_to_a_person() {
    let relay = Relay::default();
    let mut office = office("respuestas@camara.example", &relay);
    let text = answer(&office, "ana@uno.test");
    let key = MessageKey::of(text.trim_end().as_bytes());
    let mut ledger = office.ledger("dead");
    let now = office.clock.now();
    let publish = |ledger: &mut postmerge::ledger::branch::Ledger, stage| {
        let forward = Forward::new(now, RunId(4), stage, &[key]);
        let batch = Batch {
            forwards: vec![forward],
            ..Batch::new(RunId(4), now, "forwards")
        };
        ledger.publish(&batch).unwrap();
    };
    publish(&mut ledger, Stage::Claimed);
    office.arrives("1", &text);
    for run in [9, 10] {
        office.run = RunId(run);
        let summary = office.ingest();
        assert_eq!((summary.forwarded, summary.for_people.len()), (0, 1));
        let why = summary.for_people.first().unwrap().why.clone();
        assert!(why.unwrap().contains("may have been"));
        assert_eq!(office.left(), ["1"]);
    }
    assert!(relay.letters().is_empty());
    // Once it is known that it did not go out, it does.
    publish(&mut ledger, Stage::Released);
    assert_eq!(office.ingest().forwarded, 1);
}

#[test]
fn what_the_relay_refuses_stays_and_is_tried_again() {
    let relay = Relay::default();
    relay.busy(1);
    let mut office = office("respuestas@camara.example", &relay);
    office.arrives("1", &answer(&office, "ana@uno.test"));
    let summary = office.ingest();
    assert_eq!((summary.forwarded, summary.for_people.len()), (0, 1));
    assert_eq!(office.left(), ["1"]);
    office.run = RunId(10);
    assert_eq!(office.ingest().forwarded, 1);
    assert!(office.left().is_empty());
    // Taken or not: nobody knows. It is not sent again.
    relay.mute();
    let text = answer(&office, "leo@uno.test");
    office.arrives("2", &text);
    for run in [11, 12] {
        office.run = RunId(run);
        assert_eq!(office.ingest().for_people.len(), 1);
    }
    assert_eq!(relay.letters().len(), 2);
}

#[test]
fn nothing_goes_round() {
    let relay = Relay::default();
    // Our own mail, a forwarded answer that came back, and an answer to nothing.
    let office = office("respuestas@camara.example", &relay);
    office.arrives("1", &answer(&office, "eventos@camara.example"));
    let marked =
        answer(&office, "ana@uno.test").replace("Subject", "X-Postmerge-Forward: 1\nSubject");
    office.arrives("2", &marked);
    office.arrives(
        "3",
        "From: Ana <ana@uno.test>\nTo: rebotes@camara.example\nSubject: Hola\n\nHola.\n",
    );
    let summary = office.ingest();
    assert_eq!((summary.forwarded, summary.for_people.len()), (0, 3));
    // Answers that would come to where they are read.
    let round = self::office("rebotes+x@camara.example", &relay);
    round.arrives("1", &answer(&round, "ana@uno.test"));
    assert_eq!(round.ingest().for_people.len(), 1);
    assert!(relay.letters().is_empty());
}

#[test]
fn what_is_no_ascii_goes_along_as_a_file() {
    let relay = Relay::default();
    let office = office("respuestas@camara.example", &relay);
    office.arrives(
        "1",
        &answer(&office, "ana@uno.test").replace("voy", "all\u{ed} estar\u{e9}"),
    );
    assert_eq!(office.ingest().forwarded, 1);
    let mail = relay.letters().pop().unwrap();
    assert!(mail.message.is_ascii());
    let text = String::from_utf8(mail.message).unwrap();
    assert!(
        text.contains("Content-Type: application/octet-stream;"),
        "{text}"
    );
    assert!(text.contains("respuesta.eml"), "{text}");
}
