//! Dead runs are recovered; live ones are left alone.

use super::*;
use crate::ledger::event::{AudienceEntry, AudienceHeader, Event};
use crate::ledger::state::OccurrenceState;
use crate::mail::digest::Digest;
use crate::mail::recipient_id::RecipientId;

const CLAIM: ClaimId = ClaimId {
    run: RunId(7),
    sequence: 0,
};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_796_295_600 + second).unwrap()
}

fn occurrence() -> OccurrenceId {
    "2026/rueda-agro".parse().unwrap()
}

fn accepted() -> Outcome {
    Outcome::Accepted {
        reply: "2.0.0 Ok: queued as X".to_owned(),
    }
}

/// Recipient 0 accepted, 1 started, 2 not started.
fn written(folder: &Path) -> Journal {
    let journal = Journal::create(folder, RunId(7), Some("boot"), at(0)).unwrap();
    journal
        .claimed(&occurrence(), CLAIM, &Ranges::from_indices(0..3))
        .unwrap();
    journal.started(CLAIM, RecipientIndex(0)).unwrap();
    journal
        .finished(CLAIM, RecipientIndex(0), at(5), &accepted())
        .unwrap();
    journal.started(CLAIM, RecipientIndex(1)).unwrap();
    journal
}

fn state() -> OccurrenceState {
    let entry = |n| AudienceEntry {
        id: RecipientId([n; 12]),
        destination: 0,
        copy_of: None,
        own_document: None,
    };
    let mut state = OccurrenceState::new();
    let header = AudienceHeader {
        content_commit: String::new(),
        lists_commit: String::new(),
        digest: Digest::of(b""),
        key: String::new(),
        sender: String::new(),
        at: at(0),
        destinations: vec![String::new()],
        documents: Vec::new(),
        force: None,
        reconfirmation: false,
    };
    let entries = (0..4).map(entry).collect();
    let events = [
        Event::AudienceFixed {
            header: Box::new(header),
            entries,
            excluded: Vec::new(),
        },
        Event::Claimed {
            claim: CLAIM,
            recipients: Ranges::from_indices(0..3),
            until: at(600),
        },
    ];
    events.iter().for_each(|event| state.apply(event).unwrap());
    state
}

fn settled(folder: &Path, boot: Option<&str>) -> Vec<String> {
    let mut state = state();
    let dead = Journal::recover(folder, boot).unwrap();
    let events: Vec<_> = dead
        .iter()
        .flat_map(|run| run.events(|_| Some(&state)))
        .collect();
    for (_, event) in events {
        state.apply(&event).unwrap();
    }
    state
        .statuses()
        .take(3)
        .map(|(_, status)| format!("{status:?}"))
        .collect()
}

#[test]
fn a_live_run_is_left_alone_and_a_dead_one_is_settled_exactly() {
    let _quiet = crate::git::FORKS.read();
    let folder = tempfile::tempdir().unwrap();
    let journal = written(folder.path());
    assert!(
        Journal::recover(folder.path(), Some("boot"))
            .unwrap()
            .is_empty()
    );
    drop(journal); // as the system does with a killed process's files
    assert_eq!(
        settled(folder.path(), Some("boot")),
        ["Accepted", "Unknown", "Pending"]
    );
}

#[test]
fn after_a_reboot_what_has_no_outcome_is_unknown() {
    let _quiet = crate::git::FORKS.read();
    for boot in [Some("another"), None] {
        let folder = tempfile::tempdir().unwrap();
        drop(written(folder.path()));
        assert_eq!(
            settled(folder.path(), boot),
            ["Accepted", "Unknown", "Unknown"]
        );
    }
}

#[test]
fn a_copy_says_nothing_while_its_run_holds_the_claim_and_proves_nothing_after() {
    let _quiet = crate::git::FORKS.read();
    let (original, copy) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let journal = written(original.path());
    let name = "00000007.log";
    std::fs::copy(original.path().join(name), copy.path().join(name)).unwrap();
    journal.started(CLAIM, RecipientIndex(2)).unwrap();
    for boot in ["boot", "another"] {
        let dead = Journal::recover(copy.path(), Some(boot)).unwrap();
        assert_eq!(dead[0].trace, Trace::Copied);
        assert!(dead[0].may_live([&state()], at(599)));
        assert!(!dead[0].may_live([&state()], at(600)));
        drop(dead);
        assert_eq!(
            settled(copy.path(), Some(boot)),
            ["Accepted", "Unknown", "Unknown"]
        );
    }
    drop(journal);
    let dead = Journal::recover(original.path(), Some("boot")).unwrap();
    assert!(!dead[0].may_live([&state()], at(1)));
}

