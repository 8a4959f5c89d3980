//! A repository, with a working copy or bare: what is read from it.

use std::fmt;
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};
use std::process::Child;
use std::sync::{Mutex, MutexGuard, PoisonError, mpsc};
use std::time::Duration;

use git2::{ObjectType, Oid};

use super::command;
use super::error::GitError;
use super::turn::is_hollow;

/// An object's name: 40 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjectId(pub(super) Oid);

/// A commit's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CommitId(pub(super) Oid);

/// What a tree's entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryKind {
    /// A file.
    File,
    /// A folder.
    Folder,
    /// A symbolic link: what it points to is its content, and is never followed.
    Link,
    /// Another repository's commit.
    Submodule,
}

/// A tree's entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its name; bytes that are no UTF-8 replaced, so that it can be complained of.
    pub name: String,
    /// What it is.
    pub kind: EntryKind,
    /// Its object.
    pub id: ObjectId,
}

/// A repository. libgit2's handle is not to be used by two threads at once, so it is locked; what
/// runs long (big blobs, fetch, push) runs outside of the lock, in a `git` child.
pub struct Repository {
    inner: Mutex<git2::Repository>,
    /// The working copy's top; the repository's own folder where there is none.
    top: PathBuf,
    /// Where objects and references live: the same for all worktrees of a repository.
    common_dir: PathBuf,
    /// Whether this is a partial clone: objects may be missing here and are on the remote.
    partial: bool,
}

/// Blobs up to this size are read at once, larger ones through a child's pipe.
const READ_AT_ONCE: u64 = 4 * 1024 * 1024;

/// How long a partial clone may take to fetch one missing object.
const FETCHING_ONE: Duration = Duration::from_secs(120);

impl Repository {
    /// Opens the repository that `path` is in: its folder, a folder of its working copy, or a bare
    /// repository.
    ///
    /// # Errors
    /// [`GitError::Open`].
    pub fn open(path: &Path) -> Result<Self, GitError> {
        let wrong = |error: git2::Error| GitError::Open {
            path: path.to_owned(),
            why: error.message().to_owned(),
        };
        let inner = git2::Repository::discover(path).map_err(wrong)?;
        let partial = is_partial(&inner);
        Ok(Self {
            partial,
            top: inner.workdir().unwrap_or(inner.path()).to_owned(),
            common_dir: inner.commondir().to_owned(),
            inner: Mutex::new(inner),
        })
    }

    /// The folder that all worktrees of this repository share; local state lives below it.
    pub fn common_dir(&self) -> &Path {
        &self.common_dir
    }

    /// The folder that `git -C` is run in: a remote such as `../mails.git` counts from there, as it
    /// does for people.
    pub(super) fn top(&self) -> &Path {
        &self.top
    }

    /// A panic elsewhere leaves libgit2's handle whole, so a poisoned lock is no reason to stop.
    pub(super) fn lock(&self) -> MutexGuard<'_, git2::Repository> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether git would take `name` for a reference (in full: `refs/…`).
    pub fn is_reference_name(name: &str) -> bool {
        git2::Reference::is_valid_name(name)
    }

    /// The commit that `rev` names.
    ///
    /// # Errors
    /// [`GitError::NotFound`].
    pub fn resolve(&self, rev: &str) -> Result<CommitId, GitError> {
        let inner = self.lock();
        let commit = inner
            .revparse_single(rev)
            .and_then(|object| object.peel_to_commit())
            .map_err(|error| GitError::object(format!("revision `{rev}`"), &error))?;
        Ok(CommitId(commit.id()))
    }

    /// The commit that the reference `name` (in full: `refs/…`) stands at.
    ///
    /// # Errors
    /// [`GitError`] where it cannot be read; a reference that is not there, or whose file lost its
    /// content when the machine went down, is `None`.
    pub fn reference(&self, name: &str) -> Result<Option<CommitId>, GitError> {
        match self.lock().refname_to_id(name) {
            Ok(id) => Ok(Some(CommitId(id))),
            Err(error) if error.code() == git2::ErrorCode::NotFound => Ok(None),
            Err(_) if is_hollow(&self.common_dir.join(name)) => Ok(None),
            Err(error) => Err(GitError::object(name, &error)),
        }
    }

    /// The references below `base` (in full, with a slash at the end) whose names go on with `prefix`: what follows `base`, and where
    /// each stands.
    ///
    /// # Errors
    /// [`GitError`].
    pub fn references(
        &self,
        base: &str,
        prefix: &str,
    ) -> Result<Vec<(String, CommitId)>, GitError> {
        let wrong = |error: git2::Error| GitError::object(base, &error);
        let inner = self.lock();
        let mut found = Vec::new();
        for reference in inner
            .references_glob(&format!("{base}{prefix}*"))
            .map_err(wrong)?
        {
            let reference = reference.map_err(wrong)?;
            let name = reference.name().unwrap_or_default();
            if let (Some(name), Some(id)) = (name.strip_prefix(base), reference.target()) {
                found.push((name.to_owned(), CommitId(id)));
            }
        }
        found.sort();
        Ok(found)
    }

