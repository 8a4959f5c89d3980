//! What is due: from the main branch, the ledger and the time alone, in order of reception.
//!
//! Reads; publishes nothing.

use jiff::Timestamp;
use jiff::civil::Date;

use super::error::StartError;
use crate::git::{CommitId, Repository};
use crate::ledger::branch::Ledger;
use crate::ledger::event::RunId;
use crate::ledger::state::{Note, OccurrenceState};
use crate::mail::occurrence::{CampaignId, OccurrenceId};
use crate::plan::again::{SentBefore, Starting};
use crate::plan::calendar::calendar;
use crate::plan::owner::DEFINITION;
use crate::plan::sending::sending;
use crate::schedule::occurrence::{Due, Period};
use crate::schedule::window::Opening;
use crate::workspace::Workspace;
use crate::workspace::campaign::{Campaign, Status};

/// How an occurrence stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// To be sent now, until this window closes (`None`: asked for with `--now`).
    Due {
        /// When its window closes.
        closes: Option<Timestamp>,
    },
    /// Its window opens then.
    NotYet(Opening),
    /// Its window passed without a start.
    Lapsed {
        /// Which.
        opening: Opening,
        /// Whether the ledger says so already.
        recorded: bool,
    },
    /// Started, and its window does not open any more.
    Shut,
    /// Everybody has an outcome.
    Done,
    /// Called off.
    Cancelled,
    /// Another run has claims in it.
    HeldByRun {
        /// Which run.
        run: RunId,
        /// Until when at the latest.
        until: Timestamp,
    },
}

/// An occurrence of an approved campaign.
pub struct Scheduled {
    /// Which.
    pub id: OccurrenceId,
    /// The commit that approved it: what its content is read from unless it has started.
    pub approved_by: CommitId,
    /// Its place in the order of reception.
    pub reception: u64,
    /// The day that its date and period come to.
    pub nominal: Date,
    /// Its campaign's period.
    pub every: Option<Period>,
    /// How it stands.
    pub standing: Standing,
    /// What happened so far.
    pub state: OccurrenceState,
}

/// Which to look at, and how.
#[derive(Debug, Clone, Default)]
pub struct Question {
    /// Only this campaign.
    pub campaign: Option<CampaignId>,
    /// Windows do not matter.
    pub now: bool,
}

impl Scheduled {
    /// Whether it is to start, or missed its start: what went out before under another name matters to it.
    fn asks_for_before(&self) -> bool {
        let asks = matches!(
            self.standing,
            Standing::Due { .. }
                | Standing::Lapsed {
                    recorded: false,
                    ..
                }
        );
        asks && self.state.header().is_none()
    }

    /// As what is asked for what went out before.
    pub(super) fn starting(&self) -> Starting<'_> {
        Starting {
            id: &self.id,
            nominal: self.nominal,
            every: self.every,
        }
    }
}

/// What went out before, where anything on the agenda asks for it.
///
/// # Errors
/// [`StartError`].
pub(super) fn sent_before(
    ledger: &Ledger,
    workspace: &Workspace,
    agenda: &[Scheduled],
) -> Result<SentBefore, StartError> {
    if !agenda.iter().any(Scheduled::asks_for_before) {
        return Ok(SentBefore::default());
    }
    let is_there = |id: &CampaignId| workspace.campaigns.contains_key(id);
    Ok(SentBefore::read(ledger, is_there)?)
}

/// Every occurrence that is or was due, in order of reception.
///
/// # Errors
/// [`StartError`].
pub fn agenda(
    repository: &Repository,
    ledger: &Ledger,
    workspace: &Workspace,
    head: CommitId,
    question: &Question,
    now: Timestamp,
) -> Result<Vec<Scheduled>, StartError> {
    let calendar = calendar(&workspace.settings)?;
    let wanted: Vec<(&CampaignId, &Campaign)> = workspace
        .campaigns
        .iter()
        .filter(|(id, _)| question.campaign.as_ref().is_none_or(|only| only == *id))
        .map(|(id, file)| (id, &file.campaign))
        .collect();
    let paths: Vec<String> = wanted
        .iter()
        .map(|(id, _)| format!("campaigns/{id}"))
        .collect();
    let named: Vec<&str> = paths.iter().map(String::as_str).collect();
    let approvals = repository.last_own_changes(head, &named, DEFINITION)?;
    let mut found = Vec::new();
    for ((id, campaign), approval) in wanted.into_iter().zip(approvals) {
        let Some(approval) = approval else { continue };
        let sending = sending(&workspace.settings, id, campaign)?;
        let since = now.checked_sub(LOOK_BACK).unwrap_or(now);
        let mut occurrences = sending.begun(&calendar, since, now, MOST_OCCURRENCES);
        occurrences.extend(sending.upcoming(&calendar, now));
        for occurrence in occurrences {
            let id = match &occurrence.label {
                Some(label) => OccurrenceId::recurring(id.clone(), label)?,
                None => OccurrenceId::single(id.clone()),
            };
            let state = ledger.replay(&id)?;
            let due = sending.due(&calendar, &occurrence, now, state.header().is_some());
            let standing = standing(campaign, &state, due, question.now, now);
            found.push(Scheduled {
                id,
                approved_by: approval.commit,
                reception: approval.depth,
                nominal: occurrence.nominal,
                every: sending.every,
                standing,
                state,
            });
        }
    }
    // Reception counts from the newest change; the oldest approval goes first.
    found.sort_by(|a, b| b.reception.cmp(&a.reception).then_with(|| a.id.cmp(&b.id)));
    Ok(found)
}

/// Missed windows are looked for so far back.
const LOOK_BACK: jiff::SignedDuration = jiff::SignedDuration::from_hours(62 * 24);

/// Occurrences of one recurring campaign that are looked at.
const MOST_OCCURRENCES: usize = 9;

fn standing(
    campaign: &Campaign,
    state: &OccurrenceState,
    due: Due,
    regardless: bool,
    now: Timestamp,
) -> Standing {
    if campaign.status == Status::Cancelled {
        return Standing::Cancelled;
    }
    if is_done(state, now) {
        return Standing::Done;
    }
    if let Some(claim) = state.open_claims().find(|claim| claim.until > now) {
        return Standing::HeldByRun {
            run: claim.claim.run,
            until: claim.until,
        };
    }
    match due {
        Due::Lapsed(opening) if has_lapsed(state) || !regardless => Standing::Lapsed {
            opening,
            recorded: has_lapsed(state),
        },
        _ if regardless => Standing::Due { closes: None },
        Due::Open(opening) => Standing::Due {
            closes: Some(opening.until),
        },
        Due::NotYet(opening) => Standing::NotYet(opening),
        Due::Lapsed(opening) => Standing::Lapsed {
            opening,
            recorded: false,
        },
        Due::Shut => Standing::Shut,
    }
}

fn is_done(state: &OccurrenceState, now: Timestamp) -> bool {
    state.header().is_some() && state.counts(now).pending == 0
}

fn has_lapsed(state: &OccurrenceState) -> bool {
    state
        .notes()
        .iter()
        .any(|(_, note)| matches!(note, Note::Lapsed(_)))
}
