//! Which mail may go now: a state machine over lanes, without a clock of its own.
//!
//! A lane is a destination as reached through one relay. A lane's mails start at least its pause
//! apart (from start to start), so many at once, so many a day; a relay has connections and a cap
//! of its own. Of the lanes that may start one, the lane with the most time still ahead of it goes
//! first, then the one that has waited longest: where connections are scarce, a campaign is over
//! soonest if its slowest destination never waits. Small lanes then go last, but go.
//!
//! Cost: O(log lanes) for each call that names a lane; O(lanes) once, when the day changes.

mod lane;
mod past;
mod relay;
mod report;

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

use jiff::Timestamp;

use super::calendar::Calendar;
use lane::{Lane, Place};
use relay::{Entry, Relay};

pub use past::{LanePast, RelayPast};
pub use report::LaneReport;

/// A slowed lane's pause is at least this.
pub const SLOW_AT_LEAST: Duration = Duration::from_secs(10);
/// A slowed lane's pause grows to this and no further.
pub const SLOW_AT_MOST: Duration = Duration::from_secs(600);

/// What a pacer is made of.
#[derive(Debug, Clone)]
pub struct PacerConfig {
    /// False: no pauses at all, and no slowing down; caps, connections and blocks still hold.
    pub enabled: bool,
    /// Days end by it.
    pub calendar: Calendar,
    /// The relays; lanes refer to them by index.
    pub relays: Vec<RelayLimits>,
    /// The lanes, by the caller's dense index.
    pub lanes: Vec<LaneConfig>,
}

/// What a relay bears.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RelayLimits {
    /// Mails under way at once.
    pub connections: u16,
    /// Mails started in a day.
    pub daily_cap: Option<u32>,
    /// Caps of a new sender's next sending days, today's first; besides `daily_cap`.
    pub warm_up: Vec<u32>,
    /// Mails started today already.
    pub sent_today: u32,
}

/// How fast a lane goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LaneConfig {
    /// The index of its relay.
    pub relay: usize,
    /// From one mail's start to the next one's.
    pub pause: Duration,
    /// Mails under way at once.
    pub at_once: u16,
    /// Mails started in a day.
    pub daily_cap: Option<u32>,
    /// Mails started today already.
    pub sent_today: u32,
    /// A large provider: trusted again more slowly after it asked to slow down.
    pub large: bool,
}

/// What a reply says about the pace of its lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing against the pace.
    Fine,
    /// Too fast: the pause becomes twice as long, 10 s at least and 10 min at most.
    Slow,
    /// A hard block: nothing goes to the lane until then.
    Block {
        /// Until then.
        until: Timestamp,
    },
}

/// See the module's description.
///
/// Invariants: no lane has more than `at_once` mails under way, no relay more than `connections`;
/// two starts of one lane lie its pause apart; a lane stands in at most one live queue entry.
#[derive(Debug, Clone)]
pub struct Pacer {
    enabled: bool,
    calendar: Calendar,
    day_ends: Nanos,
    lanes: Vec<Lane>,
    relays: Vec<Relay>,
    /// Which relay is asked first; the one after it next time.
    turn: usize,
    deferred: BinaryHeap<Reverse<(Nanos, usize)>>,
    /// Orders what else is equal: first come, first served.
    sequence: u64,
    ready: u64,
    in_flight: u64,
    /// Lanes that wait for the new day.
    capped: usize,
}

/// Nanoseconds of Unix time; the year 2262 and later count as its end.
type Nanos = i64;

fn nanos(at: Timestamp) -> Nanos {
    let all = at.as_nanosecond();
    Nanos::try_from(all).unwrap_or(if all < 0 { Nanos::MIN } else { Nanos::MAX })
}

fn timestamp(at: Nanos) -> Timestamp {
    Timestamp::from_nanosecond(i128::from(at)).unwrap_or(Timestamp::MAX)
}

fn length(duration: Duration) -> Nanos {
    Nanos::try_from(duration.as_nanos()).unwrap_or(Nanos::MAX)
}

