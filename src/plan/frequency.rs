//! How often people were mailed lately, against what policy allows and what some of them wish. Each mail counts for who has got it, or
//! may have, by the day on which it went out to them, whatever else happened in its sending; for who is still to get it, by the day on
//! which anything happened in it last: what is held for weeks keeps nothing else back. The last days are counted with today; a month and three months, which people can wish for, by the calendar, so that what
//! comes every month is no more than one a month.
//!
//! The sendings are read once for both. Who wishes for nothing costs nothing more.

use std::collections::{BTreeMap, HashMap, HashSet};

use jiff::civil::{Date, Time};
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

/// The wishes that mean months, in days: the portal offers them.
const MONTH: u16 = 30;
const QUARTER: u16 = 90;

const FORTNIGHT: u16 = 14;

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
        let by_policy = cap.map(|cap| moment(calendar, first_day(calendar, cap.days, now)));
        // Few people, fewer different wishes.
        let first = |days: u16| moment(calendar, first_wished(calendar, days, now));
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
            // Nothing in it is later.
            if state.last_activity().is_none_or(|last| last < earliest)
                || !is_newsletter(ledger, header, occurrence.campaign())?
            {
                continue;
            }
            for (id, at) in got(&state, now) {
                if by_policy.is_some_and(|since| at >= since) {
                    let count = lately.counts.entry(id).or_default();
                    *count = count.saturating_add(1);
                }
                let since = fewer.get(&id).and_then(|days| by_wish.get(days));
                if since.is_some_and(|since| at >= *since) {
                    lately.had_one.insert(id);
                }
            }
        }
        Ok(lately)
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

/// The first of the last so many days, today being one.
fn first_day(calendar: &Calendar, days: u16, now: Timestamp) -> Date {
    let before = i64::from(days.max(1)) - 1;
    calendar.date_of(now).saturating_sub(before.days())
}

/// The first day that a wish for one newsletter in so many days looks back to.
fn first_wished(calendar: &Calendar, days: u16, now: Timestamp) -> Date {
    let months = match days {
        MONTH => 1,
        QUARTER => 3,
        _ => return first_day(calendar, days, now),
    };
    let first = calendar.date_of(now).first_of_month();
    let first = first.saturating_sub((months - 1).months());
    // Of the last of one month and the first of the next one is enough.
    first.min(first_day(calendar, FORTNIGHT, now))
}

fn moment(calendar: &Calendar, day: Date) -> Timestamp {
    let moment = calendar.moment(day, Time::midnight());
    moment.unwrap_or(Timestamp::MIN)
}

/// Who has got a sending's mail, may have, or is still to get it; and when. Who waits does so while their sending lives.
fn got(
    state: &OccurrenceState,
    now: Timestamp,
) -> impl Iterator<Item = (RecipientId, Timestamp)> + '_ {
    let waits = state.last_activity().map_or(now, |last| last.min(now));
    let those = state
        .statuses()
        .filter(|(_, status)| status.has_or_will_get());
    those.filter_map(move |(index, _)| {
        let id = state.ids().get(index.0 as usize).copied()?;
        Some((id, state.went_out(index, now).unwrap_or(waits)))
    })
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

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn what_comes_every_month_is_one_a_month() {
        let calendar = Calendar::new("Europe/Rome", []).unwrap();
        let noon = |day: Date| calendar.moment(day, Time::constant(12, 0, 0, 0)).unwrap();
        for (days, last, next, comes) in [
            (MONTH, date(2027, 2, 1), date(2027, 3, 1), true),
            (MONTH, date(2027, 1, 29), date(2027, 2, 26), true),
            (MONTH, date(2027, 2, 16), date(2027, 3, 15), true),
            (MONTH, date(2027, 3, 1), date(2027, 3, 29), false),
            (MONTH, date(2027, 2, 26), date(2027, 3, 1), false),
            (QUARTER, date(2027, 2, 1), date(2027, 5, 1), true),
            (QUARTER, date(2027, 2, 1), date(2027, 4, 30), false),
            (7, date(2027, 2, 2), date(2027, 2, 9), true),
            (7, date(2027, 2, 3), date(2027, 2, 9), false),
        ] {
            let since = moment(&calendar, first_wished(&calendar, days, noon(next)));
            assert_eq!(noon(last) < since, comes, "{days}: {last}, {next}");
        }
    }
}
