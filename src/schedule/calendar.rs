//! The organisation's days: its zone, weekends and holidays.
//!
//! Saturdays, Sundays and the holidays given are no business days; nothing else is known about
//! countries. A wall-clock time that a zone change skips is taken as much later as the clock was
//! put forward; one that happens twice is taken the first time (RFC 5545 §3.3.5 says the same).

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

/// The organisation's zone and working days. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Calendar {
    zone: TimeZone,
    holidays: Arc<BTreeSet<Date>>,
}

/// A calendar that cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CalendarError {
    /// The zone database does not have it.
    #[error("`{0}` is no time zone: a name such as `America/Bogota` or `Europe/Rome` is needed")]
    UnknownZone(String),
}

impl Calendar {
    /// A calendar in `zone` (an IANA name) with these holidays.
    ///
    /// # Errors
    /// [`CalendarError::UnknownZone`] where the bundled zone database does not have the zone.
    pub fn new(
        zone: &str,
        holidays: impl IntoIterator<Item = Date>,
    ) -> Result<Self, CalendarError> {
        let zone = TimeZone::get(zone).map_err(|_| CalendarError::UnknownZone(zone.to_owned()))?;
        Ok(Self {
            zone,
            holidays: Arc::new(holidays.into_iter().collect()),
        })
    }

    /// The zone.
    pub const fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// The date that it is in the organisation's zone.
    pub fn date_of(&self, at: Timestamp) -> Date {
        self.zone.to_datetime(at).date()
    }

    /// The moment of a wall-clock time. `None` only at the ends of representable time.
    pub fn moment(&self, date: Date, time: Time) -> Option<Timestamp> {
        self.zone.to_timestamp(date.to_datetime(time)).ok()
    }

    /// When the day after `at`'s day begins. In zones that put their clocks forward at midnight
    /// that is one o'clock.
    pub fn next_day(&self, at: Timestamp) -> Timestamp {
        self.date_of(at)
            .tomorrow()
            .ok()
            .and_then(|date| self.moment(date, Time::midnight()))
            .unwrap_or(Timestamp::MAX)
    }

    /// Whether the organisation works on that day.
    pub fn is_business_day(&self, date: Date) -> bool {
        is_weekday(date) && !self.holidays.contains(&date)
    }

    /// The `days`th business day after `date`; `date` itself for none, business day or not.
    /// `None` beyond the year 9999.
    pub fn add_business_days(&self, date: Date, days: u32) -> Option<Date> {
        let mut date = date;
        let mut left = days;
        while left > 0 {
            date = date.tomorrow().ok()?;
            if self.is_business_day(date) {
                left -= 1;
            }
        }
        Some(date)
    }

    /// How many business days lie after `from`, up to and with `to`: what
    /// [`add_business_days`](Self::add_business_days) takes back. Zero where `to` is not later.
    pub fn business_days_between(&self, from: Date, to: Date) -> u32 {
        if to <= from {
            return 0;
        }
        let days = from.until(to).map_or(0, |span| span.get_days());
        let weekdays = (days / 7) * 5;
        let rest = (days / 7) * 7;
        let remaining = (rest + 1..=days)
            .filter_map(|day| from.checked_add(Span::new().try_days(day).ok()?).ok())
            .filter(|date| is_weekday(*date))
            .count();
        let free = from.tomorrow().map_or(0, |first| {
            self.holidays
                .range(first..=to)
                .filter(|date| is_weekday(**date))
                .count()
        });
        u32::try_from(weekdays)
            .unwrap_or(0)
            .saturating_add(u32::try_from(remaining).unwrap_or(0))
            .saturating_sub(u32::try_from(free).unwrap_or(0))
    }

    /// `date` where it is a business day, else the next one: what is done on a day off counts as done
    /// then. `None` beyond the year 9999.
    pub fn business_day_from(&self, date: Date) -> Option<Date> {
        match self.is_business_day(date) {
            true => Some(date),
            false => self.add_business_days(date, 1),
        }
    }

    /// The first day for which a proposal made at `proposed` keeps `notice` business days; one made
    /// after `cut_off`, or on a day off, counts as the next business day's. Never earlier for a later
    /// proposal. Where no notice is asked for, a day off is a day like others.
    pub fn earliest_after_notice(
        &self,
        proposed: Timestamp,
        notice: u32,
        cut_off: Time,
    ) -> Option<Date> {
        let local = self.zone.to_datetime(proposed);
        let (day, is_late) = (local.date(), local.time() > cut_off);
        let counted = match (notice, is_late) {
            (_, true) if self.is_business_day(day) || notice == 0 => day.tomorrow().ok()?,
            _ => day,
        };
        match notice {
            0 => Some(counted),
            // A day off has no cut-off of its own: whatever is proposed on it counts as the next business day's.
            _ => self.add_business_days(self.business_day_from(counted)?, notice),
        }
    }
}

