//! What some messages came to, until it is published; and what of it counts as this reader's: another one may have
//! noted the same messages down meanwhile, and a suppression may have been lifted since.

use std::collections::HashSet;

use jiff::Timestamp;

use super::asks::Ask;
use super::ingest::{IngestError, Outside, Summary};
use super::known::Known;
use super::listen::{self, End, Said};
use super::mailbox::Taken;
use crate::ledger::branch::{Batch, Ledger, LedgerError};
use crate::ledger::event::{Scope, SuppressionEvent};
use crate::ledger::feedback::{Feedback, Heard, MessageKey};
use crate::ledger::last_word::LastWord;
use crate::ledger::suppressions::Suppressions;
use crate::ledger::wish::Wish;
use crate::ledger::wishes::{UNPUBLISHED, Wishes};
use crate::mail::occurrence::OccurrenceId;

/// What some messages came to.
#[derive(Default)]
pub(super) struct Intake {
    pub(super) feedback: Vec<Feedback>,
    pub(super) suppressions: Vec<SuppressionEvent>,
    pub(super) wishes: Vec<Wish>,
    /// What people asked for.
    pub(super) asks: Vec<Ask>,
    pub(super) taken: Vec<Taken>,
    pub(super) counted: Vec<Counted>,
}

/// What messages are added to.
pub(super) struct Sums<'a> {
    pub(super) summary: &'a mut Summary,
    pub(super) known: &'a mut Known,
    /// Who is suppressed, these messages included.
    pub(super) standing: &'a mut Suppressions,
    /// What people asked for, these messages included; read where somebody asks.
    pub(super) wished: &'a mut Option<Wishes>,
}

impl Sums<'_> {
    /// Gives a wish its moment.
    ///
    /// # Errors
    /// [`LedgerError`].
    pub(super) fn in_turn(
        &mut self,
        ledger: &Ledger,
        said: &mut Said,
        message: &listen::Message<'_>,
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        if !said.is_wish() {
            return Ok(());
        }
        let wishes = match self.wished.take() {
            Some(read) => read,
            None => ledger.wishes()?,
        };
        let wishes = self.wished.insert(wishes);
        let last = LastWord {
            suppressions: self.standing,
            wishes,
        };
        said.in_turn(&last, message, now);
        Ok(())
    }
}

/// What one message added to the sums.
pub(super) struct Counted {
    message: MessageKey,
    is_noted: bool,
    heard: Vec<String>,
    suppressed: u64,
    lifted_since: u64,
}

impl Intake {
    /// Takes what a message says. What is for a person stays where it is.
    pub(super) fn take(&mut self, sums: &mut Sums<'_>, said: Said, message: &listen::Message<'_>) {
        let Sums {
            summary,
            known,
            standing,
            wished,
        } = sums;
        match said.end {
            End::Noted => summary.noted += 1,
            End::Forged => summary.forged += 1,
            End::Nobody => summary.nobody += 1,
            End::Passed => summary.passed += 1,
            End::ForPerson | End::Asks => {}
        }
        if said.feedback.is_empty() && said.suppressions.is_empty() {
            // What was noted down before may still wait for its answer.
            self.asks.extend(said.ask);
            return;
        }
        let mut counted = Counted {
            message: message.key,
            is_noted: said.end == End::Noted,
            heard: Vec::new(),
            suppressed: 0,
            lifted_since: 0,
        };
        let mut suppressions = said.suppressions;
        for feedback in &said.feedback {
            let name = match &feedback.what {
                Heard::Bounced { class, .. } => format!("bounced {class}"),
                other => other.name().to_owned(),
            };
            *summary.heard.entry(name.clone()).or_default() += 1;
            counted.heard.push(name);
            known.take(feedback);
        }
        for event in &suppressions {
            match takes_force(standing, event) {
                Force::New => counted.suppressed += 1,
                Force::Standing => {}
                Force::Outlived => counted.lifted_since += 1,
            }
        }
        summary.suppressed += counted.suppressed;
        summary.lifted_since += counted.lifted_since;
        if let Some(ask) = &said.ask {
            let lift = ask.lifts(standing);
            lift.iter().for_each(|event| standing.apply(event));
            suppressions.extend(lift);
            let wish = ask.wish();
            if let (Some(wishes), Some(wish)) = (wished, &wish) {
                wishes.apply(UNPUBLISHED, wish);
            }
            self.wishes.extend(wish);
        }
        self.asks.extend(said.ask);
        self.counted.push(counted);
        self.feedback.extend(said.feedback);
        self.suppressions.extend(suppressions);
    }

