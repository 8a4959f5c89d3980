//! When the engine next has something to do by time alone, and sleeping until then.

use jiff::Timestamp;

use super::claiming::lease_ends;
use super::engine::Engine;
use crate::clock::{Clock, Hold};

impl Engine {
    /// The earliest moment at which time alone changes what can be done.
    pub(super) fn wake_at(&mut self, now: Timestamp) -> Option<Timestamp> {
        let sending = self.stopping.is_none() && self.queues.ready() > 0;
        let pace = if sending { self.pacer.wake_at() } else { None };
        let windows = self
            .occurrences
            .iter()
            .filter(|active| active.ended.is_none())
            .filter_map(|active| active.closes);
        let resting = self.relays.iter().filter_map(|relay| relay.rests_until);
        let leases = self
            .claims
            .values()
            .filter_map(|claim| lease_ends(claim.until));
        let push = if self.is_pushing {
            None
        } else {
            self.push_at()
        };
        windows
            .chain(resting)
            .chain(leases)
            .chain(pace)
            .chain(push)
            .chain(self.queues.wakes_at())
            .chain(self.claim_at(now).filter(|_| !self.is_pushing))
            .chain(self.hearing.is_wanted().then_some(now))
            .chain(self.until)
            .chain(self.turns_at())
            .chain(self.deadline.filter(|deadline| *deadline > now))
            .min()
    }
}

/// Sleeps until `wake`; lets virtual time go on as soon as the sleep is known to the clock.
pub(super) async fn sleep(clock: &dyn Clock, wake: Option<Timestamp>, busy: &mut Option<Hold>) {
    let Some(at) = wake else {
        drop(busy.take());
        return std::future::pending().await;
    };
    let mut sleep = clock.sleep_until(at);
    std::future::poll_fn(|context| {
        let polled = sleep.as_mut().poll(context);
        if polled.is_pending() {
            drop(busy.take());
        }
        polled
    })
    .await;
}
