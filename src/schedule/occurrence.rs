//! Which sending of a campaign is due: its date, its window's opening, and what became of it.
//!
//! Late is not now: sending is due only inside an opening of the campaign's window. An occurrence
//! whose opening passed without a start lapses, or waits for the next opening where the campaign
//! says so; one that has started goes on in later openings until it is done.
//!
//! An occurrence is named after its nominal date, never after the day that holidays or the window
//! move it to: a holiday added to the settings must not give a sending another identity.

use jiff::civil::{Date, ISOWeekDate};
use jiff::{Span, Timestamp};

use super::calendar::Calendar;
use super::window::{Opening, Window};

/// When a campaign goes out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sending {
    /// The day; for a recurring campaign the first one.
    pub date: Date,
    /// The window of that day.
    pub window: Window,
    /// Sends it again every so often.
    pub every: Option<Period>,
    /// What happens when its opening passes without a start.
    pub if_missed: IfMissed,
}

/// The period of a recurring campaign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Period {
    /// The same day of every ISO week: `2026-W49`.
    Week,
    /// The same day of every month, or its last where it has no such day: `2026-12`.
    Month,
    /// The same day of every third month: `2026-Q4`.
    Quarter,
}

/// What happens to an occurrence whose opening passed without a start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum IfMissed {
    /// It lapses, and is reported.
    #[default]
    Lapse,
    /// It goes out when the window opens next, unless the following occurrence's turn has come.
    Next,
}

/// One sending of a campaign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Occurrence {
    /// Its label; none for a campaign that does not recur.
    pub label: Option<String>,
    /// The day that the campaign's date and period come to.
    pub nominal: Date,
    /// The first day from `nominal` on that the window opens on.
    pub date: Date,
    /// The opening of that day.
    pub opening: Opening,
    number: i64,
}

/// Whether an occurrence is to be sent now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// Not before this opening.
    NotYet(Opening),
    /// Now, until this opening ends.
    Open(Opening),
    /// This opening, its own, passed without a start: it is not sent any more.
    Lapsed(Opening),
    /// It has started, but its window does not open any more.
    Shut,
}

/// Nothing is scheduled after this day: moments are reckoned with until 2262.
pub const LAST_DAY: Date = jiff::civil::date(2250, 12, 31);

/// So many occurrences without a fitting day are passed over before the search ends.
const MOST_SKIPPED: i64 = 120;

impl Sending {
    /// Whether its window opens on its date or in the year after it.
    pub fn is_ever(&self, calendar: &Calendar) -> bool {
        self.date <= LAST_DAY
            && calendar
                .first_fitting_day(&self.window, self.date)
                .is_some()
    }

    /// Occurrence `number`, counted from 0. `None` where there is none: a campaign that does not
    /// recur has only the first; and a recurring one passes over a period in which the window does
    /// not open before the next period's turn (a week between holidays), so that no two
    /// occurrences fall on one day.
    pub fn occurrence(&self, calendar: &Calendar, number: i64) -> Option<Occurrence> {
        let nominal = self.nominal(number)?;
        let date = calendar.first_fitting_day(&self.window, nominal)?;
        if self.every.is_some() && self.nominal(number + 1).is_some_and(|next| date >= next) {
            return None;
        }
        Some(Occurrence {
            label: self.every.map(|period| period.label(nominal)),
            nominal,
            date,
            opening: calendar.opening_on(&self.window, date)?,
            number,
        })
    }

    /// The occurrence that bears this label; `None` for the label of one that does not recur.
    pub fn occurrence_labelled(
        &self,
        calendar: &Calendar,
        label: Option<&str>,
    ) -> Option<Occurrence> {
        let number = match (self.every, label) {
            (None, None) => 0,
            (Some(period), Some(label)) => {
                let day = period.day_in(label, self.date)?;
                self.number_at(day)
            }
            _ => return None,
        };
        // The day found lies in the labelled period, but the number's nominal day may differ in
        // a short month: the label decides.
        self.occurrence(calendar, number)
            .filter(|found| found.label.as_deref() == label)
    }

    /// The latest occurrence whose opening has begun by `now`.
    pub fn current(&self, calendar: &Calendar, now: Timestamp) -> Option<Occurrence> {
        let newest = self.number_at(calendar.date_of(now));
        (0..=newest)
            .rev()
            .take(usize::try_from(MOST_SKIPPED).unwrap_or(0))
            .filter_map(|number| self.occurrence(calendar, number))
            .find(|occurrence| occurrence.opening.from <= now)
    }

    /// The first occurrence whose opening has not begun by `now`.
    pub fn upcoming(&self, calendar: &Calendar, now: Timestamp) -> Option<Occurrence> {
        // One back: an occurrence may be moved past `now` by a holiday.
        let first = (self.number_at(calendar.date_of(now)) - 1).max(0);
        (first..first + MOST_SKIPPED)
            .filter_map(|number| self.occurrence(calendar, number))
            .find(|occurrence| occurrence.opening.from > now)
    }

