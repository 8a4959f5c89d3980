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

/// What the ledger has more than at the last time, read and not taken in yet: nobody waits while it is read.
#[must_use]
pub(super) struct News {
    records: Vec<(u32, Record)>,
    next_suppression: u32,
    next_wish: u32,
}

impl Folds {
    /// Reads what the ledger has more than at the last time; `seen` is what [`Self::seen`] said.
    ///
    /// # Errors
    /// [`LedgerError`].
    pub(super) fn news(ledger: &Ledger, seen: (u32, u32)) -> Result<News, LedgerError> {
        let mut records = Vec::new();
        let next_suppression = ledger.segments(
            &Subject::Suppressions,
            |number| number >= seen.0,
            |head, record| {
                records.push((head.number, record));
                ControlFlow::Continue(())
            },
        )?;
        let next_wish = ledger.wish_events(seen.1, |segment, wish| {
            records.push((segment, Record::Wish(wish)));
        })?;
        Ok(News {
            records,
            next_suppression,
            next_wish,
        })
    }

    /// How many segments of suppressions and of wishes were taken in.
    pub(super) const fn seen(&self) -> (u32, u32) {
        (self.next_suppression, self.next_wish)
    }

    /// Takes in what the ledger has more.
    pub(super) fn take_news(&mut self, news: News) {
        for (segment, record) in news.records {
            match record {
                Record::Suppression(event) => self.suppressions.apply(&event),
                Record::Wish(wish) => self.wishes.apply(segment, &wish),
                _ => {}
            }
        }
        self.next_suppression = news.next_suppression;
        self.next_wish = news.next_wish;
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
