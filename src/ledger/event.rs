//! The events of one occurrence and of the suppressions, as every writer and reader sees them.
//!
//! The audience is published once; from then on a recipient is an index into it ([`RecipientIndex`])
//! and a claim is a few ranges.

use std::fmt;
use std::ops::Range;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::mail::digest::Digest;
use crate::mail::recipient_id::RecipientId;

/// A recipient's place in its occurrence's published audience.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RecipientIndex(pub u32);

/// A run of `send`: names the segments it writes and the claims it holds. From the injected id
/// source; shown as eight hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RunId(pub u32);

/// One claim of one run: `sequence` counts from 0 within the run, over all its occurrences.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ClaimId {
    /// Whose claim it is.
    pub run: RunId,
    /// Its number within the run.
    pub sequence: u32,
}

/// Recipients as ascending, disjoint, non-empty ranges of indices.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ranges(Vec<Range<u32>>);

/// How an occurrence was fixed when it started: what is sent, from which commit, to how many.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AudienceHeader {
    /// The commit on the main branch that approved the campaign: content is read from it.
    pub content_commit: String,
    /// The commit whose lists the audience was resolved from.
    pub lists_commit: String,
    /// The digest that was approved.
    pub digest: Digest,
    /// The fingerprint of the key that the recipient ids were made with (hex).
    pub key: String,
    /// The sender that it goes out through.
    pub sender: String,
    /// When it was fixed.
    pub at: Timestamp,
    /// Destinations by name; an entry refers to them by position.
    pub destinations: Vec<String>,
    /// Digests of the documents that every recipient gets.
    pub documents: Vec<Digest>,
    /// Why documents may go out a second time, where the campaign says `force`.
    pub force: Option<String>,
    /// Whether it asks people to confirm that they want to go on.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub reconfirmation: bool,
}

/// One recipient of the audience.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AudienceEntry {
    /// Who.
    pub id: RecipientId,
    /// Which of the header's destinations.
    pub destination: u16,
    /// For a copy (`cc`, `bcc`): the recipient whose mail it is a copy of.
    pub copy_of: Option<RecipientIndex>,
    /// The digest of the document that is this recipient's own, where there is one (of several: the
    /// digest of their digests).
    pub own_document: Option<Digest>,
}

/// Why somebody who was selected is not mailed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Exclusion {
    /// The same address was already selected.
    Duplicate,
    /// The member has not consented to what this campaign is for.
    NoConsent,
    /// Left, by themselves.
    Unsubscribed,
    /// Reported a mail as unwanted.
    Complained,
    /// The address does not exist or take mail.
    HardBounce,
    /// Suppressed by a person.
    Suppressed,
    /// Is a member of a list that the campaign excludes.
    ExcludedList,
    /// Named under the campaign's `exclude`.
    ExcludedAddress,
    /// Is in the list already that the campaign invites to.
    Member,
    /// Already received every document of this campaign.
    DocumentReceived,
    /// Was mailed as often lately as policy allows.
    FrequencyCap,
    /// Wants no newsletters for some time.
    Paused,
    /// Wants fewer newsletters, and had one lately.
    WantsFewer,
    /// Is asked to confirm, and did so lately.
    ConfirmedLately,
    /// Is asked to confirm, and was asked as often lately as policy allows.
    AskedEnough,
    /// Did not confirm, however often asked.
    Unconfirmed,
    /// The row's address cannot be written to.
    AddressInvalid,
    /// The row's own document is missing.
    DocumentMissing,
    /// No mail could be made for this row.
    NotRenderable,
    /// Was taken off the list after the audience was fixed.
    LeftList,
    /// The campaign was cancelled or reverted before their turn.
    Cancelled,
    /// Every try was answered with "not now".
    GaveUp,
}

/// What the relay said about one mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// 2xx after the final dot. Accepted, not delivered.
    Accepted {
        /// The relay's words after the code: holds its queue id.
        reply: String,
    },
    /// 4xx, or the connection was lost before the final dot: will be tried again.
    Deferred {
        /// The relay's code and words.
        reply: String,
        /// Not before.
        retry_at: Timestamp,
    },
    /// 5xx: final.
    Rejected {
        /// The relay's code and words.
        reply: String,
    },
    /// The connection was lost after the final dot: nobody knows.
    Unknown {
        /// What happened.
        reason: String,
    },
}

/// How a person settled an unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Resolution {
    /// It went out: count it as accepted.
    Sent,
    /// It did not: send it.
    Resend,
}

