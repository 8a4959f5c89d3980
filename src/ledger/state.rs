//! What became of an occurrence so far: a fold over its records.
//!
//! A recipient takes 34 bytes here. Folding is strict: a record that contradicts the ones before it
//! (a claim on someone already claimed, a second answer about a mail) is an error, because whoever
//! goes on from a contradictory ledger may mail somebody twice. An exact repeat of an outcome changes
//! nothing: a recovery that was itself interrupted publishes the same again.

mod counts;
mod fold;

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;

use super::event::{AudienceHeader, ClaimId, Event, Exclusion, Ranges, RecipientIndex};
use super::segment::Record;
use crate::mail::digest::Digest;
use crate::mail::recipient_id::RecipientId;

pub use counts::{Counts, Unbalanced};
pub use fold::Contradiction;

/// Where a recipient stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Not sent to.
    Pending,
    /// A run is about to send to it, is sending, or died doing so: its claim's `until` tells.
    Claimed {
        /// Whose.
        claim: ClaimId,
    },
    /// The relay said "not now".
    Deferred {
        /// How often so far.
        tries: u8,
        /// When it first said so, to the second.
        first_at: Timestamp,
        /// When it may be tried again, to the second.
        retry_at: Timestamp,
    },
    /// The relay took it, or a person said that it went out.
    Accepted,
    /// The relay refused it for good.
    Rejected,
    /// Nobody knows.
    Unknown,
    /// Not mailed after all.
    Excluded(Exclusion),
}

impl Status {
    /// Whether the mail may be with the recipient: what must not be handed over a second time.
    pub const fn may_have_received(&self) -> bool {
        matches!(self, Self::Accepted | Self::Unknown | Self::Claimed { .. })
    }

    /// Whether it is still to be sent.
    pub const fn is_pending(&self) -> bool {
        matches!(
            self,
            Self::Pending | Self::Claimed { .. } | Self::Deferred { .. }
        )
    }

    /// Whether the mail may be with the recipient, or is still to be sent: campaigns that start in one run
    /// know of each other by this.
    pub const fn has_or_will_get(&self) -> bool {
        self.may_have_received() || matches!(self, Self::Pending | Self::Deferred { .. })
    }
}

/// A claim that holds somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenClaim {
    /// Whose.
    pub claim: ClaimId,
    /// Until when it is the holder's alone.
    pub until: Timestamp,
    /// How many recipients it still holds.
    pub held: u32,
}

/// Something for people that concerns the whole occurrence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Note {
    /// Nothing was sent, on purpose.
    Held(String),
    /// A window passed.
    Lapsed(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Pending,
    Claimed,
    Deferred,
    Accepted,
    Rejected,
    Unknown,
    Excluded,
}

const KINDS: usize = 7;

/// No claim.
const NONE: u32 = u32::MAX;

/// A recipient, packed: 20 bytes beside 12 of id and 2 of destination.
#[derive(Debug, Clone, Copy)]
struct Slot {
    kind: Kind,
    tries: u8,
    reason: Exclusion,
    /// A person settled it (`Accepted`: as sent; `Pending`: to be sent again).
    settled: bool,
    /// First deferral, in seconds since 1970: enough until 2106.
    first: u32,
    /// While deferred the next try; after any other outcome when that came, in the same seconds.
    when: u32,
    /// Position in `claims` of the claim that holds or last held it; kept after an outcome, so that
    /// a repeat is told from a contradiction.
    claim: u32,
    /// Of the outcome's time and text.
    fingerprint: u32,
}

struct Claim {
    id: ClaimId,
    until: Timestamp,
    held: u32,
}

