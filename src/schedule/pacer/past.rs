//! What a pacer knows that outlives it: the next one goes on where it left off. What was started
//! today is not part of it: whoever makes the next one counts that.

use jiff::Timestamp;

use super::{Nanos, Pacer, timestamp};

/// How a lane was going.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LanePast {
    next: Nanos,
    /// Its pause, where that was longer than usual.
    slowed: Option<Nanos>,
    fine: u16,
    blocked_until: Option<Nanos>,
}

/// How a relay was going.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RelayPast {
    held_until: Nanos,
}

impl Pacer {
    /// How a lane is going.
    pub fn lane_past(&self, lane: usize) -> Option<LanePast> {
        self.lanes.get(lane).map(|found| LanePast {
            next: found.next,
            slowed: found.is_slowed().then_some(found.pause),
            fine: found.fine,
            blocked_until: found.blocked_until,
        })
    }

    /// How a relay is going.
    pub fn relay_past(&self, relay: usize) -> Option<RelayPast> {
        let held_until = self.relays.get(relay)?.held_until;
        Some(RelayPast { held_until })
    }

    /// Has a lane without mails go on as it was going: its next mail starts no earlier than it would
    /// have, and what slowed down stays slow.
    pub fn lane_goes_on(&mut self, lane: usize, past: LanePast) {
        let enabled = self.enabled;
        let Some(found) = self.lanes.get_mut(lane).filter(|lane| lane.ready == 0) else {
            return;
        };
        found.next = found.next.max(past.next);
        found.blocked_until = found.blocked_until.max(past.blocked_until);
        if let Some(pause) = past.slowed.filter(|_| enabled) {
            found.pause = found.pause.max(pause);
            found.fine = past.fine;
        }
    }

    /// Has a relay go on as it was going.
    pub fn relay_goes_on(&mut self, relay: usize, past: RelayPast) {
        if let Some(found) = self.relays.get_mut(relay) {
            found.held_until = found.held_until.max(past.held_until);
        }
    }

    /// When a lane may go again that has had its mails for today, or whose relay has.
    pub fn capped_until(&self, lane: usize) -> Option<Timestamp> {
        let found = self.lanes.get(lane)?;
        let relay = self.relays.get(found.relay);
        let capped = found.is_capped() || relay.is_some_and(super::relay::Relay::is_capped);
        capped.then(|| timestamp(self.day_ends))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jiff::ToSpan;

    use super::super::{LaneConfig, PacerConfig, RelayLimits, Verdict};
    use super::*;
    use crate::schedule::calendar::Calendar;

    fn pacer(now: Timestamp) -> Pacer {
        let lane = LaneConfig {
            relay: 0,
            pause: Duration::from_secs(5),
            at_once: 2,
            daily_cap: Some(2),
            sent_today: 0,
            large: false,
        };
        let config = PacerConfig {
            enabled: true,
            calendar: Calendar::new("UTC", []).unwrap(),
            relays: vec![RelayLimits {
                connections: 4,
                ..RelayLimits::default()
            }],
            lanes: vec![lane],
        };
        Pacer::new(config, now)
    }

    #[test]
    fn the_next_pacer_keeps_the_pause_and_stays_slow() {
        let now: Timestamp = "2026-12-03T11:00:00Z".parse().unwrap();
        for (verdict, pause) in [(Verdict::Fine, 5), (Verdict::Slow, 10)] {
            let mut first = pacer(now);
            first.add(0, 1);
            assert_eq!(first.take(now), Some(0));
            first.done(0, now, verdict);
            let mut next = pacer(now);
            next.lane_goes_on(0, first.lane_past(0).unwrap());
            next.add(0, 2);
            assert_eq!(next.take(now + (pause - 1).seconds()), None);
            assert_eq!(next.take(now + pause.seconds()), Some(0));
            assert_eq!(next.capped_until(0), None);
            // What is slow now stays so for the mail after that.
            let later = now + (2 * pause).seconds();
            assert_eq!(next.take(later - 1.second()), None);
            assert_eq!(next.take(later), Some(0));
            let midnight: Timestamp = "2026-12-04T00:00:00Z".parse().unwrap();
            assert_eq!(next.capped_until(0), Some(midnight));
        }
    }

    #[test]
    fn a_held_relay_stays_held() {
        let now: Timestamp = "2026-12-03T11:00:00Z".parse().unwrap();
        let mut first = pacer(now);
        first.hold_relay(0, now + 1.minute());
        let mut next = pacer(now);
        next.relay_goes_on(0, first.relay_past(0).unwrap());
        next.add(0, 1);
        assert_eq!(next.take(now + 59.seconds()), None);
        assert_eq!(next.take(now + 1.minute()), Some(0));
    }
}
