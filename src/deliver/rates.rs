//! A campaign of which too much comes back is held: before a run goes on with it, and while it runs, when the ledger says who was
//! suppressed meanwhile, or a relay refuses too much.
//!
//! A sender's share counts its sendings of the last days together; it is looked at when a run takes a campaign up.

use super::engine::Engine;
use super::error::{DeliverError, StartError};
use super::run::Run;
use crate::ledger::feedback::ByOccurrence;
use crate::ledger::state::OccurrenceState;
use crate::mail::occurrence::OccurrenceId;
use crate::plan::rates::{Figures, Of, Verdict, goes_on, judge, of_occurrence, whole};
use crate::workspace::names::SenderName;

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
        let came_back = (self.came_back()?, &self.senders);
        let verdict = whole(&self.ledger, rates, sending, came_back, self.now)?;
        match (verdict, goes_on(rates, id)) {
            (Verdict::Fine, _) => Ok(None),
            (Verdict::Warn(why), _) => Ok(Some(format!("warning: {why}"))),
            (Verdict::Stop(why), Some(reason)) => Ok(Some(format!(
                "warning: {why}; it goes on because of: {reason}"
            ))),
            (Verdict::Stop(why), None) => Err(StartError::Rates {
                occurrence: id.to_string(),
                why: why.told(),
            }),
        }
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
            let verdict = of_occurrence(rates, &active.id, &active.state, returned);
            self.take_verdict(number, verdict)?;
        }
        Ok(())
    }

    /// A relay has just refused a mail because its address takes none: nobody has to report that. Judged at once, and by what
    /// is counted already: a relay may refuse thousands until the ledger is read again.
    pub(super) fn refused_hard(&mut self, number: usize) -> Result<(), DeliverError> {
        let Some(active) = self.occurrences.get_mut(number) else {
            return Ok(());
        };
        let (Some(rates), None) = (&active.rates, &active.ended) else {
            return Ok(());
        };
        let (accepted, rejected) = active.state.settled();
        let figures = Figures {
            accepted,
            rejected,
            hard: u64::from(active.state.hard_rejections()) + u64::from(active.returned.hard),
            complained: active.returned.complained.into(),
        };
        let verdict = judge(rates, &Of::Sending, figures);
        self.take_verdict(number, verdict)
    }

    fn take_verdict(&mut self, number: usize, verdict: Verdict) -> Result<(), DeliverError> {
        let Some(active) = self.occurrences.get_mut(number) else {
            return Ok(());
        };
        match verdict {
            Verdict::Fine => Ok(()),
            Verdict::Warn(why) => {
                active.warning = Some(format!("warning: {why}"));
                Ok(())
            }
            Verdict::Stop(why) => {
                let why = why.told();
                active.ended = Some(format!("held: {why}"));
                active.to_hold = Some(why);
                self.leave(number)
            }
        }
    }
}
