//! How a run comes to its end before all is sent: a stop that was asked for, windows that close, the
//! grace for what is in flight; and when a run is over.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};

use super::DeliverError;
use super::engine::Engine;
use super::queue::{Ready, Ticket};
use super::worker::{Worker, aborted, failed};
use crate::ledger::event::{Event, Outcome, RecipientIndex};

/// After a stop is asked for, mails in flight have so long to end.
const GRACE: SignedDuration = SignedDuration::from_secs(4);

/// Why a run ended before all was sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Stop {
    /// The round is over, and the next one begins: mails in flight take the time that they take. Never
    /// what a whole run ends by.
    #[error("the next round begins")]
    Anew,
    /// Somebody asked for it: a signal.
    #[error("a stop was asked for")]
    Asked,
    /// Its time was over.
    #[error("the time given by --until has come")]
    Until,
    /// A further round could not begin.
    #[error("it could not go on: {0}")]
    NoRound(String),
    /// Nothing can be published.
    #[error("{0}")]
    Remote(String),
    /// What is sent could not be noted down.
    #[error("the journal cannot be written: {0}")]
    Journal(String),
    /// The program is at fault.
    #[error("a defect in postmerge: {0}; please report it")]
    Defect(String),
}

impl Engine {
    /// Ends the run: nothing more goes out, claims are let go; mails whose content is going out may
    /// finish. The workers hear of it at the engine's next step, in [`Self::halt`].
    pub(super) fn stop(&mut self, now: Timestamp, why: Stop) -> Result<(), DeliverError> {
        let is_anew = why == Stop::Anew;
        if self.stopping.is_none() || (self.stopping == Some(Stop::Anew) && !is_anew) {
            self.stopping = Some(why);
            // The next round can wait for a slow relay; nobody has to resolve an unknown for it.
            self.deadline = now.checked_add(GRACE).ok().filter(|_| !is_anew);
            for occurrence in 0..self.occurrences.len() {
                self.leave(occurrence)?;
                // The next round takes up with the relay again.
                if !is_anew {
                    self.note_trouble(occurrence, now);
                }
            }
        }
        Ok(())
    }

    /// Whether it may still be asked to stop.
    pub(super) fn may_stop(&self) -> bool {
        matches!(self.stopping, None | Some(Stop::Anew))
    }

    pub(super) fn close_windows(&mut self, now: Timestamp) -> Result<(), DeliverError> {
        if self.until.is_some_and(|until| until <= now) {
            self.until = None;
            self.stop(now, Stop::Until)?;
        }
        for number in 0..self.occurrences.len() {
            let Some(active) = self.occurrences.get_mut(number) else {
                break;
            };
            if active.ended.is_none() && active.closes.is_some_and(|closes| closes <= now) {
                active.ended = Some("its window has closed".to_owned());
                self.leave(number)?;
                self.note_trouble(number, now);
            }
        }
        if self.deadline.is_some_and(|deadline| deadline <= now) && !self.in_flight.is_empty() {
            self.abort_in_flight(now)?;
        }
        Ok(())
    }

    pub(super) fn is_done(&self, now: Timestamp) -> bool {
        let idle = self.queues.waiting() == 0
            && self.queues.ready() == 0
            && self.queues.later() == 0
            && self.in_flight.is_empty();
        let settled = idle && self.outbox.is_empty() && self.outgoing.is_none() && !self.pages_due;
        let cut_off = self.remote.given_up.is_some() && self.in_flight.is_empty();
        let overdue = self.deadline.is_some_and(|deadline| deadline <= now)
            && self.in_flight.is_empty()
            && self.remote.failures > 0;
        settled || cut_off || overdue
    }

    /// After a stop: no worker begins another mail, and whoever was handed over without having been
    /// begun is let go at once. To be called only when no report lies outside of the channel: a mail
    /// whose report waits somewhere else would be taken for one that was not begun.
    pub(super) fn halt(&mut self) -> Result<(), DeliverError> {
        if self.stopping.is_none() || self.is_halted {
            return Ok(());
        }
        self.is_halted = true;
        let started = self.started(Worker::halt)?;
        let mut released = Vec::new();
        self.in_flight.retain(|ticket, (relay, worker, claim)| {
            let in_the_middle = started.get(&(*relay, *worker)) == Some(ticket);
            if !in_the_middle {
                released.push(Ready {
                    ticket: *ticket,
                    claim: *claim,
                });
            }
            in_the_middle
        });
        self.release(released)
    }

    /// Tells every worker to halt or end; for each whose mail is in the middle, which one it is. Takes
    /// the reports of mails that ended just before.
    fn started(
        &mut self,
        tell: impl Fn(&Worker) -> Option<Ticket>,
    ) -> Result<HashMap<(usize, usize), Ticket>, DeliverError> {
        let mut started = HashMap::new();
        for (number, relay) in self.relays.iter().enumerate() {
            for (worker, handle) in relay.workers.iter().enumerate() {
                if let Some(ticket) = tell(handle) {
                    started.insert((number, worker), ticket);
                }
            }
        }
        while let Ok(report) = self.reports.try_recv() {
            self.told(report)?;
        }
        Ok(started)
    }

    /// The grace is over: ends workers in the middle of what they do. A mail whose content may have
    /// gone out is unknown; every other is let go.
    fn abort_in_flight(&mut self, now: Timestamp) -> Result<(), DeliverError> {
        let started = self.started(Worker::abort)?;
        let mut released = Vec::new();
        for (ticket, (relay, worker, claim)) in std::mem::take(&mut self.in_flight) {
            let ready = Ready { ticket, claim };
            if started.get(&(relay, worker)) == Some(&ticket) {
                self.unknown(ready, now, aborted())?;
            } else {
                released.push(ready);
            }
        }
        self.release(released)
    }

    /// A worker ended by a panic, which is a defect: its mail in the middle is unknown, the others it
    /// was given are let go, and the run ends.
    pub(super) fn panicked(
        &mut self,
        relay: usize,
        worker: usize,
        why: String,
    ) -> Result<(), DeliverError> {
        let now = self.clock.now();
        let handle = self.relays.get(relay).and_then(|it| it.workers.get(worker));
        let started = handle.and_then(Worker::halt);
        let mut its = Vec::new();
        self.in_flight.retain(|ticket, (at_relay, by, claim)| {
            let stays = (*at_relay, *by) != (relay, worker);
            if !stays {
                its.push(Ready {
                    ticket: *ticket,
                    claim: *claim,
                });
            }
            stays
        });
        let (middle, let_go): (Vec<Ready>, Vec<Ready>) = its
            .into_iter()
            .partition(|ready| Some(ready.ticket) == started);
        for ready in middle {
            self.unknown(ready, now, failed())?;
        }
        self.release(let_go)?;
        // Somebody may have found the worker gone before its last words came.
        if let Some(Stop::Defect(known)) = &mut self.stopping {
            *known = why;
            return Ok(());
        }
        self.stop(now, Stop::Defect(why))
    }

    fn unknown(
        &mut self,
        ready: Ready,
        at: Timestamp,
        outcome: Outcome,
    ) -> Result<(), DeliverError> {
        let Ready { ticket, claim } = ready;
        self.resolve_claim(claim);
        let event = Event::Outcome {
            claim: self.claim_id(claim),
            recipient: RecipientIndex(ticket.index),
            at,
            outcome,
        };
        self.record(usize::from(ticket.occurrence), event)
    }
}