/// What happened in one occurrence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The occurrence started: its audience in full, in index order, and who was excluded and why.
    AudienceFixed {
        /// What is sent.
        header: Box<AudienceHeader>,
        /// Who gets it.
        entries: Vec<AudienceEntry>,
        /// Who does not; ids, so that history can answer.
        excluded: Vec<(RecipientId, Exclusion)>,
    },
    /// `claim` is about to send to these, and holds them until `until`.
    Claimed {
        /// Whose.
        claim: ClaimId,
        /// Who.
        recipients: Ranges,
        /// When another run may take the rest of the occurrence over.
        until: Timestamp,
    },
    /// The claim's holder did not send to these and lets them go: pending again.
    Released {
        /// Which claim lets go: a release that comes late must not undo a later claim.
        claim: ClaimId,
        /// Who.
        recipients: Ranges,
    },
    /// What the relay said. One per recipient and claim.
    Outcome {
        /// Under which claim it was sent: an outcome that comes late must not undo a later claim.
        claim: ClaimId,
        /// About whom.
        recipient: RecipientIndex,
        /// When.
        at: Timestamp,
        /// What.
        outcome: Outcome,
    },
    /// Will not be sent after all.
    Excluded {
        /// Who.
        recipient: RecipientIndex,
        /// When.
        at: Timestamp,
        /// Why.
        reason: Exclusion,
    },
    /// A person settled unknowns.
    Resolved {
        /// Which.
        recipients: Ranges,
        /// How.
        resolution: Resolution,
        /// Who did, in their own words (`git config user.name`).
        by: String,
        /// Why.
        reason: String,
        /// When.
        at: Timestamp,
    },
    /// Nothing was sent, on purpose: for example the relay refused the password.
    Held {
        /// When.
        at: Timestamp,
        /// Why, for people.
        reason: String,
    },
    /// The window passed without a start.
    Lapsed {
        /// When it was noticed.
        at: Timestamp,
        /// Which window, for people.
        window: String,
    },
}

/// What a suppression is for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// Everything.
    All,
    /// One topic.
    Topic(String),
}

/// What happened to the right to mail an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SuppressionEvent {
    /// It must not be mailed.
    Suppressed {
        /// Who.
        recipient: RecipientId,
        /// For what.
        scope: Scope,
        /// Why: one of the exclusions' reasons.
        reason: Exclusion,
        /// When.
        at: Timestamp,
        /// In words.
        note: String,
    },
    /// It may be mailed again, as far as `what` goes.
    Lifted {
        /// Who.
        recipient: RecipientId,
        /// For what.
        scope: Scope,
        /// Which reasons are taken away. A lift is often made without knowing all that holds: it must not reach further
        /// than whoever makes it may.
        what: Lifting,
        /// When.
        at: Timestamp,
        /// In words.
        note: String,
    },
}

/// Which reasons a lift takes away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lifting {
    /// All of them: the organisation says so.
    Everything,
    /// [Their own](Exclusion::is_own): the recipient asks for it. What the organisation said stays.
    Own,
    /// That the address does not exist: its row was corrected. What a person said stays.
    HardBounce,
}

impl Lifting {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Everything, Self::Own, Self::HardBounce];

    /// Whether it takes this reason away.
    pub const fn takes(self, reason: Exclusion) -> bool {
        match self {
            Self::Everything => true,
            Self::Own => reason.is_own(),
            Self::HardBounce => matches!(reason, Exclusion::HardBounce),
        }
    }
}

impl Ranges {
    /// The ranges that hold exactly `indices`, which may come in any order and more than once.
    pub fn from_indices(indices: impl IntoIterator<Item = u32>) -> Self {
        let mut sorted: Vec<u32> = indices.into_iter().collect();
        sorted.sort_unstable();
        let mut ranges: Vec<Range<u32>> = Vec::new();
        for index in sorted {
            match ranges.last_mut() {
                Some(last) if index < last.end => {}
                Some(last) if index == last.end => last.end = index.saturating_add(1),
                _ => ranges.push(index..index.saturating_add(1)),
            }
        }
        Self(ranges)
    }

    /// These ranges, if they are ascending, non-empty and neither overlap nor touch.
    pub fn from_ranges(ranges: Vec<Range<u32>>) -> Option<Self> {
        let filled = ranges.iter().all(|range| range.start < range.end);
        let apart = ranges
            .iter()
            .zip(ranges.iter().skip(1))
            .all(|(one, next)| one.end < next.start);
        (filled && apart).then_some(Self(ranges))
    }

    /// Whether `index` is in one of them.
    pub fn contains(&self, index: u32) -> bool {
        let after = self.0.partition_point(|range| range.end <= index);
        self.0
            .get(after)
            .is_some_and(|range| range.contains(&index))
    }

