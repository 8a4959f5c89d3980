//! What is no bounce, however much it looks like one; and any octets at all.

use proptest::prelude::*;

use super::super::{Action, Kind, RECIPIENTS, read};
use super::{letter, parts, reported, told};

fn person(subject: &str, text: &str) -> Vec<u8> {
    format!("Return-Path: <ana@a.example>\nFrom: Ana <ana@a.example>\nTo: eventos@camara.example\nSubject: {subject}\n\n{text}").into_bytes()
}

#[test]
fn people_are_no_bounces() {
    for (subject, text) in [
        (
            "Re: Rueda de negocios",
            "Gracias, all\u{ed} estar\u{e9}.\nana@a.example",
        ),
        (
            "Re: Rueda",
            "I could not open the attachment. Can you send it to leo@a.example, too?",
        ),
        (
            "Re: Rueda",
            "> This message was created automatically by mail delivery software.\n> The following address(es) failed:\n>   leo@a.example\n\nThis came back when I wrote to leo. Do you have his new address?",
        ),
        (
            "Re: Undelivered Mail Returned to Sender",
            "Hi, why did my mail to Leo fail? It said: 550 5.1.1 user unknown <leo@a.example>",
        ),
        (
            "Delivery problem",
            "The following address failed:\nleo@a.example: 550 5.1.1 user unknown\nDo you know why?",
        ),
        (
            "undeliverable invitation",
            "My invitation to <leo@a.example> came back: user unknown.",
        ),
        (
            "Question",
            "Please remove old@a.example from your list, the address does not exist any more.",
        ),
    ] {
        assert_eq!(
            read(&person(subject, text)).kind,
            Kind::Reply,
            "{subject}: {text}"
        );
    }
}

/// A report that somebody passes on is seen, and is a letter of theirs: attached, or quoted under a subject of reports.
#[test]
fn a_report_in_a_persons_letter_is_their_letter() {
    let inner = "Return-Path: <>\nFrom: MAILER-DAEMON@mx.a.example\nTo: eventos@camara.example\nSubject: Undelivered Mail Returned to Sender\n\
        MIME-Version: 1.0\nContent-Type: multipart/report; report-type=delivery-status; boundary=in\n\n--in\nContent-Type: text/plain\n\nSorry.\n\n\
        --in\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.a.example\n\nFinal-Recipient: rfc822; leo@a.example\nAction: failed\nStatus: 5.1.1\n\n--in--\n";
    let attached = |fields: &str| {
        format!(
            "Return-Path: <ana@a.example>\nFrom: ana@a.example\nTo: rebotes@camara.example\n{fields}MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=out\n\n\
             --out\nContent-Type: text/plain\n\nWhat is this?\n\n--out\nContent-Type: message/rfc822\n\n{inner}\n--out--\n"
        )
    };
    let quoted = "Return-Path: <ana@a.example>\nFrom: ana@a.example\nTo: rebotes@camara.example\nSubject: failure notice\n\n\
        Hi. This is the qmail-send program at a.example.\n\n<leo@a.example>:\nSorry, no mailbox here by that name. (#5.1.1)\n";
    for letter in [
        attached("Subject: fyi\n"),
        attached("Subject: Fwd: Undelivered Mail Returned to Sender\n"),
        attached("Subject: Undelivered Mail Returned to Sender\nUser-Agent: Mozilla Thunderbird\n"),
        quoted.to_owned(),
        // The postmaster is a person, too, where a mail program says so.
        attached("Subject: fyi\nX-Mailer: Apple Mail (2.3)\n")
            .replace("ana@a.example", "postmaster@a.example"),
    ] {
        let returned = read(letter.as_bytes());
        assert_eq!(returned.kind, Kind::Reply, "{letter}");
        let Some(Kind::Report(reported)) = returned.passed_on else {
            panic!("{:?}\n{letter}", returned.passed_on)
        };
        assert_eq!(
            reported.first().unwrap().address.as_deref(),
            Some("leo@a.example")
        );
        // The same from a machine is its report.
        let machines = letter
            .replacen("Return-Path: <ana@a.example>", "Return-Path: <>", 1)
            .replacen("Return-Path: <postmaster@a.example>", "Return-Path: <>", 1)
            .replace("Fwd: ", "");
        assert_ne!(machines, letter);
        assert!(
            matches!(read(machines.as_bytes()).kind, Kind::Report(_)),
            "{machines}"
        );
    }
}

