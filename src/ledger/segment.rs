//! A segment's text: what one batch says about one occurrence (or about suppressions, or of what came back).
//!
//! ```text
//! postmerge-ledger 1 <TAB> occurrence <TAB> 2026/rueda-agro <TAB> 000001 <TAB> 1a2b3c4d <TAB> 1796295600000
//! claim    1a2b3c4d  0  1796295900000  0-99,140
//! of       1a2b3c4d  0
//! reply    2.0.0 Ok: queued as␠
//! +        0  132  0  4ZPtKz1x2yz3
//! ~        1  141  1                600132
//! end      7  9c1f0a…
//! ```
//!
//! Fields are separated by tabs; times are milliseconds since 1970, those of outcomes since the
//! first line's time. `of` says which claim the outcomes below it belong to, `to` which destination
//! the entries below it have, `excluding` why the ids below it are not mailed. `reply` lines number
//! themselves from 0; an outcome's text is such a beginning and its own rest. Values are escaped, so
//! that nothing a relay says can end a line or a field.
//!
//! The last line counts the lines before it and carries their SHA-256's first 16 digits, so that a
//! segment that lost its end or a bit is refused. A line of a kind, or a version, that this program
//! does not know is refused as well: nothing is guessed.

mod decode;
mod encode;
mod feedback;
mod text;
mod wish;

use jiff::Timestamp;

use super::event::{AudienceEntry, AudienceHeader, Event, Exclusion, RunId, SuppressionEvent};
use super::feedback::Feedback;
use super::wish::Wish;
use crate::mail::occurrence::OccurrenceId;
use crate::mail::recipient_id::RecipientId;

pub use decode::{SegmentError, Why, decode, decode_line};
pub use encode::{
    encode_feedback, encode_line, encode_occurrence, encode_suppressions, encode_wishes,
};

/// The format that is written, and the newest that is read.
pub const VERSION: u32 = 1;

/// Entries (recipients and excluded) of an audience in one segment at most: what bounds the memory
/// that reading or writing one takes.
pub const ENTRIES_PER_SEGMENT: usize = 50_000;

/// What a segment is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// One occurrence.
    Occurrence(OccurrenceId),
    /// The right to mail addresses.
    Suppressions,
    /// What came back.
    Feedback,
    /// What recipients asked for.
    Wishes,
}

/// A segment's first line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// What it is about.
    pub subject: Subject,
    /// Its place among the subject's segments, from 0, without gaps.
    pub number: u32,
    /// Who wrote it.
    pub run: RunId,
    /// What outcomes' times count from.
    pub base: Timestamp,
}

/// One thing that a segment says, in order. An audience comes in pieces, so that no more than one
/// segment of it is ever in memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Record {
    /// An audience begins: so many recipients and so many excluded follow, in this segment and the
    /// next ones.
    Audience {
        /// What is sent.
        header: Box<AudienceHeader>,
        /// How many recipients follow.
        entries: u32,
        /// How many excluded follow those.
        excluded: u32,
    },
    /// The audience's next recipient.
    Entry(AudienceEntry),
    /// The audience's next excluded.
    ExcludedAtStart(RecipientId, Exclusion),
    /// Any event but [`Event::AudienceFixed`].
    Event(Event),
    /// In a segment about suppressions.
    Suppression(SuppressionEvent),
    /// In a segment of what came back.
    Feedback(Feedback),
    /// In a segment of wishes.
    Wish(Wish),
}

#[cfg(test)]
mod tests;
