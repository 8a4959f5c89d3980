//! What became of mails: one person's, each with its whole life ([`crate::ledger::person`]), or everybody's of an occurrence, a line
//! each ([`lines`]), and how both are shown ([`text`], [`json`], [`table`]); what a person asked for with them.
//!
//! Reads the ledger that is handed in. Times are those that the ledger has: of a claim it knows no more than when its
//! segment begins. A 250 is *accepted*; *delivered* is said only where a later report says so.

pub mod json;
pub mod lines;
pub mod table;
pub mod text;
mod wish;

use std::collections::HashMap;

use crate::ledger::feedback::Heard;
use crate::ledger::person::{Moment, What};
use crate::mail::recipient_id::RecipientId;
use crate::mail::refusal::{Class, Language, Verdict, classify};

/// The addresses that may be shown, by id. Empty where only ids are.
pub type Addresses = HashMap<RecipientId, String>;

/// How a refusal is to be read; `None` where it is none.
pub fn verdict(what: &What) -> Option<Refusal> {
    match what {
        What::Deferred { reply, .. } | What::Rejected(reply) => Some(Refusal::of(reply)),
        What::Heard(heard) => refusal(heard),
        _ => None,
    }
}

/// A refusal, read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refusal {
    /// What follows for the address.
    pub class: Class,
    /// Status, reason and whether it is for good.
    pub verdict: Verdict,
}

impl Refusal {
    fn of(reply: &str) -> Self {
        let verdict = classify(None, None, reply);
        Self {
            class: verdict.class,
            verdict,
        }
    }

    /// The reason in plain words.
    pub fn words(&self) -> &'static str {
        self.verdict.reason.words(Language::En)
    }

    /// The status as text; empty where none is known.
    pub fn status(&self) -> String {
        let status = self.verdict.status;
        status.map(|status| status.to_string()).unwrap_or_default()
    }
}

/// The class is the one that was recorded; the reason is read out of the same words.
fn refusal(heard: &Heard) -> Option<Refusal> {
    match heard {
        Heard::Bounced {
            class,
            status,
            text,
        }
        | Heard::Delayed {
            class,
            status,
            text,
        } => Some(Refusal {
            class: *class,
            verdict: classify(None, *status, text),
        }),
        _ => None,
    }
}

/// The name that the relay keeps the mail under in its log, where its words tell.
pub fn queue_id(reply: &str) -> Option<&str> {
    let lower = reply.to_ascii_lowercase();
    let after = |mark: &str| {
        let start = lower.find(mark)? + mark.len();
        reply.get(start..)?.split_whitespace().next()
    };
    // Postfix, Exim; sendmail names it first.
    let found = after("queued as ").or_else(|| after(" id=")).or_else(|| {
        let end = lower.find(" message accepted for delivery")?;
        reply.get(..end)?.split_whitespace().next_back()
    })?;
    let found = found.trim_matches(|c: char| !c.is_ascii_alphanumeric());
    (!found.is_empty()).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relays_queue_id_is_found_where_it_stands() {
        for (reply, id) in [
            ("2.0.0 Ok: queued as 4ZPtKz1x2yz3", Some("4ZPtKz1x2yz3")),
            ("250 OK id=1tAbCd-0001Xy-2z", Some("1tAbCd-0001Xy-2z")),
            ("2.0.0 4B3C1D Message accepted for delivery", Some("4B3C1D")),
            ("2.0.0 Ok: queued as ", None),
            ("ok", None),
            ("İ queued as 7", Some("7")),
        ] {
            assert_eq!(queue_id(reply), id, "{reply}");
        }
    }
}
