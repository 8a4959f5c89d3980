//! A run of `send` is a row of rounds. Each begins anew from the fetched branches, under a run's id
//! and with a journal of its own, as a fresh run would; so what is merged, cancelled or reverted
//! meanwhile counts, and a window that opens is seen, by the code that looks at them anyway.
//!
//! What the rounds of one run hand on is here: paces, what is looked at once, and sums. None of it
//! says who was mailed: that is in the ledger alone. So a round follows only where the one before has
//! published everything.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;

use super::due::{Question, Scheduled};
use super::engine::{Ended, Tally};
use super::error::StartError;
use super::named::check_named;
use super::opened::Opened;
use super::preflight::Looked;
use super::progress::Progress;
use super::run::{Order, Outside, Summary, round};
use super::stopping::Stop;
use super::turning::WAIT_AT_MOST;
use crate::git::RemoteError;
use crate::ledger::branch::{LedgerError, PublishError};
use crate::mail::occurrence::OccurrenceId;
use crate::plan::lanes::Lanes;
use crate::plan::sent::Sent;
use crate::schedule::pacer::{LanePast, Pacer, RelayPast};
use crate::workspace::names::RelayName;
use crate::workspace::settings::LedgerSettings;

/// A round that finds the remote away is tried again after so long, then twice as long, and so on.
const AGAIN: SignedDuration = SignedDuration::from_secs(5);

/// So often in a row.
const TRIES: u32 = 5;

/// What became of a round.
pub(super) struct Round {
    pub(super) summary: Summary,
    /// When the next window opens of what it did not send.
    pub(super) opens_at: Option<Timestamp>,
}

/// What rounds hand on.
#[derive(Default)]
pub(super) struct Past {
    /// What was looked at before sending.
    pub(super) looked: Looked,
    /// What they came to.
    pub(super) tally: Tally,
    /// What any of them sent.
    pub(super) sent: BTreeSet<OccurrenceId>,
    /// What the first one found on its agenda.
    first: Option<BTreeSet<OccurrenceId>>,
    /// Whether a round found the campaign that was asked for: it may be taken away while it is sent.
    is_named: bool,
    lanes: HashMap<(RelayName, String), LanePast>,
    relays: HashMap<RelayName, RelayPast>,
    /// Attempts of a day that were not accepted.
    turned_away: BTreeMap<(RelayName, String), u32>,
    turned_away_on: Option<Date>,
}

impl Past {
    /// Whoever says `--now` means what is merged now: nothing that comes in later goes out against its
    /// window.
    pub(super) fn keep_to_first(&mut self, question: &Question, agenda: &mut Vec<Scheduled>) {
        if !question.now {
            return;
        }
        let ids = || agenda.iter().map(|it| it.id.clone()).collect();
        let first = self.first.get_or_insert_with(ids);
        agenda.retain(|it| first.contains(&it.id));
    }

    /// Whether there is the campaign that was asked for, the first time.
    ///
    /// # Errors
    /// [`StartError::NoCampaign`].
    pub(super) fn check_named(
        &mut self,
        opened: &Opened,
        order: &Order,
        settings: &LedgerSettings,
    ) -> Result<(), StartError> {
        if !self.is_named {
            check_named(opened, &order.question, settings)?;
            self.is_named = true;
        }
        Ok(())
    }

    /// Adds to what was sent today what was tried besides: caps are of what is offered.
    pub(super) fn count(&self, sent: &mut Sent, today: Date) {
        if self.turned_away_on != Some(today) {
            return;
        }
        for (key, count) in &self.turned_away {
            let sum = sent.today.entry(key.clone()).or_default();
            *sum = sum.saturating_add(*count);
        }
    }

    /// The pause between two mails to one destination holds across rounds.
    pub(super) fn set_pace(&self, lanes: &Lanes<'_>, pacer: &mut Pacer) {
        for (lane, key) in lanes.keys().iter().enumerate() {
            if let Some(past) = self.lanes.get(key) {
                pacer.lane_goes_on(lane, *past);
            }
        }
        for (relay, (name, _)) in lanes.relays().iter().enumerate() {
            if let Some(past) = self.relays.get(name) {
                pacer.relay_goes_on(relay, *past);
            }
        }
    }

    /// Takes what a round ended with.
    pub(super) fn take(&mut self, lanes: &Lanes<'_>, ended: &Ended, today: Date) {
        if self.turned_away_on != Some(today) {
            self.turned_away.clear();
            self.turned_away_on = Some(today);
        }
        for (lane, key) in lanes.keys().into_iter().enumerate() {
            match ended.turned_away.get(lane) {
                Some(count) if *count > 0 => {
                    *self.turned_away.entry(key.clone()).or_default() += count;
                }
                _ => {}
            }
            if let Some(past) = ended.pacer.lane_past(lane) {
                self.lanes.insert(key, past);
            }
        }
        for (relay, (name, _)) in lanes.relays().into_iter().enumerate() {
            if let Some(past) = ended.pacer.relay_past(relay) {
                self.relays.insert(name, past);
            }
        }
        self.tally = ended.tally.clone();
    }
}

