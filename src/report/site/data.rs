//! What one sending came to, folded from its records and from what came back. One sending's state is in memory at a time;
//! what is kept of it has a bounded size.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::back::{Backs, Why, example};
use super::compare::{Comparison, compare};
use super::stopped::Stopped;
use super::timeline::Counting;
use crate::ledger::event::{AudienceHeader, Event, Exclusion, Outcome, Ranges, RecipientIndex};
use crate::ledger::reading::Reading;
use crate::ledger::segment::Record;
use crate::ledger::state::{Contradiction, Counts, Note, OccurrenceState, Status};
use crate::mail::occurrence::OccurrenceId;
use crate::mail::recipient_id::{RecipientId, RecipientKey};
use crate::mail::refusal::{Class, classify};
use crate::plan::forecast::{Begun, forecast};
use crate::workspace::campaign::Campaign;
use crate::workspace::settings::Settings;
use crate::workspace::source::Source;

/// Mails that a page lists one by one.
pub const LISTED: usize = 200;

/// Of how many people a destination must be at least to be named: a domain of one is a person.
pub const FEWEST: u64 = 3;

/// Destinations that are kept apart.
pub const DESTINATIONS: usize = 40;

/// The numbers do not add up: a bug.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Amiss {
    /// The accounting.
    #[error(transparent)]
    Sum(#[from] crate::ledger::state::Unbalanced),
    /// The accepted, and what came back of them.
    #[error(
        "of {accepted} accepted mails {hard} and {other} bounced and {quiet} did not, which is not their number"
    )]
    Accepted {
        /// By the accounting.
        accepted: u64,
        /// Hard bounces.
        hard: u64,
        /// Other bounces.
        other: u64,
        /// No bounce.
        quiet: u64,
    },
    /// A column, counted recipient by recipient.
    #[error("the destinations hold {found} {column} mails, the accounting {wanted}")]
    Column {
        /// Which.
        column: &'static str,
        /// Over all destinations.
        found: u64,
        /// By the accounting.
        wanted: u64,
    },
}

/// Of the accepted mails, what was heard later. The first three are the whole; the others may be of the same mails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Later {
    /// Bounced for good, because the address takes no mail.
    pub hard: u64,
    /// Bounced otherwise.
    pub other: u64,
    /// No bounce was heard of.
    pub quiet: u64,
    /// Complained.
    pub complained: u64,
    /// Left.
    pub left: u64,
    /// A receipt says: shown.
    pub read: u64,
    /// Answered by a person.
    pub replied: u64,
    /// Mails that bounced, or were complained of, without having been accepted as far as the ledger knows.
    pub elsewhere: u64,
}

/// What became of the mails to one destination.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Destination {
    /// Its name; empty: several, joined.
    pub name: String,
    /// Recipients.
    pub recipients: u64,
    /// The relay took it.
    pub accepted: u64,
    /// The relay refused it for good.
    pub rejected: u64,
    /// Left out later.
    pub excluded: u64,
    /// Still to be sent.
    pub pending: u64,
    /// Nobody knows.
    pub unknown: u64,
    /// Was told "not now" at least once, whatever came of it.
    pub deferred: u64,
    /// Of the accepted: bounced for good.
    pub hard: u64,
    /// Of the accepted: bounced otherwise.
    pub other: u64,
    /// Of the accepted: complained.
    pub complained: u64,
}

/// How often a mail failed for one reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failed {
    /// The reason.
    pub why: Why,
    /// Refused while it was handed over.
    pub rejected: u64,
    /// Accepted, and bounced later.
    pub bounced: u64,
    /// A server's words, without addresses.
    pub example: String,
}

/// A mail that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its place in the audience.
    pub index: u32,
    /// Whose; only where addresses may be shown.
    pub address: Option<String>,
    /// How it failed.
    pub how: How,
    /// Why.
    pub why: Option<Why>,
    /// When.
    pub at: Timestamp,
}

