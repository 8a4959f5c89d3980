//! Content and lists as a commit has them: what was reviewed, not what lies in the folder.

use std::path::Path;
use std::sync::Arc;

use super::error::StartError;
use crate::git::{CommitId, ObjectId, Repository};
use crate::mail::occurrence::CampaignId;
use crate::plan::audience::of_campaign::{Known, Resolved, of_campaign};
use crate::plan::content::Content;
use crate::plan::lists::Lists;
use crate::plan::overlay::Overlay;
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
    path: &Path,
    commit: CommitId,
    names: &[ListName],
    overlay: Overlay<'_>,
) -> Result<Lists, StartError> {
    let tree = Tree::at(path, commit)?;
    Ok(Lists::spool(
        &tree,
        &commit.to_string(),
        names,
        Some(overlay),
    )?)
}

/// Who gets a campaign by the lists at `commit`.
///
/// # Errors
/// [`StartError`].
pub fn audience(
    path: &Path,
    commit: CommitId,
    content: &Content,
    known: &Known<'_>,
) -> Result<Resolved, StartError> {
    let tree = Tree::at(path, commit)?;
    Ok(of_campaign(content, &tree, &commit.to_string(), known)?)
}

/// Whether the rows of one of these lists differ between two commits.
///
/// # Errors
/// [`StartError`].
pub(super) fn rows_differ<'a>(
    repository: &Repository,
    (one, other): (CommitId, CommitId),
    names: impl IntoIterator<Item = &'a ListName>,
) -> Result<bool, StartError> {
    for name in names {
        let path = format!("lists/{name}.csv");
        let at = |commit| -> Result<Option<ObjectId>, StartError> {
            let entry = repository.entry(commit, &path)?;
            Ok(entry.map(|entry| entry.id))
        };
        if at(one)? != at(other)? {
            return Ok(true);
        }
    }
    Ok(false)
}
