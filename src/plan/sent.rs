//! What went out before this run, for caps and the warm-up: of every occurrence, whoever sent it.
//!
//! Reads the whole ledger; asked only where something is capped.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;

use super::error::PlanError;
use crate::ledger::branch::Ledger;
use crate::ledger::event::{Event, Outcome};
use crate::ledger::segment::Record;
use crate::schedule::calendar::Calendar;
use crate::workspace::names::RelayName;
use crate::workspace::settings::Settings;

/// What went out before.
#[derive(Debug, Default)]
pub struct Sent {
    /// Mails that were accepted today, by relay and destination.
    pub today: BTreeMap<(RelayName, String), u32>,
    /// The days before today on which a relay accepted mail.
    pub days: BTreeMap<RelayName, BTreeSet<Date>>,
}

impl Sent {
    /// Reads it from the ledger, where the settings hold a cap.
    ///
    /// # Errors
    /// [`PlanError::Ledger`].
    pub fn read(
        ledger: &Ledger,
        settings: &Settings,
        calendar: &Calendar,
        now: Timestamp,
    ) -> Result<Self, PlanError> {
        let mut sent = Self::default();
        let pace = &settings.pace;
        let capped = pace.warm_up.is_some()
            || settings
                .relays
                .values()
                .any(|relay| relay.daily_cap.is_some())
            || pace.providers.values().any(|it| it.daily_cap.is_some());
        if !capped {
            return Ok(sent);
        }
        let today = calendar.date_of(now);
        for occurrence in ledger.occurrences()? {
            let state = ledger.look(&occurrence)?;
            let Some(header) = state.header() else {
                continue;
            };
            let sender = settings
                .senders
                .iter()
                .find(|(name, _)| name.as_str() == header.sender);
            let Some((_, sender)) = sender else { continue };
            ledger.records(&occurrence, |record| {
                let Record::Event(Event::Outcome {
                    recipient,
                    at,
                    outcome,
                    ..
                }) = record
                else {
                    return;
                };
                if !matches!(outcome, Outcome::Accepted { .. }) {
                    return;
                }
                let date = calendar.date_of(at);
                if date != today {
                    sent.days
                        .entry(sender.relay.clone())
                        .or_default()
                        .insert(date);
                    return;
                }
                let destination = state.destinations().get(recipient.0 as usize);
                let name = destination.and_then(|it| header.destinations.get(usize::from(*it)));
                let key = (sender.relay.clone(), name.cloned().unwrap_or_default());
                *sent.today.entry(key).or_default() += 1;
            })?;
        }
        Ok(sent)
    }

    /// The same as it will stand on a later day: what went out today is of a day before then.
    #[must_use]
    pub fn as_of(&self, day: Date, today: Date) -> Self {
        if day == today {
            return Self {
                today: self.today.clone(),
                days: self.days.clone(),
            };
        }
        let mut days = self.days.clone();
        for (relay, _) in self.today.keys() {
            days.entry(relay.clone()).or_default().insert(today);
        }
        Self {
            today: BTreeMap::new(),
            days,
        }
    }
}