/// How a mail failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// Refused while it was handed over.
    Rejected,
    /// Came back.
    Bounced,
    /// Was reported as unwanted.
    Complained,
}

/// Of whom nobody knows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Unknown {
    /// Who.
    pub recipients: Ranges,
    /// Of these: held by a claim whose time is over, of a run that died.
    pub expired: u64,
    /// What was recorded as the reason.
    pub reasons: Vec<String>,
    /// Their addresses, in the order of the indices; only where addresses may be shown.
    pub addresses: Vec<String>,
}

/// How it would have gone by the plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    /// When mails would have been done.
    pub done: Counting,
    /// Mails that would never have had their turn.
    pub unsent: u64,
}

/// One sending.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sending {
    /// Which.
    pub id: OccurrenceId,
    /// The subject that its campaign has on the main branch.
    pub subject: Option<String>,
    /// How it was fixed; `None` before it started.
    pub header: Option<AudienceHeader>,
    /// The latest time that any record speaks of.
    pub last: Option<Timestamp>,
    /// The accounting; it adds up.
    pub counts: Counts,
    /// Of the accepted; it adds up.
    pub later: Later,
    /// Accepted because a person said so.
    pub settled: u64,
    /// When the others were accepted.
    pub accepted: Counting,
    /// On which days.
    pub days: BTreeSet<Date>,
    /// When they would have been by the plan; `None` where that cannot be told.
    pub planned: Option<Planned>,
    /// By list, topic and column; `None` where that cannot be told.
    pub compared: Option<Vec<Comparison>>,
    /// What was opened and followed.
    pub reading: Reading,
    /// Why some are not mailed, most frequent first.
    pub exclusions: Vec<(Exclusion, u64)>,
    /// By destination, largest first.
    pub destinations: Vec<Destination>,
    /// By reason, most frequent first.
    pub failed: Vec<Failed>,
    /// The mails that failed, at most [`LISTED`].
    pub listed: Vec<Listed>,
    /// Further ones.
    pub unlisted: u64,
    /// Of whom nobody knows.
    pub unknown: Unknown,
    /// Why nothing more of it goes out.
    pub stopped: Option<Stopped>,
    /// When it was held or lapsed.
    pub notes: Vec<(Timestamp, Note)>,
}

/// Folds one sending's records.
pub struct Fold<'a> {
    zone: &'a TimeZone,
    state: OccurrenceState,
    accepted: Counting,
    days: BTreeSet<Date>,
    in_time: u64,
    refused: BTreeMap<u32, (Timestamp, Why)>,
    examples: HashMap<Why, String>,
}

/// What a sending is told with.
pub struct Beside<'a> {
    /// What came back of it.
    pub back: Option<&'a Backs>,
    /// The subject that its campaign has.
    pub subject: Option<String>,
    /// Addresses, where they may be shown.
    pub addresses: Option<&'a HashMap<RecipientId, String>>,
    /// A claim that is over by now leaves its mails unknown.
    pub now: Timestamp,
    /// What approved it, where that can be read.
    pub approved: Option<&'a Approved>,
    /// What makes a row a recipient.
    pub key: Option<&'a RecipientKey>,
    /// The days on which senders had mail accepted before.
    pub days: &'a BTreeMap<String, BTreeSet<Date>>,
}

/// What a sending was approved as.
pub struct Approved {
    /// The settings of that commit.
    pub settings: Settings,
    /// The campaign there.
    pub campaign: Campaign,
    /// The files that its lists were read from.
    pub lists: Box<dyn Source>,
}

impl<'a> Fold<'a> {
    /// Of nothing yet.
    pub fn new(zone: &'a TimeZone) -> Self {
        Self {
            zone,
            state: OccurrenceState::new(),
            accepted: Counting::default(),
            days: BTreeSet::new(),
            in_time: 0,
            refused: BTreeMap::new(),
            examples: HashMap::new(),
        }
    }