/// An occurrence's state; starts empty.
#[derive(Default)]
pub struct OccurrenceState {
    header: Option<AudienceHeader>,
    ids: Vec<RecipientId>,
    destinations: Vec<u16>,
    slots: Vec<Slot>,
    copies: HashMap<u32, RecipientIndex>,
    own_documents: HashMap<u32, Digest>,
    excluded: Vec<(RecipientId, Exclusion)>,
    /// What the audience's first record said is still to come.
    expected: (u32, u32),
    claims: Vec<Claim>,
    claim_ids: HashMap<ClaimId, u32>,
    tally: [u32; KINDS],
    rejections: BTreeMap<String, u32>,
    hard_rejections: u32,
    unknowns: BTreeMap<String, u32>,
    excluded_later: BTreeMap<Exclusion, u32>,
    notes: Vec<(Timestamp, Note)>,
    last_activity: Option<Timestamp>,
    segments: u32,
}

impl OccurrenceState {
    /// A state of nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// How the occurrence was fixed; `None` before it started.
    pub fn header(&self) -> Option<&AudienceHeader> {
        self.header.as_ref()
    }

    /// The recipients' ids, in index order.
    pub fn ids(&self) -> &[RecipientId] {
        &self.ids
    }

    /// The recipients' destinations: positions in the header's list, in index order.
    pub fn destinations(&self) -> &[u16] {
        &self.destinations
    }

    /// Whose mail this one is a copy of.
    pub fn copy_of(&self, recipient: RecipientIndex) -> Option<RecipientIndex> {
        self.copies.get(&recipient.0).copied()
    }

    /// The digest of the recipient's own document.
    pub fn own_document(&self, recipient: RecipientIndex) -> Option<Digest> {
        self.own_documents.get(&recipient.0).copied()
    }

    /// Who was excluded when the occurrence started.
    pub fn excluded_at_start(&self) -> &[(RecipientId, Exclusion)] {
        &self.excluded
    }

    /// Where a recipient stands; `None` outside the audience.
    pub fn status(&self, recipient: RecipientIndex) -> Option<Status> {
        let slot = self.slots.get(usize::try_from(recipient.0).ok()?)?;
        Some(match slot.kind {
            Kind::Pending => Status::Pending,
            Kind::Claimed => Status::Claimed {
                claim: self.claims.get(slot.claim as usize)?.id,
            },
            Kind::Deferred => Status::Deferred {
                tries: slot.tries,
                first_at: seconds(slot.first),
                retry_at: seconds(slot.when),
            },
            Kind::Accepted => Status::Accepted,
            Kind::Rejected => Status::Rejected,
            Kind::Unknown => Status::Unknown,
            Kind::Excluded => Status::Excluded(slot.reason),
        })
    }

    /// How often the relay said "not now" to a recipient, whatever its status is by now.
    pub fn tries(&self, recipient: RecipientIndex) -> u8 {
        self.slots
            .get(recipient.0 as usize)
            .map_or(0, |slot| slot.tries)
    }

    /// How often the relay said "not now" to a recipient, and when first; `None` where never.
    pub fn first_refused(&self, recipient: RecipientIndex) -> Option<(u8, Timestamp)> {
        let slot = self.slots.get(recipient.0 as usize)?;
        (slot.tries > 0).then(|| (slot.tries, seconds(slot.first)))
    }

    /// When a recipient's own mail went out, or may have: its outcome's time, to the second; where a claim has none and is over at
    /// `now`, the claim's end. `None` where it did not, or is being sent.
    pub fn went_out(&self, recipient: RecipientIndex, now: Timestamp) -> Option<Timestamp> {
        let slot = self.slots.get(recipient.0 as usize)?;
        match slot.kind {
            Kind::Accepted | Kind::Unknown => Some(seconds(slot.when)),
            Kind::Claimed => {
                let claim = self.claims.get(slot.claim as usize)?;
                Some(claim.until).filter(|until| *until <= now)
            }
            _ => None,
        }
    }

    /// The claim that holds or last held a recipient.
    pub fn last_claim(&self, recipient: RecipientIndex) -> Option<ClaimId> {
        let slot = self.slots.get(recipient.0 as usize)?;
        self.claims.get(slot.claim as usize).map(|claim| claim.id)
    }

