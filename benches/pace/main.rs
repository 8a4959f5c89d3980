//! What the pacer costs per mail, and how near mixed campaigns come to their lower bound.
//!
//! `cargo bench --bench pace`; fails where a promise is broken.

// A benchmark reads the machine's clock and prints; nothing else does.
#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::expect_used,
    clippy::panic
)]

use std::time::{Duration, Instant};

use jiff::Timestamp;
use postmerge::schedule::calendar::Calendar;
use postmerge::schedule::claim_ahead::claim_ahead;
use postmerge::schedule::pacer::{LaneConfig, Pacer, PacerConfig, RelayLimits, Verdict};
use postmerge::schedule::simulate::{Simulation, simulate};
use postmerge::schedule::window::Opening;

fn config(enabled: bool, pauses: &[u64], connections: u16) -> PacerConfig {
    PacerConfig {
        enabled,
        calendar: Calendar::new("America/Bogota", []).expect("the zone is bundled"),
        relays: vec![RelayLimits {
            connections,
            ..RelayLimits::default()
        }],
        lanes: pauses
            .iter()
            .map(|pause| LaneConfig {
                relay: 0,
                pause: Duration::from_secs(*pause),
                at_once: 2,
                daily_cap: None,
                sent_today: 0,
                large: *pause >= 10,
            })
            .collect(),
    }
}

fn start() -> Timestamp {
    "2026-12-03T17:00:00Z".parse().expect("a timestamp")
}

/// Nanoseconds for each mail taken and done, the pace off.
fn unpaced(lanes: usize, mails: u64) -> f64 {
    let now = start();
    let mut pacer = Pacer::new(config(false, &vec![5; lanes], 8), now);
    let share = mails / lanes as u64;
    (0..lanes).for_each(|lane| pacer.add(lane, share));
    let began = Instant::now();
    let mut sent = 0_u64;
    while let Some(lane) = pacer.take(now) {
        pacer.done(lane, now, Verdict::Fine);
        sent += 1;
    }
    assert_eq!(sent, share * lanes as u64);
    began.elapsed().as_nanos() as f64 / sent as f64
}

/// Nanoseconds for each mail of a whole paced sending in virtual time.
fn paced(lanes: usize, each: u64) -> f64 {
    let simulation = Simulation {
        pacer: config(true, &vec![5; lanes], 64),
        mails: vec![each; lanes],
        mail_takes: Duration::from_millis(1),
        from: start(),
    };
    let began = Instant::now();
    let done = simulate(simulation, always);
    assert_eq!(done.unsent, 0);
    began.elapsed().as_nanos() as f64 / (lanes as u64 * each) as f64
}

fn always(_: Timestamp) -> Option<Opening> {
    Some(Opening {
        from: Timestamp::MIN,
        until: Timestamp::MAX,
    })
}

/// Finish time over the lower bound.
fn ratio(lanes: &[(u64, u64)], connections: u16, takes: u64) -> f64 {
    let pauses: Vec<_> = lanes.iter().map(|(pause, _)| *pause).collect();
    let simulation = Simulation {
        pacer: config(true, &pauses, connections),
        mails: lanes.iter().map(|(_, mails)| *mails).collect(),
        mail_takes: Duration::from_millis(takes),
        from: start(),
    };
    let bound = simulation.lower_bound().as_secs_f64();
    let last = simulate(simulation, always).last.expect("mails");
    last.duration_since(start()).as_secs_f64() / bound
}

fn main() {
    let newsletter: Vec<_> = [(10, 900), (10, 600), (10, 150)]
        .into_iter()
        .chain((1..=300).map(|n| (5, 1 + n % 7)))
        .collect();
    let mut crowded = vec![(5, 1000)];
    crowded.extend((0..4000).map(|_| (5, 1)));
    for (name, found) in [
        (
            "newsletter, 4 connections, 300 ms a mail",
            ratio(&newsletter, 4, 300),
        ),
        (
            "one long lane among 4,000, 1 connection, 1 s a mail",
            ratio(&crowded, 1, 1000),
        ),
    ] {
        println!("finish / lower bound: {found:.4}  {name}");
        assert!(found <= 1.02, "{name}");
    }
    for lanes in [1, 20, 100_000] {
        let nanos = unpaced(lanes, 1_000_000);
        println!("take + done, pace off, {lanes} lanes: {nanos:.0} ns a mail");
        assert!(nanos < 1_000.0, "{lanes} lanes");
    }
    println!(
        "paced sending, 100,000 lanes: {:.0} ns a mail",
        paced(100_000, 10)
    );
    let pacer = Pacer::new(config(true, &vec![5; 100_000], 8), start());
    let unclaimed: Vec<_> = (0..100_000).map(|lane| (lane, 10)).collect();
    let began = Instant::now();
    let claim = claim_ahead(&pacer, &unclaimed, Duration::from_secs(60), 2_000, start());
    println!(
        "a claim over 100,000 lanes: {:.1} ms, {} mails",
        began.elapsed().as_secs_f64() * 1e3,
        claim.lanes.len()
    );
}
