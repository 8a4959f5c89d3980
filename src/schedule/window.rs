//! Windows: times of day at which sending may start, and the openings that they come to.
//!
//! An opening lasts for elapsed time, not for wall-clock time: a window that is open for two hours
//! is open for two hours also in the night in which the clocks change.

use std::time::Duration;

use jiff::civil::{Date, Time, Weekday};
use jiff::{Span, Timestamp};

use super::calendar::Calendar;

/// A time of day at which sending may start, and for how long it may go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    /// What campaigns call it.
    pub name: String,
    /// Opening time in the organisation's zone.
    pub opens: Time,
    /// How long it stays open; more than [`LONGEST`] counts as that.
    pub open_for: Duration,
    /// The days of the week on which it opens, holidays or not; business days where absent.
    pub days: Option<Weekdays>,
}

/// The longest that a window stays open.
pub const LONGEST: Duration = Duration::from_secs(7 * 86_400);

/// So far ahead an opening is looked for: a window that does not open within is taken as shut.
const HORIZON_DAYS: i32 = 366;

/// A set of days of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Weekdays(u8);

impl Weekdays {
    /// Whether the day is one of them.
    pub fn contains(self, day: Weekday) -> bool {
        self.0 & bit(day) != 0
    }
}

fn bit(day: Weekday) -> u8 {
    1 << day.to_monday_zero_offset()
}

impl FromIterator<Weekday> for Weekdays {
    fn from_iter<I: IntoIterator<Item = Weekday>>(days: I) -> Self {
        Self(days.into_iter().fold(0, |set, day| set | bit(day)))
    }
}

/// A stretch of time in which sending may go on: `from` belongs to it, `until` does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Opening {
    /// It begins.
    pub from: Timestamp,
    /// It is over.
    pub until: Timestamp,
}

impl Opening {
    /// Whether sending may start a mail at this moment.
    pub fn contains(&self, at: Timestamp) -> bool {
        self.from <= at && at < self.until
    }
}

impl Calendar {
    /// Whether the window opens on that day.
    pub fn opens_on(&self, window: &Window, date: Date) -> bool {
        match window.days {
            Some(days) => days.contains(date.weekday()),
            None => self.is_business_day(date),
        }
    }

    /// The opening that begins on that day, if there is one. It may last into the next.
    pub fn opening_on(&self, window: &Window, date: Date) -> Option<Opening> {
        if !self.opens_on(window, date) || window.open_for.is_zero() {
            return None;
        }
        let from = self.moment(date, window.opens)?;
        let until = from.checked_add(window.open_for.min(LONGEST)).ok()?;
        Some(Opening { from, until })
    }

    /// The first day from `date` on, that day included, on which the window opens. `None` where it
    /// does not within a year.
    pub fn first_fitting_day(&self, window: &Window, date: Date) -> Option<Date> {
        (0..=HORIZON_DAYS)
            .map_while(|day| date.checked_add(Span::new().days(day)).ok())
            .find(|day| self.opening_on(window, *day).is_some())
    }

