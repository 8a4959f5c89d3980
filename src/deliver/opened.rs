//! The two branches that everything is reckoned from: the main branch with its workspace, and the
//! ledger.
//!
//! Fetches, or takes what was fetched last; publishes nothing.

use std::path::Path;

use super::error::StartError;
use crate::git::{CommitId, Fetched, GitError, Remote, Repository};
use crate::ledger::branch::{Ledger, LedgerConfig};
use crate::workspace::Workspace;
use crate::workspace::settings::LedgerSettings;
use crate::workspace::tree::Tree;

/// Where the main branch is kept as it was fetched.
pub(super) const MAIN: &str = "refs/postmerge/main";

/// How long a fetch or push may take.
const REMOTE_LIMIT: std::time::Duration = std::time::Duration::from_secs(120);

/// A branch of the remote, as this run sees it.
pub struct Opened {
    /// The repository.
    pub repository: Repository,
    /// The ledger, fetched.
    pub ledger: Ledger,
    /// The main branch's head.
    pub head: CommitId,
    /// The workspace there.
    pub workspace: Workspace,
}

/// Fetches both branches and reads the workspace at the main branch's head.
///
/// # Errors
/// [`StartError`].
pub fn open(path: &Path, settings: &LedgerSettings) -> Result<Opened, StartError> {
    let repository = Repository::open(path)?;
    let head = fetch_main(&repository, settings)?;
    let mut ledger = ledger(path, settings)?;
    ledger.fetch()?;
    read(path, repository, ledger, head)
}

/// The main branch's head, fetched.
///
/// # Errors
/// [`StartError`].
pub fn fetch_main(
    repository: &Repository,
    settings: &LedgerSettings,
) -> Result<CommitId, StartError> {
    match repository.fetch(&remote(settings), &settings.main, MAIN)? {
        Fetched::At(head) => Ok(head),
        Fetched::NoBranch => Err(StartError::NoMain {
            remote: settings.remote.clone(),
            branch: settings.main.clone(),
        }),
    }
}

/// The main branch's head as it was fetched last.
///
/// # Errors
/// [`GitError::NotFound`] where it never was.
pub fn fetched_main(repository: &Repository) -> Result<CommitId, GitError> {
    repository.reference(MAIN)?.ok_or(GitError::NotFound {
        what: format!("{MAIN} (the main branch as it was fetched last)"),
    })
}

/// Takes both branches as they were fetched last, and asks no remote. Good for looking, never for
/// sending: the remote may know more.
///
/// # Errors
/// [`StartError`]; [`GitError::NotFound`] where nothing was ever fetched.
pub fn open_as_fetched(path: &Path, settings: &LedgerSettings) -> Result<Opened, StartError> {
    let repository = Repository::open(path)?;
    let head = fetched_main(&repository)?;
    let ledger = ledger(path, settings)?;
    read(path, repository, ledger, head)
}

/// The remote, and how long to wait for it.
pub fn remote(settings: &LedgerSettings) -> Remote {
    Remote {
        name: settings.remote.clone(),
        limit: REMOTE_LIMIT,
    }
}

/// The ledger as it is here; nothing is fetched.
///
/// # Errors
/// [`StartError`].
pub fn ledger(path: &Path, settings: &LedgerSettings) -> Result<Ledger, StartError> {
    let config = LedgerConfig {
        remote: remote(settings),
        branch: settings.branch.clone(),
        identity: None,
    };
    Ok(Ledger::open(path, config)?)
}

fn read(
    path: &Path,
    repository: Repository,
    ledger: Ledger,
    head: CommitId,
) -> Result<Opened, StartError> {
    let tree = Tree::at(path, head)?;
    let workspace =
        Workspace::load(&tree)
            .into_workspace()
            .map_err(|source| StartError::Workspace {
                commit: head.to_string(),
                source,
            })?;
    Ok(Opened {
        repository,
        ledger,
        head,
        workspace,
    })
}
