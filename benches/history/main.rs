//! What asking costs: the index built over a ledger of so many events, once at a quarter of it and once at the whole; and
//! one person's history out of it.
//!
//! `cargo bench --bench history` (`-- --events N`; `-- --quick` for a smoke run). An event is an entry of an audience, an
//! outcome, or something that came back; everybody gets ten mails. Works in a new temporary folder with a local bare
//! remote; prints, asserts nothing about time.

#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::indexing_slicing)]
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
use postmerge::ledger::feedback::{Feedback, Heard, MessageKey};
use postmerge::ledger::index::Index;
use postmerge::ledger::person::person;
use postmerge::mail::digest::Digest;
use postmerge::mail::occurrence::OccurrenceId;
use postmerge::mail::recipient_id::RecipientId;

const RUN: RunId = RunId(0x1a2b_3c4d);
const START: i64 = 1_796_295_600_000;
/// Mails to everybody.
const OCCURRENCES: u32 = 10;
/// Recipients that are claimed together.
const CLAIM: u32 = 10_000;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let after = |name: &str| {
        let place = arguments.iter().position(|it| it == name)?;
        arguments.get(place + 1).cloned()
    };
    if let Some(folder) = after("--ask") {
        return ask(Path::new(&folder));
    }
    let events: u32 = match after("--events") {
        Some(number) => number.parse().unwrap(),
        None if arguments.iter().any(|it| it == "--quick") => 100_000,
        None => 10_000_000,
    };
    let folder = tempfile::tempdir().unwrap();
    for name in ["remote.git", "local.git"] {
        let done = Command::new("git")
            .args(["init", "-q", "--bare"])
            .arg(folder.path().join(name))
            .status();
        assert!(done.unwrap().success());
    }
    let recipients = events / (2 * OCCURRENCES);
    let mut ledger = open(folder.path());
    let mut written = 0;
    let start = Instant::now();
    for number in 0..OCCURRENCES {
        written += occurrence(&mut ledger, number, recipients);
        if number == OCCURRENCES / 4 {
            println!("a part of it: {written} events");
            asked_in_a_process(folder.path());
            let index = folder.path().join("local.git/postmerge/index");
            std::fs::remove_dir_all(index).unwrap();
        }
    }
    let took = start.elapsed().as_secs_f64();
    println!("the whole: {written} events, written and asked for in between in {took:.0} s");
    asked_in_a_process(folder.path());
    written = occurrence(&mut ledger, OCCURRENCES, 100);
    println!("{written} more");
    asked_in_a_process(folder.path());
}

/// In a process of its own, so that its memory is its own.
fn asked_in_a_process(folder: &Path) {
    let me = std::env::current_exe().unwrap();
    for _ in 0..2 {
        let status = Command::new(&me).arg("--ask").arg(folder).status();
        assert!(status.unwrap().success());
    }
}

fn ask(folder: &Path) {
    let start = Instant::now();
    let ledger = open(folder);
    let mut index = Index::open(&ledger).unwrap();
    let opened = start.elapsed().as_secs_f64();
    let start = Instant::now();
    let who = id(77);
    let mentions = index.find(&ledger, &who).unwrap();
    let found = person(&ledger, &who, &mentions).unwrap();
    let asked = start.elapsed().as_secs_f64();
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find(|line| line.starts_with("VmHWM"));
    let size: u64 = std::fs::read_dir(folder.join("local.git/postmerge/index/postmerge-ledger"))
        .unwrap()
        .map(|entry| entry.unwrap().metadata().unwrap().len())
        .sum();
    println!(
        "  index brought up in {opened:.3} s ({} MB); {} mails of a person told in {asked:.3} s; {}",
        size / 1_000_000,
        found.mails.len(),
        peak.unwrap_or("VmHWM: ?")
    );
}

fn time(millisecond: i64) -> Timestamp {
    Timestamp::from_millisecond(START + millisecond).unwrap()
}

fn id(index: u32) -> RecipientId {
    let digest = Digest::of(&index.to_be_bytes());
    RecipientId(digest.as_bytes()[..12].try_into().unwrap())
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

fn audience(recipients: u32) -> Event {
    let entry = |index| AudienceEntry {
        id: id(index),
        destination: 0,
        copy_of: None,
        own_document: None,
    };
    let header = AudienceHeader {
        content_commit: "0".repeat(40),
        lists_commit: "0".repeat(40),
        digest: Digest::of(b"campaign"),
        key: "01234567".to_owned(),
        sender: "eventos".to_owned(),
        at: time(0),
        destinations: vec!["uno.test".to_owned()],
        documents: Vec::new(),
        force: None,
        reconfirmation: false,
    };
    Event::AudienceFixed {
        header: Box::new(header),
        entries: (0..recipients).map(entry).collect(),
        excluded: Vec::new(),
    }
}

/// One sending, a hundredth of which comes back; says how many events it makes.
fn occurrence(ledger: &mut Ledger, number: u32, recipients: u32) -> u32 {
    let occurrence: OccurrenceId = format!("boletin@{number}").parse().unwrap();
    publish(ledger, &occurrence, vec![audience(recipients)], Vec::new());
    let mut events = recipients;
    for first in (0..recipients).step_by(CLAIM as usize) {
        let range = first..recipients.min(first + CLAIM);
        events += u32::try_from(range.len()).unwrap();
        let claim = ClaimId {
            run: RUN,
            sequence: number * 1_000 + first / CLAIM,
        };
        let claimed = Event::Claimed {
            claim,
            recipients: Ranges::from_indices(range.clone()),
            until: time(600_000),
        };
        let outcome = |index: u32| Event::Outcome {
            claim,
            recipient: RecipientIndex(index),
            at: time(i64::from(index)),
            outcome: Outcome::Accepted {
                reply: format!("2.0.0 Ok: queued as 4ZPtKz{index:05}"),
            },
        };
        let heard = |index: u32| Feedback {
            message: MessageKey::of(&index.to_be_bytes()),
            recipient: id(index),
            mail: Some((occurrence.clone(), RecipientIndex(index))),
            at: time(i64::from(index)),
            what: Heard::Replied,
        };
        let feedback: Vec<Feedback> = range.clone().step_by(100).map(heard).collect();
        events += u32::try_from(feedback.len()).unwrap();
        publish(ledger, &occurrence, vec![claimed], Vec::new());
        publish(ledger, &occurrence, range.map(outcome).collect(), feedback);
    }
    events
}

fn publish(
    ledger: &mut Ledger,
    occurrence: &OccurrenceId,
    events: Vec<Event>,
    feedback: Vec<Feedback>,
) {
    let batch = Batch {
        events: events
            .into_iter()
            .map(|event| (occurrence.clone(), event))
            .collect(),
        feedback,
        ..Batch::new(RUN, time(0), "batch".to_owned())
    };
    ledger.publish(&batch).unwrap();
}
