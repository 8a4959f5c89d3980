//! Segments come back as they went in, or are refused.

use proptest::prelude::*;

use super::*;
use crate::ledger::event::{ClaimId, Lifting, Outcome, Ranges, RecipientIndex, Resolution, Scope};
use crate::ledger::feedback::{Heard, MessageKey, Reader};
use crate::ledger::reply_text::reply_text;
use crate::ledger::wish::{Wanted, Way};
use crate::mail::digest::Digest;
use crate::mail::refusal::{Class, Status};
use crate::mail::sealed::Sealed;

pub(in crate::ledger) fn at(millisecond: i64) -> Timestamp {
    Timestamp::from_millisecond(1_796_295_600_000 + millisecond).unwrap()
}

fn occurrence() -> OccurrenceId {
    "2026/rueda-agro".parse().unwrap()
}

fn text() -> impl Strategy<Value = String> {
    "[ -~]{0,40}|[\\PC\\t\\r\\n\\\\\u{0}\u{85}\u{2028}]{0,12}|2\\.0\\.0 Ok: queued as [A-Z0-9]{11}"
        .prop_map(|text: String| reply_text(&text))
}

fn time() -> impl Strategy<Value = Timestamp> {
    (0..10_000_000_i64).prop_map(at)
}

fn claim() -> impl Strategy<Value = ClaimId> {
    (any::<u32>(), any::<u32>()).prop_map(|(run, sequence)| ClaimId {
        run: RunId(run),
        sequence,
    })
}

fn ranges() -> impl Strategy<Value = Ranges> {
    proptest::collection::vec(0..200_u32, 1..20).prop_map(Ranges::from_indices)
}

fn outcome() -> impl Strategy<Value = Outcome> {
    (0..4, text(), time()).prop_map(|(kind, reply, retry_at)| match kind {
        0 => Outcome::Accepted { reply },
        1 => Outcome::Deferred { reply, retry_at },
        2 => Outcome::Rejected { reply },
        _ => Outcome::Unknown { reason: reply },
    })
}

fn reason() -> impl Strategy<Value = Exclusion> {
    proptest::sample::select(Exclusion::ALL.to_vec())
}

fn heard() -> impl Strategy<Value = Heard> {
    let class = proptest::sample::select(Class::ALL.to_vec());
    let status = proptest::option::of((4_u8..6, 0_u16..1000, 0_u16..1000));
    let scope = proptest::option::of("\\PC{0,10}|\t");
    (0..12, class, status, text(), scope).prop_map(|(kind, class, status, text, topic)| {
        let status = status.and_then(|(class, subject, detail)| {
            Status::parse(&format!("{class}.{subject}.{detail}"))
        });
        match kind {
            0 => Heard::Bounced {
                class,
                status,
                text,
            },
            1 => Heard::Delayed {
                class,
                status,
                text,
            },
            2 => Heard::Delivered,
            3 => Heard::Relayed,
            4 => Heard::Complained { kind: text },
            5 => Heard::Read,
            6 => Heard::Left {
                scope: topic.map_or(Scope::All, Scope::Topic),
            },
            7 => Heard::AutoReplied,
            9 => Heard::Opened { by: Reader::Person },
            10 => Heard::Clicked {
                by: Reader::Machine,
                link: text,
            },
            11 => Heard::Asked,
            _ => Heard::Replied,
        }
    })
}

fn feedback() -> impl Strategy<Value = Feedback> {
    let mail = proptest::option::of(any::<u32>());
    (any::<[u8; 8]>(), any::<[u8; 12]>(), mail, time(), heard()).prop_map(
        |(message, recipient, index, at, what)| Feedback {
            message: MessageKey(message),
            recipient: RecipientId(recipient),
            mail: index.map(|index| (occurrence(), RecipientIndex(index))),
            at,
            what,
        },
    )
}

