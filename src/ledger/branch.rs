//! The ledger's branch: reading what is there, publishing what is new.
//!
//! ```text
//! README.md
//! KEY
//! campaigns/<id>/RESULT.md
//! campaigns/<id>/.events/00/12/001234-1a2b3c4d.seg
//! suppressions/.events/00/00/000007-1a2b3c4d.seg
//! feedback/.events/00/00/000003-1a2b3c4d.seg
//! wishes/.events/00/00/000002-1a2b3c4d.seg
//! ```
//!
//! Segments are numbered without gaps, so a missing one is noticed; two levels of folders by the
//! number's first digits keep every folder at a hundred entries, and so the cost of a batch flat. The
//! folder's name begins with a dot because no campaign's may: `.events` is never a campaign.
//!
//! What was read last is kept in a reference of its own (`refs/postmerge/ledger/<branch>`), by which
//! a rewritten history is noticed. Local objects are a cache: what was published is on the remote.

mod key;
mod publish;
mod read;

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use super::segment::SegmentError;
use super::state::Contradiction;
use crate::git::{CommitId, Fetched, GitError, Identity, Remote, RemoteError, Repository};
use crate::mail::occurrence::OccurrenceId;

pub use publish::{Batch, PublishError, Published};

/// Which ledger, and who writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerConfig {
    /// The remote, by its configured name or its address, and how long to wait for it.
    pub remote: Remote,
    /// The branch on it.
    pub branch: String,
    /// Who commits; `None`: `postmerge`.
    pub identity: Option<Identity>,
}

/// The ledger cannot be read, or not be trusted.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// Not a name that git takes.
    #[error("`{0}` cannot be the ledger's {1}")]
    Name(String, &'static str),
    /// The repository.
    #[error(transparent)]
    Git(#[from] GitError),
    /// The remote.
    #[error("ledger: {0}")]
    Remote(RemoteError),
    /// A segment is damaged, cut off, or of another version.
    #[error("ledger: {path}: {error}")]
    Segment {
        /// Its path on the ledger's branch.
        path: String,
        /// Where in it and why.
        error: SegmentError,
    },
    /// A segment is not what its path says, or one is missing.
    #[error("ledger: {path}: {why}")]
    Misplaced {
        /// The path on the ledger's branch.
        path: String,
        /// What is wrong.
        why: String,
    },
    /// A segment contradicts the ones before it.
    #[error("ledger: {path}: byte {offset}: {error}")]
    Contradiction {
        /// Its path on the ledger's branch.
        path: String,
        /// Where in it.
        offset: usize,
        /// What is wrong.
        error: Contradiction,
    },
    /// Its recipient ids were made with another key.
    #[error(
        "ledger: {path}: its recipients' ids were made with another key (fingerprint {theirs}, ours is {ours}): whoever is suppressed there would be mailed"
    )]
    OtherKey {
        /// Where it says so, on the ledger's branch.
        path: String,
        /// The ledger's.
        theirs: String,
        /// Ours.
        ours: String,
    },
    /// The branch on the remote does not continue what was read before.
    #[error(
        "the ledger's history was rewritten: `{branch}` stood at {last} and is now {now}. Nothing is sent, because the ledger may have forgotten who was mailed. If the rewriting is right, run `git update-ref -d {reference}`; else restore the branch: `git push {remote} {last}:refs/heads/{branch}`, by force"
    )]
    Rewritten {
        /// The branch.
        branch: String,
        /// What was read last.
        last: CommitId,
        /// What the remote has: a commit, or nothing.
        now: String,
        /// The local reference that remembers.
        reference: String,
        /// The remote.
        remote: String,
    },
}

/// The ledger as of the last fetch.
pub struct Ledger {
    repository: Repository,
    config: LedgerConfig,
    head: Option<CommitId>,
    /// The fingerprint of the key that ids are made with, where any are.
    key: Option<String>,
    /// What was last handed out: claims are published only on top of what their maker has seen.
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    /// How many segments an occurrence had, or, after that, how many with our own.
    occurrences: HashMap<OccurrenceId, u32>,
    /// How many the suppressions had; `None`: nobody asked for them.
    suppressions: Option<u32>,
}