impl Pacer {
    /// A pacer without any mail yet. A lane whose relay does not exist never goes.
    pub fn new(config: PacerConfig, now: Timestamp) -> Self {
        let mut pacer = Self {
            enabled: config.enabled,
            day_ends: nanos(config.calendar.next_day(now)),
            calendar: config.calendar,
            lanes: Vec::with_capacity(config.lanes.len()),
            relays: config.relays.into_iter().map(Relay::new).collect(),
            turn: 0,
            deferred: BinaryHeap::new(),
            sequence: 0,
            ready: 0,
            in_flight: 0,
            capped: 0,
        };
        for lane in config.lanes {
            pacer.add_lane(lane);
        }
        pacer
    }

    /// One more lane; its index.
    pub fn add_lane(&mut self, config: LaneConfig) -> usize {
        self.lanes.push(Lane::new(config, self.enabled));
        self.lanes.len() - 1
    }

    /// `mails` of the lane have become ready.
    pub fn add(&mut self, lane: usize, mails: u64) {
        let Some(found) = self.lanes.get_mut(lane) else {
            return;
        };
        found.ready += mails;
        self.ready += mails;
        self.enqueue(lane);
    }

    /// A mail of the lane becomes ready at that time: a refused one's next try.
    pub fn add_at(&mut self, lane: usize, at: Timestamp) {
        if let Some(found) = self.lanes.get_mut(lane) {
            found.deferred += 1;
            self.deferred.push(Reverse((nanos(at), lane)));
        }
    }

    /// So many mails of the lane exist that have not been added yet. Only for the order in which
    /// lanes go.
    pub fn set_backlog(&mut self, lane: usize, mails: u64) {
        if let Some(found) = self.lanes.get_mut(lane) {
            found.backlog = mails;
            self.enqueue(lane);
        }
    }

    /// Takes back up to `mails` ready ones; says how many.
    pub fn remove(&mut self, lane: usize, mails: u64) -> u64 {
        let Some(found) = self.lanes.get_mut(lane) else {
            return 0;
        };
        let removed = found.ready.min(mails);
        found.ready -= removed;
        if found.ready == 0 {
            found.leave_queue();
        }
        self.ready -= removed;
        removed
    }

    /// A lane that may start one mail now. The mail counts as under way until [`done`](Self::done)
    /// or [`put_back`](Self::put_back).
    #[must_use = "the mail counts as under way"]
    pub fn take(&mut self, now: Timestamp) -> Option<usize> {
        let now = nanos(now);
        self.pass_time(now);
        let relays = self.relays.len();
        for step in 0..relays {
            let at = (self.turn + step) % relays;
            if let Some(lane) = self.take_from(at, now) {
                self.turn = (at + 1) % relays;
                return Some(lane);
            }
        }
        None
    }

    fn take_from(&mut self, at: usize, now: Nanos) -> Option<usize> {
        let relay = self.relays.get_mut(at)?;
        if !relay.has_room(now) {
            return None;
        }
        relay.promote(&mut self.lanes, now);
        let index = relay.pop_eligible(&self.lanes)?;
        let lane = self.lanes.get_mut(index)?;
        lane.start(now);
        relay.start();
        self.ready -= 1;
        self.in_flight += 1;
        self.enqueue(index);
        Some(index)
    }

    /// A mail of the lane is no longer under way.
    pub fn done(&mut self, lane: usize, now: Timestamp, verdict: Verdict) {
        if self.end(lane) {
            self.judged(lane, nanos(now), verdict);
            self.enqueue(lane);
        }
    }

    /// The lane has one mail less under way; false where it had none.
    fn end(&mut self, lane: usize) -> bool {
        let Some(found) = self.lanes.get_mut(lane) else {
            return false;
        };
        if !found.finish() {
            return false;
        }
        if let Some(relay) = self.relays.get_mut(found.relay) {
            relay.finish();
        }
        self.in_flight -= 1;
        true
    }

    fn judged(&mut self, lane: usize, now: Nanos, verdict: Verdict) {
        let enabled = self.enabled;
        let Some(found) = self.lanes.get_mut(lane) else {
            return;
        };
        let moved = match verdict {
            Verdict::Fine => found.went_fine(),
            Verdict::Slow => enabled && found.slow_down(now),
            Verdict::Block { until } => found.block(nanos(until)),
        };
        if moved {
            found.leave_queue();
        }
    }

