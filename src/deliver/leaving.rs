//! Who is left out although the audience was fixed with them: they were suppressed since, or their row
//! is gone from the lists. What was fixed is only ever made smaller; content, template, documents and
//! rows are read from the fixed commits all the same.

use std::collections::{BTreeMap, HashMap};
use std::io::{Seek, SeekFrom};

use jiff::Timestamp;

use super::at_commit;
use super::engine::Engine;
use super::error::{DeliverError, StartError};
use super::queue::Ticket;
use super::start::Ground;
use crate::ledger::event::{Event, Exclusion, RecipientIndex};
use crate::ledger::reply_text::reply_text;
use crate::ledger::state::{OccurrenceState, Status};
use crate::ledger::suppressions::Suppressions;
use crate::mail::occurrence::CampaignId;
use crate::mail::recipient_id::RecipientId;
use crate::plan::PlanError;
use crate::plan::content::{Content, addresses};
use crate::workspace::members::Members;
use crate::workspace::names::ListName;

/// The events that leave out who was suppressed and who left since the start, and with them the
/// copies of their mails.
///
/// # Errors
/// [`StartError`] where the lists as the main branch has them cannot be read: then nobody can say
/// who left, and nothing may be sent.
pub(super) fn left_out(
    ground: &Ground<'_>,
    campaign: &CampaignId,
    content: &Content,
    state: &OccurrenceState,
    at: Timestamp,
) -> Result<Vec<Event>, StartError> {
    let topic = content.file.campaign.audience.topic.as_ref();
    let topic = topic.map(|topic| topic.as_str());
    let mut reasons = suppressed(state, ground.suppressions, topic, is_open);
    for index in left_list(ground, campaign, content, state)? {
        reasons.entry(index).or_insert(Exclusion::LeftList);
    }
    with_copies(state, &mut reasons);
    let event = |(index, reason)| Event::Excluded {
        recipient: RecipientIndex(index),
        at,
        reason,
    };
    Ok(reasons.into_iter().map(event).collect())
}

/// A mail's copies are left out with it.
fn with_copies(state: &OccurrenceState, reasons: &mut BTreeMap<u32, Exclusion>) {
    if reasons.is_empty() {
        return;
    }
    let copies: Vec<(u32, Exclusion)> = state
        .statuses()
        .filter(|(_, status)| is_open(status) || matches!(status, Status::Claimed { .. }))
        .filter_map(|(index, _)| {
            let of = state.copy_of(index)?;
            Some((index.0, *reasons.get(&of.0)?))
        })
        .collect();
    for (index, reason) in copies {
        reasons.entry(index).or_insert(reason);
    }
}

/// Still to be sent to and under nobody's claim.
fn is_open(status: &Status) -> bool {
    matches!(status, Status::Pending | Status::Deferred { .. })
}

fn open(state: &OccurrenceState) -> impl Iterator<Item = u32> + '_ {
    let open = state.statuses().filter(|(_, status)| is_open(status));
    open.map(|(index, _)| index.0)
}

fn suppressed(
    state: &OccurrenceState,
    suppressions: &Suppressions,
    topic: Option<&str>,
    which: impl Fn(&Status) -> bool,
) -> BTreeMap<u32, Exclusion> {
    if suppressions.is_empty() {
        return BTreeMap::new();
    }
    let reason = |(index, _): (RecipientIndex, Status)| {
        let id = state.ids().get(index.0 as usize)?;
        Some((index.0, suppressions.reason(id, topic)?))
    };
    let those = state.statuses().filter(|(_, status)| which(status));
    those.filter_map(reason).collect()
}

impl Engine {
    /// Somebody was suppressed while mails go out: whoever has not been handed over is left out, also
    /// out of claims that are published already.
    pub(super) fn leave_out(
        &mut self,
        suppressions: &Suppressions,
        at: Timestamp,
    ) -> Result<(), DeliverError> {
        for number in 0..self.occurrences.len() {
            let Some(active) = self.occurrences.get(number) else {
                break;
            };
            let unsent =
                |status: &Status| is_open(status) || matches!(status, Status::Claimed { .. });
            let topic = active.topic.as_deref();
            let mut reasons = suppressed(&active.state, suppressions, topic, unsent);
            with_copies(&active.state, &mut reasons);
            if reasons.is_empty() {
                continue;
            }
            let occurrence = u16::try_from(number).unwrap_or(u16::MAX);
            let named = |ticket: &Ticket| {
                ticket.occurrence == occurrence && reasons.contains_key(&ticket.index)
            };
            self.queues.drop_those(named);
            let ready = self.queues.take_all_ready(|ready| named(&ready.ticket));
            for (lane, _) in &ready {
                self.pacer.remove(*lane, 1);
            }
            self.release(ready.into_iter().map(|(_, ready)| ready).collect())?;
            for (index, reason) in reasons {
                let ticket = Ticket { occurrence, index };
                self.unwanted.insert(ticket, reason);
                self.leave_out_one(ticket, at)?;
            }
        }
        Ok(())
    }

