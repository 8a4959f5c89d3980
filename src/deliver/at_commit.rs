//! Content and lists as a commit has them: what was reviewed, not what lies in the folder.

use std::path::Path;
use std::sync::Arc;

use super::error::StartError;
use crate::git::CommitId;
use crate::mail::occurrence::CampaignId;
use crate::plan::content::Content;
use crate::plan::lists::Lists;
use crate::workspace::names::ListName;
use crate::workspace::tree::Tree;

/// A campaign's content at `commit`.
///
/// # Errors
/// [`StartError::Workspace`] where that commit's files have findings, and [`StartError::Source`].
pub fn content(path: &Path, commit: CommitId, id: &CampaignId) -> Result<Content, StartError> {
    let tree = Arc::new(Tree::at(path, commit)?);
    Ok(Content::read(tree, &commit.to_string(), id)?)
}

/// Lists at `commit`.
///
/// # Errors
/// [`StartError`].
pub fn lists(path: &Path, commit: CommitId, names: &[ListName]) -> Result<Lists, StartError> {
    let tree = Tree::at(path, commit)?;
    Ok(Lists::spool(&tree, &commit.to_string(), names)?)
}
