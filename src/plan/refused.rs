//! What relays refused for good while sending, read as what comes back later is: an address that does not exist is not
//! mailed again, whoever says so first; a mailbox that takes nothing now counts towards the limit of soft bounces.
//!
//! A relay that says the same of many mails in a short time speaks of the sender, however it puts it: that suppresses nobody, and is
//! told. By stretches of a sending, not by its whole: the rates hold it long before its whole is refused. What may still turn out to be
//! the beginning of such a stretch waits, so that it does not matter when it is read.

use std::collections::{BTreeMap, HashSet};

use jiff::{SignedDuration, Timestamp};

use crate::ledger::branch::{Ledger, LedgerError};
use crate::ledger::event::{
    Event, Exclusion, Outcome, RecipientIndex, Resolution, Scope, SuppressionEvent,
};
use crate::ledger::segment::Record;
use crate::mail::occurrence::OccurrenceId;
use crate::mail::recipient_id::RecipientId;
use crate::mail::refusal::{Class, classify};

/// A mail is tried for so long at most, since its sending began.
pub const TRIED: SignedDuration = SignedDuration::from_hours(5 * 24);

/// Sendings that began longer ago are not looked at: with a daily cap one goes on for weeks, and its last refusals are read by the run
/// that comes next, which may be a month later.
pub const LATELY: SignedDuration = SignedDuration::from_hours(62 * 24);

/// So many mails that were refused with the same words, among so many that were settled one after another, are too many for as many
/// dead addresses.
const MANY: usize = 20;
const AMONG: usize = 100;

/// What was refused.
#[derive(Debug, Default)]
pub struct Refusals {
    /// With what too many were refused.
    pub doubted: Vec<Doubted>,
    /// The suppressions that follow from it, and are not on the ledger yet.
    pub suppressions: Vec<SuppressionEvent>,
    /// Mails that mailboxes did not take then.
    pub soft: Vec<Refused>,
}

/// The same words, with which many mails of a sending were refused in a short time. Nobody is suppressed for them, and they do not count
/// as soft bounces.
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
    let mut course = Course::default();
    ledger.records(occurrence, |record| course.take(record))?;
    course.judge(occurrence, found);
    Ok(())
}

/// Where a mail stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stand {
    /// It is still to be sent.
    Open,
    /// It is not, and nothing was answered.
    Closed,
    /// It was accepted, or refused for good.
    Answered,
}

/// How a sending went.
#[derive(Default)]
struct Course {
    ids: Vec<RecipientId>,
    stands: Vec<Stand>,
    /// What is settled, when, and how where it was refused; as the ledger has it, which sorts outcomes that were published together.
    settled: Vec<(Timestamp, Option<Box<One>>)>,
}

impl Course {
    fn take(&mut self, record: Record) {
        match record {
            Record::Entry(entry) => {
                self.ids.push(entry.id);
                self.stands.push(Stand::Open);
            }
            Record::Event(Event::Outcome {
                recipient,
                at,
                outcome,
                ..
            }) => self.outcome(recipient, at, outcome),
            Record::Event(Event::Excluded { recipient, .. }) => {
                self.stands(recipient.0, Stand::Closed);
            }
            Record::Event(Event::Resolved {
                recipients,
                resolution,
                ..
            }) => {
                let to = match resolution {
                    Resolution::Sent => Stand::Closed,
                    Resolution::Resend => Stand::Open,
                };
                recipients.iter().for_each(|index| self.stands(index, to));
            }
            _ => {}
        }
    }

    fn outcome(&mut self, recipient: RecipientIndex, at: Timestamp, outcome: Outcome) {
        let reply = match outcome {
            Outcome::Accepted { .. } => None,
            Outcome::Rejected { reply } => Some(reply),
            Outcome::Unknown { .. } => return self.stands(recipient.0, Stand::Closed),
            Outcome::Deferred { .. } => return,
        };
        // A recovery that was interrupted says the same again.
        if self.stands.get(recipient.0 as usize) == Some(&Stand::Answered) {
            return;
        }
        self.stands(recipient.0, Stand::Answered);
        let refused = reply.and_then(|reply| One::read(recipient, at, reply));
        self.settled.push((at, refused.map(Box::new)));
    }

    fn stands(&mut self, index: u32, to: Stand) {
        if let Some(stand) = self.stands.get_mut(index as usize) {
            *stand = to;
        }
    }

