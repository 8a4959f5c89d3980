//! Whether the main branch has moved, on the remote, in a way that concerns sending: something was
//! merged, cancelled or reverted while mails go out.
//!
//! Looks; decides nothing, and publishes nothing. A look that fails says nothing: whether the remote
//! is to be had at all is learned by publishing.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::error::StartError;
use super::opened::{MAIN, remote};
use crate::clock::{BoxFuture, Clock, Hold};
use crate::git::{CommitId, Fetched, Repository};
use crate::workspace::settings::LedgerSettings;

/// What sending reads from the main branch's head.
const CONCERNS: [&str; 4] = ["campaigns", "lists", "templates", "postmerge.yaml"];

/// How long a look may take: publishing may have to wait for its turn behind it.
const LIMIT: Duration = Duration::from_secs(20);

/// Looks whether a round is still the right one. One look at a time is asked of it.
pub trait Watch: Send + Sync {
    /// Looks.
    fn look(&self) -> BoxFuture<'static, Look>;
}

/// What a look found.
pub struct Look {
    /// Whether what concerns sending is not what the round began from.
    pub moved: bool,
    /// Virtual time stands still until the engine has seen the answer.
    pub hold: Option<Hold>,
}

/// Looks at the main branch on the remote.
pub(super) struct MainWatch {
    path: PathBuf,
    settings: LedgerSettings,
    clock: Arc<dyn Clock>,
    /// What the round began from.
    head: CommitId,
    /// What was looked at last and has the same in it.
    same: Arc<Mutex<CommitId>>,
}

impl MainWatch {
    /// Compares with `head`.
    pub(super) fn new(
        path: PathBuf,
        settings: LedgerSettings,
        clock: Arc<dyn Clock>,
        head: CommitId,
    ) -> Self {
        let same = Arc::new(Mutex::new(head));
        Self {
            path,
            settings,
            clock,
            head,
            same,
        }
    }
}

impl Watch for MainWatch {
    fn look(&self) -> BoxFuture<'static, Look> {
        let (path, settings) = (self.path.clone(), self.settings.clone());
        let (head, same) = (self.head, Arc::clone(&self.same));
        let hold = Some(self.clock.hold());
        Box::pin(async move {
            let work = tokio::task::spawn_blocking(move || {
                let known = *same.lock().unwrap_or_else(PoisonError::into_inner);
                let found = tip(&path, &settings, head, known).ok().flatten();
                let Some((tip, moved)) = found else {
                    return false;
                };
                if !moved {
                    *same.lock().unwrap_or_else(PoisonError::into_inner) = tip;
                }
                moved
            });
            let moved = work.await.unwrap_or(false);
            Look { moved, hold }
        })
    }
}

/// Where the branch stands, if that is news, and whether it concerns sending.
fn tip(
    path: &std::path::Path,
    settings: &LedgerSettings,
    head: CommitId,
    known: CommitId,
) -> Result<Option<(CommitId, bool)>, StartError> {
    let repository = Repository::open(path)?;
    let mut remote = remote(settings);
    remote.limit = LIMIT;
    // Most looks end here: they cost the remote a list of one reference.
    match repository.remote_tip(&remote, &settings.main)? {
        Some(tip) if tip != known => {}
        _ => return Ok(None),
    }
    let Fetched::At(tip) = repository.fetch(&remote, &settings.main, MAIN)? else {
        return Ok(None);
    };
    for name in CONCERNS {
        if repository.entry(head, name)? != repository.entry(tip, name)? {
            return Ok(Some((tip, true)));
        }
    }
    Ok(Some((tip, false)))
}
