//! Taking turns in a checkout, and putting away what a dead process left.
//!
//! Git guards a reference with a file beside it, `<reference>.lock`. Whoever is killed leaves that
//! file for ever, and nobody can tell a dead one's from a live one's. So we guard our own references
//! (`refs/postmerge/…`) once more, with a lock of the operating system's, which the kernel takes back
//! when its holder dies: a `.lock` that is there during our turn is nobody's.
//!
//! The `git` children that fetch and push hold the turn too (as their standard input, which they do
//! not read). They outlive us where only we are killed, and the next run waits for them: else a push
//! that is still under way could arrive after that run had looked what is on the remote.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::mpsc;
use std::time::Duration;

use super::command;
use super::error::GitError;
use super::repository::{CommitId, Repository};

/// Our turn; it ends when this and the children that hold it are gone.
pub(super) struct Turn {
    file: File,
    common_dir: PathBuf,
}

/// How long a change of a local reference may take, its wait for a turn included. Others hold theirs
/// while they talk to the remote.
const LOCAL_LIMIT: Duration = Duration::from_secs(150);

/// How long `git` waits for a reference's lock, in milliseconds. Living commands of a person's (`git gc`)
/// hold one for an instant, so whatever stays longer is a dead process's.
pub(super) const LOCK_PATIENCE: &str = "core.filesRefLockTimeout=1000";

impl Repository {
    /// Waits for our turn.
    ///
    /// # Errors
    /// [`GitError::Occupied`] where it did not come within `limit`.
    pub(super) fn turn(&self, limit: Duration) -> Result<Turn, GitError> {
        let folder = self.common_dir().join("postmerge");
        let path = folder.join("turn");
        let wrong = |error: io::Error| GitError::io(path.display().to_string(), &error);
        std::fs::create_dir_all(&folder).map_err(wrong)?;
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(&path)
            .map_err(wrong)?;
        let file = match file.try_lock() {
            Ok(()) => file,
            Err(TryLockError::Error(error)) => return Err(wrong(error)),
            Err(TryLockError::WouldBlock) => wait(file, limit)?.map_err(wrong)?,
        };
        Ok(Turn {
            file,
            common_dir: self.common_dir().to_owned(),
        })
    }

    /// Points the reference `name` at `commit`, if `may` says so of where it stands.
    ///
    /// # Errors
    /// What `may` says, and [`GitError`].
    pub fn move_reference<E: From<GitError>>(
        &self,
        name: &str,
        commit: CommitId,
        may: impl FnOnce(Option<CommitId>) -> Result<bool, E>,
    ) -> Result<(), E> {
        let turn = self.turn(LOCAL_LIMIT)?;
        turn.remove_hollow()?;
        let there = self.reference(name)?;
        if there == Some(commit) || !may(there)? {
            return Ok(());
        }
        Ok(self.put_reference(&turn, name, commit, there)?)
    }

    fn put_reference(
        &self,
        turn: &Turn,
        name: &str,
        commit: CommitId,
        there: Option<CommitId>,
    ) -> Result<(), GitError> {
        let put = || {
            let inner = self.lock();
            let moved = match there {
                Some(old) => inner.reference_matching(name, commit.0, true, old.0, "postmerge"),
                None => inner.reference(name, commit.0, false, "postmerge"),
            };
            moved.map(drop)
        };
        let wrong = |error: git2::Error| GitError::object(format!("moving {name}"), &error);
        match put() {
            Err(error) if error.code() == git2::ErrorCode::Locked => {}
            other => return other.map_err(wrong),
        }
        // libgit2 does not wait for a lock; `git` does.
        let mut patient = command::git(self.top());
        let old = there.map_or_else(|| "0".repeat(40), |old| old.to_string());
        patient
            .args(["-c", LOCK_PATIENCE, "update-ref", "-m", "postmerge", name])
            .args([commit.to_string(), old]);
        let done = command::run(patient, "update-ref", LOCAL_LIMIT)?;
        if done.status.success() {
            return Ok(());
        }
        turn.remove_lock(name)?;
        put().map_err(wrong)
    }
}

/// Waits beside us, because a lock of the system's cannot be waited for with a limit. Where the
/// limit is over, the other thread gets its turn some day, finds nobody and gives it back.
fn wait(file: File, limit: Duration) -> Result<io::Result<File>, GitError> {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let locked = file.lock().map(|()| file);
        let _ = sender.send(locked);
    });
    receiver
        .recv_timeout(limit)
        .map_err(|_| GitError::Occupied {
            seconds: limit.as_secs(),
        })
}

impl Turn {
    /// For a child that is to hold the turn as long as it lives.
    pub(super) fn hold(&self) -> Result<Stdio, GitError> {
        let file = self.file.try_clone();
        file.map(Stdio::from)
            .map_err(|error| GitError::io("sharing a lock with git", &error))
    }

    /// Removes the lock of one of our references and says whether there was one. Only to be asked
    /// after waiting for it: see [`LOCK_PATIENCE`].
    pub(super) fn remove_lock(&self, name: &str) -> Result<bool, GitError> {
        removed(&self.common_dir.join(format!("{name}.lock")))
    }

    /// Removes those of our references that are there without saying anything: the machine went down
    /// before their content was on the disk. Git takes one for broken and then does not even fetch
    /// into another; what they said is said by the remote again.
    pub(super) fn remove_hollow(&self) -> Result<(), GitError> {
        let mut open = vec![self.common_dir.join("refs").join("postmerge")];
        while let Some(folder) = open.pop() {
            let entries = match std::fs::read_dir(&folder) {
                Ok(entries) => entries,
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(GitError::io(folder.display().to_string(), &error)),
            };
            for entry in entries.flatten() {
                let path = entry.path();
                if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                    open.push(path);
                } else if path.extension().is_none_or(|it| it != "lock") && is_hollow(&path) {
                    removed(&path)?;
                }
            }
        }
        Ok(())
    }
}

/// Whether a file holds nothing, or nothing but the zeros that some file systems leave.
pub(super) fn is_hollow(path: &Path) -> bool {
    std::fs::read(path).is_ok_and(|bytes| {
        bytes
            .iter()
            .all(|byte| *byte == 0 || byte.is_ascii_whitespace())
    })
}

fn removed(path: &Path) -> Result<bool, GitError> {
    match std::fs::remove_file(path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(GitError::io(path.display().to_string(), &error)),
    }
}
