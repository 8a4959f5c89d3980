//! What was asked for and is not on the ledger yet, on stable storage: an answer is given only after its records are there.
//!
//! Files `<number>.spool` in a folder of one portal, a line each record: sixteen digits of the line's SHA-256, a tab, the
//! record as the ledger writes it. One thread appends; what came in while it was busy is written together and costs one
//! `fdatasync`. A file that is closed is published and then removed; whoever is killed in between publishes it again, and
//! each record counts once. The last line of a file may be torn: nobody was answered then. A line that is damaged
//! elsewhere is left out and counted, and its file is kept beside as `<number>.damaged`.

use std::collections::VecDeque;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use sha2::{Digest as _, Sha256};
use tokio::sync::{mpsc, oneshot};

use crate::ledger::segment::{Record, decode_line, encode_line};

/// A file of so many bytes is closed: what one commit on the ledger holds at most, about.
const FULL: u64 = 4_000_000;

/// Requests that wait to be written at most; more wait outside.
const WAITING: usize = 8_192;

/// Requests that are written together at most.
const TOGETHER: usize = 4_096;

/// Why nothing can be put down.
#[derive(Debug, Clone, thiserror::Error)]
pub enum SpoolError {
    /// The folder or a file in it.
    #[error("{path}: {why}")]
    Io {
        /// Which.
        path: String,
        /// The system's words.
        why: String,
    },
    /// Another portal has it.
    #[error("{0}: another portal that runs uses this spool")]
    Taken(String),
    /// It is being shut down.
    #[error("the spool is closed")]
    Closed,
}

/// The writing end. Clones write to the same spool; when all are dropped, its thread ends.
#[derive(Clone)]
pub(super) struct Spool {
    // Dropped first: its thread ends when the last of these is gone.
    jobs: mpsc::Sender<Job>,
    _thread: Arc<Thread>,
    shared: Arc<Shared>,
}

/// Waited for by whoever is dropped last, so that the folder is free then.
struct Thread(Option<std::thread::JoinHandle<()>>);

impl Drop for Thread {
    fn drop(&mut self) {
        if let Some(thread) = self.0.take() {
            // It panicked: then its jobs were answered with an error.
            let _ = thread.join();
        }
    }
}

struct Shared {
    folder: PathBuf,
    closed: Mutex<VecDeque<PathBuf>>,
    /// Bytes that are not published.
    bytes: AtomicU64,
    damaged: AtomicU64,
    /// Whether the last writing failed.
    is_failing: AtomicBool,
    /// Held as long as the portal runs.
    _lock: File,
}

enum Job {
    Write(String, oneshot::Sender<Result<(), SpoolError>>),
    Close(oneshot::Sender<Result<(), SpoolError>>),
    Try(oneshot::Sender<Result<(), SpoolError>>),
}

/// A closed file's records.
#[derive(Debug, Default)]
#[must_use = "records that are not published are forgotten with their file"]
pub(super) struct Spooled {
    /// In the order in which they were asked for.
    pub(super) records: Vec<Record>,
    /// Lines that were damaged.
    pub(super) damaged: u64,
}

