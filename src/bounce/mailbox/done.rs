//! Which messages of a Maildir were done with, by their names without flags: `postmerge-read` in it, a name a line. The flag S says
//! only that somebody has opened a message, and that may be anybody.

use std::collections::HashSet;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::{MailboxError, bounded, open_regular};

/// The file, in the Maildir.
const FILE: &str = "postmerge-read";
/// So many names that are gone are put up with.
const GONE: usize = 1000;
/// Of some million messages.
const AT_MOST: usize = 256 * 1024 * 1024;

/// See the module.
#[derive(Debug)]
pub(super) struct Done {
    path: PathBuf,
    names: HashSet<String>,
    /// Whether there is a file.
    is_there: bool,
}

impl Done {
    /// Reads it. Where it cannot be read messages are read once more, and count once.
    pub(super) fn read(root: &Path) -> Self {
        let path = root.join(FILE);
        let read = open_regular(&path).and_then(|file| bounded(file, AT_MOST));
        let is_missing = |error: &io::Error| error.kind() == io::ErrorKind::NotFound;
        let is_there = !read.as_ref().is_err_and(is_missing);
        let text = read.map(|(bytes, _)| String::from_utf8_lossy(&bytes).into_owned());
        let names = text.unwrap_or_default();
        Self {
            path,
            names: names.lines().map(ToOwned::to_owned).collect(),
            is_there,
        }
    }

    /// Whether anybody has written it yet.
    pub(super) fn is_there(&self) -> bool {
        self.is_there
    }

    /// This was done with before there was a file.
    pub(super) fn know(&mut self, name: &str) {
        if !name.contains('\n') {
            self.names.insert(name.to_owned());
        }
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.names.contains(name)
    }

    /// Remembers these. The first time there is a file after it, even if it is empty: what is flagged from then on says nothing.
    pub(super) fn add(&mut self, done: Vec<String>) -> Result<(), MailboxError> {
        let mut lines = String::new();
        for name in done {
            if !name.contains('\n') && self.names.insert(name.clone()) {
                lines.push_str(&name);
                lines.push('\n');
            }
        }
        if !std::mem::replace(&mut self.is_there, true) {
            return self.write();
        }
        if lines.is_empty() {
            return Ok(());
        }
        let file = fs::OpenOptions::new()
            .append(true)
            .create(true)
            .open(&self.path);
        file.and_then(|mut file| file.write_all(lines.as_bytes()))
            .map_err(MailboxError::io(&self.path, "write it"))
    }

    /// Forgets what is not `there` any more, where that is much.
    pub(super) fn prune(&mut self, there: &HashSet<String>) -> Result<(), MailboxError> {
        let gone = self.names.iter().filter(|name| !there.contains(*name));
        if gone.count() <= GONE.max(there.len()) {
            return Ok(());
        }
        self.names.retain(|name| there.contains(name));
        self.write()
    }

    fn write(&self) -> Result<(), MailboxError> {
        let mut lines: Vec<&str> = self.names.iter().map(String::as_str).collect();
        lines.sort_unstable();
        let text: String = lines.iter().flat_map(|name| [*name, "\n"]).collect();
        let draft = self.path.with_extension(std::process::id().to_string());
        let written: io::Result<()> =
            fs::write(&draft, text).and_then(|()| fs::rename(&draft, &self.path));
        written.map_err(MailboxError::io(&self.path, "write it"))
    }
}
