//! How many of each lane's next mails to claim, so that no lane waits for a push.
//!
//! Every claim tops every lane up to the same moment: the one until which it can send at its pause
//! without another claim. Slow lanes need few mails for that and so are served first. Where the
//! limit does not reach, the moment is brought nearer for all alike. As the next claim is due when
//! the first lane is down to half, and a claim fills all of them, a push that takes less than half
//! of `claim_ahead` never makes a lane wait, unless the limit is smaller than what that takes.
//!
//! Cost: O(lanes with work x 32) for each claim.

use std::time::Duration;

use jiff::Timestamp;

use super::pacer::Pacer;

/// What to claim now, and when to ask again.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ClaimShares {
    /// Lanes and how many of their next mails; none with zero.
    pub lanes: Vec<(usize, u32)>,
    /// Ask again at this time, where unclaimed mails are left and time decides.
    pub again_at: Option<Timestamp>,
    /// Ask again when claimed mails that are ready or under way are fewer than this; zero where
    /// only time decides.
    pub again_below: u64,
}

const SECOND: i128 = 1_000_000_000;

struct Need {
    lane: usize,
    unclaimed: u64,
    /// Nanoseconds from now until it wants a mail that it does not have.
    dry_in: i128,
    /// Nanoseconds; zero with the pace off.
    pause: i128,
    /// Mails of it that are claimed and ready.
    ready: u64,
}

/// Decides what to claim. `unclaimed` lists lanes that have mails that are not claimed yet, and how
/// many; the claim and what is ready or under way in the pacer are at most `at_most` together.
pub fn claim_ahead(
    pacer: &Pacer,
    unclaimed: &[(usize, u64)],
    ahead: Duration,
    at_most: u32,
    now: Timestamp,
) -> ClaimShares {
    let outstanding = pacer.ready().saturating_add(pacer.in_flight());
    let budget = u64::from(at_most).saturating_sub(outstanding);
    let needs = needs(pacer, unclaimed, now);
    if needs.is_empty() {
        return ClaimShares::default();
    }
    let paced = pacer.is_enabled();
    let ahead = i128::try_from(ahead.as_nanos()).unwrap_or(i128::MAX / 4);
    let highest = if paced { ahead } else { i128::from(at_most) };
    let level = highest_level(&needs, paced, highest, budget);
    let mut shares: Vec<u64> = needs.iter().map(|need| need.wants(paced, level)).collect();
    spread_rest(&needs, &mut shares, paced, highest, budget);

    let bound = !paced || level < highest;
    let mut claim = ClaimShares {
        again_below: if bound {
            u64::from(at_most).div_ceil(2)
        } else {
            0
        },
        ..ClaimShares::default()
    };
    let mut first_dry: Option<i128> = None;
    let mut left = false;
    for (need, share) in needs.iter().zip(shares) {
        if let Ok(share @ 1..) = u32::try_from(share) {
            claim.lanes.push((need.lane, share));
        }
        if share < need.unclaimed {
            left = true;
            let dry_in = need.dry_in + need.pause * i128::from(share);
            first_dry = Some(first_dry.map_or(dry_in, |first| first.min(dry_in)));
        }
    }
    if !left {
        claim.again_below = 0;
    } else if paced {
        // Short of the limit, ask before the moment that was reached is half gone, but not in a
        // loop.
        let least = if bound { SECOND } else { 0 };
        claim.again_at = first_dry.and_then(|dry_in| later(now, (dry_in - level / 2).max(least)));
    }
    claim
}

