//! Days, states and evidence.

use jiff::civil::date;

use super::*;
use crate::ledger::event::RecipientIndex;
use crate::ledger::feedback::MessageKey;
use crate::ledger::notice::Told;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn list(more: &str) -> List {
    serde_yaml::from_str(&format!(
        "title: x\nowner: ana\npurpose: tests\nconsent: {{basis: contract}}\n{more}"
    ))
    .unwrap()
}

fn rome() -> Calendar {
    Calendar::new("Europe/Rome", [date(2026, 10, 26)]).unwrap()
}

fn suppressed(reason: Exclusion, since: &str) -> Suppressed {
    Suppressed {
        reason,
        since: at(since),
        note: String::new(),
        evidence: None,
    }
}

/// The state of one row at `now`.
fn stands(
    why: &Suppressed,
    told: Option<&str>,
    list: &List,
    policy: &Hygiene,
    now: &str,
) -> Option<State> {
    let name = ListName::new("uno");
    let id = RecipientId([1; 12]);
    let row = Row {
        list: name.clone(),
        at: RowAt::default(),
        recipient: id,
        address: Address::parse("eva@uno.test").unwrap(),
    };
    let notices: Vec<Notice> = told
        .map(|told| {
            let case = Told {
                list: name.to_string(),
                recipient: id,
                since: why.since,
            };
            Notice::new(at(told), "ana", vec![case])
        })
        .into_iter()
        .collect();
    let found = cases(
        &HashMap::from([(id, why.clone())]),
        &[row.clone(), row],
        &AlreadyTold::of(&notices),
        |_| Some(list),
        (&rome(), policy),
        at(now),
    );
    found.first().map(|case| {
        assert_eq!(case.rows.len(), 2);
        case.state
    })
}

/// Told on Friday in summer time; the clocks go back on Sunday, Monday is a holiday.
#[test]
fn the_owner_has_whole_business_days() {
    let why = suppressed(Exclusion::HardBounce, "2026-10-22T10:00:00Z");
    let (list, policy) = (list(""), Hygiene::default());
    let state = |told, now| stands(&why, told, &list, &policy, now);
    let until = date(2026, 10, 29);
    let told = Some("2026-10-23T21:59:59Z");
    assert_eq!(state(None, "2027-10-23T08:00:00Z"), Some(State::New));
    assert_eq!(
        state(told, "2026-10-23T22:00:00Z"),
        Some(State::Open { until, left: 3 })
    );
    assert_eq!(
        state(told, "2026-10-29T22:59:59Z"),
        Some(State::Open { until, left: 0 })
    );
    // Midnight in winter time is an hour later in UTC.
    assert_eq!(
        state(told, "2026-10-29T23:00:00Z"),
        Some(State::Overdue { until })
    );
    // An instant later it is Saturday in Rome, which changes nothing here.
    assert_eq!(
        state(Some("2026-10-23T22:00:00Z"), "2026-10-29T22:59:59Z"),
        Some(State::Open { until, left: 0 })
    );
}

#[test]
fn where_owners_are_not_told_the_days_count_from_the_bounce() {
    let why = suppressed(Exclusion::HardBounce, "2026-10-19T10:00:00Z");
    let policy = Hygiene {
        notices: false,
        business_days: 1,
        ..Hygiene::default()
    };
    let until = date(2026, 10, 20);
    let state = |now| stands(&why, None, &list(""), &policy, now);
    assert_eq!(
        state("2026-10-20T12:00:00Z"),
        Some(State::Open { until, left: 0 })
    );
    assert_eq!(
        state("2026-10-21T00:00:00Z"),
        Some(State::Overdue { until })
    );
}

