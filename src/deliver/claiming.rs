//! Claims and the outbox: what is pushed when, and what follows from the answer.
//!
//! Claims are pushed ahead, while the mails of earlier ones go out, so that no destination waits for
//! a push. Recipients under claims are bounded: they are what a lost machine leaves unknown.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::DeliverError;
use super::engine::{Active, ClaimDue, Engine, NewClaim, OpenClaim, Outgoing, PUSH_AGAIN};
use super::publisher::{Answer, Refusal};
use super::queue::{Ready, Ticket};
use super::stopping::Stop;
use crate::ledger::branch::{Batch, PublishError};
use crate::ledger::event::{ClaimId, Event, Ranges};
use crate::ledger::result_page::result_page;
use crate::mail::occurrence::OccurrenceId;
use crate::schedule::claim_ahead::claim_ahead;

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
    pub(super) fn next_batch(&mut self, now: Timestamp) -> Option<Arc<Batch>> {
        if self.remote.given_up.is_some() || self.remote.again_at.is_some_and(|at| at > now) {
            return None;
        }
        // A push that did not come through may have arrived: the same batch is tried again.
        if let Some(outgoing) = &self.outgoing {
            return Some(Arc::clone(&outgoing.batch));
        }
        let claims = self.next_claims(now);
        let full = self.outbox.len() >= FLUSH_AT || self.push_at().is_some_and(|at| at <= now);
        let last = self.nothing_left_to_send() && (!self.outbox.is_empty() || self.pages_due);
        if claims.is_empty() && !full && !last {
            return None;
        }
        let mut events = std::mem::take(&mut self.outbox);
        self.outbox_since = None;
        events.extend(claims.iter().filter_map(|claim| self.claim_event(claim)));
        let pages = if last { self.pages(now) } else { Vec::new() };
        self.pages_due = !last;
        let batch = Arc::new(Batch {
            events,
            pages,
            ..Batch::new(self.run, now, self.summary_line(last))
        });
        self.outgoing = Some(Outgoing {
            batch: Arc::clone(&batch),
            claims,
        });
        Some(batch)
    }

    fn summary_line(&self, last: bool) -> String {
        let names: Vec<String> = self
            .occurrences
            .iter()
            .map(|active| active.id.to_string())
            .collect();
        let what = if last { "results" } else { "sending" };
        match names.as_slice() {
            [only] => format!("{only}: {what}"),
            _ => format!("{} campaigns: {what}", names.len()),
        }
    }

    fn nothing_left_to_send(&self) -> bool {
        let queued = if self.stopping.is_some() {
            0
        } else {
            self.queues.waiting() + self.queues.ready() + self.queues.later()
        };
        queued == 0 && self.in_flight.is_empty()
    }

    /// Takes from the queues what the next claims are to hold: one claim for each occurrence.
    fn next_claims(&mut self, now: Timestamp) -> Vec<NewClaim> {
        if self.claim_at(now).is_none_or(|at| at > now) {
            return Vec::new();
        }
        let until = now.checked_add(LEASE).unwrap_or(now);
        let mut waiting = self.queues.waiting_by_lane();
        // Who has to wait for a new day would be claimed and let go until then.
        let capped = |lane: usize| self.pacer.capped_until(lane);
        let new_day = waiting.iter().filter_map(|(lane, _)| capped(*lane)).min();
        waiting.retain(|(lane, _)| capped(*lane).is_none());
        let shares = claim_ahead(
            &self.pacer,
            &waiting,
            self.claim_ahead,
            self.claim_at_most,
            now,
        );
        self.claim_due = ClaimDue::Later {
            at: shares.again_at.into_iter().chain(new_day).min(),
            below: shares.again_below,
        };
        let mut tickets: BTreeMap<u16, Vec<(usize, Ticket)>> = BTreeMap::new();
        for (lane, count) in shares.lanes {
            for ticket in self.queues.take_waiting(lane, count as usize) {
                tickets
                    .entry(ticket.occurrence)
                    .or_default()
                    .push((lane, ticket));
            }
        }
        for (lane, _) in waiting {
            self.pacer.set_backlog(lane, self.queues.waiting_in(lane));
        }
        let mut claims = Vec::new();
        for (occurrence, tickets) in tickets {
            let sequence = self.next_sequence;
            self.next_sequence += 1;
            claims.push(NewClaim {
                occurrence,
                sequence,
                until,
                tickets,
            });
        }
        claims
    }

    /// When the next claim is due, as far as it can be told now.
    pub(super) fn claim_at(&self, now: Timestamp) -> Option<Timestamp> {
        if self.queues.waiting() == 0 || self.outgoing.is_some() || self.stopping.is_some() {
            return None;
        }
        match self.claim_due {
            ClaimDue::Now => Some(now),
            ClaimDue::Later { at, below } => {
                let outstanding = self.pacer.ready() + self.pacer.in_flight();
                if outstanding < below { Some(now) } else { at }
            }
        }
    }

    fn claim_event(&self, claim: &NewClaim) -> Option<(OccurrenceId, Event)> {
        let active = self.occurrences.get(usize::from(claim.occurrence))?;
        let indices = claim.tickets.iter().map(|(_, ticket)| ticket.index);
        let event = Event::Claimed {
            claim: self.claim_id(claim.sequence),
            recipients: Ranges::from_indices(indices),
            until: claim.until,
        };
        Some(((*active.id).clone(), event))
    }

    pub(super) fn claim_id(&self, sequence: u32) -> ClaimId {
        ClaimId {
            run: self.run,
            sequence,
        }
    }

    fn pages(&self, now: Timestamp) -> Vec<(OccurrenceId, String)> {
        self.occurrences
            .iter()
            .map(|active| {
                // What it is held for stands in its state.
                let returned = Some(active.returned.clone());
                let page = result_page(&active.id, &active.state, returned, None, now);
                ((*active.id).clone(), page)
            })
            .collect()
    }

    /// When a push is due even if there is no claim to make.
    pub(super) fn push_at(&self) -> Option<Timestamp> {
        if self.remote.given_up.is_some() {
            return None;
        }
        if self.outgoing.is_some() {
            return self.remote.again_at;
        }
        let due = self.outbox_since?.checked_add(FLUSH_AFTER).ok()?;
        Some(self.remote.again_at.map_or(due, |again| again.max(due)))
    }

    /// Takes the publisher's answer.
    pub(super) fn published(&mut self, answer: Answer) -> Result<(), DeliverError> {
        let now = self.clock.now();
        self.hearing.heard(now, answer.result.is_ok());
        let Some(outgoing) = self.outgoing.take() else {
            return match answer.result {
                Ok(Some(news)) => self.hear(&news, now),
                _ => Ok(()),
            };
        };
        match answer.result {
            Ok(news) => {
                self.remote = super::engine::Remote::default();
                let mut claims = outgoing.claims.into_iter();
                claims.try_for_each(|claim| self.claim_holds(claim))?;
                news.map_or(Ok(()), |news| self.hear(&news, now))
            }
            Err(Refusal::Suppressions(news)) => {
                self.back_to_outbox(outgoing);
                self.hear(&news, now)
            }
            Err(Refusal::Error(PublishError::Conflict { occurrence })) => {
                let took = outgoing.claims.iter().any(|claim| {
                    let active = self.occurrences.get(usize::from(claim.occurrence));
                    active.is_some_and(|active| *active.id == occurrence)
                });
                self.back_to_outbox(outgoing);
                self.taken_over(&occurrence);
                if took {
                    return Ok(());
                }
                // Not our claim is in the way but what we know: the same would be said again.
                let why = PublishError::Conflict { occurrence }.to_string();
                self.remote.given_up = Some(why.clone());
                self.stop(now, Stop::Remote(why))
            }
            Err(Refusal::Error(why @ (PublishError::Unreachable(_) | PublishError::Busy(_)))) => {
                self.outgoing = Some(outgoing);
                self.remote_is_away(now, &why.to_string())
            }
            Err(Refusal::Error(why)) => {
                self.back_to_outbox(outgoing);
                self.remote.given_up = Some(why.to_string());
                self.stop(now, Stop::Remote(why.to_string()))
            }
        }
    }

    /// A claim is on the remote: from here on its mails may go out.
    fn claim_holds(&mut self, claim: NewClaim) -> Result<(), DeliverError> {
        let Some((id, event)) = self.claim_event(&claim) else {
            return Ok(());
        };
        if let Some(active) = self.occurrences.get_mut(usize::from(claim.occurrence)) {
            active
                .state
                .apply(&event)
                .map_err(|source| DeliverError::Contradiction {
                    occurrence: id.to_string(),
                    source,
                })?;
        }
        let NewClaim {
            sequence,
            until,
            tickets,
            ..
        } = claim;
        let mut let_go = Vec::new();
        self.claims.insert(
            sequence,
            OpenClaim {
                until,
                left: tickets.len(),
            },
        );
        for (lane, ticket) in tickets {
            let ready = Ready {
                ticket,
                claim: sequence,
            };
            let occurrence = self.occurrences.get(usize::from(ticket.occurrence));
            if self.stopping.is_some() || occurrence.is_none_or(|active| active.ended.is_some()) {
                let_go.push(ready);
            } else {
                self.queues.make_ready(lane, ready);
                self.pacer.add(lane, 1);
            }
        }
        self.release(let_go)
    }

    /// Nothing of the batch is on the remote: outcomes wait for the next one, claimed recipients
    /// wait for a claim.
    pub(super) fn back_to_outbox(&mut self, outgoing: Outgoing) {
        let Outgoing { batch, claims } = outgoing;
        let newer = std::mem::take(&mut self.outbox);
        let unpublished = batch
            .events
            .iter()
            .filter(|(_, event)| !matches!(event, Event::Claimed { .. }));
        self.outbox = unpublished.cloned().chain(newer).collect();
        if !self.outbox.is_empty() {
            self.outbox_since.get_or_insert(batch.at);
        }
        self.pages_due |= !batch.pages.is_empty();
        self.claim_due = ClaimDue::Now;
        for (lane, ticket) in claims.into_iter().flat_map(|claim| claim.tickets).rev() {
            let active = self.occurrences.get(usize::from(ticket.occurrence));
            if self.stopping.is_none() && active.is_some_and(|active| active.ended.is_none()) {
                self.queues.put_back(lane, std::iter::once(ticket));
            }
        }
    }

    /// Another run writes in this occurrence: it is theirs. What we have claimed goes on.
    fn taken_over(&mut self, occurrence: &OccurrenceId) {
        for (number, active) in self.occurrences.iter_mut().enumerate() {
            if *active.id == *occurrence && active.ended.is_none() {
                active.ended = Some("another run is sending it".to_owned());
                self.queues
                    .drop_waiting(u16::try_from(number).unwrap_or(u16::MAX));
            }
        }
    }

    /// Mails that are claimed still go out; then the run ends, and the journal keeps what it knows.
    fn remote_is_away(&mut self, now: Timestamp, why: &str) -> Result<(), DeliverError> {
        self.remote.failures += 1;
        let doublings = (self.remote.failures - 1).min(6);
        let wait = PUSH_AGAIN.checked_mul(1 << doublings).unwrap_or(PUSH_AGAIN);
        self.remote.again_at = now.checked_add(wait).ok();
        let nothing_claimed = self.queues.ready() == 0 && self.in_flight.is_empty();
        if self.remote.failures >= PUSHES_AT_MOST && nothing_claimed {
            let why = format!("the remote cannot be reached: {why}");
            self.remote.given_up = Some(why.clone());
            return self.stop(now, Stop::Remote(why));
        }
        Ok(())
    }

    /// Lets go of everything of an occurrence that is not in flight.
    pub(super) fn leave(&mut self, occurrence: usize) -> Result<(), DeliverError> {
        let number = u16::try_from(occurrence).unwrap_or(u16::MAX);
        self.queues.drop_waiting(number);
        let ready = self
            .queues
            .take_all_ready(|ready| ready.ticket.occurrence == number);
        for (lane, _) in &ready {
            self.pacer.remove(*lane, 1);
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
                self.pacer.remove(lane, 1);
                self.claim_due = ClaimDue::Now;
                self.queues.put_back(lane, std::iter::once(ready.ticket));
                let_go.push(ready);
            }
            self.release(let_go)?;
        }
        Ok(())
    }

    /// When a mail under this claim may not be begun any more.
    pub(super) fn begins_until(&self, active: &Active, claim: u32) -> Timestamp {
        let lease = self.claims.get(&claim);
        let lease = lease.and_then(|claim| lease_ends(claim.until));
        let ends = [lease, active.closes, self.until];
        ends.into_iter().flatten().min().unwrap_or(Timestamp::MAX)
    }

    /// Lets go of somebody whose claim is of no use any more, who waits for a new one.
    pub(super) fn wait_again(
        &mut self,
        lane: usize,
        ready: Ready,
        at: Timestamp,
    ) -> Result<(), DeliverError> {
        self.release(vec![ready])?;
        if self.leave_out_one(ready.ticket, at)? {
            return Ok(());
        }
        let active = self.occurrences.get(usize::from(ready.ticket.occurrence));
        if self.stopping.is_none() && active.is_some_and(|active| active.ended.is_none()) {
            self.claim_due = ClaimDue::Now;
            self.queues.put_back(lane, std::iter::once(ready.ticket));
        }
        Ok(())
    }

    /// Publishes, with the next batch, that these are pending again.
    pub(super) fn release(&mut self, let_go: Vec<Ready>) -> Result<(), DeliverError> {
        let mut by_claim: BTreeMap<(u16, u32), Vec<u32>> = BTreeMap::new();
        for Ready { ticket, claim } in let_go {
            by_claim
                .entry((ticket.occurrence, claim))
                .or_default()
                .push(ticket.index);
            self.resolve_claim(claim);
        }
        for ((occurrence, sequence), indices) in by_claim {
            let event = Event::Released {
                claim: self.claim_id(sequence),
                recipients: Ranges::from_indices(indices),
            };
            self.record(usize::from(occurrence), event)?;
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

/// A lease is used up a little before others may take over.
pub(super) fn lease_ends(until: Timestamp) -> Option<Timestamp> {
    until.checked_sub(SignedDuration::from_secs(60)).ok()
}
