//! Who was asked whether they want to go on and does not answer, where policy leaves them out: so that their own page says it.
//!
//! Read from the ledger on the clerk's thread and once an hour at most: nobody becomes unconfirmed within an hour. Who answers
//! meanwhile has answered.

use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

use super::service::Service;
use crate::git::CommitId;
use crate::ledger::branch::LedgerError;
use crate::mail::recipient_id::RecipientId;
use crate::plan::reconfirmation::Asked;
use crate::workspace::settings::Unconfirmed;

const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// See the module.
#[derive(Default)]
pub(super) struct Unanswered(Mutex<State>);

#[derive(Default)]
struct State {
    asked: Option<Arc<Asked>>,
    /// The ledger's head that it was read at, and when.
    read: Option<(Option<CommitId>, Timestamp)>,
}

impl Unanswered {
    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Service {
    /// Reads who was asked, where it is time to.
    ///
    /// # Errors
    /// [`LedgerError`].
    pub(super) fn read_unanswered(&self) -> Result<(), LedgerError> {
        let policy = self.ground().settings.policy.reconfirmation;
        if policy.unconfirmed != Unconfirmed::Exclude {
            *self.unanswered.state() = State::default();
            return Ok(());
        }
        let Some(ledger) = self.sendings.ledger() else {
            return Ok(());
        };
        let (head, now) = (ledger.head(), self.now());
        let is_fresh = |(at, read): (Option<CommitId>, Timestamp)| {
            at == head || now.duration_since(read).abs() < HOUR
        };
        if self.unanswered.state().read.is_some_and(is_fresh) {
            return Ok(());
        }
        let answered = |who: &RecipientId| self.folds(|folds| folds.wishes.of(who).confirmed());
        let asked = Asked::read(&ledger, answered, policy, now)?;
        *self.unanswered.state() = State {
            asked: Some(Arc::new(asked)),
            read: Some((head, now)),
        };
        Ok(())
    }

    /// Whether somebody who answered at `answered` last gets no newsletters because they did not answer since.
    pub(super) fn is_unconfirmed(&self, who: &RecipientId, answered: Option<Timestamp>) -> bool {
        let asked = self.unanswered.state().asked.clone();
        asked.is_some_and(|it| it.is_still_unconfirmed(who, answered, self.now()))
    }
}
