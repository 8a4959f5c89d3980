//! The pacer's promises.

use jiff::{SignedDuration, ToSpan};
use proptest::prelude::*;

use super::*;

fn start() -> Timestamp {
    "2026-12-03T17:00:00Z".parse().unwrap()
}

fn secs(seconds: u64) -> Timestamp {
    start() + SignedDuration::from_secs(i64::try_from(seconds).unwrap())
}

fn lane(pause: u64) -> LaneConfig {
    LaneConfig {
        relay: 0,
        pause: Duration::from_secs(pause),
        at_once: 4,
        daily_cap: None,
        sent_today: 0,
        large: false,
    }
}

fn pacer(enabled: bool, connections: u16, lanes: Vec<LaneConfig>) -> Pacer {
    let relays = vec![RelayLimits {
        connections,
        ..RelayLimits::default()
    }];
    let calendar = Calendar::new("America/Bogota", []).unwrap();
    Pacer::new(
        PacerConfig {
            enabled,
            calendar,
            relays,
            lanes,
        },
        start(),
    )
}

#[test]
fn a_lane_starts_its_pause_apart_and_others_go_between() {
    let mut pacer = pacer(true, 4, vec![lane(10), lane(5)]);
    pacer.add(0, 2);
    pacer.add(1, 2);
    assert_eq!(pacer.take(start()), Some(0));
    assert_eq!(pacer.take(start()), Some(1));
    assert_eq!(pacer.take(start()), None);
    assert_eq!(pacer.wake_at(), Some(secs(5)));
    assert_eq!(pacer.take(secs(4)), None);
    assert_eq!(pacer.take(secs(5)), Some(1));
    assert_eq!(pacer.take(secs(9)), None);
    assert_eq!(pacer.take(secs(10)), Some(0));
    assert_eq!(
        (pacer.wake_at(), pacer.ready(), pacer.in_flight()),
        (None, 0, 4)
    );
}

#[test]
fn connections_and_at_once_bound_what_is_under_way() {
    let mut pacer = pacer(false, 5, vec![lane(10), lane(10)]);
    pacer.add(0, 100);
    pacer.add(1, 100);
    let taken: Vec<_> = std::iter::from_fn(|| pacer.take(start())).collect();
    assert_eq!(taken, [0, 1, 0, 1, 0]);
    assert_eq!(pacer.wake_at(), None);
    pacer.done(1, start(), Verdict::Fine);
    assert_eq!(pacer.take(start()), Some(1));
    // A reply for a mail that never was changes nothing.
    pacer.done(7, start(), Verdict::Fine);
    assert_eq!(pacer.in_flight(), 5);
}

#[test]
fn slowing_doubles_once_for_what_was_under_way_and_recovers() {
    let mut pacer = pacer(true, 4, vec![lane(2)]);
    pacer.add(0, 1000);
    for at in [0, 2, 4] {
        assert_eq!(pacer.take(secs(at)), Some(0));
    }
    let pause = |pacer: &Pacer| pacer.lane_report(0).unwrap().pause.as_secs();
    pacer.done(0, secs(5), Verdict::Slow);
    assert_eq!(pause(&pacer), 10);
    pacer.done(0, secs(5), Verdict::Slow);
    pacer.done(0, secs(5), Verdict::Slow);
    assert_eq!(pause(&pacer), 10);
    assert_eq!(pacer.take(secs(14)), None);
    let mut now = 15;
    for grown in [20, 40, 80, 160, 320, 600, 600] {
        assert_eq!(pacer.take(secs(now)), Some(0));
        pacer.done(0, secs(now), Verdict::Slow);
        assert_eq!(pause(&pacer), grown);
        now += grown;
    }
    let mut paces = Vec::new();
    while pacer.lane_report(0).unwrap().slowed {
        assert_eq!(pacer.take(secs(now)), Some(0));
        now += pause(&pacer) + 1;
        pacer.done(0, secs(now), Verdict::Fine);
        paces.push(pause(&pacer));
    }
    assert_eq!(paces.len(), 9 * 20);
    paces.dedup();
    assert_eq!(paces, [600, 300, 150, 75, 37, 18, 9, 4, 2]);
}

#[test]
fn a_block_stops_its_lane_and_no_other() {
    let mut pacer = pacer(true, 4, vec![lane(5), lane(5)]);
    pacer.add(0, 5);
    pacer.add(1, 5);
    assert_eq!(pacer.take(start()), Some(0));
    pacer.done(0, start(), Verdict::Block { until: secs(3600) });
    assert_eq!(
        pacer.blocked(start()).collect::<Vec<_>>(),
        [(0, secs(3600))]
    );
    assert_eq!(pacer.take(start()), Some(1));
    pacer.done(1, start(), Verdict::Fine);
    assert_eq!(pacer.wake_at(), Some(secs(5)));
    assert_eq!(pacer.take(secs(100)), Some(1));
    assert_eq!(pacer.take(secs(100)), None);
    assert_eq!(pacer.take(secs(3600)), Some(0));
    assert_eq!(pacer.blocked(secs(3600)).count(), 0);
}

#[test]
fn caps_end_with_the_day_in_the_organisations_zone() {
    let mut first = lane(0);
    first.daily_cap = Some(3);
    first.sent_today = 1;
    let mut pacer = pacer(true, 9, vec![first]);
    pacer.add(0, 9);
    let midnight = "2026-12-04T05:00:00Z".parse().unwrap();
    for now in [start(), midnight, midnight + 24.hours()] {
        let mut taken = 0;
        while pacer.take(now).is_some() {
            taken += 1;
            pacer.done(0, now, Verdict::Fine);
        }
        assert_eq!(taken, if now == start() { 2 } else { 3 });
        if now == start() {
            assert_eq!(pacer.wake_at(), Some(midnight));
        }
    }
}

