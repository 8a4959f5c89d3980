//! Handing ready recipients to workers, and taking their reports.

use jiff::Timestamp;

use super::DeliverError;
use super::engine::Engine;
use super::queue::Ready;
use super::relay::FAULTS_AT_MOST;
use super::settle::{Settled, Tries, later};
use super::stopping::Stop;
use super::worker::{End, Job, Report, Told};
use crate::ledger::event::{Event, Exclusion, Outcome, RecipientIndex};
use crate::ledger::state::OccurrenceState;
use crate::mail::refusal::is_hard;
use crate::plan::mailing::NoLetter;
use crate::schedule::pacer::Verdict;
use crate::transport::Failure;

/// A recipient whose mail breaks the connection so often is told "later" on the relay's behalf.
const AGAIN_AT_MOST: u8 = 3;

impl Engine {
    /// Hands out whatever may go now.
    pub(super) fn dispatch(&mut self, now: Timestamp) -> Result<(), DeliverError> {
        if self.stopping.is_some() || self.has_to_hear(now) {
            return Ok(());
        }
        while let Some(lane) = self.pacer.take(now) {
            let Some(ready) = self.queues.take_ready(lane) else {
                // The pacer and the queues disagree: nothing is lost, the lane is set right.
                self.pacer.done(lane, now, Verdict::Fine);
                continue;
            };
            if !self.hand_over(lane, ready) {
                return self.stop(now, Stop::Defect("a worker ended by itself".to_owned()));
            }
        }
        Ok(())
    }

    /// False where the worker is gone: the recipient is ready as before.
    fn hand_over(&mut self, lane: usize, ready: Ready) -> bool {
        let relay = self.lane_relays.get(lane).copied().unwrap_or_default();
        let ticket = ready.ticket;
        let Some(active) = self.occurrences.get(usize::from(ticket.occurrence)) else {
            return false;
        };
        let job = Job {
            ready,
            lane,
            claim: self.claim_id(ready.claim),
            letters: active.letters.clone(),
            tries: tries(&active.state, ticket.index),
            until: self.begins_until(active, ready.claim),
            hold: self.clock.hold(),
        };
        let Some(relay_state) = self.relays.get_mut(relay) else {
            return false;
        };
        let idlest = (0..relay_state.workers.len())
            .min_by_key(|worker| relay_state.load.get(*worker).copied().unwrap_or(usize::MAX))
            .unwrap_or_default();
        if relay_state
            .workers
            .get(idlest)
            .is_some_and(|worker| worker.give(job))
        {
            if let Some(load) = relay_state.load.get_mut(idlest) {
                *load += 1;
            }
            self.in_flight.insert(ticket, (relay, idlest, ready.claim));
            self.turn.is_busy = true;
            return true;
        }
        self.queues.make_ready_first(lane, ready);
        self.pacer.put_back(lane);
        false
    }

    /// Takes what a worker tells.
    pub(super) fn told(&mut self, told: Told) -> Result<(), DeliverError> {
        match told {
            Told::Report(report) => self.reported(report),
            Told::Panicked { relay, worker, why } => self.panicked(relay, worker, why),
        }
    }

    fn reported(&mut self, report: Report) -> Result<(), DeliverError> {
        let Report {
            worker,
            job,
            at,
            end,
        } = report;
        let ticket = job.ready.ticket;
        let Some((relay, ..)) = self.in_flight.remove(&ticket) else {
            return Ok(());
        };
        if let Some(load) = self
            .relays
            .get_mut(relay)
            .and_then(|relay| relay.load.get_mut(worker))
        {
            *load = load.saturating_sub(1);
        }
        match end {
            End::Attempted(settled, verdict) => self.settled(relay, &job, at, settled, verdict),
            End::NoLetter(why) => {
                self.pacer.done(job.lane, at, Verdict::Fine);
                let reason = match why {
                    NoLetter::DocumentMissing(_) => Exclusion::DocumentMissing,
                    NoLetter::NotRenderable(_) | NoLetter::RowUnreadable(_) => {
                        Exclusion::NotRenderable
                    }
                };
                let recipient = RecipientIndex(ticket.index);
                // The claim lets go first: whoever is claimed may be in the middle of being sent to, and
                // is not excluded.
                self.release(vec![job.ready])?;
                self.settled += 1;
                self.record(
                    usize::from(ticket.occurrence),
                    Event::Excluded {
                        recipient,
                        at,
                        reason,
                    },
                )
            }
            End::TooLate => {
                self.pacer.done(job.lane, at, Verdict::Fine);
                self.wait_again(job.lane, job.ready, at)
            }
            End::NotConnected(why) => {
                self.ready_again(job.lane, job.ready, at, Verdict::Fine)?;
                self.not_connected(relay, at, &why)
            }
        }
    }

    fn settled(
        &mut self,
        relay: usize,
        job: &Job,
        at: Timestamp,
        settled: Settled,
        verdict: Verdict,
    ) -> Result<(), DeliverError> {
        match settled {
            Settled::Outcome(outcome) => {
                self.pacer.done(job.lane, at, verdict);
                self.relay_answered(relay);
                self.outcome(job, at, outcome)
            }
            Settled::Again(failure) => self.again(relay, job, at, &failure, verdict),
            Settled::Stop(why) => {
                self.ready_again(job.lane, job.ready, at, Verdict::Fine)?;
                self.stop(at, Stop::Journal(why))
            }
            Settled::OutcomeThenStop(outcome, why) => {
                self.pacer.done(job.lane, at, verdict);
                self.outcome(job, at, outcome)?;
                self.stop(at, Stop::Journal(why))
            }
        }
    }

