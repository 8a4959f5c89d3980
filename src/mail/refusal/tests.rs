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
    // Cisco's gateways put words of their own before another server's.
    (0, "5.1.0", "5.1.0 - Unknown address error 550-'Blocked using zen.example'", Class::Blocked, Reason::Blocklisted, true),
    (0, "5.1.0", "5.1.0 - Unknown address error 550-'no such user'", Class::Hard, Reason::NoSuchUser, true),
    (550, "5.1.1", "user unknown; ask your network administrator", Class::Hard, Reason::NoSuchUser, true),
    (554, "", "Transaction failed: unknown error", Class::Unknown, Reason::Unspecified, true),
    (554, "", "something is unknown here", Class::Unknown, Reason::Unspecified, true),
    (554, "", "mail system currently unavailable", Class::Soft, Reason::ServerTrouble, true),
    (554, "", "invalid Message-ID", Class::ContentRejected, Reason::Content, true),
    (550, "5.7.1", "Invalid something", Class::Blocked, Reason::Policy, true),
    (550, "5.7.1", "Our website has moved to https://a.example", Class::Blocked, Reason::Policy, true),
    (550, "5.1.6", "the user has moved to b.example", Class::Hard, Reason::Moved, true),
    // Throttling and policies without a status.
    (550, "", "Connection frequency limited", Class::Blocked, Reason::TooFast, true),
    (550, "", "Suspected bounce attacks https://a.example/", Class::Blocked, Reason::TooFast, true),
    (550, "", "MI:SPF mx30,abc http://a.example", Class::Blocked, Reason::Policy, true),
    (550, "", "User not found: MI:NHD", Class::Hard, Reason::NoSuchUser, true),
    (554, "", "a.example (mx016) Nemesis ESMTP Service not available\n554-No SMTP service\n554-IP address is black listed", Class::Blocked, Reason::Blocklisted, true),
    (554, "", "No SMTP service", Class::Blocked, Reason::Policy, true),
    // Exchange Online's blocks of tenants.
    (550, "5.7.750", "Service unavailable. Client blocked from sending from unregistered domains", Class::Blocked, Reason::Policy, true),
    (550, "5.7.708", "Service unavailable. Access denied, traffic not accepted from this IP", Class::Blocked, Reason::Policy, true),
    (550, "5.7.1", "Service unavailable", Class::Blocked, Reason::Policy, true),
    (451, "4.7.500", "Server busy. Please try again later", Class::Soft, Reason::ServerTrouble, false),
    (421, "", "Service not available, closing transmission channel", Class::Soft, Reason::ServerTrouble, false),
    (550, "5.7.1", "too old TLS version", Class::RelayProblem, Reason::Tls, true),
    (0, "5.4.7", "Delivery expired (message too old)", Class::Soft, Reason::Expired, true),
];

/// Code, status, words; why. What servers say of the sender, with words that elsewhere say that an address is dead.
type OfSender = (u16, &'static str, &'static str, Reason);

