//! A mixed campaign is over within 2 % of the time that no sending could beat.

#![allow(clippy::unwrap_used)]

use std::time::Duration;

use jiff::civil::{date, time};
use jiff::{SignedDuration, Timestamp};
use postmerge::schedule::calendar::Calendar;
use postmerge::schedule::pacer::{LaneConfig, PacerConfig, RelayLimits};
use postmerge::schedule::simulate::{Simulation, simulate};
use postmerge::schedule::window::{Opening, Window};
use proptest::prelude::*;

fn start() -> Timestamp {
    "2026-12-03T17:00:00Z".parse().unwrap()
}

fn always(_: Timestamp) -> Option<Opening> {
    Some(Opening {
        from: Timestamp::MIN,
        until: Timestamp::MAX,
    })
}

fn lane(pause: u64, daily_cap: Option<u32>) -> LaneConfig {
    LaneConfig {
        relay: 0,
        pause: Duration::from_secs(pause),
        at_once: 4,
        daily_cap,
        sent_today: 0,
        large: pause >= 10,
    }
}

fn campaign(lanes: &[(u64, u64)], connections: u16, takes: u64) -> Simulation {
    Simulation {
        pacer: PacerConfig {
            enabled: true,
            calendar: Calendar::new("America/Bogota", []).unwrap(),
            relays: vec![RelayLimits {
                connections,
                ..RelayLimits::default()
            }],
            lanes: lanes.iter().map(|(pause, _)| lane(*pause, None)).collect(),
        },
        mails: lanes.iter().map(|(_, mails)| *mails).collect(),
        mail_takes: Duration::from_millis(takes),
        from: start(),
    }
}

/// How long it took, over the lower bound.
fn ratio(simulation: Simulation) -> f64 {
    let bound = simulation.lower_bound().as_secs_f64();
    let done = simulate(simulation, always);
    assert_eq!(done.unsent, 0);
    done.last.unwrap().duration_since(start()).as_secs_f64() / bound
}

#[test]
fn a_long_lane_does_not_starve_behind_many_short_ones() {
    let mut lanes = vec![(5, 1000)];
    lanes.extend(std::iter::repeat_n((5, 1), 4000));
    assert!(ratio(campaign(&lanes, 1, 1000)) <= 1.02);
    assert!(ratio(campaign(&lanes, 4, 1000)) <= 1.02);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn mixed_campaigns_end_in_time(
        large in proptest::collection::vec(400..1500u64, 1..5),
        small in proptest::collection::vec(1..60u64, 0..200),
        connections in 2..9u16,
        takes in 0..1500u64,
    ) {
        let lanes: Vec<_> = large.iter().map(|n| (10, *n)).chain(small.iter().map(|n| (5, *n))).collect();
        let found = ratio(campaign(&lanes, connections, takes));
        // A mail that is being sent is not interrupted: where each takes long, the slowest lane may
        // find all connections busy at each of its starts, for their share of that time: on the average, and a tenth more
        // where starts and ends fall into step.
        let busy = if takes <= 400 { 0.0 } else { takes as f64 / 10_000.0 / f64::from(connections) * 1.1 };
        prop_assert!(found <= 1.02 + busy, "{}", found);
    }
}

#[test]
fn windows_and_caps_spread_it_over_days() {
    let calendar = Calendar::new("America/Bogota", [date(2026, 12, 8)]).unwrap();
    let window = Window {
        name: "noon".to_owned(),
        opens: time(12, 0, 0, 0),
        open_for: Duration::from_secs(600),
        days: None,
    };
    let mut simulation = campaign(&[(10, 150), (5, 50)], 4, 100);
    simulation.pacer.lanes[1].daily_cap = Some(20);
    let done = simulate(simulation, |at| calendar.opening_at_or_after(&window, at));
    assert_eq!(done.unsent, 0);
    assert_eq!(done.first, Some(start()));
    // 60 mails fit an opening: Thursday 3, Friday 4, then Monday 7.
    let (_, last) = done.lanes[0].unwrap();
    let monday: Timestamp = "2026-12-07T17:00:00Z".parse().unwrap();
    assert_eq!(last, monday + SignedDuration::from_millis(290_100));
    let (_, last) = done.lanes[1].unwrap();
    assert_eq!(last, monday + SignedDuration::from_millis(45_100));
}

#[test]
fn what_can_never_go_is_told() {
    let mut simulation = campaign(&[(10, 3), (5, 2)], 4, 100);
    simulation.pacer.lanes[1].daily_cap = Some(0);
    assert_eq!(simulate(simulation.clone(), always).unsent, 2);
    assert_eq!(simulate(simulation.clone(), |_| None).unsent, 5);
    simulation.pacer.relays.clear();
    assert_eq!(simulate(simulation, always).unsent, 5);
}