#[test]
fn whoever_left_has_nothing_to_correct() {
    let (policy, now) = (Hygiene::default(), "2026-10-19T11:00:00Z");
    let keeps = Hygiene {
        departed: Departed::Keep,
        ..Hygiene::default()
    };
    let since = date(2026, 10, 19);
    for reason in [Exclusion::Unsubscribed, Exclusion::Complained] {
        let why = suppressed(reason, "2026-10-19T10:00:00Z");
        let state = |more, policy| stands(&why, None, &list(more), policy, now);
        assert_eq!(state("", &policy), Some(State::Due { since }));
        assert_eq!(state("", &keeps), None);
        assert_eq!(state("departed: keep", &policy), None);
        assert_eq!(
            state("departed: remove", &keeps),
            Some(State::Due { since })
        );
    }
    // What a person suppressed by hand is no fault of the row's.
    let why = suppressed(Exclusion::Suppressed, "2026-10-19T10:00:00Z");
    assert_eq!(stands(&why, None, &list(""), &policy, now), None);
}

/// Whose suppression began later, as it does after a lift, is another case; a later report of the same one is not.
#[test]
fn a_notice_is_of_one_suppression() {
    let list = ListName::new("uno");
    let id = RecipientId([1; 12]);
    let told_at = |at_: &str, since: &str, failed| {
        let case = Told {
            list: list.to_string(),
            recipient: id,
            since: at(since),
        };
        let mut notice = Notice::new(at(at_), "ana", vec![case]);
        notice.failed = failed;
        notice
    };
    let told = AlreadyTold::of(&[
        told_at("2026-10-21T10:00:00Z", "2026-10-19T10:00:00Z", false),
        // What a former version kept of the second report.
        told_at("2026-10-20T10:00:00Z", "2026-10-19T18:00:00Z", false),
        told_at("2026-10-19T20:00:00Z", "2026-10-19T10:00:00Z", true),
    ]);
    let of = |since| told.of_case(&list, id, at(since));
    // Of two, the first: a repeated mail gives no more time.
    assert_eq!(
        of("2026-10-19T10:00:00Z"),
        (
            Some(at("2026-10-20T10:00:00Z")),
            Some(at("2026-10-19T20:00:00Z"))
        )
    );
    assert_eq!(of("2026-10-22T10:00:00Z"), (None, None));
}

#[test]
fn where_nobody_can_be_told_the_days_count_from_the_first_try() {
    let why = suppressed(Exclusion::HardBounce, "2026-10-19T10:00:00Z");
    let (list, policy) = (list(""), Hygiene::default());
    let tried = Some(at("2026-10-19T12:00:00Z"));
    let terms = (&rome(), &policy);
    let state = |told, now| state(&why, (told, tried), &list, terms, at(now));
    let until = date(2026, 10, 22);
    assert_eq!(state(None, "2026-10-22T12:00:00Z"), Some(State::New));
    assert_eq!(
        state(None, "2026-10-23T12:00:00Z"),
        Some(State::Overdue { until })
    );
    // Who is told in the end has whole days.
    let told = Some(at("2026-10-22T12:00:00Z"));
    let until = date(2026, 10, 28);
    assert_eq!(
        state(told, "2026-10-23T12:00:00Z"),
        Some(State::Open { until, left: 2 })
    );
}

#[test]
fn the_bounce_that_says_most_is_the_evidence() {
    let mut why = suppressed(Exclusion::HardBounce, "2026-10-19T10:00:00Z");
    let feedback = |second: i64, what| Feedback {
        message: MessageKey([second as u8; 8]),
        recipient: RecipientId([1; 12]),
        mail: Some(("2026/rueda".parse().unwrap(), RecipientIndex(1))),
        at: Timestamp::from_second(second).unwrap(),
        what,
    };
    let bounced = |class, text: &str| Heard::Bounced {
        class,
        status: None,
        text: text.to_owned(),
    };
    for (second, what) in [
        (1, bounced(Class::MailboxFull, "552 mailbox full")),
        (2, bounced(Class::Hard, "550 5.1.1 user unknown")),
        (3, bounced(Class::MailboxFull, "552 mailbox full")),
        (4, Heard::Read),
        (
            5,
            Heard::Left {
                scope: crate::ledger::event::Scope::All,
            },
        ),
    ] {
        why.hear(feedback(second, what));
    }
    assert_eq!(
        why.evidence.as_ref().unwrap().at,
        Timestamp::from_second(2).unwrap()
    );
    assert_eq!(why.why(Language::En), Some("The address does not exist"));
    assert_eq!(why.why(Language::It), Some("L'indirizzo non esiste"));
}