#[test]
fn people_who_write_to_lists_are_no_bounces() {
    let bytes = b"Return-Path: <lista-admin@lista.example>\nFrom: Ana <ana@a.example>\nTo: lista@lista.example\nList-Id: Lista <lista.lista.example>\n\
        Subject: [lista] Viruses and bounced mail\n\nMore and more is bounced, by full mailboxes or not.\n\nlista@lista.example\n";
    assert_eq!(read(bytes).kind, Kind::Reply);
}

#[test]
fn machines_that_answer_for_people_are_no_bounces() {
    for (subject, text) in [
        (
            "Out of Office: Rueda",
            "I am away until Monday. If it cannot wait, write to leo@a.example.",
        ),
        (
            "Automatic reply: Undelivered Mail Returned to Sender",
            "I am on holiday. Leo's old address <leo@a.example> no longer works (550 5.1.1 User unknown).",
        ),
        (
            "Out of Office: user unknown",
            "Write to leo@a.example: 550 5.1.1 user unknown was the old one.",
        ),
        (
            "Fuera de la oficina: Rueda",
            "No puedo leer su correo. Escriba a leo@a.example.",
        ),
        (
            "Risposta automatica: Rueda",
            "Non sono raggiungibile. Scrivete a leo@a.example.",
        ),
        (
            "Automatische Antwort: Rueda",
            "Ich bin nicht erreichbar. leo@a.example",
        ),
        (
            "[Ticket #17] Rueda",
            "We have received your message. Reply to help@a.example",
        ),
    ] {
        // Many of them come with the empty reverse-path.
        let bytes = letter("Ana <ana@a.example>", subject, text);
        assert_eq!(read(&bytes).kind, Kind::AutoReply, "{subject}");
    }
    let bytes = b"From: ana@a.example\nTo: e@camara.example\nSubject: Rueda\nAuto-Submitted: auto-replied (vacation)\n\nThe user leo@a.example cannot be reached.";
    assert_eq!(read(bytes).kind, Kind::AutoReply);
}

#[test]
fn receipts_and_complaints_are_what_they_are() {
    let bytes = parts(
        "Subject: Read: Rueda",
        &[
            ("text/plain", "Your message was read."),
            (
                "message/disposition-notification",
                "Final-Recipient: rfc822;ana@a.example\nOriginal-Message-ID: <m1@camara.example>\nDisposition: manual-action/MDN-sent-manually; displayed\n",
            ),
        ],
    );
    let returned = read(&bytes);
    let Kind::Receipt(receipt) = returned.kind else {
        panic!()
    };
    assert_eq!(
        (receipt.address.as_deref(), receipt.disposition.as_str()),
        (Some("ana@a.example"), "displayed")
    );
    assert_eq!(returned.traces.answers, ["m1@camara.example"]);

    let arf = |feedback: &str| {
        parts(
            "Subject: FW: Rueda",
            &[
                (
                    "text/plain",
                    "This is an email abuse report for a message received.",
                ),
                (
                    "message/feedback-report",
                    &format!(
                        "Feedback-Type: {feedback}\nUser-Agent: x/1\nVersion: 1\nOriginal-Rcpt-To: <ana@a.example>\n"
                    ),
                ),
                (
                    "message/rfc822",
                    "From: e@camara.example\nTo: undisclosed\nMessage-ID: <m2@camara.example>\n\nx",
                ),
            ],
        )
    };
    let Kind::Complaint(complaint) = read(&arf("abuse")).kind else {
        panic!()
    };
    assert_eq!(complaint.addresses, ["ana@a.example"]);
    assert!(complaint.is_objection());
    let Kind::Complaint(complaint) = read(&arf("auth-failure")).kind else {
        panic!()
    };
    assert!(!complaint.is_objection());
}

#[test]
fn what_arrived_is_no_bounce() {
    let bytes = letter(
        "MAILER-DAEMON@a.example",
        "Successful Mail Delivery Report",
        "Your message was successfully delivered to the destination(s) listed below.\n\n<ana@a.example>: delivery via mx[192.0.2.1]: 250 ok\n",
    );
    assert_eq!(
        told(&bytes),
        [("ana@a.example".to_owned(), Action::Delivered)]
    );
}

