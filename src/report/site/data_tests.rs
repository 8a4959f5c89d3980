//! That the numbers add up, whatever happened.

use jiff::SignedDuration;
use proptest::prelude::*;

use super::*;
use crate::ledger::event::{AudienceEntry, ClaimId, Resolution, RunId, Scope};
use crate::ledger::feedback::{Feedback, Heard, MessageKey};
use crate::mail::digest::Digest;
use crate::report::site::back::CameBack;

pub(in crate::report::site) fn at(minute: i64) -> Timestamp {
    Timestamp::from_second(1_796_295_600 + minute * 60).unwrap()
}

const CLAIM: ClaimId = ClaimId {
    run: RunId(7),
    sequence: 0,
};

/// A sending to so many people at these destinations, all claimed, each with its outcome.
pub(in crate::report::site) fn records(destinations: &[&str], outcomes: &[u8]) -> Vec<Record> {
    let count = u32::try_from(outcomes.len()).unwrap();
    let header = AudienceHeader {
        content_commit: "c".repeat(40),
        lists_commit: "1".repeat(40),
        digest: Digest::of(b""),
        key: String::new(),
        sender: "eventos".to_owned(),
        at: at(0),
        destinations: destinations.iter().map(ToString::to_string).collect(),
        documents: Vec::new(),
        force: None,
        reconfirmation: false,
    };
    let mut records = vec![Record::Audience {
        header: Box::new(header),
        entries: count,
        excluded: 2,
    }];
    let id = |index: u32| {
        let mut id = [0; 12];
        id.iter_mut()
            .zip(index.to_be_bytes())
            .for_each(|(to, from)| *to = from);
        RecipientId(id)
    };
    records.extend((0..count).map(|index| {
        Record::Entry(AudienceEntry {
            id: id(index),
            destination: u16::try_from(index as usize % destinations.len()).unwrap(),
            copy_of: None,
            own_document: None,
        })
    }));
    records.push(Record::ExcludedAtStart(id(90_000), Exclusion::NoConsent));
    records.push(Record::ExcludedAtStart(id(90_001), Exclusion::Duplicate));
    let mut event = |event| records.push(Record::Event(event));
    event(Event::Claimed {
        claim: CLAIM,
        recipients: Ranges::from_indices(0..count),
        until: at(60),
    });
    for (index, kind) in (0..count).zip(outcomes) {
        let outcome = match kind {
            0 => Outcome::Accepted {
                reply: "2.0.0 Ok: queued as 4B3C".to_owned(),
            },
            1 => Outcome::Rejected {
                reply: "550 5.1.1 <ana@uno.test> no such user".to_owned(),
            },
            2 => Outcome::Deferred {
                reply: "451 4.7.1 later".to_owned(),
                retry_at: at(30),
            },
            3 | 4 => Outcome::Unknown {
                reason: "the connection broke after the final dot".to_owned(),
            },
            _ => continue,
        };
        event(Event::Outcome {
            claim: CLAIM,
            recipient: RecipientIndex(index),
            at: at(i64::from(index)),
            outcome,
        });
        if *kind == 4 {
            event(Event::Resolved {
                recipients: Ranges::from_indices([index]),
                resolution: Resolution::Sent,
                by: "Ana".to_owned(),
                reason: "in the relay's log".to_owned(),
                at: at(70),
            });
        }
    }
    records
}

pub(in crate::report::site) fn heard(id: &str, index: u32, kind: u8) -> Feedback {
    let bounced = |class, text: &str| Heard::Bounced {
        class,
        status: None,
        text: text.to_owned(),
    };
    Feedback {
        message: MessageKey([kind; 8]),
        recipient: RecipientId([0; 12]),
        mail: Some((id.parse().unwrap(), RecipientIndex(index))),
        at: at(100 + i64::from(kind)),
        what: match kind {
            0 => bounced(Class::Hard, "550 5.1.1 no such user"),
            1 => bounced(Class::MailboxFull, "552 5.2.2 mailbox full"),
            2 => Heard::Complained {
                kind: "abuse".to_owned(),
            },
            3 => Heard::Left { scope: Scope::All },
            4 => Heard::Read,
            _ => Heard::Replied,
        },
    }
}

