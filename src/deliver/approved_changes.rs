//! The changes that made a campaign's content what it is, and whether all of it was approved: each file's last state must
//! come of approved changes alone.
//!
//! Looks back to where the campaign and its template began, or to where the main branch began to ask for reviews: what
//! stood there then counts as it stood. The very last change is asked about in any case. What a change without
//! approval made of a file stays unapproved, whatever follows, until an approved one puts the file back as it was.

use std::collections::BTreeMap;

use super::error::StartError;
use super::start::Ground;
use crate::git::{CommitId, EntryKind, ObjectId, Repository};
use crate::mail::occurrence::CampaignId;
use crate::plan::approval::{own_files, patterns};
use crate::plan::content::Content;
use crate::workspace::Workspace;
use crate::workspace::campaign::Campaign;
use crate::workspace::settings::{Settings, Verify};
use crate::workspace::tree::Tree;

/// Folders inside each other that are looked into.
const DEEPEST: usize = 64;

/// A file as a commit has it, if it does.
type State = Option<(ObjectId, EntryKind)>;

type Files = BTreeMap<String, (ObjectId, EntryKind)>;

/// A commit of the main branch that changed a campaign's content.
pub(super) struct Change {
    pub(super) commit: CommitId,
    /// The settings before it.
    pub(super) before: Settings,
    /// The campaign as it was with it, where its own files are among what changed.
    pub(super) campaign: Option<Campaign>,
    /// What it made of which file.
    files: Vec<(String, State, State)>,
}

/// The changes that count, the latest first. Nothing where the content came with the first commit of all.
///
/// # Errors
/// [`StartError`].
pub(super) fn changes(
    ground: &Ground<'_>,
    id: &CampaignId,
    content: &Content,
    from: CommitId,
) -> Result<Vec<Change>, StartError> {
    let template = content.template.as_ref().map(|it| it.folder.to_string());
    let folder = content.file.folder.to_string();
    let paths: Vec<&str> = [folder.as_str()]
        .into_iter()
        .chain(template.as_deref())
        .collect();
    let mut found: Vec<Change> = Vec::new();
    let mut rev = from;
    loop {
        let last = ground.repository.last_changes(rev, &paths)?;
        let Some(last) = last.into_iter().flatten().min_by_key(|it| it.depth) else {
            return Ok(found);
        };
        let commit = last.commit;
        let Some(parent) = ground.repository.first_parent(commit)? else {
            return Ok(found);
        };
        rev = parent;
        let of = |commit| files(ground.repository, content, template.as_deref(), commit);
        let files = differing(&of(parent)?, &of(commit)?);
        if files.is_empty() {
            continue;
        }
        let before = Workspace::load_settings(&Tree::at(ground.path, parent)?);
        let before = before.map_err(|source| StartError::Workspace {
            commit: format!("the one before {commit}"),
            source,
        })?;
        let is_asked = before.approval.verify != Verify::Merge;
        if !is_asked && !found.is_empty() {
            return Ok(found);
        }
        let own = format!("{folder}/");
        let is_own = files.iter().any(|(path, ..)| path.starts_with(&own));
        let campaign = match is_own {
            true => Some(
                campaign_at(ground, id, commit)?.unwrap_or_else(|| content.file.campaign.clone()),
            ),
            false => None,
        };
        found.push(Change {
            commit,
            before,
            campaign,
            files,
        });
        if !is_asked {
            return Ok(found);
        }
    }
}

/// The campaign at a commit, where it can be read there.
fn campaign_at(
    ground: &Ground<'_>,
    id: &CampaignId,
    commit: CommitId,
) -> Result<Option<Campaign>, StartError> {
    let file = Workspace::load_campaign(&Tree::at(ground.path, commit)?, id).ok();
    Ok(file.map(|file| file.campaign))
}

/// A file that is not what approved changes made of it, and which of the changes made it so. `approved` says of each change
/// whether it was.
pub(super) fn unapproved(
    changes: &[Change],
    approved: impl Fn(usize) -> bool,
) -> Option<(usize, &str)> {
    struct Known {
        is_approved: bool,
        /// What approved changes made of it.
        good: Vec<State>,
        /// The latest change without approval.
        by: usize,
    }
    let mut known: BTreeMap<&str, Known> = BTreeMap::new();
    for (number, change) in changes.iter().enumerate().rev() {
        for (path, before, after) in &change.files {
            let file = known.entry(path).or_insert_with(|| Known {
                is_approved: true,
                good: vec![*before],
                by: number,
            });
            let is_approved = approved(number);
            file.is_approved = is_approved && (file.is_approved || file.good.contains(after));
            if file.is_approved {
                file.good.push(*after);
            }
            if !is_approved {
                file.by = number;
            }
        }
    }
    let wrong = known.into_iter().filter(|(_, file)| !file.is_approved);
    wrong.map(|(path, file)| (file.by, path)).min()
}

/// What the digest covers, at a commit.
fn files(
    repository: &Repository,
    content: &Content,
    template: Option<&str>,
    commit: CommitId,
) -> Result<Files, StartError> {
    let folder = &content.file.folder;
    let mut files = below(repository, commit, folder.as_str())?;
    let paths: Vec<String> = files.keys().cloned().collect();
    let documents = patterns(&content.file.campaign);
    let own: Vec<&str> = own_files(folder, &documents, &paths).collect();
    files.retain(|path, _| own.binary_search(&path.as_str()).is_ok());
    if let Some(template) = template {
        files.append(&mut below(repository, commit, template)?);
    }
    Ok(files)
}

fn below(repository: &Repository, commit: CommitId, folder: &str) -> Result<Files, StartError> {
    let mut files = Files::new();
    if let Some(entry) = repository.entry(commit, folder)?
        && entry.kind == EntryKind::Folder
    {
        collect(repository, entry.id, folder, DEEPEST, &mut files)?;
    }
    Ok(files)
}

fn collect(
    repository: &Repository,
    folder: ObjectId,
    path: &str,
    depth: usize,
    files: &mut Files,
) -> Result<(), StartError> {
    for entry in repository.entries(folder)? {
        let path = format!("{path}/{}", entry.name);
        match (entry.kind, depth.checked_sub(1)) {
            (EntryKind::Folder, Some(depth)) => {
                collect(repository, entry.id, &path, depth, files)?;
            }
            (kind, _) => {
                files.insert(path, (entry.id, kind));
            }
        }
    }
    Ok(())
}

fn differing(before: &Files, after: &Files) -> Vec<(String, State, State)> {
    let state = |files: &Files, path: &String| files.get(path).copied();
    let gone = before.keys().filter(|path| !after.contains_key(*path));
    let all = gone.chain(after.keys());
    let all = all.map(|path| (path.clone(), state(before, path), state(after, path)));
    all.filter(|(_, before, after)| before != after).collect()
}
