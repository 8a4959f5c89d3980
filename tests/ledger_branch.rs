//! The ledger on real repositories: a bare remote, several clones, the `git` command.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs
)]

mod support {
    pub(crate) mod git;
    pub(crate) mod ledger;
}

use std::collections::BTreeMap;

use postmerge::git::Repository;
use postmerge::ledger::branch::{Batch, LedgerError, PublishError};
use postmerge::ledger::event::{Event, Exclusion, RecipientIndex, RunId, Scope, SuppressionEvent};
use postmerge::ledger::feedback::Returned;
use postmerge::ledger::reading::{Readers, Reading};
use postmerge::ledger::result_page::result_page;
use postmerge::ledger::state::Status;
use postmerge::mail::recipient_id::RecipientId;
use postmerge::workspace::source::{Source, SourceError, WorkspacePath};
use postmerge::workspace::tree::Tree;
use support::git::git;
use support::ledger::{BRANCH, House, accepted, at, claimed, fixed, occurrence, publish};

const FIRST: &str = "campaigns/2026/rueda-agro/.events/00/00/000000-00000001.seg";

fn returned() -> Returned {
    Returned {
        hard: 1,
        other: 2,
        complained: 0,
        left: 0,
        reading: Reading {
            opened: Readers {
                people: 1,
                machines: 0,
            },
            clicked: Readers::default(),
            links: BTreeMap::from([(
                "https://feria.example/|x".to_owned(),
                Readers {
                    people: 0,
                    machines: 3,
                },
            )]),
        },
        last: Some(at(4000)),
    }
}

#[test]
fn an_empty_remote_is_an_empty_ledger_and_what_is_published_is_read_elsewhere() {
    let house = House::new();
    let mut one = house.ledger("one");
    one.fetch().unwrap();
    assert!(one.occurrences().unwrap().is_empty());
    publish(&mut one, 1, vec![fixed(), claimed(1, 0, 0..3)]).unwrap();
    publish(&mut one, 1, vec![accepted(1, 0, 1), claimed(1, 1, 3..4)]).unwrap();
    let mut batch = Batch {
        suppressions: vec![SuppressionEvent::Suppressed {
            recipient: RecipientId([9; 12]),
            scope: Scope::All,
            reason: Exclusion::Unsubscribed,
            at: at(1),
            note: "wrote to ana@uno.test".to_owned(),
        }],
        ..Batch::new(RunId(1), at(11), "left".to_owned())
    };
    let state = one.replay(&occurrence()).unwrap();
    let page = result_page(&occurrence(), &state, Some(returned()), None, at(20));
    batch.pages.push((occurrence(), page));
    one.publish(&batch).unwrap();

    let mut two = house.ledger("two");
    two.fetch().unwrap();
    assert_eq!(
        two.occurrences().unwrap().into_iter().collect::<Vec<_>>(),
        [occurrence()]
    );
    let state = two.replay(&occurrence()).unwrap();
    assert_eq!(state.status(RecipientIndex(1)), Some(Status::Accepted));
    let counts = state.counts(at(20));
    counts.check().unwrap();
    assert_eq!(
        (
            counts.audience,
            counts.accepted,
            counts.claimed,
            counts.excluded
        ),
        (7, 1, 3, 1)
    );
    let left = two.suppressions().unwrap();
    assert_eq!(
        left.reason(&RecipientId([9; 12]), None),
        Some(Exclusion::Unsubscribed)
    );
    let all = git(&house.remote(), &["log", "-p", BRANCH]);
    assert!(
        all.contains("…@uno.test") && !all.contains("ana@uno.test>"),
        "{all}"
    );
    assert!(!all.contains("+suppress\tana"));
    assert!(all.contains("| **audience** | **7** |"), "{all}");
    // What came back later stands apart from the sum.
    assert!(
        all.contains("| of the 1 accepted, came back | mails |"),
        "{all}"
    );
    assert!(all.contains("| bounced otherwise | 2 |"), "{all}");
    assert!(all.contains("| opened | 1 | 0 |"), "{all}");
    // The last of anything, here an open long after the last mail.
    let last = at(4000).strftime("%Y-%m-%d %H:%M UTC");
    assert!(all.contains(&format!("Last recorded: {last}.")), "{all}");
    assert!(
        all.contains("feria.example") && all.contains("| 0 | 3 |"),
        "{all}"
    );
    let unread = result_page(&occurrence(), &state, None, None, at(20));
    assert!(!unread.contains("came back") && !unread.contains("## Read"));
    let unread = result_page(
        &occurrence(),
        &state,
        Some(Returned::default()),
        None,
        at(20),
    );
    assert!(!unread.contains("## Read"));
    assert!(all.contains("# The ledger"));
}

