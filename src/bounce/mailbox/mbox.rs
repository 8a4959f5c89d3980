//! An mbox that a mail server appends to (RFC 4155; mboxo and mboxrd quoting, LF or CR LF).
//!
//! Never writes to the spool: a rewrite in place can lose what is delivered meanwhile, whatever is locked. What was
//! read is remembered instead, as an offset and a hash of what stands before it, in `<file>.postmerge` beside; where
//! the file is another one by then (rotated, emptied, rewritten) it is read from the start. The locks (`<file>.lock`,
//! and flock) are held only while the file's end is looked up: what ends there was delivered whole.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{MESSAGE_AT_MOST, Mailbox, MailboxError, Message, Place, Taken, open_regular};
use crate::clock::{BoxFuture, Clock};

/// How often a lock is tried, and the pause between: a delivery is through in less time.
const LOCK_TRIES: u32 = 50;
const LOCK_PAUSE: SignedDuration = SignedDuration::from_millis(200);
/// So much before an offset says whether the file is still the same.
const TAIL: usize = 1024;
const STATE_AT_MOST: usize = 4096;

/// An mbox.
pub struct Mbox {
    path: PathBuf,
    /// A spool's; `None` where the file is at rest.
    clock: Option<Arc<dyn Clock>>,
    open: Option<Spool>,
    /// What was done, start → (end, tail), and not yet remembered because something before it is not done.
    ahead: BTreeMap<u64, (u64, u64)>,
    remembered: u64,
}

#[derive(Debug)]
struct Spool {
    file: BufReader<File>,
    at: u64,
    /// The file's end when it was opened.
    end: u64,
    /// Where the next message starts, and whether its postmark was read already.
    start: u64,
    marked: bool,
    recent: Vec<u8>,
}

/// What stands in `<file>.postmerge`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct State {
    offset: u64,
    tail: u64,
}

impl Mbox {
    /// A spool: locked for a moment when it is opened, what was done is remembered beside it.
    pub fn spool(path: &Path, clock: Arc<dyn Clock>) -> Self {
        Self::new(path, Some(clock))
    }

    /// A file at rest: read from the start to the end, neither locked nor remembered.
    pub fn at_rest(path: &Path) -> Self {
        Self::new(path, None)
    }

    fn new(path: &Path, clock: Option<Arc<dyn Clock>>) -> Self {
        Self {
            path: path.to_owned(),
            clock,
            open: None,
            ahead: BTreeMap::new(),
            remembered: 0,
        }
    }