impl Ledger {
    /// Opens the ledger as it was last fetched; asks no remote.
    ///
    /// # Errors
    /// [`LedgerError`].
    pub fn open(repository: &Path, config: LedgerConfig) -> Result<Self, LedgerError> {
        let name = format!("refs/heads/{}", config.branch);
        if !Repository::is_reference_name(&name) {
            return Err(LedgerError::Name(config.branch, "branch"));
        }
        if config.remote.name.is_empty() || config.remote.name.starts_with('-') {
            return Err(LedgerError::Name(config.remote.name, "remote"));
        }
        let repository = Repository::open(repository)?;
        let mut ledger = Self {
            repository,
            config,
            head: None,
            key: None,
            seen: Mutex::default(),
        };
        ledger.head = ledger.repository.reference(&ledger.tracking())?;
        Ok(ledger)
    }

    /// Reads as of a commit of its branch from now on, whatever was fetched last: for looking.
    pub fn look_at(&mut self, commit: CommitId) {
        self.head = Some(commit);
    }

    /// The repository that it is in.
    pub fn repository(&self) -> &Repository {
        &self.repository
    }

    /// The branch's name.
    pub fn branch(&self) -> &str {
        &self.config.branch
    }

    /// The commit that is read from.
    pub fn head(&self) -> Option<CommitId> {
        self.head
    }

    /// Fetches the branch; a remote without it is an empty ledger. States that were handed out
    /// before and changed meanwhile have to be replayed again: claims made on them will conflict.
    ///
    /// # Errors
    /// [`LedgerError::Remote`], [`LedgerError::Rewritten`].
    pub fn fetch(&mut self) -> Result<(), LedgerError> {
        let incoming = format!("refs/postmerge/incoming/{}", self.config.branch);
        let found = self
            .repository
            .fetch(&self.config.remote, &self.config.branch, &incoming)
            .map_err(LedgerError::Remote)?;
        match (found, self.head) {
            (Fetched::NoBranch, None) => {}
            (Fetched::NoBranch, Some(last)) => {
                return Err(self.rewritten(last, "not there any more".to_owned()));
            }
            (Fetched::At(new), Some(last)) if new == last => {}
            (Fetched::At(new), last) => {
                if let Some(last) = last
                    && !self.continues(last, new)?
                {
                    return Err(self.rewritten(last, format!("at {new}")));
                }
                self.advance(new)?;
            }
        }
        Ok(())
    }

    /// Whether `new` has everything that `last` had. In a shallow clone history may not tell; then
    /// the segments do, which are never changed and never removed.
    pub(super) fn continues(&self, last: CommitId, new: CommitId) -> Result<bool, LedgerError> {
        if self.repository.is_ancestor(last, new)? {
            return Ok(true);
        }
        Ok(self.repository.is_shallow() && self.keeps_segments(last, new)?)
    }

    /// Goes on from `new`, which is on the remote.
    fn advance(&mut self, new: CommitId) -> Result<(), LedgerError> {
        self.remember(new)?;
        self.head = Some(new);
        Ok(())
    }

    /// Moves the reference to `new`, unless another run in this checkout has read more meanwhile.
    fn remember(&self, new: CommitId) -> Result<(), LedgerError> {
        let name = self.tracking();
        self.repository.move_reference(&name, new, |there| {
            let Some(there) = there else { return Ok(true) };
            // Where it stands as we read it, `fetch` has compared the two already, or `publish` has
            // put one on top of the other.
            if Some(there) == self.head || self.continues(there, new)? {
                return Ok(true);
            }
            match self.continues(new, there)? {
                true => Ok(false),
                false => Err(self.rewritten(there, format!("at {new}"))),
            }
        })
    }

    fn tracking(&self) -> String {
        format!("refs/postmerge/ledger/{}", self.config.branch)
    }

    fn rewritten(&self, last: CommitId, now: String) -> LedgerError {
        LedgerError::Rewritten {
            branch: self.config.branch.clone(),
            last,
            now,
            reference: self.tracking(),
            remote: self.config.remote.name.clone(),
        }
    }

    fn seen(&self) -> std::sync::MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
