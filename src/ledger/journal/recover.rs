//! What dead runs left, and the events that settle it.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::place::{Place, Trace};
use super::record::{Found, Record};
use super::{JournalError, lock_dead};
use crate::ledger::event::{ClaimId, Event, Outcome, Ranges, RecipientIndex, RunId};
use crate::ledger::state::{OccurrenceState, Status};
use crate::mail::occurrence::OccurrenceId;

/// A run that died before all of it was in the ledger. Its journal stays locked by us while this
/// lives, so that two recoveries do not meet.
#[must_use = "what it knows is to be published, and its journal removed"]
pub struct DeadRun {
    /// Whose journal it was.
    pub run: RunId,
    /// What the absence of a record proves.
    pub trace: Trace,
    path: PathBuf,
    /// Holds the lock.
    _file: File,
    claims: BTreeMap<u32, DeadClaim>,
    /// The last moment that the journal speaks of.
    last: Timestamp,
}

/// One claim whose outcomes are not all published.
struct DeadClaim {
    occurrence: OccurrenceId,
    recipients: Ranges,
    started: HashSet<u32>,
    finished: HashMap<u32, (Timestamp, Outcome)>,
}

pub(super) fn recover(folder: &Path, boot: Option<&str>) -> Result<Vec<DeadRun>, JournalError> {
    let io = |path: &Path, error: std::io::Error| JournalError::Io {
        path: path.to_owned(),
        why: error.to_string(),
    };
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(io(folder, error)),
    };
    let mut paths = Vec::new();
    for entry in entries {
        let path = entry.map_err(|error| io(folder, error))?.path();
        if path.extension().is_some_and(|it| it == "log") {
            paths.push(path);
        }
    }
    paths.sort();
    let mut dead = Vec::new();
    for path in paths {
        let mut file = match File::open(&path) {
            Ok(file) => file,
            // Its run ended just now, or another recovery did.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            Err(error) => return Err(io(&path, error)),
        };
        if !lock_dead(&file).map_err(|error| io(&path, error))? || !path.exists() {
            continue;
        }
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)
            .map_err(|error| io(&path, error))?;
        let place = Place::of(&file, folder).map_err(|error| io(&path, error))?;
        if let Some(run) = read(path, file, &bytes, (place, boot))? {
            dead.push(run);
        }
    }
    Ok(dead)
}

/// Reads a dead run's journal. One without a whole start holds nothing: it is passed over.
fn read(
    path: PathBuf,
    file: File,
    bytes: &[u8],
    found: (Place, Option<&str>),
) -> Result<Option<DeadRun>, JournalError> {
    let mut rest = bytes;
    let mut dead: Option<DeadRun> = None;
    let mut file = Some(file);
    while !rest.is_empty() {
        let (record, length) = match Record::read(rest) {
            Found::Record(record, length) => (record, length),
            Found::Torn if !more_follow(rest) => break,
            Found::Version(version) => return Err(JournalError::Version { path, version }),
            Found::Torn | Found::Damaged => {
                // The end of a write that did not finish. With a whole record behind it, it is not:
                // what is missing may be somebody's start, who would then be sent to again.
                let torn = !more_follow(rest);
                let exact = dead.as_ref().is_some_and(|dead| dead.trace == Trace::Exact);
                // After a reboot pages may be missing anywhere behind the last sync. What is not
                // known makes recipients unknown then, so stopping here is safe.
                if torn || (dead.is_some() && !exact) {
                    break;
                }
                let offset = bytes.len() - rest.len();
                return Err(JournalError::Damaged { path, offset });
            }
        };
        rest = rest.get(length..).unwrap_or_default();
        match (&mut dead, record) {
            (
                dead @ None,
                Record::Start {
                    run,
                    boot,
                    place,
                    at,
                },
            ) => {
                let Some(file) = file.take() else { break };
                *dead = Some(DeadRun {
                    run,
                    trace: Trace::of((place, boot.as_deref()), found),
                    path: path.clone(),
                    _file: file,
                    claims: BTreeMap::new(),
                    last: at,
                });
            }
            (Some(dead), record) => dead.take(record),
            (None, _) => {
                return Err(JournalError::Damaged { path, offset: 0 });
            }
        }
    }
    Ok(dead)
}

/// Whether a whole record begins anywhere after the start of `rest`.
fn more_follow(rest: &[u8]) -> bool {
    (1..rest.len()).any(|offset| {
        let tail = rest.get(offset..).unwrap_or_default();
        matches!(Record::read(tail), Found::Record(..) | Found::Version(_))
    })
}

