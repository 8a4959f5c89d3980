//! One relay's own state: its connections and caps, and the queues of its lanes.
//!
//! Entries are never searched for: a lane that leaves its queue changes its stamp, and the entry is
//! dropped when it comes to the top.

use std::cmp::{Ordering, Reverse};
use std::collections::{BinaryHeap, VecDeque};

use super::lane::{Lane, Place};
use super::{Nanos, RelayLimits};

/// A lane that waits until `at`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) lane: usize,
    pub(super) stamp: u32,
    pub(super) sequence: u64,
    pub(super) at: Nanos,
}

/// A lane that may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Eligible {
    work: Nanos,
    entry: Entry,
}

impl Ord for Entry {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.at, self.sequence).cmp(&(other.at, other.sequence))
    }
}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The greatest goes first.
impl Ord for Eligible {
    fn cmp(&self, other: &Self) -> Ordering {
        self.work
            .cmp(&other.work)
            .then_with(|| other.entry.cmp(&self.entry))
    }
}

impl PartialOrd for Eligible {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[derive(Debug, Clone)]
pub(super) struct Relay {
    pub(super) sent_today: u32,
    pub(super) held_until: Nanos,
    connections: u16,
    in_flight: u16,
    daily_cap: Option<u32>,
    warm_up: VecDeque<u32>,
    waiting: BinaryHeap<Reverse<Entry>>,
    eligible: BinaryHeap<Eligible>,
}

impl Relay {
    pub(super) fn new(limits: RelayLimits) -> Self {
        Self {
            sent_today: limits.sent_today,
            held_until: Nanos::MIN,
            connections: limits.connections,
            in_flight: 0,
            daily_cap: limits.daily_cap,
            warm_up: limits.warm_up.into(),
            waiting: BinaryHeap::new(),
            eligible: BinaryHeap::new(),
        }
    }

    pub(super) fn is_capped(&self) -> bool {
        let caps = self.daily_cap.iter().chain(self.warm_up.front());
        caps.min().is_some_and(|cap| self.sent_today >= *cap)
    }

    pub(super) fn has_room(&self, now: Nanos) -> bool {
        self.in_flight < self.connections && now >= self.held_until && !self.is_capped()
    }

    pub(super) fn start(&mut self) {
        self.in_flight += 1;
        self.sent_today = self.sent_today.saturating_add(1);
    }

    pub(super) fn finish(&mut self) {
        self.in_flight = self.in_flight.saturating_sub(1);
    }

    /// A day without sending does not count for the warm-up.
    pub(super) fn begin_day(&mut self) {
        if self.sent_today > 0 {
            self.warm_up.pop_front();
        }
        self.sent_today = 0;
    }

    pub(super) fn wait(&mut self, entry: Entry) {
        self.waiting.push(Reverse(entry));
    }

    /// Lanes whose time has come may go.
    pub(super) fn promote(&mut self, lanes: &mut [Lane], now: Nanos) {
        while let Some(Reverse(entry)) = self.waiting.peek().copied() {
            if entry.at > now {
                break;
            }
            self.waiting.pop();
            let Some(lane) = lanes.get_mut(entry.lane) else {
                continue;
            };
            if lane.stamp == entry.stamp {
                let work = lane.work();
                lane.place = Place::Eligible { work };
                self.eligible.push(Eligible { work, entry });
            }
        }
    }

    pub(super) fn pop_eligible(&mut self, lanes: &[Lane]) -> Option<usize> {
        loop {
            let entry = self.eligible.pop()?.entry;
            if is_live(lanes, &entry) {
                return Some(entry.lane);
            }
        }
    }

    /// When one of its lanes may go, by time alone.
    pub(super) fn wake_at(&mut self, lanes: &[Lane], day_ends: Nanos) -> Option<Nanos> {
        while let Some(top) = self.eligible.peek() {
            if is_live(lanes, &top.entry) {
                break;
            }
            self.eligible.pop();
        }
        while let Some(Reverse(top)) = self.waiting.peek() {
            if is_live(lanes, top) {
                break;
            }
            self.waiting.pop();
        }
        let eligible = self.eligible.peek().map(|top| top.entry.at);
        let waiting = self.waiting.peek().map(|Reverse(top)| top.at);
        let first = eligible.into_iter().chain(waiting).min()?;
        if self.in_flight >= self.connections {
            return None;
        }
        let first = first.max(self.held_until);
        Some(if self.is_capped() {
            first.max(day_ends)
        } else {
            first
        })
    }
}

fn is_live(lanes: &[Lane], entry: &Entry) -> bool {
    lanes
        .get(entry.lane)
        .is_some_and(|lane| lane.stamp == entry.stamp)
}
