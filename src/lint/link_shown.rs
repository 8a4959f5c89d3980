//! Whether a campaign's mail shows a link that it is there for, in both of its parts: one of the portal, or, without a portal, one
//! that writes a mail.

use super::Context;
use crate::mail::token::Action;
use crate::render::Parts;
use crate::workspace::campaign::Campaign;
use crate::workspace::loaded::CampaignFile;

/// The campaigns that `must` show a link below this path of the portal and do not, each with the part that lacks it. Without a
/// portal it is the link of a mail that asks for `by_mail`, where that can be asked for by mail.
pub(super) fn lacking<'a>(
    context: &'a Context<'_>,
    (path, by_mail): (&str, Option<Action>),
    must: impl Fn(&Campaign) -> bool,
) -> Vec<(&'a CampaignFile, &'static str)> {
    let Some(settings) = &context.loaded.settings else {
        return Vec::new();
    };
    let link = match (&settings.portal, by_mail) {
        (Some(portal), _) => format!("{}/{path}/", portal.url),
        (None, Some(action)) => action.query(),
        (None, None) => return Vec::new(),
    };
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
