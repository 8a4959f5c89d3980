//! Which campaigns a change touches: its own folder, its lists, its template; the settings and the assets are everybody's.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use crate::mail::occurrence::CampaignId;
use crate::workspace::loaded::CampaignFile;

/// The campaigns among these that a change of the files `changed` touches.
pub fn affected(
    campaigns: &BTreeMap<CampaignId, CampaignFile>,
    changed: &BTreeSet<String>,
) -> BTreeSet<CampaignId> {
    let everybody = |path: &String| path == "postmerge.yaml" || path.starts_with("assets/");
    if changed.iter().any(everybody) {
        return campaigns.keys().cloned().collect();
    }
    // They are sorted: what begins with a prefix comes first from there on.
    let touches = |prefix: &str| {
        let mut from = changed.range::<str, _>((Bound::Included(prefix), Bound::Unbounded));
        from.next().is_some_and(|path| path.starts_with(prefix))
    };
    let is_touched = |file: &CampaignFile| {
        let audience = &file.campaign.audience;
        let mut lists = audience.lists.iter().chain(&audience.exclude_lists);
        let of_list = |end: &str, name| changed.contains(&format!("lists/{name}{end}"));
        let template = file.campaign.template.as_ref();
        touches(&format!("{}/", file.folder))
            || lists.any(|name| of_list(".yaml", name) || of_list(".csv", name))
            || template.is_some_and(|name| touches(&format!("templates/{name}/")))
    };
    let touched = campaigns.iter().filter(|(_, file)| is_touched(file));
    touched.map(|(id, _)| id.clone()).collect()
}
