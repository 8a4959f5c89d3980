//! A Maildir, as Postfix, Dovecot and others deliver to and read from at the same time.
//!
//! Only renames: what is read stays whole for everybody. `cur` is read before `new`, because other programs move
//! messages from `new` to `cur` and never back: whatever they do meanwhile, a message is handed out once, or left
//! to the next run. No link is followed. The order is the folder's own; sorting would hold every name.

use std::collections::HashSet;
use std::fs::{self, ReadDir};
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::done::Done;
use super::{MESSAGE_AT_MOST, Mailbox, MailboxError, Message, Place, Taken, bounded, open_regular};
use crate::clock::BoxFuture;
use crate::transport::imap::modified_utf7;
use crate::workspace::settings::Then;

/// In the order of reading.
const FOLDERS: [&str; 2] = ["cur", "new"];

/// A Maildir.
#[derive(Debug)]
pub struct Maildir {
    root: PathBuf,
    then: Then,
    /// What was done with, where messages stay where they are.
    done: Option<Done>,
    /// Names in `cur`, without flags.
    there: HashSet<String>,
    /// The folders not yet begun, and the one at work.
    left: std::slice::Iter<'static, &'static str>,
    at: Option<(&'static str, ReadDir)>,
}

impl Maildir {
    /// The Maildir in this folder: it has `new` and `cur`.
    ///
    /// # Errors
    /// [`MailboxError`].
    pub fn open(root: &Path, then: Then) -> Result<Self, MailboxError> {
        for folder in FOLDERS {
            let path = root.join(folder);
            match fs::symlink_metadata(&path) {
                Ok(found) if found.is_dir() => {}
                Ok(_) => return Err(not_that(&path, "is not a folder, or a link to one")),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    return Err(not_that(root, "is no Maildir: it has no `new` and `cur`"));
                }
                Err(error) => return Err(MailboxError::io(&path, "look at it")(error)),
            }
        }
        if let Then::Move(folder) = &then {
            folder_name(folder)?;
        }
        Ok(Self {
            root: root.to_owned(),
            done: matches!(then, Then::Flag).then(|| Done::read(root)),
            there: HashSet::new(),
            then,
            left: FOLDERS.iter(),
            at: None,
        })
    }

    fn read_next(&mut self) -> Result<Option<Message>, MailboxError> {
        loop {
            let Some((folder, entries)) = &mut self.at else {
                let Some(folder) = self.left.next() else {
                    let there = std::mem::take(&mut self.there);
                    if let Some(done) = self.done.as_mut().filter(|_| !there.is_empty()) {
                        done.prune(&there)?;
                    }
                    return Ok(None);
                };
                let path = self.root.join(folder);
                let entries = fs::read_dir(&path).map_err(MailboxError::io(&path, "list it"))?;
                self.at = Some((folder, entries));
                continue;
            };
            let folder = *folder;
            let Some(entry) = entries.next() else {
                self.at = None;
                continue;
            };
            let entry = entry.map_err(MailboxError::io(&self.root.join(folder), "list it"))?;
            // Names that are not UTF-8 and names with a dot first are nobody's deliveries.
            let Ok(name) = entry.file_name().into_string() else {
                continue;
            };
            if name.starts_with('.') {
                continue;
            }
            if folder == "cur" && self.done.is_some() {
                self.there.insert(base(&name).to_owned());
            }
            if !self.wanted(folder, &name) {
                continue;
            }
            let path = entry.path();
            let read = open_regular(&path).and_then(|file| bounded(file, MESSAGE_AT_MOST));
            match read {
                Ok((bytes, cut)) => {
                    return Ok(Some(Message {
                        arrived: delivered(&name),
                        opened: self.done.is_some()
                            && folder == "cur"
                            && flags(&name).contains('S'),
                        taken: Taken(Place::Maildir { folder, name }),
                        bytes,
                        cut,
                    }));
                }
                // Renamed or removed since it was listed: where it still is, the next run reads it. Or no message.
                Err(error)
                    if matches!(
                        error.kind(),
                        io::ErrorKind::NotFound | io::ErrorKind::InvalidInput
                    ) => {}
                Err(error) => return Err(MailboxError::io(&path, "read it")(error)),
            }
        }
    }

    /// Before there was a file that says what was done with, the flag S said it, whoever set it.
    fn take_flags(&mut self) -> Result<(), MailboxError> {
        let Some(done) = self.done.as_mut().filter(|done| !done.is_there()) else {
            return Ok(());
        };
        let path = self.root.join("cur");
        let list = || MailboxError::io(&path, "list it");
        for entry in fs::read_dir(&path).map_err(list())? {
            if let Ok(name) = entry.map_err(list())?.file_name().into_string()
                && flags(&name).contains('S')
            {
                done.know(base(&name));
            }
        }
        Ok(())
    }

    /// Whether a message was neither done with before nor thrown away.
    fn wanted(&self, folder: &str, name: &str) -> bool {
        let is_done = |done: &Done| done.has(base(name));
        folder == "new" || !flags(name).contains('T') && !self.done.as_ref().is_some_and(is_done)
    }

    fn mark(&mut self, taken: &[Taken]) -> Result<(), MailboxError> {
        let settled = self.settle_all(taken)?;
        match &mut self.done {
            Some(done) => done.add(settled),
            None => Ok(()),
        }
    }

