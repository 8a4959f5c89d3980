//! Whether a campaign's mail shows a link of the portal that it is there for, in both of its parts.

use super::Context;
use crate::render::Parts;
use crate::workspace::campaign::Campaign;
use crate::workspace::loaded::CampaignFile;

/// The campaigns that `must` show a link below this path of the portal and do not, each with the part that lacks it.
pub(super) fn lacking<'a>(
    context: &'a Context<'_>,
    path: &str,
    must: impl Fn(&Campaign) -> bool,
) -> Vec<(&'a CampaignFile, &'static str)> {
    let settings = context.loaded.settings.as_ref();
    let Some(portal) = settings.and_then(|settings| settings.portal.as_ref()) else {
        return Vec::new();
    };
    let link = format!("{}/{path}/", portal.url);
    let lacks = |(id, sample)| {
        let file = context.loaded.campaigns.get(id)?;
        let sample: &Parts = sample;
        if !must(&file.campaign) {
            return None;
        }
        // In the text a long address may go over two lines.
        let text: String = sample.text.split_whitespace().collect();
        match (sample.html.contains(&link), text.contains(&link)) {
            (true, true) => None,
            (true, false) => Some((file, "the text part")),
            (false, _) => Some((file, "the HTML part")),
        }
    };
    context.samples.iter().filter_map(lacks).collect()
}