#[test]
fn of_two_runs_that_claim_one_conflicts_and_publishes_nothing() {
    let house = House::new();
    let (mut one, mut two) = (house.ledger("one"), house.ledger("two"));
    publish(&mut one, 1, vec![fixed()]).unwrap();
    let again = publish(&mut two, 2, vec![fixed()]);
    assert!(
        matches!(again, Err(PublishError::Conflict { .. })),
        "{again:?}"
    );
    two.replay(&occurrence()).unwrap();
    one.replay(&occurrence()).unwrap();
    publish(&mut one, 1, vec![claimed(1, 0, 0..3)]).unwrap();
    let before = git(&house.remote(), &["rev-parse", BRANCH]);
    let late = publish(&mut two, 2, vec![claimed(2, 0, 2..5)]);
    assert!(
        matches!(late, Err(PublishError::Conflict { .. })),
        "{late:?}"
    );
    assert_eq!(git(&house.remote(), &["rev-parse", BRANCH]), before);
    // A fetch alone is not enough: the state that the claim is made on must be new.
    two.fetch().unwrap();
    assert!(publish(&mut two, 2, vec![claimed(2, 0, 2..5)]).is_err());
    let state = two.replay(&occurrence()).unwrap();
    assert!(matches!(
        state.status(RecipientIndex(2)),
        Some(Status::Claimed { .. })
    ));
    publish(&mut two, 2, vec![claimed(2, 0, 3..5)]).unwrap();
}

#[test]
fn outcomes_go_on_top_of_what_came_between_unless_they_make_no_sense_there() {
    let house = House::new();
    let (mut one, mut two) = (house.ledger("one"), house.ledger("two"));
    publish(&mut one, 1, vec![fixed(), claimed(1, 0, 0..3)]).unwrap();
    two.fetch().unwrap();
    two.replay(&occurrence()).unwrap();
    publish(&mut two, 2, vec![claimed(2, 0, 3..6)]).unwrap();
    let done = publish(&mut one, 1, vec![accepted(1, 0, 0)]).unwrap();
    assert_eq!(done.pushes, 2);
    // What two claimed was not seen by one, so one's next claim needs a replay.
    assert!(publish(&mut one, 1, vec![claimed(1, 1, 5..6)]).is_err());
    let senseless = publish(&mut one, 1, vec![accepted(1, 0, 4)]);
    assert!(
        matches!(senseless, Err(PublishError::Conflict { .. })),
        "{senseless:?}"
    );
    two.fetch().unwrap();
    let state = two.replay(&occurrence()).unwrap();
    assert_eq!(state.segments(), 3);
    state.counts(at(20)).check().unwrap();
}

#[test]
fn a_hooks_refusal_is_heard_and_final() {
    let house = House::new();
    let hook = house.remote().join("hooks/pre-receive");
    std::fs::create_dir_all(hook.parent().unwrap()).unwrap();
    std::fs::write(&hook, "#!/bin/sh\necho 'not on Fridays' >&2\nexit 1\n").unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&hook, mode).unwrap();
    let mut ledger = house.ledger("one");
    let error = publish(&mut ledger, 1, vec![fixed()]).unwrap_err();
    assert!(
        matches!(&error, PublishError::Denied(text) if text.contains("not on Fridays")),
        "{error}"
    );
    assert_eq!(ledger.head(), None);
    std::fs::remove_file(hook).unwrap();
    publish(&mut ledger, 1, vec![fixed()]).unwrap();
}

#[test]
fn a_remote_that_vanishes_is_unreachable_and_publishing_goes_on_when_it_is_back() {
    let house = House::new();
    let mut ledger = house.ledger("one");
    publish(&mut ledger, 1, vec![fixed()]).unwrap();
    let away = house.folder.path().join("away");
    std::fs::rename(house.remote(), &away).unwrap();
    let error = publish(&mut ledger, 1, vec![claimed(1, 0, 0..1)]).unwrap_err();
    assert!(matches!(error, PublishError::Unreachable(_)), "{error}");
    std::fs::rename(&away, house.remote()).unwrap();
    publish(&mut ledger, 1, vec![claimed(1, 0, 0..1)]).unwrap();
}