impl Spool {
    /// Opens a folder, alone; what a former portal left in it is closed.
    ///
    /// # Errors
    /// [`SpoolError`].
    pub(super) fn open(folder: &Path) -> Result<Self, SpoolError> {
        let failed = |path: &Path, why: &io::Error| wrong(path, why);
        let made = make(folder);
        made.map_err(|why| failed(folder, &why))?;
        let path = folder.join("lock");
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(|why| failed(&path, &why))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(SpoolError::Taken(folder.display().to_string()));
            }
            Err(TryLockError::Error(why)) => return Err(failed(&path, &why)),
        }
        let (mut left, mut bytes, mut last) = (Vec::new(), 0, 0);
        for entry in fs::read_dir(folder).map_err(|why| failed(folder, &why))? {
            let path = entry.map_err(|why| failed(folder, &why))?.path();
            let (number, damaged) = (number(&path, "spool"), number(&path, "damaged"));
            // What is kept beside keeps its number: another would take its place.
            last = last.max(number.or(damaged).unwrap_or_default());
            if let Some(number) = number {
                bytes += fs::metadata(&path).map_or(0, |it| it.len());
                left.push((number, path));
            }
        }
        left.sort();
        let next = last + 1;
        let shared = Arc::new(Shared {
            folder: folder.to_owned(),
            closed: Mutex::new(left.into_iter().map(|(_, path)| path).collect()),
            bytes: AtomicU64::new(bytes),
            damaged: AtomicU64::new(0),
            is_failing: AtomicBool::new(false),
            _lock: lock,
        });
        let (jobs, inbox) = mpsc::channel(WAITING);
        let writer = Writer {
            shared: Arc::clone(&shared),
            next,
            file: None,
        };
        let thread = std::thread::Builder::new()
            .name("spool".to_owned())
            .spawn(move || writer.run(inbox))
            .map_err(|why| failed(folder, &why))?;
        Ok(Self {
            jobs,
            shared,
            _thread: Arc::new(Thread(Some(thread))),
        })
    }

    /// Puts records down; returns when they are on stable storage, all of them.
    ///
    /// # Errors
    /// [`SpoolError`]: nothing can be promised.
    pub(super) async fn put(&self, records: &[Record]) -> Result<(), SpoolError> {
        let mut lines = String::new();
        for line in records.iter().filter_map(encode_line) {
            lines.push_str(&sum(&line));
            lines.push('\t');
            lines.push_str(&line);
            lines.push('\n');
        }
        self.job(|done| Job::Write(lines, done)).await
    }

    /// Closes the file that is written to, if there is one.
    ///
    /// # Errors
    /// [`SpoolError`].
    pub(super) async fn close_file(&self) -> Result<(), SpoolError> {
        self.job(Job::Close).await
    }

    /// Whether anything can be put down. Where the last writing failed, another is tried: whoever hears no sends nobody here, so
    /// nothing else would find out.
    pub(super) async fn is_well(&self) -> bool {
        let is_alive = self.job(Job::Try).await.is_ok();
        is_alive && !self.shared.is_failing.load(Ordering::Relaxed)
    }

    async fn job(
        &self,
        job: impl FnOnce(oneshot::Sender<Result<(), SpoolError>>) -> Job,
    ) -> Result<(), SpoolError> {
        let (done, answer) = oneshot::channel();
        let sent = self.jobs.send(job(done)).await;
        sent.map_err(|_| SpoolError::Closed)?;
        answer.await.map_err(|_| SpoolError::Closed)?
    }

    /// The closed files, oldest first.
    pub(super) fn closed(&self) -> Vec<PathBuf> {
        let closed = &self.shared.closed;
        let closed = closed.lock().unwrap_or_else(PoisonError::into_inner);
        closed.iter().cloned().collect()
    }

    /// A closed file's records; a file that is gone has none.
    ///
    /// # Errors
    /// [`SpoolError::Io`].
    pub(super) fn read(&self, path: &Path) -> Result<Spooled, SpoolError> {
        read(path)
    }

    /// Takes a closed file away: its records are on the ledger. Where lines were damaged it is kept beside.
    ///
    /// # Errors
    /// [`SpoolError::Io`].
    pub(super) fn published(&self, path: &Path, damaged: u64) -> Result<(), SpoolError> {
        let size = fs::metadata(path).map_or(0, |it| it.len());
        let gone = match damaged {
            0 => fs::remove_file(path),
            _ => fs::rename(path, path.with_extension("damaged")),
        };
        self.shared.damaged.fetch_add(damaged, Ordering::Relaxed);
        match gone {
            Err(why) if why.kind() != io::ErrorKind::NotFound => return Err(wrong(path, &why)),
            _ => {}
        }
        let closed = &self.shared.closed;
        let mut closed = closed.lock().unwrap_or_else(PoisonError::into_inner);
        closed.retain(|it| it != path);
        drop(closed);
        self.shared.bytes.fetch_sub(size, Ordering::Relaxed);
        Ok(())
    }

    /// Bytes that are not on the ledger yet.
    pub(super) fn waiting_bytes(&self) -> u64 {
        self.shared.bytes.load(Ordering::Relaxed)
    }

    /// Lines that were damaged.
    pub(super) fn damaged(&self) -> u64 {
        self.shared.damaged.load(Ordering::Relaxed)
    }
}