    /// Takes the next record in.
    ///
    /// # Errors
    /// [`Contradiction`], after which the fold is not to be used.
    pub fn take(&mut self, record: Record) -> Result<(), Contradiction> {
        let Record::Event(Event::Outcome {
            recipient,
            at,
            outcome,
            ..
        }) = &record
        else {
            return self.state.record(record);
        };
        let (recipient, at) = (*recipient, *at);
        let said = match outcome {
            Outcome::Accepted { .. } => Some(String::new()),
            Outcome::Rejected { reply } => Some(reply.clone()),
            _ => None,
        };
        let before = self.state.status(recipient);
        self.state.record(record)?;
        let after = self.state.status(recipient);
        // A repeat, or an outcome that came too late, changes nothing.
        if before == after {
            return Ok(());
        }
        match (after, said) {
            (Some(Status::Accepted), Some(_)) => {
                self.in_time += 1;
                self.accepted.take(at, self.zone);
                self.days.insert(self.zone.to_datetime(at).date());
            }
            (Some(Status::Rejected), Some(reply)) => {
                let verdict = classify(None, None, &reply);
                let why = Why {
                    class: verdict.class,
                    reason: verdict.reason,
                };
                example(&mut self.examples, why, &reply);
                self.refused.insert(recipient.0, (at, why));
            }
            _ => {}
        }
        Ok(())
    }

    /// Whether all of the audience that was announced has come.
    pub fn is_complete(&self) -> bool {
        self.state.is_complete()
    }

    /// What it comes to.
    ///
    /// # Errors
    /// [`Amiss`], where a sum does not hold.
    pub fn finish(self, id: OccurrenceId, beside: Beside<'_>) -> Result<Sending, Amiss> {
        let counts = self.state.counts(beside.now);
        counts.check()?;
        let mut tally = Tally::of(&self, &beside);
        tally.check(&counts)?;
        let mut exclusions: Vec<(Exclusion, u64)> = self
            .state
            .exclusions()
            .into_iter()
            .map(|(reason, count)| (reason, count.into()))
            .collect();
        exclusions.sort_by_key(|(reason, count)| (std::cmp::Reverse(*count), *reason));
        let mut failed: Vec<Failed> = std::mem::take(&mut tally.failed)
            .into_iter()
            .map(|(why, (rejected, bounced))| Failed {
                why,
                rejected,
                bounced,
                example: self.example(why, &beside),
            })
            .collect();
        failed.sort_by_key(|it| (std::cmp::Reverse(it.rejected + it.bounced), it.why));
        let planned = self.planned(&id, &tally.destinations, &beside);
        let compared = beside.approved.zip(beside.key).map(|(approved, key)| {
            let lists = &approved.campaign.audience.lists;
            compare(&self.state, beside.back, lists, &*approved.lists, key)
        });
        Ok(Sending {
            id,
            subject: beside.subject,
            header: self.state.header().cloned(),
            last: self.state.last_activity(),
            counts,
            later: tally.later,
            settled: counts.accepted.saturating_sub(self.in_time),
            planned,
            compared,
            days: self.days,
            accepted: self.accepted,
            reading: Reading::default(),
            exclusions,
            destinations: joined(tally.destinations, beside.addresses.is_some()),
            failed,
            listed: tally.listed,
            unlisted: tally.unlisted,
            unknown: Unknown {
                recipients: Ranges::from_indices(tally.unknown),
                expired: tally.expired,
                reasons: self.state.unknowns().keys().take(5).cloned().collect(),
                addresses: tally.unknown_addresses,
            },
            stopped: None,
            notes: self.state.notes().to_vec(),
        })
    }