    /// Every recipient with its status, in index order.
    pub fn statuses(&self) -> impl Iterator<Item = (RecipientIndex, Status)> + '_ {
        (0..u32::try_from(self.slots.len()).unwrap_or(u32::MAX))
            .map(RecipientIndex)
            .filter_map(|index| Some((index, self.status(index)?)))
    }

    /// The claims that still hold somebody, in the order in which they were published.
    pub fn open_claims(&self) -> impl Iterator<Item = OpenClaim> + '_ {
        self.claims
            .iter()
            .filter(|claim| claim.held > 0)
            .map(|claim| OpenClaim {
                claim: claim.id,
                until: claim.until,
                held: claim.held,
            })
    }

    /// When it was held or lapsed, and why, oldest first.
    pub fn notes(&self) -> &[(Timestamp, Note)] {
        &self.notes
    }

    /// Since when it is held, and why, where that is the last thing that happened to it.
    pub fn held(&self) -> Option<(Timestamp, &str)> {
        match self.notes.last() {
            Some((at, Note::Held(why))) if self.last_activity <= Some(*at) => Some((*at, why)),
            _ => None,
        }
    }

    /// What relays said when they refused, and how often (the first [`DISTINCT_TEXTS`] kinds).
    pub fn rejections(&self) -> &BTreeMap<String, u32> {
        &self.rejections
    }

    /// How many were refused because their addresses take no mail, judged by the words of each.
    pub fn hard_rejections(&self) -> u32 {
        self.hard_rejections
    }

    /// Why outcomes are unknown, and how often that was recorded.
    pub fn unknowns(&self) -> &BTreeMap<String, u32> {
        &self.unknowns
    }

    /// The latest time that any record speaks of.
    pub fn last_activity(&self) -> Option<Timestamp> {
        self.last_activity
    }

    /// How many segments went in.
    pub fn segments(&self) -> u32 {
        self.segments
    }

    pub(super) fn segment_done(&mut self) {
        self.segments += 1;
    }

    /// Whether all of the audience that was announced has come.
    pub fn is_complete(&self) -> bool {
        self.expected == (0, 0)
    }

    /// Takes one event in. A writer does so before it publishes: what does not fold here would make
    /// the ledger unreadable.
    ///
    /// # Errors
    /// [`Contradiction`]; the state may be half changed then and is not to be used any more.
    pub fn apply(&mut self, event: &Event) -> Result<(), Contradiction> {
        match event {
            Event::AudienceFixed {
                header,
                entries,
                excluded,
            } => {
                let count = |len: usize| u32::try_from(len).map_err(|_| Contradiction::TooMany);
                let (announced, out) = (count(entries.len())?, count(excluded.len())?);
                self.audience(header.as_ref().clone(), announced, out)?;
                entries.iter().try_for_each(|entry| self.entry(entry))?;
                excluded
                    .iter()
                    .try_for_each(|(id, reason)| self.excluded_entry(*id, *reason))
            }
            other => self.event(other),
        }
    }

    /// Takes one record in.
    ///
    /// # Errors
    /// As [`Self::apply`].
    pub fn record(&mut self, record: Record) -> Result<(), Contradiction> {
        match record {
            Record::Audience {
                header,
                entries,
                excluded,
            } => self.audience(*header, entries, excluded),
            Record::Entry(entry) => self.entry(&entry),
            Record::ExcludedAtStart(id, reason) => self.excluded_entry(id, reason),
            Record::Event(event) => self.apply(&event),
            Record::Suppression(_) | Record::Feedback(_) | Record::Wish(_) => {
                Err(Contradiction::Misplaced)
            }
        }
    }
}

/// Different texts of rejections and unknowns that a state keeps; further ones are counted together.
pub const DISTINCT_TEXTS: usize = 200;

fn seconds(since: u32) -> Timestamp {
    Timestamp::from_second(since.into()).unwrap_or(Timestamp::UNIX_EPOCH)
}

#[cfg(test)]
mod tests;
