//! Mail that comes back: what a returned message is, whom it speaks of, and what identifies the mail
//! that it answers.
//!
//! Reads bytes and says what they are: a delivery report (RFC 3464, or one of the many older forms
//! of real servers), a complaint (RFC 5965), a read receipt (RFC 8098), an automatic answer or what a
//! person wrote. Opens nothing, stores nothing, knows no campaign: who is a recipient of ours is
//! found by whoever calls. Bounded: sizes, parts, lines, recipients and nesting, whatever comes in.

mod addresses;
pub mod answer;
mod answer_letter;
mod answer_words;
mod arrival;
mod asks;
mod complaint;
mod delivery_status;
mod fields;
pub mod forward;
mod forward_words;
mod guess;
mod headings;
pub mod ingest;
mod intake;
mod known;
mod letter;
mod limit;
mod listen;
pub mod mailbox;
mod not_found;
mod notification;
mod people;
mod phrases;
mod prose;
mod read;
mod receipt;
mod refused;
mod speaker;
mod traces;
mod whose;

#[cfg(test)]
mod tests;

pub use read::read;
pub use traces::Traces;

use crate::mail::refusal::{Status, Verdict};

/// Recipients that one message may report; further ones are left out.
pub const RECIPIENTS: usize = 200;

/// A message, understood as far as it can be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Returned {
    /// What it is.
    pub kind: Kind,
    /// The report or complaint that lies in a letter of a person ([`Kind::Reply`]): hearsay, which proves nothing by itself.
    pub passed_on: Option<Kind>,
    /// There is nothing in it to read: no subject, no text, no part.
    pub is_void: bool,
    /// How many characters somebody seems to have written into it, besides what they quote.
    pub written: usize,
    /// What identifies it and the mail that it answers.
    pub traces: Traces,
}

/// What a message is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// What became of a mail, recipient by recipient.
    Report(Vec<Reported>),
    /// Somebody, or their provider, objects to a mail (RFC 5965).
    Complaint(Complaint),
    /// A mail was shown, deleted or otherwise handled (RFC 8098).
    Receipt(Receipt),
    /// A machine answers: out of office, ticket opened, please confirm. Never a bounce.
    AutoReply,
    /// Somebody wrote, as far as can be told.
    Reply,
}

impl Kind {
    /// Whether it may ask for something. A report that comes to where people ask is no wish.
    fn is_wish(&self) -> bool {
        matches!(self, Self::Reply | Self::AutoReply)
    }

    /// Whom it is about, by the addresses that it names.
    fn named(&self) -> Vec<String> {
        match self {
            Self::Report(reported) => {
                let named = reported.iter().filter_map(|it| it.address.clone());
                named.collect()
            }
            Self::Complaint(complaint) => complaint.addresses.clone(),
            Self::Receipt(receipt) => receipt.address.iter().cloned().collect(),
            Self::AutoReply | Self::Reply => Vec::new(),
        }
    }
}

/// What a report says of one recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reported {
    /// The address that was written to, in lower case; absent where the report names nobody and
    /// only its envelope can tell.
    pub address: Option<String>,
    /// What became of the mail.
    pub action: Action,
    /// As given or as it stands in the text (RFC 3463).
    pub status: Option<Status>,
    /// Why.
    pub verdict: Verdict,
    /// The server's words, on one line, shortened.
    pub text: String,
}

/// What became of a mail (RFC 3464 section 2.3.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Given up.
    Failed,
    /// Not yet delivered, still tried.
    Delayed,
    /// Delivered.
    Delivered,
    /// Handed to a server that sends no reports.
    Relayed,
    /// Handed on to several addresses.
    Expanded,
}

impl Action {
    /// Its name in a report.
    pub fn name(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Delayed => "delayed",
            Self::Delivered => "delivered",
            Self::Relayed => "relayed",
            Self::Expanded => "expanded",
        }
    }

    /// Reads a report's word for it; comments behind it are usual.
    pub fn parse(text: &str) -> Option<Self> {
        let word: String = text
            .trim_start()
            .chars()
            .take_while(char::is_ascii_alphabetic)
            .map(|c| c.to_ascii_lowercase())
            .collect();
        Some(match word.as_str() {
            "failed" | "failure" | "failpermanent" | "expired" | "fail" => Self::Failed,
            "delayed" | "delay" | "deferred" => Self::Delayed,
            "delivered" | "deliverable" | "success" | "successful" => Self::Delivered,
            "relayed" => Self::Relayed,
            "expanded" => Self::Expanded,
            _ => return None,
        })
    }

    /// The mail did not arrive, or not yet.
    pub fn is_bounce(self) -> bool {
        matches!(self, Self::Failed | Self::Delayed)
    }
}

impl Reported {
    /// Whether this mail was given up. That its status is a `4.x.x` says only that another one may
    /// arrive (RFC 3463 section 2), which the verdict's class tells.
    pub fn is_permanent(&self) -> bool {
        self.action == Action::Failed
    }
}

/// An objection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complaint {
    /// `abuse`, `fraud`, `opt-out`, … (RFC 5965 section 3.1, and the registry).
    pub feedback: String,
    /// Who objects, where that was not redacted.
    pub addresses: Vec<String>,
}

impl Complaint {
    /// Whether a person objects: a report about authentication (RFC 6591) or a mistaken objection is
    /// about something else.
    pub fn is_objection(&self) -> bool {
        !matches!(
            self.feedback.as_str(),
            "auth-failure" | "not-spam" | "dmarc"
        )
    }
}

/// A receipt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// Whose.
    pub address: Option<String>,
    /// `displayed`, `deleted`, `dispatched`, `processed`, … in lower case.
    pub disposition: String,
}