#[test]
fn a_rewritten_or_deleted_branch_is_refused() {
    let house = House::new();
    let mut ledger = house.ledger("one");
    publish(&mut ledger, 1, vec![fixed()]).unwrap();
    let first = git(&house.remote(), &["rev-parse", BRANCH]);
    publish(&mut ledger, 1, vec![claimed(1, 0, 0..1)]).unwrap();
    git(
        &house.remote(),
        &["update-ref", &format!("refs/heads/{BRANCH}"), first.trim()],
    );
    assert!(matches!(ledger.fetch(), Err(LedgerError::Rewritten { .. })));
    git(
        &house.remote(),
        &["update-ref", "-d", &format!("refs/heads/{BRANCH}")],
    );
    let error = ledger.fetch().unwrap_err();
    assert!(
        error
            .to_string()
            .contains("git update-ref -d refs/postmerge/ledger/"),
        "{error}"
    );
}

#[test]
fn a_damaged_segment_is_refused_with_file_and_offset() {
    let house = House::new();
    let mut ledger = house.ledger("one");
    publish(&mut ledger, 1, vec![fixed()]).unwrap();
    house.edit(FIRST, |text| text[..text.len() - 30].to_vec());
    ledger.fetch().unwrap();
    let error = ledger.replay(&occurrence()).err().unwrap().to_string();
    assert!(error.contains(FIRST) && error.contains("byte "), "{error}");
}

#[test]
fn a_newer_format_is_refused_and_says_what_is_needed() {
    let house = House::new();
    let mut ledger = house.ledger("one");
    publish(&mut ledger, 1, vec![fixed()]).unwrap();
    house.edit(FIRST, |text| {
        String::from_utf8_lossy(text)
            .replacen("ledger 1", "ledger 9", 1)
            .into()
    });
    ledger.fetch().unwrap();
    let error = ledger.replay(&occurrence()).err().unwrap().to_string();
    assert!(
        error.contains("format 9") && error.contains("newer postmerge"),
        "{error}"
    );
}

#[test]
fn a_shallow_clone_reads_the_ledger_and_says_what_history_it_lacks() {
    let house = House::new();
    let mut ledger = house.ledger("one");
    publish(&mut ledger, 1, vec![fixed(), claimed(1, 0, 0..2)]).unwrap();
    publish(&mut ledger, 1, vec![accepted(1, 0, 0)]).unwrap();
    let url = format!("file://{}", house.remote().display());
    git(
        house.folder.path(),
        &["clone", "-q", "--depth", "1", "-b", BRANCH, &url, "shallow"],
    );
    let mut shallow = house.ledger("shallow");
    shallow.fetch().unwrap();
    let state = shallow.replay(&occurrence()).unwrap();
    assert_eq!(state.status(RecipientIndex(0)), Some(Status::Accepted));
    publish(&mut shallow, 1, vec![claimed(1, 1, 3..4)]).unwrap();
    let repository = Repository::open(&house.folder.path().join("shallow")).unwrap();
    let rev = repository.resolve("HEAD").unwrap();
    let error = repository.last_changes(rev, &[FIRST]).unwrap_err();
    assert!(
        error.to_string().contains("git fetch --unshallow"),
        "{error}"
    );
}

#[test]
fn what_changes_in_a_campaign_below_another_one_is_no_change_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    git(folder, &["init", "-q"]);
    let put = |path: &str, text: Option<&str>| {
        let file = folder.join("campaigns/a").join(path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        match text {
            Some(text) => std::fs::write(file, text).unwrap(),
            None => std::fs::remove_file(file).unwrap(),
        }
        git(folder, &["add", "."]);
        git(folder, &["commit", "-qm", path]);
        git(folder, &["rev-parse", "HEAD"]).trim().to_owned()
    };
    let changed = || {
        let repository = Repository::open(folder).unwrap();
        let head = repository.resolve("HEAD").unwrap();
        let found = repository.last_own_changes(head, &["campaigns/a"], "campaign.yaml");
        found.unwrap()[0].unwrap().commit.to_string()
    };
    let first = put("campaign.yaml", Some("1"));
    put("2026/b/campaign.yaml", Some("1"));
    put("2026/b/body.md", Some("1"));
    assert_eq!(changed(), first);
    let own = put("2026/own.pdf", Some("1"));
    put("2026/b/body.md", Some("2"));
    assert_eq!(changed(), own);
    // What is left of a campaign is the outer one's.
    let left = put("2026/b/campaign.yaml", None);
    assert_eq!(changed(), left);
}

