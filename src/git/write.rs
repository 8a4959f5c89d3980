//! Writing without a checkout: blobs, trees along changed paths only, a commit on top.

use std::collections::BTreeMap;

use git2::Oid;
use jiff::Timestamp;

use super::error::GitError;
use super::repository::{CommitId, ObjectId, Repository};

/// Who commits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Name.
    pub name: String,
    /// Address.
    pub email: String,
}

/// What a commit says besides its tree.
#[derive(Debug, Clone, Copy)]
pub struct CommitText<'a> {
    /// Who.
    pub identity: &'a Identity,
    /// When, to the second, in UTC; where its parent is later, the parent's time is taken.
    pub at: Timestamp,
    /// Its message.
    pub message: &'a str,
}

/// Files to put, by folder.
#[derive(Default)]
struct Folder {
    folders: BTreeMap<String, Folder>,
    files: BTreeMap<String, Oid>,
}

const FILE: i32 = 0o100_644;
const FOLDER: i32 = 0o040_000;

impl Repository {
    /// Stores `content`.
    ///
    /// # Errors
    /// [`GitError`], for example of a full disk.
    pub fn write_blob(&self, content: &[u8]) -> Result<ObjectId, GitError> {
        let id = self
            .lock()
            .blob(content)
            .map_err(|error| GitError::object("writing a file into the repository", &error))?;
        Ok(ObjectId(id))
    }

    /// A commit on top of `parent` (none: a first commit) whose tree is the parent's with `files`
    /// put. Only the trees along the files' paths are written. No reference moves.
    ///
    /// # Errors
    /// [`GitError::WrongKind`] where a path passes through a file or ends at a folder; [`GitError`].
    pub fn write_commit(
        &self,
        parent: Option<CommitId>,
        files: &[(String, ObjectId)],
        text: CommitText<'_>,
    ) -> Result<CommitId, GitError> {
        let mut root = Folder::default();
        for (path, id) in files {
            root.put(path, id.0)?;
        }
        let inner = self.lock();
        let wrong = |error: git2::Error| GitError::object("writing a commit", &error);
        let parent = parent
            .map(|parent| inner.find_commit(parent.0))
            .transpose()
            .map_err(wrong)?;
        let base = parent
            .as_ref()
            .map(git2::Commit::tree)
            .transpose()
            .map_err(wrong)?;
        let tree = root.write(&inner, base.as_ref(), "")?;
        let tree = inner.find_tree(tree).map_err(wrong)?;
        // Never before the parent, also where a clock jumped back: git ends its walks by commit times,
        // and with times out of order every push reads the whole history, on both sides.
        let before = parent.as_ref().map(|parent| parent.time().seconds());
        let second = text.at.as_second().max(before.unwrap_or(i64::MIN));
        let time = git2::Time::new(second, 0);
        let who = git2::Signature::new(&text.identity.name, &text.identity.email, &time)
            .map_err(wrong)?;
        let parents: Vec<&git2::Commit<'_>> = parent.iter().collect();
        inner
            .commit(None, &who, &who, text.message, &tree, &parents)
            .map(CommitId)
            .map_err(wrong)
    }
}

impl Folder {
    fn put(&mut self, path: &str, id: Oid) -> Result<(), GitError> {
        match path.split_once('/') {
            Some((first, rest)) => self
                .folders
                .entry(first.to_owned())
                .or_default()
                .put(rest, id),
            None if path.is_empty() => Err(wrong_kind(path, "file")),
            None => {
                self.files.insert(path.to_owned(), id);
                Ok(())
            }
        }
    }

    fn write(
        &self,
        inner: &git2::Repository,
        base: Option<&git2::Tree<'_>>,
        path: &str,
    ) -> Result<Oid, GitError> {
        let wrong =
            |error: git2::Error| GitError::object(format!("writing folder `{path}`"), &error);
        let mut builder = inner.treebuilder(base).map_err(wrong)?;
        for (name, folder) in &self.folders {
            let below = format!("{path}{name}/");
            let base = match base.and_then(|tree| tree.get_name(name)) {
                None => None,
                Some(entry) if entry.filemode() == FOLDER => {
                    Some(inner.find_tree(entry.id()).map_err(wrong)?)
                }
                // A file where a folder is wanted: putting it would lose the file.
                Some(_) => return Err(wrong_kind(&below, "folder")),
            };
            let id = folder.write(inner, base.as_ref(), &below)?;
            builder.insert(name, id, FOLDER).map_err(wrong)?;
        }
        for (name, id) in &self.files {
            let there = base.and_then(|tree| tree.get_name(name));
            let folder = there.is_some_and(|entry| entry.filemode() == FOLDER);
            if folder || self.folders.contains_key(name) {
                return Err(wrong_kind(&format!("{path}{name}"), "file"));
            }
            builder.insert(name, *id, FILE).map_err(wrong)?;
        }
        builder.write().map_err(wrong)
    }
}

fn wrong_kind(path: &str, expected: &'static str) -> GitError {
    GitError::WrongKind {
        path: path.to_owned(),
        expected,
    }
}
