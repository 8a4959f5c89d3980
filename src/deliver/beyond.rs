//! Occurrences that started and are not through, and that no campaign on the main branch leads to any
//! more: its folder was taken away, it was cancelled, or its dates are long past. The agenda knows
//! nothing of them; only the ledger does.

use std::collections::HashSet;
use std::fmt;

use jiff::Timestamp;

use super::error::StartError;
use crate::ledger::branch::Ledger;
use crate::ledger::event::{Event, Exclusion, RunId};
use crate::ledger::state::{OccurrenceState, Status};
use crate::mail::occurrence::OccurrenceId;
use crate::workspace::{Workspace, campaign};

/// What the main branch says about an occurrence that is not on its agenda.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnMain {
    /// There is no such campaign any more: it was deleted or reverted.
    Gone,
    /// The campaign is cancelled.
    Cancelled,
    /// The campaign is there, but its dates lead to another sending, or to one long past.
    OffAgenda,
}

impl OnMain {
    /// As the main branch stands.
    pub fn of(workspace: &Workspace, occurrence: &OccurrenceId) -> Self {
        match workspace.campaigns.get(occurrence.campaign()) {
            None => Self::Gone,
            Some(file) if file.campaign.status == campaign::Status::Cancelled => Self::Cancelled,
            Some(_) => Self::OffAgenda,
        }
    }
}

/// What a person can do about who is still pending. In two lines that fit a terminal.
impl fmt::Display for OnMain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Gone => {
                "unfinished: its campaign is not on the main branch any more. To go on, put\n  \
                 its folder back; to leave out who is pending, with `status: cancelled`"
            }
            Self::Cancelled => CANCELLED,
            Self::OffAgenda => {
                "unfinished: its dates do not lead to this sending any more. Give it a date,\n  \
                 or set `status: cancelled`, which leaves out who is pending"
            }
        })
    }
}

/// What is said of a cancelled occurrence in which somebody is pending yet.
pub const CANCELLED: &str = "cancelled: the next run leaves out who is pending";

/// A run that has claims in an occurrence which are not over, and until when at the latest.
pub fn held_by(state: &OccurrenceState, now: Timestamp) -> Option<(RunId, Timestamp)> {
    let live = state.open_claims().find(|claim| claim.until > now)?;
    Some((live.claim.run, live.until))
}

/// Hands over every occurrence that the ledger knows and that is not among `listed`, one at a time:
/// not all of a ledger's states are in memory at once.
///
/// # Errors
/// [`StartError::Ledger`], and what `each` says.
pub fn beyond_agenda(
    ledger: &Ledger,
    listed: &HashSet<OccurrenceId>,
    takes: impl Fn(&OccurrenceId) -> bool,
    mut each: impl FnMut(OccurrenceId, OccurrenceState) -> Result<(), StartError>,
) -> Result<(), StartError> {
    for id in ledger.occurrences()? {
        if takes(&id) && !listed.contains(&id) {
            let state = ledger.replay(&id)?;
            each(id, state)?;
        }
    }
    Ok(())
}

/// The events that leave out everybody who is pending and under nobody's claim. Whoever is claimed
/// may be in the middle of being sent to, by a run that lets go of the rest: a later look finds them.
pub fn cancelling(state: &OccurrenceState, at: Timestamp) -> Vec<Event> {
    let open = state
        .statuses()
        .filter(|(_, status)| matches!(status, Status::Pending | Status::Deferred { .. }));
    open.map(|(recipient, _)| Event::Excluded {
        recipient,
        at,
        reason: Exclusion::Cancelled,
    })
    .collect()
}