    fn beside(&self, ending: &str) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(ending);
        name.into()
    }

    async fn open(&mut self) -> Result<Spool, MailboxError> {
        let mut file = open_regular(&self.path).map_err(|error| match error.kind() {
            io::ErrorKind::InvalidInput => MailboxError::NotThat {
                path: self.path.clone(),
                why: "is not a regular file",
            },
            _ => MailboxError::io(&self.path, "open it")(error),
        })?;
        let end = match &self.clock {
            Some(clock) => self.locked_length(&file, clock.as_ref()).await?,
            None => file.metadata().map_err(self.io("look at it"))?.len(),
        };
        let mut recent = Vec::new();
        let mut offset = 0;
        if let Some(state) = self.state()
            && state.offset <= end
        {
            let back = state.offset.min(u64::try_from(TAIL).unwrap_or(0));
            file.seek(SeekFrom::Start(state.offset - back))
                .map_err(self.io("read it"))?;
            (&mut file)
                .take(back)
                .read_to_end(&mut recent)
                .map_err(self.io("read it"))?;
            if tail(&recent) == state.tail {
                offset = state.offset;
            } else {
                recent.clear();
            }
        }
        file.seek(SeekFrom::Start(offset))
            .map_err(self.io("read it"))?;
        self.remembered = offset;
        Ok(Spool {
            file: BufReader::with_capacity(64 * 1024, file),
            at: offset,
            end,
            start: offset,
            marked: false,
            recent,
        })
    }

    /// The file's length while nobody delivers.
    async fn locked_length(&self, file: &File, clock: &dyn Clock) -> Result<u64, MailboxError> {
        let lock = self.beside(".lock");
        for attempt in 0..LOCK_TRIES {
            if attempt > 0 {
                let now = clock.now();
                clock
                    .sleep_until(now.checked_add(LOCK_PAUSE).unwrap_or(now))
                    .await;
            }
            let made = fs::OpenOptions::new()
                .write(true)
                .create_new(true)
                .open(&lock);
            let _dot = match made {
                Ok(_) => Remove(&lock),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
                Err(error) => {
                    return Err(MailboxError::io(&lock, "create it, to lock the mbox")(
                        error,
                    ));
                }
            };
            match file.try_lock_shared() {
                Ok(()) => {
                    let length = file.metadata().map(|found| found.len());
                    file.unlock().map_err(self.io("unlock it"))?;
                    return length.map_err(self.io("look at it"));
                }
                Err(fs::TryLockError::WouldBlock) => {}
                Err(fs::TryLockError::Error(error)) => return Err(self.io("lock it")(error)),
            }
        }
        Err(MailboxError::Locked {
            path: self.path.clone(),
            lock,
        })
    }

    /// A state that cannot be read is none: messages are read once more, and count once.
    fn state(&self) -> Option<State> {
        self.clock.as_ref()?;
        let file = open_regular(&self.beside(".postmerge")).ok()?;
        let (bytes, _) = super::bounded(file, STATE_AT_MOST).ok()?;
        serde_json::from_slice(&bytes).ok()
    }

    fn io(&self, doing: &'static str) -> impl FnOnce(io::Error) -> MailboxError + use<> {
        MailboxError::io(&self.path, doing)
    }

    async fn take(&mut self) -> Result<Option<Message>, MailboxError> {
        if self.open.is_none() {
            self.open = Some(self.open().await?);
        }
        let failed = self.io("read it");
        let Some(spool) = &mut self.open else {
            return Ok(None);
        };
        match spool.message().map_err(failed)? {
            Found::Message(message) => Ok(Some(message)),
            Found::End => Ok(None),
            Found::NoMbox => Err(MailboxError::NotThat {
                path: self.path.clone(),
                why: "is no mbox: no message begins with `From ` where one should",
            }),
        }
    }

    fn mark(&mut self, taken: &[Taken]) -> Result<(), MailboxError> {
        for taken in taken {
            if let Place::Mbox { start, end, tail } = taken.0
                && start >= self.remembered
            {
                self.ahead.insert(start, (end, tail));
            }
        }
        let mut state = None;
        // Only what has nothing undone before it: an offset cannot leave anything out.
        while let Some((end, tail)) = self.ahead.remove(&self.remembered) {
            self.remembered = end;
            state = Some(State { offset: end, tail });
        }
        let Some(state) = state.filter(|_| self.clock.is_some()) else {
            return Ok(());
        };
        let beside = self.beside(".postmerge");
        let folder = match beside.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let write = || -> io::Result<()> {
            let mut file = tempfile::NamedTempFile::new_in(folder)?;
            serde_json::to_writer(&mut file, &state)?;
            file.flush()?;
            file.as_file().sync_all()?;
            file.persist(&beside)?;
            Ok(())
        };
        write().map_err(MailboxError::io(&beside, "write it"))
    }
}

/// What reading a message came to.
enum Found {
    Message(Message),
    End,
    NoMbox,
}

