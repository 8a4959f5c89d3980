//! What the ledger costs: per batch as history grows, and a million recipients' whole lives.
//!
//! `cargo bench --bench ledger` (`-- --quick` for a smoke run with small counts). Works in new
//! temporary folders with a local bare remote; prints, asserts nothing about time.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing
)]
#![allow(clippy::disallowed_methods)] // measures, so it reads the machine's clock

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use postmerge::git::Remote;
use postmerge::ledger::branch::{Batch, Ledger, LedgerConfig};
use postmerge::ledger::event::{
    AudienceEntry, AudienceHeader, ClaimId, Event, Outcome, Ranges, RecipientIndex, RunId,
};
use postmerge::ledger::journal::Journal;
use postmerge::mail::digest::Digest;
use postmerge::mail::occurrence::OccurrenceId;
use postmerge::mail::recipient_id::RecipientId;

const RUN: RunId = RunId(0x1a2b_3c4d);
const START: i64 = 1_796_295_600_000;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let Some(place) = arguments.iter().position(|it| it == "--replay") {
        return replay(Path::new(&arguments[place + 1]));
    }
    let quick = arguments.iter().any(|it| it == "--quick");
    let (batches, lives, claim) = if quick {
        (60, 20_000, 2_000)
    } else {
        (2_000, 1_000_000, 10_000)
    };
    if arguments.iter().any(|it| it == "--batches") {
        return per_batch(batches);
    }
    journal(if quick { 10_000 } else { 200_000 });
    whole_lives(lives, claim);
    per_batch(batches);
}

fn time(millisecond: i64) -> Timestamp {
    Timestamp::from_millisecond(START + millisecond).unwrap()
}

fn id(index: u32) -> RecipientId {
    let digest = Digest::of(&index.to_be_bytes());
    RecipientId(digest.as_bytes()[..12].try_into().unwrap())
}

/// As Postfix makes them: 11 characters that share little.
fn queue_id(index: u32) -> String {
    const DIGITS: &[u8] = b"0123456789BCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz";
    let digest = Digest::of(&(u64::from(index) ^ 0x5eed).to_be_bytes());
    let bytes = digest.as_bytes();
    (0..11)
        .map(|i| char::from(DIGITS[usize::from(bytes[i]) % DIGITS.len()]))
        .collect()
}

fn header() -> AudienceHeader {
    AudienceHeader {
        content_commit: "0".repeat(40),
        lists_commit: "0".repeat(40),
        digest: Digest::of(b"campaign"),
        key: "01234567".to_owned(),
        sender: "eventos".to_owned(),
        at: time(0),
        destinations: (0..8).map(|n| format!("d{n}.test")).collect(),
        documents: Vec::new(),
        force: None,
        reconfirmation: false,
    }
}

fn audience(count: u32) -> Event {
    let entry = |index| AudienceEntry {
        id: id(index),
        destination: u16::try_from(u64::from(index) * 8 / u64::from(count)).unwrap(),
        copy_of: None,
        own_document: None,
    };
    Event::AudienceFixed {
        header: Box::new(header()),
        entries: (0..count).map(entry).collect(),
        excluded: Vec::new(),
    }
}

fn claim(sequence: u32, first: u32, end: u32) -> Event {
    Event::Claimed {
        claim: ClaimId { run: RUN, sequence },
        recipients: Ranges::from_indices(first..end),
        until: time(600_000 + i64::from(end)),
    }
}

fn accepted(sequence: u32, index: u32) -> Event {
    Event::Outcome {
        claim: ClaimId { run: RUN, sequence },
        recipient: RecipientIndex(index),
        at: time(i64::from(index) / 8 + i64::from(id(index).0[0]) / 16),
        outcome: Outcome::Accepted {
            reply: format!("2.0.0 Ok: queued as {}", queue_id(index)),
        },
    }
}

fn open(folder: &Path) -> Ledger {
    let config = LedgerConfig {
        remote: Remote {
            name: folder.join("remote.git").display().to_string(),
            limit: Duration::from_secs(120),
        },
        branch: "postmerge-ledger".to_owned(),
        identity: None,
    };
    Ledger::open(&folder.join("local.git"), config).unwrap()
}

/// Batches come a second apart: git's walks rest on commit times, and a sending's batches do not all
/// fall on one second either.
fn publish(ledger: &mut Ledger, number: u32, events: Vec<(OccurrenceId, Event)>) {
    let batch = Batch {
        events,
        ..Batch::new(RUN, time(i64::from(number) * 1_000), "batch".to_owned())
    };
    ledger.publish(&batch).unwrap();
}

fn git(folder: &Path, arguments: &[&str]) {
    let done = Command::new("git")
        .arg("-C")
        .arg(folder)
        .args(arguments)
        .output()
        .unwrap();
    assert!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
}

fn repositories() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    git(folder.path(), &["init", "-q", "--bare", "remote.git"]);
    git(folder.path(), &["init", "-q", "--bare", "local.git"]);
    folder
}

/// A ledger that grows by a batch each step.
struct Growing {
    ledger: Ledger,
    occurrence: OccurrenceId,
    next: u32,
    _folder: tempfile::TempDir,
}

/// Recipients in a batch.
const SIZE: u32 = 20;

