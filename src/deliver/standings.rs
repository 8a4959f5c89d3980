//! How everything stands: the agenda, and what the ledger knows beyond it (campaigns that were taken
//! away, or whose windows are long past).
//!
//! Reads; publishes nothing, and needs no key.

use std::collections::{BTreeMap, HashSet};

use jiff::Timestamp;

use super::beyond::{OnMain, beyond_agenda, held_by};
use super::due::{Question, Standing, agenda};
use super::error::StartError;
use super::opened::Opened;
use super::reasons::Reasons;
use super::waiting::{Waiting, waiting};
use crate::ledger::branch::LedgerError;
use crate::ledger::event::{ClaimId, Exclusion, Ranges, RunId};
use crate::ledger::feedback::{ByOccurrence, Returned};
use crate::ledger::state::{Counts, Note, OccurrenceState, Status};
use crate::mail::occurrence::{CampaignId, OccurrenceId};
use crate::plan::calendar::calendar;
use crate::plan::rates::{Excess, Senders, too_much};

/// Which occurrences are looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// Every one.
    All,
    /// Those of one campaign.
    Campaign(CampaignId),
    /// This one, of a recurring campaign.
    Occurrence(OccurrenceId),
}

impl Which {
    fn takes(&self, id: &OccurrenceId) -> bool {
        match self {
            Self::All => true,
            Self::Campaign(campaign) => id.campaign() == campaign,
            Self::Occurrence(only) => id == only,
        }
    }
}

/// One occurrence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Which.
    pub id: OccurrenceId,
    /// How it stands.
    pub place: Place,
    /// Whether its audience is fixed; before that the counts are all zero.
    pub started: bool,
    /// The accounting.
    pub counts: Counts,
    /// Who is unknown, and why.
    pub unknowns: Unknowns,
    /// Why some are not mailed.
    pub exclusions: BTreeMap<Exclusion, u32>,
    /// What relays answered to those who were told "not now" and are still to be sent to.
    pub not_now: Reasons,
    /// Where they wait, and which destinations are left alone for a while.
    pub waiting: Vec<Waiting>,
    /// Too much came back: no run goes on with it (`policy.rates`), and why.
    pub too_much: Option<Excess>,
    /// What relays said when they refused.
    pub refused: Reasons,
    /// When it was held or lapsed, oldest first.
    pub notes: Vec<(Timestamp, Note)>,
    /// Of the accepted: what was heard of them later.
    pub came_back: Returned,
    /// The latest time that any record speaks of.
    pub last_activity: Option<Timestamp>,
}

/// Where an occurrence stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// On the agenda.
    Agenda(Standing),
    /// Only the ledger knows it: its campaign is gone from the main branch, or its windows are past.
    LedgerOnly {
        /// A run that has claims in it, and until when.
        held_by: Option<(RunId, Timestamp)>,
        /// What the main branch says about it.
        on_main: OnMain,
    },
}

/// Who is unknown, and why.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Unknowns {
    /// Everybody whose outcome nobody knows.
    pub recipients: Ranges,
    /// Of these: said so in the ledger.
    pub recorded: u64,
    /// Of these: claimed by a run whose claim's time is over.
    pub expired: Vec<Expired>,
    /// What was recorded as the reason, and how often. Settled ones stay counted here.
    pub reasons: BTreeMap<String, u32>,
}

/// A claim whose time is over and that still holds somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expired {
    /// Whose.
    pub claim: ClaimId,
    /// Since when.
    pub since: Timestamp,
    /// How many.
    pub held: u32,
}

/// Why an occurrence waits for a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wait {
    /// Nobody knows what became of some.
    Unknown,
    /// It was held, and nothing happened since.
    Held,
    /// Too much of it came back.
    TooMuch,
    /// Its window passed without a start.
    Lapsed,
    /// It started, is not through, and its window does not open any more.
    Unfinished,
}

impl Unknowns {
    /// Who is unknown in `state` at `now`.
    pub fn of(state: &OccurrenceState, now: Timestamp) -> Self {
        let expired: Vec<Expired> = state
            .open_claims()
            .filter(|claim| claim.until <= now)
            .map(|claim| Expired {
                claim: claim.claim,
                since: claim.until,
                held: claim.held,
            })
            .collect();
        let over: HashSet<ClaimId> = expired.iter().map(|it| it.claim).collect();
        let mut recorded = 0;
        let mut all = Vec::new();
        for (index, status) in state.statuses() {
            match status {
                Status::Unknown => recorded += 1,
                Status::Claimed { claim } if over.contains(&claim) => {}
                _ => continue,
            }
            all.push(index.0);
        }
        Self {
            recipients: Ranges::from_indices(all),
            recorded,
            expired,
            reasons: state.unknowns().clone(),
        }
    }
}

impl Entry {
    /// What is known of an occurrence at `now`.
    pub fn of(id: OccurrenceId, place: Place, state: &OccurrenceState, now: Timestamp) -> Self {
        Self {
            id,
            place,
            started: state.header().is_some(),
            counts: state.counts(now),
            unknowns: Unknowns::of(state, now),
            exclusions: state.exclusions(),
            not_now: Reasons::default(),
            waiting: Vec::new(),
            too_much: None,
            refused: refused(state),
            notes: state.notes().to_vec(),
            came_back: Returned::default(),
            last_activity: state.last_activity(),
        }
    }

