//! A sending on virtual time: when it would be over, with the very pacer that will pace it.

use std::time::Duration;

use jiff::Timestamp;

use super::pacer::{Pacer, PacerConfig, Verdict};
use super::window::Opening;

/// Nothing is simulated further ahead.
const HORIZON: Duration = Duration::from_secs(2 * 366 * 86_400);

/// What to simulate.
#[derive(Debug, Clone)]
pub struct Simulation {
    /// The pace.
    pub pacer: PacerConfig,
    /// Mails by lane.
    pub mails: Vec<u64>,
    /// So long a mail keeps its connection busy.
    pub mail_takes: Duration,
    /// It begins, if an opening is open then.
    pub from: Timestamp,
}

/// What came out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Simulated {
    /// The first mail's start; none without mails.
    pub first: Option<Timestamp>,
    /// The last mail's end.
    pub last: Option<Timestamp>,
    /// Each lane's first start and last end, where it had mails.
    pub lanes: Vec<Option<(Timestamp, Timestamp)>>,
    /// Mails that never got their turn: a cap of zero, no opening, or longer than two years.
    pub unsent: u64,
}

/// Who is asked and told while a simulation runs.
pub trait Road {
    /// The stretch of time that a moment lies in, or else the next one, and how many mails of each lane may start in it;
    /// `left` are all that have not.
    fn stretch(&mut self, at: Timestamp, left: &[u64]) -> Option<(Opening, Vec<u64>)>;

    /// A mail of the lane starts and ends then.
    fn mail(&mut self, lane: usize, starts: Timestamp, ends: Timestamp);
}

/// Every mail may start in every opening.
struct Openings<F>(F);

impl<F: FnMut(Timestamp) -> Option<Opening>> Road for Openings<F> {
    fn stretch(&mut self, at: Timestamp, left: &[u64]) -> Option<(Opening, Vec<u64>)> {
        Some(((self.0)(at)?, left.to_vec()))
    }

    fn mail(&mut self, _: usize, _: Timestamp, _: Timestamp) {}
}

/// Runs it. `opening` gives the opening that a moment lies in, or else the next one (`|_| None`
/// never opens); every mail starts inside of one. Every mail is accepted.
pub fn simulate(
    simulation: Simulation,
    opening: impl FnMut(Timestamp) -> Option<Opening>,
) -> Simulated {
    watch(simulation, &mut Openings(opening))
}

/// The same along a road.
pub fn watch(simulation: Simulation, road: &mut impl Road) -> Simulated {
    let Simulation {
        pacer: config,
        mails: mut left,
        mail_takes,
        from,
    } = simulation;
    let mut result = Simulated {
        first: None,
        last: None,
        lanes: vec![None; left.len()],
        unsent: left.iter().fold(0, |sum, mails| sum.saturating_add(*mails)),
    };
    let end = from.checked_add(HORIZON).unwrap_or(Timestamp::MAX);
    let mut pacer = Pacer::new(config, from);
    let mut ready = vec![0; left.len()];
    // All mails take equally long: they end in the order in which they started.
    let mut under_way: std::collections::VecDeque<(Timestamp, usize)> = Default::default();
    let mut open: Option<(Opening, Vec<u64>)> = None;
    let mut now = from;
    while now <= end {
        while let Some((at, lane)) = under_way.front().copied().filter(|(at, _)| *at <= now) {
            under_way.pop_front();
            pacer.done(lane, at, Verdict::Fine);
        }
        if !open.as_ref().is_some_and(|(open, _)| open.contains(now)) {
            open = road.stretch(now, &left);
        }
        let until = match &mut open {
            Some((open, offered)) if open.contains(now) => {
                offer(&mut pacer, &mut ready, std::mem::take(offered));
                while let Some(lane) = pacer.take(now) {
                    let ends = now.checked_add(mail_takes).unwrap_or(Timestamp::MAX);
                    result.count(lane, now, ends);
                    for counts in [&mut ready, &mut left] {
                        if let Some(count) = counts.get_mut(lane) {
                            *count = count.saturating_sub(1);
                        }
                    }
                    road.mail(lane, now, ends);
                    if mail_takes.is_zero() {
                        pacer.done(lane, now, Verdict::Fine);
                    } else {
                        under_way.push_back((ends, lane));
                    }
                }
                open.until
            }
            Some((next, _)) if next.from > now => {
                now = next.from;
                continue;
            }
            _ => break,
        };
        if result.unsent == 0 {
            break;
        }
        // What cannot go in this stretch may in the next one.
        let done = under_way.front().map(|(at, _)| *at);
        let wakes = pacer.wake_at().into_iter().chain(done);
        now = wakes.filter(|at| *at > now).fold(until, Timestamp::min);
    }
    result
}

/// Makes so many mails ready as may start; none where that was done.
fn offer(pacer: &mut Pacer, ready: &mut [u64], offered: Vec<u64>) {
    for (lane, (ready, offered)) in ready.iter_mut().zip(offered).enumerate() {
        pacer.remove(lane, ready.saturating_sub(offered));
        match offered.saturating_sub(*ready) {
            0 => {}
            more => pacer.add(lane, more),
        }
        *ready = offered;
    }
}

impl Simulated {
    fn count(&mut self, lane: usize, starts: Timestamp, ends: Timestamp) {
        self.unsent = self.unsent.saturating_sub(1);
        self.first.get_or_insert(starts);
        self.last = self.last.max(Some(ends));
        if let Some(found) = self.lanes.get_mut(lane) {
            found.get_or_insert((starts, ends)).1 = ends;
        }
    }
}

impl Simulation {
    /// No order of sending is over sooner than this after `from`, caps and openings aside: the
    /// slowest lane's pauses, and each relay's mails over its connections.
    pub fn lower_bound(&self) -> Duration {
        let takes = self.mail_takes;
        let mut relays = vec![0_u64; self.pacer.relays.len()];
        let mut longest = Duration::ZERO;
        for (lane, mails) in self.pacer.lanes.iter().zip(&self.mails) {
            if *mails == 0 {
                continue;
            }
            if let Some(sum) = relays.get_mut(lane.relay) {
                *sum = sum.saturating_add(*mails);
            }
            let pause = if self.pacer.enabled {
                lane.pause
            } else {
                Duration::ZERO
            };
            let spaced = times(pause, *mails - 1).saturating_add(takes);
            let busy = times(takes, mails.div_ceil(u64::from(lane.at_once.max(1))));
            longest = longest.max(spaced).max(busy);
        }
        for (relay, mails) in self.pacer.relays.iter().zip(relays) {
            let rounds = mails.div_ceil(u64::from(relay.connections.max(1)));
            longest = longest.max(times(takes, rounds));
        }
        longest
    }
}

fn times(length: Duration, count: u64) -> Duration {
    let nanos = length.as_nanos().saturating_mul(u128::from(count));
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}
