//! Git, as far as this program needs it: trees, blobs and history are read, and ledger commits are
//! written without a checkout, through libgit2; `fetch` and `push` go through the `git` command.
//!
//! The command is used for the network because libgit2 ignores `http.extraheader` (what checkout
//! actions set), credential helpers and ssh settings, and because its push to a local path skips
//! the receiving side's `pre-receive` hook: a refusal that must be heard.
//!
//! Knows nothing of ledgers or workspaces. Never forces a push, never touches the index or the
//! working copy, never runs a shell, and hands no text to `git` that it could take for an option.

mod changes;
mod command;
#[cfg(test)]
pub(crate) use command::FORKS;
mod error;
mod history;
mod remote;
mod repository;
mod turn;
mod versions;
mod write;

pub use error::{GitError, RemoteError};
pub use history::Change;
pub use remote::{Fetched, Remote};
pub use repository::{BlobReader, CommitId, Entry, EntryKind, ObjectId, Repository};
pub use versions::Version;
pub use write::{CommitText, Identity};