#[test]
fn a_torn_end_is_ignored_at_every_byte() {
    let _quiet = crate::git::FORKS.read();
    let folder = tempfile::tempdir().unwrap();
    drop(written(folder.path()));
    let path = folder.path().join("00000007.log");
    let whole = std::fs::read(&path).unwrap();
    for end in 0..whole.len() {
        std::fs::write(&path, &whole[..end]).unwrap();
        let dead = Journal::recover(folder.path(), Some("boot")).unwrap();
        assert!(dead.len() <= 1, "{end}");
    }
    std::fs::write(&path, [&whole[..], &[0; 100]].concat()).unwrap();
    assert_eq!(
        settled(folder.path(), Some("boot")),
        ["Accepted", "Unknown", "Pending"]
    );
}

#[test]
fn damage_in_the_middle_is_an_error() {
    let _quiet = crate::git::FORKS.read();
    let folder = tempfile::tempdir().unwrap();
    drop(written(folder.path()));
    let path = folder.path().join("00000007.log");
    let whole = std::fs::read(&path).unwrap();
    let start = 8 + u32::from_le_bytes(whole[..4].try_into().unwrap()) as usize;
    let last = whole.len() - 17; // kind and two numbers behind length and checksum
    for byte in start..last {
        let mut damaged = whole.clone();
        damaged[byte] ^= 0x55;
        std::fs::write(&path, damaged).unwrap();
        let found = Journal::recover(folder.path(), Some("boot"));
        assert!(matches!(found, Err(JournalError::Damaged { .. })), "{byte}");
    }
}

#[test]
fn what_is_published_needs_no_recovery() {
    let _quiet = crate::git::FORKS.read();
    let folder = tempfile::tempdir().unwrap();
    let journal = written(folder.path());
    journal.published(CLAIM).unwrap();
    drop(journal);
    let dead = Journal::recover(folder.path(), Some("boot"))
        .unwrap()
        .remove(0);
    assert!(dead.events(|_| None).is_empty() && dead.occurrences().is_empty());
    dead.remove().unwrap();
    assert!(
        Journal::recover(folder.path(), Some("boot"))
            .unwrap()
            .is_empty()
    );
}

#[test]
fn a_claim_that_the_ledger_does_not_show_yields_nothing() {
    let _quiet = crate::git::FORKS.read();
    let folder = tempfile::tempdir().unwrap();
    drop(written(folder.path()));
    let dead = Journal::recover(folder.path(), Some("boot")).unwrap();
    let empty = OccurrenceState::new();
    assert!(dead[0].events(|_| Some(&empty)).is_empty());
}

#[test]
fn a_full_disk_surfaces_and_nothing_more_is_written() {
    let _quiet = crate::git::FORKS.read();
    // The device that is always full.
    let file = OpenOptions::new().append(true).open("/dev/full").unwrap();
    let inner = Inner {
        file,
        length: 0,
        failed: false,
        reserve: None,
        buffer: Vec::new(),
    };
    let journal = Journal {
        run: RunId(7),
        path: "/dev/full".into(),
        inner: Mutex::new(inner),
    };
    let error = journal.published(CLAIM).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::StorageFull);
    let again = journal.published(CLAIM).unwrap_err();
    assert!(again.to_string().contains("earlier write"), "{again}");
}

#[test]
fn once_the_reserve_is_used_outcomes_are_noted_and_nothing_begins() {
    let _quiet = crate::git::FORKS.read();
    let folder = tempfile::tempdir().unwrap();
    let journal = written(folder.path());
    let reserve = folder.path().join("00000007.reserve");
    assert_eq!(reserve.metadata().unwrap().len(), RESERVE as u64);
    // As after a write that found no room: `tests/ci/full-disk` fills a real one.
    std::fs::remove_file(journal.lock().reserve.take().unwrap()).unwrap();
    let begun = journal.started(CLAIM, RecipientIndex(2)).unwrap_err();
    assert_eq!(begun.kind(), io::ErrorKind::StorageFull);
    let claim = journal.claimed(&occurrence(), CLAIM, &Ranges::from_indices(0..1));
    assert_eq!(claim.unwrap_err().kind(), io::ErrorKind::StorageFull);
    journal
        .finished(CLAIM, RecipientIndex(1), at(6), &accepted())
        .unwrap();
    journal.sync().unwrap();
    drop(journal);
    let dead = Journal::recover(folder.path(), Some("boot")).unwrap();
    let state = state();
    assert_eq!(dead[0].events(|_| Some(&state)).len(), 3);
}

#[test]
fn a_journal_leaves_nothing_behind_when_it_is_removed() {
    let _quiet = crate::git::FORKS.read();
    let folder = tempfile::tempdir().unwrap();
    written(folder.path()).remove().unwrap();
    drop(written(folder.path()));
    for dead in Journal::recover(folder.path(), Some("boot")).unwrap() {
        dead.remove().unwrap();
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}
