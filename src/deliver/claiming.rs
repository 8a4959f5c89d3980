//! Claims and the outbox: what is pushed when, and what follows from the answer.
//!
//! Claims are pushed ahead, while the mails of earlier ones go out, so that no destination waits for
//! a push. Recipients under claims are bounded: they are what a lost machine leaves unknown.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::DeliverError;
use super::engine::{Engine, OpenClaim, Outgoing, PUSH_AGAIN, lease_ends};
use super::publisher::Answer;
use super::queue::{Ready, Ticket};
use crate::ledger::event::{ClaimId, Event, Ranges};
use crate::ledger::publish::{Batch, PublishError};
use crate::ledger::result_page::result_page;
use crate::schedule::claim_ahead;

/// Outcomes are pushed at the latest so long after the first of them.
const FLUSH_AFTER: SignedDuration = SignedDuration::from_secs(30);

/// Or as soon as so many have come together.
const FLUSH_AT: usize = 10_000;

/// How long a claim holds others off. Longer than any claim is planned for; a run that is slower
/// than that lets go by itself.
const LEASE: SignedDuration = SignedDuration::from_mins(15);

/// Pushes that fail in a row before the remote is given up for this run.
const PUSHES_AT_MOST: u32 = 5;

impl Engine {
    /// Makes the next batch to push, where one is due.
    pub(super) fn next_batch(&mut self, now: Timestamp) -> Result<Option<Arc<Batch>>, DeliverError> {
        if self.outgoing.is_some() || self.remote.given_up.is_some() {
            return Ok(None);
        }
        if self.remote.again_at.is_some_and(|at| at > now) {
            return Ok(None);
        }
        let claims = self.next_claims(now);
        let at_end = self.nothing_left_to_send();
        let full = self.outbox.len() >= FLUSH_AT || self.flush_at().is_some_and(|at| at <= now);
        let last = at_end && (!self.outbox.is_empty() || self.pages_due);
        if claims.is_empty() && !full && !last {
            return Ok(None);
        }
        let mut events = std::mem::take(&mut self.outbox);
        self.outbox_since = None;
        for (sequence, until, tickets) in &claims {
            events.extend(self.claim_events(*sequence, *until, tickets));
        }
        let pages = if last { self.pages(now) } else { Vec::new() };
        self.pages_due = !last;
        let batch = Arc::new(Batch {
            run: self.run.clone(),
            at: now,
            events,
            suppressions: Vec::new(),
            pages,
            summary: if last { "results".to_owned() } else { "sending".to_owned() },
        });
        self.outgoing = Some(Outgoing {
            batch: Arc::clone(&batch),
            claims,
        });
        Ok(Some(batch))
    }

    fn nothing_left_to_send(&self) -> bool {
        let queued = if self.stopping.is_some() { 0 } else { self.queues.waiting() + self.queues.ready() };
        queued == 0 && self.in_flight.is_empty()
    }

    /// Takes from the queues what the next claim is to hold.
    fn next_claims(&mut self, now: Timestamp) -> Vec<(u32, Timestamp, Vec<(usize, Ticket)>)> {
        if self.stopping.is_some() || self.queues.waiting() == 0 || !self.claim_at(now).is_some_and(|at| at <= now) {
            return Vec::new();
        }
        let held = self.queues.ready() + self.in_flight.len();
        let room = self.claim_at_most.saturating_sub(held);
        let share = claim_ahead::plan(
            &self.pacer,
            &self.queues.waiting_by_lane(),
            &self.queues.ready_by_lane(),
            now,
            self.claim_ahead,
            room,
        );
        self.lane_ran_dry = false;
        self.claimed_at = Some(now);
        let mut tickets = Vec::new();
        for (lane, count) in share {
            if self.is_parked(lane) {
                continue;
            }
            let taken = self.queues.take_waiting(lane, count);
            tickets.extend(taken.into_iter().map(|ticket| (lane, ticket)));
        }
        let Ok(until) = now.checked_add(LEASE) else { return Vec::new() };
        if tickets.is_empty() {
            return Vec::new();
        }
        let sequence = self.next_claim;
        self.next_claim += 1;
        vec![(sequence, until, tickets)]
    }

