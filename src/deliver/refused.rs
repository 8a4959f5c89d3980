//! Who was refused for good by the runs before is not mailed again, without anybody reading a mailbox.

use jiff::{SignedDuration, Timestamp};

use super::error::StartError;
use crate::ledger::branch::{Batch, Ledger, LedgerError};
use crate::ledger::event::{RunId, SuppressionEvent};
use crate::plan::refused::refusals;

/// Sendings that began longer ago were looked at by runs before.
const LATELY: SignedDuration = SignedDuration::from_hours(14 * 24);

/// The suppressions that follow from what was refused of late, and are not on the ledger yet.
///
/// # Errors
/// [`LedgerError`].
pub(super) fn of_late(
    ledger: &Ledger,
    now: Timestamp,
) -> Result<Vec<SuppressionEvent>, LedgerError> {
    let since = now.checked_sub(LATELY).unwrap_or(Timestamp::MIN);
    Ok(refusals(ledger, since)?.suppressions)
}

/// Publishes them.
///
/// # Errors
/// [`StartError`].
pub(super) fn take_refusals(
    ledger: &mut Ledger,
    run: RunId,
    now: Timestamp,
) -> Result<(), StartError> {
    let suppressions = of_late(ledger, now)?;
    if suppressions.is_empty() {
        return Ok(());
    }
    let summary = format!("suppressions: {} refused while sending", suppressions.len());
    ledger.publish(&Batch {
        suppressions,
        ..Batch::new(run, now, summary)
    })?;
    Ok(())
}
