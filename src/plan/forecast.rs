//! How a sending that has begun would have gone by the plan: its audience as it was fixed, at the pace and in the window that its
//! approving commit says.
//!
//! It is reckoned alone: what else went out in the same time, and what a cap had counted that day, is left out. Of the warm-up the days before count.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::{Date, Time, Weekday};

use super::calendar::calendar;
use super::error::PlanError;
use super::pace::{self, watched};
use super::sending::sending;
use super::sent::Sent;
use crate::mail::occurrence::CampaignId;
use crate::schedule::calendar::Calendar;
use crate::schedule::window::{Opening, Window};
use crate::workspace::campaign::Campaign;
use crate::workspace::settings::Settings;

/// A sending as it began.
#[derive(Debug, Clone)]
pub struct Begun<'a> {
    /// Its campaign.
    pub id: &'a CampaignId,
    /// When.
    pub at: Timestamp,
    /// Through which sender.
    pub sender: &'a str,
    /// Mails by destination.
    pub mails: Vec<(String, u64)>,
    /// The days before on which senders had mail accepted.
    pub days: &'a BTreeMap<String, BTreeSet<Date>>,
}

/// Hands over when each of its mails would have been done; how many would never have had their turn. `None` where the settings know no such
/// sender.
///
/// # Errors
/// [`PlanError`].
pub fn forecast(
    settings: &Settings,
    campaign: &Campaign,
    begun: Begun<'_>,
    each: &mut dyn FnMut(Timestamp),
) -> Result<Option<u64>, PlanError> {
    let relay_of = |name: &str| {
        let mut senders = settings.senders.iter();
        let found = senders.find(|(known, _)| known.as_str() == name);
        found.map(|(_, sender)| &sender.relay)
    };
    let Some(relay) = relay_of(begun.sender) else {
        return Ok(None);
    };
    let calendar = calendar(settings)?;
    let window = sending(settings, begun.id, campaign)?.window;
    let (window, opening) = opening(&calendar, window, begun.at);
    let today = calendar.date_of(opening.from);
    let of_relay = begun.days.iter();
    let of_relay = of_relay.filter(|(sender, _)| relay_of(sender) == Some(relay));
    let days: BTreeSet<Date> = of_relay
        .flat_map(|(_, days)| days.range(..today).copied())
        .collect();
    let sent = Sent {
        today: BTreeMap::new(),
        days: BTreeMap::from([(relay.clone(), days)]),
    };
    let planned = pace::Sending {
        name: begun.id.to_string(),
        relay: relay.clone(),
        window,
        opening,
        mails: begun.mails,
    };
    let paces = watched(
        settings,
        &calendar,
        &[planned],
        (&sent, opening.from),
        &mut |_, at| each(at),
    )?;
    Ok(Some(paces.first().map_or(0, |pace| pace.unsent)))
}

/// The opening that it began in. One that began outside of its window, by `--now`, is reckoned from then on, at any time of day.
fn opening(calendar: &Calendar, window: Window, at: Timestamp) -> (Window, Opening) {
    match calendar.opening_at_or_after(&window, at) {
        Some(opening) if opening.contains(at) => (window, opening),
        _ => {
            let always = Window {
                opens: Time::midnight(),
                open_for: Duration::from_secs(86_400),
                days: Some(Weekday::Monday.cycle_forward().take(7).collect()),
                ..window
            };
            let until = calendar.next_day(at);
            (always, Opening { from: at, until })
        }
    }
}