#[test]
fn much_is_bounded() {
    let mut status = String::from("Reporting-MTA: dns;mx\n\n");
    for i in 0..1000 {
        status.push_str(&format!(
            "Final-Recipient: rfc822;r{i}@a.example\nAction: failed\n\n"
        ));
    }
    let bytes = parts("Subject: x", &[("message/delivery-status", &status)]);
    assert_eq!(super::reported(&bytes).len(), RECIPIENTS);
    // Messages in messages in messages.
    let mut inner = String::from("From: a@b.example\n\nx");
    for i in 0..60 {
        inner = format!(
            "From: a@b.example\nContent-Type: multipart/mixed; boundary=b{i}\n\n--b{i}\nContent-Type: message/rfc822\n\n{inner}\n--b{i}--\n"
        );
    }
    read(inner.as_bytes());
}

proptest! {
    #[test]
    fn any_octets_are_read(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        read(&bytes);
    }

    #[test]
    fn any_text_is_read(text in "(\\PC|\n|<|@|:|-){0,400}", subject in "\\PC{0,40}") {
        for reported in match read(&letter("MAILER-DAEMON@a.example", &subject, &text)).kind {
            Kind::Report(reported) => reported,
            _ => Vec::new(),
        } {
            prop_assert!(reported.address.is_none_or(|a| a.contains('@')));
            prop_assert!(!reported.text.contains('\n'));
        }
    }

    #[test]
    fn a_status_of_any_fields_is_read(text in "((Final-Recipient|Original-Recipient|Action|Status|Diagnostic-Code| x): ?(rfc822;)?[a-z@.0-9 ]{0,20}\n{1,2}){0,12}") {
        read(&parts("Subject: x", &[("message/delivery-status", &text)]));
    }
}

#[test]
fn a_notification_that_names_nobody_is_no_report_of_nobody() {
    let text = "From: MAILER-DAEMON@mx.example\nTo: r+t@a.example\nSubject: Undelivered Mail\n\n{\"notificationType\":\"Bounce\"}";
    let found: Vec<_> = reported(text.as_bytes())
        .into_iter()
        .map(|it| (it.address, it.action))
        .collect();
    assert_eq!(found, [(None, Action::Failed)]);
}

#[test]
fn a_newsletter_about_parcels_is_no_bounce() {
    for fields in [
        "List-Unsubscribe: <https://shop.example/u>\nAuto-Submitted: auto-generated",
        "List-Id: Offers <offers.shop.example>",
        "Precedence: bulk",
    ] {
        let text = format!(
            "Return-Path: <news@shop.example>\nFrom: Shop <news@shop.example>\nTo: rebotes@camara.example\n{fields}\n\
             Subject: Your delivery failed? Undelivered parcels\n\n\
             Your parcel could not be delivered to pepe@casa.example. The address does not exist?\n"
        );
        let kind = read(text.as_bytes()).kind;
        assert!(
            matches!(kind, Kind::AutoReply | Kind::Reply),
            "{fields}: {kind:?}"
        );
    }
}

#[test]
fn addresses_in_unicode_are_read_in_both_forms() {
    let status = |recipient: &str| {
        let status = format!(
            "Reporting-MTA: dns; mx.a.example\n\nFinal-Recipient: {recipient}\nAction: failed\nStatus: 5.1.1\n"
        );
        parts(
            "Subject: x",
            &[
                ("text/plain", "x"),
                ("message/global-delivery-status", &status),
            ],
        )
    };
    for recipient in ["utf-8;jos\\x{E9}@a.example", "utf-8; jos\u{e9}@a.example"] {
        let wanted = [("jos\u{e9}@a.example".to_owned(), Action::Failed)];
        assert_eq!(told(&status(recipient)), wanted, "{recipient}");
    }
    for broken in [
        "utf-8;jos\\x{110000}@a.example",
        "utf-8;\\x{",
        "utf-8;\\x{A}@a.example",
    ] {
        read(&status(broken));
    }
}

#[test]
fn accents_that_got_lost_are_not_missed() {
    use crate::mail::refusal::Class;
    for text in [
        "La bo\u{ee}te aux lettres de ana@a.example est pleine",
        "La boite aux lettres de ana@a.example est pleine",
        "LA BO\u{ce}TE AUX LETTRES DE ana@a.example EST PLEINE",
    ] {
        for subject in ["\u{c9}chec de la remise", "Echec de la remise"] {
            let letter = letter("Courrier <info@a.example>", subject, text);
            let found = reported(&letter);
            assert_eq!(found[0].address.as_deref(), Some("ana@a.example"), "{text}");
            assert_eq!(found[0].verdict.class, Class::MailboxFull, "{text}");
        }
    }
}