impl DeadRun {
    fn take(&mut self, record: Record) {
        match record {
            Record::Start { .. } => {}
            Record::Claimed {
                occurrence,
                sequence,
                recipients,
            } => {
                let claim = DeadClaim {
                    occurrence,
                    recipients,
                    started: HashSet::new(),
                    finished: HashMap::new(),
                };
                self.claims.insert(sequence, claim);
            }
            Record::Started {
                sequence,
                recipient,
            } => {
                if let Some(claim) = self.claims.get_mut(&sequence) {
                    claim.finished.remove(&recipient);
                    claim.started.insert(recipient);
                }
            }
            Record::Finished {
                sequence,
                recipient,
                at,
                outcome,
            } => {
                self.last = self.last.max(at);
                if let Some(claim) = self.claims.get_mut(&sequence) {
                    claim.started.remove(&recipient);
                    claim.finished.insert(recipient, (at, outcome));
                }
            }
            Record::Published { sequence } => {
                self.claims.remove(&sequence);
            }
        }
    }

    /// The occurrences that it was sending.
    pub fn occurrences(&self) -> HashSet<&OccurrenceId> {
        self.claims
            .values()
            .map(|claim| &claim.occurrence)
            .collect()
    }

    /// Whether the run that it speaks of may be going on: the journal is a copy, and one of the run's
    /// claims in `states` holds. Its claims are its own then, and the copy says nothing about them.
    pub fn may_live<'a>(
        &self,
        states: impl IntoIterator<Item = &'a OccurrenceState>,
        now: Timestamp,
    ) -> bool {
        let holds = |state: &OccurrenceState| {
            let mut open = state.open_claims();
            open.any(|open| open.claim.run == self.run && open.until > now)
        };
        self.trace == Trace::Copied && states.into_iter().any(holds)
    }

    /// The events that settle it, given the occurrences' states *after a fetch*: what the relay said
    /// to whom; whoever was started without an answer is unknown; whoever was not started is
    /// released, if the journal is exact, and unknown else. What the ledger does not show
    /// as this run's is left alone: the claim was never published, or somebody settled it.
    ///
    /// Of a copied journal only to be published once [`Self::may_live`] says no.
    pub fn events<'a>(
        &self,
        state_of: impl Fn(&OccurrenceId) -> Option<&'a OccurrenceState>,
    ) -> Vec<(OccurrenceId, Event)> {
        let mut events = Vec::new();
        for (&sequence, dead) in &self.claims {
            let Some(state) = state_of(&dead.occurrence) else {
                continue;
            };
            let claim = ClaimId {
                run: self.run,
                sequence,
            };
            let mut free = Vec::new();
            for index in dead.recipients.iter() {
                let recipient = RecipientIndex(index);
                if state.last_claim(recipient) != Some(claim) {
                    continue;
                }
                let outcome = match (state.status(recipient), dead.finished.get(&index)) {
                    (Some(Status::Claimed { .. }), Some((at, outcome))) => (*at, outcome.clone()),
                    // Recorded as unknown, or settled by a person: the relay's answer is better.
                    (Some(Status::Unknown | Status::Pending), Some((at, outcome)))
                        if !matches!(outcome, Outcome::Unknown { .. }) =>
                    {
                        (*at, outcome.clone())
                    }
                    (Some(Status::Claimed { .. }), None) => {
                        if self.trace == Trace::Exact && !dead.started.contains(&index) {
                            free.push(index);
                            continue;
                        }
                        let reason = match self.trace {
                            Trace::Exact => "the program ended before the relay's answer came",
                            Trace::Rebooted => {
                                "the machine went down before the outcome was recorded"
                            }
                            Trace::Copied => {
                                "the run went on elsewhere, and its outcome was not recorded"
                            }
                        };
                        (
                            self.last,
                            Outcome::Unknown {
                                reason: reason.to_owned(),
                            },
                        )
                    }
                    _ => continue,
                };
                let (at, outcome) = outcome;
                let event = Event::Outcome {
                    claim,
                    recipient,
                    at,
                    outcome,
                };
                events.push((dead.occurrence.clone(), event));
            }
            let recipients = Ranges::from_indices(free);
            if !recipients.is_empty() {
                events.push((
                    dead.occurrence.clone(),
                    Event::Released { claim, recipients },
                ));
            }
        }
        events
    }

    /// All of it is in the ledger: removes the journal.
    ///
    /// # Errors
    /// [`JournalError::Io`].
    pub fn remove(self) -> Result<(), JournalError> {
        let _ = std::fs::remove_file(super::reserve_of(&self.path));
        std::fs::remove_file(&self.path).map_err(|error| JournalError::Io {
            path: self.path.clone(),
            why: error.to_string(),
        })
    }
}
