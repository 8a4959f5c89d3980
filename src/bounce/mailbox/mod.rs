//! The places that returned mail is read from: an IMAP folder, a Maildir, an mbox, one message by itself.
//!
//! Hands out one message after the other, so that memory does not grow with the mailbox, and changes nothing
//! until it is told what was published. Read, mark: whoever is killed in between reads the same messages again,
//! so whoever counts them must count a message once. Knows nothing of what messages say.

mod done;
mod imap;
mod keep;
mod maildir;
mod mbox;
mod open;
mod single;

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::clock::BoxFuture;
use crate::transport::imap::{ConfigError, ImapError};

pub use imap::ImapMailbox;
pub use maildir::Maildir;
pub use mbox::Mbox;
pub use open::open;
pub use single::Single;

/// As much of a message as is handed out: a report and the headers of what came back are far smaller.
pub const MESSAGE_AT_MOST: usize = 1024 * 1024;

/// A place that returned mail is read from.
pub trait Mailbox: Send {
    /// Messages of this or another mailbox were taken in before. Said before the first is asked for.
    ///
    /// # Errors
    /// [`MailboxError`].
    fn resume(&mut self) -> Result<(), MailboxError> {
        Ok(())
    }

    /// The next message that was not handed out yet; one larger than [`MESSAGE_AT_MOST`] is handed out cut.
    fn next(&mut self) -> BoxFuture<'_, Result<Option<Message>, MailboxError>>;

    /// Moves or flags messages, so that they are not read again. Called only after what they say was
    /// published. What was moved or flagged before, by whomever, is no error.
    fn done<'a>(&'a mut self, taken: &'a [Taken]) -> BoxFuture<'a, Result<(), MailboxError>>;

    /// These are for a person, and were not handed on; called after what they say was published. A place that messages stay in by
    /// themselves has nothing to do.
    fn stay<'a>(&'a mut self, left: &'a [Taken]) -> BoxFuture<'a, Result<Stay, MailboxError>> {
        let _ = left;
        Box::pin(async { Ok(Stay::There) })
    }

    /// Lets go of the place, politely.
    fn close(self: Box<Self>) -> BoxFuture<'static, ()> {
        Box::pin(async {})
    }
}

/// A message that was handed out.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    /// Which one it is, for [`Mailbox::done`].
    pub taken: Taken,
    /// Its octets, as they lie there; line ends may be LF or CR LF.
    pub bytes: Vec<u8>,
    /// Whether there was more of it.
    pub cut: bool,
    /// When it arrived there, where the place says so.
    pub arrived: Option<Timestamp>,
    /// Whether somebody has opened it there: a letter for a person has been read then.
    pub opened: bool,
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let more = if self.cut { " and more" } else { "" };
        write!(
            f,
            "Message({}, {} octets{more})",
            self.taken,
            self.bytes.len()
        )
    }
}

/// Where messages for a person are to be found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Stay {
    /// Where they were read.
    #[default]
    There,
    /// In a Maildir that keeps them.
    Kept,
}

/// Which message was handed out. Means something only to the place that it came from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Taken(Place);

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Imap {
        validity: u32,
        uid: u32,
    },
    /// Folder (`new` or `cur`) and name when it was read.
    Maildir {
        folder: &'static str,
        name: String,
    },
    /// `tail` is a hash of what stands before `end`.
    Mbox {
        start: u64,
        end: u64,
        tail: u64,
    },
    Single(usize),
}

impl fmt::Display for Taken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Place::Imap { uid, .. } => write!(f, "UID {uid}"),
            Place::Maildir { folder, name } => write!(f, "{folder}/{name}"),
            Place::Mbox { start, .. } => write!(f, "message at {start}"),
            Place::Single(0) => f.write_str("message"),
            Place::Single(number) => write!(f, "message {}", number + 1),
        }
    }
}

/// What is wrong with a mailbox.
#[derive(Debug, thiserror::Error)]
pub enum MailboxError {
    /// Not what settings say that it is.
    #[error("{}: {why}", path.display())]
    #[allow(missing_docs)]
    NotThat { path: PathBuf, why: &'static str },
    /// The system refused.
    #[error("{}: cannot {doing}: {source}", path.display())]
    #[allow(missing_docs)]
    Io {
        path: PathBuf,
        doing: &'static str,
        source: io::Error,
    },
    /// Somebody else holds the lock for longer than a delivery takes.
    #[error(
        "{}: locked; if no mail program is at work in it, remove {}",
        path.display(),
        lock.display()
    )]
    #[allow(missing_docs)]
    Locked { path: PathBuf, lock: PathBuf },
    /// Not a folder's name.
    #[error("`{0}` cannot be the name of a mail folder")]
    Folder(String),
    /// Settings name an environment variable that is not there.
    #[error("the environment variable {0} is not set")]
    Secret(String),
    /// The server's `ca_file`.
    #[error("the IMAP server's `ca_file`: {0}")]
    Authority(String),
    /// The server, or the way to it.
    #[error(transparent)]
    Imap(#[from] ImapError),
    /// What is configured for the server cannot work.
    #[error("IMAP server: {0}")]
    Config(#[from] ConfigError),
}

impl MailboxError {
    fn io(path: &Path, doing: &'static str) -> impl FnOnce(io::Error) -> Self + use<> {
        let path = path.to_owned();
        move |source| Self::Io {
            path,
            doing,
            source,
        }
    }

    /// Whether waiting may help rather than a person.
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Imap(error) => error.may_pass(),
            Self::Locked { .. } => true,
            _ => false,
        }
    }
}

/// Reads up to `limit` octets, and whether there were more.
fn bounded(source: impl io::Read, limit: usize) -> io::Result<(Vec<u8>, bool)> {
    let mut bytes = Vec::new();
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    io::Read::read_to_end(&mut io::Read::take(source, most), &mut bytes)?;
    let cut = bytes.len() > limit;
    bytes.truncate(limit);
    Ok((bytes, cut))
}

/// Whether what was opened is what was looked at, should somebody swap it meanwhile.
#[cfg(unix)]
fn same_file(before: &std::fs::Metadata, after: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    (before.dev(), before.ino()) == (after.dev(), after.ino())
}

#[cfg(not(unix))]
fn same_file(before: &std::fs::Metadata, after: &std::fs::Metadata) -> bool {
    before.file_type() == after.file_type()
}

/// Opens a regular file that is no link.
fn open_regular(path: &Path) -> io::Result<std::fs::File> {
    let before = std::fs::symlink_metadata(path)?;
    let odd = || io::Error::new(io::ErrorKind::InvalidInput, "not a regular file");
    if !before.is_file() {
        return Err(odd());
    }
    let file = std::fs::File::open(path)?;
    if same_file(&before, &file.metadata()?) {
        Ok(file)
    } else {
        Err(odd())
    }
}
