//! The accounting: every one of the audience stands in exactly one column.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{Exclusion, Kind, OccurrenceState};

/// How many stand where at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Everybody who was selected: recipients and excluded.
    pub audience: u64,
    /// The relay took it.
    pub accepted: u64,
    /// The relay refused it for good.
    pub rejected: u64,
    /// Not mailed, at the start or later.
    pub excluded: u64,
    /// Still to be sent, `claimed` and `deferred` included.
    pub pending: u64,
    /// Nobody knows: said so, or claimed by a claim whose time is over.
    pub unknown: u64,
    /// Of `pending`: claimed by a run whose time is not over.
    pub claimed: u64,
    /// Of `pending`: the relay said "not now".
    pub deferred: u64,
}

/// The columns do not add up: a bug, which stops the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the counts do not add up: audience {} is not accepted {} + rejected {} + excluded {} + pending {} + unknown {}",
    .0.audience, .0.accepted, .0.rejected, .0.excluded, .0.pending, .0.unknown
)]
pub struct Unbalanced(pub Counts);

impl Counts {
    /// audience = accepted + rejected + excluded + pending + unknown.
    ///
    /// # Errors
    /// [`Unbalanced`].
    pub fn check(&self) -> Result<(), Unbalanced> {
        let sum = self.accepted + self.rejected + self.excluded + self.pending + self.unknown;
        let parts = self.claimed + self.deferred;
        match self.audience == sum && parts <= self.pending {
            true => Ok(()),
            false => Err(Unbalanced(*self)),
        }
    }
}

impl OccurrenceState {
    /// How many stand where at `now`. The audience is counted by its entries, the columns by the
    /// transitions that were folded, so that [`Counts::check`] can find a transition amiss.
    pub fn counts(&self, now: Timestamp) -> Counts {
        let of = |kind| self.tallied(kind);
        let expired: u64 = self
            .open_claims()
            .filter(|claim| claim.until <= now)
            .map(|claim| u64::from(claim.held))
            .sum();
        let claimed = of(Kind::Claimed).saturating_sub(expired);
        Counts {
            audience: (self.ids.len() + self.excluded.len()) as u64,
            accepted: of(Kind::Accepted),
            rejected: of(Kind::Rejected),
            excluded: of(Kind::Excluded) + self.excluded.len() as u64,
            pending: of(Kind::Pending) + of(Kind::Deferred) + claimed,
            unknown: of(Kind::Unknown) + expired,
            claimed,
            deferred: of(Kind::Deferred),
        }
    }

    /// How many were accepted, and how many refused for good: what is counted already, however many claims there were.
    pub fn settled(&self) -> (u64, u64) {
        (self.tallied(Kind::Accepted), self.tallied(Kind::Rejected))
    }

    fn tallied(&self, kind: Kind) -> u64 {
        u64::from(self.tally.get(kind as usize).copied().unwrap_or(0))
    }

    /// How many were excluded for which reason, at the start and later.
    pub fn exclusions(&self) -> BTreeMap<Exclusion, u32> {
        let mut counts = self.excluded_later.clone();
        for (_, reason) in &self.excluded {
            *counts.entry(*reason).or_default() += 1;
        }
        counts
    }
}
