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

/// Records that are taken in at a time: whoever asks meanwhile waits for no more than these.
const AT_A_TIME: usize = 500;

/// Some of what the ledger has more than at the last time, read and not taken in yet: nobody waits while it is read.
#[must_use]
pub(super) enum News {
    /// Records, each with its segment's number.
    Records(Vec<(u32, Record)>),
    /// All was read: so many segments of suppressions and of wishes.
    End(u32, u32),
}

impl Folds {
    /// Reads what the ledger has more than at the last time, and hands it on in parts; `seen` is what [`Self::seen`] said.
    /// Where it breaks off, the next time begins where this one did: each event counts once.
    ///
    /// # Errors
    /// [`LedgerError`].
    pub(super) fn news(
        ledger: &Ledger,
        seen: (u32, u32),
        mut take: impl FnMut(News),
    ) -> Result<(), LedgerError> {
        let mut records = Vec::new();
        let mut add = |records: &mut Vec<_>, segment, record| {
            records.push((segment, record));
            if records.len() >= AT_A_TIME {
                take(News::Records(std::mem::take(records)));
            }
        };
        let next_suppression = ledger.segments(
            &Subject::Suppressions,
            |number| number >= seen.0,
            |head, record| {
                add(&mut records, head.number, record);
                ControlFlow::Continue(())
            },
        )?;
        let next_wish = ledger.wish_events(seen.1, |segment, wish| {
            add(&mut records, segment, Record::Wish(wish));
        })?;
        take(News::Records(records));
        take(News::End(next_suppression, next_wish));
        Ok(())
    }

    /// How many segments of suppressions and of wishes were taken in.
    pub(super) const fn seen(&self) -> (u32, u32) {
        (self.next_suppression, self.next_wish)
    }

    /// Takes in what the ledger has more.
    pub(super) fn take_news(&mut self, news: News) {
        match news {
            News::Records(records) => {
                for (segment, record) in records {
                    match record {
                        Record::Suppression(event) => self.suppressions.apply(&event),
                        Record::Wish(wish) => self.wishes.apply(segment, &wish),
                        _ => {}
                    }
                }
            }
            News::End(suppressions, wishes) => {
                self.next_suppression = suppressions;
                self.next_wish = wishes;
            }
        }
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
