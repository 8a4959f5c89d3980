//! How old what is known may be when a mail is handed over: somebody leaves, bounces or is suppressed while mails go out, and
//! claims reach minutes ahead. Every push hears of it; where none is due for long, the ledger is fetched before the next mail.

use jiff::{SignedDuration, Timestamp};

use super::DeliverError;
use super::engine::Engine;
use super::publisher::News;

/// Nothing is handed over by what was heard longer ago, where the remote can be asked.
const FRESH: SignedDuration = SignedDuration::from_secs(30);

/// A remote that could not be asked is asked again after so long: what is claimed goes out meanwhile.
const AWAY: SignedDuration = SignedDuration::from_mins(5);

/// When the ledger on the remote was heard of.
#[derive(Debug)]
pub(super) struct Hearing {
    /// Until when what is known is good enough.
    good_until: Timestamp,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Idle,
    Wanted,
    UnderWay,
}

impl Hearing {
    /// What is known was read just now.
    pub(super) fn new(now: Timestamp) -> Self {
        let mut hearing = Self {
            good_until: now,
            state: State::Idle,
        };
        hearing.heard(now, true);
        hearing
    }

    /// The remote answered, or did not.
    pub(super) fn heard(&mut self, now: Timestamp, well: bool) {
        let good_for = if well { FRESH } else { AWAY };
        self.good_until = now.checked_add(good_for).unwrap_or(now);
        self.state = State::Idle;
    }

    /// Whether the ledger is to be fetched now; it is under way then.
    pub(super) fn begins(&mut self) -> bool {
        let wanted = self.state == State::Wanted;
        if wanted {
            self.state = State::UnderWay;
        }
        wanted
    }

    /// Whether somebody waits for it to begin.
    pub(super) fn is_wanted(&self) -> bool {
        self.state == State::Wanted
    }
}

impl Engine {
    /// Whether a mail that may go now has to wait until the ledger was fetched. A push that is under way brings the same; a remote
    /// that is away keeps nothing that is claimed.
    pub(super) fn has_to_hear(&mut self, now: Timestamp) -> bool {
        if self.hearing.state != State::Idle {
            return true;
        }
        let is_asked = self.is_pushing || self.outgoing.is_some() || self.remote.given_up.is_some();
        if is_asked || now < self.hearing.good_until || self.queues.ready() == 0 {
            return false;
        }
        let is_due = self.pacer.wake_at().is_some_and(|at| at <= now);
        if is_due {
            self.hearing.state = State::Wanted;
        }
        is_due
    }

    /// Takes in what others published.
    pub(super) fn hear(&mut self, news: &News, now: Timestamp) -> Result<(), DeliverError> {
        self.leave_out(&news.suppressions, now)?;
        self.look_at_rates(&news.returned)
    }
}
