//! Which record may follow which: the rules that keep anybody from being mailed twice.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{Claim, DISTINCT_TEXTS, Kind, NONE, Note, OccurrenceState, Slot};
use crate::ledger::event::{
    AudienceEntry, AudienceHeader, ClaimId, Event, Exclusion, Outcome, RecipientIndex, Resolution,
};
use crate::ledger::reply_text::{reason_text, reply_text};
use crate::mail::recipient_id::RecipientId;
use crate::mail::refusal::is_hard;

/// A record that contradicts the ones before it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs)]
pub enum Contradiction {
    #[error("the audience is fixed a second time")]
    FixedTwice,
    #[error("something happens before the whole audience is there")]
    Incomplete,
    #[error("more of the audience comes than was announced")]
    TooMany,
    #[error("destination {0} is not in the audience's list")]
    NoDestination(u16),
    #[error("recipient {0} is not in the audience")]
    NotInAudience(RecipientIndex),
    #[error("claim {0} is made a second time")]
    ClaimedTwice(ClaimId),
    #[error("claim {claim} is on recipient {recipient}, who is {status} and cannot be claimed")]
    NotClaimable {
        claim: ClaimId,
        recipient: RecipientIndex,
        status: &'static str,
    },
    #[error("claim {0} was never made")]
    NoClaim(ClaimId),
    #[error("recipient {recipient} is {status}, not held by claim {claim}, which says: {said}")]
    NotHeld {
        claim: ClaimId,
        recipient: RecipientIndex,
        status: &'static str,
        said: &'static str,
    },
    #[error("recipient {recipient} is excluded ({reason}) while {status}")]
    NotExcludable {
        recipient: RecipientIndex,
        status: &'static str,
        reason: &'static str,
    },
    #[error("recipient {recipient} is {status}: there is nothing to resolve")]
    NotUnknown {
        recipient: RecipientIndex,
        status: &'static str,
    },
    #[error("a record about suppressions in an occurrence's segment, or the reverse")]
    Misplaced,
}

impl Kind {
    const fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Claimed => "claimed",
            Self::Deferred => "deferred",
            Self::Accepted => "accepted",
            Self::Rejected => "rejected",
            Self::Unknown => "unknown",
            Self::Excluded => "excluded",
        }
    }
}

impl OccurrenceState {
    pub(super) fn audience(
        &mut self,
        header: AudienceHeader,
        entries: u32,
        excluded: u32,
    ) -> Result<(), Contradiction> {
        if self.header.is_some() {
            return Err(Contradiction::FixedTwice);
        }
        self.seen(header.at);
        self.header = Some(header);
        self.expected = (entries, excluded);
        // What was announced is not allocated on its word alone.
        let room = (entries as usize).min(4_000_000);
        self.ids.reserve_exact(room);
        self.destinations.reserve_exact(room);
        self.slots.reserve_exact(room);
        self.excluded
            .reserve_exact((excluded as usize).min(4_000_000));
        Ok(())
    }

    pub(super) fn entry(&mut self, entry: &AudienceEntry) -> Result<(), Contradiction> {
        let left = self.expected.0.checked_sub(1);
        self.expected.0 = left.ok_or(Contradiction::TooMany)?;
        let known = self.header.as_ref().map_or(0, |it| it.destinations.len());
        if usize::from(entry.destination) >= known {
            return Err(Contradiction::NoDestination(entry.destination));
        }
        let index = u32::try_from(self.ids.len()).map_err(|_| Contradiction::TooMany)?;
        self.ids.push(entry.id);
        self.destinations.push(entry.destination);
        self.slots.push(Slot {
            kind: Kind::Pending,
            tries: 0,
            reason: Exclusion::Cancelled,
            settled: false,
            first: 0,
            when: 0,
            claim: NONE,
            fingerprint: 0,
        });
        self.add(Kind::Pending, 1);
        if let Some(of) = entry.copy_of {
            self.copies.insert(index, of);
        }
        if let Some(document) = entry.own_document {
            self.own_documents.insert(index, document);
        }
        Ok(())
    }

    pub(super) fn excluded_entry(
        &mut self,
        id: RecipientId,
        reason: Exclusion,
    ) -> Result<(), Contradiction> {
        let left = self.expected.1.checked_sub(1);
        self.expected.1 = left.ok_or(Contradiction::TooMany)?;
        if self.expected.0 > 0 {
            return Err(Contradiction::Incomplete);
        }
        self.excluded.push((id, reason));
        Ok(())
    }

