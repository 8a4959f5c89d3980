//! The engine: one task that owns the queues, the pacer, the claims and the outbox; workers hand
//! mails over, a publisher pushes. It decides what goes next and is the only one that does.
//!
//! Invariants:
//! - a recipient is handed to a worker only under a claim of this run that is on the remote;
//! - it is in one place at a time: waiting, in a batch being published, ready, in flight, or settled;
//! - whatever was settled is in the journal first and in the outbox until a push took it.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::{mpsc, watch};

use super::DeliverError;
use super::hearing::Hearing;
use super::letters::Letters;
use super::progress::{Progress, Snapshot};
use super::publisher::{Answer, Publish};
use super::queue::{Queues, Ticket};
use super::reasons::Words;
use super::relay::{RelayRun, RelayState};
use super::stopping::Stop;
use super::turning::{Turn, Turning};
use super::waking::sleep;
use super::watching::Look;
use super::worker::{Told, Worker};
use crate::clock::{BoxFuture, Clock};
use crate::ledger::branch::Batch;
use crate::ledger::event::{Event, Exclusion, RecipientIndex, RunId};
use crate::ledger::feedback::Returned;
use crate::ledger::state::{OccurrenceState, Status};
use crate::mail::occurrence::OccurrenceId;
use crate::schedule::pacer::Pacer;
use crate::workspace::settings::Rates;

/// A push that failed is tried again after so long, then twice as long, and so on.
pub(super) const PUSH_AGAIN: SignedDuration = SignedDuration::from_secs(5);

/// An occurrence that this run sends.
pub struct Active {
    /// Which.
    pub id: Arc<OccurrenceId>,
    /// What happened so far: the fold over all events, published or in the outbox.
    pub state: OccurrenceState,
    /// Makes its mails.
    pub letters: Arc<dyn Letters>,
    /// Its topic: who left that is not mailed.
    pub topic: Option<String>,
    /// For each of its destinations, the lane.
    pub lanes: Vec<usize>,
    /// When its window closes.
    pub closes: Option<Timestamp>,
    /// What ended it before its time, for people.
    pub ended: Option<String>,
    /// Why it is held, as long as the ledger does not say so yet.
    pub to_hold: Option<String>,
    /// Beyond which shares of what comes back it is held; `None`: it goes on.
    pub rates: Option<Rates>,
    /// What should be known of it.
    pub warning: Option<String>,
    /// What came back of it, as far as was read.
    pub returned: Returned,
}

/// What the engine needs from outside.
pub struct Setting {
    /// The run's id.
    pub run: RunId,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Publishes.
    pub publisher: Arc<dyn Publish>,
    /// Relays.
    pub relays: Vec<RelayRun>,
    /// For each lane, its relay.
    pub lane_relays: Vec<usize>,
    /// The pace, without any mail added.
    pub pacer: Pacer,
    /// A claim covers about so much time.
    pub claim_ahead: Duration,
    /// Recipients under claims, at most.
    pub claim_at_most: u32,
    /// No mail later than this.
    pub until: Option<Timestamp>,
    /// What ends the round.
    pub turning: Turning,
    /// What earlier rounds came to.
    pub so_far: Tally,
}

/// What a run came to: the sum over its rounds.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    /// Mails accepted.
    pub accepted: u64,
    /// Recipients with an outcome.
    pub settled: u64,
    /// What relays said against mails.
    pub words: Words,
}

pub(super) struct OpenClaim {
    pub(super) until: Timestamp,
    pub(super) left: usize,
}

/// What is being pushed.
pub(super) struct Outgoing {
    pub(super) batch: Arc<Batch>,
    pub(super) claims: Vec<NewClaim>,
}

/// A claim that is not on the remote yet: of one occurrence.
pub(super) struct NewClaim {
    pub(super) occurrence: u16,
    pub(super) sequence: u32,
    pub(super) until: Timestamp,
    /// Who, with their lanes.
    pub(super) tickets: Vec<(usize, Ticket)>,
}

/// When the next claim is due, where somebody waits for one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ClaimDue {
    Now,
    /// At that time, or when fewer than so many are ready or in flight.
    Later {
        at: Option<Timestamp>,
        below: u64,
    },
}

#[derive(Default)]
pub(super) struct Remote {
    pub(super) failures: u32,
    pub(super) again_at: Option<Timestamp>,
    pub(super) given_up: Option<String>,
}

