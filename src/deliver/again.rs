//! What went out before under another name. An occurrence's identity is its campaign's folder and its
//! period; who edits either after a sending makes another occurrence of it, and everybody would get the
//! mail again. Such a start is held, unless the campaign says `force`.
//!
//! Notices a change of `every` (also its removal), and a folder whose files all but `campaign.yaml` are
//! those of a folder that went out lately and is gone from the main branch. A folder that was renamed
//! *and* rewritten is another campaign.

use jiff::{SignedDuration, Timestamp};

use super::due::{Scheduled, Standing};
use super::error::StartError;
use crate::git::{Entry, EntryKind, Repository};
use crate::ledger::branch::Ledger;
use crate::mail::occurrence::OccurrenceId;
use crate::plan::content::Content;
use crate::schedule::calendar::Calendar;
use crate::workspace::Workspace;

/// A text that went out longer ago may be used again in a new folder.
const LATELY: SignedDuration = SignedDuration::from_hours(62 * 24);

const CHANGED: &str = "before `every` was changed";

const RENAMED: &str =
    "from a folder with the same files that is gone from the main branch (was it renamed?)";

/// What the ledger knows of occurrences that have started.
pub(super) struct SentBefore {
    started: Vec<Started>,
}

struct Started {
    id: OccurrenceId,
    at: Timestamp,
    content_commit: String,
    /// Its folder is not on the main branch any more.
    gone: bool,
}

impl SentBefore {
    /// Reads it from the ledger, where anything on the agenda is to start or missed its start: of every occurrence no
    /// more than how it was fixed.
    pub(super) fn read(
        ledger: &Ledger,
        workspace: &Workspace,
        agenda: &[Scheduled],
    ) -> Result<Self, StartError> {
        let mut started = Vec::new();
        let starts = |it: &Scheduled| {
            let asked = matches!(
                it.standing,
                Standing::Due { .. }
                    | Standing::Lapsed {
                        recorded: false,
                        ..
                    }
            );
            it.state.header().is_none() && asked
        };
        if !agenda.iter().any(starts) {
            return Ok(Self { started });
        }
        for id in ledger.occurrences()? {
            let Some(header) = ledger.header(&id)? else {
                continue;
            };
            started.push(Started {
                gone: !workspace.campaigns.contains_key(id.campaign()),
                id,
                at: header.at,
                content_commit: header.content_commit,
            });
        }
        Ok(Self { started })
    }

    /// Refuses a start that would send again what went out.
    ///
    /// # Errors
    /// [`StartError::SentBefore`].
    pub(super) fn check(
        &self,
        repository: &Repository,
        calendar: &Calendar,
        starting: &Scheduled,
        content: &Content,
        now: Timestamp,
    ) -> Result<(), StartError> {
        if content.file.campaign.force.is_some() {
            return Ok(());
        }
        for before in self.started.iter().filter(|it| it.id != starting.id) {
            let same_campaign = before.id.campaign() == starting.id.campaign();
            let how = match same_campaign {
                true if is_same_turn(before, calendar, starting) => CHANGED,
                false
                    if before.gone
                        && before.at >= now - LATELY
                        && has_its_files(before, repository, starting, content) =>
                {
                    RENAMED
                }
                _ => continue,
            };
            return Err(StartError::SentBefore {
                occurrence: starting.id.to_string(),
                before: before.id.to_string(),
                on: calendar.date_of(before.at).to_string(),
                how,
            });
        }
        Ok(())
    }
}

/// Whether another occurrence of the campaign went out in what is now this one's period. Those that
/// its own period names are its predecessors, one of which may have gone out late.
fn is_same_turn(before: &Started, calendar: &Calendar, starting: &Scheduled) -> bool {
    let on = calendar.date_of(before.at);
    match (starting.every, before.id.label()) {
        (Some(every), Some(label)) if every.names(label) => false,
        (Some(every), _) => Some(every.label(on).as_str()) == starting.id.label(),
        (None, _) => on >= starting.nominal,
    }
}

fn has_its_files(
    before: &Started,
    repository: &Repository,
    starting: &Scheduled,
    content: &Content,
) -> bool {
    // Where one can not be read (a shallow clone, a main branch that was rewritten) nothing can be
    // compared.
    let ours = files(repository, &content.whence, &starting.id);
    let theirs = files(repository, &before.content_commit, &before.id);
    ours.is_some() && ours == theirs
}

/// What lies in an occurrence's folder, but for its definition.
fn files(repository: &Repository, commit: &str, id: &OccurrenceId) -> Option<Vec<Entry>> {
    let commit = repository.resolve(commit).ok()?;
    let path = format!("campaigns/{}", id.campaign());
    let folder = repository.entry(commit, &path).ok()??;
    if folder.kind != EntryKind::Folder {
        return None;
    }
    let mut files = repository.entries(folder.id).ok()?;
    files.retain(|entry| entry.name != "campaign.yaml");
    Some(files)
}
