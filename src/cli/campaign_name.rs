//! Campaigns as people name them: by id, or by a path below `campaigns/`; and what is said of a name that fits none.

use std::path::Path;

use super::error::CliError;
use crate::mail::occurrence::CampaignId;

/// The id in a name: what stands around it in a path is left out.
pub(super) fn bare(name: &str) -> &str {
    let bare = name.strip_prefix("./").unwrap_or(name);
    let bare = bare.strip_prefix("campaigns/").unwrap_or(bare);
    let bare = bare.strip_suffix("/campaign.yaml").unwrap_or(bare);
    bare.trim_end_matches('/')
}

/// The campaign that is named.
///
/// # Errors
/// [`CliError`] where it can be no campaign's.
pub(super) fn parse(name: &str) -> Result<CampaignId, CliError> {
    CampaignId::parse(bare(name)).map_err(|why| CliError::new(why.to_string()))
}

/// What to do about a name that the main branch does not know. `None` where nothing is known.
pub(super) fn advice(
    folder: &Path,
    campaign: &CampaignId,
    branch: &str,
    nearest: Option<&str>,
) -> Option<String> {
    let file = format!("campaigns/{campaign}/campaign.yaml");
    if folder.join(&file).symlink_metadata().is_ok() {
        return Some(format!(
            "{file} is in this folder, and not on {branch}: merge it, and push that, first"
        ));
    }
    nearest.map(|near| format!("did you mean `{near}`?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_and_its_file_are_the_campaign() {
        for name in [
            "2026/uno",
            "campaigns/2026/uno",
            "./campaigns/2026/uno/",
            "campaigns/2026/uno/campaign.yaml",
        ] {
            assert_eq!(parse(name).unwrap().as_str(), "2026/uno", "{name}");
        }
        assert!(parse("campaigns/").is_err());
        assert_eq!(bare("campaigns/boletin@2026-Q4"), "boletin@2026-Q4");
    }
}
