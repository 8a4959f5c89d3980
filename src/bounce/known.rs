//! What the ledger has heard already: which messages were read, and whose mail bounced softly of late.

use std::collections::{HashMap, HashSet};

use jiff::{SignedDuration, Timestamp};

use crate::ledger::branch::{Ledger, LedgerError};
use crate::ledger::event::{Exclusion, Scope, SuppressionEvent};
use crate::ledger::feedback::{Feedback, Heard, MessageKey};
use crate::mail::recipient_id::RecipientId;
use crate::mail::refusal::Class;
use crate::workspace::settings::SoftBounces;

/// A fold over what came back.
pub(super) struct Known {
    messages: HashSet<MessageKey>,
    /// When mail bounced softly, within the limit's days.
    soft: HashMap<RecipientId, Vec<Timestamp>>,
    limit: SoftBounces,
    /// Whether only what surely is about a mail of ours counts against the limit.
    needs_proof: bool,
    since: Timestamp,
    /// The segment that comes next.
    next: u32,
}

impl Known {
    /// Reads all that came back.
    ///
    /// # Errors
    /// [`LedgerError`].
    pub(super) fn read(
        ledger: &Ledger,
        limit: SoftBounces,
        needs_proof: bool,
        now: Timestamp,
    ) -> Result<Self, LedgerError> {
        let days = SignedDuration::from_hours(24 * i64::from(limit.days));
        let mut known = Self {
            messages: HashSet::new(),
            soft: HashMap::new(),
            limit,
            needs_proof,
            since: now.checked_sub(days).unwrap_or(Timestamp::MIN),
            next: 0,
        };
        known.next = ledger.feedback(0, |feedback| {
            known.messages.insert(feedback.message);
            known.count(&feedback);
        })?;
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
            self.messages.insert(feedback.message);
            theirs.insert(feedback.message);
        }
        Ok(theirs)
    }

    /// Whether what this message says was noted down before.
    pub(super) fn is_noted(&self, message: MessageKey) -> bool {
        self.messages.contains(&message)
    }

    /// What this message says is noted down.
    pub(super) fn note(&mut self, message: MessageKey) {
        self.messages.insert(message);
    }

    /// Takes what was heard in. Whoever is past the limit by it takes no mail, it seems, and is not mailed any more.
    pub(super) fn past_limit(&mut self, feedback: &Feedback) -> Option<SuppressionEvent> {
        let so_many = self.count(feedback)?;
        (so_many == usize::from(self.limit.mails)).then(|| SuppressionEvent::Suppressed {
            recipient: feedback.recipient,
            scope: Scope::All,
            reason: Exclusion::HardBounce,
            at: feedback.at,
            note: format!("{so_many} soft bounces in {} days", self.limit.days),
        })
    }

    /// How many soft bounces of late there are with this one, if it is one.
    fn count(&mut self, feedback: &Feedback) -> Option<usize> {
        let Heard::Bounced { class, .. } = &feedback.what else {
            return None;
        };
        // What is refused for the sender, the mail or the way there says nothing of the mailbox.
        let is_soft = matches!(class, Class::Soft | Class::MailboxFull | Class::Unknown);
        let is_hearsay = self.needs_proof && feedback.mail.is_none();
        if !is_soft || is_hearsay || feedback.at < self.since {
            return None;
        }
        let times = self.soft.entry(feedback.recipient).or_default();
        times.push(feedback.at);
        Some(times.len())
    }
}
