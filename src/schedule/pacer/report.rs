//! What a pacer is doing, for people to look at and for claims to be cut by.

use std::time::Duration;

use jiff::Timestamp;

use super::lane::Lane;
use super::{Nanos, Pacer, timestamp};

/// One lane as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LaneReport {
    /// Its index.
    pub lane: usize,
    /// Its relay's index.
    pub relay: usize,
    /// Mails that are ready but not under way.
    pub ready: u64,
    /// Mails that wait for their time.
    pub deferred: u64,
    /// Mails under way.
    pub in_flight: u16,
    /// Mails started today.
    pub sent_today: u32,
    /// Its pause as it is now.
    pub pause: Duration,
    /// Whether that is longer than usual.
    pub slowed: bool,
    /// Whether it has had its mails for today.
    pub capped: bool,
    /// The earliest start of its next mail.
    pub next_at: Timestamp,
}

impl Pacer {
    /// One lane as it stands.
    pub fn lane_report(&self, lane: usize) -> Option<LaneReport> {
        self.lanes.get(lane).map(|found| found.report(lane))
    }

    /// The lanes that are blocked at `now`, and until when.
    pub fn blocked(&self, now: Timestamp) -> impl Iterator<Item = (usize, Timestamp)> + '_ {
        self.lanes
            .iter()
            .enumerate()
            .filter_map(move |(lane, found)| {
                let until = timestamp(found.blocked_until?);
                (until > now).then_some((lane, until))
            })
    }
}

impl Lane {
    fn report(&self, lane: usize) -> LaneReport {
        LaneReport {
            lane,
            relay: self.relay,
            ready: self.ready,
            deferred: self.deferred,
            in_flight: self.in_flight,
            sent_today: self.sent_today,
            pause: duration(self.pause),
            slowed: self.is_slowed(),
            capped: self.is_capped(),
            next_at: timestamp(self.next),
        }
    }
}

fn duration(nanos: Nanos) -> Duration {
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(0))
}
