//! Who is spoken of where: from a recipient's id to the segments that say something of them.
//!
//! A cache beside the repository (`<git's folder>/postmerge/index/<branch>/`), which may be thrown away at any time:
//!
//! ```text
//! state       what has been read, up to which commit, and each bucket's length and checksum; written last, by renaming
//! lock        held by whoever uses the rest
//! 00 … ff     buckets by an id's first byte: a row for each recipient in each segment that speaks of them
//! ```
//!
//! Segments are read once, in order; a build that goes on reads the new ones only. What was begun and not recorded is cut off,
//! and what does not fit what was recorded (short, changed, of another version, key or history) is built anew, without a word.
//! It decides nothing: whoever asks reads the segments themselves. An outcome names its recipient by the place in the
//! audience, so the ids of an occurrence with new segments are read again: 16 bytes a recipient of the largest.

mod buckets;
mod build;
mod scan;
mod state;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use super::branch::{Ledger, LedgerError};
use super::segment::Subject;
use crate::mail::occurrence::OccurrenceId;
use crate::mail::recipient_id::RecipientId;

pub use scan::scan;

use buckets::{NO_INDEX, Row};
use state::State;

/// The index cannot be kept, or the ledger not be read.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// The ledger.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The index's files. The ledger itself is not concerned, and [`scan`] answers without them.
    #[error("{path}: {why}")]
    Io {
        /// Which.
        path: PathBuf,
        /// What the system said.
        why: io::Error,
    },
}

impl IndexError {
    fn io(path: &Path, why: io::Error) -> Self {
        Self::Io {
            path: path.to_owned(),
            why,
        }
    }
}

/// Where a recipient is spoken of.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Mentions {
    /// In which occurrences.
    pub occurrences: BTreeMap<OccurrenceId, Places>,
    /// In which segments of the suppressions.
    pub suppressions: BTreeSet<u32>,
    /// In which segments of what came back.
    pub feedback: BTreeSet<u32>,
    /// In which segments of wishes.
    pub wishes: BTreeSet<u32>,
}

/// Where in one occurrence.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Places {
    /// By these numbers segments speak of them: several where they get copies of others' mails; none where they were only
    /// excluded.
    pub indices: BTreeSet<u32>,
    /// In these segments.
    pub segments: BTreeSet<u32>,
}

impl Mentions {
    /// Whether nothing is known of them.
    pub fn is_empty(&self) -> bool {
        self.occurrences.is_empty()
            && self.suppressions.is_empty()
            && self.feedback.is_empty()
            && self.wishes.is_empty()
    }

    fn add(&mut self, subject: &Subject, segment: u32, index: Option<u32>) {
        match subject {
            Subject::Suppressions => {
                self.suppressions.insert(segment);
            }
            Subject::Feedback => {
                self.feedback.insert(segment);
            }
            Subject::Wishes => {
                self.wishes.insert(segment);
            }
            Subject::Occurrence(id) => {
                let places = match self.occurrences.get_mut(id) {
                    Some(places) => places,
                    None => self.occurrences.entry(id.clone()).or_default(),
                };
                places.segments.insert(segment);
                places.indices.extend(index);
            }
        }
    }
}

/// The index as of the ledger's head, ours until it is dropped.
pub struct Index {
    folder: PathBuf,
    state: State,
    /// Taken back by the system when its holder dies.
    _lock: Option<File>,
}

impl Index {
    /// Waits for its turn, and brings the index up to the ledger's head.
    ///
    /// # Errors
    /// [`IndexError`].
    pub fn open(ledger: &Ledger) -> Result<Self, IndexError> {
        let folder = ledger.repository().common_dir().join("postmerge/index");
        let folder = folder.join(ledger.branch());
        let Some(head) = ledger.head() else {
            return Ok(Self {
                folder,
                state: State::default(),
                _lock: None,
            });
        };
        let lock = lock(&folder)?;
        let key = ledger.named_key()?.unwrap_or_default();
        let kept = State::load(&folder).filter(|state| {
            let then = state.head.filter(|_| state.key == key);
            // A commit that git has cleared away is as good as another history.
            then.is_some_and(|then| ledger.continues(then, head).unwrap_or(false))
        });
        let mut index = Self {
            folder,
            state: State::default(),
            _lock: Some(lock),
        };
        match kept {
            Some(state) if state.head == Some(head) => index.state = state,
            Some(state) if buckets::cut(&index.folder, &state.buckets)? => {
                index.state = state;
                if !index.catch_up(ledger, &key)? {
                    index.anew(ledger, &key)?;
                }
            }
            _ => index.anew(ledger, &key)?,
        }
        Ok(index)
    }

    /// Where `who` is spoken of.
    ///
    /// # Errors
    /// [`IndexError`].
    pub fn find(&mut self, ledger: &Ledger, who: &RecipientId) -> Result<Mentions, IndexError> {
        if self.state.head.is_none() {
            return Ok(Mentions::default());
        }
        if let Some(found) = self.look(who)? {
            return Ok(found);
        }
        let key = ledger.named_key()?.unwrap_or_default();
        self.anew(ledger, &key)?;
        let damaged = || io::Error::other("it changes while it is read");
        self.look(who)?
            .ok_or_else(|| IndexError::io(&self.folder, damaged()))
    }

    /// `None` where the bucket is not what was recorded.
    fn look(&self, who: &RecipientId) -> Result<Option<Mentions>, IndexError> {
        let mut found = Mentions::default();
        let sound = buckets::scan(&self.folder, &self.state.buckets, who, |row: Row| {
            let Some(known) = self.state.subjects.get(row.subject as usize) else {
                return false;
            };
            let index = (row.index != NO_INDEX).then_some(row.index);
            found.add(&known.subject, row.segment, index);
            true
        })?;
        Ok(sound.then_some(found))
    }
}

fn lock(folder: &Path) -> Result<File, IndexError> {
    let path = folder.join("lock");
    let wrong = |why| IndexError::io(&path, why);
    std::fs::create_dir_all(folder).map_err(wrong)?;
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(wrong)?;
    file.lock().map_err(wrong)?;
    Ok(file)
}