    fn judge(&mut self, occurrence: &OccurrenceId, found: &mut Refusals) {
        self.settled.sort_by_key(|(at, _)| *at);
        let is_through = !self.stands.contains(&Stand::Open);
        let mut alike: BTreeMap<Option<&str>, (Vec<usize>, Vec<&One>)> = BTreeMap::new();
        for (place, (_, refused)) in self.settled.iter().enumerate() {
            if let Some(one) = refused {
                let (places, ones) = alike.entry(one.said.as_deref()).or_default();
                places.push(place);
                ones.push(one);
            }
        }
        for (said, (places, ones)) in alike {
            let fates = match said {
                Some(_) => fates(&places, self.settled.len(), is_through),
                None => vec![Fate::Believed; ones.len()],
            };
            let of = |fate: Fate| {
                let both = ones.iter().zip(&fates);
                both.filter(move |(_, it)| **it == fate)
                    .map(|(one, _)| *one)
            };
            if let Some(first) = of(Fate::Doubted).next() {
                found.doubted.push(Doubted {
                    occurrence: occurrence.clone(),
                    count: of(Fate::Doubted).count(),
                    of: self.settled.len(),
                    words: first.reply.clone(),
                });
            }
            of(Fate::Believed).for_each(|one| self.believe(one, occurrence, found));
        }
    }