    /// The occurrences whose openings have begun by `now` and were not over by `since`, oldest
    /// first, and at most the `most` newest of them: those that may be due or have lapsed since.
    pub fn begun(
        &self,
        calendar: &Calendar,
        since: Timestamp,
        now: Timestamp,
        most: usize,
    ) -> Vec<Occurrence> {
        let oldest = (self.number_at(calendar.date_of(since)) - 2).max(0);
        let newest = self.number_at(calendar.date_of(now));
        let mut found: Vec<_> = (oldest..=newest)
            .rev()
            .filter_map(|number| self.occurrence(calendar, number))
            .filter(|found| found.opening.from <= now && found.opening.until > since)
            .take(most)
            .collect();
        found.reverse();
        found
    }

    /// Whether the occurrence is to be sent now. `started`: something of it has been claimed.
    pub fn due(
        &self,
        calendar: &Calendar,
        occurrence: &Occurrence,
        now: Timestamp,
        started: bool,
    ) -> Due {
        let own = occurrence.opening;
        if now < own.from {
            return Due::NotYet(own);
        }
        if own.contains(now) {
            return Due::Open(own);
        }
        if !started
            && (self.if_missed == IfMissed::Lapse || self.is_overtaken(calendar, occurrence, now))
        {
            return Due::Lapsed(own);
        }
        match calendar.opening_at_or_after(&self.window, now) {
            Some(opening) if opening.contains(now) => Due::Open(opening),
            Some(opening) => Due::NotYet(opening),
            None if started => Due::Shut,
            None => Due::Lapsed(own),
        }
    }

    /// Whether a later occurrence's opening has begun, or is the next one that there is.
    fn is_overtaken(&self, calendar: &Calendar, occurrence: &Occurrence, now: Timestamp) -> bool {
        let next = (occurrence.number + 1..=occurrence.number + MOST_SKIPPED)
            .take_while(|_| self.every.is_some())
            .find_map(|number| self.occurrence(calendar, number));
        let opening = calendar.opening_at_or_after(&self.window, now);
        match (next, opening) {
            (Some(next), Some(opening)) => next.opening.from <= opening.from,
            (Some(_), None) => true,
            (None, _) => false,
        }
    }

    /// The day of occurrence `number`, always counted from the first: the 31st stays the 31st after
    /// a February.
    fn nominal(&self, number: i64) -> Option<Date> {
        if number < 0 {
            return None;
        }
        let span = match self.every {
            None if number > 0 => return None,
            None => Span::new(),
            Some(Period::Week) => Span::new().try_weeks(number).ok()?,
            Some(Period::Month) => Span::new().try_months(number).ok()?,
            Some(Period::Quarter) => Span::new().try_months(number.checked_mul(3)?).ok()?,
        };
        let day = self.date.checked_add(span).ok()?;
        (day <= LAST_DAY).then_some(day)
    }

    /// The number of the last occurrence whose nominal day is not after `date`; negative before
    /// the first.
    fn number_at(&self, date: Date) -> i64 {
        if date < self.date {
            return -1;
        }
        let months = i64::from(date.year() - self.date.year()) * 12
            + i64::from(date.month() - self.date.month());
        let guess = match self.every {
            None => 0,
            Some(Period::Week) => {
                i64::from(self.date.until(date).map_or(0, |span| span.get_days())) / 7
            }
            Some(Period::Month) => months,
            Some(Period::Quarter) => months / 3,
        };
        if self.nominal(guess).is_some_and(|nominal| nominal > date) {
            guess - 1
        } else {
            guess
        }
    }
}

impl Period {
    /// What the period around a day is called.
    pub fn label(self, date: Date) -> String {
        match self {
            Self::Week => {
                let week = date.iso_week_date();
                format!("{:04}-W{:02}", week.year(), week.week())
            }
            Self::Month => format!("{:04}-{:02}", date.year(), date.month()),
            Self::Quarter => format!("{:04}-Q{}", date.year(), (date.month() - 1) / 3 + 1),
        }
    }

    /// Whether the label is one of this period's.
    pub fn names(self, label: &str) -> bool {
        self.day_in(label, Date::ZERO).is_some()
    }

    /// The last day of the period that the label names that can be an occurrence's nominal day
    /// when `first` is the first one's.
    fn day_in(self, label: &str, first: Date) -> Option<Date> {
        let (year, rest) = label.split_once('-')?;
        let year: i16 = year.parse().ok()?;
        let found = match self {
            Self::Week => {
                let week: i8 = rest.strip_prefix('W')?.parse().ok()?;
                ISOWeekDate::new(year, week, first.weekday()).ok()?.date()
            }
            Self::Month => last_of_month(year, rest.parse().ok()?)?,
            Self::Quarter => {
                let quarter: i8 = rest.strip_prefix('Q')?.parse().ok()?;
                last_of_month(year, quarter.checked_mul(3)?)?
            }
        };
        (self.label(found) == label).then_some(found)
    }
}

fn last_of_month(year: i16, month: i8) -> Option<Date> {
    Date::new(year, month, 1).ok().map(Date::last_of_month)
}

#[cfg(test)]
#[path = "occurrence_tests.rs"]
mod tests;
