//! Proof that a merge was approved by who may approve, where the settings ask for it: looked at before a campaign starts.

use super::approved_changes::{changes, unapproved};
use super::error::StartError;
use super::run::Run;
use crate::diagnostic::cut;
use crate::git::CommitId;
use crate::mail::occurrence::OccurrenceId;
use crate::plan::content::Content;
use crate::plan::evidence::{Needs, Pull, verify};
use crate::workspace::settings::Verify;

/// Characters of a file's name.
const LONGEST: usize = 200;

/// Knows which pull requests brought a commit.
pub trait Evidence: Send + Sync {
    /// The merged pull requests that brought `commit` to the branch `main`, with their reviews; or why that cannot be
    /// found out.
    fn pulls(&self, commit: &str, main: &str) -> Result<Vec<Pull>, String>;
}

impl Run<'_> {
    /// Refuses a campaign of which something was not approved by who may.
    ///
    /// # Errors
    /// [`StartError::NotApproved`], also where it cannot be found out.
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
        let changes = changes(&self.ground, id.campaign(), content, commit)?;
        if changes.is_empty() {
            // There was nobody to approve it.
            return Err(refused("its commit is the first of all".to_owned()));
        }
        let main = &self.outside.ledger.main;
        let mut lacks = Vec::new();
        for change in &changes {
            let commit = change.commit.to_string();
            let pulls = evidence.pulls(&commit, main).map_err(refused)?;
            let needs = match &change.campaign {
                Some(campaign) => Needs::Campaign(campaign, recipients),
                None => Needs::Template,
            };
            let lack = verify(&change.before, needs, &commit, &pulls).err();
            if let (true, Some(lack)) = (lacks.is_empty(), &lack) {
                return Err(refused(lack.to_string()));
            }
            lacks.push(lack);
        }
        let lack = |number: usize| lacks.get(number).and_then(Option::as_ref);
        match unapproved(&changes, |number| lack(number).is_none()) {
            None => Ok(()),
            Some((number, file)) => {
                let lack = lack(number).map(ToString::to_string).unwrap_or_default();
                Err(refused(format!(
                    "{lack}, and what it made of {} was never approved: take that back in a pull request, and propose \
                     it again in another",
                    cut(file, LONGEST)
                )))
            }
        }
    }
}