/// Folds it all, asked so many minutes after the start.
pub(in crate::report::site) fn told(
    destinations: &[&str],
    outcomes: &[u8],
    back: &CameBack,
    minutes: i64,
) -> Sending {
    let zone = TimeZone::UTC;
    let mut fold = Fold::new(&zone);
    for record in records(destinations, outcomes) {
        fold.take(record).unwrap();
    }
    assert!(fold.is_complete());
    let id: OccurrenceId = "2026/rueda".parse().unwrap();
    let beside = Beside {
        back: back.of(&id),
        subject: None,
        addresses: None,
        now: at(minutes),
        approved: None,
        key: None,
        days: &BTreeMap::new(),
    };
    fold.finish(id, beside).unwrap()
}

proptest! {
    #[test]
    fn the_funnel_adds_up(
        outcomes in proptest::collection::vec(0..6u8, 1..60),
        events in proptest::collection::vec((0..60u32, 0..6u8), 0..60),
        minutes in 0..120i64,
    ) {
        let mut back = CameBack::default();
        events.iter().for_each(|(index, kind)| back.apply(&heard("2026/rueda", *index, *kind)));
        let one = told(&["uno.test", "dos.test", "tres.test"], &outcomes, &back, minutes);
        let counts = one.counts;
        prop_assert_eq!(counts.audience, outcomes.len() as u64 + 2);
        prop_assert_eq!(
            counts.audience,
            counts.accepted + counts.rejected + counts.excluded + counts.pending + counts.unknown
        );
        prop_assert_eq!(one.later.hard + one.later.other + one.later.quiet, counts.accepted);
        prop_assert_eq!(one.accepted.timeline(None).counts.iter().sum::<u64>() + one.settled, counts.accepted);
        let destinations: u64 = one.destinations.iter().map(|it| it.recipients).sum();
        prop_assert_eq!(destinations, outcomes.len() as u64);
        prop_assert_eq!(one.unknown.recipients.len() as u64, counts.unknown);
        let (rejected, bounced) = one.failed.iter().fold((0, 0), |(r, b), it| (r + it.rejected, b + it.bounced));
        prop_assert_eq!((rejected, bounced), (counts.rejected, one.later.hard + one.later.other));
        let excluded: u64 = one.exclusions.iter().map(|(_, count)| count).sum();
        prop_assert_eq!(excluded, counts.excluded);

        let mut turned = CameBack::default();
        events.iter().rev().chain(&events).for_each(|(index, kind)| turned.apply(&heard("2026/rueda", *index, *kind)));
        prop_assert_eq!(one, told(&["uno.test", "dos.test", "tres.test"], &outcomes, &turned, minutes));
    }
}

#[test]
fn a_domain_of_few_people_is_not_named() {
    let back = CameBack::default();
    let one = told(&["uno.test", "dos.test"], &[0, 0, 0, 0, 0], &back, 0);
    let names: Vec<(&str, u64)> = one
        .destinations
        .iter()
        .map(|it| (it.name.as_str(), it.recipients))
        .collect();
    assert_eq!(names, [("uno.test", 3), ("", 2)]);
}

#[test]
fn a_relays_words_are_told_without_addresses() {
    let one = told(&["uno.test"], &[1], &CameBack::default(), 0);
    assert_eq!(one.failed[0].example, "550 5.1.1 <…@uno.test> no such user");
    assert_eq!(one.listed[0].address, None);
    assert_eq!(one.accepted.timeline(None).start, None);
    let span = SignedDuration::from_mins(0);
    assert_eq!(one.listed[0].at, at(0) + span);
}
