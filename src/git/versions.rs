//! What the files of a folder held before: every version of them on a branch, as far as it goes back.

use std::collections::HashMap;

use super::error::GitError;
use super::repository::{CommitId, EntryKind, ObjectId, Repository};

/// One version of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// The file's name in its folder.
    pub name: String,
    /// What it held.
    pub blob: ObjectId,
    /// When it first stood on the branch, in seconds since 1970.
    pub since: i64,
}

/// The folder as some commits have it that follow each other.
struct Standing {
    folder: Option<ObjectId>,
    /// Of the oldest of these commits.
    since: i64,
}

impl Repository {
    /// What the files directly in `folder` whose names end like this held on the branch that ends at `head`, walking its first
    /// parents: as far as `until` (which is not looked at), the clone's edge, or `most` commits.
    ///
    /// # Errors
    /// [`GitError`].
    pub fn versions(
        &self,
        head: CommitId,
        until: Option<CommitId>,
        (folder, ending): (&str, &str),
        most: usize,
    ) -> Result<Vec<Version>, GitError> {
        let edge = self.shallow_edge()?;
        let mut found: HashMap<(String, ObjectId), i64> = HashMap::new();
        let mut standing: Option<Standing> = None;
        let mut next = Some(head);
        for _ in 0..most {
            let Some(commit) = next.filter(|commit| Some(*commit) != until) else {
                break;
            };
            let folder = self.entry(commit, folder)?.map(|entry| entry.id);
            let since = self.committed_at(commit)?;
            match &mut standing {
                Some(it) if it.folder == folder => it.since = since,
                _ => {
                    if let Some(newer) = standing.replace(Standing { folder, since }) {
                        self.note(&mut found, &newer, ending)?;
                    }
                }
            }
            next = match edge.contains(&commit.0) {
                true => None,
                false => self.first_parent(commit)?,
            };
        }
        if let Some(oldest) = standing {
            self.note(&mut found, &oldest, ending)?;
        }
        let versions = found.into_iter();
        let versions = versions.map(|((name, blob), since)| Version { name, blob, since });
        Ok(versions.collect())
    }

    fn note(
        &self,
        found: &mut HashMap<(String, ObjectId), i64>,
        standing: &Standing,
        ending: &str,
    ) -> Result<(), GitError> {
        let Some(folder) = standing.folder else {
            return Ok(());
        };
        for entry in self.entries(folder)? {
            if entry.kind == EntryKind::File && entry.name.ends_with(ending) {
                // Older commits come later.
                found.insert((entry.name, entry.id), standing.since);
            }
        }
        Ok(())
    }
}
