//! The same answer without the index: reads the whole ledger. For where no index can be kept.

use std::ops::ControlFlow;

use super::Mentions;
use crate::ledger::branch::{Ledger, LedgerError};
use crate::ledger::event::{Event, SuppressionEvent};
use crate::ledger::segment::{Record, Subject};
use crate::mail::recipient_id::RecipientId;

/// Where `who` is spoken of.
///
/// # Errors
/// [`LedgerError`].
pub fn scan(ledger: &Ledger, who: &RecipientId) -> Result<Mentions, LedgerError> {
    let mut found = Mentions::default();
    let mut subjects = vec![Subject::Suppressions, Subject::Feedback, Subject::Wishes];
    subjects.extend(ledger.occurrences()?.into_iter().map(Subject::Occurrence));
    for subject in subjects {
        let mut next = 0;
        let mut theirs: Vec<u32> = Vec::new();
        ledger.segments(
            &subject,
            |_| true,
            |head, record| {
                let mut add = |index| found.add(&subject, head.number, index);
                match &record {
                    Record::Entry(entry) => {
                        if entry.id == *who {
                            theirs.push(next);
                            add(Some(next));
                        }
                        next += 1;
                    }
                    Record::ExcludedAtStart(id, _) if id == who => add(None),
                    Record::Wish(wish) if wish.recipient == *who => add(None),
                    Record::Feedback(feedback) if feedback.recipient == *who => add(None),
                    Record::Suppression(
                        SuppressionEvent::Suppressed { recipient, .. }
                        | SuppressionEvent::Lifted { recipient, .. },
                    ) if recipient == who => add(None),
                    Record::Event(event) => {
                        let spoken = theirs.iter().filter(|index| concerns(event, **index));
                        spoken.for_each(|index| add(Some(*index)));
                    }
                    _ => {}
                }
                ControlFlow::Continue(())
            },
        )?;
    }
    Ok(found)
}

fn concerns(event: &Event, index: u32) -> bool {
    match event {
        Event::Claimed { recipients, .. }
        | Event::Released { recipients, .. }
        | Event::Resolved { recipients, .. } => recipients.contains(index),
        Event::Outcome { recipient, .. } | Event::Excluded { recipient, .. } => {
            recipient.0 == index
        }
        Event::AudienceFixed { .. } | Event::Held { .. } | Event::Lapsed { .. } => false,
    }
}
