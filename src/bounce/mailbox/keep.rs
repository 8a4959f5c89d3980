//! A Maildir for messages that are for a person and come by a pipe, so that they have no place to stay in.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::MailboxError;

/// See the module.
#[derive(Debug)]
pub(super) struct Keep {
    root: PathBuf,
    /// What was handed out, whole, by its number.
    handed: BTreeMap<usize, Vec<u8>>,
}

impl Keep {
    /// The Maildir in this folder, made where it is missing.
    pub(super) fn open(root: &Path) -> Result<Self, MailboxError> {
        for part in ["", "tmp", "new", "cur"] {
            let path = match part {
                "" => root.to_owned(),
                part => root.join(part),
            };
            match fs::create_dir(&path) {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                    return Err(MailboxError::io(&path, "create it")(error));
                }
                _ => {}
            }
            let found = fs::symlink_metadata(&path);
            let found = found.map_err(MailboxError::io(&path, "look at it"))?;
            if !found.is_dir() {
                return Err(MailboxError::NotThat {
                    path,
                    why: "is not a folder, or a link to one",
                });
            }
        }
        Ok(Self {
            root: root.to_owned(),
            handed: BTreeMap::new(),
        })
    }

    /// This message may have to be kept.
    pub(super) fn hand(&mut self, number: usize, whole: Vec<u8>) {
        self.handed.insert(number, whole);
    }

    /// Keeps a message that was handed out; once, whoever hands it in again.
    pub(super) fn put(&self, number: usize) -> Result<(), MailboxError> {
        let Some(whole) = self.handed.get(&number) else {
            return Ok(());
        };
        let digest = Sha256::digest(whole);
        let hex: String = digest.iter().take(16).map(|b| format!("{b:02x}")).collect();
        let name = format!("M{hex}.postmerge");
        if self.has(&name)? {
            return Ok(());
        }
        let new = self.root.join("new");
        let draft = self.root.join("tmp");
        let draft = draft.join(format!("{name}.{}", std::process::id()));
        let written = File::create(&draft).and_then(|mut file| {
            file.write_all(whole)?;
            file.sync_all()
        });
        written.map_err(MailboxError::io(&draft, "write it"))?;
        let to = new.join(&name);
        fs::rename(&draft, &to).map_err(MailboxError::io(&to, "write it"))?;
        // The server drops its copy after this.
        let synced = File::open(&new).and_then(|folder| folder.sync_all());
        synced.map_err(MailboxError::io(&new, "write it"))
    }

    /// Whether it is there already, read or not.
    fn has(&self, name: &str) -> Result<bool, MailboxError> {
        if self.root.join("new").join(name).exists() {
            return Ok(true);
        }
        let cur = self.root.join("cur");
        let list = || MailboxError::io(&cur, "list it");
        for entry in fs::read_dir(&cur).map_err(list())? {
            let found = entry.map_err(list())?.file_name();
            let found = found.to_string_lossy();
            let is_same = |rest: &str| rest.is_empty() || rest.starts_with(':');
            if found.strip_prefix(name).is_some_and(is_same) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