    /// Why it was held, where that is the last thing that happened.
    pub fn held(&self) -> Option<&str> {
        if matches!(
            self.place,
            Place::Agenda(Standing::Done | Standing::Cancelled | Standing::HeldByRun { .. })
        ) {
            return None;
        }
        match self.notes.last() {
            Some((at, Note::Held(why))) if self.last_activity <= Some(*at) => Some(why),
            _ => None,
        }
    }

    /// The window that passed without a start, of one that the agenda looks back to no more.
    pub fn lapsed(&self) -> Option<&str> {
        let Place::LedgerOnly { .. } = self.place else {
            return None;
        };
        let mut notes = self.notes.iter().rev();
        notes.find_map(|(_, note)| match note {
            Note::Lapsed(window) if !self.started => Some(window.as_str()),
            _ => None,
        })
    }

    /// Everything about it that waits for a person.
    pub fn waits(&self) -> Vec<Wait> {
        let mut waits = Vec::new();
        if self.counts.unknown > 0 {
            waits.push(Wait::Unknown);
        }
        if self.held().is_some() {
            waits.push(Wait::Held);
        }
        if self.too_much.is_some() {
            waits.push(Wait::TooMuch);
        }
        match &self.place {
            Place::Agenda(Standing::Lapsed { .. }) => waits.push(Wait::Lapsed),
            Place::Agenda(Standing::Shut) => waits.push(Wait::Unfinished),
            // A cancelled one's pendings are left out by the next run, without anybody's doing.
            Place::LedgerOnly {
                held_by: None,
                on_main: OnMain::Gone | OnMain::OffAgenda,
            } if self.counts.pending > 0 => {
                waits.push(Wait::Unfinished);
            }
            _ => {}
        }
        waits
    }
}

/// Every occurrence that is asked for: the agenda in order of reception, then what only the ledger
/// knows, by name.
///
/// # Errors
/// [`StartError`]; [`StartError::Deliver`] where a sum does not hold.
pub fn standings(opened: &Opened, which: &Which, now: Timestamp) -> Result<Vec<Entry>, StartError> {
    let question = Question {
        campaign: match which {
            Which::All => None,
            Which::Campaign(campaign) => Some(campaign.clone()),
            Which::Occurrence(occurrence) => Some(occurrence.campaign().clone()),
        },
        now: false,
    };
    let mut entries = Vec::new();
    let mut listed: HashSet<OccurrenceId> = HashSet::new();
    for scheduled in agenda(
        &opened.repository,
        &opened.ledger,
        &opened.workspace,
        opened.head,
        &question,
        now,
    )? {
        listed.insert(scheduled.id.clone());
        if which.takes(&scheduled.id) {
            let place = Place::Agenda(scheduled.standing);
            entries.push(Entry::of(scheduled.id, place, &scheduled.state, now));
        }
    }
    let takes = |id: &OccurrenceId| which.takes(id);
    beyond_agenda(&opened.ledger, &listed, takes, |id, state| {
        let place = Place::LedgerOnly {
            held_by: held_by(&state, now),
            on_main: OnMain::of(&opened.workspace, &id),
        };
        entries.push(Entry::of(id, place, &state, now));
        Ok(())
    })?;
    // Of all: a sender's share is of every sending.
    let came_back = opened.ledger.came_back(|_| true)?;
    let senders = Senders::default();
    for entry in &mut entries {
        entry.came_back = came_back.of(&entry.id);
        if entry.started && entry.counts.pending > 0 {
            (entry.not_now, entry.waiting) = waiting(&opened.ledger, &entry.id, now)?;
        }
        if goes_on(entry) {
            entry.too_much = too_much_of(opened, &entry.id, (&came_back, &senders), now)?;
        }
        entry
            .counts
            .check()
            .map_err(|source| super::error::DeliverError::Sum {
                occurrence: entry.id.to_string(),
                source,
            })?;
    }
    Ok(entries)
}

/// Why no run goes on with it, where too much came back.
///
/// # Errors
/// [`LedgerError`].
pub fn too_much_of(
    opened: &Opened,
    id: &OccurrenceId,
    came_back: (&ByOccurrence, &Senders),
    now: Timestamp,
) -> Result<Option<Excess>, LedgerError> {
    let workspace = &opened.workspace;
    let campaign = workspace.campaigns.get(id.campaign());
    let sender = campaign.map(|file| file.campaign.sender.as_str());
    let rates = &workspace.settings.policy.rates;
    too_much(&opened.ledger, rates, (id, sender), came_back, now)
}

/// Whether a run would send of it, if nothing else were in the way.
fn goes_on(entry: &Entry) -> bool {
    let is_ahead = matches!(
        entry.place,
        Place::Agenda(Standing::Due { .. } | Standing::NotYet(_) | Standing::Shut)
    );
    is_ahead && (!entry.started || entry.counts.pending > 0)
}

fn refused(state: &OccurrenceState) -> Reasons {
    let mut reasons = Reasons::default();
    for (words, count) in state.rejections() {
        reasons.add(words, *count, None);
    }
    reasons
}

/// The organisation's zone, in which people read times.
///
/// # Errors
/// [`StartError::Plan`].
pub fn zone(opened: &Opened) -> Result<jiff::tz::TimeZone, StartError> {
    Ok(calendar(&opened.workspace.settings)?.zone().clone())
}