    /// Whether `ancestor` is `commit` or one of its ancestors. In a shallow clone `false` may mean
    /// that the history between is not here: see [`Self::is_shallow`].
    ///
    /// # Errors
    /// [`GitError`] where a commit cannot be read.
    pub fn is_ancestor(&self, ancestor: CommitId, commit: CommitId) -> Result<bool, GitError> {
        if ancestor == commit {
            return Ok(true);
        }
        self.lock()
            .graph_descendant_of(commit.0, ancestor.0)
            .map_err(|error| GitError::object(format!("history of {commit}"), &error))
    }

    /// What a failed read of the object `id` means. One whose file lost its content when the machine
    /// went down is on the remote still, and people can be told how to get it back.
    pub(super) fn unreadable(
        &self,
        id: Oid,
        what: impl Into<String>,
        error: &git2::Error,
    ) -> GitError {
        let name = id.to_string();
        let (folder, rest) = name.split_at(2);
        if is_hollow(&self.common_dir.join("objects").join(folder).join(rest)) {
            return GitError::Damaged { what: what.into() };
        }
        GitError::object(what, error)
    }

    /// In a partial clone: has `git` fetch the object, where it is missing; libgit2 cannot.
    pub(super) fn have(&self, id: Oid) -> Result<(), GitError> {
        if !self.partial || self.lock().odb().is_ok_and(|odb| odb.exists(id)) {
            return Ok(());
        }
        self.fetch_object(id)
    }

    /// Has `git` fetch one object that a partial clone lacks.
    pub(super) fn fetch_object(&self, id: Oid) -> Result<(), GitError> {
        let mut command = command::git(&self.top);
        command.args(["cat-file", "-e"]).arg(id.to_string());
        let done = command::run(command, "cat-file", FETCHING_ONE)?;
        match done.status.success() {
            true => Ok(()),
            false => Err(GitError::Partial {
                what: id.to_string(),
                why: done.stderr,
            }),
        }
    }

    /// Whether the clone is partial.
    pub(super) fn is_partial(&self) -> bool {
        self.partial
    }

    /// Whether history is cut off in this clone.
    pub fn is_shallow(&self) -> bool {
        self.lock().is_shallow()
    }

    /// `user.name` as git knows it, if it is set.
    pub fn user_name(&self) -> Option<String> {
        let config = self.lock().config().ok()?.snapshot().ok()?;
        config.get_string("user.name").ok()
    }

    /// Whether git passes a path of the working tree over, by `.gitignore` and the like; what is tracked never.
    pub fn is_ignored(&self, path: &str) -> bool {
        let inner = self.lock();
        let is_tracked = || {
            let index = inner.index();
            index.is_ok_and(|index| index.get_path(Path::new(path), 0).is_some())
        };
        inner.is_path_ignored(path).unwrap_or(false) && !is_tracked()
    }

    /// What stands at `path` in `commit`'s tree; `None` where nothing does, or where a part of the
    /// path before the last is no folder. The empty path is the tree itself.
    ///
    /// # Errors
    /// [`GitError`] where an object cannot be read.
    pub fn entry(&self, commit: CommitId, path: &str) -> Result<Option<Entry>, GitError> {
        let root = self
            .lock()
            .find_commit(commit.0)
            .map(|commit| commit.tree_id())
            .map_err(|error| self.unreadable(commit.0, format!("commit {commit}"), &error))?;
        let mut found = Entry {
            name: String::new(),
            kind: EntryKind::Folder,
            id: ObjectId(root),
        };
        for segment in path.split('/').filter(|segment| !segment.is_empty()) {
            if found.kind != EntryKind::Folder {
                return Ok(None);
            }
            self.have(found.id.0)?;
            let inner = self.lock();
            let tree = inner
                .find_tree(found.id.0)
                .map_err(|error| self.unreadable(found.id.0, format!("{commit}:{path}"), &error))?;
            match tree.get_name(segment).map(|entry| read_entry(&entry)) {
                Some(entry) => found = entry,
                None => return Ok(None),
            }
        }
        Ok(Some(found))
    }

