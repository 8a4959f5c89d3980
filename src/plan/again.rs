//! What went out before under another name. An occurrence's identity is its campaign's folder and its
//! period; who edits either after a sending makes another occurrence of it, and everybody would get the
//! mail again. Such a start is held, unless the campaign says `force`.
//!
//! Notices a change of `every` (also its removal), and a folder whose files all but `campaign.yaml` are
//! those of a folder that went out lately and is gone from the workspace. A folder that was renamed
//! *and* rewritten is another campaign.

use std::collections::BTreeMap;
use std::fmt;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::content::Content;
use super::error::PlanError;
use super::owner::{DEFINITION, Owners, defined};
use crate::git::{EntryKind, ObjectId, Repository};
use crate::ledger::branch::Ledger;
use crate::mail::occurrence::{CampaignId, OccurrenceId};
use crate::schedule::calendar::Calendar;
use crate::schedule::occurrence::Period;
use crate::workspace::source::Listed;

/// A text that went out longer ago may be used again in a new folder.
const LATELY: SignedDuration = SignedDuration::from_hours(62 * 24);

/// Folders inside each other that are looked into.
const DEEPEST: usize = 64;

/// Larger files than this are in no campaign.
const LARGEST: u64 = 50_000_000;

/// What the ledger knows of occurrences that have started.
#[derive(Default)]
pub struct SentBefore {
    started: Vec<Started>,
}

struct Started {
    id: OccurrenceId,
    at: Timestamp,
    content_commit: String,
    /// Its folder is not there any more.
    gone: bool,
}

/// An occurrence that is to start.
#[derive(Debug, Clone, Copy)]
pub struct Starting<'a> {
    /// Which.
    pub id: &'a OccurrenceId,
    /// The day that its date and period come to.
    pub nominal: Date,
    /// Its campaign's period.
    pub every: Option<Period>,
}

/// As what it went out before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Before {
    /// As this occurrence.
    pub occurrence: OccurrenceId,
    /// When.
    pub on: Date,
    /// Why it has another name now.
    pub how: How,
}

/// Why an occurrence has another name than it had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum How {
    /// `every` was changed.
    PeriodChanged,
    /// Its folder seems to have been renamed.
    FolderRenamed,
}

impl fmt::Display for Before {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let how = match self.how {
            How::PeriodChanged => "before `every` was changed",
            How::FolderRenamed => {
                "from a folder with the same files that is gone (was it renamed?)"
            }
        };
        write!(
            f,
            "went out on {} as {}, {how}. If it is to go out again all the same, say `force: {{reason: …}}` in its campaign.yaml",
            self.on, self.occurrence
        )
    }
}

impl SentBefore {
    /// Reads it from the ledger: of every occurrence no more than how it was fixed. `is_there` says whether a campaign's
    /// folder is in the workspace.
    ///
    /// # Errors
    /// [`PlanError::Ledger`].
    pub fn read(
        ledger: &Ledger,
        is_there: impl Fn(&CampaignId) -> bool,
    ) -> Result<Self, PlanError> {
        let mut started = Vec::new();
        for id in ledger.occurrences()? {
            let Some(header) = ledger.header(&id)? else {
                continue;
            };
            started.push(Started {
                gone: !is_there(id.campaign()),
                id,
                at: header.at,
                content_commit: header.content_commit,
            });
        }
        Ok(Self { started })
    }

    /// Whether anything went out.
    pub const fn is_any(&self) -> bool {
        !self.started.is_empty()
    }

