//! What a run that was killed, or a machine that went down, leaves in a checkout's `.git`: the next run
//! goes on, or says what to do.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support {
    pub(crate) mod git;
    pub(crate) mod ledger;
}

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use postmerge::git::{GitError, RemoteError, Repository};
use postmerge::ledger::branch::{Ledger, LedgerError, PublishError};
use postmerge::ledger::event::RecipientIndex;
use postmerge::ledger::state::Status;
use support::git::git;
use support::ledger::{BRANCH, House, accepted, claimed, fixed, occurrence, publish};

const TRACKING: &str = "refs/postmerge/ledger/postmerge-ledger";
const INCOMING: &str = "refs/postmerge/incoming/postmerge-ledger";

/// A ledger with an audience, and its checkout's `.git`.
fn begun(house: &House) -> (Ledger, PathBuf) {
    let mut ledger = house.ledger("one");
    ledger.fetch().unwrap();
    publish(&mut ledger, 1, vec![fixed()]).unwrap();
    ledger.fetch().unwrap();
    (ledger, house.folder.path().join("one/.git"))
}

fn write(path: &Path, text: &str) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

/// Somebody else publishes: there is something to fetch.
fn elsewhere(house: &House, sequence: u32, index: u32) {
    let mut two = house.ledger("two");
    two.fetch().unwrap();
    two.replay(&occurrence()).unwrap();
    publish(&mut two, 2, vec![claimed(2, sequence, index..index + 1)]).unwrap();
}

#[test]
fn locks_of_a_dead_process_are_removed_and_the_work_goes_on() {
    let house = House::new();
    let (mut ledger, git_dir) = begun(&house);
    for name in [TRACKING, INCOMING] {
        let lock = git_dir.join(format!("{name}.lock"));
        write(&lock, "");
        elsewhere(
            &house,
            u32::from(name == INCOMING),
            u32::from(name == INCOMING),
        );
        ledger.fetch().unwrap();
        assert!(!lock.exists(), "{name}");
    }
    let state = ledger.replay(&occurrence()).unwrap();
    assert!(matches!(
        state.status(RecipientIndex(1)),
        Some(Status::Claimed { .. })
    ));
    let head = ledger.head().unwrap().to_string();
    let lock = git_dir.join(format!("{TRACKING}.lock"));
    write(&lock, "half a comm");
    publish(&mut ledger, 1, vec![claimed(1, 0, 2..3)]).unwrap();
    assert!(!lock.exists());
    let stands = git(&git_dir, &["rev-parse", TRACKING]);
    assert_eq!(stands.trim(), ledger.head().unwrap().to_string());
    assert_ne!(stands.trim(), head);
}

#[test]
fn while_another_process_has_its_turn_no_lock_is_touched_and_nothing_is_lost() {
    let house = House::new();
    let (_, git_dir) = begun(&house);
    let lock = git_dir.join(format!("{TRACKING}.lock"));
    write(&lock, "");
    let turn = File::options()
        .write(true)
        .open(git_dir.join("postmerge/turn"))
        .unwrap();
    turn.lock().unwrap();

    let mut waits = house.ledger_with("one", Duration::from_millis(100));
    let fetched = waits.fetch();
    assert!(
        matches!(
            fetched,
            Err(LedgerError::Remote(RemoteError::Git(
                GitError::Occupied { .. }
            )))
        ),
        "{fetched:?}"
    );
    waits.replay(&occurrence()).unwrap();
    // Nothing is known to be wrong with it: it is to be tried again.
    let published = publish(&mut waits, 1, vec![claimed(1, 0, 0..1)]);
    assert!(
        matches!(published, Err(PublishError::Unreachable(_))),
        "{published:?}"
    );
    assert!(lock.exists());

    // It ends, however it ends: the kernel gives the turn to who waits for it.
    let mut patient = house.ledger("one");
    let waiting = std::thread::spawn(move || patient.fetch().map(|()| patient));
    drop(turn);
    let mut patient = waiting.join().unwrap().unwrap();
    // Not `waits`: a tenth of a second is also the limit of its push.
    let mut again = house.ledger("one");
    again.replay(&occurrence()).unwrap();
    publish(&mut again, 1, vec![claimed(1, 0, 0..1)]).unwrap();
    patient.fetch().unwrap();
    assert_eq!(patient.head(), again.head());
}