    /// A plan that cannot be reckoned any more is not shown: what is shown is what happened.
    fn planned(
        &self,
        id: &OccurrenceId,
        destinations: &[Destination],
        beside: &Beside<'_>,
    ) -> Option<Planned> {
        let (approved, header) = (beside.approved?, self.state.header()?);
        let mails = destinations
            .iter()
            .map(|it| (it.name.clone(), it.recipients));
        let begun = Begun {
            id: id.campaign(),
            at: header.at,
            sender: &header.sender,
            mails: mails.filter(|(_, mails)| *mails > 0).collect(),
            days: beside.days,
        };
        let mut done = self.accepted.like();
        let mut take = |at| done.take(at, self.zone);
        let unsent = forecast(&approved.settings, &approved.campaign, begun, &mut take);
        let unsent = unsent.ok().flatten()?;
        Some(Planned { done, unsent })
    }

    fn example(&self, why: Why, beside: &Beside<'_>) -> String {
        let heard = beside.back.and_then(|back| back.examples.get(&why));
        let said = self.examples.get(&why).or(heard);
        said.cloned().unwrap_or_default()
    }
}

/// Everything that is counted recipient by recipient.
#[derive(Default)]
struct Tally {
    later: Later,
    destinations: Vec<Destination>,
    failed: BTreeMap<Why, (u64, u64)>,
    listed: Vec<Listed>,
    unlisted: u64,
    unknown: Vec<u32>,
    unknown_addresses: Vec<String>,
    expired: u64,
}

impl Tally {
    fn of(fold: &Fold<'_>, beside: &Beside<'_>) -> Self {
        let state = &fold.state;
        let names = state.header().map(|it| it.destinations.as_slice());
        let named = |name: &String| Destination {
            name: name.clone(),
            ..Destination::default()
        };
        let mut tally = Self {
            destinations: names.unwrap_or_default().iter().map(named).collect(),
            ..Self::default()
        };
        // Whatever has no name is counted all the same.
        tally.destinations.push(Destination::default());
        let over: HashSet<_> = state
            .open_claims()
            .filter(|claim| claim.until <= beside.now)
            .map(|claim| claim.claim)
            .collect();
        let address = |index: RecipientIndex| {
            let id = state.ids().get(usize::try_from(index.0).ok()?)?;
            beside.addresses?.get(id).cloned()
        };
        for (index, status) in state.statuses() {
            let is_over = matches!(status, Status::Claimed { claim } if over.contains(&claim));
            let status = if is_over { Status::Unknown } else { status };
            let to = state.destinations().get(index.0 as usize);
            let to = to.map_or(usize::MAX, |it| usize::from(*it));
            let last = tally.destinations.len().saturating_sub(1);
            let back = beside.back.and_then(|back| back.mails.get(&index.0));
            if let Some(to) = tally.destinations.get_mut(to.min(last)) {
                to.recipients += 1;
                to.deferred += u64::from(state.tries(index) > 0);
                let column = match status {
                    Status::Accepted => &mut to.accepted,
                    Status::Rejected => &mut to.rejected,
                    Status::Excluded(_) => &mut to.excluded,
                    Status::Unknown => &mut to.unknown,
                    Status::Pending | Status::Claimed { .. } | Status::Deferred { .. } => {
                        &mut to.pending
                    }
                };
                *column += 1;
                if let (Status::Accepted, Some(back)) = (status, back) {
                    match back.bounced {
                        Some((_, why)) if why.class == Class::Hard => to.hard += 1,
                        Some(_) => to.other += 1,
                        None => {}
                    }
                    to.complained += u64::from(back.complained.is_some());
                }
            }
            match status {
                Status::Accepted => tally.accepted(index, back, &address),
                Status::Rejected => {
                    if let Some((at, why)) = fold.refused.get(&index.0) {
                        tally.failed.entry(*why).or_default().0 += 1;
                        tally.list(index, &address, How::Rejected, Some(*why), *at);
                    }
                }
                Status::Unknown => {
                    tally.unknown.push(index.0);
                    tally.expired += u64::from(is_over);
                    if tally.unknown_addresses.len() < LISTED {
                        tally.unknown_addresses.extend(address(index));
                    }
                }
                _ => {}
            }
            if let (false, Some(back)) = (status == Status::Accepted, back) {
                let is_told = back.bounced.is_some() || back.complained.is_some();
                tally.later.elsewhere += u64::from(is_told);
            }
        }
        tally
    }