    pub(super) fn event(&mut self, event: &Event) -> Result<(), Contradiction> {
        if !self.is_complete() {
            return Err(Contradiction::Incomplete);
        }
        match event {
            Event::AudienceFixed { .. } => Err(Contradiction::FixedTwice),
            Event::Claimed {
                claim,
                recipients,
                until,
            } => self.claimed(*claim, recipients, *until),
            Event::Released { claim, recipients } => {
                let position = self.claim_position(*claim)?;
                let mut all = recipients.iter();
                all.try_for_each(|index| self.released(*claim, position, index))
            }
            Event::Outcome {
                claim,
                recipient,
                at,
                outcome,
            } => {
                self.seen(*at);
                self.outcome(*claim, recipient.0, *at, outcome)
            }
            Event::Excluded {
                recipient,
                at,
                reason,
            } => {
                self.seen(*at);
                self.excluded_later(recipient.0, *reason)
            }
            Event::Resolved {
                recipients,
                resolution,
                at,
                ..
            } => {
                self.seen(*at);
                let mut all = recipients.iter();
                all.try_for_each(|index| self.resolved(index, *resolution, *at))
            }
            Event::Held { at, reason } => {
                self.note(*at, Note::Held(reason_text(reason)));
                Ok(())
            }
            Event::Lapsed { at, window } => {
                self.note(*at, Note::Lapsed(reply_text(window)));
                Ok(())
            }
        }
    }

    fn claimed(
        &mut self,
        claim: ClaimId,
        recipients: &super::Ranges,
        until: Timestamp,
    ) -> Result<(), Contradiction> {
        let position = u32::try_from(self.claims.len()).map_err(|_| Contradiction::TooMany)?;
        if self.claim_ids.insert(claim, position).is_some() {
            return Err(Contradiction::ClaimedTwice(claim));
        }
        self.claims.push(Claim {
            id: claim,
            until,
            held: 0,
        });
        for index in recipients.iter() {
            let slot = self.slot(index)?;
            if !matches!(slot.kind, Kind::Pending | Kind::Deferred) {
                return Err(Contradiction::NotClaimable {
                    claim,
                    recipient: RecipientIndex(index),
                    status: slot.kind.word(),
                });
            }
            let slot = Slot {
                claim: position,
                settled: false,
                fingerprint: 0,
                ..slot
            };
            self.set(index, slot, Kind::Claimed);
        }
        Ok(())
    }

    /// Back to where it was before the claim. A repeat, or a release of somebody whom the claim does
    /// not hold any more, is refused: it could free what another claim holds.
    fn released(&mut self, claim: ClaimId, position: u32, index: u32) -> Result<(), Contradiction> {
        let slot = self.slot(index)?;
        if slot.kind != Kind::Claimed || slot.claim != position {
            return Err(not_held(claim, index, slot, "released"));
        }
        let back = match slot.tries {
            0 => Kind::Pending,
            _ => Kind::Deferred,
        };
        self.set(
            index,
            Slot {
                claim: NONE,
                ..slot
            },
            back,
        );
        Ok(())
    }

    fn outcome(
        &mut self,
        claim: ClaimId,
        index: u32,
        at: Timestamp,
        outcome: &Outcome,
    ) -> Result<(), Contradiction> {
        let position = self.claim_position(claim)?;
        let slot = self.slot(index)?;
        let (kind, said, text) = match outcome {
            Outcome::Accepted { reply } => (Kind::Accepted, "accepted", reply),
            Outcome::Deferred { reply, .. } => (Kind::Deferred, "deferred", reply),
            Outcome::Rejected { reply } => (Kind::Rejected, "rejected", reply),
            Outcome::Unknown { reason } => (Kind::Unknown, "unknown", reason),
        };
        if slot.claim != position {
            return Err(not_held(claim, index, slot, said));
        }
        let fingerprint = fingerprint(at, text);
        let late_answer = !matches!(kind, Kind::Unknown);
        match slot.kind {
            Kind::Claimed => {}
            // A journal that is found late knows more than "unknown".
            Kind::Unknown if late_answer => {}
            Kind::Unknown => return Ok(()),
            // A person decided already. What the relay really said overrules that, except that a
            // "not now" does not: sent or resend stands.
            Kind::Accepted | Kind::Pending if slot.settled => {
                if matches!(kind, Kind::Unknown | Kind::Deferred) {
                    return Ok(());
                }
            }
            same if same == kind && slot.fingerprint == fingerprint => return Ok(()),
            _ => return Err(not_held(claim, index, slot, said)),
        }
        match kind {
            Kind::Rejected => {
                // As the ledger keeps it, so that a run and whoever reads it later count the same.
                self.hard_rejections += u32::from(is_hard(&reply_text(text)));
                tally_text(&mut self.rejections, text);
            }
            Kind::Unknown => tally_text(&mut self.unknowns, text),
            _ => {}
        }
        let mut next = Slot {
            settled: false,
            fingerprint,
            when: whole_seconds(at),
            ..slot
        };
        if let Outcome::Deferred { retry_at, .. } = outcome {
            if next.tries == 0 {
                next.first = whole_seconds(at);
            }
            next.tries = next.tries.saturating_add(1);
            next.when = whole_seconds(*retry_at);
        }
        self.set(index, next, kind);
        Ok(())
    }

