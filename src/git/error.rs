//! What can go wrong with git, told apart by what the caller must do about it.

use std::path::PathBuf;

/// A repository could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum GitError {
    /// No repository, or not one that may be read.
    #[error("{}: no git repository can be opened here: {why}", path.display())]
    Open {
        /// Where.
        path: PathBuf,
        /// The library's words.
        why: String,
    },
    /// A revision, path or object that does not exist.
    #[error("{what}: not found in the repository")]
    NotFound {
        /// What was asked for.
        what: String,
    },
    /// A path that is there, but as something else than was asked for.
    #[error("{path}: is not a {expected}")]
    WrongKind {
        /// Which.
        path: String,
        /// `file` or `folder`.
        expected: &'static str,
    },
    /// History ends at a shallow clone's edge before the question is answered.
    #[error(
        "this clone is shallow: history ends at {commit} before it tells who changed {path}; run `git fetch --unshallow`, or set `fetch-depth: 0` in the workflow's checkout step"
    )]
    Shallow {
        /// The last commit that is there.
        commit: String,
        /// What was looked for.
        path: String,
    },
    /// An object's file lost its content, as files do that were not on the disk yet when the power
    /// failed. The remote has it.
    #[error("{what}: the local copy is damaged, as after a power failure; the remote has it still")]
    Damaged {
        /// What was to be read.
        what: String,
    },
    /// A partial clone lacks an object, and it could not be fetched.
    #[error("{what}: this clone is partial and lacks it, and git could not fetch it: {why}")]
    Partial {
        /// The object.
        what: String,
        /// Git's words.
        why: String,
    },
    /// An object or reference could not be read or written.
    #[error("{what}: {why}")]
    Object {
        /// What was tried.
        what: String,
        /// The library's words.
        why: String,
    },
    /// The `git` command failed.
    #[error("`git {action}` failed: {why}")]
    Command {
        /// Which subcommand.
        action: &'static str,
        /// Its words, credentials in addresses masked.
        why: String,
    },
    /// The `git` command did not end in time and was stopped.
    #[error("`git {action}` gave no answer within {seconds} s and was stopped")]
    TimedOut {
        /// Which subcommand.
        action: &'static str,
        /// The limit.
        seconds: u64,
    },
    /// Our turn in this checkout did not come.
    #[error(
        "another postmerge in this checkout, or a `git` that one left behind, has held it for {seconds} s"
    )]
    Occupied {
        /// How long we waited.
        seconds: u64,
    },
    /// A lock of git's own is held, by a command that runs or that was killed: git cannot tell.
    #[error("`git {action}` failed: {} is there", file.display())]
    Locked {
        /// Which subcommand.
        action: &'static str,
        /// The lock.
        file: PathBuf,
    },
    /// The system refused.
    #[error("{what}: {why}")]
    Io {
        /// What was tried.
        what: String,
        /// The system's words.
        why: String,
    },
}

/// A fetch or push did not come through.
#[derive(Debug, thiserror::Error)]
pub enum RemoteError {
    /// Somebody else pushed first: fetch, look again, try again.
    #[error("the branch moved on the remote: {0}")]
    Moved(String),
    /// The remote's hook or protection said no. Trying again does not help.
    #[error("the remote refused: {0}")]
    Denied(String),
    /// The remote did not accept who we are. Trying again does not help.
    #[error("the remote did not let us in: {0}")]
    Auth(String),
    /// No answer, or not from a git repository. Whether a push arrived is not known: fetch tells.
    #[error("the remote is not reachable: {0}")]
    Unreachable(String),
    /// The trouble is on this side.
    #[error(transparent)]
    Git(#[from] GitError),
}

impl GitError {
    /// A library error met while doing `what`.
    pub(super) fn object(what: impl Into<String>, error: &git2::Error) -> Self {
        let what = what.into();
        if error.code() == git2::ErrorCode::NotFound {
            Self::NotFound { what }
        } else {
            Self::Object {
                what,
                why: error.message().to_owned(),
            }
        }
    }

    /// A system error met while doing `what`.
    pub(super) fn io(what: impl Into<String>, error: &std::io::Error) -> Self {
        Self::Io {
            what: what.into(),
            why: error.to_string(),
        }
    }
}
