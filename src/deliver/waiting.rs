//! Where an unfinished sending waits, as far as the ledger tells it: which destinations said "not now", when they are tried again,
//! and which of them no run that heard it sends anything to yet.
//!
//! A pacer's slower pace is its run's own and stands nowhere; a refusal's words do, and what follows from them is told by the table
//! that the pacer goes by.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::error::StartError;
use super::reasons::Reasons;
use crate::ledger::branch::Ledger;
use crate::ledger::event::{Event, Outcome};
use crate::ledger::reply_text::reply_text;
use crate::ledger::segment::Record;
use crate::ledger::state::{OccurrenceState, Status};
use crate::mail::occurrence::OccurrenceId;
use crate::schedule::pacer::Verdict;
use crate::schedule::verdict::judge;

/// A destination that somebody waits at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// Its name.
    pub destination: String,
    /// Mails that are still to be sent to it, those of nobody's "not now" among them.
    pub mails: u64,
    /// Of these: told "not now".
    pub deferred: u64,
    /// When the first of those is tried again, at the earliest.
    pub retry_at: Option<Timestamp>,
    /// Blocked: a run that heard it sends nothing there before then.
    pub paused_until: Option<Timestamp>,
    /// What was said last, without local parts of addresses.
    pub words: String,
}

/// What was said of a destination.
#[derive(Default)]
struct Said {
    last: Option<(Timestamp, String)>,
    blocked: Option<(Timestamp, Timestamp)>,
    accepted: Option<Timestamp>,
}

/// Why relays said "not now" to those who are still to be sent to, and where somebody waits for it, most mails first.
///
/// # Errors
/// [`StartError::Ledger`].
pub fn waiting(
    ledger: &Ledger,
    id: &OccurrenceId,
    now: Timestamp,
) -> Result<(Reasons, Vec<Waiting>), StartError> {
    let state = ledger.replay(id)?;
    let mut reasons = Reasons::default();
    let mut said: BTreeMap<u16, Said> = BTreeMap::new();
    ledger.records(id, |record| {
        let Record::Event(Event::Outcome {
            recipient,
            at,
            outcome,
            ..
        }) = record
        else {
            return;
        };
        let Some(destination) = state.destinations().get(recipient.0 as usize) else {
            return;
        };
        let of_it = said.entry(*destination).or_default();
        match outcome {
            Outcome::Accepted { .. } => of_it.accepted = of_it.accepted.max(Some(at)),
            Outcome::Deferred { reply, .. } => {
                if matches!(state.status(recipient), Some(Status::Deferred { .. })) {
                    reasons.take(&reply, at);
                }
                of_it.hear(&reply, at);
            }
            Outcome::Rejected { reply } => of_it.hear(&reply, at),
            Outcome::Unknown { .. } => {}
        }
    })?;
    Ok((reasons, told(&state, &said, now)))
}

impl Said {
    fn hear(&mut self, reply: &str, at: Timestamp) {
        // What no server said has no code, and says nothing of a destination.
        let code = reply.get(..3).and_then(|code| code.parse().ok());
        let verdict = code.map(|code| judge(code, reply.get(3..).unwrap_or_default(), at));
        if let Some(Verdict::Block { until }) = verdict {
            self.blocked = self.blocked.max(Some((at, until)));
        }
        if self.last.as_ref().is_none_or(|(last, _)| *last <= at) {
            self.last = Some((at, reply_text(reply)));
        }
    }

    /// A mail that went through after a block shows that it is over.
    fn paused_until(&self, now: Timestamp) -> Option<Timestamp> {
        let (at, until) = self.blocked?;
        (until > now && self.accepted.is_none_or(|accepted| accepted <= at)).then_some(until)
    }
}

fn told(state: &OccurrenceState, said: &BTreeMap<u16, Said>, now: Timestamp) -> Vec<Waiting> {
    let names = state.header().map(|header| header.destinations.as_slice());
    let mut found: BTreeMap<u16, Waiting> = BTreeMap::new();
    for (index, status) in state.statuses() {
        let retry_at = match status {
            Status::Deferred { retry_at, .. } => Some(retry_at),
            Status::Pending => None,
            _ => continue,
        };
        let Some(destination) = state.destinations().get(index.0 as usize) else {
            continue;
        };
        let name = names.and_then(|names| names.get(usize::from(*destination)));
        let waits = found.entry(*destination).or_insert_with(|| Waiting {
            destination: name.cloned().unwrap_or_default(),
            mails: 0,
            deferred: 0,
            retry_at: None,
            paused_until: None,
            words: String::new(),
        });
        waits.mails += 1;
        waits.deferred += u64::from(retry_at.is_some());
        waits.retry_at = match (waits.retry_at, retry_at) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
    }
    for (destination, waits) in &mut found {
        let Some(said) = said.get(destination) else {
            continue;
        };
        waits.paused_until = said.paused_until(now);
        waits.words = said
            .last
            .clone()
            .map(|(_, words)| words)
            .unwrap_or_default();
    }
    let mut all: Vec<Waiting> = found.into_values().collect();
    // Who only waits for their turn is told by the sum.
    all.retain(|it| it.deferred > 0 || it.paused_until.is_some());
    all.sort_by(|a, b| {
        let rank = |it: &Waiting| (it.paused_until.is_none(), std::cmp::Reverse(it.mails));
        (rank(a), &a.destination).cmp(&(rank(b), &b.destination))
    });
    all
}