impl Growing {
    fn new(batches: u32) -> Self {
        let folder = repositories();
        // Else the remote packs in the background at some batch, which is not the batch's cost.
        git(
            &folder.path().join("remote.git"),
            &["config", "receive.autogc", "false"],
        );
        let mut ledger = open(folder.path());
        let occurrence: OccurrenceId = "2026/rueda-agro".parse().unwrap();
        publish(
            &mut ledger,
            0,
            vec![(occurrence.clone(), audience(batches * SIZE))],
        );
        Self {
            ledger,
            occurrence,
            next: 0,
            _folder: folder,
        }
    }

    fn step(&mut self) -> Duration {
        let batch = self.next;
        self.next += 1;
        let mut events = vec![claim(batch, batch * SIZE, (batch + 1) * SIZE)];
        if let Some(before) = batch.checked_sub(1) {
            events.extend((before * SIZE..batch * SIZE).map(|index| accepted(before, index)));
        }
        let events = events
            .into_iter()
            .map(|event| (self.occurrence.clone(), event))
            .collect();
        let start = Instant::now();
        publish(&mut self.ledger, batch + 1, events);
        start.elapsed()
    }
}

/// A new ledger's first tenth is taken in turns with the old one's last tenth, so that whatever else
/// the machine does at that time falls on both.
fn per_batch(batches: u32) {
    let tenth = batches / 10;
    let mut old = Growing::new(batches);
    for _ in 0..batches - tenth {
        old.step();
    }
    let mut new = Growing::new(batches);
    let (mut first, mut last) = (Vec::new(), Vec::new());
    for _ in 0..tenth {
        first.push(new.step());
        last.push(old.step());
    }
    let mean = |times: &[Duration]| {
        times.iter().sum::<Duration>().as_secs_f64() * 1e3 / times.len() as f64
    };
    let (first, last) = (mean(&first), mean(&last));
    println!(
        "batches        {batches} of {SIZE}, each pushed: first tenth {first:.1} ms, last tenth {last:.1} ms, ratio {:.2}",
        last / first
    );
}

fn whole_lives(count: u32, size: u32) {
    let folder = repositories();
    let mut ledger = open(folder.path());
    let occurrence: OccurrenceId = "2026/rueda-agro".parse().unwrap();
    // Made beforehand: what is measured is the ledger, not the making of test data.
    let mut batches = vec![vec![
        (occurrence.clone(), audience(count)),
        (occurrence.clone(), claim(0, 0, size)),
    ]];
    for sequence in 0..count / size {
        let (first, end) = (sequence * size, (sequence + 1) * size);
        let mut events: Vec<_> = (first..end)
            .map(|index| (occurrence.clone(), accepted(sequence, index)))
            .collect();
        if end < count {
            events.insert(
                0,
                (occurrence.clone(), claim(sequence + 1, end, end + size)),
            );
        }
        batches.push(events);
    }
    let start = Instant::now();
    let pushes = batches.len();
    for (number, events) in (0..).zip(batches) {
        publish(&mut ledger, number, events);
    }
    let wrote = start.elapsed().as_secs_f64();
    println!(
        "whole lives    {count} written, committed and pushed in {wrote:.1} s ({pushes} pushes)"
    );
    git(
        &folder.path().join("remote.git"),
        &["gc", "-q", "--prune=now"],
    );
    let packed: u64 = std::fs::read_dir(folder.path().join("remote.git/objects/pack"))
        .unwrap()
        .map(|entry| entry.unwrap().metadata().unwrap().len())
        .sum();
    println!(
        "size           {:.1} bytes each after git gc",
        packed as f64 / f64::from(count)
    );
    git(
        &folder.path().join("local.git"),
        &["gc", "-q", "--prune=now"],
    );
    // In a process of its own, so that its memory is its own.
    let me = std::env::current_exe().unwrap();
    let status = Command::new(me)
        .arg("--replay")
        .arg(folder.path())
        .status()
        .unwrap();
    assert!(status.success());
}

fn replay(folder: &Path) {
    let ledger = open(folder);
    let occurrence: OccurrenceId = "2026/rueda-agro".parse().unwrap();
    let start = Instant::now();
    let state = ledger.replay(&occurrence).unwrap();
    let took = start.elapsed().as_secs_f64();
    let counts = state.counts(time(0));
    counts.check().unwrap();
    assert_eq!(counts.accepted, counts.audience);
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status
        .lines()
        .find(|line| line.starts_with("VmHWM"))
        .unwrap_or("VmHWM: ?");
    println!(
        "replay         {} recipients in {took:.2} s: {:.0} each second; {peak}",
        counts.audience,
        counts.audience as f64 / took
    );
}

fn journal(count: u32) {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::create(folder.path(), RUN, Some("boot"), time(0)).unwrap();
    let claim = ClaimId {
        run: RUN,
        sequence: 0,
    };
    let occurrence: OccurrenceId = "2026/rueda-agro".parse().unwrap();
    journal
        .claimed(&occurrence, claim, &Ranges::from_indices(0..count))
        .unwrap();
    let outcome = Outcome::Accepted {
        reply: "2.0.0 Ok: queued as 4ZPtKz1x2yz3".to_owned(),
    };
    let start = Instant::now();
    for index in 0..count {
        journal.started(claim, RecipientIndex(index)).unwrap();
        journal
            .finished(claim, RecipientIndex(index), time(0), &outcome)
            .unwrap();
    }
    println!(
        "journal        started + finished: {:.2} µs",
        start.elapsed().as_secs_f64() * 1e6 / f64::from(count)
    );
}