    /// The entries of a folder, as git sorts them.
    ///
    /// # Errors
    /// [`GitError`] where it is no folder or cannot be read.
    pub fn entries(&self, folder: ObjectId) -> Result<Vec<Entry>, GitError> {
        self.have(folder.0)?;
        let inner = self.lock();
        let tree = inner
            .find_tree(folder.0)
            .map_err(|error| self.unreadable(folder.0, format!("folder {folder}"), &error))?;
        Ok(tree.iter().map(|entry| read_entry(&entry)).collect())
    }

    /// A blob's size in bytes, without reading it.
    ///
    /// # Errors
    /// [`GitError`].
    pub fn blob_size(&self, blob: ObjectId) -> Result<u64, GitError> {
        self.have(blob.0)?;
        let inner = self.lock();
        let header = inner
            .odb()
            .and_then(|odb| odb.read_header(blob.0))
            .map_err(|error| self.unreadable(blob.0, format!("file {blob}"), &error))?;
        match header {
            (size, ObjectType::Blob) => Ok(size as u64),
            _ => Err(GitError::WrongKind {
                path: blob.to_string(),
                expected: "file",
            }),
        }
    }

    /// Hands a whole blob to `read`, without a copy. The repository is locked meanwhile.
    ///
    /// # Errors
    /// [`GitError`].
    pub fn with_blob<T>(
        &self,
        blob: ObjectId,
        read: impl FnOnce(&[u8]) -> T,
    ) -> Result<T, GitError> {
        self.have(blob.0)?;
        let inner = self.lock();
        let content = inner
            .find_blob(blob.0)
            .map_err(|error| self.unreadable(blob.0, format!("file {blob}"), &error))?;
        Ok(read(content.content()))
    }

    /// A blob as a stream. A large one comes through a child's pipe and is never in memory whole.
    ///
    /// # Errors
    /// [`GitError`].
    pub fn open_blob(&self, blob: ObjectId) -> Result<BlobReader, GitError> {
        if self.blob_size(blob)? <= READ_AT_ONCE {
            let content = self.with_blob(blob, <[u8]>::to_vec)?;
            return Ok(BlobReader(Blob::Whole(Cursor::new(content))));
        }
        let mut command = command::git(&self.top);
        command.args(["cat-file", "blob"]).arg(blob.to_string());
        let mut child = command::spawn(command, "cat-file")?;
        let stderr = command::collect(child.stderr.take());
        Ok(BlobReader(Blob::Piped { child, stderr }))
    }
}

/// Whether git may leave objects on a remote: newer versions of it say so of that remote, older ones
/// of the whole repository.
fn is_partial(inner: &git2::Repository) -> bool {
    let names = r"^(remote\..*\.promisor|extensions\.partialclone)$";
    let config = inner.config();
    config.is_ok_and(|config| {
        config
            .entries(Some(names))
            .is_ok_and(|mut entries| entries.next().is_some())
    })
}

fn read_entry(entry: &git2::TreeEntry<'_>) -> Entry {
    let kind = match entry.filemode() {
        0o120_000 => EntryKind::Link,
        0o160_000 => EntryKind::Submodule,
        0o040_000 => EntryKind::Folder,
        _ => EntryKind::File,
    };
    Entry {
        name: String::from_utf8_lossy(entry.name_bytes()).into_owned(),
        kind,
        id: ObjectId(entry.id()),
    }
}

/// A blob being read. A child that fails midway is an error, not an early end.
pub struct BlobReader(Blob);

enum Blob {
    Whole(Cursor<Vec<u8>>),
    Piped {
        child: Child,
        stderr: mpsc::Receiver<String>,
    },
}

impl Read for BlobReader {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        match &mut self.0 {
            Blob::Whole(cursor) => cursor.read(buffer),
            Blob::Piped { child, stderr } => {
                let read = child
                    .stdout
                    .as_mut()
                    .map_or(Ok(0), |out| out.read(buffer))?;
                if read == 0 && !buffer.is_empty() && !child.wait()?.success() {
                    let why = stderr.recv().unwrap_or_default();
                    return Err(std::io::Error::other(format!("git cat-file: {why}")));
                }
                Ok(read)
            }
        }
    }
}

impl Drop for BlobReader {
    fn drop(&mut self) {
        if let Blob::Piped { child, .. } = &mut self.0 {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl ObjectId {
    /// The name that a file of this content has.
    pub fn of_file(content: &[u8]) -> Option<Self> {
        Oid::hash_object(ObjectType::Blob, content).ok().map(Self)
    }
}

impl CommitId {
    /// Reads 40 hexadecimal digits; whether there is such a commit is not looked at.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.len() == 40 && text.bytes().all(|b| b.is_ascii_hexdigit());
        digits.then(|| Oid::from_str(text).ok().map(Self)).flatten()
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for CommitId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Repository({})", self.top.display())
    }
}
