//! Who got what, as the ledger has it: of each sending that is asked about its recipients' ids in their order, and of which
//! mails it is known here already that they were opened. A bounded cache: what was not asked about for longest goes first.
//!
//! Reads the ledger where it has to, so it is asked on threads where waiting does no harm.

use std::collections::{HashMap, HashSet};
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;

use crate::ledger::branch::{Ledger, LedgerError};
use crate::ledger::event::RecipientIndex;
use crate::ledger::feedback::Reader;
use crate::ledger::segment::{Record, Subject};
use crate::mail::occurrence::OccurrenceId;
use crate::mail::recipient_id::RecipientId;

/// Recipients of all sendings that are kept, of 12 bytes and two bits each.
const MOST: usize = 4_000_000;

/// A sending's audience, as it was fixed.
pub(super) struct Audience {
    pub(super) occurrence: OccurrenceId,
    /// The commit that its mails were made from.
    pub(super) content_commit: String,
    /// When it was fixed: no mail of it is older.
    pub(super) at: Timestamp,
    ids: Box<[RecipientId]>,
}

impl Audience {
    /// The index of their own mail.
    pub(super) fn index_of(&self, who: &RecipientId) -> Option<u32> {
        let index = self.ids.iter().position(|id| id == who)?;
        u32::try_from(index).ok()
    }

    /// Whose mail the one with this index is.
    pub(super) fn who(&self, index: u32) -> Option<RecipientId> {
        self.ids.get(index as usize).copied()
    }
}

/// See the module.
#[derive(Default)]
pub(super) struct Sendings {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    ledger: Option<Ledger>,
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
    /// Reads from this ledger from now on.
    pub(super) fn read_from(&self, ledger: Ledger) {
        let mut state = self.state();
        state.ledger = Some(ledger);
        state.missing.clear();
    }

    /// A sending's audience; `None` where the ledger has not got it whole.
    pub(super) fn audience(&self, occurrence: &OccurrenceId) -> Option<Arc<Audience>> {
        let mut state = self.state();
        let known = state.known(occurrence)?;
        Some(Arc::clone(&known.audience))
    }

    /// Notes that a mail was opened; whether that was not known.
    pub(super) fn opens(&self, mail: (&OccurrenceId, u32), by: Reader) -> bool {
        let mut state = self.state();
        let Some(known) = state.known(mail.0) else {
            return false;
        };
        let Some((word, bit)) = known.bit(mail.1, by) else {
            return false;
        };
        let was = *word & bit != 0;
        *word |= bit;
        !was
    }

    /// What was taken for a person's was none: the next one's counts.
    pub(super) fn was_no_person(&self, (occurrence, index): &(OccurrenceId, RecipientIndex)) {
        let mut state = self.state();
        let known = state.known.get_mut(occurrence);
        if let Some((word, bit)) = known.and_then(|it| it.bit(index.0, Reader::Person)) {
            *word &= !bit;
        }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
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
    fn known(&mut self, occurrence: &OccurrenceId) -> Option<&mut Known> {
        self.clock += 1;
        let now = self.clock;
        if !self.known.contains_key(occurrence) {
            self.read(occurrence)?;
        }
        let known = self.known.get_mut(occurrence)?;
        known.used = now;
        Some(known)
    }

    fn read(&mut self, occurrence: &OccurrenceId) -> Option<()> {
        if self.missing.contains(occurrence) {
            return None;
        }
        let read = load(self.ledger.as_ref()?, occurrence);
        let Ok(Some(audience)) = read else {
            self.missing.insert(occurrence.clone());
            return None;
        };
        let room = audience.ids.len();
        let mut held: usize = self.known.values().map(|it| it.audience.ids.len()).sum();
        while held + room > MOST {
            let oldest = self.known.iter().min_by_key(|(_, it)| it.used);
            let Some(oldest) = oldest.map(|(id, _)| id.clone()) else {
                break;
            };
            let gone = self.known.remove(&oldest);
            held -= gone.map_or(0, |it| it.audience.ids.len());
        }
        let words = || vec![0; room.div_ceil(64)];
        let known = Known {
            audience: Arc::new(audience),
            opened: [words(), words()],
            used: 0,
        };
        self.known.insert(occurrence.clone(), known);
        Some(())
    }
}

/// Reads as far as the audience goes, which stands at the beginning.
fn load(ledger: &Ledger, occurrence: &OccurrenceId) -> Result<Option<Audience>, LedgerError> {
    let (mut head, mut ids, mut wanted) = (None, Vec::new(), usize::MAX);
    ledger.segments(
        &Subject::Occurrence(occurrence.clone()),
        |_| true,
        |_, record| {
            match record {
                Record::Audience {
                    header, entries, ..
                } => {
                    wanted = entries as usize;
                    head = Some((header.content_commit, header.at));
                }
                Record::Entry(entry) => ids.push(entry.id),
                _ => {}
            }
            match ids.len() >= wanted {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            }
        },
    )?;
    let whole = head.filter(|_| ids.len() >= wanted);
    Ok(whole.map(|(content_commit, at)| Audience {
        occurrence: occurrence.clone(),
        content_commit,
        at,
        ids: ids.into_boxed_slice(),
    }))
}
