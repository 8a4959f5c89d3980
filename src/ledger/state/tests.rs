//! Folds keep the sum, and refuse what contradicts.

use proptest::prelude::*;

use super::*;
use crate::ledger::event::{AudienceEntry, Outcome, Resolution, RunId};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_796_295_600 + second).unwrap()
}

const fn claim(sequence: u32) -> ClaimId {
    ClaimId {
        run: RunId(1),
        sequence,
    }
}

fn audience(count: u8) -> Event {
    let entry = |n| AudienceEntry {
        id: RecipientId([n; 12]),
        destination: 0,
        copy_of: None,
        own_document: None,
    };
    Event::AudienceFixed {
        header: Box::new(AudienceHeader {
            content_commit: String::new(),
            lists_commit: String::new(),
            digest: Digest::of(b""),
            key: String::new(),
            sender: "eventos".to_owned(),
            at: at(0),
            destinations: vec!["uno.test".to_owned()],
            documents: Vec::new(),
            force: None,
            reconfirmation: false,
        }),
        entries: (0..count).map(entry).collect(),
        excluded: vec![(RecipientId([99; 12]), Exclusion::Duplicate)],
    }
}

fn claimed(sequence: u32, indices: &[u32]) -> Event {
    Event::Claimed {
        claim: claim(sequence),
        recipients: Ranges::from_indices(indices.iter().copied()),
        until: at(600),
    }
}

fn released(sequence: u32, index: u32) -> Event {
    let recipients = Ranges::from_indices([index]);
    Event::Released {
        claim: claim(sequence),
        recipients,
    }
}

fn said(sequence: u32, index: u32, outcome: Outcome) -> Event {
    let recipient = RecipientIndex(index);
    Event::Outcome {
        claim: claim(sequence),
        recipient,
        at: at(10),
        outcome,
    }
}

fn accepted(words: &str) -> Outcome {
    Outcome::Accepted {
        reply: words.to_owned(),
    }
}

fn deferred() -> Outcome {
    Outcome::Deferred {
        reply: "450 later".to_owned(),
        retry_at: at(900),
    }
}

fn unknown() -> Outcome {
    Outcome::Unknown {
        reason: "lost".to_owned(),
    }
}

fn rejected() -> Outcome {
    Outcome::Rejected {
        reply: "550 no".to_owned(),
    }
}

fn resolved(index: u32, resolution: Resolution, second: i64) -> Event {
    Event::Resolved {
        recipients: Ranges::from_indices([index]),
        resolution,
        by: "Ana".to_owned(),
        reason: "relay's log".to_owned(),
        at: at(second),
    }
}

fn fold(events: &[Event]) -> Result<OccurrenceState, Contradiction> {
    let mut state = OccurrenceState::new();
    events.iter().try_for_each(|event| state.apply(event))?;
    state.counts(at(0)).check().unwrap();
    Ok(state)
}

#[test]
fn what_was_claimed_may_have_gone_out_when_the_claim_ends() {
    let state = fold(&[audience(3), claimed(0, &[0, 1]), said(0, 0, accepted("ok"))]).unwrap();
    let went_out = |index, second| state.went_out(RecipientIndex(index), at(second));
    assert_eq!((went_out(0, 20), went_out(1, 20)), (Some(at(10)), None));
    assert_eq!(
        (went_out(1, 99_999), went_out(2, 99_999)),
        (Some(at(600)), None)
    );
}

#[test]
fn whoever_is_accepted_can_not_be_claimed_or_answered_again() {
    let base = [
        audience(3),
        claimed(0, &[0, 1]),
        said(0, 0, accepted("ok 1")),
    ];
    let with =
        |event: Event| fold(&[&base[..], &[event]].concat()).map(|state| state.counts(at(0)));
    assert!(matches!(
        with(claimed(1, &[0])),
        Err(Contradiction::NotClaimable { .. })
    ));
    assert!(matches!(
        with(claimed(1, &[1])),
        Err(Contradiction::NotClaimable { .. })
    ));
    assert!(matches!(
        with(claimed(0, &[2])),
        Err(Contradiction::ClaimedTwice(_))
    ));
    assert!(matches!(
        with(said(0, 0, accepted("ok 2"))),
        Err(Contradiction::NotHeld { .. })
    ));
    assert!(matches!(
        with(said(0, 0, rejected())),
        Err(Contradiction::NotHeld { .. })
    ));
    assert!(matches!(
        with(said(0, 2, rejected())),
        Err(Contradiction::NotHeld { .. })
    ));
    assert!(matches!(
        with(released(0, 0)),
        Err(Contradiction::NotHeld { .. })
    ));
    assert!(matches!(
        with(claimed(1, &[3])),
        Err(Contradiction::NotInAudience(_))
    ));
    assert!(matches!(with(audience(3)), Err(Contradiction::FixedTwice)));
    assert_eq!(
        with(said(0, 0, accepted("ok 1"))).unwrap().accepted,
        1,
        "an exact repeat"
    );
}

#[test]
fn a_late_release_or_deferral_does_not_undo_a_later_claim() {
    let base = [
        audience(1),
        claimed(0, &[0]),
        said(0, 0, deferred()),
        claimed(1, &[0]),
    ];
    for late in [
        released(0, 0),
        said(0, 0, deferred()),
        said(0, 0, accepted("ok")),
    ] {
        let error = fold(&[&base[..], &[late]].concat()).err();
        assert!(
            matches!(error, Some(Contradiction::NotHeld { .. })),
            "{error:?}"
        );
    }
}