#[test]
fn the_approving_commit_is_the_merge_that_brought_the_change() {
    let house = House::new();
    let folder = house.folder.path().join("work");
    git(house.folder.path(), &["init", "-q", "work"]);
    std::fs::create_dir_all(folder.join("campaigns/a")).unwrap();
    std::fs::create_dir_all(folder.join("campaigns/b")).unwrap();
    let put = |path: &str, text: &str| std::fs::write(folder.join(path), text).unwrap();
    put("campaigns/a/body.md", "1");
    git(&folder, &["add", "."]);
    git(&folder, &["commit", "-qm", "a"]);
    git(&folder, &["checkout", "-qb", "proposal"]);
    put("campaigns/b/body.md", "1");
    std::os::unix::fs::symlink("../a", folder.join("campaigns/b/link")).unwrap();
    git(&folder, &["add", "."]);
    git(&folder, &["commit", "-qm", "b"]);
    git(&folder, &["checkout", "-q", "main"]);
    git(
        &folder,
        &["merge", "-q", "--no-ff", "--no-edit", "proposal"],
    );
    let repository = Repository::open(&folder).unwrap();
    let head = repository.resolve("main").unwrap();
    let found = repository
        .last_changes(
            head,
            &[
                "campaigns/a",
                "campaigns/b",
                "campaigns/b/body.md",
                "campaigns/c",
            ],
        )
        .unwrap();
    assert_eq!(
        found[0].unwrap().commit,
        repository.resolve("main^1").unwrap()
    );
    assert_eq!(found[0].unwrap().depth, 1);
    assert_eq!(found[1].unwrap().commit, head);
    assert_eq!(found[2].unwrap().commit, head);
    assert_eq!(found[3], None);

    // What lies in the folder does not matter; links are not followed.
    put("campaigns/a/body.md", "changed");
    let tree = Tree::at(&folder, head).unwrap();
    let path = |text: &str| WorkspacePath::parse(text).unwrap();
    assert_eq!(tree.read(&path("campaigns/a/body.md"), 10).unwrap(), b"1");
    assert!(matches!(
        tree.read(&path("campaigns/a/body.md"), 0),
        Err(SourceError::TooLarge { .. })
    ));
    assert!(matches!(
        tree.read(&path("campaigns/b/link"), 10),
        Err(SourceError::NotRegular(_))
    ));
    assert!(matches!(
        tree.read(&path("campaigns/b/link/body.md"), 10),
        Err(SourceError::NotRegular(_))
    ));
    assert!(matches!(
        tree.read(&path("campaigns/c"), 10),
        Err(SourceError::Missing(_))
    ));
    let files = tree.files(&path("campaigns")).unwrap();
    assert_eq!(files.len(), 3);
}

#[test]
fn a_big_file_is_streamed_out_of_the_tree() {
    let house = House::new();
    let folder = house.folder.path().join("work");
    git(house.folder.path(), &["init", "-q", "work"]);
    let big: Vec<u8> = (0..6_000_000_u32).map(|n| (n % 251) as u8).collect();
    std::fs::write(folder.join("big.csv"), &big).unwrap();
    git(&folder, &["add", "."]);
    git(&folder, &["commit", "-qm", "big"]);
    let repository = Repository::open(&folder).unwrap();
    let mut read = Vec::new();
    let head = repository.resolve("HEAD").unwrap();
    let entry = repository.entry(head, "big.csv").unwrap().unwrap();
    let mut blob = repository.open_blob(entry.id).unwrap();
    std::io::Read::read_to_end(&mut blob, &mut read).unwrap();
    assert!(read == big);
}

#[test]
fn commit_times_never_go_back() {
    let house = House::new();
    let mut ledger = house.ledger("one");
    let batch = |second, events: Vec<Event>| Batch {
        events: events
            .into_iter()
            .map(|event| (occurrence(), event))
            .collect(),
        ..Batch::new(RunId(1), at(second), "batch".to_owned())
    };
    ledger.publish(&batch(100, vec![fixed()])).unwrap();
    // The clock jumped back; with times out of order git's walks would not end.
    ledger
        .publish(&batch(5, vec![claimed(1, 0, 0..1)]))
        .unwrap();
    let times = git(&house.remote(), &["log", "--format=%ct", BRANCH]);
    assert_eq!(times, "1796295700\n1796295700\n");
}