    /// The opening that `at` lies in, or else the next one: the first that is not over by `at`.
    /// `None` where there is none within a year.
    pub fn opening_at_or_after(&self, window: &Window, at: Timestamp) -> Option<Opening> {
        let back = i32::try_from(window.open_for.min(LONGEST).as_secs() / 86_400).unwrap_or(7) + 1;
        let today = self.date_of(at);
        (-back..=HORIZON_DAYS)
            .filter_map(|day| today.checked_add(Span::new().days(day)).ok())
            .filter_map(|day| self.opening_on(window, day))
            .find(|opening| opening.until > at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::{date, time};

    fn window(opens: Time, hours: u64, days: Option<Weekdays>) -> Window {
        Window {
            name: "test".to_owned(),
            opens,
            open_for: Duration::from_secs(hours * 3600),
            days,
        }
    }

    fn shown(opening: Option<Opening>) -> String {
        opening.map_or("none".to_owned(), |o| format!("{} {}", o.from, o.until))
    }

    #[test]
    fn business_days_unless_days_are_given() {
        let calendar = Calendar::new("America/Bogota", [date(2026, 12, 8)]).unwrap();
        let noon = window(time(12, 0, 0, 0), 2, None);
        assert_eq!(
            shown(calendar.opening_on(&noon, date(2026, 12, 3))),
            "2026-12-03T17:00:00Z 2026-12-03T19:00:00Z"
        );
        assert_eq!(calendar.opening_on(&noon, date(2026, 12, 5)), None);
        assert_eq!(calendar.opening_on(&noon, date(2026, 12, 8)), None);
        let saturdays = window(
            time(12, 0, 0, 0),
            2,
            Some([Weekday::Saturday, Weekday::Tuesday].into_iter().collect()),
        );
        assert!(calendar.opening_on(&saturdays, date(2026, 12, 5)).is_some());
        assert!(calendar.opening_on(&saturdays, date(2026, 12, 8)).is_some());
        assert_eq!(calendar.opening_on(&saturdays, date(2026, 12, 9)), None);
    }

    #[test]
    fn an_opening_across_midnight_belongs_to_the_day_it_began() {
        let calendar = Calendar::new("Europe/Rome", []).unwrap();
        let night = window(time(22, 0, 0, 0), 4, None);
        // Friday's lasts into Saturday 02:00 (01:00 UTC).
        let at = "2026-12-05T00:30:00Z".parse().unwrap();
        assert_eq!(
            shown(calendar.opening_at_or_after(&night, at)),
            "2026-12-04T21:00:00Z 2026-12-05T01:00:00Z"
        );
        // The end itself is outside; Monday's is next.
        let end = "2026-12-05T01:00:00Z".parse().unwrap();
        assert_eq!(
            shown(calendar.opening_at_or_after(&night, end)),
            "2026-12-07T21:00:00Z 2026-12-08T01:00:00Z"
        );
    }

    #[test]
    fn nights_in_which_clocks_change_keep_their_length() {
        let calendar = Calendar::new("Europe/Rome", []).unwrap();
        let every = Some(
            (0..7)
                .filter_map(|n| Weekday::from_monday_zero_offset(n).ok())
                .collect(),
        );
        let early = window(time(2, 30, 0, 0), 2, every);
        assert_eq!(
            shown(calendar.opening_on(&early, date(2026, 3, 29))),
            "2026-03-29T01:30:00Z 2026-03-29T03:30:00Z"
        );
        assert_eq!(
            shown(calendar.opening_on(&early, date(2026, 10, 25))),
            "2026-10-25T00:30:00Z 2026-10-25T02:30:00Z"
        );
    }

    #[test]
    fn a_window_that_never_opens_is_shut() {
        let calendar = Calendar::new("UTC", []).unwrap();
        let at = "2026-12-05T01:00:00Z".parse().unwrap();
        let never = window(time(9, 0, 0, 0), 1, Some(Weekdays::default()));
        assert_eq!(calendar.opening_at_or_after(&never, at), None);
        let instant = window(time(9, 0, 0, 0), 0, None);
        assert_eq!(calendar.opening_at_or_after(&instant, at), None);
        assert_eq!(calendar.opening_at_or_after(&instant, Timestamp::MAX), None);
    }

    #[test]
    fn a_window_of_days_is_found_from_its_last_hour() {
        let calendar = Calendar::new("UTC", []).unwrap();
        let long = window(
            time(9, 0, 0, 0),
            24 * 30,
            Some([Weekday::Monday].into_iter().collect()),
        );
        let at = "2026-12-14T08:59:59Z".parse().unwrap();
        assert_eq!(
            shown(calendar.opening_at_or_after(&long, at)),
            "2026-12-07T09:00:00Z 2026-12-14T09:00:00Z"
        );
    }
}
