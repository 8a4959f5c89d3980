//! The journal: what a run is doing right now, on this machine, beside the repository.
//!
//! It bridges the time between a mail and the publication of its outcome: a process that is killed
//! leaves a journal, and whoever comes next on the same machine knows of every recipient whether its
//! mail was started and what the relay said. Records are appended with one `write` each, which
//! survives the process; claims are synced to disk, which survives the machine. A run holds its
//! journal's lock while it lives, so that a dead one is told from a live one.
//!
//! After a reboot what was not synced may be missing, so the absence of a record proves nothing then:
//! whoever was claimed and has no outcome is unknown. A copy of a journal proves nothing either
//! ([`Trace`]), and the run that it speaks of may live: it is left alone while a claim of that run
//! holds.

mod place;
mod record;
mod recover;

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

use super::event::{ClaimId, Outcome, Ranges, RecipientIndex, RunId};
use crate::mail::occurrence::OccurrenceId;
use place::Place;
use record::Record;

pub use place::Trace;
pub use recover::DeadRun;

/// The journal could not be written, or a dead run's not be read.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The system refused.
    #[error("journal {}: {why}", path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// The system's words.
        why: String,
    },
    /// A record in the middle is damaged, so what follows cannot be trusted.
    #[error(
        "journal {}: byte {offset}: a damaged record, and more records after it; keep the file for whoever looks into it, and move it away to go on: its claims then count as unknown", path.display()
    )]
    Damaged {
        /// Which.
        path: PathBuf,
        /// Where.
        offset: usize,
    },
    /// Written by another version.
    #[error(
        "journal {}: written by another version of postmerge (format {version}); finish the recovery with that version", path.display()
    )]
    Version {
        /// Which.
        path: PathBuf,
        /// Its format.
        version: u8,
    },
}

/// The journal of the run that is going on. Its methods may be called from several threads.
pub struct Journal {
    run: RunId,
    path: PathBuf,
    inner: Mutex<Inner>,
}

struct Inner {
    /// Holds the lock.
    file: File,
    length: u64,
    /// After a failed write nothing more is written: a record behind a torn one would not be found.
    failed: bool,
    /// Room on the disk that is given back when there is no other, so that what mails under way come
    /// to can still be written down; no mail is begun from then on.
    reserve: Option<PathBuf>,
    buffer: Vec<u8>,
}

impl Journal {
    /// The folder of a repository's journals.
    pub fn folder(repository_dir: &Path) -> PathBuf {
        repository_dir.join("postmerge").join("journal")
    }

    /// Starts the journal of `run` in `folder` and locks it. `boot` identifies this start of the
    /// machine, where the system tells.
    ///
    /// # Errors
    /// [`JournalError::Io`], also where the run has a journal already.
    pub fn create(
        folder: &Path,
        run: RunId,
        boot: Option<&str>,
        at: Timestamp,
    ) -> Result<Self, JournalError> {
        let path = folder.join(format!("{run}.log"));
        let io = |error: io::Error| JournalError::Io {
            path: path.clone(),
            why: error.to_string(),
        };
        std::fs::create_dir_all(folder).map_err(io)?;
        // Made under a name that recovery does not look at and renamed once it is locked and begun:
        // else a recovery could take the empty file for a dead run's and remove it.
        let hidden = folder.join(format!("{run}.new"));
        let file = OpenOptions::new()
            .append(true)
            .create_new(true)
            .open(&hidden)
            .map_err(io)?;
        file.try_lock().map_err(|error| io(error.into()))?;
        let place = Place::of(&file, folder).map_err(io)?;
        let reserve = reserve_of(&path);
        if let Err(error) = std::fs::write(&reserve, [0; RESERVE]) {
            let _ = std::fs::remove_file(&reserve);
            let _ = std::fs::remove_file(&hidden);
            return Err(io(error));
        }
        let journal = Self {
            run,
            path: path.clone(),
            inner: Mutex::new(Inner {
                file,
                length: 0,
                failed: false,
                reserve: Some(reserve),
                buffer: Vec::new(),
            }),
        };
        let start = Record::Start {
            run,
            boot: boot.map(str::to_owned),
            place,
            at,
        };
        journal
            .append(&start)
            .and_then(|()| journal.sync())
            .map_err(io)?;
        if path.exists() {
            let _ = std::fs::remove_file(&hidden);
            return Err(io(io::ErrorKind::AlreadyExists.into()));
        }
        std::fs::rename(&hidden, &path).map_err(io)?;
        // The name itself must survive, too.
        let synced = File::open(folder).and_then(|folder| folder.sync_all());
        synced.map_err(io)?;
        Ok(journal)
    }

