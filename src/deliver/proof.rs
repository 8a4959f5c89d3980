//! Proof that a merge was approved by who may approve, where the settings ask for it: looked at before a campaign starts.

use super::error::StartError;
use super::run::Run;
use crate::git::CommitId;
use crate::mail::occurrence::OccurrenceId;
use crate::plan::content::Content;
use crate::plan::evidence::{Pull, verify};
use crate::workspace::Workspace;
use crate::workspace::settings::Verify;
use crate::workspace::tree::Tree;

/// Knows which pull requests brought a commit.
pub trait Evidence: Send + Sync {
    /// The merged pull requests that brought `commit` to the branch `main`, with their reviews; or why that can not be
    /// found out.
    fn pulls(&self, commit: &str, main: &str) -> Result<Vec<Pull>, String>;
}

impl Run<'_> {
    /// Refuses a campaign whose merge nobody approved who may.
    ///
    /// # Errors
    /// [`StartError::NotApproved`], also where it can not be found out.
    pub(super) fn check_approved(
        &self,
        id: &OccurrenceId,
        content: &Content,
        commit: CommitId,
        recipients: u64,
    ) -> Result<(), StartError> {
        if self.ground.settings.approval.verify == Verify::Merge {
            return Ok(());
        }
        let refused = |why: String| StartError::NotApproved {
            campaign: id.campaign().to_string(),
            why,
        };
        let Some(evidence) = self.outside.evidence else {
            return Err(refused("nobody here can read reviews".to_owned()));
        };
        let main = &self.outside.ledger.main;
        let pulls = evidence.pulls(&commit.to_string(), main).map_err(refused)?;
        let before = match self.ground.repository.first_parent(commit)? {
            Some(parent) => Workspace::load_settings(&Tree::at(self.ground.path, parent)?),
            // The first commit of all: there was nobody to approve it.
            None => return Err(refused("its commit is the first of all".to_owned())),
        };
        let before = before.map_err(|source| StartError::Workspace {
            commit: format!("the one before {commit}"),
            source,
        })?;
        let campaign = &content.file.campaign;
        verify(&before, campaign, recipients, &commit.to_string(), &pulls)
            .map_err(|lack| refused(lack.to_string()))
    }
}