fn wish() -> impl Strategy<Value = Wish> {
    let kind = (0..6, "[A-Za-z0-9_-]{1,40}", text(), 0..400_u16);
    (any::<[u8; 8]>(), any::<[u8; 12]>(), time(), kind).prop_map(
        |(key, recipient, at, (kind, row, list, days))| Wish {
            key: MessageKey(key),
            recipient: RecipientId(recipient),
            at,
            way: if days % 2 == 0 {
                Way::Portal
            } else {
                Way::Mail
            },
            what: {
                let row = Sealed::parse(&row).unwrap();
                match kind {
                    0 => Wanted::Joined {
                        list,
                        row,
                        consent: MessageKey(key),
                        client: (days % 3 == 0).then_some(MessageKey(key)),
                    },
                    1 => Wanted::Changed { list, row },
                    2 => Wanted::Confirmed,
                    3 => Wanted::Paused { until: at },
                    4 => Wanted::AtMost { days },
                    _ => Wanted::Disowned,
                }
            },
        },
    )
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        (claim(), ranges(), time()).prop_map(|(claim, recipients, until)| Event::Claimed {
            claim,
            recipients,
            until
        }),
        (claim(), ranges()).prop_map(|(claim, recipients)| Event::Released { claim, recipients }),
        (claim(), any::<u32>(), time(), outcome()).prop_map(|(claim, recipient, at, outcome)| {
            Event::Outcome {
                claim,
                recipient: RecipientIndex(recipient),
                at,
                outcome,
            }
        }),
        (any::<u32>(), time(), reason()).prop_map(|(recipient, at, reason)| {
            Event::Excluded {
                recipient: RecipientIndex(recipient),
                at,
                reason,
            }
        }),
        (ranges(), any::<bool>(), text(), text(), time()).prop_map(
            |(recipients, sent, by, reason, at)| {
                let resolution = if sent {
                    Resolution::Sent
                } else {
                    Resolution::Resend
                };
                Event::Resolved {
                    recipients,
                    resolution,
                    by,
                    reason,
                    at,
                }
            }
        ),
        (time(), text()).prop_map(|(at, reason)| Event::Held { at, reason }),
        (time(), text()).prop_map(|(at, window)| Event::Lapsed { at, window }),
    ]
}

fn entry() -> impl Strategy<Value = AudienceEntry> {
    (
        any::<[u8; 12]>(),
        0..3_u16,
        any::<Option<u32>>(),
        any::<Option<[u8; 32]>>(),
    )
        .prop_map(|(id, destination, copy, document)| AudienceEntry {
            id: RecipientId(id),
            destination,
            copy_of: copy.map(RecipientIndex),
            own_document: document.map(Digest::from_bytes),
        })
}

fn audience(entries: Vec<AudienceEntry>, excluded: Vec<(RecipientId, Exclusion)>) -> Event {
    Event::AudienceFixed {
        header: Box::new(AudienceHeader {
            content_commit: "c".repeat(40),
            lists_commit: "1".repeat(40),
            digest: Digest::of(b""),
            key: "00000000".to_owned(),
            sender: "eventos\t\"ñ\"".to_owned(),
            at: at(0),
            destinations: vec!["uno.test".to_owned()],
            documents: vec![Digest::of(b"x")],
            force: Some("a reason\n".trim().to_owned()),
            reconfirmation: true,
        }),
        entries,
        excluded,
    }
}

fn encode(events: &[Event]) -> Vec<String> {
    let mut all = Vec::new();
    let refs: Vec<&Event> = events.iter().collect();
    let next = encode_occurrence(&occurrence(), RunId(7), at(0), 3, &refs, |_, text| {
        all.push(text.to_owned());
        Ok::<_, ()>(())
    });
    assert_eq!(next, Ok(3 + u32::try_from(all.len()).unwrap()));
    all
}

fn records(text: &[u8]) -> Result<Vec<Record>, SegmentError> {
    let mut all = Vec::new();
    decode(text, |_, _, record| {
        all.push(record);
        Ok::<_, SegmentError>(())
    })?;
    Ok(all)
}

fn sample() -> String {
    let claim = ClaimId {
        run: RunId(7),
        sequence: 0,
    };
    let reply = |id: &str| Outcome::Accepted {
        reply: format!("2.0.0 Ok: queued as {id}"),
    };
    let outcome = |index, outcome| Event::Outcome {
        claim,
        recipient: RecipientIndex(index),
        at: at(130 + i64::from(index)),
        outcome,
    };
    let events = [
        Event::Claimed {
            claim,
            recipients: Ranges::from_indices([0, 1, 2, 5]),
            until: at(300_000),
        },
        outcome(0, reply("4ZPtKz1x2yz")),
        outcome(1, reply("4ZPtKz1x3ab")),
        outcome(
            2,
            Outcome::Rejected {
                reply: "550 <ana@uno.test>\r\nend\t1".to_owned(),
            },
        ),
    ];
    encode(&events).concat()
}

