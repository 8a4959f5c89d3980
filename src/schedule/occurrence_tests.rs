//! Occurrences: labels, days, and whether they are due.

use std::time::Duration;

use jiff::ToSpan;
use jiff::civil::{Weekday, date, time};
use proptest::prelude::*;

use super::*;
use crate::schedule::window::Weekdays;

fn sending(date: Date, every: Option<Period>, if_missed: IfMissed) -> Sending {
    Sending {
        date,
        window: Window {
            name: "12:00".to_owned(),
            opens: time(12, 0, 0, 0),
            open_for: Duration::from_secs(2 * 3600),
            days: None,
        },
        every,
        if_missed,
    }
}

fn utc(holidays: &[Date]) -> Calendar {
    Calendar::new("UTC", holidays.iter().copied()).unwrap()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn days(sending: &Sending, calendar: &Calendar, count: i64) -> Vec<String> {
    (0..count)
        .map(|n| match sending.occurrence(calendar, n) {
            Some(o) => format!("{} {}", o.label.as_deref().unwrap_or("-"), o.date),
            None => "none".to_owned(),
        })
        .collect()
}

#[test]
fn weeks_at_the_turn_of_the_year_bear_iso_labels() {
    let weekly = sending(date(2026, 12, 24), Some(Period::Week), IfMissed::Lapse);
    insta::assert_debug_snapshot!(days(&weekly, &utc(&[]), 4), @r#"
    [
        "2026-W52 2026-12-24",
        "2026-W53 2026-12-31",
        "2027-W01 2027-01-07",
        "2027-W02 2027-01-14",
    ]
    "#);
    // 1 January 2027 is a Friday of 2026's last week.
    assert_eq!(Period::Week.label(date(2027, 1, 1)), "2026-W53");
}

#[test]
fn months_keep_their_day_through_february() {
    let monthly = sending(date(2028, 1, 31), Some(Period::Month), IfMissed::Lapse);
    insta::assert_debug_snapshot!(days(&monthly, &utc(&[]), 4), @r#"
    [
        "2028-01 2028-01-31",
        "2028-02 2028-02-29",
        "2028-03 2028-03-31",
        "2028-04 2028-05-01",
    ]
    "#);
    let leap = sending(date(2028, 2, 29), Some(Period::Quarter), IfMissed::Lapse);
    insta::assert_debug_snapshot!(days(&leap, &utc(&[]), 5), @r#"
    [
        "2028-Q1 2028-02-29",
        "2028-Q2 2028-05-29",
        "2028-Q3 2028-08-29",
        "2028-Q4 2028-11-29",
        "2029-Q1 2029-02-28",
    ]
    "#);
}

#[test]
fn a_holiday_moves_the_day_but_not_the_name() {
    let monthly = sending(date(2026, 12, 31), Some(Period::Month), IfMissed::Lapse);
    let free = utc(&[date(2026, 12, 31), date(2027, 1, 1)]);
    let first = monthly.occurrence(&free, 0).unwrap();
    assert_eq!(first.label.as_deref(), Some("2026-12"));
    assert_eq!(first.date, date(2027, 1, 4));
    assert_eq!(
        monthly.occurrence_labelled(&free, Some("2026-12")),
        Some(first)
    );
}

#[test]
fn a_week_between_holidays_is_passed_over() {
    let weekly = sending(date(2026, 12, 17), Some(Period::Week), IfMissed::Lapse);
    let free: Vec<_> = (0..10).map(|n| date(2026, 12, 24) + n.days()).collect();
    insta::assert_debug_snapshot!(days(&weekly, &utc(&free), 4), @r#"
    [
        "2026-W51 2026-12-17",
        "none",
        "2026-W53 2027-01-04",
        "2027-W01 2027-01-07",
    ]
    "#);
}

#[test]
fn woken_at_three_nothing_is_sent() {
    let calendar = Calendar::new("America/Bogota", []).unwrap();
    let once = sending(date(2026, 12, 3), None, IfMissed::Lapse);
    let only = once.occurrence(&calendar, 0).unwrap();
    let due = |text: &str, started| once.due(&calendar, &only, at(text), started);
    let own = only.opening;
    assert_eq!(due("2026-12-03T16:59:59Z", false), Due::NotYet(own));
    assert_eq!(due("2026-12-03T17:00:00Z", false), Due::Open(own));
    assert_eq!(due("2026-12-03T18:59:59Z", false), Due::Open(own));
    assert_eq!(due("2026-12-03T19:00:00Z", false), Due::Lapsed(own));
    assert_eq!(due("2026-12-04T08:00:00Z", false), Due::Lapsed(own));
    // Started: goes on at the next opening, and not at 3 a.m. either.
    let friday = calendar
        .opening_on(&once.window, date(2026, 12, 4))
        .unwrap();
    assert_eq!(due("2026-12-04T08:00:00Z", true), Due::NotYet(friday));
    assert_eq!(due("2026-12-04T17:30:00Z", true), Due::Open(friday));
}

#[test]
fn a_missed_one_waits_for_the_next_opening_but_not_past_its_successor() {
    let calendar = utc(&[]);
    let weekly = sending(date(2026, 12, 3), Some(Period::Week), IfMissed::Next);
    let first = weekly.occurrence(&calendar, 0).unwrap();
    let due = |text: &str| weekly.due(&calendar, &first, at(text), false);
    let friday = calendar
        .opening_on(&weekly.window, date(2026, 12, 4))
        .unwrap();
    assert_eq!(due("2026-12-04T03:00:00Z"), Due::NotYet(friday));
    assert_eq!(due("2026-12-04T13:00:00Z"), Due::Open(friday));
    assert_eq!(due("2026-12-10T03:00:00Z"), Due::Lapsed(first.opening));
    assert_eq!(due("2026-12-11T12:30:00Z"), Due::Lapsed(first.opening));
}

#[test]
fn a_window_that_shut_for_good_says_so() {
    let calendar = utc(&[]);
    let mut once = sending(date(2026, 12, 3), None, IfMissed::Next);
    let only = once.occurrence(&calendar, 0).unwrap();
    once.window.days = Some(Weekdays::default());
    assert_eq!(once.occurrence(&calendar, 0), None);
    let later = at("2026-12-09T12:30:00Z");
    assert_eq!(once.due(&calendar, &only, later, true), Due::Shut);
    assert_eq!(
        once.due(&calendar, &only, later, false),
        Due::Lapsed(only.opening)
    );
}

#[test]
fn what_has_begun_is_found_and_bounded() {
    let calendar = utc(&[]);
    let weekly = sending(date(2026, 1, 1), Some(Period::Week), IfMissed::Lapse);
    let now = at("2026-12-10T12:30:00Z");
    let current = weekly.current(&calendar, now).unwrap();
    assert_eq!(current.label.as_deref(), Some("2026-W50"));
    assert_eq!(
        weekly.upcoming(&calendar, now).unwrap().label.as_deref(),
        Some("2026-W51")
    );
    let since = at("2026-11-26T13:00:00Z");
    let labels = |most| -> Vec<_> {
        weekly
            .begun(&calendar, since, now, most)
            .into_iter()
            .filter_map(|o| o.label)
            .collect()
    };
    assert_eq!(labels(10), ["2026-W48", "2026-W49", "2026-W50"]);
    assert_eq!(labels(2), ["2026-W49", "2026-W50"]);
    let before = at("2025-12-10T12:30:00Z");
    assert_eq!(weekly.current(&calendar, before), None);
    assert_eq!(
        weekly.upcoming(&calendar, before).unwrap().date,
        date(2026, 1, 1)
    );
}

#[test]
fn labels_of_other_kinds_are_nobodys() {
    let calendar = utc(&[]);
    let weekly = sending(date(2026, 12, 3), Some(Period::Week), IfMissed::Lapse);
    for label in [
        "2026-12",
        "2026-Q4",
        "2026-W54",
        "2026-W48",
        "2026-W1",
        "W49",
        "",
        "2026-W049",
    ] {
        assert_eq!(
            weekly.occurrence_labelled(&calendar, Some(label)),
            None,
            "{label}"
        );
    }
    assert_eq!(weekly.occurrence_labelled(&calendar, None), None);
}

fn periods() -> impl Strategy<Value = Option<Period>> {
    prop_oneof![
        Just(None),
        Just(Some(Period::Week)),
        Just(Some(Period::Month)),
        Just(Some(Period::Quarter)),
    ]
}

fn any_sending() -> impl Strategy<Value = (Calendar, Sending)> {
    (
        prop_oneof![
            Just("Europe/Rome"),
            Just("America/Bogota"),
            Just("America/Santiago")
        ],
        0..1500i32,
        (0..24i8, 0..60i8, 1..40u64),
        proptest::option::of(proptest::collection::vec(0..7i8, 1..4)),
        periods(),
        any::<bool>(),
        proptest::collection::vec(0..1500i32, 0..60),
    )
        .prop_map(
            |(zone, day, (hour, minute, hours), days, every, next, free)| {
                let day_of = |n: i32| date(2026, 1, 1) + n.days();
                let sending = Sending {
                    date: day_of(day),
                    window: Window {
                        name: "any".to_owned(),
                        opens: time(hour, minute, 0, 0),
                        open_for: Duration::from_secs(hours * 3600),
                        days: days.map(|days| {
                            days.into_iter()
                                .filter_map(|d| Weekday::from_monday_zero_offset(d).ok())
                                .collect()
                        }),
                    },
                    every,
                    if_missed: if next {
                        IfMissed::Next
                    } else {
                        IfMissed::Lapse
                    },
                };
                let calendar = Calendar::new(zone, free.into_iter().map(day_of)).unwrap();
                (calendar, sending)
            },
        )
}

proptest! {
    #[test]
    fn never_due_outside_a_window((calendar, sending) in any_sending(), number in 0..20i64, hours in -100..2000i64, started: bool) {
        let Some(occurrence) = sending.occurrence(&calendar, number) else { return Ok(()) };
        let now = occurrence.opening.from + hours.hours();
        match sending.due(&calendar, &occurrence, now, started) {
            Due::Open(opening) => {
                prop_assert!(opening.contains(now));
                prop_assert!(opening.from >= occurrence.opening.from);
                let local = calendar.zone().to_datetime(opening.from);
                prop_assert!(calendar.opens_on(&sending.window, local.date()));
            }
            Due::NotYet(opening) => prop_assert!(opening.from > now),
            Due::Lapsed(opening) => {
                prop_assert!(!started);
                prop_assert!(opening.until <= now);
            }
            Due::Shut => prop_assert!(false, "these windows open every week"),
        }
    }

    #[test]
    fn labels_name_one_occurrence_each((calendar, sending) in any_sending(), number in 0..60i64) {
        if let Some(occurrence) = sending.occurrence(&calendar, number) {
            let found = sending.occurrence_labelled(&calendar, occurrence.label.as_deref());
            prop_assert_eq!(found.as_ref(), Some(&occurrence));
            let next = (number + 1..number + 9).find_map(|n| sending.occurrence(&calendar, n));
            if let Some(next) = next {
                prop_assert!(next.label != occurrence.label);
                prop_assert!(next.date > occurrence.date);
            }
        }
    }

    #[test]
    fn current_and_upcoming_surround_now((calendar, sending) in any_sending(), hours in 0..40_000i64) {
        let now = at("2026-01-01T00:00:00Z") + hours.hours();
        let current = sending.current(&calendar, now);
        let upcoming = sending.upcoming(&calendar, now);
        if let (Some(current), Some(upcoming)) = (&current, &upcoming) {
            prop_assert!(current.opening.from <= now && now < upcoming.opening.from);
            let between = (current.number + 1..upcoming.number)
                .find_map(|n| sending.occurrence(&calendar, n));
            prop_assert_eq!(between, None);
        }
        prop_assert!(current.is_some() || upcoming.is_some());
    }
}
