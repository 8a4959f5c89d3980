//! Which sending of a campaign comes next, as the calendar and the ledger have it.

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::error::PlanError;
use super::sending::sending;
use crate::ledger::branch::Ledger;
use crate::ledger::state::{Counts, OccurrenceState};
use crate::mail::occurrence::{CampaignId, OccurrenceId};
use crate::schedule::calendar::Calendar;
use crate::schedule::occurrence::{Due, Occurrence, Sending};
use crate::schedule::window::Opening;
use crate::workspace::campaign::{Campaign, Status};
use crate::workspace::settings::Settings;

/// Missed windows are looked for so far back, as sending does.
const LOOK_BACK: SignedDuration = SignedDuration::from_hours(62 * 24);

/// Occurrences of one recurring campaign that are looked at.
const MOST: usize = 9;

/// A campaign's next sending.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// It goes out in this opening, or has begun to.
    Ahead {
        /// Which sending.
        occurrence: OccurrenceId,
        /// The day that its date and period come to.
        nominal: Date,
        /// When.
        opening: Opening,
        /// Where its day is none on which it can go out.
        moved: Option<Moved>,
        /// What went out already. Its audience is fixed then.
        started: Option<Counts>,
    },
    /// Its opening passed without a start.
    Lapsed {
        /// Which sending.
        occurrence: OccurrenceId,
        /// The day that its date and period come to.
        nominal: Date,
        /// When it should have been.
        opening: Opening,
    },
    /// Everybody has an outcome, or its window does not open any more.
    Over {
        /// The last sending, where it has begun.
        occurrence: Option<OccurrenceId>,
    },
    /// Called off.
    Cancelled,
}

/// A day that is none of a campaign's sending days: it goes out on the next one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moved {
    /// The day that its date and period come to.
    pub from: Date,
    /// Why not then.
    pub why: NotThen,
}

/// Why a window does not open on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum NotThen {
    /// It opens on business days.
    NoBusinessDay,
    /// It has days of the week of its own.
    OtherDays,
}

fn moved(sending: &Sending, found: &Occurrence) -> Option<Moved> {
    let why = match sending.window.days {
        None => NotThen::NoBusinessDay,
        Some(_) => NotThen::OtherDays,
    };
    let from = found.nominal;
    (from != found.date).then_some(Moved { from, why })
}

impl Next {
    /// The day that its date and period come to, where it has not gone out.
    pub const fn nominal(&self) -> Option<Date> {
        match self {
            Self::Ahead { nominal, .. } | Self::Lapsed { nominal, .. } => Some(*nominal),
            Self::Over { .. } | Self::Cancelled => None,
        }
    }
}

/// What comes next of a campaign at `now`. Without a ledger nothing has begun.
///
/// # Errors
/// [`PlanError`].
pub fn next_sending(
    settings: &Settings,
    (id, campaign): (&CampaignId, &Campaign),
    calendar: &Calendar,
    ledger: Option<&Ledger>,
    now: Timestamp,
) -> Result<Next, PlanError> {
    if campaign.status == Status::Cancelled {
        return Ok(Next::Cancelled);
    }
    let sending = sending(settings, id, campaign)?;
    if !sending.is_ever(calendar) {
        return Err(PlanError::Never {
            campaign: id.to_string(),
            date: campaign.send.date,
        });
    }
    let since = now.checked_sub(LOOK_BACK).unwrap_or(now);
    let mut occurrences = sending.begun(calendar, since, now, MOST);
    occurrences.extend(sending.upcoming(calendar, now));
    let mut last = Next::Over { occurrence: None };
    for found in occurrences {
        let occurrence = match &found.label {
            Some(label) => OccurrenceId::recurring(id.clone(), label)?,
            None => OccurrenceId::single(id.clone()),
        };
        let state = match ledger {
            Some(ledger) => ledger.look(&occurrence)?,
            None => OccurrenceState::new(),
        };
        let started = state.header().is_some().then(|| state.counts(now));
        if started.as_ref().is_some_and(|counts| counts.pending == 0) {
            last = Next::Over {
                occurrence: Some(occurrence),
            };
            continue;
        }
        last = match sending.due(calendar, &found, now, started.is_some()) {
            Due::NotYet(opening) | Due::Open(opening) => {
                return Ok(Next::Ahead {
                    occurrence,
                    nominal: found.nominal,
                    opening,
                    moved: moved(&sending, &found),
                    started,
                });
            }
            Due::Lapsed(opening) => Next::Lapsed {
                occurrence,
                nominal: found.nominal,
                opening,
            },
            Due::Shut => Next::Over {
                occurrence: Some(occurrence),
            },
        };
    }
    Ok(last)
}
