//! A workspace read from a git tree at a commit: what was reviewed, not what lies in the folder.

use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use super::source::{Listed, Source, SourceError, WorkspacePath};
use crate::git::{CommitId, Entry, EntryKind, GitError, Repository};

/// The files of one commit. Links are entries that cannot be read; nothing is checked out.
pub struct Tree {
    repository: Arc<Repository>,
    commit: CommitId,
}

/// Folders inside each other that are looked into.
const DEEPEST: usize = 64;

impl Tree {
    /// The tree of `commit` in the repository that `repository` is in.
    ///
    /// # Errors
    /// [`GitError`] where there is no repository or no such commit.
    pub fn at(repository: &Path, commit: CommitId) -> Result<Self, GitError> {
        let repository = Arc::new(Repository::open(repository)?);
        repository.entry(commit, "")?;
        Ok(Self { repository, commit })
    }

    /// The commit.
    pub fn commit(&self) -> CommitId {
        self.commit
    }

    fn file(&self, path: &WorkspacePath) -> Result<Entry, SourceError> {
        let found = self.repository.entry(self.commit, path.as_str());
        let entry = found.map_err(|error| io(path, &error))?;
        match entry {
            Some(entry) if entry.kind == EntryKind::File => Ok(entry),
            Some(_) => Err(SourceError::NotRegular(path.clone())),
            None => Err(self.missing(path)),
        }
    }

    /// Missing; unless a part of the path before the last is a link or a file, which is not followed.
    fn missing(&self, path: &WorkspacePath) -> SourceError {
        let slashes = path.as_str().match_indices('/');
        for (end, _) in slashes {
            let above = path.as_str().get(..end).unwrap_or_default();
            match self.repository.entry(self.commit, above) {
                Ok(Some(entry)) if entry.kind == EntryKind::Folder => {}
                Ok(Some(_)) => return SourceError::NotRegular(path.clone()),
                _ => break,
            }
        }
        SourceError::Missing(path.clone())
    }

    fn collect(
        &self,
        folder: &str,
        entry: &Entry,
        depth: usize,
        found: &mut Vec<Listed>,
    ) -> Result<(), GitError> {
        for entry in self.repository.entries(entry.id)? {
            let path = format!("{folder}/{}", entry.name);
            match entry.kind {
                EntryKind::Folder if depth < DEEPEST => {
                    self.collect(&path, &entry, depth + 1, found)?;
                }
                // A name that no workspace path may have (a backslash, a control character) cannot
                // be asked for either.
                kind => found.extend(WorkspacePath::parse(&path).map(|path| Listed {
                    path,
                    is_regular: kind == EntryKind::File,
                })),
            }
        }
        Ok(())
    }
}

impl Source for Tree {
    fn read(&self, path: &WorkspacePath, limit: u64) -> Result<Vec<u8>, SourceError> {
        let entry = self.file(path)?;
        let size = self.repository.blob_size(entry.id);
        let size = size.map_err(|error| io(path, &error))?;
        if size > limit {
            return Err(SourceError::TooLarge {
                path: path.clone(),
                size,
                limit,
            });
        }
        self.repository
            .with_blob(entry.id, <[u8]>::to_vec)
            .map_err(|error| io(path, &error))
    }

    fn open(&self, path: &WorkspacePath) -> Result<Box<dyn Read + Send>, SourceError> {
        let entry = self.file(path)?;
        match self.repository.open_blob(entry.id) {
            Ok(reader) => Ok(Box::new(reader)),
            Err(error) => Err(io(path, &error)),
        }
    }

    fn files(&self, folder: &WorkspacePath) -> Result<Vec<Listed>, SourceError> {
        let entry = self.repository.entry(self.commit, folder.as_str());
        let entry = entry
            .map_err(|error| io(folder, &error))?
            .ok_or_else(|| self.missing(folder))?;
        if entry.kind != EntryKind::Folder {
            return Err(SourceError::NotRegular(folder.clone()));
        }
        let mut found = Vec::new();
        self.collect(folder.as_str(), &entry, 0, &mut found)
            .map_err(|error| io(folder, &error))?;
        found.sort();
        Ok(found)
    }

    fn size(&self, path: &WorkspacePath) -> Result<u64, SourceError> {
        let entry = self.file(path)?;
        self.repository
            .blob_size(entry.id)
            .map_err(|error| io(path, &error))
    }
}

fn io(path: &WorkspacePath, error: &GitError) -> SourceError {
    SourceError::Io {
        path: path.clone(),
        why: error.to_string(),
    }
}
