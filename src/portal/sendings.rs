//! Who got what, as the ledger has it: of each sending that is asked about its recipients' ids in their order, and of which
//! mails it is known here already that they were opened. A bounded cache: what was not asked about for longest goes first.
//!
//! What is known is told at once; the ledger is read on a thread where waiting does no harm, for one sending at a time.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use jiff::Timestamp;

use super::service::Service;
use crate::ledger::audience::Audience;
use crate::ledger::branch::Ledger;
use crate::ledger::event::RecipientIndex;
use crate::ledger::feedback::Reader;
use crate::mail::occurrence::OccurrenceId;
use crate::mail::occurrence_tags::OccurrenceTags;
use crate::mail::token::{MailingTag, OccurrenceTag};

/// Recipients of all sendings that are kept, of 16 bytes and two bits each.
const MOST: usize = 4_000_000;

/// Tags that are not known are remembered at most.
const MOST_UNKNOWN: usize = 1_000;

/// See the module.
#[derive(Default)]
pub(super) struct Sendings {
    ledger: Mutex<Option<Arc<Ledger>>>,
    state: Mutex<State>,
    /// Held by whoever reads for an answer, so that a crowd waits without threads.
    reading: tokio::sync::Mutex<()>,
    /// What occurrences' tags in links stand for.
    names: RwLock<OccurrenceTags>,
    unknown: Mutex<Unknown>,
}

/// What was asked for and is not known.
#[derive(Default)]
struct Unknown {
    /// When the ledger was fetched last, where it was.
    fetched: Option<Timestamp>,
    /// When tags were asked for first.
    since: HashMap<OccurrenceTag, Timestamp>,
}

#[derive(Default)]
struct State {
    known: HashMap<OccurrenceId, Known>,
    /// What could not be read, until there is another ledger.
    missing: HashSet<OccurrenceId>,
    clock: u64,
}

struct Known {
    audience: Arc<Audience>,
    /// A bit for each recipient, for people and for machines.
    opened: [Vec<u64>; 2],
    used: u64,
}

impl Sendings {
    /// Reads from this ledger, which has sendings of these names, from now on.
    pub(super) fn read_from(&self, ledger: Ledger, names: OccurrenceTags) {
        *self.names.write().unwrap_or_else(PoisonError::into_inner) = names;
        *lock(&self.ledger) = Some(Arc::new(ledger));
        self.state().missing.clear();
    }

    /// The sending that a link's tag stands for.
    pub(super) fn named(&self, tag: OccurrenceTag) -> Option<OccurrenceId> {
        let names = self.names.read().unwrap_or_else(PoisonError::into_inner);
        names.get(tag).cloned()
    }

    /// The remote began to be asked for the ledger that is read from at this time.
    pub(super) fn was_fetched(&self, begun: Timestamp) {
        lock(&self.unknown).fetched = Some(begun);
    }

    /// Whether a tag that stands for nothing here may stand for something soon. A sending is on the remote before its first mail
    /// is out: what was fetched since somebody asked for it first would tell. A test's mails are on no ledger.
    pub(super) fn may_become_known(&self, tag: OccurrenceTag, now: Timestamp) -> bool {
        let mut unknown = lock(&self.unknown);
        if unknown.since.len() >= MOST_UNKNOWN && !unknown.since.contains_key(&tag) {
            let oldest = unknown.since.iter().min_by_key(|(_, since)| **since);
            if let Some(oldest) = oldest.map(|(tag, _)| *tag) {
                unknown.since.remove(&oldest);
            }
        }
        let since = unknown.since.entry(tag).or_insert(now);
        *since = now.min(*since);
        let since = *since;
        unknown.fetched.is_none_or(|begun| begun <= since)
    }

    /// The sendings that a link for leaving may have stood in.
    pub(super) fn of_mailing(&self, mailing: MailingTag) -> Vec<OccurrenceId> {
        let names = self.names.read().unwrap_or_else(PoisonError::into_inner);
        names.of_mailing(mailing).cloned().collect()
    }

    /// The ledger that is read from.
    pub(super) fn ledger(&self) -> Option<Arc<Ledger>> {
        lock(&self.ledger).clone()
    }

