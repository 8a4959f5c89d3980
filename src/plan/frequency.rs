//! How often people were mailed lately, against what policy allows and what some of them wish. Counted by sendings: one counts for as
//! long as something happened in it on one of the last days, today's being one, for everybody who has got it, may have, or is
//! still to get it.
//!
//! The sendings are read once for both. Who wishes for nothing costs nothing more.

use std::collections::{BTreeMap, HashMap, HashSet};

use jiff::civil::Time;
use jiff::{Timestamp, ToSpan as _};

use super::error::PlanError;
use crate::git::EntryKind;
use crate::ledger::branch::Ledger;
use crate::ledger::event::{AudienceHeader, Exclusion};
use crate::ledger::state::OccurrenceState;
use crate::ledger::wishes::Wishes;
use crate::mail::occurrence::CampaignId;
use crate::mail::recipient_id::RecipientId;
use crate::schedule::calendar::Calendar;
use crate::workspace::settings::Frequency;
use crate::workspace::yaml;

/// Newsletters of the last days, by recipient.
#[derive(Debug, Default)]
pub struct Lately {
    counts: HashMap<RecipientId, u16>,
    most: u16,
    /// Who wishes for fewer, and had one in so many days.
    had_one: HashSet<RecipientId>,
}

/// Who wishes for at most one newsletter in so many days, by days.
type Fewer = HashMap<RecipientId, u16>;

impl Lately {
    /// Counts the newsletters of the last days, as the organisation's calendar has them.
    ///
    /// # Errors
    /// [`PlanError::Ledger`], [`PlanError::Git`].
    pub fn read(
        ledger: &Ledger,
        cap: Option<Frequency>,
        wishes: Option<&Wishes>,
        calendar: &Calendar,
        now: Timestamp,
    ) -> Result<Self, PlanError> {
        let mut lately = Self {
            most: cap.map_or(0, |cap| cap.mails),
            ..Self::default()
        };
        let people = wishes.into_iter().flat_map(Wishes::people);
        let fewer: Fewer = people
            .filter_map(|(id, held)| Some((*id, held.at_most()?)))
            .collect();
        let first = |days: u16| first_moment(calendar, days, now);
        let by_policy = cap.map(|cap| first(cap.days));
        // Few people, fewer different wishes.
        let by_wish: BTreeMap<u16, Timestamp> =
            fewer.values().map(|days| (*days, first(*days))).collect();
        let Some(earliest) = by_policy.into_iter().chain(by_wish.values().copied()).min() else {
            return Ok(lately);
        };
        for occurrence in ledger.occurrences()? {
            let state = ledger.look(&occurrence)?;
            let Some(header) = state.header() else {
                continue;
            };
            let Some(last) = state.last_activity().filter(|at| *at >= earliest) else {
                continue;
            };
            if !is_newsletter(ledger, header, occurrence.campaign())? {
                continue;
            }
            if by_policy.is_some_and(|since| last >= since) {
                lately.count(&state);
            }
            if !fewer.is_empty() {
                let is_recent = |days: &u16| by_wish.get(days).is_some_and(|since| last >= *since);
                let concerned = |id: &RecipientId| fewer.get(id).is_some_and(is_recent);
                lately.had_one.extend(got(&state).filter(concerned));
            }
        }
        Ok(lately)
    }

    fn count(&mut self, state: &OccurrenceState) {
        for id in got(state) {
            let count = self.counts.entry(id).or_default();
            *count = count.saturating_add(1);
        }
    }

    /// Whether and why somebody got as many as they may, or wish for.
    pub fn is_enough(&self, who: &RecipientId) -> Option<Exclusion> {
        if self.had_one.contains(who) {
            return Some(Exclusion::WantsFewer);
        }
        let count = self.counts.get(who).copied().unwrap_or(0);
        (self.most > 0 && count >= self.most).then_some(Exclusion::FrequencyCap)
    }
}

/// The first moment of the last so many days, today being one.
fn first_moment(calendar: &Calendar, days: u16, now: Timestamp) -> Timestamp {
    let before = i64::from(days.max(1)) - 1;
    let first = calendar.date_of(now).saturating_sub(before.days());
    calendar
        .moment(first, Time::midnight())
        .unwrap_or(Timestamp::MIN)
}

/// Who has got a sending, may have, or is still to get it.
fn got(state: &OccurrenceState) -> impl Iterator<Item = RecipientId> + '_ {
    let those = state
        .statuses()
        .filter(|(_, status)| status.has_or_will_get());
    those.filter_map(|(index, _)| state.ids().get(index.0 as usize).copied())
}

/// Whether a sending was one, as its campaign said at the commit that approved it. What cannot be read counts as one.
fn is_newsletter(
    ledger: &Ledger,
    header: &AudienceHeader,
    id: &CampaignId,
) -> Result<bool, PlanError> {
    let repository = ledger.repository();
    let path = format!("campaigns/{id}/campaign.yaml");
    let Ok(commit) = repository.resolve(&header.content_commit) else {
        return Ok(true);
    };
    let entry = repository.entry(commit, &path)?;
    let Some(entry) = entry.filter(|entry| entry.kind == EntryKind::File) else {
        return Ok(true);
    };
    let text = repository.with_blob(entry.id, |bytes| {
        String::from_utf8_lossy(bytes).into_owned()
    })?;
    let value = yaml::read(&path, text).value;
    let purpose = value
        .as_ref()
        .and_then(|value| value.get("purpose")?.as_str().map(str::to_owned));
    Ok(!matches!(
        purpose.as_deref(),
        Some("transactional" | "individual")
    ))
}