    /// When the next claim is due, as far as time decides it.
    pub(super) fn claim_at(&self, now: Timestamp) -> Option<Timestamp> {
        if self.queues.waiting() == 0 || self.outgoing.is_some() || self.stopping.is_some() {
            return None;
        }
        if let Some(at) = self.remote.again_at.filter(|at| *at > now) {
            return Some(at);
        }
        let Some(claimed_at) = self.claimed_at else { return Some(now) };
        // Without a pace the number is what runs out, with one it is the time.
        let half_used = self.queues.ready() + self.in_flight.len() <= self.claim_at_most / 2;
        if half_used && self.lane_ran_dry {
            // A lane that ran dry is looked after at once, but not again and again when its pause
            // is longer than what a claim covers.
            let soon = claimed_at.checked_add(SignedDuration::from_secs(1)).unwrap_or(now);
            return Some(if self.pacer.is_enabled() { soon.max(claimed_at) } else { now });
        }
        let half = SignedDuration::try_from(self.claim_ahead / 2).unwrap_or(LEASE);
        claimed_at.checked_add(half).ok()
    }

    fn claim_events(&self, sequence: u32, until: Timestamp, tickets: &[(usize, Ticket)]) -> Vec<(crate::mail::occurrence::OccurrenceId, Event)> {
        let mut events = Vec::new();
        for (number, active) in self.occurrences.iter().enumerate() {
            let of_this = tickets.iter().filter(|(_, ticket)| usize::from(ticket.occurrence) == number);
            let recipients = Ranges::from_indices(of_this.map(|(_, ticket)| ticket.index));
            if !recipients.is_empty() {
                let claim = ClaimId { run: self.run.clone(), sequence };
                events.push(((*active.id).clone(), Event::Claimed { claim, recipients, until }));
            }
        }
        events
    }

    fn pages(&self, now: Timestamp) -> Vec<(crate::mail::occurrence::OccurrenceId, String)> {
        self.occurrences
            .iter()
            .map(|active| ((*active.id).clone(), result_page(&active.id, &active.state, now)))
            .collect()
    }

    /// When outcomes are to be pushed even if nothing else is.
    pub(super) fn flush_at(&self) -> Option<Timestamp> {
        let due = self.outbox_since?.checked_add(FLUSH_AFTER).ok()?;
        Some(self.remote.again_at.map_or(due, |again| again.max(due)))
    }

    /// Takes the publisher's answer.
    pub(super) fn published(&mut self, answer: Answer) -> Result<(), DeliverError> {
        let now = self.clock.now();
        let Some(Outgoing { batch, claims }) = self.outgoing.take() else { return Ok(()) };
        match answer.result {
            Ok(()) => {
                self.remote = super::engine::Remote::default();
                for (sequence, until, tickets) in claims {
                    self.claim_holds(sequence, until, tickets)?;
                }
                Ok(())
            }
            Err(PublishError::Conflict { occurrence }) => {
                self.back_to_outbox(batch, claims);
                self.taken_over(&occurrence.to_string())
            }
            Err(PublishError::Unreachable(why)) => {
                self.back_to_outbox(batch, claims);
                self.remote_is_away(now, why)
            }
            Err(why) => {
                self.back_to_outbox(batch, claims);
                self.remote.given_up = Some(why.to_string());
                self.stop(now, why.to_string())
            }
        }
    }

    /// A claim is on the remote: from here on its mails may go out.
    fn claim_holds(&mut self, sequence: u32, until: Timestamp, tickets: Vec<(usize, Ticket)>) -> Result<(), DeliverError> {
        let events = self.claim_events(sequence, until, &tickets);
        self.journal_claims(&events)?;
        for (id, event) in events {
            let found = self.occurrences.iter_mut().find(|active| *active.id == id);
            if let Some(active) = found {
                active.state.apply(&event).map_err(|source| DeliverError::Contradiction {
                    occurrence: id.to_string(),
                    source,
                })?;
            }
        }
        let mut let_go = Vec::new();
        self.claims.insert(sequence, OpenClaim { until, left: tickets.len() });
        for (lane, ticket) in tickets {
            let ready = Ready { ticket, claim: sequence };
            let ended = self
                .occurrences
                .get(usize::from(ticket.occurrence))
                .is_none_or(|active| active.ended.is_some());
            if ended || self.stopping.is_some() {
                let_go.push(ready);
                continue;
            }
            self.queues.make_ready(lane, ready);
            if !self.is_parked(lane) {
                self.pacer.add(lane, 1);
            }
        }
        self.release(let_go)
    }