    /// Every index, ascending.
    pub fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        self.0.iter().cloned().flatten()
    }

    /// The ranges, ascending and disjoint.
    pub fn as_slice(&self) -> &[Range<u32>] {
        &self.0
    }

    /// How many indices.
    pub fn len(&self) -> usize {
        self.0.iter().map(ExactSizeIterator::len).sum()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}", self.0)
    }
}

impl RunId {
    /// Reads eight lower-case hexadecimal digits.
    pub fn parse(text: &str) -> Option<Self> {
        let digit = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        (text.len() == 8 && text.bytes().all(digit))
            .then(|| u32::from_str_radix(text, 16).ok().map(Self))
            .flatten()
    }
}

impl fmt::Display for ClaimId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.run, self.sequence)
    }
}

impl fmt::Display for RecipientIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}

impl Exclusion {
    /// Every reason.
    pub const ALL: [Self; 22] = [
        Self::Duplicate,
        Self::NoConsent,
        Self::Unsubscribed,
        Self::Complained,
        Self::HardBounce,
        Self::Suppressed,
        Self::ExcludedList,
        Self::ExcludedAddress,
        Self::Member,
        Self::DocumentReceived,
        Self::FrequencyCap,
        Self::Paused,
        Self::WantsFewer,
        Self::ConfirmedLately,
        Self::AskedEnough,
        Self::Unconfirmed,
        Self::AddressInvalid,
        Self::DocumentMissing,
        Self::NotRenderable,
        Self::LeftList,
        Self::Cancelled,
        Self::GaveUp,
    ];

    /// The reason with this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.name() == name)
    }

    /// Whether it is a person's own word, or a server's: they may take it back themselves. What the organisation said stays.
    pub const fn is_own(self) -> bool {
        matches!(
            self,
            Self::Unsubscribed | Self::Complained | Self::HardBounce
        )
    }

    /// The reason's name as it stands in files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Duplicate => "duplicate",
            Self::NoConsent => "no-consent",
            Self::Unsubscribed => "unsubscribed",
            Self::Complained => "complained",
            Self::HardBounce => "hard-bounce",
            Self::Suppressed => "suppressed",
            Self::ExcludedList => "excluded-list",
            Self::ExcludedAddress => "excluded-address",
            Self::Member => "member",
            Self::DocumentReceived => "document-received",
            Self::FrequencyCap => "frequency-cap",
            Self::Paused => "paused",
            Self::WantsFewer => "wants-fewer",
            Self::ConfirmedLately => "confirmed-lately",
            Self::AskedEnough => "asked-enough",
            Self::Unconfirmed => "unconfirmed",
            Self::AddressInvalid => "address-invalid",
            Self::DocumentMissing => "document-missing",
            Self::NotRenderable => "not-renderable",
            Self::LeftList => "left-list",
            Self::Cancelled => "cancelled",
            Self::GaveUp => "gave-up",
        }
    }

    /// The reason for people, behind a number: `3 without consent`.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Duplicate => "listed twice",
            Self::NoConsent => "without consent",
            Self::Unsubscribed => "unsubscribed",
            Self::Complained => "complained",
            Self::HardBounce => "without a mailbox that takes mail",
            Self::Suppressed => "suppressed by a person",
            Self::ExcludedList => "in an excluded list",
            Self::ExcludedAddress => "excluded by name",
            Self::Member => "in the list already that they would be invited to",
            Self::DocumentReceived => "with every document already",
            Self::FrequencyCap => "mailed as often lately as policy allows",
            Self::Paused => "paused for some time, as they wish",
            Self::WantsFewer => "mailed as often lately as they wish",
            Self::ConfirmedLately => "confirmed already",
            Self::AskedEnough => "asked to confirm as often as policy allows",
            Self::Unconfirmed => "unconfirmed, however often asked",
            Self::AddressInvalid => "without a valid address",
            Self::DocumentMissing => "without their own document",
            Self::NotRenderable => "with a row of which no mail can be made",
            Self::LeftList => "not in the list any more",
            Self::Cancelled => "cancelled before their turn",
            Self::GaveUp => "given up after many tries",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_ascending_and_disjoint() {
        let ranges = Ranges::from_indices([5, 1, 2, 2, 9, 3]);
        assert_eq!(ranges.as_slice(), [1..4, 5..6, 9..10]);
        assert_eq!(ranges.len(), 5);
        assert_eq!(ranges.iter().collect::<Vec<_>>(), [1, 2, 3, 5, 9]);
    }
}