fn is_weekday(date: Date) -> bool {
    !matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::{date, time};
    use proptest::prelude::*;

    fn rome() -> Calendar {
        Calendar::new("Europe/Rome", [date(2026, 12, 25), date(2026, 12, 26)]).unwrap()
    }

    #[test]
    fn an_unknown_zone_is_named() {
        assert_eq!(
            Calendar::new("Bogotá", []).unwrap_err().to_string(),
            "`Bogotá` is no time zone: a name such as `America/Bogota` or `Europe/Rome` is needed"
        );
    }

    #[test]
    fn a_skipped_time_is_later_and_a_repeated_one_is_the_first() {
        let calendar = rome();
        let at = |d, t| calendar.moment(d, t).unwrap().to_string();
        assert_eq!(
            at(date(2026, 3, 29), time(2, 30, 0, 0)),
            "2026-03-29T01:30:00Z"
        );
        assert_eq!(
            at(date(2026, 10, 25), time(2, 30, 0, 0)),
            "2026-10-25T00:30:00Z"
        );
    }

    #[test]
    fn the_next_day_begins_at_local_midnight() {
        let calendar = Calendar::new("America/Bogota", []).unwrap();
        let next = calendar.next_day("2026-12-03T04:59:59Z".parse().unwrap());
        assert_eq!(next.to_string(), "2026-12-03T05:00:00Z");
        assert_eq!(calendar.next_day(next).to_string(), "2026-12-04T05:00:00Z");
        // 25 hours long.
        let long = rome().next_day("2026-10-24T22:00:00Z".parse().unwrap());
        assert_eq!(long.to_string(), "2026-10-25T23:00:00Z");
        assert_eq!(rome().next_day(Timestamp::MAX), Timestamp::MAX);
    }

    #[test]
    fn notice_counts_from_the_next_day_after_the_cut_off() {
        let calendar = rome();
        let nine = time(9, 0, 0, 0);
        let earliest = |at: &str| {
            calendar
                .earliest_after_notice(at.parse().unwrap(), 1, nine)
                .unwrap()
        };
        assert_eq!(earliest("2026-12-03T08:00:00Z"), date(2026, 12, 4));
        assert_eq!(earliest("2026-12-03T08:00:01Z"), date(2026, 12, 7));
        assert_eq!(earliest("2026-12-24T08:00:00Z"), date(2026, 12, 28));
    }

    #[test]
    fn a_day_off_counts_as_the_next_business_day() {
        let calendar = rome();
        let earliest = |at: &str, notice| {
            let at = at.parse().unwrap();
            let day = calendar.earliest_after_notice(at, notice, time(9, 0, 0, 0));
            day.unwrap()
        };
        // Friday after nine, Saturday before and after it, Sunday, Monday before nine: all are Monday's.
        for at in [
            "2026-12-04T12:00:00Z",
            "2026-12-05T07:00:00Z",
            "2026-12-05T12:00:00Z",
            "2026-12-06T22:59:59Z",
            "2026-12-07T08:00:00Z",
        ] {
            assert_eq!(earliest(at, 1), date(2026, 12, 8), "{at}");
        }
        assert_eq!(earliest("2026-12-25T07:00:00Z", 1), date(2026, 12, 29));
        // Without notice a Saturday's window can be proposed for on that Saturday.
        assert_eq!(earliest("2026-12-05T07:00:00Z", 0), date(2026, 12, 5));
        assert_eq!(earliest("2026-12-05T12:00:00Z", 0), date(2026, 12, 6));
    }

    proptest! {
        #[test]
        fn a_later_proposal_never_goes_out_earlier(
            at in 0..8_000_000i64, later in 0..1_000_000i64, notice in 0..5u32, hour in 0..24i8,
            free in proptest::collection::vec(0..100i32, 0..20),
        ) {
            let day = |n: i32| date(2026, 1, 1) + Span::new().days(n);
            let calendar = Calendar::new("America/Bogota", free.into_iter().map(day)).unwrap();
            let start: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
            let earliest = |seconds| {
                let proposed = start + jiff::SignedDuration::from_secs(seconds);
                (proposed, calendar.earliest_after_notice(proposed, notice, time(hour, 0, 0, 0)).unwrap())
            };
            let ((proposed, first), (_, second)) = (earliest(at), earliest(at + later));
            prop_assert!(first <= second, "{} {}", first, second);
            // So many whole business days lie after the day that it was proposed on.
            prop_assert!(calendar.business_days_between(calendar.date_of(proposed), first) >= notice);
        }

        #[test]
        fn counting_agrees_with_walking(start in 0..3000i32, length in 0..600i32, free in proptest::collection::vec(0..3000i32, 0..30)) {
            let day = |n: i32| date(2024, 1, 1) + Span::new().days(n);
            let calendar = Calendar::new("UTC", free.into_iter().map(day)).unwrap();
            let (from, to) = (day(start), day(start + length));
            let walked = (1..=length).filter(|n| calendar.is_business_day(day(start + n))).count();
            let counted = calendar.business_days_between(from, to);
            prop_assert_eq!(counted as usize, walked);
            let back = calendar.add_business_days(from, counted).unwrap();
            prop_assert!(back <= to);
            prop_assert_eq!(calendar.business_days_between(back, to), 0);
        }
    }
}