#[rustfmt::skip]
const OF_SENDER: &[OfSender] = &[
    (550, "5.1.0", "<bounces+x@camara.example>: Sender address rejected: User unknown in virtual mailbox table", Reason::SenderRefused),
    (550, "5.1.8", "<bounces+x@camara.example>: Sender address rejected: Domain not found", Reason::SenderRefused),
    (550, "5.1.8", "Domain not found", Reason::SenderRefused),
    (0, "", "550-Verification failed for <bounces@camara.example>\n550-Unrouteable address\n550 Sender verify failed", Reason::SenderRefused),
    (0, "", "550-Verification failed for <bounces@camara.example>\n550-No Such User Here\n550 Sender verify failed", Reason::SenderRefused),
    (0, "", "550-Callback setup failed while verifying <b@camara.example> 550-The initial connection was rejected: 550 5.1.1 User unknown", Reason::SenderRefused),
    (550, "5.7.1", "Unknown address in MAIL FROM, message refused", Reason::SenderRefused),
    (550, "5.1.1", "no such user (in reply to MAIL FROM command)", Reason::SenderRefused),
    (550, "5.7.1", "Unknown host in HELO", Reason::SenderRefused),
    (550, "", "Helo command rejected: Host not found", Reason::NotAuthentic),
    (550, "5.7.1", "Sender domain is not in our whitelist", Reason::SenderRefused),
    (550, "5.7.1", "This server does not accept mail from your network", Reason::Policy),
    (554, "5.7.1", "mx is currently not accepting mail from 192.0.2.4 due to poor reputation", Reason::NotAllowed),
    (550, "5.7.1", "The PTR for your IP couldn't be found", Reason::NotAuthentic),
    (550, "", "rDNS entry for 192.0.2.7 not found", Reason::NotAuthentic),
    (554, "5.7.1", "rDNS not found for 192.0.2.7", Reason::NotAuthentic),
    (550, "", "SPF Sender Invalid - envelope rejected", Reason::NotAuthentic),
    (550, "", "DKIM Sender Invalid", Reason::NotAuthentic),
    (550, "5.1.1", "Client host [192.0.2.1] unknown", Reason::Policy),
    (550, "5.7.511", "Access denied, banned sender; user unknown", Reason::Policy),
    (550, "", "remitente desconocido", Reason::SenderRefused),
    (550, "", "mittente sconosciuto", Reason::SenderRefused),
    (550, "", "Absender unbekannt", Reason::SenderRefused),
    (550, "", "expéditeur inconnu", Reason::SenderRefused),
    (550, "", "remetente desconhecido", Reason::SenderRefused),
    (550, "", "Отправитель не существует", Reason::SenderRefused),
];

#[test]
fn what_is_said_of_the_sender_is_nobodys_death() {
    for (code, status, words, reason) in OF_SENDER {
        let verdict = classify((*code > 0).then_some(*code), Status::parse(status), words);
        assert_eq!(
            (verdict.class, verdict.reason),
            (Class::Blocked, *reason),
            "{code} {status} {words}"
        );
    }
    let verdict = classify(
        Some(550),
        None,
        "sorry, no valid cert for gatewaying (#5.7.1)",
    );
    assert_eq!(
        (verdict.class, verdict.reason),
        (Class::RelayProblem, Reason::NoRelay)
    );
}

#[test]
fn only_clear_words_and_exact_statuses_are_sure() {
    for (code, status, words, sure) in [
        (550, "5.1.1", "", true),
        (550, "5.1.1", "<ana@a.example>... User unknown", true),
        (550, "", "user unknown", true),
        (0, "", "El usuario no existe", true),
        (550, "5.2.1", "", true),
        (556, "", "", true),
        (550, "", "", false),
        (550, "", "xyz", false),
        (
            550,
            "",
            "Requested action not taken: mailbox unavailable",
            false,
        ),
        (550, "", "invalid", false),
        (550, "5.1.0", "", false),
        (550, "5.1.99", "", false),
        // What the words say is something else.
        (550, "5.1.1", "refused by policy", false),
    ] {
        let verdict = classify((code > 0).then_some(code), Status::parse(status), words);
        assert_eq!(
            (verdict.class, verdict.sure),
            (Class::Hard, sure),
            "{code} {status} {words}"
        );
    }
}

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
fn patterns_fit_statuses() {
    let fits = |status: &str, pattern: &str| Status::parse(status).unwrap().is_like(pattern);
    assert!(fits("5.7.708", "5.7.7xx") && fits("4.7.708", "x.7.7xx") && fits("5.7.708", "5.7.x"));
    assert!(!fits("5.7.70", "5.7.7xx") && !fits("5.7.7", "5.7.7xx") && !fits("5.7.808", "5.7.7xx"));
    assert!(fits("5.1.1", "5.1.1") && !fits("5.1.10", "5.1.1"));
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
        // Nobody is dead for what is tried again, nor for what is said of the sender.
        if verdict.status.is_some_and(|status| status.class() == 4) {
            prop_assert!(verdict.class != Class::Hard && !verdict.permanent);
        }
        let of_sender = format!("{text} . Sender address rejected");
        prop_assert!(text.len() > 4000 || classify(Some(code), Status::parse(&status), &of_sender).class != Class::Hard);
        prop_assert!(!verdict.sure || verdict.class != Class::Unknown);
    }
}
