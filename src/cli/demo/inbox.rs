//! The demo's other side: mailboxes of all tempers, and every mail kept as a file.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::Timestamp;
use jiff::fmt::rfc2822;
use tokio::sync::Notify;

use super::folder;
use crate::transport::inbox::{FolderSink, MailSink, ReceivedMail};
use crate::transport::mailboxes::{Mailboxes, Verdict};

/// How many mailboxes of each temper there are.
#[derive(Default)]
pub(super) struct Tempers {
    pub(super) unknown: usize,
    pub(super) greylisting: usize,
    pub(super) dropping: usize,
    pub(super) full: usize,
}

/// One in so many members is of each temper.
const ONE_IN: usize = 150;

/// Gives a few members of every list a mailbox with a temper, the same ones for the same seed.
pub(super) fn mailboxes(lists: &Path, seed: u64) -> io::Result<(Mailboxes, Tempers)> {
    let boxes = Mailboxes::new();
    let mut tempers = Tempers::default();
    for path in folder::files(lists)? {
        if path.extension().is_none_or(|kind| kind != "csv") {
            continue;
        }
        let text = fs::read_to_string(&path)?;
        let addresses: Vec<&str> = text
            .lines()
            .skip(1)
            .filter_map(|line| line.split(',').next())
            .filter(|field| field.is_ascii() && field.contains('@') && !field.contains(['"', ' ']))
            .collect();
        if addresses.len() < 8 {
            continue;
        }
        let each = addresses.len() / ONE_IN + 1;
        let step = addresses.len() / (each * 4);
        let start = usize::try_from(seed % 7).unwrap_or(0);
        for (number, address) in addresses
            .iter()
            .skip(start)
            .step_by(step.max(1))
            .take(each * 4)
            .enumerate()
        {
            match number % 4 {
                0 => {
                    boxes.set(
                        address,
                        Verdict::refuse_rcpt(550, "5.1.1 no such mailbox here"),
                        None,
                    );
                    tempers.unknown += 1;
                }
                1 => {
                    boxes.set(
                        address,
                        Verdict::refuse_rcpt(450, "4.7.1 greylisted, try again in a few minutes"),
                        Some(1),
                    );
                    tempers.greylisting += 1;
                }
                2 => {
                    boxes.set(address, Verdict::DropAtRcpt, Some(1));
                    tempers.dropping += 1;
                }
                _ => {
                    boxes.set(
                        address,
                        Verdict::refuse_rcpt(452, "4.2.2 mailbox full"),
                        None,
                    );
                    tempers.full += 1;
                }
            }
        }
    }
    Ok((boxes, tempers))
}

/// Keeps mails, says when the time to kill has come, and knows the sender's time by their Date.
pub(super) struct Kept {
    folder: FolderSink,
    count: AtomicU64,
    kill_at: u64,
    latest: Mutex<Timestamp>,
    /// Told once, when mail number `kill_at` has come.
    pub(super) reached: Notify,
}

impl Kept {
    pub(super) fn new(folder: PathBuf, kill_at: u64) -> Self {
        Self {
            folder: FolderSink::new(folder),
            count: AtomicU64::new(0),
            kill_at,
            latest: Mutex::new(Timestamp::MIN),
            reached: Notify::new(),
        }
    }

    /// Mails so far.
    pub(super) fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }

    /// The latest Date of a mail.
    pub(super) fn latest(&self) -> Timestamp {
        self.latest.lock().map_or(Timestamp::MIN, |latest| *latest)
    }
}

impl MailSink for Kept {
    fn store(&self, mail: ReceivedMail) -> io::Result<()> {
        let date = header(&mail.message, "date").and_then(|text| rfc2822::parse(&text).ok());
        self.folder.store(mail)?;
        if let (Some(date), Ok(mut latest)) = (date, self.latest.lock()) {
            *latest = date.timestamp().max(*latest);
        }
        if self.count.fetch_add(1, Ordering::Relaxed) + 1 == self.kill_at {
            self.reached.notify_one();
        }
        Ok(())
    }
}

/// A header field's value, folded lines joined.
pub(super) fn header(message: &[u8], name: &str) -> Option<String> {
    let text = String::from_utf8_lossy(message);
    let head = text.split("\r\n\r\n").next().unwrap_or_default();
    let unfolded = head.replace("\r\n ", " ").replace("\r\n\t", " ");
    unfolded.lines().find_map(|line| {
        let (field, value) = line.split_once(':')?;
        field
            .eq_ignore_ascii_case(name)
            .then(|| value.trim().to_owned())
    })
}