/// Makes a folder, and its name and those above it as lasting as what will be in it.
fn make(folder: &Path) -> io::Result<()> {
    let missing = folder.ancestors().take_while(|it| !it.exists()).count();
    fs::create_dir_all(folder)?;
    // Its own at least: whoever made it may have got no further.
    for made in folder.ancestors().take(missing.max(1)) {
        let above = match made.parent() {
            None => continue,
            Some(here) if here.as_os_str().is_empty() => Path::new("."),
            Some(above) => above,
        };
        let lasting = File::open(above).and_then(|it| it.sync_all());
        match lasting {
            Err(why) if !(missing == 0 && is_not_for_us(&why)) => return Err(why),
            _ => {}
        }
    }
    Ok(())
}

/// Whether a folder's names cannot be made lasting by whoever only passes it, or not on its file system at all. One that was
/// there before may well be such.
fn is_not_for_us(why: &io::Error) -> bool {
    use io::ErrorKind::{InvalidInput, PermissionDenied, Unsupported};
    matches!(why.kind(), PermissionDenied | InvalidInput | Unsupported)
}

/// Reads a file's records up to its end or its torn last line.
fn read(path: &Path) -> Result<Spooled, SpoolError> {
    let mut spooled = Spooled::default();
    let file = match File::open(path) {
        Ok(file) => file,
        Err(why) if why.kind() == io::ErrorKind::NotFound => return Ok(spooled),
        Err(why) => return Err(wrong(path, &why)),
    };
    let mut reader = BufReader::new(file);
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = reader.read_until(b'\n', &mut line);
        let read = read.map_err(|why| wrong(path, &why))?;
        // Without its end it was never acknowledged.
        if read == 0 || line.last() != Some(&b'\n') {
            return Ok(spooled);
        }
        match record(&line) {
            Some(record) => spooled.records.push(record),
            None => spooled.damaged += 1,
        }
    }
}

fn record(line: &[u8]) -> Option<Record> {
    let line = std::str::from_utf8(line).ok()?.strip_suffix('\n')?;
    let (given, line) = line.split_once('\t')?;
    (given == sum(line)).then(|| decode_line(line)).flatten()
}

/// Sixteen digits of a line's hash: tells a torn or damaged line, not a forged one.
fn sum(line: &str) -> String {
    let hash = Sha256::digest(line.as_bytes());
    hash.iter().take(8).map(|b| format!("{b:02x}")).collect()
}

fn number(path: &Path, ending: &str) -> Option<u64> {
    let is_ours = path.extension().is_some_and(|it| it == ending);
    let stem = path.file_stem().and_then(|stem| stem.to_str());
    stem.filter(|_| is_ours)?.parse().ok()
}

fn wrong(path: &Path, why: &io::Error) -> SpoolError {
    SpoolError::Io {
        path: path.display().to_string(),
        why: why.to_string(),
    }
}

/// The thread that writes.
struct Writer {
    shared: Arc<Shared>,
    next: u64,
    file: Option<(PathBuf, File, u64)>,
}

impl Writer {
    fn run(mut self, mut inbox: mpsc::Receiver<Job>) {
        let mut jobs = Vec::new();
        while inbox.blocking_recv_many(&mut jobs, TOGETHER) > 0 {
            let mut text = String::new();
            let (mut writers, mut closers) = (Vec::new(), Vec::new());
            for job in jobs.drain(..) {
                match job {
                    Job::Write(lines, done) => {
                        text.push_str(&lines);
                        writers.push(done);
                    }
                    Job::Close(done) => closers.push(done),
                    Job::Try(done) => {
                        self.try_again();
                        let _ = done.send(Ok(()));
                    }
                }
            }
            let written = match text.is_empty() {
                true => Ok(()),
                false => {
                    let written = self.write(text.as_bytes());
                    self.shared
                        .is_failing
                        .store(written.is_err(), Ordering::Relaxed);
                    written
                }
            };
            let is_full = self.file.as_ref().is_some_and(|(_, _, size)| *size >= FULL);
            // After an error nobody knows what the file holds: what follows goes into another.
            if !closers.is_empty() || is_full || written.is_err() {
                self.close();
            }
            for done in writers {
                // Whoever asked may have hung up.
                let _ = done.send(written.clone());
            }
            for done in closers {
                let _ = done.send(Ok(()));
            }
        }
        self.close();
    }

