//! Who takes turns with whom: all campaigns that go out in the same time, those that are not shown among them.

use std::collections::BTreeSet;

use super::audience::Audience;
use super::error::PlanError;
use super::lanes::{destinations_offline, providers};
use super::next_sending::{Next, next_sending};
use super::pace::{self, pace};
use super::planning::Planning;
use super::proposal::{CampaignPlan, When};
use super::sending::sending;
use super::sent::Sent;
use crate::ledger::state::{OccurrenceState, Status};
use crate::mail::occurrence::{CampaignId, OccurrenceId};
use crate::schedule::window::Opening;
use crate::workspace::settings::Settings;

impl Planning<'_> {
    /// All sendings that are ahead, paced together.
    pub(super) fn pace(&self, campaigns: &mut [CampaignPlan]) -> Result<(), PlanError> {
        let settings = self.settings();
        let sent = match self.request.ledger {
            Some(ledger) => Sent::read(ledger, settings, &self.calendar, self.request.now)?,
            None => Sent::default(),
        };
        let mut sendings: Vec<(usize, Option<usize>, pace::Sending)> = Vec::new();
        for (place, plan) in campaigns.iter().enumerate() {
            let (When::Ahead { opening, .. }, Ok(planned)) = (&plan.when, &plan.sending) else {
                continue;
            };
            let mails = planned.pace.destinations.iter();
            let mails = mails.map(|it| (it.name.clone(), it.mails)).collect();
            let sending = self.to_pace(&plan.id, None, *opening, mails)?;
            sendings.extend(sending.map(|it| (self.rank(&plan.id), Some(place), it)));
        }
        for rival in self.rivals(campaigns, &sendings) {
            let sending = self.rival(&rival)?;
            sendings.extend(sending.map(|it| (self.rank(&rival.id), None, it)));
        }
        sendings.sort_by_key(|(rank, place, _)| (*rank, *place));
        let places: Vec<Option<usize>> = sendings.iter().map(|(_, place, _)| *place).collect();
        let sendings: Vec<pace::Sending> = sendings.into_iter().map(|(.., it)| it).collect();
        let paces = pace(settings, &self.calendar, &sendings, &sent, self.request.now)?;
        for (place, paced) in places.into_iter().zip(paces) {
            let plan = place.and_then(|place| campaigns.get_mut(place));
            let Some(Ok(planned)) = plan.map(|plan| &mut plan.sending) else {
                continue;
            };
            if paced.unsent > 0 {
                planned.audience.holds.push(format!(
                    "{} of its mails never get their turn: a daily cap or its window leaves no room",
                    paced.unsent
                ));
            }
            planned.pace = paced;
        }
        Ok(())
    }

    /// Its place in the order of reception; what is proposed comes last.
    pub(super) fn rank(&self, id: &CampaignId) -> usize {
        let base = self.request.base.as_ref();
        let is_new = base.is_some_and(|(base, _)| !base.workspace.campaigns.contains_key(id));
        let received = self.request.received.iter().position(|it| it == id);
        received.filter(|_| !is_new).unwrap_or(usize::MAX)
    }

    /// Through `sender`, or the campaign's own.
    fn to_pace(
        &self,
        id: &CampaignId,
        sender: Option<&str>,
        opening: Opening,
        mails: Vec<(String, u64)>,
    ) -> Result<Option<pace::Sending>, PlanError> {
        let settings = self.settings();
        let Some(file) = self.request.proposed.workspace.campaigns.get(id) else {
            return Ok(None);
        };
        let name = sender.unwrap_or(file.campaign.sender.as_str());
        let mut senders = settings.senders.iter();
        let Some((_, sender)) = senders.find(|(known, _)| known.as_str() == name) else {
            return Ok(None);
        };
        Ok(Some(pace::Sending {
            name: id.to_string(),
            relay: sender.relay.clone(),
            window: sending(settings, id, &file.campaign)?.window,
            opening,
            mails,
        }))
    }

    /// What a rival sends in that time; nothing where that cannot be said.
    fn rival(&self, rival: &Rival) -> Result<Option<pace::Sending>, PlanError> {
        let Rival { id, opening, begun } = rival;
        if let (Some(occurrence), Some(ledger)) = (begun, self.request.ledger) {
            let state = ledger.look(occurrence)?;
            let sender = state.header().map(|header| header.sender.as_str());
            return self.to_pace(id, sender, *opening, left_of(&state));
        }
        let day = self.calendar.date_of(opening.from);
        let Ok((_, resolved)) = self.resolve(&self.request.proposed, id, Some(day)) else {
            return Ok(None);
        };
        let mails = by_destination(self.settings(), &resolved.audience);
        let mails = mails.into_iter().map(|it| (it.name, it.mails)).collect();
        self.to_pace(id, None, *opening, mails)
    }

    /// Campaigns that go out in the same time as one that is shown, and are not, or have begun: they take turns.
    fn rivals(
        &self,
        shown: &[CampaignPlan],
        sendings: &[(usize, Option<usize>, pace::Sending)],
    ) -> Vec<Rival> {
        let mut found = Vec::new();
        let shown: BTreeSet<&CampaignId> = shown.iter().map(|it| &it.id).collect();
        let (ledger, now) = (self.request.ledger, self.request.now);
        for (id, file) in &self.request.proposed.workspace.campaigns {
            let campaign = (id, &file.campaign);
            let next = next_sending(self.settings(), campaign, &self.calendar, ledger, now);
            let Ok(Next::Ahead {
                occurrence,
                opening,
                started,
                ..
            }) = next
            else {
                continue;
            };
            if started.is_none() && shown.contains(id) {
                continue;
            }
            let overlaps = |it: &Opening| it.from < opening.until && opening.from < it.until;
            if sendings.iter().any(|(.., it)| overlaps(&it.opening)) {
                found.push(Rival {
                    id: id.clone(),
                    opening,
                    begun: started.map(|_| occurrence),
                });
            }
        }
        found
    }
}