/// See the module.
pub struct Engine {
    pub(super) run: RunId,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) publisher: Arc<dyn Publish>,
    pub(super) relays: Vec<RelayState>,
    pub(super) lane_relays: Vec<usize>,
    pub(super) occurrences: Vec<Active>,
    pub(super) pacer: Pacer,
    pub(super) queues: Queues,
    pub(super) again: HashMap<Ticket, u8>,
    /// Who was suppressed while their mail was with a worker: should it not get off, it is left out.
    pub(super) unwanted: HashMap<Ticket, Exclusion>,
    pub(super) claims: BTreeMap<u32, OpenClaim>,
    pub(super) next_sequence: u32,
    pub(super) claim_due: ClaimDue,
    pub(super) claim_ahead: Duration,
    pub(super) claim_at_most: u32,
    pub(super) outbox: Vec<(OccurrenceId, Event)>,
    pub(super) outbox_since: Option<Timestamp>,
    pub(super) outgoing: Option<Outgoing>,
    pub(super) is_pushing: bool,
    pub(super) hearing: Hearing,
    pub(super) remote: Remote,
    pub(super) in_flight: HashMap<Ticket, (usize, usize, u32)>,
    pub(super) until: Option<Timestamp>,
    pub(super) stopping: Option<Stop>,
    /// Whether the workers have heard of it.
    pub(super) is_halted: bool,
    pub(super) deadline: Option<Timestamp>,
    pub(super) pages_due: bool,
    pub(super) turn: Turn,
    pub(super) accepted: u64,
    pub(super) settled: u64,
    pub(super) words: Words,
    /// For each lane, attempts that were not accepted: caps count them, and the ledger's sums do not.
    pub(super) turned_away: Vec<u32>,
    pub(super) reports: mpsc::UnboundedReceiver<Told>,
    /// Keeps the reports' channel open when every worker was ended: there may be much to publish yet.
    _reports_open: mpsc::UnboundedSender<Told>,
}

/// How a run of the engine ended.
pub struct Ended {
    /// The occurrences with their states.
    pub occurrences: Vec<Active>,
    /// Why it stopped before all was sent, where it did.
    pub stopped: Option<Stop>,
    /// Why the remote was given up, where it was.
    pub remote: Option<String>,
    /// With what earlier rounds came to.
    pub tally: Tally,
    /// Whether every event is on the remote; else the journal keeps them.
    pub published: bool,
    /// How the lanes were going.
    pub pacer: Pacer,
    /// For each lane, attempts that were not accepted.
    pub turned_away: Vec<u32>,
}

impl Engine {
    /// An engine for these occurrences, given in order of reception.
    pub fn new(setting: Setting, occurrences: Vec<Active>) -> Self {
        let (send_reports, reports) = mpsc::unbounded_channel();
        let now = setting.clock.now();
        let relays = setting
            .relays
            .into_iter()
            .enumerate()
            .map(|(number, relay)| RelayState::start(number, relay, &send_reports))
            .collect();
        let mut engine = Self {
            run: setting.run,
            clock: setting.clock,
            publisher: setting.publisher,
            relays,
            queues: Queues::new(setting.lane_relays.len()),
            turned_away: vec![0; setting.lane_relays.len()],
            turn: Turn::new(setting.turning),
            lane_relays: setting.lane_relays,
            occurrences,
            pacer: setting.pacer,
            again: HashMap::new(),
            unwanted: HashMap::new(),
            claims: BTreeMap::new(),
            next_sequence: 0,
            claim_due: ClaimDue::Now,
            // With no time ahead nothing would ever be claimed.
            claim_ahead: setting.claim_ahead.max(Duration::from_secs(1)),
            claim_at_most: setting.claim_at_most.max(1),
            outbox: Vec::new(),
            outbox_since: None,
            outgoing: None,
            is_pushing: false,
            hearing: Hearing::new(now),
            remote: Remote::default(),
            in_flight: HashMap::new(),
            until: setting.until,
            stopping: None,
            is_halted: false,
            deadline: None,
            pages_due: false,
            accepted: setting.so_far.accepted,
            settled: setting.so_far.settled,
            words: setting.so_far.words,
            reports,
            _reports_open: send_reports,
        };
        // Where nobody is left to be sent to no claim brings the page along.
        engine.pages_due = engine
            .occurrences
            .iter()
            .any(|active| active.state.counts(now).pending == 0);
        engine.queue_pending();
        engine
    }

    fn queue_pending(&mut self) {
        for (number, active) in self.occurrences.iter().enumerate() {
            let Ok(occurrence) = u16::try_from(number) else {
                break;
            };
            let destinations = active.state.destinations();
            for (RecipientIndex(index), status) in active.state.statuses() {
                let ticket = Ticket { occurrence, index };
                let destination = destinations
                    .get(index as usize)
                    .copied()
                    .unwrap_or_default();
                let Some(&lane) = active.lanes.get(usize::from(destination)) else {
                    continue;
                };
                match status {
                    Status::Pending => self.queues.wait(lane, ticket),
                    Status::Deferred { retry_at, .. }
                        if active.closes.is_none_or(|closes| retry_at < closes) =>
                    {
                        self.queues.wait_until(retry_at, lane, ticket);
                    }
                    _ => {}
                }
            }
        }
    }