    fn write(&mut self, text: &[u8]) -> Result<(), SpoolError> {
        if self.file.is_none() {
            let path = self.shared.folder.join(format!("{:08}.spool", self.next));
            let opened = OpenOptions::new().create_new(true).append(true).open(&path);
            let file = opened.map_err(|why| wrong(&path, &why))?;
            self.next += 1;
            // The file's name must outlive a crash, too.
            let folder = File::open(&self.shared.folder).and_then(|folder| folder.sync_all());
            folder.map_err(|why| wrong(&self.shared.folder, &why))?;
            self.file = Some((path, file, 0));
        }
        let Some((path, file, size)) = &mut self.file else {
            return Err(SpoolError::Closed);
        };
        let done = file.write_all(text).and_then(|()| file.sync_data());
        // A full disk must not fill up with empty files; what is left of a line is nobody's.
        let is_gone = done.is_err() && *size == 0 && fs::remove_file(&path).is_ok();
        // What is there, since that is what goes when it is published: after an error not all that was to be.
        let there = match &done {
            Ok(()) => *size + text.len() as u64,
            Err(_) if is_gone => 0,
            Err(_) => file.metadata().map_or(*size, |it| it.len()),
        };
        let written = there.saturating_sub(*size);
        *size = there;
        self.shared.bytes.fetch_add(written, Ordering::Relaxed);
        done.map_err(|why| wrong(path, &why))
    }

    /// Writes as much as a record or two beside the files, where the last writing failed.
    fn try_again(&self) {
        if !self.shared.is_failing.load(Ordering::Relaxed) {
            return;
        }
        let path = self.shared.folder.join("trial");
        let file = File::create(&path);
        let tried = file.and_then(|mut file| {
            file.write_all(&[b'\n'; 4_096])?;
            file.sync_data()
        });
        let removed = fs::remove_file(&path);
        let is_failing = tried.and(removed).is_err();
        self.shared.is_failing.store(is_failing, Ordering::Relaxed);
    }

