//! When sending may start: windows, and the notice that a proposal must give.

use jiff::civil::Weekday;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use crate::workspace::length::Length;

/// A time of day at which sending may start, and for how long it may go on.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Window {
    /// Opening time in the organisation's zone, such as `12:00`.
    pub opens: jiff::civil::Time,
    /// How long it stays open. A campaign that is not done by then goes on when it opens next.
    #[serde(deserialize_with = "open_for")]
    pub open_for: Length,
    /// The days of the week on which it opens; business days where absent.
    #[serde(default)]
    #[schemars(length(min = 1))]
    pub days: Option<Vec<Day>>,
}

/// A window that is open for no time would never be met, and its campaigns be due on no day.
fn open_for<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Length, D::Error> {
    let length = Length::deserialize(deserializer)?;
    if length < Length::seconds(60) {
        let why = "no campaign would ever go out in so short a window: write a minute at least, such as `3h`";
        return Err(serde::de::Error::custom(why));
    }
    Ok(length)
}

/// A day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum Day {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

impl From<Day> for Weekday {
    fn from(day: Day) -> Self {
        match day {
            Day::Monday => Self::Monday,
            Day::Tuesday => Self::Tuesday,
            Day::Wednesday => Self::Wednesday,
            Day::Thursday => Self::Thursday,
            Day::Friday => Self::Friday,
            Day::Saturday => Self::Saturday,
            Day::Sunday => Self::Sunday,
        }
    }
}

/// Business days that must lie between proposal and sending.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Notice {
    /// How many.
    pub business_days: u16,
    /// A proposal after this time of day, or on a day off, counts as the next business day's.
    pub cut_off: jiff::civil::Time,
}

impl Default for Notice {
    fn default() -> Self {
        Self {
            business_days: 1,
            cut_off: jiff::civil::time(9, 0, 0, 0),
        }
    }
}
