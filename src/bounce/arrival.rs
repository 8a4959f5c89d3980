//! When a message arrived, by the clock of the server that took it in; else when its writer says that it was written. Neither is
//! believed without bounds.

use std::cell::OnceCell;

use jiff::{SignedDuration, Timestamp};

use super::{Returned, mailbox};
use crate::ledger::branch::{Ledger, LedgerError};

/// What is older than this is looked at twice.
const OLD: SignedDuration = SignedDuration::from_hours(90 * 24);

/// When a message arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Arrival {
    pub(super) at: Timestamp,
    /// Whether our own server says so, or the mailbox; not who wrote it.
    pub(super) is_ours: bool,
}

/// What arrivals are reckoned by.
pub(super) struct Arrivals {
    pub(super) now: Timestamp,
    /// When the first sending began, where that was asked.
    first: OnceCell<Timestamp>,
}

impl Arrivals {
    pub(super) fn until(now: Timestamp) -> Self {
        Self {
            now,
            first: OnceCell::new(),
        }
    }

    /// When this message arrived. Nothing comes back before anything was sent: a clock that says so is wrong, and the message is
    /// taken for an old one, so that no lift of long ago undoes what it says. Any other is as old as it is, so that it undoes no lift.
    ///
    /// # Errors
    /// [`LedgerError`].
    pub(super) fn of(
        &self,
        ledger: &Ledger,
        message: &mailbox::Message,
        returned: &Returned,
    ) -> Result<Arrival, LedgerError> {
        let traces = &returned.traces;
        let ours = read(traces.received.as_deref()).or(message.arrived);
        let Some(at) = ours.or_else(|| read(traces.date.as_deref())) else {
            return Ok(Arrival {
                at: self.now,
                is_ours: false,
            });
        };
        let old = self.now.checked_sub(OLD).unwrap_or(Timestamp::MIN);
        let is_wrong = at < old && at < self.first(ledger)?;
        Ok(Arrival {
            at: if is_wrong { old } else { at.min(self.now) },
            is_ours: ours.is_some() && !is_wrong,
        })
    }

    fn first(&self, ledger: &Ledger) -> Result<Timestamp, LedgerError> {
        if let Some(first) = self.first.get() {
            return Ok(*first);
        }
        let mut first = self.now;
        for occurrence in ledger.occurrences()? {
            if let Some(header) = ledger.header(&occurrence)? {
                first = first.min(header.at);
            }
        }
        Ok(*self.first.get_or_init(|| first))
    }
}

fn read(date: Option<&str>) -> Option<Timestamp> {
    let date = jiff::fmt::rfc2822::parse(date?).ok()?;
    Some(date.timestamp())
}