    /// Renames messages into their place; by which names, without flags, they are known there.
    fn settle_all(&self, taken: &[Taken]) -> Result<Vec<String>, MailboxError> {
        let mut settled = Vec::new();
        let target = match &self.then {
            Then::Flag => self.root.join("cur"),
            Then::Move(folder) => self.archive(folder)?,
        };
        // Whatever is not where it was read.
        let mut strays = HashSet::new();
        for taken in taken {
            let Place::Maildir { folder, name } = &taken.0 else {
                continue;
            };
            match self.settle(folder, name, &target)? {
                Some(name) => settled.push(name),
                None => {
                    strays.insert(base(name));
                }
            }
        }
        if strays.is_empty() {
            return Ok(settled);
        }
        // Others have moved or flagged them: they have another name now, or are in the other folder.
        for folder in ["new", "cur"] {
            let path = self.root.join(folder);
            let list = MailboxError::io(&path, "list it");
            let mut found = Vec::new();
            for entry in fs::read_dir(&path).map_err(list)? {
                let entry = entry.map_err(MailboxError::io(&path, "list it"))?;
                if let Ok(name) = entry.file_name().into_string()
                    && strays.contains(base(&name))
                {
                    found.push(name);
                }
            }
            for name in found {
                settled.extend(self.settle(folder, &name, &target)?);
            }
        }
        Ok(settled)
    }

    /// Renames one message into its place, and says by which name; `None` where it is not there any more.
    fn settle(
        &self,
        folder: &str,
        name: &str,
        target: &Path,
    ) -> Result<Option<String>, MailboxError> {
        let from = self.root.join(folder).join(name);
        let seen = with_seen(name);
        let mut to = target.join(&seen);
        let mut settled = base(name).to_owned();
        if from == to {
            return Ok(Some(settled));
        }
        // A rename overwrites. Names are unique in a Maildir; where somebody made two alike, both are kept.
        let mut number = 1;
        while fs::symlink_metadata(&to).is_ok() {
            if fs::symlink_metadata(&from).is_err() {
                return Ok(None);
            }
            let (base, rest) = seen.split_at(base(&seen).len());
            settled = format!("{base}_{number}");
            to = target.join(format!("{settled}{rest}"));
            number += 1;
        }
        match fs::rename(&from, &to) {
            Ok(()) => Ok(Some(settled)),
            Err(error) if error.kind() == io::ErrorKind::NotFound && target.is_dir() => Ok(None),
            Err(error) => Err(MailboxError::io(&from, "move it")(error)),
        }
    }

    /// The `cur` of a folder beside (Maildir++: `.Name`), made where it is missing.
    fn archive(&self, folder: &str) -> Result<PathBuf, MailboxError> {
        let path = self.root.join(folder_name(folder)?);
        for part in ["", "tmp", "new", "cur"] {
            let part = if part.is_empty() {
                path.clone()
            } else {
                path.join(part)
            };
            match fs::create_dir(&part) {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                    return Err(MailboxError::io(&part, "create it")(error));
                }
                _ => {}
            }
            let found =
                fs::symlink_metadata(&part).map_err(MailboxError::io(&part, "look at it"))?;
            if !found.is_dir() {
                return Err(not_that(&part, "is not a folder, or a link to one"));
            }
        }
        // Maildir++ marks its folders, so that a delivery to one finds the whole Maildir's quota.
        let mark = path.join("maildirfolder");
        match fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&mark)
        {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                Err(MailboxError::io(&mark, "create it")(error))
            }
            _ => Ok(path.join("cur")),
        }
    }
}

impl Mailbox for Maildir {
    fn resume(&mut self) -> Result<(), MailboxError> {
        self.take_flags()
    }

    fn next(&mut self) -> BoxFuture<'_, Result<Option<Message>, MailboxError>> {
        Box::pin(async { self.read_next() })
    }

    fn done<'a>(&'a mut self, taken: &'a [Taken]) -> BoxFuture<'a, Result<(), MailboxError>> {
        Box::pin(async { self.mark(taken) })
    }
}

fn not_that(path: &Path, why: &'static str) -> MailboxError {
    MailboxError::NotThat {
        path: path.to_owned(),
        why,
    }
}

/// What Maildir++ calls a folder: `.A.B` for `A/B`, in modified UTF-7 as Dovecot writes it.
fn folder_name(folder: &str) -> Result<String, MailboxError> {
    let parts: Vec<&str> = folder.split('/').collect();
    let plain = |part: &&str| {
        !part.is_empty() && !part.contains(|letter: char| letter == '.' || letter.is_control())
    };
    if !parts.iter().all(plain) {
        return Err(MailboxError::Folder(folder.escape_debug().to_string()));
    }
    Ok(parts
        .iter()
        .map(|part| format!(".{}", modified_utf7(part)))
        .collect())
}

/// When a message was delivered: names begin with the seconds, and another part after a dot.
fn delivered(name: &str) -> Option<Timestamp> {
    let (seconds, _) = name.split_once('.')?;
    // Fewer digits are a name of another kind.
    let is_time = (9..=11).contains(&seconds.len()) && seconds.bytes().all(|b| b.is_ascii_digit());
    let seconds = is_time.then(|| seconds.parse().ok())?;
    Timestamp::from_second(seconds?).ok()
}

/// A name without its flags.
fn base(name: &str) -> &str {
    name.split_once(":2,").map_or(name, |(base, _)| base)
}

fn flags(name: &str) -> &str {
    name.split_once(":2,").map_or("", |(_, flags)| flags)
}

/// The name with the flag S among its flags, which stand in ASCII order. What follows a comma is another program's own.
fn with_seen(name: &str) -> String {
    let (letters, rest) = match flags(name).split_once(',') {
        Some((letters, rest)) => (letters, format!(",{rest}")),
        None => (flags(name), String::new()),
    };
    let mut letters: Vec<char> = letters.chars().chain(['S']).collect();
    letters.sort_unstable();
    letters.dedup();
    let letters: String = letters.into_iter().collect();
    format!("{}:2,{letters}{rest}", base(name))
}

#[cfg(test)]
#[path = "maildir_tests.rs"]
mod tests;
