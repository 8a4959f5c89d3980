//! What the ledger has heard already: which messages were read, and what counts towards the limit of soft bounces.

use std::collections::HashSet;

use super::limit::Limit;
use crate::ledger::branch::{Ledger, LedgerError};
use crate::ledger::event::SuppressionEvent;
use crate::ledger::feedback::{Feedback, Heard, MessageKey};
use crate::ledger::suppressions::Suppressions;
use crate::plan::refused::Refused;

/// A fold over what came back.
pub(super) struct Known {
    messages: HashSet<MessageKey>,
    limit: Limit,
    /// Whether any of it was surely read from a mailbox: portals write down who leaves, opens and clicks.
    is_begun: bool,
    /// The segment that comes next.
    next: u32,
}

impl Known {
    /// Reads all that came back.
    ///
    /// # Errors
    /// [`LedgerError`].
    pub(super) fn read(ledger: &Ledger, limit: Limit) -> Result<Self, LedgerError> {
        let mut known = Self {
            messages: HashSet::new(),
            limit,
            is_begun: false,
            next: 0,
        };
        known.next = ledger.feedback(0, |feedback| known.take(&feedback))?;
        Ok(known)
    }

    /// Takes in what others published since, below the last `own` events, which were just published and are known.
    /// Says whose messages those are.
    ///
    /// # Errors
    /// [`LedgerError`].
    pub(super) fn take_others(
        &mut self,
        ledger: &Ledger,
        own: usize,
    ) -> Result<HashSet<MessageKey>, LedgerError> {
        let mut since = Vec::new();
        self.next = ledger.feedback(self.next, |feedback| since.push(feedback))?;
        let others = since.len().saturating_sub(own);
        let mut theirs = HashSet::new();
        for feedback in since.iter().take(others) {
            self.take(feedback);
            theirs.insert(feedback.message);
        }
        Ok(theirs)
    }

    /// Whether a mailbox was taken in before.
    pub(super) fn is_begun(&self) -> bool {
        self.is_begun
    }

    /// Whether what this message says was noted down before.
    pub(super) fn is_noted(&self, message: MessageKey) -> bool {
        self.messages.contains(&message)
    }

    /// This is noted down.
    pub(super) fn take(&mut self, feedback: &Feedback) {
        self.messages.insert(feedback.message);
        self.is_begun |= !matches!(
            feedback.what,
            Heard::Left { .. } | Heard::Opened { .. } | Heard::Clicked { .. }
        );
        self.limit.hear(feedback);
    }

    /// This was refused while sending, for now as it seems.
    pub(super) fn take_refused(&mut self, refused: Refused) {
        self.limit.refused(refused);
    }

    /// Whoever is past the limit of soft bounces takes no mail, it seems, and is not mailed any more.
    pub(super) fn past_limit(&self, standing: &Suppressions) -> Vec<SuppressionEvent> {
        self.limit.passed(standing)
    }
}