    /// As what it went out before, if it did and may not go out again.
    pub fn find(
        &self,
        repository: &Repository,
        calendar: &Calendar,
        starting: &Starting<'_>,
        content: &Content,
        now: Timestamp,
    ) -> Option<Before> {
        if content.file.campaign.force.is_some() {
            return None;
        }
        let mut before = self.started.iter().filter(|it| it.id != *starting.id);
        before.find_map(|before| {
            let is_lately = before.gone && before.at >= now - LATELY;
            let how = match before.id.campaign() == starting.id.campaign() {
                true if is_same_turn(before, calendar, starting) => How::PeriodChanged,
                false if is_lately && has_its_files(before, repository, content) => {
                    How::FolderRenamed
                }
                _ => return None,
            };
            Some(Before {
                occurrence: before.id.clone(),
                on: calendar.date_of(before.at),
                how,
            })
        })
    }
}

/// Whether another occurrence of the campaign went out in what is now this one's period. Those that
/// its own period names are its predecessors, one of which may have gone out late.
fn is_same_turn(before: &Started, calendar: &Calendar, starting: &Starting<'_>) -> bool {
    let on = calendar.date_of(before.at);
    match (starting.every, before.id.label()) {
        (Some(every), Some(label)) if every.names(label) => false,
        (Some(every), _) => Some(every.label(on).as_str()) == starting.id.label(),
        (None, _) => on >= starting.nominal,
    }
}

/// What lies in a campaign's folder, but for its definition, by its path there.
type Files = BTreeMap<String, ObjectId>;

fn has_its_files(before: &Started, repository: &Repository, content: &Content) -> bool {
    // Where one cannot be read (a shallow clone, a main branch that was rewritten) nothing can be
    // compared.
    let Some(theirs) = their_files(before, repository) else {
        return false;
    };
    our_files(content, &theirs).is_some_and(|ours| ours == theirs)
}

fn their_files(before: &Started, repository: &Repository) -> Option<Files> {
    let commit = repository.resolve(&before.content_commit).ok()?;
    let path = format!("campaigns/{}", before.id.campaign());
    let folder = repository.entry(commit, &path).ok()??;
    let mut files = Files::new();
    if folder.kind == EntryKind::Folder {
        collect(repository, folder.id, "", DEEPEST, &mut files)?;
    }
    files.remove(DEFINITION);
    Some(files).filter(|files| !files.is_empty())
}

fn collect(
    repository: &Repository,
    folder: ObjectId,
    above: &str,
    depth: usize,
    files: &mut Files,
) -> Option<()> {
    for entry in repository.entries(folder).ok()? {
        let path = format!("{above}{}", entry.name);
        match entry.kind {
            EntryKind::Folder => {
                let depth = depth.checked_sub(1)?;
                let mut inner = Files::new();
                collect(repository, entry.id, &format!("{path}/"), depth, &mut inner)?;
                // A campaign below it is one of its own.
                if !inner.contains_key(&format!("{path}/{DEFINITION}")) {
                    files.append(&mut inner);
                }
            }
            _ => {
                files.insert(path, entry.id);
            }
        }
    }
    Some(())
}

/// They are read only where they are called like `theirs`: there may be many, and large.
fn our_files(content: &Content, theirs: &Files) -> Option<Files> {
    let folder = format!("{}/", content.file.folder);
    let mut paths = content.source.files(&content.file.folder).ok()?;
    let names = paths.iter().map(|file| file.path.as_str());
    let owners = Owners::by_folders(names.filter_map(defined));
    paths.retain(|file| {
        let path = file.path.as_str();
        path.strip_prefix(&folder) != Some(DEFINITION)
            && owners.owner(path) == Some(content.file.folder.as_str())
    });
    let name = |path: &str| path.strip_prefix(&folder).unwrap_or(path).to_owned();
    let is_like = |file: &String| theirs.contains_key(file);
    let names: Vec<String> = paths.iter().map(|it| name(it.path.as_str())).collect();
    if names.len() != theirs.len() || !names.iter().all(is_like) {
        return None;
    }
    let read = |(name, file): (String, &Listed)| {
        let bytes = content.source.read(&file.path, LARGEST).ok()?;
        Some((name, ObjectId::of_file(&bytes)?))
    };
    names.into_iter().zip(&paths).map(read).collect()
}