    /// Sends until all is sent, windows close, or `stop` says so.
    ///
    /// # Errors
    /// [`DeliverError`] where an event contradicts the state: a defect, nothing more is sent.
    pub async fn run(
        mut self,
        mut stop: watch::Receiver<bool>,
        progress: Arc<dyn Progress>,
    ) -> Result<Ended, DeliverError> {
        let mut publishing: Option<BoxFuture<'static, Answer>> = None;
        let mut looking: Option<BoxFuture<'static, Look>> = None;
        let mut reports = Vec::new();
        let mut may_be_stopped = true;
        // Virtual time stands still from waking to the next sleep: nobody else's sleep moves it on
        // while it is being decided what goes now.
        let mut busy = None;
        loop {
            busy.get_or_insert_with(|| self.clock.hold());
            let now = self.clock.now();
            if *stop.borrow() && self.may_stop() {
                self.stop(now, Stop::Asked)?;
            }
            self.close_windows(now)?;
            self.turn(now)?;
            self.end_day(now)?;
            self.halt()?;
            self.note_holds(now)?;
            self.expire_claims(now)?;
            self.take_up_again(now);
            if self.queues.wake(now) > 0 {
                self.claim_due = ClaimDue::Now;
            }
            if publishing.is_none() {
                publishing = self.begin_to_publish(now);
            }
            self.is_pushing = publishing.is_some();
            if let Some(main) = self.next_look(now) {
                looking = Some(main.look());
            }
            self.dispatch(now)?;
            if self.stopping.is_some() && !self.is_halted {
                continue;
            }
            progress.tick(&self.snapshot(now));
            if publishing.is_none() && self.is_done(now) {
                break;
            }
            let wake = self.wake_at(now);
            let sleep = sleep(&*self.clock, wake, &mut busy);
            let listens = may_be_stopped && self.may_stop();
            tokio::select! {
                biased;
                count = self.reports.recv_many(&mut reports, 256) => {
                    if count == 0 { break; }
                }
                answer = answer_of(&mut publishing) => {
                    publishing = None;
                    self.published(answer)?;
                }
                look = answer_of(&mut looking) => {
                    looking = None;
                    self.looked(&look);
                }
                // Where nobody is left who could ask, asking again would go round for ever.
                heard = stop.changed(), if listens => may_be_stopped = heard.is_ok(),
                () = sleep => {}
            }
            busy.get_or_insert_with(|| self.clock.hold());
            for report in reports.drain(..) {
                self.told(report)?;
            }
        }
        self.check()?;
        Worker::end(self.relays.drain(..).flat_map(|relay| relay.workers)).await;
        Ok(Ended {
            // A push without an answer may not have arrived: only the journal knows what was in it.
            published: self.outbox.is_empty() && self.outgoing.is_none() && self.claims.is_empty(),
            stopped: self.stopping,
            remote: self.remote.given_up,
            tally: Tally {
                accepted: self.accepted,
                settled: self.settled,
                words: self.words,
            },
            pacer: self.pacer,
            turned_away: self.turned_away,
            occurrences: self.occurrences,
        })
    }

    /// What is due to be pushed, else fetched.
    fn begin_to_publish(&mut self, now: Timestamp) -> Option<BoxFuture<'static, Answer>> {
        match self.next_batch(now) {
            Some(batch) => Some(self.publisher.publish(batch)),
            None => self.hearing.begins().then(|| self.publisher.look()),
        }
    }

    fn snapshot(&self, now: Timestamp) -> Snapshot<'_> {
        Snapshot {
            now,
            accepted: self.accepted,
            in_flight: self.in_flight.len(),
            claimed: self.queues.ready(),
            waiting: self.queues.waiting(),
            later: self.queues.later(),
            settled: self.settled,
            destinations: self.lane_relays.len(),
            occurrences: &self.occurrences,
            trouble: self.words.trouble.as_ref(),
        }
    }

    /// Promise 2: the sum holds, in every occurrence.
    fn check(&self) -> Result<(), DeliverError> {
        let now = self.clock.now();
        for active in &self.occurrences {
            active
                .state
                .counts(now)
                .check()
                .map_err(|source| DeliverError::Sum {
                    occurrence: active.id.to_string(),
                    source,
                })?;
        }
        Ok(())
    }

    /// Folds an event into its occurrence's state and puts it into the outbox.
    pub(super) fn record(&mut self, occurrence: usize, event: Event) -> Result<(), DeliverError> {
        let now = self.clock.now();
        let Some(active) = self.occurrences.get_mut(occurrence) else {
            return Ok(());
        };
        active
            .state
            .apply(&event)
            .map_err(|source| DeliverError::Contradiction {
                occurrence: active.id.to_string(),
                source,
            })?;
        self.outbox.push(((*active.id).clone(), event));
        self.outbox_since.get_or_insert(now);
        Ok(())
    }
}

/// Waits for what is under way; for ever where nothing is.
async fn answer_of<T>(under_way: &mut Option<BoxFuture<'static, T>>) -> T {
    match under_way.as_mut() {
        Some(future) => future.await,
        None => std::future::pending().await,
    }
}
