//! One lane's own state: its pause, its counts, and how it slows down and recovers.

use super::{LaneConfig, Nanos, SLOW_AT_LEAST, SLOW_AT_MOST, length};

/// So many fine ones halve a slowed lane's pause; a large provider's lane needs more.
const FINE_UNTIL_FASTER: u16 = 20;
const FINE_UNTIL_FASTER_LARGE: u16 = 50;

/// Which queue of its relay a lane stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Nowhere,
    Waiting,
    /// With the order that it was given.
    Eligible {
        work: Nanos,
    },
}

#[derive(Debug, Clone)]
pub(super) struct Lane {
    pub(super) relay: usize,
    pub(super) at_once: u16,
    pub(super) ready: u64,
    pub(super) backlog: u64,
    pub(super) deferred: u64,
    pub(super) in_flight: u16,
    pub(super) sent_today: u32,
    pub(super) daily_cap: Option<u32>,
    pub(super) next: Nanos,
    pub(super) pause: Nanos,
    pub(super) blocked_until: Option<Nanos>,
    pub(super) place: Place,
    /// Entries of a queue with another stamp are stale.
    pub(super) stamp: u32,
    pub(super) waits_for_day: bool,
    usual_pause: Nanos,
    large: bool,
    pub(super) fine: u16,
    /// Mails that were under way when it slowed down: their replies say nothing new.
    excused: u16,
}

impl Lane {
    pub(super) fn new(config: LaneConfig, enabled: bool) -> Self {
        let pause = if enabled { length(config.pause) } else { 0 };
        Self {
            relay: config.relay,
            at_once: config.at_once,
            ready: 0,
            backlog: 0,
            deferred: 0,
            in_flight: 0,
            sent_today: config.sent_today,
            daily_cap: config.daily_cap,
            next: Nanos::MIN,
            pause,
            blocked_until: None,
            place: Place::Nowhere,
            stamp: 0,
            waits_for_day: false,
            usual_pause: pause,
            large: config.large,
            fine: 0,
            excused: 0,
        }
    }

    /// The time that what remains takes at the lane's pause.
    pub(super) fn work(&self) -> Nanos {
        let mails = Nanos::try_from(self.ready.saturating_add(self.backlog)).unwrap_or(Nanos::MAX);
        mails.saturating_mul(self.pause)
    }

    pub(super) fn is_capped(&self) -> bool {
        self.daily_cap.is_some_and(|cap| self.sent_today >= cap)
    }

    pub(super) const fn is_slowed(&self) -> bool {
        self.pause > self.usual_pause
    }

    /// Makes its entry stale.
    pub(super) fn leave_queue(&mut self) {
        self.stamp = self.stamp.wrapping_add(1);
        self.place = Place::Nowhere;
    }

    pub(super) fn start(&mut self, now: Nanos) {
        self.leave_queue();
        self.ready -= 1;
        self.in_flight += 1;
        self.sent_today = self.sent_today.saturating_add(1);
        self.next = now.saturating_add(self.pause);
    }

    /// False where nothing is under way: then nothing changed.
    #[must_use]
    pub(super) fn finish(&mut self) -> bool {
        let any = self.in_flight > 0;
        self.in_flight = self.in_flight.saturating_sub(1);
        any
    }

    /// Whether its next start moved (so for the two below).
    pub(super) fn went_fine(&mut self) -> bool {
        self.excused = self.excused.saturating_sub(1);
        if !self.is_slowed() {
            return false;
        }
        self.fine += 1;
        let needed = if self.large {
            FINE_UNTIL_FASTER_LARGE
        } else {
            FINE_UNTIL_FASTER
        };
        if self.fine >= needed {
            self.fine = 0;
            self.pause = (self.pause / 2).max(self.usual_pause);
        }
        false
    }

    pub(super) fn slow_down(&mut self, now: Nanos) -> bool {
        self.fine = 0;
        if self.excused > 0 {
            self.excused -= 1;
        } else {
            self.excused = self.in_flight;
            // A pause that is configured longer than the longest slow one stays.
            self.pause = self
                .pause
                .saturating_mul(2)
                .clamp(length(SLOW_AT_LEAST), length(SLOW_AT_MOST))
                .max(self.usual_pause);
        }
        self.postpone(now.saturating_add(self.pause))
    }

    pub(super) fn block(&mut self, until: Nanos) -> bool {
        self.excused = self.excused.saturating_sub(1);
        self.blocked_until = self.blocked_until.max(Some(until));
        self.postpone(until)
    }

    fn postpone(&mut self, until: Nanos) -> bool {
        let moved = until > self.next;
        self.next = self.next.max(until);
        moved
    }

    /// Whether it waited for this.
    pub(super) fn begin_day(&mut self) -> bool {
        self.sent_today = 0;
        std::mem::take(&mut self.waits_for_day)
    }
}
