//! Takes in what relays refused for good while sending ([`crate::plan::refused`]), as what comes back later is.

use jiff::{SignedDuration, Timestamp};

use super::ingest::{IngestError, Outside};
use super::intake::{keep_limit, suppress};
use super::known::Known;
use crate::ledger::branch::Ledger;
use crate::ledger::suppressions::Suppressions;
use crate::plan::refused::{Doubted, LATELY, TRIED, refusals};

/// Takes in who was refused while sending; how many of them were mailed before, and what is not believed.
///
/// # Errors
/// [`IngestError`].
pub(super) fn take(
    outside: &Outside<'_>,
    ledger: &mut Ledger,
    known: &mut Known,
    standing: &mut Suppressions,
    now: Timestamp,
) -> Result<(u64, Vec<Doubted>), IngestError> {
    let days = outside.workspace.settings.policy.soft_bounces.days;
    let lately = LATELY.max(SignedDuration::from_hours(24 * i64::from(days)) + TRIED);
    let since = now.checked_sub(lately).unwrap_or(Timestamp::MIN);
    let refusals = refusals(ledger, since)?;
    for one in refusals.soft {
        known.take_refused(one);
    }
    let new = suppress(outside, ledger, standing, refusals.suppressions, now)?;
    let past = keep_limit(outside, ledger, known, standing, now)?;
    Ok((new + past, refusals.doubted))
}
