//! What a branch changes: where it left another one, and the paths that differ since.

use std::collections::BTreeSet;

use git2::DiffOptions;

use super::error::GitError;
use super::repository::{CommitId, Repository};

impl Repository {
    /// The last commit that `HEAD` and `other` have in common.
    ///
    /// # Errors
    /// [`GitError`], also where they have none: unrelated, or a shallow clone.
    pub fn where_head_left(&self, other: CommitId) -> Result<CommitId, GitError> {
        let head = self.resolve("HEAD")?;
        self.lock()
            .merge_base(head.0, other.0)
            .map(CommitId)
            .map_err(|error| {
                GitError::object(format!("what HEAD and {other} have in common"), &error)
            })
    }

    /// The last commit that two have in common; `None` where they have none: unrelated, or a shallow clone.
    ///
    /// # Errors
    /// [`GitError`] where history cannot be read.
    pub fn merge_base(&self, one: CommitId, other: CommitId) -> Result<Option<CommitId>, GitError> {
        match self.lock().merge_base(one.0, other.0) {
            Ok(found) => Ok(Some(CommitId(found))),
            Err(error) if error.code() == git2::ErrorCode::NotFound => Ok(None),
            Err(error) => Err(GitError::object(
                format!("what {one} and {other} have in common"),
                &error,
            )),
        }
    }

    /// The paths, from the repository's top, of files that differ between `commit` and what lies in the
    /// folder now, committed or not; what git ignores aside.
    ///
    /// # Errors
    /// [`GitError`].
    pub fn changed_since(&self, commit: CommitId) -> Result<BTreeSet<String>, GitError> {
        let inner = self.lock();
        let wrong =
            |error: git2::Error| GitError::object(format!("changes since {commit}"), &error);
        let tree = inner
            .find_commit(commit.0)
            .and_then(|commit| commit.tree())
            .map_err(wrong)?;
        let mut options = DiffOptions::new();
        options
            .include_untracked(true)
            .recurse_untracked_dirs(true)
            .ignore_submodules(true);
        let diff = inner
            .diff_tree_to_workdir_with_index(Some(&tree), Some(&mut options))
            .map_err(wrong)?;
        let mut changed = BTreeSet::new();
        for delta in diff.deltas() {
            for file in [delta.old_file(), delta.new_file()] {
                if let Some(path) = file.path() {
                    changed.insert(path.to_string_lossy().replace('\\', "/"));
                }
            }
        }
        Ok(changed)
    }
}
