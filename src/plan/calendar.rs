//! The organisation's calendar, of its settings.

use crate::schedule::calendar::{Calendar, CalendarError};
use crate::workspace::settings::Settings;

/// Zone and holidays.
///
/// # Errors
/// [`CalendarError`] where the zone is not in the time zone database.
pub fn calendar(settings: &Settings) -> Result<Calendar, CalendarError> {
    let holidays = settings.organisation.holidays.iter().map(|it| it.date);
    Calendar::new(&settings.organisation.zone, holidays)
}