    fn accepted(
        &mut self,
        index: RecipientIndex,
        back: Option<&super::back::Back>,
        address: &dyn Fn(RecipientIndex) -> Option<String>,
    ) {
        let Some(back) = back else {
            self.later.quiet += 1;
            return;
        };
        match back.bounced {
            Some((at, why)) => {
                match why.class {
                    Class::Hard => self.later.hard += 1,
                    _ => self.later.other += 1,
                }
                self.failed.entry(why).or_default().1 += 1;
                self.list(index, address, How::Bounced, Some(why), at);
            }
            None => self.later.quiet += 1,
        }
        if let Some(at) = back.complained {
            self.later.complained += 1;
            self.list(index, address, How::Complained, None, at);
        }
        self.later.left += u64::from(back.left);
        self.later.read += u64::from(back.read);
        self.later.replied += u64::from(back.replied);
    }

    fn list(
        &mut self,
        index: RecipientIndex,
        address: &dyn Fn(RecipientIndex) -> Option<String>,
        how: How,
        why: Option<Why>,
        at: Timestamp,
    ) {
        if self.listed.len() >= LISTED {
            self.unlisted += 1;
            return;
        }
        self.listed.push(Listed {
            index: index.0,
            address: address(index),
            how,
            why,
            at,
        });
    }

    fn check(&self, counts: &Counts) -> Result<(), Amiss> {
        let Later {
            hard, other, quiet, ..
        } = self.later;
        if hard + other + quiet != counts.accepted {
            return Err(Amiss::Accepted {
                accepted: counts.accepted,
                hard,
                other,
                quiet,
            });
        }
        let sum = |of: fn(&Destination) -> u64| self.destinations.iter().map(of).sum::<u64>();
        let columns = [
            ("accepted", sum(|it| it.accepted), counts.accepted),
            ("rejected", sum(|it| it.rejected), counts.rejected),
            ("pending", sum(|it| it.pending), counts.pending),
            ("unknown", sum(|it| it.unknown), counts.unknown),
        ];
        for (column, found, wanted) in columns {
            if found != wanted {
                return Err(Amiss::Column {
                    column,
                    found,
                    wanted,
                });
            }
        }
        Ok(())
    }
}

impl Destination {
    /// Takes another one's mails in.
    pub fn add(&mut self, other: &Self) {
        self.recipients += other.recipients;
        self.accepted += other.accepted;
        self.rejected += other.rejected;
        self.excluded += other.excluded;
        self.pending += other.pending;
        self.unknown += other.unknown;
        self.deferred += other.deferred;
        self.hard += other.hard;
        self.other += other.other;
        self.complained += other.complained;
    }

    /// Accepted, and no bounce heard of.
    pub fn quiet(&self) -> u64 {
        self.accepted.saturating_sub(self.hard + self.other)
    }

    /// What the relay answered for good.
    pub fn answered(&self) -> u64 {
        self.accepted + self.rejected
    }
}

/// The largest; the rest is one, and so are those that would tell of few people, unless people may be shown.
pub fn joined(mut all: Vec<Destination>, may_tell: bool) -> Vec<Destination> {
    all.retain(|it| it.recipients > 0);
    all.sort_by(|a, b| (b.recipients, &a.name).cmp(&(a.recipients, &b.name)));
    let mut rest = Destination::default();
    let mut kept: Vec<Destination> = Vec::new();
    for one in all {
        let is_told = (may_tell || one.recipients >= FEWEST) && !one.name.is_empty();
        match is_told && kept.len() < DESTINATIONS {
            true => kept.push(one),
            false => rest.add(&one),
        }
    }
    if rest.recipients > 0 {
        kept.push(rest);
    }
    kept
}

#[cfg(test)]
#[path = "data_tests.rs"]
pub(super) mod tests;
