//! What relays said while sending to those who are not mailed since: the evidence of whoever nothing came back about.
//!
//! The ledger has it in the outcomes of the sending; a suppression that follows from one has its time. Reads, decides nothing.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};

use super::cases::{Evidence, Suppressed};
use crate::ledger::branch::{Ledger, LedgerError};
use crate::ledger::event::{Event, Exclusion, Outcome};
use crate::ledger::segment::Record;
use crate::mail::occurrence::OccurrenceId;
use crate::mail::recipient_id::RecipientId;
use crate::mail::refusal::classify;

/// A sending takes so long at most, with all its tries.
const LONGEST: SignedDuration = SignedDuration::from_hours(62 * 24);

/// Adds what relays said to whom.
///
/// # Errors
/// [`LedgerError`].
pub(super) fn hear(
    ledger: &Ledger,
    suppressed: &mut HashMap<RecipientId, Suppressed>,
) -> Result<(), LedgerError> {
    let mut wanted: HashMap<RecipientId, Timestamp> = HashMap::new();
    for (id, why) in suppressed.iter() {
        // What came back at that time was heard already.
        let heard = why.evidence.as_ref().map(|it| it.at.as_millisecond());
        if why.reason == Exclusion::HardBounce && heard != Some(why.since.as_millisecond()) {
            wanted.insert(*id, why.since);
        }
    }
    let (Some(first), Some(last)) = (wanted.values().min(), wanted.values().max()) else {
        return Ok(());
    };
    let (first, last) = (first.checked_sub(LONGEST).unwrap_or(Timestamp::MIN), *last);
    for occurrence in ledger.occurrences()? {
        let began = ledger.header(&occurrence)?.map(|header| header.at);
        if began.is_some_and(|at| at >= first && at <= last) {
            hear_of(ledger, &occurrence, &wanted, suppressed)?;
        }
    }
    Ok(())
}

fn hear_of(
    ledger: &Ledger,
    occurrence: &OccurrenceId,
    wanted: &HashMap<RecipientId, Timestamp>,
    suppressed: &mut HashMap<RecipientId, Suppressed>,
) -> Result<(), LedgerError> {
    let mut next = 0_u32;
    let mut theirs: HashMap<u32, RecipientId> = HashMap::new();
    ledger.records(occurrence, |record| match record {
        Record::Entry(entry) => {
            if wanted.contains_key(&entry.id) {
                theirs.insert(next, entry.id);
            }
            next = next.saturating_add(1);
        }
        Record::Event(Event::Outcome {
            recipient,
            at,
            outcome: Outcome::Rejected { reply },
            ..
        }) => {
            let Some(id) = theirs.get(&recipient.0) else {
                return;
            };
            let since = wanted.get(id).map(|at| at.as_millisecond());
            if since != Some(at.as_millisecond()) {
                return;
            }
            let verdict = classify(None, None, &reply);
            if let Some(why) = suppressed.get_mut(id) {
                why.take(Evidence {
                    at,
                    occurrence: Some(occurrence.clone()),
                    class: Some(verdict.class),
                    status: verdict.status,
                    text: reply,
                });
            }
        }
        _ => {}
    })
}
