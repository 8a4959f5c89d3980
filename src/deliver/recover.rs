//! Settling what runs that died on this machine left: their journals say what the ledger does not
//! know yet.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::Timestamp;

use super::error::StartError;
use crate::ledger::branch::{Batch, Ledger};
use crate::ledger::event::RunId;
use crate::ledger::journal::{Journal, Trace};
use crate::ledger::state::OccurrenceState;
use crate::mail::occurrence::OccurrenceId;

/// What was settled for one run that died.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recovered {
    /// The run.
    pub run: RunId,
    /// Events published for it.
    pub events: usize,
    /// Whether its journal was exact: then nothing had to be guessed.
    pub exact: bool,
}

/// Publishes what the journals of dead runs below `journals` know, and removes them. A copied
/// journal is passed over until no claim of its run holds any more.
///
/// # Errors
/// [`StartError`]; the journals that were not published yet stay.
pub fn recover(
    ledger: &mut Ledger,
    journals: &Path,
    boot: Option<&str>,
    now: Timestamp,
) -> Result<Vec<Recovered>, StartError> {
    let mut recovered = Vec::new();
    for dead in Journal::recover(journals, boot)? {
        let mut states: BTreeMap<OccurrenceId, OccurrenceState> = BTreeMap::new();
        for occurrence in dead.occurrences() {
            states.insert(occurrence.clone(), ledger.replay(occurrence)?);
        }
        if dead.may_live(states.values(), now) {
            continue;
        }
        let events = dead.events(|occurrence| states.get(occurrence));
        let count = events.len();
        if !events.is_empty() {
            ledger.publish(&Batch {
                events,
                ..Batch::new(
                    dead.run,
                    now,
                    format!("what run {} had done when it died", dead.run),
                )
            })?;
        }
        recovered.push(Recovered {
            run: dead.run,
            events: count,
            exact: dead.trace == Trace::Exact,
        });
        dead.remove()?;
    }
    Ok(recovered)
}