    /// Leaves out somebody who is to be left out and is not being sent to just now; whether that is so.
    pub(super) fn leave_out_one(
        &mut self,
        ticket: Ticket,
        at: Timestamp,
    ) -> Result<bool, DeliverError> {
        let number = usize::from(ticket.occurrence);
        let recipient = RecipientIndex(ticket.index);
        let active = self.occurrences.get(number);
        let status = active.and_then(|active| active.state.status(recipient));
        let (Some(&reason), true) = (
            self.unwanted.get(&ticket),
            status.is_some_and(|status| is_open(&status)),
        ) else {
            return Ok(false);
        };
        self.unwanted.remove(&ticket);
        let event = Event::Excluded {
            recipient,
            at,
            reason,
        };
        self.record(number, event)?;
        Ok(true)
    }
}

/// Who came from one of the campaign's lists and stands in none of them now. Reads the lists only
/// where one has changed since: ids cost a hash each.
fn left_list(
    ground: &Ground<'_>,
    campaign: &CampaignId,
    content: &Content,
    state: &OccurrenceState,
) -> Result<Vec<u32>, StartError> {
    let Some(header) = state.header() else {
        return Ok(Vec::new());
    };
    let audience = &content.file.campaign.audience;
    let fixed = ground.repository.resolve(&header.lists_commit)?;
    let commits = (fixed, ground.head);
    if fixed == ground.head || !at_commit::rows_differ(ground.repository, commits, &audience.lists)?
    {
        return Ok(Vec::new());
    }
    // Copies have their mail's fate, and single addresses stand in no list.
    let mut sought: HashMap<RecipientId, u32> = open(state)
        .filter(|index| state.copy_of(RecipientIndex(*index)).is_none())
        .filter_map(|index| Some((*state.ids().get(index as usize)?, index)))
        .collect();
    for address in addresses(campaign, &audience.include)? {
        sought.remove(&ground.key.id(&address));
    }
    if sought.is_empty() {
        return Ok(Vec::new());
    }
    let unreadable = take_found(ground, &audience.lists, &mut sought)?;
    match unreadable {
        // Leaving out is for good. A row that cannot be read may be one of those who seem to be gone.
        Some(error) if !sought.is_empty() => Err(error),
        _ => Ok(sought.into_values().collect()),
    }
}

/// Takes everybody out of `sought` who stands in a list now; gives the first row that is not readable.
fn take_found(
    ground: &Ground<'_>,
    names: &[ListName],
    sought: &mut HashMap<RecipientId, u32>,
) -> Result<Option<StartError>, StartError> {
    let lists = at_commit::lists(ground, ground.head, names)?;
    let mut unreadable = None;
    let mut buffer = String::new();
    for spooled in &lists.lists {
        let wrong = |why: String| PlanError::List {
            list: spooled.name.to_string(),
            why: reply_text(&why),
        };
        let mut rows = &spooled.rows;
        rows.seek(SeekFrom::Start(0))
            .map_err(|why| wrong(why.to_string()))?;
        let mut members =
            Members::new(rows, &spooled.file.list).map_err(|why| wrong(why.without_values()))?;
        while let Some(row) = members
            .next_address()
            .map_err(|why| wrong(why.to_string()))?
        {
            match row {
                Ok(address) => {
                    sought.remove(&ground.key.id_of_ref(&address, &mut buffer));
                }
                Err(error) => {
                    unreadable.get_or_insert_with(|| {
                        wrong(format!(
                            "{}; who stands there cannot be told from who left",
                            error.without_values()
                        ))
                    });
                }
            }
        }
    }
    Ok(unreadable.map(StartError::from))
}
