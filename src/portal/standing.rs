//! The workspace that the portal stands on: the one at the main branch's head. Where it cannot be read, the portal goes on with
//! the last one that could, starts from it, too, and says so once.

use std::path::Path;
use std::sync::Arc;

use super::clerk::RoundError;
use super::ground::{Ground, GroundError, workspace};
use super::service::{Outside, Service};
use crate::git::{CommitId, GitError, Repository};
use crate::mail::recipient_id::RecipientKey;

/// Keeps the last head whose workspace could be read, also from git's cleaning up.
const GOOD: &str = "refs/postmerge/portal";

/// What a portal starts from.
pub(super) struct Start {
    pub(super) ground: Ground,
    pub(super) key: RecipientKey,
    /// Why it is not the main branch's head.
    pub(super) unread: Option<GroundError>,
}

/// The workspace at the main branch's head, else the last that a portal of this clone could read.
///
/// # Errors
/// [`RoundError`] where there is neither.
pub(super) fn start(
    repository: &Path,
    head: CommitId,
    outside: &Outside,
) -> Result<Start, RoundError> {
    let why = match stand(repository, head, outside) {
        Err(RoundError::Ground(why)) => why,
        other => return other,
    };
    let older = last_good(repository)?.filter(|older| *older != head);
    match older.map(|older| stand(repository, older, outside)) {
        None | Some(Err(RoundError::Ground(_))) => Err(why.into()),
        Some(stands) => Ok(Start {
            unread: Some(why),
            ..stands?
        }),
    }
}

fn stand(repository: &Path, head: CommitId, outside: &Outside) -> Result<Start, RoundError> {
    let workspace = workspace(repository, head)?;
    let key = (outside.key)(&workspace.settings).map_err(RoundError::Key)?;
    let ground = Ground::of(repository, head, workspace, (&key, &outside.keys))?;
    Ok(Start {
        ground,
        key,
        unread: None,
    })
}

/// The last head whose workspace a portal of this clone could read.
pub(super) fn last_good(repository: &Path) -> Result<Option<CommitId>, GitError> {
    Repository::open(repository)?.reference(GOOD)
}

/// Keeps a head whose workspace could be read.
fn keep_good(repository: &Path, head: CommitId) -> Result<(), GitError> {
    Repository::open(repository)?.move_reference(GOOD, head, |_| Ok::<_, GitError>(true))
}

/// The key that settings name, or why it cannot be had.
type NewKey = Result<RecipientKey, String>;

impl Service {
    /// Goes over to the workspace at the main branch's head, or says why it stays where it is.
    pub(super) fn follow(&self, repository: &Path, head: CommitId) {
        if self.ground().head == head {
            self.can_read(head);
            return;
        }
        match self.newer(repository, head) {
            Ok((new, key)) => {
                self.take_key(key);
                self.replace_ground(new);
                self.can_read(head);
                self.keep(repository, head);
                self.read_consents(repository, head);
            }
            Err(why) => self.can_not_read(head, &why),
        }
    }

    /// The workspace at a head, and the key that its settings name.
    fn newer(&self, repository: &Path, head: CommitId) -> Result<(Ground, NewKey), GroundError> {
        let workspace = workspace(repository, head)?;
        let key = (self.outside.key)(&workspace.settings);
        let of = (&*self.key(), &self.outside.keys);
        Ok((Ground::of(repository, head, workspace, of)?, key))
    }

    /// Takes up the secrets of links that the settings name now. Those that are not in this process's environment only a restart
    /// brings: until then the former ones count, and it is said so.
    fn take_key(&self, key: NewKey) {
        let why = match key {
            Ok(key) if key.fingerprint() == self.key().fingerprint() => {
                self.replace_key(Arc::new(key));
                self.metrics.has_key(true);
                return;
            }
            // Nobody would be who they were.
            Ok(_) => "`key.env` is another secret".to_owned(),
            Err(why) => why,
        };
        self.metrics.has_key(false);
        self.log(&format!(
            "the secrets that `key` names on the main branch are not the ones of this portal, which goes on with those of before: links \
             that are made with others are refused until it is started again with all of them in its environment: {why}"
        ));
    }

    /// Keeps this head to start from.
    pub(super) fn keep(&self, repository: &Path, head: CommitId) {
        if let Err(why) = keep_good(repository, head) {
            self.log(&format!("a later start may not find this workspace: {why}"));
        }
    }

    /// Counts that the workspace at the main branch's head cannot be read; the log has it once.
    pub(super) fn can_not_read(&self, head: CommitId, why: &GroundError) {
        self.metrics.no_workspace();
        if self.unread(|unread| unread.replace(head)) != Some(head) {
            let goes_on = self.ground().head;
            self.log(&format!(
                "the workspace on the main branch cannot be read, so the one of {goes_on} counts until it can: {why}"
            ));
        }
    }

    fn can_read(&self, head: CommitId) {
        if self.unread(Option::take).is_some() {
            self.log(&format!(
                "the workspace on the main branch can be read again: {head}"
            ));
        }
    }
}
