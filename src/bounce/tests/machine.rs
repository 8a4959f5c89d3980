//! Reports with a machine-readable part, as they should be and as they are.

use super::super::Action::{self, Delayed, Delivered, Failed, Relayed};
use super::super::{Kind, read};
use super::{parts, reported, told};
use crate::mail::refusal::{Class, Status};

const STATUS: &str = "Reporting-MTA: dns; mx.a.example\n\nFinal-Recipient: rfc822; ana@a.example\nAction: failed\n\
    Status: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 no such\n user\n\nFinal-Recipient: rfc822; leo@a.example\n\
    Action: delayed\nStatus: 4.2.2\nWill-Retry-Until: Mon, 7 Dec 2026\n";

fn one(address: &str, action: Action) -> Vec<(String, Action)> {
    vec![(address.to_owned(), action)]
}

#[test]
fn a_report_is_read() {
    let bytes = parts(
        "Subject: Undelivered Mail Returned to Sender",
        &[
            ("text/plain", "I'm sorry."),
            ("message/delivery-status", STATUS),
            (
                "message/rfc822",
                "Return-Path: <rebotes+tok3n@camara.example>\nMessage-ID: <m1@camara.example>\nTo: ana@a.example\n\ntext",
            ),
        ],
    );
    let found = reported(&bytes);
    let ana = found.first().unwrap();
    assert_eq!(ana.address.as_deref(), Some("ana@a.example"));
    assert_eq!(
        (ana.action, ana.status, ana.verdict.class),
        (Failed, Status::parse("5.1.1"), Class::Hard)
    );
    assert_eq!(ana.text, "550 5.1.1 no such user");
    let leo = found.get(1).unwrap();
    assert_eq!(
        (leo.action, leo.verdict.class, leo.is_permanent()),
        (Delayed, Class::MailboxFull, false)
    );
    let traces = read(&bytes).traces;
    assert_eq!(traces.arrived_at, ["rebotes+tok3n@camara.example"]);
    assert_eq!(traces.returned_from, ["rebotes+tok3n@camara.example"]);
    assert_eq!(traces.returned_to, ["ana@a.example"]);
    assert_eq!(traces.answers, ["m1@camara.example"]);
}

#[test]
fn statuses_are_read_as_they_are() {
    let of = |status: &str| {
        told(&parts(
            "Subject: x",
            &[("text/plain", "x"), ("message/delivery-status", status)],
        ))
    };
    // Without a blank line between recipients.
    assert_eq!(
        of("Final-Recipient: rfc822;ana@a.example\nAction: failed\nStatus: 5.1.1\nFinal-Recipient: rfc822;leo@a.example\nAction: failed\n").len(),
        2
    );
    // Forwarded: who was written to counts.
    assert_eq!(
        of(
            "Original-Recipient: rfc822;ana@a.example\nFinal-Recipient: rfc822;ana@elsewhere.example\nAction: failed\n"
        ),
        one("ana@a.example", Failed)
    );
    assert_eq!(
        of(
            "Original-Recipient: rfc822; ana@a.example\nFinal-Recipient: x400; /RFC-822=ana(a)a.example/C=WW/\nAction: failed\n"
        ),
        one("ana@a.example", Failed)
    );
    assert_eq!(
        of("Final-Recipient: RFC822; <Ana@A.example> (Ana)\nAction: failed (bad mailbox)\n"),
        one("ana@a.example", Failed)
    );
    assert_eq!(
        of("Final-Recipient: ana@a.example\nStatus: 5.0.0\n"),
        one("ana@a.example", Failed)
    );
    assert_eq!(
        of("Final-Recipient: rfc822;ana@a.example\nStatus: 4.4.1 (no answer)\n"),
        one("ana@a.example", Delayed)
    );
    assert_eq!(
        of("Final-Recipient: rfc822;ana@a.example\nAction: delivered\nStatus: 2.0.0\n"),
        one("ana@a.example", Delivered)
    );
    assert_eq!(
        of("Final-Recipient: rfc822;ana@a.example\nAction: relayed (to non-DSN-aware mailer)\n"),
        one("ana@a.example", Relayed)
    );
    // Told several times: once.
    assert_eq!(of("Final-Recipient: rfc822;ana@a.example\nAction: failed\n\nFinal-Recipient: rfc822;ana@a.example\nAction: failed\n").len(), 1);
}