/// A campaign whose pace is not asked for, and that takes turns with those whose is.
struct Rival {
    id: CampaignId,
    opening: Opening,
    /// The sending that has begun: its audience is fixed.
    begun: Option<OccurrenceId>,
}

/// Mails of a sending that has begun and are still to be sent, by the destinations that its start found.
fn left_of(state: &OccurrenceState) -> Vec<(String, u64)> {
    let names = state.header().map(|header| header.destinations.as_slice());
    let names = names.unwrap_or_default();
    let mut counts = vec![0_u64; names.len()];
    for (index, status) in state.statuses() {
        if !matches!(status, Status::Pending | Status::Deferred { .. }) {
            continue;
        }
        let destination = state.destinations().get(index.0 as usize);
        if let Some(count) = destination.and_then(|it| counts.get_mut(usize::from(*it))) {
            *count += 1;
        }
    }
    let left = names.iter().cloned().zip(counts);
    left.filter(|(_, mails)| *mails > 0).collect()
}

/// Mails by destination, copies among them; when they go is not known yet.
pub(super) fn by_destination(settings: &Settings, audience: &Audience) -> Vec<pace::Destination> {
    let (names, of_domain) = destinations_offline(&providers(&settings.pace), &audience.domains);
    let mut counts = vec![0_u64; names.len()];
    let mut add = |domain: u32, mails: u64| {
        let destination = of_domain.get(domain as usize).copied().unwrap_or_default();
        if let Some(count) = counts.get_mut(usize::from(destination)) {
            *count += mails;
        }
    };
    for entry in &audience.entries {
        add(entry.domain, 1);
    }
    for copy in &audience.copies {
        add(copy.domain(), audience.entries.len() as u64);
    }
    let counted = names
        .into_iter()
        .zip(counts)
        .filter(|(_, mails)| *mails > 0);
    let destination = |(name, mails)| pace::Destination {
        name,
        mails,
        pause_ms: None,
        first: None,
        last: None,
    };
    counted.map(destination).collect()
}
