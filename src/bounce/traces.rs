//! What identifies a returned message and the mail that it answers: the addresses that may carry a
//! token, message ids, dates. Read off the fields, nothing decided.

use super::addresses;
use super::fields::{Fields, head};
use super::letter::Letter;
use crate::mail::own_letter::TO_OWNER;

/// Addresses and ids of each kind that are kept.
const KEPT: usize = 30;

/// What identifies a message and the mail that it answers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Traces {
    /// Where the message itself went to, nearest first: the reverse-path of the mail that it answers, which carries the token.
    pub arrived_at: Vec<String>,
    /// Who sent the returned mail, by the part that is returned: its reverse-path again, its sender.
    pub returned_from: Vec<String>,
    /// The returned mail has the fields that our own letters have ([`crate::mail::own_letter`]): nobody typed it, no machine may
    /// answer. A campaign's mail that has them, too, is told by its `Feedback-ID`.
    pub returned_is_notice: bool,
    /// The returned mail is a notice to a list's owner.
    pub returned_is_to_owner: bool,
    /// Whom the returned mail was for.
    pub returned_to: Vec<String>,
    /// The returned mail's id and those that the message refers to, without brackets.
    pub answers: Vec<String>,
    /// The message's own id, without brackets.
    pub message_id: Option<String>,
    /// The message's own date, as it is written.
    pub date: Option<String>,
    /// When the server that took it in says that it did: of its trace fields the first, its date.
    pub received: Option<String>,
    /// The message's sender.
    pub from: Option<String>,
    /// The message's subject, decoded, shortened.
    pub subject: String,
}

impl Traces {
    /// Reads them off.
    pub(super) fn of(letter: &Letter) -> Self {
        let own = &letter.fields;
        let returned = &letter.original;
        let mut answers = Vec::new();
        for (fields, names) in [
            (
                returned,
                ["message-id", "resent-message-id", "x-original-message-id"].as_slice(),
            ),
            (
                own,
                ["in-reply-to", "references", "x-failed-message-id"].as_slice(),
            ),
        ] {
            for name in names {
                fields.all(name).for_each(|value| ids(value, &mut answers));
            }
        }
        for text in &letter.dispositions {
            Fields::of_lines(text.lines())
                .all("original-message-id")
                .for_each(|value| ids(value, &mut answers));
        }
        Self {
            arrived_at: gather(
                own,
                &[
                    "delivered-to",
                    "x-original-to",
                    "envelope-to",
                    "x-envelope-to",
                    "x-rcpt-to",
                    "x-delivered-to",
                    "apparently-to",
                    "to",
                    "cc",
                ],
            ),
            returned_from: gather(
                returned,
                &[
                    "return-path",
                    "x-envelope-from",
                    "envelope-from",
                    "errors-to",
                    "sender",
                    "from",
                    "reply-to",
                ],
            ),
            returned_is_notice: returned
                .first("auto-submitted")
                .is_some_and(|it| it.to_ascii_lowercase().starts_with("auto-"))
                && returned.has("x-auto-response-suppress")
                && !returned.has("feedback-id"),
            returned_is_to_owner: returned.has(&TO_OWNER.to_ascii_lowercase()),
            returned_to: gather(returned, &["to", "cc", "x-original-to", "delivered-to"]),
            answers,
            message_id: own.first("message-id").and_then(id),
            date: own.first("date").map(|date| head(date, 80).to_owned()),
            received: own
                .first("received")
                .and_then(|value| value.rsplit_once(';'))
                .map(|(_, date)| head(date.trim(), 80).to_owned()),
            from: own.first("from").and_then(addresses::mailbox),
            subject: head(&letter.subject, 250).to_owned(),
        }
    }
}

/// Addresses of fields, in the fields' order, each once.
pub(super) fn gather(fields: &Fields, names: &[&str]) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for name in names {
        for value in fields.all(name) {
            for at in addresses::all(value) {
                if found.len() < KEPT && !found.contains(&at.address) {
                    found.push(at.address);
                }
            }
        }
    }
    found
}

/// The first `<…>`.
fn id(value: &str) -> Option<String> {
    let mut found = Vec::new();
    ids(value, &mut found);
    found.into_iter().next()
}

fn ids(value: &str, found: &mut Vec<String>) {
    for piece in value.split('<').skip(1) {
        if let Some((id, _)) = piece.split_once('>')
            && found.len() < KEPT
            && (1..=250).contains(&id.len())
            && !found.iter().any(|known| known == id)
        {
            found.push(id.to_owned());
        }
    }
}
