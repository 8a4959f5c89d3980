//! Where the inbox puts what it took.

use std::fs;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// A mail that the inbox took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceivedMail {
    /// The reverse-path, empty for `<>`.
    pub from: String,
    /// The forward-paths.
    pub to: Vec<String>,
    /// The content, dots unstuffed.
    pub message: Vec<u8>,
}

/// Stores mails. An error becomes a 451: the mail is not taken then.
pub trait MailSink: Send + Sync {
    /// Stores one mail, before the client is told that it was taken.
    ///
    /// # Errors
    /// Where it cannot be stored.
    fn store(&self, mail: ReceivedMail) -> io::Result<()>;
}

/// Keeps mails in memory.
#[derive(Debug, Default)]
pub struct MemorySink(Mutex<Vec<ReceivedMail>>);

impl MemorySink {
    /// What was taken so far, in order.
    pub fn mails(&self) -> Vec<ReceivedMail> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl MailSink for MemorySink {
    fn store(&self, mail: ReceivedMail) -> io::Result<()> {
        let mut mails = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        mails.push(mail);
        Ok(())
    }
}

/// Forgets mails: for measuring, and where the mailboxes' counts are enough.
#[derive(Debug, Default, Clone, Copy)]
pub struct DiscardSink;

impl MailSink for DiscardSink {
    fn store(&self, _: ReceivedMail) -> io::Result<()> {
        Ok(())
    }
}

/// Writes mails into a folder as `000001.eml`, `000002.eml`, …, with the envelope in Return-Path
/// and Delivered-To, as a mail server's final delivery does.
#[derive(Debug)]
pub struct FolderSink {
    folder: PathBuf,
    count: AtomicU64,
}

impl FolderSink {
    /// Writes into `folder`, which must exist.
    pub const fn new(folder: PathBuf) -> Self {
        Self {
            folder,
            count: AtomicU64::new(0),
        }
    }
}

impl MailSink for FolderSink {
    fn store(&self, mail: ReceivedMail) -> io::Result<()> {
        let number = self.count.fetch_add(1, Ordering::Relaxed) + 1;
        let path = self.folder.join(format!("{number:06}.eml"));
        let mut file = fs::File::create_new(path)?;
        let mut head = format!("Return-Path: <{}>\r\n", mail.from);
        for to in &mail.to {
            head.push_str(&format!("Delivered-To: {to}\r\n"));
        }
        file.write_all(head.as_bytes())?;
        file.write_all(&mail.message)
    }
}