    /// Whose it is.
    pub fn run(&self) -> RunId {
        self.run
    }

    /// This run is about to publish a claim. On disk when it returns; to be called *before* the
    /// claim is published, so that no published claim is missing here.
    ///
    /// # Errors
    /// The system's; the claim must not be published then.
    pub fn claimed(
        &self,
        occurrence: &OccurrenceId,
        claim: ClaimId,
        recipients: &Ranges,
    ) -> io::Result<()> {
        self.append(&Record::Claimed {
            occurrence: occurrence.clone(),
            sequence: claim.sequence,
            recipients: recipients.clone(),
        })?;
        self.sync()
    }

    /// The content of a recipient's mail is about to go out. Survives the process when it returns.
    ///
    /// # Errors
    /// The system's; no content may go out then.
    pub fn started(&self, claim: ClaimId, recipient: RecipientIndex) -> io::Result<()> {
        self.append(&Record::Started {
            sequence: claim.sequence,
            recipient: recipient.0,
        })
    }

    /// What became of it.
    ///
    /// # Errors
    /// The system's; the run must stop, and the outcome be published.
    pub fn finished(
        &self,
        claim: ClaimId,
        recipient: RecipientIndex,
        at: Timestamp,
        outcome: &Outcome,
    ) -> io::Result<()> {
        self.append(&Record::Finished {
            sequence: claim.sequence,
            recipient: recipient.0,
            at,
            outcome: outcome.clone(),
        })
    }

    /// Everything about this claim is in the ledger: recovery need not remember it.
    ///
    /// # Errors
    /// The system's.
    pub fn published(&self, claim: ClaimId) -> io::Result<()> {
        self.append(&Record::Published {
            sequence: claim.sequence,
        })
    }

    /// Everything so far to disk.
    ///
    /// # Errors
    /// The system's.
    pub fn sync(&self) -> io::Result<()> {
        let mut inner = self.lock();
        inner.usable()?;
        let synced = inner.file.sync_data();
        // After a failed sync the system may have dropped what it could not write.
        inner.failed |= synced.is_err();
        synced
    }

    /// The run ended and all of it is in the ledger: the journal is not needed any more.
    ///
    /// # Errors
    /// [`JournalError::Io`].
    pub fn remove(self) -> Result<(), JournalError> {
        let _ = std::fs::remove_file(reserve_of(&self.path));
        std::fs::remove_file(&self.path).map_err(|error| JournalError::Io {
            path: self.path.clone(),
            why: error.to_string(),
        })
    }

    /// The journals in `folder` whose runs are dead, each locked by us now. Runs that live are passed
    /// over. A last record that was cut off is ignored: the write did not return.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn recover(folder: &Path, boot: Option<&str>) -> Result<Vec<DeadRun>, JournalError> {
        recover::recover(folder, boot)
    }

    fn append(&self, record: &Record) -> io::Result<()> {
        let mut inner = self.lock();
        inner.usable()?;
        let begins = matches!(record, Record::Claimed { .. } | Record::Started { .. });
        if begins && inner.reserve.is_none() {
            return Err(io::Error::new(
                io::ErrorKind::StorageFull,
                "No space left on device; the last of it is kept for the outcomes of mails under way",
            ));
        }
        let mut buffer = std::mem::take(&mut inner.buffer);
        record.write(&mut buffer);
        let mut written = inner.write(&buffer);
        if written.is_err() {
            let given_back = inner.reserve.take().map(std::fs::remove_file);
            match (given_back, begins) {
                (Some(Ok(())), true) => {}
                (Some(Ok(())), false) if !inner.failed => {
                    written = inner.write(&buffer);
                    inner.failed |= written.is_err();
                }
                _ => inner.failed = true,
            }
        }
        buffer.clear();
        inner.buffer = buffer;
        written
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The size of [`Inner::reserve`]: the outcomes of a hundred mails, with long replies.
const RESERVE: usize = 64 * 1024;

fn reserve_of(journal: &Path) -> PathBuf {
    journal.with_extension("reserve")
}

impl Inner {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let written = self.file.write_all(bytes);
        match written {
            Ok(()) => self.length += bytes.len() as u64,
            // Half a record would hide those behind it.
            Err(_) => self.failed |= self.file.set_len(self.length).is_err(),
        }
        written
    }

    fn usable(&self) -> io::Result<()> {
        match self.failed {
            false => Ok(()),
            true => Err(io::Error::other("an earlier write to the journal failed")),
        }
    }
}

/// Locks a journal unless its run lives.
fn lock_dead(file: &File) -> io::Result<bool> {
    match file.try_lock() {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

#[cfg(test)]
mod tests;