    /// Whose mails it is about.
    pub(super) fn occurrences(&self) -> impl Iterator<Item = OccurrenceId> + '_ {
        let mails = self.feedback.iter().filter_map(|it| it.mail.as_ref());
        mails.map(|(occurrence, _)| occurrence.clone())
    }

    /// Publishes what was heard and whom nobody mails any more: together, or nothing.
    ///
    /// # Errors
    /// [`IngestError`].
    pub(super) fn publish(
        &mut self,
        outside: &Outside<'_>,
        ledger: &mut Ledger,
        now: Timestamp,
    ) -> Result<usize, IngestError> {
        if self.feedback.is_empty() && self.suppressions.is_empty() && self.wishes.is_empty() {
            return Ok(0);
        }
        let (heard, left) = (self.feedback.len(), self.suppressions.len());
        ledger.publish(&Batch {
            suppressions: std::mem::take(&mut self.suppressions),
            feedback: std::mem::take(&mut self.feedback),
            wishes: std::mem::take(&mut self.wishes),
            ..Batch::new(
                outside.run,
                now,
                format!("feedback: {heard} heard, {left} suppressed"),
            )
        })?;
        Ok(heard)
    }

    /// Leaves to others what they noted down first.
    pub(super) fn concede(&mut self, summary: &mut Summary, theirs: &HashSet<MessageKey>) {
        let counted = std::mem::take(&mut self.counted);
        for one in counted.iter().filter(|it| theirs.contains(&it.message)) {
            if one.is_noted {
                summary.noted = summary.noted.saturating_sub(1);
                summary.known += 1;
            }
            for name in &one.heard {
                if let Some(count) = summary.heard.get_mut(name) {
                    *count = count.saturating_sub(1);
                }
            }
            summary.heard.retain(|_, count| *count > 0);
            summary.suppressed = summary.suppressed.saturating_sub(one.suppressed);
            summary.lifted_since = summary.lifted_since.saturating_sub(one.lifted_since);
        }
    }
}

/// What a suppression changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Force {
    /// Nobody mails them from now on.
    New,
    /// Nobody did before.
    Standing,
    /// It is older than what lifted it: they are mailed as before.
    Outlived,
}

/// Takes an event in, and says what it changes.
pub(super) fn takes_force(standing: &mut Suppressions, event: &SuppressionEvent) -> Force {
    let (SuppressionEvent::Suppressed {
        recipient, scope, ..
    }
    | SuppressionEvent::Lifted {
        recipient, scope, ..
    }) = event;
    // Who gets nothing at all loses nothing by leaving a topic, too; that is told all the same.
    let exact = |standing: &Suppressions, scope: &Scope| standing.exact(recipient, scope);
    let before = exact(standing, scope);
    standing.apply(event);
    match (before, exact(standing, scope)) {
        (_, None) => Force::Outlived,
        (Some(_), Some(_)) => Force::Standing,
        (None, Some(_)) => Force::New,
    }
}

/// Suppresses who is past the limit of soft bounces, by all that is on the ledger and was heard here; how many.
///
/// # Errors
/// [`IngestError`].
pub(super) fn keep_limit(
    outside: &Outside<'_>,
    ledger: &mut Ledger,
    known: &Known,
    standing: &mut Suppressions,
    now: Timestamp,
) -> Result<u64, IngestError> {
    if known.past_limit(standing).is_empty() {
        return Ok(0);
    }
    if !outside.dry_run {
        // Another reader may have come to the same meanwhile.
        *standing = ledger.suppressions()?;
    }
    let passed = known.past_limit(standing);
    suppress(outside, ledger, standing, passed, now)
}

/// Publishes suppressions; how many change anything.
///
/// # Errors
/// [`IngestError`].
pub(super) fn suppress(
    outside: &Outside<'_>,
    ledger: &mut Ledger,
    standing: &mut Suppressions,
    suppressions: Vec<SuppressionEvent>,
    now: Timestamp,
) -> Result<u64, IngestError> {
    let mut new = 0;
    for event in &suppressions {
        new += u64::from(takes_force(standing, event) == Force::New);
    }
    let mut intake = Intake {
        suppressions,
        ..Intake::default()
    };
    if !outside.dry_run {
        intake.publish(outside, ledger, now)?;
    }
    Ok(new)
}
