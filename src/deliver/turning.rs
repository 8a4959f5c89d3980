//! How a round ends before all is sent, without anything being wrong: the main branch has moved or a
//! window opens, so that the next round has to begin from there; or the day's caps are used up.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::DeliverError;
use super::engine::Engine;
use super::stopping::Stop;
use super::watching::{Look, Watch};

/// The main branch is looked at so often while mails go out: who cancels a campaign may wait so long.
const LOOK_EVERY: SignedDuration = SignedDuration::from_secs(15);

/// And so often while none does.
const LOOK_IDLY: SignedDuration = SignedDuration::from_secs(60);

/// A round waits for a cap to be lifted where that is not longer.
pub(super) const WAIT_AT_MOST: SignedDuration = SignedDuration::from_mins(10);

const CAPPED: &str = "the day's cap is used up; it goes on tomorrow";

/// What ends a round from outside.
pub struct Turning {
    /// Looks at the main branch.
    pub main: Arc<dyn Watch>,
    /// When the round fetched the main branch.
    pub fetched_at: Timestamp,
    /// When the next window opens of something that this round does not send.
    pub opens_at: Option<Timestamp>,
    /// A main branch that moves does not end the round before: else one that moves all the time
    /// would keep anything from being sent.
    pub lasts_until: Timestamp,
}

/// What came of it so far.
pub(super) struct Turn {
    pub(super) turning: Turning,
    looked_at: Timestamp,
    pub(super) is_looking: bool,
    has_moved: bool,
    /// Whether mail went out since the last look.
    pub(super) is_busy: bool,
}

impl Turn {
    pub(super) fn new(turning: Turning) -> Self {
        Self {
            looked_at: turning.fetched_at,
            turning,
            is_looking: false,
            has_moved: false,
            is_busy: false,
        }
    }

    /// When the main branch is to be looked at next.
    fn look_at(&self) -> Option<Timestamp> {
        let after = if self.is_busy { LOOK_EVERY } else { LOOK_IDLY };
        let at = self.looked_at.checked_add(after).ok();
        at.filter(|_| !self.is_looking && !self.has_moved)
    }

    /// When the round is to end.
    fn ends_at(&self) -> Option<Timestamp> {
        let moved = self.has_moved.then_some(self.turning.lasts_until);
        moved.into_iter().chain(self.turning.opens_at).min()
    }
}

impl Engine {
    /// Ends the round where the next one would begin from something else. Not while the remote is away:
    /// what is claimed goes out, and the next round could not begin.
    pub(super) fn turn(&mut self, now: Timestamp) -> Result<(), DeliverError> {
        let is_due = self.turn.ends_at().is_some_and(|at| at <= now);
        if is_due && self.stopping.is_none() && self.remote.failures == 0 {
            self.stop(now, Stop::Anew)?;
        }
        Ok(())
    }

    /// A look at the main branch, where one is due.
    pub(super) fn next_look(&mut self, now: Timestamp) -> Option<Arc<dyn Watch>> {
        if self.stopping.is_some() || self.turn.look_at().is_none_or(|at| at > now) {
            return None;
        }
        self.turn.looked_at = now;
        self.turn.is_looking = true;
        self.turn.is_busy = false;
        Some(Arc::clone(&self.turn.turning.main))
    }

    /// Takes what a look found.
    pub(super) fn looked(&mut self, look: &Look) {
        self.turn.is_looking = false;
        self.turn.has_moved |= look.moved;
    }

    /// When one of these is due by time alone.
    pub(super) fn turns_at(&self) -> Option<Timestamp> {
        if self.stopping.is_some() {
            return None;
        }
        let ends = self.turn.ends_at().filter(|_| self.remote.failures == 0);
        self.turn.look_at().into_iter().chain(ends).min()
    }

    /// Ends what waits for nothing but a new day, where that is far: the claims would be let go and
    /// made again for hours, and whoever wants to send meanwhile would find the runner taken.
    pub(super) fn end_day(&mut self, now: Timestamp) -> Result<(), DeliverError> {
        if self.stopping.is_some() || !self.in_flight.is_empty() || self.outgoing.is_some() {
            return Ok(());
        }
        let mut until: Option<Timestamp> = None;
        for lane in self.queues.lanes_in_use() {
            match self.pacer.capped_until(lane) {
                Some(at) => until = until.max(Some(at)),
                None => return Ok(()),
            }
        }
        if until.is_none_or(|at| at.duration_since(now) <= WAIT_AT_MOST) {
            return Ok(());
        }
        for number in 0..self.occurrences.len() {
            let Some(active) = self.occurrences.get_mut(number) else {
                break;
            };
            if active.ended.is_none() && active.state.counts(now).pending > 0 {
                active.ended = Some(CAPPED.to_owned());
                self.leave(number)?;
            }
        }
        Ok(())
    }
}