#[test]
fn a_claim_that_ran_out_is_unknown_until_a_person_resolves_it() {
    let base = [audience(2), claimed(0, &[0])];
    let state = fold(&base).unwrap();
    assert_eq!(
        (state.counts(at(599)).claimed, state.counts(at(599)).unknown),
        (1, 0)
    );
    assert_eq!(
        (state.counts(at(600)).claimed, state.counts(at(600)).unknown),
        (0, 1)
    );
    state.counts(at(600)).check().unwrap();
    let early = fold(&[&base[..], &[resolved(0, Resolution::Resend, 599)]].concat());
    assert!(matches!(early, Err(Contradiction::NotUnknown { .. })));
    let resend = [&base[..], &[resolved(0, Resolution::Resend, 600)]].concat();
    assert_eq!(
        fold(&resend).unwrap().status(RecipientIndex(0)),
        Some(Status::Pending)
    );
    // The journal turns up: it was accepted. Nobody is mailed again.
    let late = [&resend[..], &[said(0, 0, accepted("ok"))]].concat();
    assert_eq!(
        fold(&late).unwrap().status(RecipientIndex(0)),
        Some(Status::Accepted)
    );
    let too_late = [&resend[..], &[claimed(1, &[0]), said(0, 0, accepted("ok"))]].concat();
    assert!(fold(&too_late).is_err());
}

#[test]
fn tries_are_kept_over_a_released_claim() {
    let state = fold(&[
        audience(1),
        claimed(0, &[0]),
        said(0, 0, deferred()),
        claimed(1, &[0]),
        released(1, 0),
    ]);
    let status = state.unwrap().status(RecipientIndex(0));
    let expected = Status::Deferred {
        tries: 1,
        first_at: at(10),
        retry_at: at(900),
    };
    assert_eq!(status, Some(expected));
}

#[test]
fn a_recipient_takes_at_most_forty_bytes() {
    assert!(size_of::<Slot>() + size_of::<RecipientId>() + size_of::<u16>() <= 40);
}

fn step() -> impl Strategy<Value = Event> {
    let index = 0..6_u32;
    prop_oneof![
        (0..20_u32, proptest::collection::vec(0..6_u32, 1..4)).prop_map(|(s, i)| claimed(s, &i)),
        (0..20_u32, index.clone()).prop_map(|(s, i)| released(s, i)),
        (0..20_u32, index.clone(), 0..4_usize).prop_map(|(s, i, kind)| {
            said(
                s,
                i,
                [accepted("ok"), deferred(), rejected(), unknown()][kind].clone(),
            )
        }),
        (index.clone(), any::<bool>(), 0..1000_i64).prop_map(|(i, sent, second)| {
            resolved(
                i,
                if sent {
                    Resolution::Sent
                } else {
                    Resolution::Resend
                },
                second,
            )
        }),
        index.prop_map(|i| Event::Excluded {
            recipient: RecipientIndex(i),
            at: at(20),
            reason: Exclusion::GaveUp,
        }),
    ]
}

proptest! {
    #[test]
    fn the_sum_holds_after_every_legal_step(steps in proptest::collection::vec(step(), 0..120), now in 0..1200_i64) {
        let mut events = vec![audience(6)];
        let mut state = fold(&events).unwrap();
        for step in steps {
            // A refused step may leave the state half changed, so the legal ones are folded anew.
            match state.apply(&step) {
                Ok(()) => events.push(step),
                Err(_) => state = fold(&events).unwrap(),
            }
            let counts = state.counts(at(now));
            prop_assert!(counts.check().is_ok(), "{:?}", counts);
            prop_assert_eq!(counts.audience, 7);
            let by_status = state.statuses().filter(|(_, status)| *status == Status::Accepted).count();
            prop_assert_eq!(counts.accepted, by_status as u64);
            let held: u32 = state.open_claims().map(|claim| claim.held).sum();
            let claimed = state.statuses().filter(|(_, s)| matches!(s, Status::Claimed { .. })).count();
            prop_assert_eq!(held as usize, claimed);
        }
    }
}

/// Beyond so many texts the words are lost, not what they mean; and texts are no more than that.
#[test]
fn hard_refusals_are_counted_by_their_own_words_however_many_there_are() {
    let all: Vec<u32> = (0..250).collect();
    let mut state = OccurrenceState::new();
    state.apply(&audience(250)).unwrap();
    state.apply(&claimed(0, &all)).unwrap();
    for n in all {
        // Dead by its words alone, and refused by a code that says as much, and does not mean it.
        let reply = match n % 2 {
            0 => format!("554 {n}{n}: user unknown, id Q{n}"),
            _ => format!("550 relaying denied for d{n}.example"),
        };
        state
            .apply(&said(0, n, Outcome::Rejected { reply }))
            .unwrap();
    }
    assert_eq!(state.hard_rejections(), 125);
    assert_eq!(state.settled(), (0, 250));
    assert_eq!(state.rejections().len(), DISTINCT_TEXTS + 1);
    assert_eq!(state.rejections().get("(others)"), Some(&50));
}
