//! What relays refused for good while sending, read as what comes back later is: an address that does not exist is not
//! mailed again, whoever says so first.

use std::collections::HashSet;

use jiff::{SignedDuration, Timestamp};

use crate::ledger::branch::{Ledger, LedgerError};
use crate::ledger::event::{Event, Exclusion, Outcome, RecipientIndex, Scope, SuppressionEvent};
use crate::ledger::segment::Record;
use crate::mail::occurrence::OccurrenceId;
use crate::mail::recipient_id::RecipientId;
use crate::mail::refusal::{Class, classify};

/// Sendings that began longer ago were looked at before.
const LATELY: SignedDuration = SignedDuration::from_hours(62 * 24);

/// The suppressions that follow from refusals of late, and are not on the ledger yet.
///
/// # Errors
/// [`LedgerError`].
pub(super) fn suppressions(
    ledger: &Ledger,
    now: Timestamp,
) -> Result<Vec<SuppressionEvent>, LedgerError> {
    let since = now.checked_sub(LATELY).unwrap_or(Timestamp::MIN);
    // Told apart by their time: who was lifted since, and is refused anew, is suppressed anew.
    let mut known: HashSet<(RecipientId, i64)> = HashSet::new();
    ledger.suppression_events(|event| {
        if let SuppressionEvent::Suppressed { recipient, at, .. } = event {
            known.insert((recipient, at.as_millisecond()));
        }
    })?;
    let mut found = Vec::new();
    for occurrence in ledger.occurrences()? {
        let header = ledger.header(&occurrence)?;
        if header.is_some_and(|header| header.at >= since) {
            of_occurrence(ledger, &occurrence, &mut found)?;
        }
    }
    found.retain(|event| match event {
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
    found: &mut Vec<SuppressionEvent>,
) -> Result<(), LedgerError> {
    let mut ids = Vec::new();
    let mut refused: Vec<(RecipientIndex, Timestamp, &'static str)> = Vec::new();
    ledger.records(occurrence, |record| match record {
        Record::Entry(entry) => ids.push(entry.id),
        Record::Event(Event::Outcome {
            recipient,
            at,
            outcome: Outcome::Rejected { reply },
            ..
        }) => {
            let verdict = classify(None, None, &reply);
            if verdict.class == Class::Hard && verdict.permanent {
                refused.push((recipient, at, verdict.reason.name()));
            }
        }
        _ => {}
    })?;
    for (index, at, why) in refused {
        if let Some(recipient) = ids.get(index.0 as usize) {
            found.push(SuppressionEvent::Suppressed {
                recipient: *recipient,
                scope: Scope::All,
                reason: Exclusion::HardBounce,
                at,
                note: format!("refused while sending: {why}"),
            });
        }
    }
    Ok(())
}