#[test]
fn a_segment_reads_well() {
    insta::assert_snapshot!(sample().replace('\t', " | "), @"
    postmerge-ledger 1 | occurrence | 2026/rueda-agro | 000003 | 00000007 | 1796295600130
    claim | 00000007 | 0 | 1796295900000 | 0-2,5
    of | 00000007 | 0
    reply | 2.0.0 Ok: queued as 
    + | 0 | 0 | 0 | 4ZPtKz1x2yz
    + | 1 | 1 | 0 | 4ZPtKz1x3ab
    reply | 550 <…@uno.test>  end 
    - | 2 | 2 | 1 | 1
    end | 8 | 8476b77f2ffdb066
    ");
}

#[test]
fn every_truncation_is_refused() {
    let text = sample();
    for end in 0..text.len() {
        assert!(records(&text.as_bytes()[..end]).is_err(), "{end}");
    }
}

#[test]
fn every_flipped_bit_is_refused() {
    let text = sample().into_bytes();
    for bit in 0..text.len() * 8 {
        let mut damaged = text.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        assert!(records(&damaged).is_err(), "bit {bit}");
    }
}

#[test]
fn a_newer_version_or_line_is_refused_by_name() {
    let newer = sample().replacen("ledger 1", "ledger 2", 1);
    let error = records(newer.as_bytes()).unwrap_err();
    assert_eq!(error.why, Why::Newer(2));
    assert!(
        error.to_string().contains("reads ledger format 2"),
        "{error}"
    );
    let content = "postmerge-ledger 1\tsuppressions\t\t000000\t00000007\t0\nbounced\tx\n";
    let text = format!(
        "{content}end\t2\t{}\n",
        super::encode::checksum(content.as_bytes())
    );
    let error = records(text.as_bytes()).unwrap_err();
    assert_eq!(
        error,
        SegmentError {
            offset: 51,
            why: Why::UnknownLine("bounced".to_owned())
        }
    );
}

#[test]
fn a_large_audience_comes_in_pieces() {
    let entry = |n: u32| AudienceEntry {
        id: RecipientId(
            Digest::of(&n.to_be_bytes()).as_bytes()[..12]
                .try_into()
                .unwrap(),
        ),
        destination: 0,
        copy_of: None,
        own_document: None,
    };
    let entries: Vec<_> = (0..120_000).map(entry).collect();
    let parts = encode(&[audience(
        entries.clone(),
        vec![(RecipientId([1; 12]), Exclusion::Duplicate)],
    )]);
    assert_eq!(parts.len(), 3);
    let all: Vec<_> = parts
        .iter()
        .flat_map(|part| records(part.as_bytes()).unwrap())
        .collect();
    assert_eq!(all.len(), 120_002);
    assert_eq!(all[77_778], Record::Entry(entries[77_777].clone()));
}

proptest! {
    #[test]
    fn events_come_back(events in proptest::collection::vec(event(), 0..30)) {
        let text = encode(&events).concat();
        let expected: Vec<_> = events.into_iter().map(Record::Event).collect();
        prop_assert_eq!(records(text.as_bytes()).unwrap(), expected);
    }

    #[test]
    fn wishes_come_back_and_so_do_single_lines(
        wishes in proptest::collection::vec(wish(), 0..20),
        heard in proptest::collection::vec(feedback(), 0..20),
    ) {
        let text = encode_wishes(RunId(7), at(0), 3, &wishes);
        let expected: Vec<_> = wishes.into_iter().map(Record::Wish).collect();
        prop_assert_eq!(&records(text.as_bytes()).unwrap(), &expected);
        for record in expected.into_iter().chain(heard.into_iter().map(Record::Feedback)) {
            let line = encode_line(&record).unwrap();
            prop_assert!(!line.contains('\n'));
            prop_assert_eq!(decode_line(&line), Some(record));
        }
    }

    #[test]
    fn an_audience_comes_back(
        entries in proptest::collection::vec(entry(), 0..20),
        excluded in proptest::collection::vec((any::<[u8; 12]>().prop_map(RecipientId), reason()), 0..10),
    ) {
        let event = audience(entries.clone(), excluded.clone());
        let text = encode(std::slice::from_ref(&event)).concat();
        let Event::AudienceFixed { header, .. } = event else { unreachable!() };
        let mut expected = vec![Record::Audience {
            header,
            entries: u32::try_from(entries.len()).unwrap(),
            excluded: u32::try_from(excluded.len()).unwrap(),
        }];
        expected.extend(entries.into_iter().map(Record::Entry));
        expected.extend(excluded.into_iter().map(|(id, reason)| Record::ExcludedAtStart(id, reason)));
        prop_assert_eq!(records(text.as_bytes()).unwrap(), expected);
    }

    #[test]
    fn suppressions_come_back(id in any::<[u8; 12]>(), topic in proptest::option::of("\\PC{0,10}|\t"), reason in reason(), at in time(), note in text(), lift in proptest::option::of(0..3_usize)) {
        let recipient = RecipientId(id);
        let scope = topic.map_or(Scope::All, Scope::Topic);
        let event = match lift {
            Some(n) => SuppressionEvent::Lifted { recipient, scope, what: Lifting::ALL[n], at, note },
            None => SuppressionEvent::Suppressed { recipient, scope, reason, at, note },
        };
        let text = encode_suppressions(RunId(7), at, 0, std::slice::from_ref(&event));
        prop_assert_eq!(records(text.as_bytes()).unwrap(), vec![Record::Suppression(event)]);
    }

    #[test]
    fn what_came_back_comes_back(feedback in feedback()) {
        let text = encode_feedback(RunId(7), feedback.at, 3, std::slice::from_ref(&feedback));
        prop_assert_eq!(records(text.as_bytes()).unwrap(), vec![Record::Feedback(feedback)]);
    }

    #[test]
    fn garbage_is_no_segment(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(records(&bytes).is_err());
    }
}
