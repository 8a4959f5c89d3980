//! Receipts (RFC 8098): what became of a mail in its reader's hands. Some servers use the form to
//! refuse a mail; that is a report.

use super::fields::Fields;
use super::guess::speaks_of_failure;
use super::letter::Letter;
use super::{Receipt, addresses};

/// The receipt that a message is, if it is one.
pub(super) fn read(letter: &Letter) -> Option<Receipt> {
    let text = letter.dispositions.first()?;
    let fields = Fields::of_lines(text.lines());
    let disposition = fields
        .first("disposition")
        .and_then(|value| value.rsplit(';').next())
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    Some(Receipt {
        address: ["original-recipient", "final-recipient"]
            .iter()
            .find_map(|name| fields.first(name).and_then(addresses::first)),
        disposition,
    })
}

/// A refusal in a receipt's form, as Dovecot's and Sieve's `reject` write it (RFC 5429 section 2.1.2).
pub(super) fn is_refusal(letter: &Letter, receipt: &Receipt) -> bool {
    let refused = letter
        .fields
        .first("auto-submitted")
        .is_some_and(|value| value.contains("rejected"))
        || ["reject", "not accepted"]
            .iter()
            .any(|word| letter.subject.to_ascii_lowercase().contains(word));
    (receipt.disposition.starts_with("deleted") || receipt.disposition.starts_with("failed"))
        && refused
        && speaks_of_failure(&letter.words())
}
