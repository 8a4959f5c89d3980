//! Which campaigns a change touches: its own folder, its lists, its template; the settings and the assets are everybody's.

use std::collections::{BTreeMap, BTreeSet};

use super::owner::{Owners, defined};
use crate::mail::occurrence::CampaignId;
use crate::workspace::loaded::CampaignFile;

/// The campaigns among these, of one state of the workspace or several, that a change of the files `changed` touches.
pub fn affected(
    states: &[&BTreeMap<CampaignId, CampaignFile>],
    changed: &BTreeSet<String>,
) -> BTreeSet<CampaignId> {
    let campaigns = || states.iter().copied().flatten();
    if changed.iter().any(|path| is_everybodys(path)) {
        return campaigns().map(|(id, _)| id.clone()).collect();
    }
    let owners = owners(states, changed);
    let touched = owners.touched(changed);
    let found = campaigns().filter(|(_, file)| is_touched(file, &touched));
    found.map(|(id, _)| id.clone()).collect()
}

/// Whose files are whose in these states. A campaign that comes or goes with the change is no part of another in any.
pub fn owners(
    states: &[&BTreeMap<CampaignId, CampaignFile>],
    changed: &BTreeSet<String>,
) -> Owners {
    let files = states.iter().flat_map(|campaigns| campaigns.values());
    let folders = files.map(|file| file.folder.as_str());
    Owners::by_folders(folders.chain(changed.iter().filter_map(|path| defined(path))))
}

/// Whether every campaign hangs on a file.
pub fn is_everybodys(path: &str) -> bool {
    path == "postmerge.yaml" || path.starts_with("assets/")
}

/// Whether a campaign, one of its lists or its template is among what a change touches.
pub fn is_touched(file: &CampaignFile, touched: &BTreeSet<&str>) -> bool {
    let audience = &file.campaign.audience;
    let invited_to = file.campaign.invitation.as_ref().map(|it| &it.list);
    let named = audience.lists.iter().chain(&audience.exclude_lists);
    let mut lists = named.chain(invited_to);
    let template = file.campaign.template.as_ref();
    touched.contains(file.folder.as_str())
        || lists.any(|name| touched.contains(format!("lists/{name}").as_str()))
        || template.is_some_and(|name| touched.contains(format!("templates/{name}").as_str()))
}
