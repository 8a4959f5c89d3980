//! A relay's part in a run: its workers, its faults, when it is left alone for a while, and when what
//! goes through it is held for a person.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::mpsc;

use super::DeliverError;
use super::engine::Engine;
use super::worker::{Desk, Told, Worker};
use crate::ledger::event::Event;
use crate::schedule::retry::RetryPolicy;
use crate::transport::ConnectError;

/// So many faults of connections in a row, and the relay is left alone for a while.
pub(super) const FAULTS_AT_MOST: u32 = 8;

/// A relay that is not to be had is tried again so often, then what it was to send is held.
const RESTS_AT_MOST: u32 = 6;

/// How long it is left alone first; twice as long each further time.
const REST: SignedDuration = SignedDuration::from_secs(5);

/// A relay that this run hands mails to.
pub struct RelayRun {
    /// What `postmerge.yaml` calls it.
    pub name: String,
    /// What its workers share.
    pub desk: Arc<Desk>,
    /// Connections at once.
    pub connections: u16,
}

pub(super) struct RelayState {
    pub(super) name: String,
    pub(super) workers: Vec<Worker>,
    pub(super) load: Vec<usize>,
    pub(super) retry: RetryPolicy,
    /// Faults of the connection since the last answer.
    pub(super) faults: u32,
    /// How often it was left alone for a while since the last answer.
    pub(super) rests: u32,
    pub(super) rests_until: Option<Timestamp>,
    /// What is wrong with the connection to it, while nothing was answered since.
    pub(super) fault: Option<String>,
    /// A person must look.
    pub(super) held: bool,
}

impl RelayState {
    pub(super) fn start(
        number: usize,
        relay: RelayRun,
        engine: &mpsc::UnboundedSender<Told>,
    ) -> Self {
        let workers: Vec<Worker> = (0..usize::from(relay.connections.max(1)))
            .map(|worker| Worker::start(number, worker, Arc::clone(&relay.desk), engine.clone()))
            .collect();
        Self {
            name: relay.name,
            load: vec![0; workers.len()],
            workers,
            retry: relay.desk.retry,
            faults: 0,
            rests: 0,
            rests_until: None,
            fault: None,
            held: false,
        }
    }
}

impl Engine {
    pub(super) fn relay_answered(&mut self, relay: usize) {
        if let Some(relay) = self.relays.get_mut(relay) {
            relay.fault = None;
            relay.faults = 0;
            relay.rests = 0;
        }
    }

    pub(super) fn not_connected(
        &mut self,
        relay: usize,
        at: Timestamp,
        why: &ConnectError,
    ) -> Result<(), DeliverError> {
        let words = why.to_string();
        self.words.broken.take(&words, at);
        if let Some(state) = self.relays.get_mut(relay) {
            self.words.trouble(&state.name, &words);
            state.fault = Some(words.clone());
        }
        if why.may_pass() {
            self.rest(relay, at, &words)
        } else {
            self.hold(relay, &words)
        }
    }

    /// An occurrence is left, not through, while its relay is away: the ledger says so, so that whoever
    /// looks there afterwards sees why nothing went out.
    pub(super) fn note_trouble(&mut self, occurrence: usize, at: Timestamp) {
        let Some(active) = self.occurrences.get_mut(occurrence) else {
            return;
        };
        let relay = active
            .lanes
            .first()
            .and_then(|lane| self.lane_relays.get(*lane));
        let relay = relay.and_then(|relay| self.relays.get(*relay));
        let Some((relay, fault)) = relay.and_then(|it| Some((it, it.fault.as_ref()?))) else {
            return;
        };
        if relay.held || active.state.counts(at).pending == 0 {
            return;
        }
        let reason = format!("relay {}: {fault}", relay.name);
        let note = match active.ended.take() {
            Some(ended) => format!("{ended}; {reason}"),
            None => reason.clone(),
        };
        active.ended = Some(note);
        active.to_hold = Some(reason);
    }

    /// Notes holds in the ledger, each once nothing of its occurrence is in flight any more: a hold
    /// is what stands there last, and an outcome after it would say that mail goes out again.
    pub(super) fn note_holds(&mut self, at: Timestamp) -> Result<(), DeliverError> {
        for number in 0..self.occurrences.len() {
            let Some(active) = self.occurrences.get_mut(number) else {
                break;
            };
            if active.to_hold.is_none()
                || self
                    .in_flight
                    .keys()
                    .any(|ticket| usize::from(ticket.occurrence) == number)
            {
                continue;
            }
            if let Some(reason) = active.to_hold.take() {
                self.record(number, Event::Held { at, reason })?;
            }
        }
        Ok(())
    }

    /// Leaves a relay alone for a while; too often, and what it was to send is held.
    pub(super) fn rest(
        &mut self,
        relay: usize,
        at: Timestamp,
        why: &str,
    ) -> Result<(), DeliverError> {
        let Some(state) = self.relays.get_mut(relay) else {
            return Ok(());
        };
        if state.held || state.rests_until.is_some() {
            return Ok(());
        }
        state.rests += 1;
        state.faults = 0;
        if state.rests > RESTS_AT_MOST {
            return self.hold(relay, why);
        }
        let length = REST
            .checked_mul(1 << (state.rests - 1).min(6))
            .unwrap_or(REST);
        let until = at.checked_add(length).unwrap_or(at);
        state.rests_until = Some(until);
        self.pacer.hold_relay(relay, until);
        Ok(())
    }

    /// Takes up again with relays that have rested.
    pub(super) fn take_up_again(&mut self, now: Timestamp) {
        for relay in &mut self.relays {
            relay.rests_until.take_if(|until| *until <= now);
        }
    }

    /// Holds everything that goes through a relay: a person must look. No recipient is burned.
    fn hold(&mut self, relay: usize, why: &str) -> Result<(), DeliverError> {
        let name = match self.relays.get_mut(relay) {
            Some(state) if !state.held => {
                state.held = true;
                state.name.clone()
            }
            _ => return Ok(()),
        };
        for number in 0..self.occurrences.len() {
            let Some(active) = self.occurrences.get_mut(number) else {
                break;
            };
            let through = active
                .lanes
                .iter()
                .any(|lane| self.lane_relays.get(*lane) == Some(&relay));
            if !through || active.ended.is_some() {
                continue;
            }
            active.ended = Some(format!("held: relay {name}: {why}"));
            active.to_hold = Some(format!("relay {name}: {why}"));
            self.leave(number)?;
        }
        Ok(())
    }
}