    fn believe(&self, one: &One, occurrence: &OccurrenceId, found: &mut Refusals) {
        let Some(recipient) = self.ids.get(one.recipient.0 as usize).copied() else {
            return;
        };
        match one.dead {
            Some(why) => found.suppressions.push(SuppressionEvent::Suppressed {
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
}

/// One mail that was refused, and counts.
struct One {
    recipient: RecipientIndex,
    at: Timestamp,
    reply: String,
    /// Why the address is dead, where that is sure.
    dead: Option<&'static str>,
    /// What was said as of an address that takes no mail, sure or not, without what differs from mail to mail.
    said: Option<String>,
}

impl One {
    fn read(recipient: RecipientIndex, at: Timestamp, reply: String) -> Option<Self> {
        let verdict = classify(None, None, &reply);
        let is_hard = verdict.class == Class::Hard;
        // What our own relay gives no reason for says nothing of the mailbox.
        let counts = is_hard || matches!(verdict.class, Class::Soft | Class::MailboxFull);
        counts.then(|| Self {
            recipient,
            at,
            dead: (is_hard && verdict.permanent && verdict.sure).then(|| verdict.reason.name()),
            said: is_hard.then(|| said(&reply)),
            reply,
        })
    }
}

/// What becomes of a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Believed,
    /// It may be one of too many: what is settled next tells.
    Waits,
    Doubted,
}

/// What becomes of those that were refused with the same words, each after so many others were settled.
fn fates(places: &[usize], settled: usize, is_through: bool) -> Vec<Fate> {
    let mut fates = vec![Fate::Believed; places.len()];
    // From one of them until now half as dense as would be doubted, or denser.
    let may_go_on = |(before, place): (usize, &usize)| {
        2 * AMONG * (places.len() - before) > MANY * settled.saturating_sub(*place)
    };
    let first = match is_through {
        true => None,
        false => places.iter().enumerate().position(may_go_on),
    };
    if let Some(waiting) = first.and_then(|first| fates.get_mut(first..)) {
        waiting.fill(Fate::Waits);
    }
    for (start, stretch) in places.windows(MANY).enumerate() {
        if let ([first, .., last], Some(those)) = (stretch, fates.get_mut(start..start + MANY))
            && last - first < AMONG
        {
            those.fill(Fate::Doubted);
        }
    }
    fates
}

/// A reply without addresses, numbers and names for mails.
fn said(reply: &str) -> String {
    let differs = |word: &&str| !word.contains(|c: char| c == '@' || c == '…' || c.is_numeric());
    let words: Vec<&str> = reply.split_whitespace().filter(differs).collect();
    words.join(" ").to_lowercase()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use super::*;
    use crate::ledger::event::{AudienceEntry, ClaimId, RunId};

    const DEAD: &str = "550 5.1.1 user unknown";
    const VAGUE: &str = "550 Mailbox unavailable";

    /// A sending to so many, of which these were settled so, in this order.
    fn read(entries: u32, settled: &[(usize, Option<&str>)]) -> Refusals {
        let mut course = Course::default();
        for n in 0..entries {
            let mut id = [0; 12];
            id[..4].copy_from_slice(&n.to_be_bytes());
            course.take(Record::Entry(AudienceEntry {
                id: RecipientId(id),
                destination: 0,
                copy_of: None,
                own_document: None,
            }));
        }
        let all = settled
            .iter()
            .flat_map(|(count, said)| std::iter::repeat_n(*said, *count));
        // As they came, and not in that order.
        let all: Vec<(u32, Option<&str>)> = (0..).zip(all).collect();
        for (n, said) in all.into_iter().rev() {
            let outcome = match said {
                Some(words) => Outcome::Rejected {
                    reply: format!("{words}, id Q{n}"),
                },
                None => Outcome::Accepted {
                    reply: "250 ok".to_owned(),
                },
            };
            course.take(Record::Event(Event::Outcome {
                claim: ClaimId {
                    run: RunId(1),
                    sequence: 0,
                },
                recipient: RecipientIndex(n),
                at: Timestamp::from_millisecond(n.into()).unwrap(),
                outcome,
            }));
        }
        let mut found = Refusals::default();
        course.judge(&"2026/uno".parse().unwrap(), &mut found);
        found
    }

    fn counts(found: &Refusals) -> (usize, usize, Vec<(usize, usize)>) {
        let doubted = found.doubted.iter().map(|it| (it.count, it.of)).collect();
        (found.suppressions.len(), found.soft.len(), doubted)
    }

    /// The rates hold a sending of which 5 % were refused: it never comes to a large part of its whole.
    #[test]
    fn a_relay_that_fails_after_much_was_accepted_suppresses_nobody() {
        let found = read(5_000, &[(1_000, None), (53, Some(DEAD))]);
        assert_eq!(counts(&found), (0, 0, vec![(53, 1_053)]));
        // Who was refused long before by the same words is dead.
        let early = [(1, Some(DEAD)), (999, None), (53, Some(DEAD))];
        assert_eq!(counts(&read(5_000, &early)), (1, 0, vec![(53, 1_053)]));
        // As many, one now and then, are dead addresses.
        let spread: Vec<_> = (0..53)
            .flat_map(|_| [(1, Some(DEAD)), (19, None)])
            .collect();
        assert_eq!(counts(&read(5_000, &spread)), (53, 0, vec![]));
    }

    #[test]
    fn when_it_is_read_makes_no_difference() {
        // Of a sending that goes on, these may be the first of many.
        let day = [(81, None), (19, Some(DEAD))];
        assert_eq!(counts(&read(2_000, &day)), (0, 0, vec![]));
        let first = [(19, Some(DEAD)), (81, None)];
        assert_eq!(counts(&read(2_000, &first)), (0, 0, vec![]));
        let next = [(81, None), (79, Some(DEAD))];
        assert_eq!(counts(&read(2_000, &next)), (0, 0, vec![(79, 160)]));
        // They were all, or that is how it ended.
        let more = [(81, None), (19, Some(DEAD)), (180, None)];
        assert_eq!(counts(&read(2_000, &more)), (19, 0, vec![]));
        assert_eq!(counts(&read(100, &day)), (19, 0, vec![]));
    }

    /// However it puts it.
    #[test]
    fn what_leaves_a_doubt_is_no_soft_bounce_either_when_many_are_refused_so() {
        assert_eq!(
            counts(&read(80, &[(80, Some(VAGUE))])),
            (0, 0, vec![(80, 80)])
        );
        assert_eq!(
            counts(&read(80, &[(79, None), (1, Some(VAGUE))])),
            (0, 1, vec![])
        );
        // A full mailbox is its own.
        let full = "552 5.2.2 mailbox full";
        assert_eq!(counts(&read(80, &[(80, Some(full))])), (0, 80, vec![]));
    }

    #[test]
    fn said_again_it_counts_once() {
        let mut course = Course::default();
        for _ in 0..2 {
            course.stands.push(Stand::Open);
        }
        for _ in 0..2 {
            let outcome = Outcome::Rejected {
                reply: DEAD.to_owned(),
            };
            course.outcome(RecipientIndex(0), Timestamp::UNIX_EPOCH, outcome);
        }
        assert_eq!(course.settled.len(), 1);
    }
}
