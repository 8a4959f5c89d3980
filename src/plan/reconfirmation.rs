//! Asking members whether they want to go on: who answered since a period began, who was asked how often, and who is unconfirmed.
//!
//! Somebody is asked by a mail of a campaign that says `reconfirmation` and that the relay accepted. Who was asked so often as
//! policy says since they last answered, and the last time so many days ago, is unconfirmed until they answer. Whatever somebody
//! asks for is an answer, but that they never joined.

use std::collections::HashMap;

use jiff::civil::{Date, Time};
use jiff::{SignedDuration, Timestamp, ToSpan as _};

use crate::ledger::branch::{Ledger, LedgerError};
use crate::ledger::state::Status;
use crate::mail::recipient_id::RecipientId;
use crate::schedule::calendar::Calendar;
use crate::workspace::campaign::Every;
use crate::workspace::settings::Reconfirmation;

/// How often somebody was asked.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Askings {
    /// Since they last answered.
    unanswered: u16,
    /// Since the period began.
    in_period: u16,
    /// The last time, at the latest.
    last: Timestamp,
    /// No answer that is later is one to an earlier question than the last.
    begun: Timestamp,
}

/// Who was asked.
#[derive(Debug, Default)]
pub struct Asked {
    people: HashMap<RecipientId, Askings>,
    asks: u16,
    days: u16,
}

impl Asked {
    /// Reads who was asked from the ledger: of other sendings no more than how they were fixed. `answered` tells when somebody
    /// answered last; `period` is the moment at which the present period began.
    ///
    /// # Errors
    /// [`LedgerError`].
    pub fn read(
        ledger: &Ledger,
        answered: impl Fn(&RecipientId) -> Option<Timestamp>,
        policy: Reconfirmation,
        period: Timestamp,
    ) -> Result<Self, LedgerError> {
        let mut asked = Self {
            people: HashMap::new(),
            asks: policy.asks.max(1),
            days: policy.days,
        };
        for occurrence in ledger.occurrences()? {
            let header = ledger.header(&occurrence)?;
            let Some(header) = header.filter(|header| header.reconfirmation) else {
                continue;
            };
            let state = ledger.look(&occurrence)?;
            // When each mail went out is not kept: none before the start, none after what happened last. So nobody counts as asked
            // after an answer, or longer ago, without having been.
            let (begun, ended) = (header.at, state.last_activity().unwrap_or(header.at));
            for (index, status) in state.statuses() {
                let is_theirs = state.copy_of(index).is_none();
                let id = state.ids().get(index.0 as usize);
                let Some(id) = id.filter(|_| is_theirs && status == Status::Accepted) else {
                    continue;
                };
                let one = asked.people.entry(*id).or_default();
                let is_open = answered(id).is_none_or(|at| at < begun);
                one.unanswered = one.unanswered.saturating_add(u16::from(is_open));
                one.in_period = one.in_period.saturating_add(u16::from(begun >= period));
                one.last = one.last.max(ended);
                one.begun = one.begun.max(begun);
            }
        }
        Ok(asked)
    }

    /// Whether somebody was asked as often since the period began as policy allows.
    pub fn is_enough(&self, who: &RecipientId) -> bool {
        self.people
            .get(who)
            .is_some_and(|it| it.in_period >= self.asks)
    }

    /// Whether somebody did not answer, however often asked.
    pub fn is_unconfirmed(&self, who: &RecipientId, now: Timestamp) -> bool {
        let time = SignedDuration::from_hours(24 * i64::from(self.days));
        self.people
            .get(who)
            .is_some_and(|it| it.unanswered >= self.asks && now.duration_since(it.last) > time)
    }

    /// The same for who may have answered since this was read: `answered` is when they did last.
    pub fn is_still_unconfirmed(
        &self,
        who: &RecipientId,
        answered: Option<Timestamp>,
        now: Timestamp,
    ) -> bool {
        let asked = self.people.get(who).map(|it| it.begun);
        self.is_unconfirmed(who, now) && answered < asked
    }
}

/// When the period that `at` is in began.
pub fn began(calendar: &Calendar, period: Every, at: Timestamp) -> Timestamp {
    let first = first_day(period, calendar.date_of(at));
    let moment = calendar.moment(first, Time::midnight());
    moment.unwrap_or(Timestamp::MIN)
}

fn first_day(period: Every, day: Date) -> Date {
    let month = match period {
        Every::Week => {
            let after_monday = i64::from(day.weekday().to_monday_zero_offset());
            return day.saturating_sub(after_monday.days());
        }
        Every::Month => day.month(),
        Every::Quarter => (day.month() - 1) / 3 * 3 + 1,
    };
    Date::new(day.year(), month, 1).unwrap_or(day)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn periods_begin_as_people_count_them() {
        for (period, day, first) in [
            (Every::Week, date(2026, 12, 3), date(2026, 11, 30)),
            (Every::Week, date(2026, 11, 30), date(2026, 11, 30)),
            (Every::Week, date(2027, 1, 3), date(2026, 12, 28)),
            (Every::Month, date(2026, 12, 31), date(2026, 12, 1)),
            (Every::Quarter, date(2026, 12, 31), date(2026, 10, 1)),
            (Every::Quarter, date(2027, 1, 1), date(2027, 1, 1)),
            (Every::Quarter, date(2027, 9, 30), date(2027, 7, 1)),
        ] {
            assert_eq!(first_day(period, day), first, "{period:?} {day}");
        }
    }
}
