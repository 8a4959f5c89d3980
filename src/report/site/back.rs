//! What came back, mail by mail: a fold over the ledger's feedback in which neither order nor reading twice matters.
//!
//! Memory grows with what came back, not with what was sent.

use std::collections::HashMap;

use jiff::Timestamp;

use crate::ledger::feedback::{Feedback, Heard};
use crate::ledger::reply_text::reply_text;
use crate::mail::occurrence::OccurrenceId;
use crate::mail::refusal::{Class, Reason, classify};

/// Why a server refused a mail, while it was handed over or later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Why {
    /// What follows for the address.
    pub class: Class,
    /// In plain words.
    pub reason: Reason,
}

/// What was heard of one mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Back {
    /// It bounced: the worst that was said, and when.
    pub bounced: Option<(Timestamp, Why)>,
    /// Reported as unwanted, when first.
    pub complained: Option<Timestamp>,
    /// Its recipient left.
    pub left: bool,
    /// A receipt says that it was shown.
    pub read: bool,
    /// A person answered.
    pub replied: bool,
}

/// What was heard of one sending's mails.
#[derive(Debug, Default)]
pub struct Backs {
    /// By index.
    pub mails: HashMap<u32, Back>,
    /// A server's words for each reason, without addresses.
    pub examples: HashMap<Why, String>,
}

/// What came back, by sending.
#[derive(Debug, Default)]
pub struct CameBack(HashMap<OccurrenceId, Backs>);

impl CameBack {
    /// Takes one event in.
    pub fn apply(&mut self, feedback: &Feedback) {
        let Some((occurrence, index)) = &feedback.mail else {
            return;
        };
        let backs = self.0.entry(occurrence.clone()).or_default();
        let back = backs.mails.entry(index.0).or_default();
        match &feedback.what {
            Heard::Bounced {
                class,
                status,
                text,
            } => {
                let why = Why {
                    class: *class,
                    reason: classify(None, *status, text).reason,
                };
                let new = (feedback.at, why);
                if back.bounced.is_none_or(|old| weight(&new) > weight(&old)) {
                    back.bounced = Some(new);
                }
                example(&mut backs.examples, why, text);
            }
            Heard::Complained { .. } => {
                let first = back
                    .complained
                    .map_or(feedback.at, |old| old.min(feedback.at));
                back.complained = Some(first);
            }
            Heard::Left { .. } => back.left = true,
            Heard::Read => back.read = true,
            Heard::Replied => back.replied = true,
            Heard::Delayed { .. }
            | Heard::Delivered
            | Heard::Relayed
            | Heard::Asked
            | Heard::AutoReplied
            | Heard::Opened { .. }
            | Heard::Clicked { .. } => {}
        }
    }

    /// What came back of a sending.
    pub fn of(&self, occurrence: &OccurrenceId) -> Option<&Backs> {
        self.0.get(occurrence)
    }
}

/// A hard bounce outweighs any other, then the latest counts.
fn weight((at, why): &(Timestamp, Why)) -> (bool, Timestamp, Why) {
    (why.class == Class::Hard, *at, *why)
}

/// Keeps the shortest words: most to the point, and the same whatever the order.
pub(super) fn example(examples: &mut HashMap<Why, String>, why: Why, words: &str) {
    let words = reply_text(words);
    let length = |text: &str| (text.len(), text.to_owned());
    match examples.get(&why) {
        Some(old) if length(old) <= length(&words) => {}
        _ if words.is_empty() => {}
        _ => {
            examples.insert(why, words);
        }
    }
}
