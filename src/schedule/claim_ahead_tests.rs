//! Claims never make a lane wait, and are fair where they are short.

use jiff::SignedDuration;
use proptest::prelude::*;

use super::*;
use crate::schedule::calendar::Calendar;
use crate::schedule::pacer::{LaneConfig, PacerConfig, RelayLimits, Verdict};

fn start() -> Timestamp {
    "2026-12-03T17:00:00Z".parse().unwrap()
}

fn pacer(enabled: bool, pauses: &[u64]) -> Pacer {
    let config = PacerConfig {
        enabled,
        calendar: Calendar::new("UTC", []).unwrap(),
        relays: vec![RelayLimits {
            connections: 1000,
            ..RelayLimits::default()
        }],
        lanes: pauses
            .iter()
            .map(|pause| LaneConfig {
                relay: 0,
                pause: Duration::from_secs(*pause),
                at_once: 1000,
                daily_cap: None,
                sent_today: 0,
                large: false,
            })
            .collect(),
    };
    Pacer::new(config, start())
}

const MINUTE: Duration = Duration::from_secs(60);

#[test]
fn each_lane_gets_a_minutes_worth() {
    let claim = claim_ahead(
        &pacer(true, &[10, 5, 90]),
        &[(0, 50), (1, 3), (2, 9)],
        MINUTE,
        2000,
        start(),
    );
    assert_eq!(claim.lanes, [(0, 6), (1, 3), (2, 1)]);
    assert_eq!(
        claim.again_at,
        Some(start() + SignedDuration::from_secs(30))
    );
    assert_eq!(claim.again_below, 0);
}

#[test]
fn a_small_limit_serves_every_lane_before_a_fast_one_twice() {
    let lanes = [(0, 500), (1, 500), (2, 500)];
    let claim = |most| claim_ahead(&pacer(true, &[10, 1, 60]), &lanes, MINUTE, most, start()).lanes;
    assert_eq!(claim(0), []);
    assert_eq!(claim(1), [(2, 1)]);
    assert_eq!(claim(2), [(0, 1), (2, 1)]);
    assert_eq!(claim(3), [(0, 1), (1, 1), (2, 1)]);
    let sum: u32 = claim(24).iter().map(|(_, share)| share).sum();
    assert_eq!(sum, 24);
    assert!(claim(24).contains(&(2, 1)));
}

#[test]
fn without_pace_lanes_share_alike() {
    let mut off = pacer(false, &[10, 10, 10]);
    let lanes = [(0, 500), (1, 3), (2, 500)];
    let claim = claim_ahead(&off, &lanes, MINUTE, 100, start());
    assert_eq!(claim.lanes, [(0, 49), (1, 3), (2, 48)]);
    assert_eq!((claim.again_at, claim.again_below), (None, 50));
    off.add(0, 49);
    let claim = claim_ahead(&off, &[(0, 451), (2, 500)], MINUTE, 100, start());
    assert_eq!(claim.lanes, [(0, 1), (2, 50)]);
}

#[test]
fn nothing_left_asks_for_nothing() {
    let claim = claim_ahead(&pacer(true, &[5]), &[(0, 0), (9, 3)], MINUTE, 100, start());
    assert_eq!(claim, ClaimShares::default());
    let claim = claim_ahead(&pacer(false, &[5]), &[(0, 7)], MINUTE, 100, start());
    assert_eq!(
        (claim.lanes.as_slice(), claim.again_below),
        ([(0, 7)].as_slice(), 0)
    );
}

/// Sends all of it, each push taking `push`; says whether a lane had to wait for a claim.
fn waits(pauses: &[u64], mails: &[u64], push: SignedDuration, at_most: u32) -> bool {
    let mut pacer = pacer(true, pauses);
    let mut unclaimed = mails.to_vec();
    let mut left = mails.to_vec();
    let list = |left: &[u64]| -> Vec<(usize, u64)> { left.iter().copied().enumerate().collect() };
    let mut now = start();
    let mut claim = claim_ahead(&pacer, &list(&unclaimed), MINUTE, at_most, now);
    // The first claim is published before anything can go.
    let mut arrives = Some(now);
    let mut next_start: Vec<Timestamp> = vec![now; pauses.len()];
    loop {
        if arrives.is_some_and(|at| at <= now) {
            arrives = None;
            for (lane, share) in &claim.lanes {
                unclaimed[*lane] -= u64::from(*share);
                pacer.add(*lane, u64::from(*share));
            }
        }
        while let Some(lane) = pacer.take(now) {
            if now > next_start[lane] {
                return true;
            }
            next_start[lane] = now + SignedDuration::from_secs(pauses[lane].cast_signed());
            left[lane] -= 1;
            pacer.done(lane, now, Verdict::Fine);
        }
        if left.iter().all(|mails| *mails == 0) {
            return false;
        }
        let again = claim.again_at.filter(|_| arrives.is_none());
        if again.is_some_and(|at| at <= now) {
            claim = claim_ahead(&pacer, &list(&unclaimed), MINUTE, at_most, now);
            arrives = Some(now + push);
            continue;
        }
        match [pacer.wake_at(), arrives, again]
            .into_iter()
            .flatten()
            .min()
        {
            Some(at) => now = now.max(at),
            None => return true,
        }
    }
}

proptest! {
    #[test]
    fn no_lane_waits_for_a_claim(
        lanes in proptest::collection::vec((1..120u64, 1..200u64), 1..12),
        push in 0..29_999i64,
    ) {
        let (pauses, mails): (Vec<_>, Vec<_>) = lanes.into_iter().unzip();
        prop_assert!(!waits(&pauses, &mails, SignedDuration::from_millis(push), 5_000));
    }

    #[test]
    fn claims_stay_within_limit_and_backlog(
        lanes in proptest::collection::vec((0..120u64, 0..200u64, 0..5u64), 1..40),
        enabled: bool,
        at_most in 0..500u32,
    ) {
        let pauses: Vec<_> = lanes.iter().map(|(pause, _, _)| *pause).collect();
        let mut pacer = pacer(enabled, &pauses);
        for (lane, (_, _, ready)) in lanes.iter().enumerate() {
            pacer.add(lane, *ready);
        }
        let unclaimed: Vec<_> = lanes.iter().enumerate().map(|(lane, (_, n, _))| (lane, *n)).collect();
        let claim = claim_ahead(&pacer, &unclaimed, MINUTE, at_most, start());
        let sum: u64 = claim.lanes.iter().map(|(_, share)| u64::from(*share)).sum();
        prop_assert!(sum == 0 || sum + pacer.ready() <= u64::from(at_most));
        prop_assert!(claim.lanes.iter().all(|(lane, share)| u64::from(*share) <= unclaimed[*lane].1));
        // Every lane that is dry gets one, if there is one for each.
        let dry = |lane: usize| lanes[lane].1 > 0 && lanes[lane].2 == 0;
        let dries = (0..lanes.len()).filter(|lane| dry(*lane)).count() as u64;
        if u64::from(at_most).saturating_sub(pacer.ready()) >= dries {
            for lane in (0..lanes.len()).filter(|lane| dry(*lane)) {
                prop_assert!(claim.lanes.iter().any(|(found, _)| *found == lane), "lane {}", lane);
            }
        }
    }
}
