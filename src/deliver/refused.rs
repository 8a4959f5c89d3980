//! Who was refused for good while sending is not mailed again, without anybody reading a mailbox.

use jiff::Timestamp;

use super::engine::Ended;
use super::error::StartError;
use crate::ledger::branch::{Batch, Ledger, LedgerError};
use crate::ledger::event::RunId;
use crate::plan::refused::{Doubted, LATELY, Refusals, refusals};

/// What was refused of late.
///
/// # Errors
/// [`LedgerError`].
pub(super) fn of_late(ledger: &Ledger, now: Timestamp) -> Result<Refusals, LedgerError> {
    refusals(ledger, now.checked_sub(LATELY).unwrap_or(Timestamp::MIN))
}

/// Publishes the suppressions that follow and are not on the ledger yet; hands back what is not believed.
///
/// # Errors
/// [`StartError`].
pub(super) fn take_refusals(
    ledger: &mut Ledger,
    run: RunId,
    now: Timestamp,
) -> Result<Vec<Doubted>, StartError> {
    let refusals = of_late(ledger, now)?;
    let suppressions = refusals.suppressions;
    if !suppressions.is_empty() {
        let summary = format!("suppressions: {} refused while sending", suppressions.len());
        ledger.publish(&Batch {
            suppressions,
            ..Batch::new(run, now, summary)
        })?;
    }
    Ok(refusals.doubted)
}

/// As [`take_refusals`], when a round has sent: the next run may be a month away. Where that is not possible the next one does it, and
/// what was sent is sent.
pub(super) fn take_at_end(
    ledger: &mut Ledger,
    run: RunId,
    ended: &Ended,
    now: Timestamp,
) -> Option<Vec<Doubted>> {
    let is_over = ended.published && ended.stopped.is_none() && ended.remote.is_none();
    is_over
        .then(|| take_refusals(ledger, run, now).ok())
        .flatten()
}
