//! The table's tests: a reply, and what it comes to.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::rules::RULES;
use super::{Class, Language, Reason, Status, classify, reply_code};

/// Code, status, words; class, reason, given up.
type Case = (u16, &'static str, &'static str, Class, Reason, bool);

#[rustfmt::skip]
const CASES: &[Case] = &[
    (550, "5.1.1", "<x@a.example>... User unknown", Class::Hard, Reason::NoSuchUser, true),
    (550, "", "5.1.1 The email account that you tried to reach does not exist.", Class::Hard, Reason::NoSuchUser, true),
    (0, "", "550-5.1.1 no such user\n550 5.1.1 try another", Class::Hard, Reason::NoSuchUser, true),
    (450, "4.1.1", "unverified address: user unknown", Class::Soft, Reason::NoSuchUser, false),
    // The words win over the status beside them.
    (550, "5.1.1", "sorry, mailbox full", Class::MailboxFull, Reason::MailboxFull, true),
    (554, "5.7.1", "<x@a.example>: user unknown", Class::Hard, Reason::NoSuchUser, true),
    (550, "5.7.1", "Unable to relay for x@a.example", Class::RelayProblem, Reason::NoRelay, true),
    (550, "5.1.1", "Client host [192.0.2.1] blocked using zen.example", Class::Blocked, Reason::Blocklisted, true),
    (552, "5.2.2", "", Class::MailboxFull, Reason::MailboxFull, true),
    (0, "5.2.2", "x-unix; input/output error", Class::MailboxFull, Reason::MailboxFull, true),
    (0, "", "x-unix; input/output error", Class::Soft, Reason::ServerTrouble, false),
    (452, "4.2.2", "over quota", Class::MailboxFull, Reason::MailboxFull, false),
    (452, "4.3.1", "Insufficient system storage", Class::Soft, Reason::ServerTrouble, false),
    (552, "5.3.4", "Message size exceeds fixed limit", Class::TooBig, Reason::TooBig, true),
    (452, "", "Mailbox size limit exceeded", Class::MailboxFull, Reason::MailboxFull, false),
    (552, "", "message too large", Class::TooBig, Reason::TooBig, true),
    (554, "5.7.1", "Rejected by policy", Class::Blocked, Reason::Policy, true),
    (550, "5.7.26", "This mail has been blocked because the sender is unauthenticated", Class::Blocked, Reason::NotAuthentic, true),
    (421, "4.7.28", "Our system has detected an unusual rate of mail", Class::Blocked, Reason::TooFast, false),
    (451, "4.7.1", "Greylisting in action, please come back later", Class::Soft, Reason::Greylisted, false),
    (550, "5.7.1", "this message is likely unsolicited mail", Class::ContentRejected, Reason::Spam, true),
    (554, "", "virus detected in message", Class::ContentRejected, Reason::Virus, true),
    (554, "", "5.4.6 too many hops", Class::RelayProblem, Reason::Loop, true),
    (0, "", "Name service error for name=a.example type=MX: Host not found, try again", Class::RelayProblem, Reason::Route, true),
    (0, "5.4.4", "", Class::RelayProblem, Reason::Route, true),
    (0, "", "connect to a.example[192.0.2.1]:25: Connection timed out", Class::Soft, Reason::NoAnswer, false),
    (0, "4.4.7", "", Class::Soft, Reason::Expired, false),
    (0, "5.1.2", "Host unknown", Class::Hard, Reason::NoSuchDomain, true),
    (556, "", "", Class::Hard, Reason::NoMail, true),
    (550, "", "Requested action not taken: mailbox unavailable", Class::Hard, Reason::NoSuchUser, true),
    (0, "5.0.0", "550 5.2.1 account closed", Class::Hard, Reason::Inactive, true),
    (0, "4.0.0", "", Class::Soft, Reason::Temporary, false),
    (0, "5.0.0", "", Class::Unknown, Reason::Unspecified, true),
    (0, "", "", Class::Unknown, Reason::Unspecified, true),
    (550, "", "El buzón está lleno", Class::MailboxFull, Reason::MailboxFull, true),
    (550, "", "usuario desconocido", Class::Hard, Reason::NoSuchUser, true),
    (550, "", "La casella di posta piena", Class::MailboxFull, Reason::MailboxFull, true),
    (550, "", "utente sconosciuto", Class::Hard, Reason::NoSuchUser, true),
    (550, "", "Empfänger unbekannt", Class::Hard, Reason::NoSuchUser, true),
    // `looping` is a word, `developer` holds none.
    (554, "", "developer", Class::Unknown, Reason::Unspecified, true),
];

#[test]
fn every_reply_comes_to_what_it_means() {
    for (code, status, words, class, reason, permanent) in CASES {
        let verdict = classify((*code > 0).then_some(*code), Status::parse(status), words);
        assert_eq!(
            (verdict.class, verdict.reason, verdict.permanent),
            (*class, *reason, *permanent),
            "{code} {status} {words}"
        );
    }
}

#[test]
fn the_table_is_sound() {
    let mut seen = BTreeSet::new();
    for rule in RULES {
        assert!(!(rule.says.is_empty() && rule.status.is_empty() && rule.codes.is_empty()));
        for phrase in rule.says {
            assert_eq!(phrase.trim(), *phrase);
            assert!(
                !phrase.contains(|c: char| c.is_ascii_uppercase()),
                "{phrase}"
            );
            assert!(seen.insert(*phrase), "{phrase} stands twice");
        }
    }
}

#[test]
fn a_class_reads_back_and_every_reason_has_words() {
    for class in Class::ALL {
        assert_eq!(Class::parse(class.name()), Ok(class));
    }
    assert!(Class::parse("Hard").is_err());
    let names: BTreeSet<&str> = Reason::ALL.iter().map(|r| r.name()).collect();
    assert_eq!(names.len(), Reason::ALL.len());
    for reason in Reason::ALL {
        let words = [Language::Es, Language::It, Language::En].map(|l| reason.words(l));
        assert!(words.iter().all(|w| w.len() > 10), "{reason:?}");
    }
}

#[test]
fn statuses_are_found_and_hosts_are_not() {
    let found = |text: &str| Status::find(text).map(|s| s.to_string());
    assert_eq!(found("550 5.1.1 x"), Some("5.1.1".into()));
    assert_eq!(found("550-5.7.1 x"), Some("5.7.1".into()));
    assert_eq!(found("x (#5.1.1)"), Some("5.1.1".into()));
    assert_eq!(found("5.0.0 then 4.2.2."), Some("4.2.2".into()));
    assert_eq!(found("192.5.1.1"), None);
    assert_eq!(found("5.1.1.9 v5.1.1-x 3.1.1 5.1.1234"), None);
    assert_eq!(Status::parse("5.1"), None);
}

#[test]
fn reply_codes_are_found() {
    assert_eq!(reply_code("host said: 550 5.1.1 x"), Some(550));
    assert_eq!(reply_code("550-5.7.1 x"), Some(550));
    assert_eq!(reply_code("[192.0.2.1]: 421 x"), Some(421));
    assert_eq!(reply_code("1550 x 55 5501"), None);
}

proptest! {
    #[test]
    fn any_text_is_judged(code in any::<u16>(), status in "\\PC{0,12}", text in "\\PC{0,300}") {
        let verdict = classify(Some(code), Status::parse(&status), &text);
        if let Some(status) = verdict.status {
            prop_assert_eq!(Status::parse(&status.to_string()), Some(status));
        }
        prop_assert_eq!(verdict, classify(Some(code), Status::parse(&status), &text));
    }
}