    fn excluded_later(&mut self, index: u32, reason: Exclusion) -> Result<(), Contradiction> {
        let slot = self.slot(index)?;
        if slot.kind == Kind::Excluded && slot.reason == reason {
            return Ok(());
        }
        // Whoever is claimed may be in the middle of being sent to; the claim's holder releases
        // first. Whoever is pending after `resend` may still turn out to have been accepted.
        if !matches!(slot.kind, Kind::Pending | Kind::Deferred) {
            return Err(Contradiction::NotExcludable {
                recipient: RecipientIndex(index),
                status: slot.kind.word(),
                reason: reason.name(),
            });
        }
        *self.excluded_later.entry(reason).or_default() += 1;
        self.set(index, Slot { reason, ..slot }, Kind::Excluded);
        Ok(())
    }

    fn resolved(
        &mut self,
        index: u32,
        resolution: Resolution,
        at: Timestamp,
    ) -> Result<(), Contradiction> {
        let slot = self.slot(index)?;
        let over = |claim: &Claim| claim.until <= at;
        let unknown = match slot.kind {
            Kind::Unknown => true,
            Kind::Claimed => self.claims.get(slot.claim as usize).is_some_and(over),
            _ => false,
        };
        if !unknown {
            return Err(Contradiction::NotUnknown {
                recipient: RecipientIndex(index),
                status: slot.kind.word(),
            });
        }
        let kind = match resolution {
            Resolution::Sent => Kind::Accepted,
            Resolution::Resend => Kind::Pending,
        };
        let when = match slot.kind {
            Kind::Claimed => self.claims.get(slot.claim as usize).map(|it| it.until),
            _ => None,
        };
        let settled = Slot {
            settled: true,
            when: when.map_or(slot.when, whole_seconds),
            ..slot
        };
        self.set(index, settled, kind);
        Ok(())
    }

    fn slot(&self, index: u32) -> Result<Slot, Contradiction> {
        self.slots
            .get(index as usize)
            .copied()
            .ok_or(Contradiction::NotInAudience(RecipientIndex(index)))
    }

    fn claim_position(&self, claim: ClaimId) -> Result<u32, Contradiction> {
        self.claim_ids
            .get(&claim)
            .copied()
            .ok_or(Contradiction::NoClaim(claim))
    }

    /// The one place where a recipient changes columns.
    fn set(&mut self, index: u32, mut slot: Slot, kind: Kind) {
        slot.kind = kind;
        let Some(place) = self.slots.get_mut(index as usize) else {
            return;
        };
        let old = std::mem::replace(place, slot);
        self.add(old.kind, -1);
        self.add(kind, 1);
        for (slot, change) in [(old, -1), (slot, 1)] {
            if slot.kind == Kind::Claimed
                && let Some(claim) = self.claims.get_mut(slot.claim as usize)
            {
                claim.held = claim.held.saturating_add_signed(change);
            }
        }
    }

    fn add(&mut self, kind: Kind, change: i32) {
        if let Some(count) = self.tally.get_mut(kind as usize) {
            *count = count.saturating_add_signed(change);
        }
    }

    fn note(&mut self, at: Timestamp, note: Note) {
        self.seen(at);
        self.notes.push((at, note));
    }

    fn seen(&mut self, at: Timestamp) {
        self.last_activity = self.last_activity.max(Some(at));
    }
}

fn not_held(claim: ClaimId, index: u32, slot: Slot, said: &'static str) -> Contradiction {
    Contradiction::NotHeld {
        claim,
        recipient: RecipientIndex(index),
        status: slot.kind.word(),
        said,
    }
}

/// Counts a text; queue ids and domains make texts differ, so only so many are kept apart.
fn tally_text(counts: &mut BTreeMap<String, u32>, text: &str) {
    let text = reply_text(text);
    let full = counts.len() >= DISTINCT_TEXTS && !counts.contains_key(&text);
    let key = if full { OTHERS.to_owned() } else { text };
    *counts.entry(key).or_default() += 1;
}

/// What further texts are counted under.
const OTHERS: &str = "(others)";

/// FNV-1a over time (to the millisecond, as written) and text: tells an exact repeat from a second
/// answer. Not zero, which stands for "none".
fn fingerprint(at: Timestamp, text: &str) -> u32 {
    let time = at.as_millisecond().to_le_bytes();
    let hash = time
        .iter()
        .chain(text.as_bytes())
        .fold(0x811c_9dc5_u32, |hash, &byte| {
            (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
        });
    hash.max(1)
}

fn whole_seconds(at: Timestamp) -> u32 {
    u32::try_from(at.as_second()).unwrap_or(0)
}
