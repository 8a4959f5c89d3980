//! Settings as people write them, turned into what the scheduler reckons with.

use super::error::PlanError;
use crate::mail::occurrence::CampaignId;
use crate::schedule::occurrence::{IfMissed, Period, Sending};
use crate::schedule::retry::RetryPolicy;
use crate::schedule::window::Window;
use crate::workspace::campaign::{self, Campaign};
use crate::workspace::settings::{Retry, Settings};

/// When a campaign goes out.
///
/// # Errors
/// [`PlanError::Missing`].
pub fn sending(
    settings: &Settings,
    id: &CampaignId,
    campaign: &Campaign,
) -> Result<Sending, PlanError> {
    let name = &campaign.send.window;
    let window = settings
        .windows
        .get(name)
        .ok_or_else(|| PlanError::Missing {
            campaign: id.to_string(),
            what: "window",
            name: name.to_string(),
        })?;
    Ok(Sending {
        date: campaign.send.date,
        window: Window {
            name: name.to_string(),
            opens: window.opens,
            open_for: window.open_for.0,
            days: window.days.as_ref().map(|days| {
                days.iter()
                    .map(|day| jiff::civil::Weekday::from(*day))
                    .collect()
            }),
        },
        every: campaign.send.every.map(|every| match every {
            campaign::Every::Week => Period::Week,
            campaign::Every::Month => Period::Month,
            campaign::Every::Quarter => Period::Quarter,
        }),
        if_missed: match campaign.send.if_missed {
            campaign::IfMissed::Lapse => IfMissed::Lapse,
            campaign::IfMissed::Next => IfMissed::Next,
        },
    })
}

/// When refusals for now are tried again.
pub fn retry(retry: &Retry) -> RetryPolicy {
    RetryPolicy {
        after: retry.after.0,
        tries: retry.tries,
        give_up_after: retry.give_up_after.0,
    }
}
