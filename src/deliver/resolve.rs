//! Settling unknowns: a person says what happened, and the ledger keeps it with their name.
//!
//! Never guesses: only what the ledger shows as unknown can be settled, never while a run has a claim
//! in the occurrence that is not over, and not before the journals on this machine have said what
//! they know.

use jiff::Timestamp;

use super::error::StartError;
use super::opened::Opened;
use super::recover::{Recovered, recover};
use super::standings::Unknowns;
use crate::ledger::branch::{Batch, PublishError};
use crate::ledger::event::{Event, Ranges, Resolution, RunId};
use crate::ledger::journal::Journal;
use crate::ledger::reply_text::reply_text;
use crate::ledger::result_page::result_page;
use crate::ledger::state::Counts;
use crate::ledger::state::OccurrenceState;
use crate::mail::occurrence::OccurrenceId;
use crate::plan::rates::stops;

/// What a person says.
#[derive(Debug, Clone)]
pub struct Decision {
    /// About which occurrence.
    pub occurrence: OccurrenceId,
    /// About whom; `None`: everybody who is unknown.
    pub recipients: Option<Ranges>,
    /// What happened.
    pub resolution: Resolution,
    /// Who says so.
    pub by: String,
    /// How they know.
    pub reason: String,
}

/// What was settled.
#[derive(Debug, Clone)]
pub struct Settled {
    /// Whom.
    pub recipients: Ranges,
    /// The accounting before.
    pub before: Counts,
    /// The accounting now.
    pub after: Counts,
    /// What journals on this machine knew; settled first.
    pub recovered: Vec<Recovered>,
}

/// Why nothing was settled.
#[derive(Debug, thiserror::Error)]
pub enum ResolveError {
    /// The ledger knows nothing of it.
    #[error("the ledger knows nothing of `{0}`")]
    NotStarted(OccurrenceId),
    /// A run may be sending to them at this moment.
    #[error("run {run} has a claim in {occurrence} until {until}: it may be sending right now")]
    Claimed {
        /// Which occurrence.
        occurrence: OccurrenceId,
        /// Whose claim.
        run: RunId,
        /// Until when.
        until: Timestamp,
    },
    /// There is nothing to settle.
    #[error("nobody is unknown in {0}: there is nothing to settle")]
    NothingUnknown(OccurrenceId),
    /// Somebody was named who is not unknown.
    #[error("recipient #{index} of {occurrence} is not unknown")]
    NotUnknown {
        /// Which occurrence.
        occurrence: OccurrenceId,
        /// Who.
        index: u32,
    },
    /// No words.
    #[error("the {0} is empty")]
    Empty(&'static str),
    /// The branches, the journals or the publishing.
    #[error(transparent)]
    Start(Box<StartError>),
}

impl<E: Into<StartError>> From<E> for ResolveError {
    fn from(why: E) -> Self {
        Self::Start(Box::new(why.into()))
    }
}

/// Publishes a decision about unknowns.
///
/// # Errors
/// [`ResolveError`]; nothing was settled then, unless the remote did not answer
/// ([`PublishError::Unreachable`]).
pub fn resolve(
    opened: &mut Opened,
    decision: &Decision,
    run: RunId,
    boot: Option<&str>,
    now: Timestamp,
) -> Result<Settled, ResolveError> {
    let occurrence = &decision.occurrence;
    let (by, reason) = (reply_text(&decision.by), reply_text(&decision.reason));
    for (text, what) in [(&by, "name of who settles it"), (&reason, "reason")] {
        if text.is_empty() {
            return Err(ResolveError::Empty(what));
        }
    }
    // A journal here may know exactly what the ledger does not; only what is left needs a person.
    let journals = Journal::folder(opened.repository.common_dir());
    let recovered = recover(&mut opened.ledger, &journals, boot, now)?;
    let mut state = opened.ledger.replay(occurrence).map_err(StartError::from)?;
    if state.header().is_none() {
        return Err(ResolveError::NotStarted(occurrence.clone()));
    }
    if let Some(live) = state.open_claims().find(|claim| claim.until > now) {
        return Err(ResolveError::Claimed {
            occurrence: occurrence.clone(),
            run: live.claim.run,
            until: live.until,
        });
    }
    let unknown = Unknowns::of(&state, now).recipients;
    if unknown.is_empty() {
        return Err(ResolveError::NothingUnknown(occurrence.clone()));
    }
    let recipients = match &decision.recipients {
        None => unknown,
        Some(named) => {
            if let Some(index) = named.iter().find(|index| !unknown.contains(*index)) {
                return Err(ResolveError::NotUnknown {
                    occurrence: occurrence.clone(),
                    index,
                });
            }
            named.clone()
        }
    };
    let before = state.counts(now);
    let event = Event::Resolved {
        recipients: recipients.clone(),
        resolution: decision.resolution,
        by,
        reason,
        at: now,
    };
    state.apply(&event).map_err(StartError::from)?;
    let word = match decision.resolution {
        Resolution::Sent => "sent",
        Resolution::Resend => "to be sent again",
    };
    let page = page(opened, occurrence, &state, now)?;
    let batch = Batch {
        events: vec![(occurrence.clone(), event)],
        pages: vec![(occurrence.clone(), page)],
        ..Batch::new(
            run,
            now,
            format!(
                "{occurrence}: {} unknown settled as {word}",
                recipients.len()
            ),
        )
    };
    publish(opened, &batch)?;
    Ok(Settled {
        recipients,
        before,
        after: state.counts(now),
        recovered,
    })
}

fn page(
    opened: &Opened,
    occurrence: &OccurrenceId,
    state: &OccurrenceState,
    now: Timestamp,
) -> Result<String, StartError> {
    let returned = opened
        .ledger
        .came_back(|feedback| feedback.is_of(occurrence))?;
    let rates = &opened.workspace.settings.policy.rates;
    let too_much = stops(rates, occurrence, state, &returned).map(|why| why.told());
    let returned = Some(returned.of(occurrence));
    Ok(result_page(
        occurrence,
        state,
        returned,
        too_much.as_deref(),
        now,
    ))
}

fn publish(opened: &mut Opened, batch: &Batch) -> Result<(), StartError> {
    let published: Result<_, PublishError> = opened.ledger.publish(batch);
    published?;
    Ok(())
}