#[test]
fn a_warm_up_grows_by_sending_days_and_ends() {
    let mut pacer = pacer(true, 9, vec![lane(0)]);
    pacer.relays = vec![Relay::new(RelayLimits {
        connections: 9,
        daily_cap: Some(40),
        warm_up: vec![5, 10],
        sent_today: 1,
    })];
    pacer.add(0, 1000);
    let mut by_day = Vec::new();
    for day in [0, 1, 5, 6] {
        let now = start() + (24 * day).hours();
        let mut taken = 0;
        while pacer.take(now).is_some() {
            taken += 1;
            pacer.done(0, now, Verdict::Fine);
        }
        by_day.push(taken);
        assert_eq!(pacer.wake_at(), Some(pacer.calendar.next_day(now)));
    }
    assert_eq!(by_day, [4, 10, 40, 40]);
}

#[test]
fn deferred_and_returned_mails_come_back() {
    let mut pacer = pacer(true, 1, vec![lane(5)]);
    pacer.add_at(0, secs(900));
    assert_eq!((pacer.deferred(), pacer.ready()), (1, 0));
    assert_eq!(pacer.wake_at(), Some(secs(900)));
    assert_eq!(pacer.take(secs(899)), None);
    assert_eq!(pacer.take(secs(900)), Some(0));
    pacer.put_back(0);
    assert_eq!((pacer.ready(), pacer.in_flight()), (1, 0));
    assert_eq!(pacer.lane_report(0).unwrap().sent_today, 0);
    assert_eq!(pacer.take(secs(905)), Some(0));
    pacer.put_back(0);
    assert_eq!(pacer.remove(0, 9), 1);
    assert_eq!(pacer.wake_at(), None);
}

#[test]
fn a_held_relay_holds_its_own_lanes_only() {
    let mut other = lane(5);
    other.relay = 1;
    let mut pacer = pacer(true, 1, vec![lane(5), other]);
    pacer.relays.push(pacer.relays[0].clone());
    pacer.add(0, 1);
    pacer.add(1, 1);
    pacer.hold_relay(0, secs(60));
    assert_eq!(pacer.take(start()), Some(1));
    assert_eq!(pacer.take(start()), None);
    assert_eq!(pacer.wake_at(), Some(secs(60)));
    assert_eq!(pacer.take(secs(60)), Some(0));
}

#[test]
fn without_pace_nothing_waits_but_blocks() {
    let mut pacer = pacer(false, 1, vec![lane(600)]);
    pacer.add(0, 3);
    assert_eq!(pacer.take(start()), Some(0));
    pacer.done(0, start(), Verdict::Slow);
    assert_eq!(pacer.take(start()), Some(0));
    pacer.done(0, start(), Verdict::Block { until: secs(9) });
    assert_eq!(pacer.take(start()), None);
}

proptest! {
    #[test]
    fn invariants_hold_whatever_happens(
        pauses in proptest::collection::vec(0..30u64, 1..8),
        connections in 1..4u16,
        steps in proptest::collection::vec((0..7u8, 0..8usize, 1..20u64), 1..300),
    ) {
        let count = pauses.len();
        let mut pacer = pacer(true, connections, pauses.iter().map(|p| lane(*p)).collect());
        let mut now = start();
        let mut last: Vec<Option<Timestamp>> = vec![None; count];
        let mut under_way = vec![0u16; count];
        let mut owed = 0u64;
        for (what, at, number) in steps {
            let at = at % count;
            match what {
                0 => { pacer.add(at, number); owed += number; }
                1 => { pacer.add_at(at, now + SignedDuration::from_secs(number.cast_signed())); owed += 1; }
                2 => owed -= pacer.remove(at, number),
                3 | 4 if under_way[at] > 0 => {
                    under_way[at] -= 1;
                    owed -= 1;
                    pacer.done(at, now, if what == 3 { Verdict::Fine } else { Verdict::Slow });
                }
                5 => now += SignedDuration::from_secs(number.cast_signed()),
                _ => while let Some(lane) = pacer.take(now) {
                    under_way[lane] += 1;
                    if let Some(before) = last[lane] {
                        prop_assert!(now.duration_since(before).as_secs() >= pauses[lane].cast_signed());
                    }
                    last[lane] = Some(now);
                },
            }
            prop_assert!(under_way.iter().sum::<u16>() <= connections);
            prop_assert!(under_way.iter().all(|n| *n <= 4));
            prop_assert_eq!(owed, pacer.ready() + pacer.in_flight() + pacer.deferred() as u64);
        }
        // Whatever is left is sent in the end: nobody is forgotten in a queue.
        for _ in 0..10_000 {
            while let Some(lane) = pacer.take(now) {
                under_way[lane] += 1;
            }
            for (lane, mails) in under_way.iter_mut().enumerate() {
                for _ in 0..std::mem::take(mails) {
                    pacer.done(lane, now, Verdict::Fine);
                }
            }
            match pacer.wake_at() {
                Some(at) => now = now.max(at),
                None => break,
            }
        }
        prop_assert_eq!(pacer.ready() + pacer.in_flight() + pacer.deferred() as u64, 0);
    }
}
