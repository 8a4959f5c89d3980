//! A sending's audience as it was fixed: whose mail is the one with this index, and which mail is somebody's.
//!
//! Reads no further than the audience goes, which stands at the beginning of its sending. Held in memory whole: 16 bytes each, and 8 for a copy.

use std::ops::ControlFlow;

use jiff::Timestamp;

use super::branch::{Ledger, LedgerError};
use super::event::RecipientIndex;
use super::segment::{Record, Subject};
use crate::mail::occurrence::OccurrenceId;
use crate::mail::recipient_id::RecipientId;

/// See the module.
#[derive(Debug)]
pub struct Audience {
    /// Of which sending.
    pub occurrence: OccurrenceId,
    /// The commit that its mails were made from.
    pub content_commit: String,
    /// When it was fixed: no mail of it is older.
    pub at: Timestamp,
    ids: Box<[RecipientId]>,
    /// Their indices, in the order of ids.
    by_id: Box<[u32]>,
    /// Copies, with whose they are, in index order.
    copies: Box<[(RecipientIndex, RecipientIndex)]>,
}

impl Audience {
    /// Reads it; `None` where the ledger has not got it whole.
    ///
    /// # Errors
    /// [`LedgerError`].
    pub fn read(ledger: &Ledger, occurrence: &OccurrenceId) -> Result<Option<Self>, LedgerError> {
        let (mut head, mut ids, mut copies) = (None, Vec::new(), Vec::new());
        let mut wanted = usize::MAX;
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
                    Record::Entry(entry) => {
                        let index = u32::try_from(ids.len()).map(RecipientIndex);
                        if let (Some(of), Ok(index)) = (entry.copy_of, index) {
                            copies.push((index, of));
                        }
                        ids.push(entry.id);
                    }
                    _ => {}
                }
                match ids.len() >= wanted {
                    true => ControlFlow::Break(()),
                    false => ControlFlow::Continue(()),
                }
            },
        )?;
        let whole = head.filter(|_| ids.len() >= wanted);
        let mut by_id: Vec<u32> = (0..).take(ids.len()).collect();
        by_id.sort_unstable_by_key(|at| (ids.get(*at as usize), *at));
        Ok(whole.map(|(content_commit, at)| Self {
            occurrence: occurrence.clone(),
            content_commit,
            at,
            ids: ids.into_boxed_slice(),
            by_id: by_id.into_boxed_slice(),
            copies: copies.into_boxed_slice(),
        }))
    }

    /// How many mails it has, copies and those that were left out included.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// Somebody's own mail: of several with one id the first, since copies stand behind.
    pub fn index_of(&self, who: &RecipientId) -> Option<RecipientIndex> {
        let id = |at: &u32| self.ids.get(*at as usize);
        let place = self.by_id.partition_point(|at| id(at) < Some(who));
        let at = self.by_id.get(place)?;
        (id(at) == Some(who)).then_some(RecipientIndex(*at))
    }

    /// Whose mail the one with this index is.
    pub fn who(&self, index: RecipientIndex) -> Option<RecipientId> {
        self.ids.get(index.0 as usize).copied()
    }

    /// The copy of this mail that one of these people gets.
    pub fn copy_of(&self, of: RecipientIndex, people: &[RecipientId]) -> Option<RecipientIndex> {
        let own = self.copies.iter().filter(|(_, whose)| *whose == of);
        let mut own = own.map(|(index, _)| *index);
        own.find(|index| self.who(*index).is_some_and(|id| people.contains(&id)))
    }
}