impl Spool {
    fn message(&mut self) -> io::Result<Found> {
        while !self.marked {
            match self.line()? {
                None => return Ok(Found::End),
                Some(line) if is_blank(&line) => {}
                Some(line) if is_postmark(&line) => self.marked = true,
                Some(_) => return Ok(Found::NoMbox),
            }
        }
        let mut bytes = Vec::new();
        let mut cut = false;
        let mut after_blank = false;
        let mut last = 0;
        self.marked = false;
        let (end, tail) = loop {
            let (end, before) = (self.at, tail(&self.recent));
            let Some(line) = self.line()? else {
                break (end, before);
            };
            if after_blank && is_postmark(&line) {
                self.marked = true;
                break (end, before);
            }
            after_blank = is_blank(&line);
            // mboxrd puts one `>` before each `>From `, mboxo before `From ` only.
            let quoted = line.iter().take_while(|octet| **octet == b'>').count();
            let skip = usize::from(
                quoted > 0
                    && line
                        .get(quoted..)
                        .is_some_and(|rest| rest.starts_with(b"From ")),
            );
            let room = MESSAGE_AT_MOST - bytes.len();
            let line = line.get(skip..).unwrap_or_default();
            cut |= line.len() > room;
            last = line.len().min(room);
            bytes.extend_from_slice(line.get(..last).unwrap_or_default());
        };
        // The empty line before a postmark is the mbox's, not the message's.
        if after_blank && !cut {
            bytes.truncate(bytes.len() - last);
        }
        let start = std::mem::replace(&mut self.start, end);
        Ok(Found::Message(Message {
            arrived: None,
            opened: false,
            taken: Taken(Place::Mbox { start, end, tail }),
            bytes,
            cut,
        }))
    }

    /// A line with its end, and at most one octet more of it than a message may have; `None` at the end.
    fn line(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut line = Vec::new();
        loop {
            let left = usize::try_from(self.end - self.at).unwrap_or(usize::MAX);
            let come = self.file.fill_buf()?;
            let come = come.get(..come.len().min(left)).unwrap_or_default();
            if come.is_empty() {
                return Ok((!line.is_empty()).then_some(line));
            }
            let found = memchr::memchr(b'\n', come);
            let piece = come
                .get(..found.map_or(come.len(), |at| at + 1))
                .unwrap_or(come);
            let room = (MESSAGE_AT_MOST + 1).saturating_sub(line.len());
            line.extend_from_slice(piece.get(..room).unwrap_or(piece));
            self.recent.extend_from_slice(
                piece
                    .get(piece.len().saturating_sub(TAIL)..)
                    .unwrap_or(piece),
            );
            let old = self.recent.len().saturating_sub(TAIL);
            // Moving what is kept at each short line would cost more than reading it.
            if old > 16 * TAIL {
                self.recent.drain(..old);
            }
            let length = piece.len();
            self.file.consume(length);
            self.at += u64::try_from(length).unwrap_or(0);
            if found.is_some() {
                return Ok(Some(line));
            }
        }
    }
}

impl Mailbox for Mbox {
    fn next(&mut self) -> BoxFuture<'_, Result<Option<Message>, MailboxError>> {
        Box::pin(self.take())
    }

    fn done<'a>(&'a mut self, taken: &'a [Taken]) -> BoxFuture<'a, Result<(), MailboxError>> {
        Box::pin(async { self.mark(taken) })
    }
}

/// The lock file goes whichever way the function is left.
struct Remove<'a>(&'a Path);

impl Drop for Remove<'_> {
    fn drop(&mut self) {
        // Should it be gone, somebody else has broken the lock; nothing hangs on it any more.
        let _ = fs::remove_file(self.0);
    }
}

/// A hash of the last [`TAIL`] octets.
fn tail(recent: &[u8]) -> u64 {
    let last = recent
        .get(recent.len().saturating_sub(TAIL)..)
        .unwrap_or(recent);
    let hash = Sha256::digest(last);
    hash.iter()
        .take(8)
        .fold(0, |number, octet| number << 8 | u64::from(*octet))
}

fn is_blank(line: &[u8]) -> bool {
    matches!(line, b"\n" | b"\r\n")
}

/// `From sender time`: with a time of day, because not every program quotes what people write after "From ".
fn is_postmark(line: &[u8]) -> bool {
    let time = |five: &[u8]| matches!(five, [a, b, b':', c, d] if [a, b, c, d].iter().all(|digit| digit.is_ascii_digit()));
    line.starts_with(b"From ") && line.len() < TAIL && line.windows(5).any(time)
}

#[cfg(test)]
#[path = "mbox_tests.rs"]
mod tests;