/// Sends what is due, and what becomes due until that is done.
///
/// # Errors
/// [`StartError`] where nothing can be sent at all; what concerns one campaign is in the summary.
pub async fn send(
    outside: &Outside<'_>,
    order: &Order,
    mut stop: watch::Receiver<bool>,
    progress: Arc<dyn Progress>,
) -> Result<Summary, StartError> {
    let mut past = Past::default();
    let mut whole: Option<Summary> = None;
    let mut failures = 0;
    loop {
        let shown = Arc::clone(&progress);
        let done = round(outside, order, stop.clone(), shown, &mut past).await;
        let next = match (done, whole.as_mut()) {
            (Ok(round), _) => {
                failures = 0;
                let summary = whole.get_or_insert_default();
                summary.add(round.summary);
                after(outside, order, summary, round.opens_at)
            }
            // The engine broke off, or this is the first round.
            (Err(why @ StartError::Deliver(_)), _) | (Err(why), None) => return Err(why),
            (Err(why), Some(summary)) => {
                failures += 1;
                if failures == TRIES || !may_pass(&why) {
                    summary.stopped = Some(Stop::NoRound(why.to_string()));
                    Next::Over
                } else {
                    let wait = AGAIN.saturating_mul(1 << (failures - 1).min(6));
                    Next::Again(outside.clock.now().checked_add(wait).unwrap_or_default())
                }
            }
        };
        past.looked.forget_wrong();
        let asked = match next {
            Next::Over => return Ok(whole.unwrap_or_default()),
            Next::Now => *stop.borrow(),
            Next::Again(at) => wait(outside, at, &mut stop).await,
            Next::Opens(at) => {
                progress.waits(outside.clock.now(), at);
                wait(outside, at, &mut stop).await
            }
        };
        if asked {
            let mut summary = whole.unwrap_or_default();
            summary.stopped = Some(Stop::Asked);
            return Ok(summary);
        }
    }
}

/// What follows a round.
enum Next {
    Over,
    /// The next round, at once.
    Now,
    /// Another try then: the remote was away.
    Again(Timestamp),
    /// The next round, when a window opens.
    Opens(Timestamp),
}

fn after(
    outside: &Outside<'_>,
    order: &Order,
    summary: &mut Summary,
    opens_at: Option<Timestamp>,
) -> Next {
    let anew = summary.stopped == Some(Stop::Anew);
    if anew {
        summary.stopped = None;
    }
    // A claim that was not let go, or an outcome that only the journal knows, is for a fresh run.
    if summary.stopped.is_some() || summary.remote.is_some() || !summary.published {
        return Next::Over;
    }
    if anew {
        return Next::Now;
    }
    let now = outside.clock.now();
    let opens = opens_at.filter(|at| {
        let in_time = order.until.is_none_or(|until| *at < until);
        in_time && at.duration_since(now) <= WAIT_AT_MOST
    });
    opens.map_or(Next::Over, Next::Opens)
}

/// Waits; whether a stop was asked for.
async fn wait(outside: &Outside<'_>, at: Timestamp, stop: &mut watch::Receiver<bool>) -> bool {
    tokio::select! {
        biased;
        // Where nobody is left who could ask, time alone ends the wait.
        Ok(_) = stop.wait_for(|asked| *asked) => true,
        () = outside.clock.sleep_until(at) => false,
    }
}

/// Whether it may be otherwise in a moment.
fn may_pass(why: &StartError) -> bool {
    matches!(
        why,
        StartError::Remote(RemoteError::Unreachable(_))
            | StartError::Ledger(LedgerError::Remote(RemoteError::Unreachable(_)))
            | StartError::Publish(
                PublishError::Unreachable(_)
                    | PublishError::Busy(_)
                    | PublishError::Conflict { .. }
            )
    )
}

impl Summary {
    /// Takes in what a further round came to; its sums hold those of the rounds before.
    fn add(&mut self, round: Self) {
        self.is_first |= round.is_first && self.lines.is_empty();
        self.recovered.extend(round.recovered);
        let again = |id: &OccurrenceId| round.lines.iter().any(|line| line.occurrence == *id);
        // What was not begun and is not there any more is nothing to tell of.
        self.lines
            .retain(|line| line.counts.audience > 0 && !again(&line.occurrence));
        self.lines.extend(round.lines);
        self.accepted = round.accepted;
        self.stopped = round.stopped;
        self.remote = round.remote;
        self.words = round.words;
        self.doubted = round.doubted;
        self.published = round.published;
    }
}
