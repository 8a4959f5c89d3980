//! Why lists cannot be cared for.

use crate::git::{GitError, RemoteError};
use crate::ledger::branch::{LedgerError, PublishError};
use crate::schedule::calendar::CalendarError;
use crate::workspace::encryption::RecipientError;
use crate::workspace::source::SourceError;

/// Why lists cannot be cared for.
#[derive(Debug, thiserror::Error)]
pub enum HygieneError {
    /// The repository.
    #[error(transparent)]
    Git(#[from] GitError),
    /// The remote.
    #[error(transparent)]
    Remote(#[from] RemoteError),
    /// The ledger.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// Publishing.
    #[error(transparent)]
    Publish(#[from] PublishError),
    /// A file of the workspace.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The zone.
    #[error(transparent)]
    Calendar(#[from] CalendarError),
    /// Whom lists are encrypted to.
    #[error(transparent)]
    Recipients(#[from] RecipientError),
    /// A list's rows.
    #[error("list {list}: {why}")]
    List {
        /// Which.
        list: String,
        /// What is wrong, without values.
        why: String,
    },
    /// A mail cannot be made.
    #[error("the notice for {owner}: {why}")]
    Mail {
        /// For whom.
        owner: String,
        /// Why.
        why: String,
    },
    /// A setting cannot be used.
    #[error("postmerge.yaml: {0}")]
    Setting(String),
    /// A branch's name.
    #[error("`{0}` cannot be a branch's name")]
    Branch(String),
    /// A branch that nothing is proposed on.
    #[error("nothing is proposed on the branch `{0}`: what is merged there, or recorded, counts")]
    Reserved(String),
    /// There is a branch of this name that holds something else.
    #[error("the branch `{0}` is there already and holds something else")]
    Taken(String),
}
