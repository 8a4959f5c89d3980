//! Content and lists as a commit has them: what was reviewed, not what lies in the folder.

use std::path::Path;
use std::sync::Arc;

use super::error::StartError;
use super::start::Ground;
use crate::git::{CommitId, ObjectId, Repository};
use crate::mail::occurrence::CampaignId;
use crate::plan::audience::of_campaign::{Known, Resolved, of_campaign};
use crate::plan::content::Content;
use crate::plan::lists::{Lists, WithoutKey};
use crate::workspace::encryption::ENDING;
use crate::workspace::keyed::Keyed;
use crate::workspace::names::ListName;
use crate::workspace::tree::Tree;

/// A campaign's content at `commit`.
///
/// # Errors
/// [`StartError::Workspace`] where that commit's files have findings, and [`StartError::Plan`].
pub fn content(path: &Path, commit: CommitId, id: &CampaignId) -> Result<Content, StartError> {
    let tree = Arc::new(Tree::at(path, commit)?);
    Ok(Content::read(tree, &commit.to_string(), id)?)
}

/// Lists at `commit`, with what people asked for since on top.
///
/// # Errors
/// [`StartError`].
pub fn lists(
    ground: &Ground<'_>,
    commit: CommitId,
    names: &[ListName],
) -> Result<Lists, StartError> {
    let tree = Keyed::new(Tree::at(ground.path, commit)?, ground.keys.clone());
    let whence = commit.to_string();
    let overlay = Some(ground.overlay());
    Ok(Lists::spool(
        &tree,
        &whence,
        names,
        (overlay, WithoutKey::Refuse),
    )?)
}

/// Who gets a campaign by the lists at `commit`.
///
/// # Errors
/// [`StartError`].
pub fn audience(
    ground: &Ground<'_>,
    commit: CommitId,
    content: &Content,
    known: &Known<'_>,
) -> Result<Resolved, StartError> {
    let tree = Keyed::new(Tree::at(ground.path, commit)?, ground.keys.clone());
    Ok(of_campaign(content, &tree, &commit.to_string(), known)?)
}

/// Whether the rows of one of these lists may differ between two commits. One that was encrypted anew does, whatever it holds.
///
/// # Errors
/// [`StartError`].
pub(super) fn rows_differ<'a>(
    repository: &Repository,
    (one, other): (CommitId, CommitId),
    names: impl IntoIterator<Item = &'a ListName>,
) -> Result<bool, StartError> {
    for name in names {
        for ending in [".csv", ENDING] {
            let path = format!("lists/{name}{ending}");
            let at = |commit| -> Result<Option<ObjectId>, StartError> {
                let entry = repository.entry(commit, &path)?;
                Ok(entry.map(|entry| entry.id))
            };
            if at(one)? != at(other)? {
                return Ok(true);
            }
        }
    }
    Ok(false)
}
