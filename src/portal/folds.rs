//! Who left, and what people asked for: as the ledger has it, and as it was asked for here and is not there yet.
//!
//! Both folds take the same event twice, in any order, so what was put down here is taken in at once and once more when
//! it comes back from the ledger.

use std::ops::ControlFlow;

use crate::ledger::branch::{Ledger, LedgerError};
use crate::ledger::segment::{Record, Subject};
use crate::ledger::suppressions::Suppressions;
use crate::ledger::wishes::{UNPUBLISHED, Wishes};

/// See the module.
#[derive(Default)]
pub(super) struct Folds {
    pub(super) suppressions: Suppressions,
    pub(super) wishes: Wishes,
    next_suppression: u32,
    next_wish: u32,
}

impl Folds {
    /// Takes in what the ledger has more than at the last time.
    ///
    /// # Errors
    /// [`LedgerError`].
    pub(super) fn catch_up(&mut self, ledger: &Ledger) -> Result<(), LedgerError> {
        let from = self.next_suppression;
        let suppressions = &mut self.suppressions;
        self.next_suppression = ledger.segments(
            &Subject::Suppressions,
            |number| number >= from,
            |_, record| {
                if let Record::Suppression(event) = record {
                    suppressions.apply(&event);
                }
                ControlFlow::Continue(())
            },
        )?;
        let wishes = &mut self.wishes;
        self.next_wish = ledger.wish_events(self.next_wish, |segment, wish| {
            wishes.apply(segment, &wish);
        })?;
        Ok(())
    }

    /// Takes in what was put down here.
    pub(super) fn take(&mut self, records: &[Record]) {
        for record in records {
            match record {
                Record::Suppression(event) => self.suppressions.apply(event),
                Record::Wish(wish) => self.wishes.apply(UNPUBLISHED, wish),
                _ => {}
            }
        }
    }
}
