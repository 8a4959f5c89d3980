//! What relays refused for good while sending, read as what comes back later is: an address that does not exist is not
//! mailed again, whoever says so first; a mailbox that takes nothing now counts towards the limit of soft bounces.

use std::collections::HashSet;

use jiff::{SignedDuration, Timestamp};

use crate::ledger::branch::{Ledger, LedgerError};
use crate::ledger::event::{Event, Exclusion, Outcome, RecipientIndex, Scope, SuppressionEvent};
use crate::ledger::segment::Record;
use crate::mail::occurrence::OccurrenceId;
use crate::mail::recipient_id::RecipientId;
use crate::mail::refusal::{Class, classify};

/// A mail is tried for so long at most, since its sending began.
pub const TRIED: SignedDuration = SignedDuration::from_hours(5 * 24);

/// What was refused.
#[derive(Debug, Default)]
pub struct Refusals {
    /// The suppressions that follow from it, and are not on the ledger yet.
    pub suppressions: Vec<SuppressionEvent>,
    /// Mails that mailboxes did not take then.
    pub soft: Vec<Refused>,
}

/// A mail that was refused while sending.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Whose.
    pub recipient: RecipientId,
    /// Which.
    pub mail: (OccurrenceId, RecipientIndex),
    /// When.
    pub at: Timestamp,
}

/// Reads what was refused in the sendings that began since.
///
/// # Errors
/// [`LedgerError`].
pub fn refusals(ledger: &Ledger, since: Timestamp) -> Result<Refusals, LedgerError> {
    // Told apart by their time: who was lifted since, and is refused anew, is suppressed anew.
    let mut known: HashSet<(RecipientId, i64)> = HashSet::new();
    ledger.suppression_events(|event| {
        if let SuppressionEvent::Suppressed { recipient, at, .. } = event {
            known.insert((recipient, at.as_millisecond()));
        }
    })?;
    let mut found = Refusals::default();
    for occurrence in ledger.occurrences()? {
        let header = ledger.header(&occurrence)?;
        if header.is_some_and(|header| header.at >= since) {
            of_occurrence(ledger, &occurrence, &mut found)?;
        }
    }
    found.suppressions.retain(|event| match event {
        SuppressionEvent::Suppressed { recipient, at, .. } => {
            known.insert((*recipient, at.as_millisecond()))
        }
        SuppressionEvent::Lifted { .. } => false,
    });
    Ok(found)
}

fn of_occurrence(
    ledger: &Ledger,
    occurrence: &OccurrenceId,
    found: &mut Refusals,
) -> Result<(), LedgerError> {
    let mut ids = Vec::new();
    let mut refused: Vec<(RecipientIndex, Timestamp, Option<&'static str>)> = Vec::new();
    ledger.records(occurrence, |record| match record {
        Record::Entry(entry) => ids.push(entry.id),
        Record::Event(Event::Outcome {
            recipient,
            at,
            outcome: Outcome::Rejected { reply },
            ..
        }) => {
            let verdict = classify(None, None, &reply);
            match verdict.class {
                Class::Hard if verdict.permanent => {
                    refused.push((recipient, at, Some(verdict.reason.name())));
                }
                // What our own relay gives no reason for says nothing of the mailbox.
                Class::Soft | Class::MailboxFull => refused.push((recipient, at, None)),
                _ => {}
            }
        }
        _ => {}
    })?;
    for (index, at, why) in refused {
        let Some(recipient) = ids.get(index.0 as usize).copied() else {
            continue;
        };
        match why {
            Some(why) => found.suppressions.push(SuppressionEvent::Suppressed {
                recipient,
                scope: Scope::All,
                reason: Exclusion::HardBounce,
                at,
                note: format!("refused while sending: {why}"),
            }),
            None => found.soft.push(Refused {
                recipient,
                mail: (occurrence.clone(), index),
                at,
            }),
        }
    }
    Ok(())
}
