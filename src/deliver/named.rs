//! The campaign that a run is asked for by name. A slip of the finger must not look like "nothing is due".

use super::due::Question;
use super::error::StartError;
use super::opened::Opened;
use crate::diagnostic::nearest;
use crate::mail::occurrence::CampaignId;
use crate::workspace::settings::LedgerSettings;

/// Whether the main branch or the ledger knows the campaign, where one is named.
///
/// # Errors
/// [`StartError::NoCampaign`].
pub(super) fn check_named(
    opened: &Opened,
    question: &Question,
    settings: &LedgerSettings,
) -> Result<(), StartError> {
    let Some(campaign) = &question.campaign else {
        return Ok(());
    };
    let is_of = |id: &crate::mail::occurrence::OccurrenceId| id.campaign() == campaign;
    if opened.workspace.campaigns.contains_key(campaign)
        || opened.ledger.occurrences()?.iter().any(is_of)
    {
        return Ok(());
    }
    Err(StartError::NoCampaign {
        campaign: campaign.clone(),
        branch: main_branch(settings),
        nearest: nearest_campaign(opened, campaign),
    })
}

/// The main branch, as people write it.
pub fn main_branch(settings: &LedgerSettings) -> String {
    format!("{}/{}", settings.remote, settings.main)
}

/// The campaign on the main branch that was probably meant.
pub fn nearest_campaign(opened: &Opened, given: &CampaignId) -> Option<String> {
    let known = opened.workspace.campaigns.keys();
    let known: Vec<&str> = known.map(CampaignId::as_str).collect();
    nearest(given.as_str(), &known).map(str::to_owned)
}