    /// A sending's audience; `None` where the ledger has not got it whole. Reads the ledger where it has to.
    pub(super) fn audience(&self, occurrence: &OccurrenceId) -> Option<Arc<Audience>> {
        if let Some(known) = self.state().look(occurrence) {
            return known;
        }
        let read = Audience::read(&*self.ledger()?, occurrence);
        self.state().keep(occurrence, read.ok().flatten())
    }

    /// Notes that a mail was opened; whether that was not known.
    pub(super) fn opens(&self, mail: (&OccurrenceId, u32), by: Reader) -> bool {
        let mut state = self.state();
        let Some(known) = state.known.get_mut(mail.0) else {
            return false;
        };
        let Some((word, bit)) = known.bit(mail.1, by) else {
            return false;
        };
        let was = *word & bit != 0;
        *word |= bit;
        !was
    }

    /// What was taken for an opening was none, or could not be put down: the next one counts.
    pub(super) fn was_not_opened(
        &self,
        (occurrence, index): &(OccurrenceId, RecipientIndex),
        by: Reader,
    ) {
        let mut state = self.state();
        let known = state.known.get_mut(occurrence);
        if let Some((word, bit)) = known.and_then(|it| it.bit(index.0, by)) {
            *word &= !bit;
        }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        lock(&self.state)
    }
}

fn lock<T>(what: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    what.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Service {
    /// A sending's audience, for an answer.
    pub(super) async fn audience(
        self: &Arc<Self>,
        occurrence: &OccurrenceId,
    ) -> Option<Arc<Audience>> {
        let known = || self.sendings.state().look(occurrence);
        if let Some(known) = known() {
            return known;
        }
        let _one_at_a_time = self.sendings.reading.lock().await;
        if let Some(known) = known() {
            return known;
        }
        let (of, occurrence) = (Arc::clone(self), occurrence.clone());
        let read = tokio::task::spawn_blocking(move || of.sendings.audience(&occurrence)).await;
        read.ok().flatten()
    }
}

impl Known {
    fn bit(&mut self, index: u32, by: Reader) -> Option<(&mut u64, u64)> {
        let [people, machines] = &mut self.opened;
        let words = match by {
            Reader::Person => people,
            Reader::Machine => machines,
        };
        let word = words.get_mut(index as usize / 64)?;
        Some((word, 1 << (index % 64)))
    }
}

impl State {
    /// What is known: an audience, or that there is none to be had (`Some(None)`).
    #[allow(
        clippy::option_option,
        reason = "known to be nothing is not the same as not known"
    )]
    fn look(&mut self, occurrence: &OccurrenceId) -> Option<Option<Arc<Audience>>> {
        if self.missing.contains(occurrence) {
            return Some(None);
        }
        self.clock += 1;
        let known = self.known.get_mut(occurrence)?;
        known.used = self.clock;
        Some(Some(Arc::clone(&known.audience)))
    }

    /// Keeps what was read.
    fn keep(&mut self, occurrence: &OccurrenceId, read: Option<Audience>) -> Option<Arc<Audience>> {
        let Some(audience) = read else {
            self.missing.insert(occurrence.clone());
            return None;
        };
        // Somebody else may have read it meanwhile, and have noted down what was opened.
        if let Some(Some(known)) = self.look(occurrence) {
            return Some(known);
        }
        let room = audience.len();
        let mut held: usize = self.known.values().map(|it| it.audience.len()).sum();
        while held + room > MOST {
            let oldest = self.known.iter().min_by_key(|(_, it)| it.used);
            let Some(oldest) = oldest.map(|(id, _)| id.clone()) else {
                break;
            };
            let gone = self.known.remove(&oldest);
            held -= gone.map_or(0, |it| it.audience.len());
        }
        let words = || vec![0; room.div_ceil(64)];
        let audience = Arc::new(audience);
        let known = Known {
            audience: Arc::clone(&audience),
            opened: [words(), words()],
            used: self.clock,
        };
        self.known.insert(occurrence.clone(), known);
        Some(audience)
    }
}