fn needs(pacer: &Pacer, unclaimed: &[(usize, u64)], now: Timestamp) -> Vec<Need> {
    let mut needs: Vec<Need> = unclaimed
        .iter()
        .filter(|(_, unclaimed)| *unclaimed > 0)
        .filter_map(|(lane, unclaimed)| {
            let report = pacer.lane_report(*lane)?;
            let pause = i128::try_from(report.pause.as_nanos()).unwrap_or(i128::MAX / 4);
            let wait = report.next_at.as_nanosecond() - now.as_nanosecond();
            Some(Need {
                lane: *lane,
                unclaimed: *unclaimed,
                dry_in: wait
                    .max(0)
                    .saturating_add(pause.saturating_mul(report.ready.into())),
                pause,
                ready: report.ready,
            })
        })
        .collect();
    needs.sort_by_key(|need| need.lane);
    needs
}

impl Need {
    /// Mails that take it to the level: nanoseconds from now with the pace on, else ready mails.
    fn wants(&self, paced: bool, level: i128) -> u64 {
        let wanted = if !paced {
            level - i128::from(self.ready)
        } else if self.dry_in >= level {
            0
        } else if self.pause == 0 {
            return self.unclaimed;
        } else {
            (level - self.dry_in + self.pause - 1) / self.pause
        };
        u64::try_from(wanted.max(0))
            .unwrap_or(u64::MAX)
            .min(self.unclaimed)
    }

    /// The time that all of it takes: the slowest first where there is not one for each.
    fn work(&self) -> i128 {
        self.pause
            .saturating_mul(i128::from(self.unclaimed).saturating_add(self.ready.into()))
    }
}

/// The highest level, up to `highest`, that the budget reaches for all lanes alike.
fn highest_level(needs: &[Need], paced: bool, highest: i128, budget: u64) -> i128 {
    let fits = |level: i128| {
        let mut sum = 0_u64;
        needs.iter().all(|need| {
            sum = sum.saturating_add(need.wants(paced, level));
            sum <= budget
        })
    };
    if fits(highest) {
        return highest;
    }
    // Milliseconds are fine enough: the rest is spread one by one.
    let step = if paced { 1_000_000 } else { 1 };
    let (mut low, mut high) = (0, highest / step + 1);
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if fits(middle * step) {
            low = middle;
        } else {
            high = middle;
        }
    }
    low * step
}

/// What the level leaves of the budget: one each, first to lanes that run dry first, of these to those
/// that have nothing at all, then to the ones with most work. What is left after that is for lanes
/// without pause, which take what they can get.
fn spread_rest(needs: &[Need], shares: &mut [u64], paced: bool, highest: i128, budget: u64) {
    let mut rest = budget.saturating_sub(shares.iter().sum());
    if rest == 0 {
        return;
    }
    let mut order: Vec<(i128, bool, i128, usize)> = needs
        .iter()
        .zip(shares.iter())
        .enumerate()
        .filter(|(_, (need, share))| **share < need.wants(paced, highest))
        .map(|(at, (need, share))| {
            let has = i128::from(*share);
            let dry = if paced {
                need.dry_in + need.pause * has
            } else {
                has + i128::from(need.ready)
            };
            let has_some = need.ready > 0 || *share > 0;
            (dry, has_some, -need.work(), at)
        })
        .collect();
    order.sort_unstable();
    let mut give = |at: usize, most: u64| {
        let (Some(share), Some(need)) = (shares.get_mut(at), needs.get(at)) else {
            return;
        };
        let more = most.min(rest).min(need.unclaimed.saturating_sub(*share));
        *share += more;
        rest -= more;
    };
    for (.., at) in &order {
        give(*at, 1);
    }
    let without_pause = |at: &usize| paced && needs.get(*at).is_some_and(|need| need.pause == 0);
    for at in order.iter().map(|(.., at)| *at).filter(without_pause) {
        give(at, u64::MAX);
    }
}

fn later(now: Timestamp, by: i128) -> Option<Timestamp> {
    let at = now.as_nanosecond().saturating_add(by.max(0));
    Some(Timestamp::from_nanosecond(at).unwrap_or(Timestamp::MAX))
}

#[cfg(test)]
#[path = "claim_ahead_tests.rs"]
mod tests;