    fn close(&mut self) {
        if let Some((path, ..)) = self.file.take() {
            let closed = &self.shared.closed;
            let mut closed = closed.lock().unwrap_or_else(PoisonError::into_inner);
            closed.push_back(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::event::{Exclusion, Scope, SuppressionEvent};
    use crate::mail::recipient_id::RecipientId;
    use jiff::Timestamp;

    fn record(n: u8) -> Record {
        Record::Suppression(SuppressionEvent::Suppressed {
            recipient: RecipientId([n; 12]),
            scope: Scope::All,
            reason: Exclusion::Unsubscribed,
            at: Timestamp::from_second(i64::from(n)).unwrap(),
            note: "on the portal".to_owned(),
        })
    }

    fn all(spool: &Spool) -> Vec<Record> {
        let files = spool.closed();
        let read = files.iter().flat_map(|it| spool.read(it).unwrap().records);
        read.collect()
    }

    #[test]
    fn a_folder_that_was_there_may_stand_in_one_that_cannot_be_made_lasting() {
        // Nothing of `/proc` can.
        #[cfg(target_os = "linux")]
        make(Path::new("/proc/self/fdinfo")).unwrap();
        let is_fine = |kind| is_not_for_us(&io::Error::from(kind));
        assert!(is_fine(io::ErrorKind::PermissionDenied));
        assert!(!is_fine(io::ErrorKind::StorageFull));
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn what_is_put_down_is_there_for_the_next_portal() {
        let folder = tempfile::tempdir().unwrap();
        let spool = Spool::open(folder.path()).unwrap();
        assert!(matches!(
            Spool::open(folder.path()),
            Err(SpoolError::Taken(_))
        ));
        let mut puts = Vec::new();
        for n in 0..50 {
            let spool = spool.clone();
            puts.push(tokio::spawn(async move {
                spool.put(&[record(n)]).await.is_ok()
            }));
        }
        for put in puts {
            assert!(put.await.unwrap());
        }
        // As if it had been killed: nothing is closed, the file is there.
        let copy = tempfile::tempdir().unwrap();
        for entry in fs::read_dir(folder.path()).unwrap() {
            let path = entry.unwrap().path();
            fs::copy(&path, copy.path().join(path.file_name().unwrap())).unwrap();
        }
        let next = Spool::open(copy.path()).unwrap();
        assert_eq!(all(&next).len(), 50);
        assert!(next.waiting_bytes() > 0);
        // The first one goes on.
        spool.close_file().await.unwrap();
        assert_eq!(all(&spool).len(), 50);
        for path in spool.closed() {
            spool.published(&path, 0).unwrap();
        }
        assert_eq!((spool.closed().len(), spool.waiting_bytes()), (0, 0));
        spool.put(&[record(7)]).await.unwrap();
        spool.close_file().await.unwrap();
        assert_eq!(all(&spool), [record(7)]);
    }

    #[test]
    fn a_folder_is_made_with_those_above_it() {
        let folder = tempfile::tempdir().unwrap();
        let deep = folder.path().join("a/b/c");
        for _ in 0..2 {
            make(&deep).unwrap();
            assert!(deep.is_dir());
        }
        fs::write(folder.path().join("file"), "").unwrap();
        assert!(make(&folder.path().join("file/a")).is_err());
    }

    #[test]
    fn what_could_not_be_written_does_not_wait() {
        let folder = tempfile::tempdir().unwrap();
        let spool = Spool::open(folder.path()).unwrap();
        for already in [0, 3] {
            let path = folder.path().join("00000009.spool");
            fs::write(&path, "abc".get(..already).unwrap()).unwrap();
            let before = spool.waiting_bytes();
            // Writing to it fails, as on a full disk.
            let mut writer = Writer {
                shared: Arc::clone(&spool.shared),
                next: 10,
                file: Some((path.clone(), File::open(&path).unwrap(), already as u64)),
            };
            assert!(writer.write(b"a line\n").is_err());
            assert_eq!(spool.waiting_bytes(), before);
            assert_eq!(path.exists(), already > 0);
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_torn_end_is_nobodys_and_a_damaged_line_is_counted_and_kept() {
        let folder = tempfile::tempdir().unwrap();
        let spool = Spool::open(folder.path()).unwrap();
        spool.put(&[record(1), record(2), record(3)]).await.unwrap();
        spool.close_file().await.unwrap();
        let path = spool.closed().remove(0);
        let whole = fs::read(&path).unwrap();
        for end in 0..whole.len() {
            fs::write(&path, &whole[..end]).unwrap();
            let read = spool.read(&path).unwrap();
            let lines = whole[..end].iter().filter(|b| **b == b'\n').count();
            assert_eq!((read.records.len(), read.damaged), (lines, 0), "{end}");
        }
        let mut damaged = whole.clone();
        damaged[30] ^= 1;
        fs::write(&path, &damaged).unwrap();
        let read = spool.read(&path).unwrap();
        assert_eq!(read.records, [record(2), record(3)]);
        assert_eq!(read.damaged, 1);
        spool.published(&path, 1).unwrap();
        assert_eq!(spool.damaged(), 1);
        assert!(path.with_extension("damaged").exists());
        assert!(spool.closed().is_empty());
        // The next one's files do not take its place, damaged or not.
        drop(spool);
        let next = Spool::open(folder.path()).unwrap();
        next.put(&[record(4)]).await.unwrap();
        next.close_file().await.unwrap();
        let other = next.closed().remove(0);
        assert_ne!(other, path);
        next.published(&other, 1).unwrap();
        assert_eq!(fs::read(path.with_extension("damaged")).unwrap(), damaged);
        assert!(other.with_extension("damaged").exists());
    }
}