#[test]
fn what_may_still_arrive_or_arrived_elsewhere_is_no_bounce() {
    let quarantined = letter(
        "\"Email Security\" <postmaster@a.example>",
        "Your message was quarantined",
        "The message you sent to ana@a.example could not be delivered immediately because it was blocked by a rule. It has been quarantined; the recipient can release it.",
    );
    let late = [("ana@a.example".to_owned(), Action::Delayed)];
    assert_eq!(told(&quarantined), late);
    let held = letter(
        "postmaster@a.example",
        "[Postmaster] Messages on hold for ana@a.example",
        "Your message to ana@a.example has been placed on hold by policy and is waiting for review.",
    );
    assert_eq!(told(&held), late);
    let warning = letter(
        "MDaemon@a.example",
        "Warning: ana@a.example - Mailbox quota is nearly full",
        "The mailbox of ana@a.example is 90% full.",
    );
    assert_eq!(read(&warning).kind, Kind::AutoReply);
    let moved = letter(
        "\"Postmaster\" <postmaster@a.example>",
        "Address change",
        "The user ana@old.example no longer works here. Your message has been forwarded to luis@a.example.",
    );
    assert_eq!(
        told(&moved),
        [("luis@a.example".to_owned(), Action::Relayed)]
    );
    let handed_on = letter(
        "MAILER-DAEMON@a.example",
        "failure notice",
        "The following addresses failed:\n\n<ana@a.example>: user unknown\n\nYour message has been forwarded to postmaster@a.example.\n",
    );
    assert_eq!(
        told(&handed_on),
        [("ana@a.example".to_owned(), Action::Failed)]
    );
}

#[test]
fn a_desk_that_is_named_after_a_mail_server_answers_and_reports_nothing() {
    let text = "Return-Path: <>\nFrom: Mail Server Support <support@a.example>\nTo: rebotes+t@camara.example\nSubject: Ticket 123 received: mail delivery problem\n\
                Auto-Submitted: auto-replied\n\nWe received your request. If ana@a.example cannot be reached, contact luis@a.example.\n";
    assert_eq!(read(text.as_bytes()).kind, Kind::AutoReply);
    // A postmaster's desk answers what was written to it.
    let text = "Return-Path: <>\nFrom: postmaster@a.example\nTo: rebotes+t@camara.example\nSubject: Re: Rueda\n\
                Auto-Submitted: auto-replied\nIn-Reply-To: <m1@camara.example>\n\nWe are in the office from nine to five.\n";
    assert_eq!(read(text.as_bytes()).kind, Kind::AutoReply);
}

#[test]
fn a_report_in_a_language_that_nobody_knows_is_one() {
    use crate::mail::refusal::Class;
    let text = "Euskaraz idatzitako mezua:\n\nana@a.example\n\nPostontzia beteta dago.\n";
    let bytes = letter("postmaster@a.example", "Mezua", text);
    let found = reported(&bytes);
    assert_eq!(found[0].address.as_deref(), Some("ana@a.example"));
    assert_eq!(found[0].verdict.class, Class::Unknown);
    // A machine that is no mail server, or one whom the mail went back to, reports nothing.
    for (from, path) in [
        ("postmaster@a.example", "postmaster@a.example"),
        ("info@a.example", ""),
    ] {
        let text = format!(
            "Return-Path: <{path}>\nFrom: {from}\nTo: rebotes+t@camara.example\nSubject: Mezua\nAuto-Submitted: auto-generated\n\n{text}"
        );
        assert_eq!(read(text.as_bytes()).kind, Kind::AutoReply, "{from} {path}");
    }
}

#[test]
fn what_is_said_of_our_own_address_is_not_the_recipients_death() {
    use crate::mail::refusal::Class;
    let about = |words: &str| {
        let status = format!(
            "Reporting-MTA: dns; mx.a.example\n\nFinal-Recipient: rfc822; ana@a.example\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; {words}\n"
        );
        let bytes = parts(
            "Subject: x",
            &[("text/plain", "x"), ("message/delivery-status", &status)],
        );
        reported(&bytes)[0].verdict.class
    };
    assert_eq!(
        about("550 5.1.1 <rebotes+tok3n@camara.example>: User unknown"),
        Class::Blocked
    );
    assert_eq!(
        about("550 5.1.1 <ana@a.example>: User unknown"),
        Class::Hard
    );
    assert_eq!(
        about("550 5.1.1 <forwarded@b.example>: User unknown"),
        Class::Hard
    );
}
