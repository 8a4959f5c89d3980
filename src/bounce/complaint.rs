//! Complaints (RFC 5965), and the older form without a machine-readable part.

use super::addresses;
use super::fields::Fields;
use super::letter::Letter;
use super::{Complaint, RECIPIENTS};

/// The complaint that a message is, if it is one.
pub(super) fn read(letter: &Letter) -> Option<Complaint> {
    let labelled_wrong = letter
        .fields
        .first("content-type")
        .is_some_and(|kind| kind.contains("feedback-report"))
        .then(|| {
            letter
                .texts
                .iter()
                .find(|text| text.contains("Feedback-Type:"))
        })
        .flatten();
    if let Some(report) = letter.feedback.first().or(labelled_wrong) {
        let fields = Fields::of_lines(report.lines());
        let feedback = fields
            .first("feedback-type")
            .unwrap_or("abuse")
            .trim()
            .to_ascii_lowercase();
        return Some(Complaint {
            addresses: who(&fields, letter),
            feedback,
        });
    }
    // Hotmail's programme returns the mail with the recipient in a field of its own.
    let old = letter.original.first("x-hmxmroriginalrecipient");
    let subject = letter.subject.to_ascii_lowercase();
    (old.is_some() || subject.starts_with("complaint about message")).then(|| Complaint {
        feedback: "abuse".to_owned(),
        addresses: who(&Fields::default(), letter),
    })
}

/// Named by the report, else by the mail that it returns. Providers redact; then only the envelope tells.
fn who(report: &Fields, letter: &Letter) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut take = |value: &str| {
        for at in addresses::all(value) {
            if found.len() < RECIPIENTS && !found.contains(&at.address) {
                found.push(at.address);
            }
        }
    };
    for name in [
        "original-rcpt-to",
        "removal-recipient",
        "x-original-rcpt-to",
    ] {
        report.all(name).for_each(&mut take);
    }
    for name in ["x-hmxmroriginalrecipient", "to"] {
        if found.is_empty() {
            let mut take = |value: &str| {
                found.extend(addresses::all(value).take(RECIPIENTS).map(|f| f.address))
            };
            letter.original.all(name).for_each(&mut take);
        }
    }
    found
}
