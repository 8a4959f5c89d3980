//! A campaign of which too much comes back is held: before a run goes on with it, and while it runs, when the ledger says who was
//! suppressed meanwhile.
//!
//! A sender's share counts its sendings of the last days together; it is looked at when a run takes a campaign up.

use jiff::{SignedDuration, Timestamp};

use super::engine::Engine;
use super::error::{DeliverError, StartError};
use super::opened::Opened;
use super::run::Run;
use crate::ledger::branch::Ledger;
use crate::ledger::feedback::ByOccurrence;
use crate::ledger::state::OccurrenceState;
use crate::mail::occurrence::OccurrenceId;
use crate::plan::rates::{Figures, Verdict, goes_on, judge, of_occurrence};
use crate::workspace::names::SenderName;
use crate::workspace::settings::Rates;

/// What a person can do about it.
pub const HOW_ON: &str = "clean the lists; to go on all the same, give the reason under policy.rates.go_on in postmerge.yaml";

impl Run<'_> {
    /// What had come back when the round began.
    pub(super) fn came_back(&self) -> Result<&ByOccurrence, StartError> {
        if let Some(read) = self.came_back.get() {
            return Ok(read);
        }
        let read = self.ledger.came_back(|_| true)?;
        Ok(self.came_back.get_or_init(|| read))
    }

    /// Whether a campaign may start, or go on; what should be known of it, where it may.
    pub(super) fn check_rates(
        &self,
        id: &OccurrenceId,
        state: &OccurrenceState,
        sender: &SenderName,
    ) -> Result<Option<String>, StartError> {
        let rates = &self.ground.settings.policy.rates;
        let sending = (id, state, sender.as_str());
        let verdict = whole(&self.ledger, rates, sending, self.came_back()?, self.now)?;
        match (verdict, goes_on(rates, id)) {
            (Verdict::Fine, _) => Ok(None),
            (Verdict::Warn(why), _) => Ok(Some(format!("warning: {why}"))),
            (Verdict::Stop(why), Some(reason)) => Ok(Some(format!(
                "warning: {why}; it goes on because of: {reason}"
            ))),
            (Verdict::Stop(why), None) => Err(StartError::Rates {
                occurrence: id.to_string(),
                why: format!("{why}; {HOW_ON}"),
            }),
        }
    }
}

/// What a sending and its sender's sendings come to.
fn whole(
    ledger: &Ledger,
    rates: &Rates,
    (id, state, sender): (&OccurrenceId, &OccurrenceState, &str),
    returned: &ByOccurrence,
    now: Timestamp,
) -> Result<Verdict, StartError> {
    let has_any = returned.occurrences().next().is_some();
    match of_occurrence(rates, id, state, returned) {
        it @ Verdict::Stop(_) => Ok(it),
        other if !has_any => Ok(other),
        other => Ok(other.worse(of_sender(ledger, rates, sender, now)?)),
    }
}

/// Why no run would go on with this occurrence, where too much has come back of it or of its sender's.
pub(super) fn too_much(
    opened: &Opened,
    id: &OccurrenceId,
    returned: &ByOccurrence,
    now: Timestamp,
) -> Result<Option<String>, StartError> {
    let (ledger, workspace) = (&opened.ledger, &opened.workspace);
    let rates = &workspace.settings.policy.rates;
    if goes_on(rates, id).is_some() {
        return Ok(None);
    }
    let state = ledger.look(id)?;
    let campaign = workspace.campaigns.get(id.campaign());
    let sender = match state.header() {
        Some(header) => Some(header.sender.as_str()),
        None => campaign.map(|file| file.campaign.sender.as_str()),
    };
    let sending = (id, &state, sender.unwrap_or_default());
    match whole(ledger, rates, sending, returned, now)? {
        Verdict::Stop(why) => Ok(Some(why)),
        Verdict::Fine | Verdict::Warn(_) => Ok(None),
    }
}

impl Engine {
    /// What came back has changed while mails go out: whatever is beyond the limits now is held.
    pub(super) fn look_at_rates(&mut self, returned: &ByOccurrence) -> Result<(), DeliverError> {
        for number in 0..self.occurrences.len() {
            let Some(active) = self.occurrences.get_mut(number) else {
                break;
            };
            active.returned = returned.of(&active.id);
            let (Some(rates), None) = (&active.rates, &active.ended) else {
                continue;
            };
            match of_occurrence(rates, &active.id, &active.state, returned) {
                Verdict::Fine => {}
                Verdict::Warn(why) => active.warning = Some(format!("warning: {why}")),
                Verdict::Stop(why) => {
                    let why = format!("{why}; {HOW_ON}");
                    active.ended = Some(format!("held: {why}"));
                    active.to_hold = Some(why);
                    self.leave(number)?;
                }
            }
        }
        Ok(())
    }
}

/// A sender's share over its sendings of the last days.
fn of_sender(
    ledger: &Ledger,
    rates: &Rates,
    sender: &str,
    now: Timestamp,
) -> Result<Verdict, StartError> {
    let days = SignedDuration::from_hours(24 * i64::from(rates.days));
    let since = now.checked_sub(days).unwrap_or(Timestamp::MIN);
    let returned = ledger.came_back(|feedback| feedback.at >= since)?;
    let figures = |occurrence: &OccurrenceId| -> Result<Option<Figures>, StartError> {
        let state = ledger.look(occurrence)?;
        let is_its = state.header().is_some_and(|it| it.sender == sender);
        let is_recent = state.last_activity().is_some_and(|at| at >= since);
        let of_it = (is_its && is_recent).then(|| Figures::of(&state, returned.of(occurrence)));
        Ok(of_it)
    };
    // Reading every sending takes long, and more mails of which nothing came back make a share only smaller.
    let mut most = Figures::default();
    for occurrence in returned.occurrences() {
        if let Some(of_it) = figures(occurrence)? {
            most.add(of_it);
        }
    }
    let any = Rates {
        from: 1,
        ..rates.clone()
    };
    if judge(&any, "", most) == Verdict::Fine {
        return Ok(Verdict::Fine);
    }
    let mut all = Figures::default();
    for occurrence in ledger.occurrences()? {
        if let Some(of_it) = figures(&occurrence)? {
            all.add(of_it);
        }
    }
    let of = format!("sender {sender}, last {} days: ", rates.days);
    Ok(judge(rates, &of, all))
}
