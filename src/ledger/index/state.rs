//! What the index's state file records, and its text.
//!
//! ```text
//! postmerge-index 1 <TAB> 9c1f0a… (SHA-256 of the rest)
//! at       <commit> <TAB> <key's fingerprint>
//! read     17  3  2026/rueda-agro      segments read, those that hold its audience, and whose they are
//! read     2   0  /suppressions
//! bucket   120  9f3a…                  rows and checksum; 256 of them
//! ```

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

use super::IndexError;
use super::buckets::{BUCKETS, Bucket};
use crate::git::CommitId;
use crate::ledger::segment::Subject;
use crate::mail::digest::Digest;

const FIRST: &str = "postmerge-index 1\t";

/// See the module.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct State {
    /// The ledger's head that it was read at.
    pub(super) head: Option<CommitId>,
    /// The fingerprint of the key that its ids were made with; empty where the ledger names none.
    pub(super) key: String,
    pub(super) subjects: Vec<Known>,
    pub(super) buckets: Vec<Bucket>,
}

/// What was read of a subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Known {
    pub(super) subject: Subject,
    /// How many segments.
    pub(super) read: u32,
    /// How many of them, from the first, it takes to know its audience.
    pub(super) audience: u32,
}

impl Default for State {
    fn default() -> Self {
        Self {
            head: None,
            key: String::new(),
            subjects: Vec::new(),
            buckets: vec![Bucket::default(); BUCKETS],
        }
    }
}

impl State {
    /// What was recorded; `None` where nothing is, or nothing that can be made out.
    pub(super) fn load(folder: &Path) -> Option<Self> {
        Self::parse(&std::fs::read_to_string(folder.join("state")).ok()?)
    }

    /// Records it, as a whole or not at all.
    pub(super) fn save(&self, folder: &Path) -> Result<(), IndexError> {
        let path = folder.join("state");
        let wrong = |why| IndexError::io(&path, why);
        let mut beside = tempfile::NamedTempFile::new_in(folder).map_err(wrong)?;
        beside.write_all(self.text().as_bytes()).map_err(wrong)?;
        beside.persist(&path).map_err(|why| wrong(why.error))?;
        Ok(())
    }

    fn text(&self) -> String {
        let mut text = String::new();
        if let Some(head) = self.head {
            let _ = writeln!(text, "at\t{head}\t{}", self.key);
        }
        for known in &self.subjects {
            let name = name(&known.subject);
            let _ = writeln!(text, "read\t{}\t{}\t{name}", known.read, known.audience);
        }
        for bucket in &self.buckets {
            let _ = writeln!(text, "bucket\t{}\t{:016x}", bucket.rows, bucket.sum);
        }
        format!("{FIRST}{}\n{text}", Digest::of(text.as_bytes()))
    }

    fn parse(text: &str) -> Option<Self> {
        let (sum, rest) = text.strip_prefix(FIRST)?.split_once('\n')?;
        if Digest::of(rest.as_bytes()).to_string() != sum {
            return None;
        }
        let mut state = Self {
            buckets: Vec::with_capacity(BUCKETS),
            ..Self::default()
        };
        for line in rest.lines() {
            let fields: Vec<&str> = line.split('\t').collect();
            match fields.as_slice() {
                ["at", head, key] => {
                    state.head = Some(CommitId::parse(head)?);
                    state.key = (*key).to_owned();
                }
                ["read", read, audience, name] => state.subjects.push(Known {
                    subject: match *name {
                        SUPPRESSIONS => Subject::Suppressions,
                        FEEDBACK => Subject::Feedback,
                        WISHES => Subject::Wishes,
                        name => Subject::Occurrence(name.parse().ok()?),
                    },
                    read: read.parse().ok()?,
                    audience: audience.parse().ok()?,
                }),
                ["bucket", rows, sum] => state.buckets.push(Bucket {
                    rows: rows.parse().ok()?,
                    sum: u64::from_str_radix(sum, 16).ok()?,
                }),
                _ => return None,
            }
        }
        (state.head.is_some() && state.buckets.len() == BUCKETS).then_some(state)
    }
}

/// A subject's name in the file.
pub(super) fn name(subject: &Subject) -> String {
    match subject {
        Subject::Occurrence(id) => id.to_string(),
        Subject::Suppressions => SUPPRESSIONS.to_owned(),
        Subject::Feedback => FEEDBACK.to_owned(),
        Subject::Wishes => WISHES.to_owned(),
    }
}

/// No occurrence's name begins with a slash.
const SUPPRESSIONS: &str = "/suppressions";
const FEEDBACK: &str = "/feedback";
const WISHES: &str = "/wishes";
