//! The ledger on real repositories: a bare remote in a temporary folder, checkouts beside it, and a
//! sending to six recipients.
#![allow(
    dead_code,
    clippy::unwrap_used,
    reason = "every test uses a part, and a test fails by panicking"
)]

use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;
use postmerge::git::Remote;
use postmerge::ledger::branch::{Batch, Ledger, LedgerConfig, PublishError, Published};
use postmerge::ledger::event::{
    AudienceEntry, AudienceHeader, ClaimId, Event, Exclusion, Outcome, Ranges, RecipientIndex,
    RunId,
};
use postmerge::mail::digest::Digest;
use postmerge::mail::occurrence::OccurrenceId;
use postmerge::mail::recipient_id::RecipientId;

use super::git::git;

pub(crate) const BRANCH: &str = "postmerge-ledger";

pub(crate) struct House {
    pub(crate) folder: tempfile::TempDir,
}

impl House {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        git(folder.path(), &["init", "-q", "--bare", "remote.git"]);
        Self { folder }
    }

    pub(crate) fn remote(&self) -> PathBuf {
        self.folder.path().join("remote.git")
    }

    pub(crate) fn ledger(&self, name: &str) -> Ledger {
        self.ledger_with(name, Duration::from_secs(30))
    }

    /// Waits no longer than `limit` for anything.
    pub(crate) fn ledger_with(&self, name: &str, limit: Duration) -> Ledger {
        let remote = Remote {
            name: self.remote().display().to_string(),
            limit,
        };
        self.opened(name, remote)
    }

    /// By a remote that is configured in the checkout.
    pub(crate) fn ledger_of(&self, name: &str, remote: &str) -> Ledger {
        let remote = Remote {
            name: remote.to_owned(),
            limit: Duration::from_secs(30),
        };
        self.opened(name, remote)
    }

    fn opened(&self, name: &str, remote: Remote) -> Ledger {
        let local = self.folder.path().join(name);
        if !local.exists() {
            git(self.folder.path(), &["init", "-q", name]);
        }
        let config = LedgerConfig {
            remote,
            branch: BRANCH.to_owned(),
            identity: None,
        };
        Ledger::open(&local, config).unwrap()
    }

    /// Replaces one file on the remote's branch, as a person would by mistake.
    pub(crate) fn edit(&self, path: &str, edit: impl Fn(&[u8]) -> Vec<u8>) {
        let clone = self.folder.path().join("editor");
        git(
            self.folder.path(),
            &["clone", "-q", "-b", BRANCH, "remote.git", "editor"],
        );
        let file = clone.join(path);
        std::fs::write(&file, edit(&std::fs::read(&file).unwrap())).unwrap();
        git(&clone, &["commit", "-qam", "edit"]);
        git(&clone, &["push", "-q"]);
    }
}

pub(crate) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_796_295_600 + second).unwrap()
}

pub(crate) fn occurrence() -> OccurrenceId {
    "2026/rueda-agro".parse().unwrap()
}

pub(crate) const fn claim(run: u32, sequence: u32) -> ClaimId {
    ClaimId {
        run: RunId(run),
        sequence,
    }
}

pub(crate) fn fixed() -> Event {
    let entry = |n| AudienceEntry {
        id: RecipientId([n; 12]),
        destination: 0,
        copy_of: None,
        own_document: None,
    };
    let header = AudienceHeader {
        content_commit: "c".repeat(40),
        lists_commit: "1".repeat(40),
        digest: Digest::of(b""),
        key: String::new(),
        sender: "eventos".to_owned(),
        at: at(0),
        destinations: vec!["uno.test".to_owned()],
        documents: Vec::new(),
        force: None,
        reconfirmation: false,
    };
    Event::AudienceFixed {
        header: Box::new(header),
        entries: (0..6).map(entry).collect(),
        excluded: vec![(RecipientId([9; 12]), Exclusion::NoConsent)],
    }
}

pub(crate) fn claimed(run: u32, sequence: u32, recipients: std::ops::Range<u32>) -> Event {
    let recipients = Ranges::from_indices(recipients);
    Event::Claimed {
        claim: claim(run, sequence),
        recipients,
        until: at(600),
    }
}

pub(crate) fn accepted(run: u32, sequence: u32, index: u32) -> Event {
    let outcome = Outcome::Accepted {
        reply: "2.0.0 Ok <ana@uno.test> queued as X".to_owned(),
    };
    Event::Outcome {
        claim: claim(run, sequence),
        recipient: RecipientIndex(index),
        at: at(5),
        outcome,
    }
}

pub(crate) fn publish(
    ledger: &mut Ledger,
    run: u32,
    events: Vec<Event>,
) -> Result<Published, PublishError> {
    let batch = Batch {
        events: events
            .into_iter()
            .map(|event| (occurrence(), event))
            .collect(),
        ..Batch::new(RunId(run), at(10), "batch".to_owned())
    };
    ledger.publish(&batch)
}