#[test]
fn broken_structure_is_read_as_text() {
    // The boundary that is declared does not stand in the message.
    let bytes = b"From: MAILER-DAEMON@a.example\nTo: r@camara.example\nSubject: Undelivered Mail\nContent-Type: multipart/report; boundary=\"one\"\n\n\
        --two\nContent-Type: text/plain\n\nx\n\n--two\nContent-Type: message/delivery-status\n\nReporting-MTA: dns;mx\n\n\
        Final-Recipient: rfc822;ana@a.example\nAction: failed\nStatus: 5.1.1\n\n--two\nContent-Type: message/rfc822\n\nReceived: from x\nFinal-Recipient: rfc822;otra@b.example\n";
    assert_eq!(told(bytes), one("ana@a.example", Failed));
    // The boundary is lost with its field's next line.
    let bytes = b"From: MAILER-DAEMON@a.example\nTo: r@camara.example\nSubject: Undelivered Mail\nContent-Type: multipart/mixed;\nboundary=\"one\"\n\n\
        --one\nContent-Type: text/plain\n\nno such user here\n  RCPT TO: ana@a.example\n--one--\n";
    assert_eq!(told(bytes), one("ana@a.example", Failed));
    // Lines that end with a carriage return alone.
    let bytes = parts(
        "Subject: failure notice",
        &[("message/delivery-status", STATUS)],
    );
    let returns: Vec<u8> = bytes
        .iter()
        .map(|b| if *b == b'\n' { b'\r' } else { *b })
        .collect();
    assert_eq!(told(&returns), told(&bytes));
    // Labelled as text.
    let labelled = parts(
        "Subject: failure notice",
        &[("text/plain", "x"), ("text/plain", STATUS)],
    );
    assert_eq!(told(&labelled).len(), 2);
}

#[test]
fn a_report_inside_a_message_is_found() {
    let inner = String::from_utf8(parts(
        "Subject: Undelivered Mail",
        &[("message/delivery-status", STATUS)],
    ))
    .unwrap();
    let inner = inner.replace("edge", "inner");
    let bytes = parts(
        "Subject: Fwd: look",
        &[("text/plain", "this came back"), ("message/rfc822", &inner)],
    );
    assert_eq!(told(&bytes).len(), 2);
}

#[test]
fn a_field_of_exims_names_who_the_text_hides() {
    let bytes = b"From: Mail Delivery System <Mailer-Daemon@mx.a.example>\nTo: r@camara.example\nSubject: Mail delivery failed\n\
        X-Failed-Recipients: ana@a.example, leo@a.example\n\nA message that you sent could not be delivered.\n  mailbox is full\n";
    assert_eq!(told(bytes).len(), 2);
}

#[test]
fn a_refusal_in_the_form_of_a_receipt_is_a_report() {
    let bytes = parts(
        "Subject: Automatically rejected mail\nAuto-Submitted: auto-replied (rejected)",
        &[
            (
                "text/plain",
                "Your message to <ana@a.example> was automatically rejected:\nQuota exceeded",
            ),
            (
                "message/disposition-notification",
                "Final-Recipient: rfc822; ana@a.example\nDisposition: automatic-action/MDN-sent-automatically; deleted\n",
            ),
        ],
    );
    let found = reported(&bytes);
    assert_eq!(found.first().unwrap().verdict.class, Class::MailboxFull);
}

#[test]
fn notifications_in_json_are_read() {
    let text = r#"{"notificationType":"Bounce","bounce":{"bounceType":"Permanent","bouncedRecipients":[{"emailAddress":"ana@a.example","action":"failed","status":"5.1.1","diagnosticCode":"smtp; 550 5.1.1 user unknown"}]}}"#;
    let bytes = format!(
        "From: no-reply@sns.example\nTo: r@camara.example\nSubject: Notification\n\n{text}\n"
    );
    assert_eq!(told(bytes.as_bytes()), one("ana@a.example", Failed));
    // A line that was too long on its way.
    let folded = bytes.replace("user unknown", "user unkn!\n own");
    assert_eq!(told(folded.as_bytes()), one("ana@a.example", Failed));
}

#[test]
fn a_mail_is_late_where_any_part_or_the_subject_says_so() {
    let late = |subject: &str, text: &str| {
        let address = "<ana@a.example>: maildir delivery failed: disc quota exceeded\n";
        told(&parts(
            &format!("Subject: {subject}"),
            &[("text/plain", text), ("text/plain", address)],
        ))
    };
    for (subject, text) in [
        ("Delayed Mail (still being retried)", "x"),
        ("Delivery Status Notification (Delay)", "x"),
        (
            "Mail delivery",
            "It will be retried until it is 5.0 days old.",
        ),
    ] {
        assert_eq!(
            late(subject, text),
            one("ana@a.example", Delayed),
            "{subject}"
        );
    }
    assert_eq!(
        late("Undelivered: Delayed mail", "This is a permanent error."),
        one("ana@a.example", Failed)
    );
}

#[test]
fn a_report_that_names_nobody_is_one() {
    let bytes = super::letter(
        "MAILER-DAEMON@a.example",
        "Undelivered Mail",
        "Your message could not be delivered.\n",
    );
    let found = reported(&bytes);
    assert_eq!(found.first().unwrap().address, None);
    // The returned mail tells whom it was for.
    let bytes = super::letter(
        "MAILER-DAEMON@a.example",
        "failure notice",
        "This is a permanent error.\n\n--- Below this line is a copy of the message.\n\nFrom: eventos@camara.example\nTo: Ana <ana@a.example>\nSubject: Rueda\n",
    );
    assert_eq!(told(&bytes), one("ana@a.example", Failed));
    assert!(matches!(read(&bytes).kind, Kind::Report(_)));
}