    /// Nothing of the batch is on the remote: outcomes wait for the next one, claimed recipients
    /// wait for a claim.
    fn back_to_outbox(&mut self, batch: Arc<Batch>, claims: Vec<(u32, Timestamp, Vec<(usize, Ticket)>)>) {
        let newer = std::mem::take(&mut self.outbox);
        let unpublished = batch.events.iter().filter(|(_, event)| !matches!(event, Event::Claimed { .. }));
        self.outbox = unpublished.cloned().chain(newer).collect();
        if !self.outbox.is_empty() {
            self.outbox_since.get_or_insert(batch.at);
        }
        self.pages_due |= !batch.pages.is_empty();
        self.claimed_at = None;
        for (_, _, tickets) in claims {
            for (lane, ticket) in tickets.into_iter().rev() {
                let active = self.occurrences.get(usize::from(ticket.occurrence));
                if self.stopping.is_none() && active.is_some_and(|active| active.ended.is_none()) {
                    self.queues.put_back(lane, std::iter::once(ticket));
                }
            }
        }
    }

    /// Another run claimed in this occurrence: it is theirs. What we have claimed goes on.
    fn taken_over(&mut self, occurrence: &str) -> Result<(), DeliverError> {
        for number in 0..self.occurrences.len() {
            let Some(active) = self.occurrences.get_mut(number) else { break };
            if active.id.to_string() == occurrence && active.ended.is_none() {
                active.ended = Some("another run is sending it".to_owned());
                self.queues.drop_waiting(u16::try_from(number).unwrap_or(u16::MAX));
            }
        }
        Ok(())
    }

    fn remote_is_away(&mut self, now: Timestamp, why: String) -> Result<(), DeliverError> {
        self.remote.failures += 1;
        let wait = PUSH_AGAIN.checked_mul(1 << (self.remote.failures - 1).min(6)).unwrap_or(PUSH_AGAIN);
        self.remote.again_at = now.checked_add(wait).ok();
        let nothing_claimed = self.queues.ready() == 0 && self.in_flight.is_empty();
        if self.remote.failures >= PUSHES_AT_MOST && nothing_claimed {
            let why = format!("the remote can not be reached: {why}");
            self.remote.given_up = Some(why.clone());
            return self.stop(now, why);
        }
        Ok(())
    }

    /// Lets go of everything of an occurrence that is not in flight.
    pub(super) fn leave(&mut self, occurrence: usize) -> Result<(), DeliverError> {
        let number = u16::try_from(occurrence).unwrap_or(u16::MAX);
        self.queues.drop_waiting(number);
        let ready = self.queues.take_all_ready(|ready| ready.ticket.occurrence == number);
        for (lane, _) in &ready {
            if !self.is_parked(*lane) {
                self.pacer.remove(*lane, 1);
            }
        }
        self.release(ready.into_iter().map(|(_, ready)| ready).collect())
    }

    /// Claims whose lease is used up are let go; who was in them waits for a new one.
    pub(super) fn expire_claims(&mut self, now: Timestamp) -> Result<(), DeliverError> {
        let over: Vec<u32> = self
            .claims
            .iter()
            .filter(|(_, claim)| lease_ends(claim.until).is_none_or(|ends| ends <= now))
            .map(|(sequence, _)| *sequence)
            .collect();
        for sequence in over {
            let ready = self.queues.take_all_ready(|ready| ready.claim == sequence);
            if let Some(claim) = self.claims.get_mut(&sequence) {
                // In-flight mails have timeouts of their own, shorter than the margin.
                claim.until = Timestamp::MAX;
            }
            let mut let_go = Vec::new();
            for (lane, ready) in ready.into_iter().rev() {
                if !self.is_parked(lane) {
                    self.pacer.remove(lane, 1);
                }
                self.queues.put_back(lane, std::iter::once(ready.ticket));
                let_go.push(ready);
            }
            self.release(let_go)?;
        }
        Ok(())
    }

    /// Publishes, with the next batch, that these are pending again.
    pub(super) fn release(&mut self, let_go: Vec<Ready>) -> Result<(), DeliverError> {
        for number in 0..self.occurrences.len() {
            let of_this = let_go.iter().filter(|ready| usize::from(ready.ticket.occurrence) == number);
            let recipients = Ranges::from_indices(of_this.map(|ready| ready.ticket.index));
            if !recipients.is_empty() {
                self.record(number, Event::Released { recipients })?;
            }
        }
        for ready in let_go {
            self.resolve_claim(ready.claim);
        }
        Ok(())
    }

    /// One recipient of a claim is settled or let go.
    pub(super) fn resolve_claim(&mut self, sequence: u32) {
        if let Some(claim) = self.claims.get_mut(&sequence) {
            claim.left = claim.left.saturating_sub(1);
            if claim.left == 0 {
                self.claims.remove(&sequence);
            }
        }
    }
}
