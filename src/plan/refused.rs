//! What relays refused for good while sending, read as what comes back later is: an address that does not exist is not
//! mailed again, whoever says so first; a mailbox that takes nothing now counts towards the limit of soft bounces.
//!
//! A relay that says the same of much of a sending speaks of the sender, however it puts it: that suppresses nobody, and is told.

use std::collections::{BTreeMap, HashSet};

use jiff::{SignedDuration, Timestamp};

use crate::ledger::branch::{Ledger, LedgerError};
use crate::ledger::event::{Event, Exclusion, Outcome, RecipientIndex, Scope, SuppressionEvent};
use crate::ledger::segment::Record;
use crate::mail::occurrence::OccurrenceId;
use crate::mail::recipient_id::RecipientId;
use crate::mail::refusal::{Class, classify};

/// A mail is tried for so long at most, since its sending began.
pub const TRIED: SignedDuration = SignedDuration::from_hours(5 * 24);

/// So many mails of a sending, and so large a part of those that are settled (one in so many), refused with the same words are too many
/// for as many dead addresses.
const ALIKE: (usize, usize) = (20, 5);

/// What was refused.
#[derive(Debug, Default)]
pub struct Refusals {
    /// What too many were refused with.
    pub doubted: Vec<Doubted>,
    /// The suppressions that follow from it, and are not on the ledger yet.
    pub suppressions: Vec<SuppressionEvent>,
    /// Mails that mailboxes did not take then.
    pub soft: Vec<Refused>,
}

/// The same words, with which a large part of a sending was refused as if its addresses did not exist. Nobody is suppressed for them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doubted {
    /// The sending.
    pub occurrence: OccurrenceId,
    /// How many of its mails were refused so.
    pub count: usize,
    /// Of how many that are settled.
    pub of: usize,
    /// As they were said to the first.
    pub words: String,
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
    let mut settled = 0;
    let mut refused: Vec<One> = Vec::new();
    ledger.records(occurrence, |record| match record {
        Record::Entry(entry) => ids.push(entry.id),
        Record::Event(Event::Outcome {
            recipient,
            at,
            outcome: Outcome::Rejected { reply },
            ..
        }) => {
            settled += 1;
            refused.extend(One::read(recipient, at, reply));
        }
        Record::Event(Event::Outcome {
            outcome: Outcome::Accepted { .. },
            ..
        }) => settled += 1,
        _ => {}
    })?;
    let alike = alike(&refused, settled);
    for (one, count, _) in alike.values().filter(|(_, _, is_much)| *is_much) {
        found.doubted.push(Doubted {
            occurrence: occurrence.clone(),
            count: *count,
            of: settled,
            words: one.reply.clone(),
        });
    }
    for one in &refused {
        let Some(recipient) = ids.get(one.recipient.0 as usize).copied() else {
            continue;
        };
        match &one.dead {
            Some((_, said))
                if alike
                    .get(said.as_str())
                    .is_some_and(|(_, _, is_much)| *is_much) => {}
            Some((why, _)) => found.suppressions.push(SuppressionEvent::Suppressed {
                recipient,
                scope: Scope::All,
                reason: Exclusion::HardBounce,
                at: one.at,
                note: format!("refused while sending: {why}"),
            }),
            None => found.soft.push(Refused {
                recipient,
                mail: (occurrence.clone(), one.recipient),
                at: one.at,
            }),
        }
    }
    Ok(())
}

/// One mail that was refused, and counts.
struct One {
    recipient: RecipientIndex,
    at: Timestamp,
    reply: String,
    /// Why the address is dead, if it surely is, and what was said without what differs from mail to mail.
    dead: Option<(&'static str, String)>,
}

impl One {
    fn read(recipient: RecipientIndex, at: Timestamp, reply: String) -> Option<Self> {
        let verdict = classify(None, None, &reply);
        let dead = match verdict.class {
            Class::Hard if verdict.permanent && verdict.sure => {
                Some((verdict.reason.name(), said(&reply)))
            }
            // What our own relay gives no reason for says nothing of the mailbox.
            Class::Hard | Class::Soft | Class::MailboxFull => None,
            _ => return None,
        };
        Some(Self {
            recipient,
            at,
            reply,
            dead,
        })
    }
}

/// What was said of dead addresses: the first of whom it was said, of how many, and whether that is too many.
fn alike(refused: &[One], settled: usize) -> BTreeMap<&str, (&One, usize, bool)> {
    let mut alike: BTreeMap<&str, (&One, usize, bool)> = BTreeMap::new();
    for one in refused {
        if let Some((_, said)) = &one.dead {
            let (_, count, _) = alike.entry(said).or_insert((one, 0, false));
            *count += 1;
        }
    }
    let (least, part) = ALIKE;
    for (_, count, is_much) in alike.values_mut() {
        *is_much = *count >= least && *count * part > settled;
    }
    alike
}

/// A reply without addresses, numbers and names for mails.
fn said(reply: &str) -> String {
    let differs = |word: &&str| !word.contains(|c: char| c == '@' || c == '…' || c.is_numeric());
    let words: Vec<&str> = reply.split_whitespace().filter(differs).collect();
    words.join(" ").to_lowercase()
}