#[test]
fn two_runs_in_one_checkout_do_not_stumble_over_each_others_reading() {
    let house = House::new();
    let (mut one, git_dir) = begun(&house);
    let mut other = house.ledger("one");
    other.replay(&occurrence()).unwrap();
    publish(&mut other, 2, vec![claimed(2, 0, 0..1)]).unwrap();
    // The shared reference is ahead of what `one` has read; then what `one` reads is ahead of it.
    elsewhere(&house, 1, 1);
    one.fetch().unwrap();
    one.replay(&occurrence()).unwrap();
    publish(&mut one, 1, vec![claimed(1, 0, 2..3)]).unwrap();
    publish(&mut other, 2, vec![accepted(2, 0, 0)]).unwrap();
    one.fetch().unwrap();
    assert_eq!(one.head(), other.head());
    let stands = git(&git_dir, &["rev-parse", TRACKING]);
    assert_eq!(stands.trim(), one.head().unwrap().to_string());

    // What reads less than another has read leaves the reference where it is.
    let mut late = house.ledger("one");
    late.fetch().unwrap();
    publish(&mut one, 1, vec![accepted(1, 0, 2)]).unwrap();
    let ahead = one.head();
    git(
        &house.remote(),
        &[
            "update-ref",
            &format!("refs/heads/{BRANCH}"),
            &late.head().unwrap().to_string(),
        ],
    );
    // (Only a rewriting brings that about: a fresh look notices it.)
    late.fetch().unwrap();
    assert_eq!(house.ledger("one").head(), ahead);
    assert!(matches!(
        house.ledger("one").fetch(),
        Err(LedgerError::Rewritten { .. })
    ));
}

#[test]
fn references_that_lost_their_content_with_the_power_are_fetched_again() {
    let house = House::new();
    let (ledger, git_dir) = begun(&house);
    let head = ledger.head();
    drop(ledger);
    for hollow in ["", "\0\0\0\0\0\0\0\0\0\0\0\0", "\n"] {
        write(&git_dir.join(TRACKING), hollow);
        write(&git_dir.join(INCOMING), hollow);
        let mut again = house.ledger("one");
        assert_eq!(again.head(), None);
        again.fetch().unwrap();
        assert_eq!(again.head(), head);
        assert_eq!(house.ledger("one").head(), head);
    }
    // Content that is there and wrong is nobody's power failure.
    write(&git_dir.join(INCOMING), "nonsense");
    let error = house.ledger("one").fetch().unwrap_err();
    assert!(error.to_string().contains("damaged"), "{error}");
}

#[test]
fn locks_of_the_persons_own_references_are_not_in_the_way() {
    let house = House::new();
    let (_, git_dir) = begun(&house);
    git(
        &git_dir,
        &["remote", "add", "origin", house.remote().to_str().unwrap()],
    );
    git(&git_dir, &["fetch", "-q", "origin"]);
    for name in ["refs/remotes/origin/postmerge-ledger", "packed-refs"] {
        write(&git_dir.join(format!("{name}.lock")), "");
    }
    elsewhere(&house, 0, 0);
    let mut ledger = house.ledger_of("one", "origin");
    ledger.fetch().unwrap();
    ledger.replay(&occurrence()).unwrap();
    publish(&mut ledger, 1, vec![claimed(1, 0, 2..3)]).unwrap();
    assert!(git_dir.join("packed-refs.lock").exists());
}

#[test]
fn half_written_objects_are_no_trouble_and_damaged_ones_are_told_apart() {
    let house = House::new();
    let (mut ledger, git_dir) = begun(&house);
    write(&git_dir.join("objects/ab/tmp_obj_XXq1"), "half");
    write(&git_dir.join("objects/pack/tmp_pack_XXq1"), "half");
    write(&git_dir.join("objects/pack/.tmp-1-pack-aa.pack"), "half");
    publish(&mut ledger, 1, vec![claimed(1, 0, 0..1)]).unwrap();
    ledger.fetch().unwrap();

    let head = ledger.head().unwrap();
    let repository = Repository::open(&git_dir).unwrap();
    let segment = "campaigns/2026/rueda-agro/.events/00/00/000001-00000001.seg";
    let blob = repository.entry(head, segment).unwrap().unwrap().id;
    for (object, what) in [(blob.to_string(), "file"), (head.to_string(), "commit")] {
        let (folder, name) = object.split_at(2);
        let file = git_dir.join("objects").join(folder).join(name);
        std::fs::remove_file(&file).unwrap();
        write(&file, "");
        let mut fresh = house.ledger("one");
        let error = fresh
            .fetch()
            .and_then(|()| fresh.replay(&occurrence()).map(drop))
            .unwrap_err();
        assert!(
            error.to_string().contains("the remote has it still"),
            "{what}: {error}"
        );
        assert!(
            matches!(
                error,
                LedgerError::Git(GitError::Damaged { .. })
                    | LedgerError::Remote(RemoteError::Git(GitError::Damaged { .. }))
            ),
            "{what}"
        );
    }
    // What the message tells people to do helps.
    for file in walkdir::WalkDir::new(git_dir.join("objects")) {
        let file = file.unwrap();
        if file.file_type().is_file() && file.metadata().unwrap().len() == 0 {
            std::fs::remove_file(file.path()).unwrap();
        }
    }
    let remote = house.remote();
    let refetch = ["fetch", "-q", "--refetch", remote.to_str().unwrap(), BRANCH];
    git(&git_dir, &refetch);
    let mut mended = house.ledger("one");
    mended.fetch().unwrap();
    assert_eq!(mended.replay(&occurrence()).unwrap().segments(), 2);
}