    fn outcome(&mut self, job: &Job, at: Timestamp, outcome: Outcome) -> Result<(), DeliverError> {
        let ticket = job.ready.ticket;
        let occurrence = usize::from(ticket.occurrence);
        let mut is_dead = false;
        let retry_at = match &outcome {
            Outcome::Deferred { retry_at, reply } => {
                self.words.deferred.take(reply, at);
                self.trouble(job.lane, reply);
                Some(*retry_at)
            }
            Outcome::Accepted { .. } => {
                self.accepted += 1;
                None
            }
            Outcome::Rejected { reply } => {
                self.words.refused.take(reply, at);
                is_dead = is_hard(reply);
                None
            }
            Outcome::Unknown { reason } => {
                self.trouble(job.lane, reason);
                None
            }
        };
        if !matches!(outcome, Outcome::Accepted { .. })
            && let Some(count) = self.turned_away.get_mut(job.lane)
        {
            *count += 1;
        }
        let recipient = RecipientIndex(ticket.index);
        self.again.remove(&ticket);
        self.settled += u64::from(retry_at.is_none());
        self.resolve_claim(job.ready.claim);
        let claim = self.claim_id(job.ready.claim);
        self.record(
            occurrence,
            Event::Outcome {
                claim,
                recipient,
                at,
                outcome,
            },
        )?;
        if is_dead {
            self.refused_hard(occurrence)?;
        }
        if self.leave_out_one(ticket, at)? {
            return Ok(());
        }
        let Some(active) = self.occurrences.get(occurrence) else {
            return Ok(());
        };
        if let Some(retry_at) = retry_at
            && active.ended.is_none()
            && self.stopping.is_none()
            && active.closes.is_none_or(|closes| retry_at < closes)
        {
            self.queues.wait_until(retry_at, job.lane, ticket);
        }
        Ok(())
    }

    /// Nothing was handed over, and the relay did not say why.
    fn again(
        &mut self,
        relay: usize,
        job: &Job,
        at: Timestamp,
        failure: &Failure,
        verdict: Verdict,
    ) -> Result<(), DeliverError> {
        let count = self.again.entry(job.ready.ticket).or_default();
        *count += 1;
        let often = *count >= AGAIN_AT_MOST;
        match failure {
            // Where it is given up the outcome says so, and is counted there.
            Failure::Closing(_) if often => {}
            Failure::Closing(reply) => self.words.deferred.take(&reply.to_string(), at),
            _ => self.words.broken.take(&failure.to_string(), at),
        }
        self.trouble(job.lane, &failure.to_string());
        let Some(state) = self.relays.get_mut(relay) else {
            return Ok(());
        };
        state.fault = Some(failure.to_string());
        state.faults += 1;
        let (faults, policy) = (state.faults, state.retry);
        if often {
            self.pacer.done(job.lane, at, verdict);
            let outcome = later(failure.to_string(), job.tries, &policy, at);
            self.outcome(job, at, outcome)?;
        } else {
            self.ready_again(job.lane, job.ready, at, verdict)?;
        }
        if faults >= FAULTS_AT_MOST {
            return self.rest(relay, at, &failure.to_string());
        }
        Ok(())
    }

    /// Puts a claimed recipient back to be handed over next, or lets it go where nothing more goes out.
    fn ready_again(
        &mut self,
        lane: usize,
        ready: Ready,
        at: Timestamp,
        verdict: Verdict,
    ) -> Result<(), DeliverError> {
        let occurrence = usize::from(ready.ticket.occurrence);
        let ended = self
            .occurrences
            .get(occurrence)
            .is_none_or(|active| active.ended.is_some());
        let unwanted = self.unwanted.contains_key(&ready.ticket);
        if self.stopping.is_some() || ended || unwanted {
            self.pacer.done(lane, at, verdict);
            self.release(vec![ready])?;
            self.leave_out_one(ready.ticket, at)?;
            return Ok(());
        }
        self.queues.make_ready_first(lane, ready);
        match verdict {
            // The connection to our own relay broke: that says nothing about the lane, for or against.
            Verdict::Fine => self.pacer.put_back(lane),
            _ => self.pacer.put_back_after(lane, at, verdict),
        }
        Ok(())
    }
}

impl Engine {
    /// Notes trouble with a lane's relay, to be shown.
    fn trouble(&mut self, lane: usize, words: &str) {
        let relay = self
            .lane_relays
            .get(lane)
            .and_then(|it| self.relays.get(*it));
        let name = relay.map_or("", |relay| relay.name.as_str());
        self.words.trouble(name, words);
    }
}

fn tries(state: &OccurrenceState, index: u32) -> Tries {
    let none = Tries {
        done: 0,
        first_at: Timestamp::UNIX_EPOCH,
    };
    let refused = state.first_refused(RecipientIndex(index));
    refused.map_or(none, |(done, first_at)| Tries {
        done: u16::from(done),
        first_at,
    })
}