    /// A mail that was taken was never offered: it is ready again, and counts for no cap.
    pub fn put_back(&mut self, lane: usize) {
        if self.end(lane) {
            self.ready_again(lane);
        }
    }

    /// A mail that was taken was not handed over, and the connection ended with words that say how its
    /// lane goes on (a 421): it is ready again, and counts for no cap.
    pub fn put_back_after(&mut self, lane: usize, now: Timestamp, verdict: Verdict) {
        if self.end(lane) {
            self.judged(lane, nanos(now), verdict);
            self.ready_again(lane);
        }
    }

    fn ready_again(&mut self, lane: usize) {
        let Some(found) = self.lanes.get_mut(lane) else {
            return;
        };
        found.ready += 1;
        found.sent_today = found.sent_today.saturating_sub(1);
        if let Some(relay) = self.relays.get_mut(found.relay) {
            relay.sent_today = relay.sent_today.saturating_sub(1);
        }
        self.ready += 1;
        self.enqueue(lane);
    }

    /// Nothing goes through the relay until then: it is away, or asked for a rest.
    pub fn hold_relay(&mut self, relay: usize, until: Timestamp) {
        if let Some(found) = self.relays.get_mut(relay) {
            found.held_until = nanos(until);
        }
    }

    /// When something next becomes possible by time alone; a moment that is past where it is
    /// possible already. `None`: only new mails or a [`done`](Self::done) can change anything.
    pub fn wake_at(&mut self) -> Option<Timestamp> {
        let day_ends = self.day_ends;
        let deferred = self.deferred.peek().map(|Reverse((at, _))| *at);
        let lanes = &self.lanes;
        let relays = self
            .relays
            .iter_mut()
            .filter_map(|relay| relay.wake_at(lanes, day_ends));
        let capped = (self.capped > 0).then_some(day_ends);
        relays.chain(deferred).chain(capped).min().map(timestamp)
    }

    /// Mails that are ready but not under way.
    pub const fn ready(&self) -> u64 {
        self.ready
    }

    /// Mails under way.
    pub const fn in_flight(&self) -> u64 {
        self.in_flight
    }

    /// Mails that wait for their time.
    pub fn deferred(&self) -> usize {
        self.deferred.len()
    }

    /// Whether pauses apply.
    pub const fn is_enabled(&self) -> bool {
        self.enabled
    }

    /// Lets deferred mails and a new day in.
    fn pass_time(&mut self, now: Nanos) {
        if now >= self.day_ends {
            self.day_ends = nanos(self.calendar.next_day(timestamp(now)));
            self.capped = 0;
            self.relays.iter_mut().for_each(Relay::begin_day);
            for index in 0..self.lanes.len() {
                if self.lanes.get_mut(index).is_some_and(Lane::begin_day) {
                    self.enqueue(index);
                }
            }
        }
        while let Some(Reverse((at, lane))) = self.deferred.peek().copied() {
            if at > now {
                break;
            }
            self.deferred.pop();
            if let Some(found) = self.lanes.get_mut(lane) {
                found.deferred -= 1;
            }
            self.add(lane, 1);
        }
    }

    /// Puts the lane where it belongs: among those that may go, those that wait, or neither.
    fn enqueue(&mut self, index: usize) {
        let Some(lane) = self.lanes.get_mut(index) else {
            return;
        };
        let Some(relay) = self.relays.get_mut(lane.relay) else {
            return;
        };
        if lane.ready == 0 || lane.in_flight >= lane.at_once {
            lane.leave_queue();
            return;
        }
        // A lane over its cap is let in again by the new day.
        if lane.is_capped() {
            lane.leave_queue();
            self.capped += usize::from(!lane.waits_for_day);
            lane.waits_for_day = true;
            return;
        }
        match lane.place {
            Place::Nowhere => {}
            Place::Waiting => return,
            // Its order is set anew only when it has grown a lot, so that adding mails one by one
            // does not fill the queue with stale entries.
            Place::Eligible { work } if lane.work() / 2 <= work => return,
            Place::Eligible { .. } => lane.leave_queue(),
        }
        self.sequence += 1;
        lane.place = Place::Waiting;
        relay.wait(Entry {
            lane: index,
            stamp: lane.stamp,
            sequence: self.sequence,
            at: lane.next,
        });
    }
}

#[cfg(test)]
mod tests;
