//! What policy asks before a campaign starts: that its very content was tested, and that its audience has not grown beyond what
//! was approved.

use super::at_commit;
use super::due::Scheduled;
use super::error::StartError;
use super::start::Ground;
use crate::git::ObjectId;
use crate::ledger::branch::Ledger;
use crate::ledger::suppressions::Suppressions;
use crate::mail::occurrence::OccurrenceId;
use crate::plan::audience::of_campaign::{Known, of_campaign};
use crate::plan::content::Content;
use crate::plan::drift::growth;

/// Where policy wants a test sending, it must have been of this very content.
pub(super) fn check_tested(
    ground: &Ground<'_>,
    ledger: &Ledger,
    id: &OccurrenceId,
    content: &Content,
) -> Result<(), StartError> {
    let wants = ground.settings.policy.test_before_sending;
    if wants && !ledger.is_tested(id.campaign(), content.digest)? {
        return Err(StartError::NotTested {
            campaign: id.campaign().to_string(),
        });
    }
    Ok(())
}

/// Where the campaign does not say how many it expects at most, its audience must not have grown too much: since the last
/// time of a recurring one, or since it was approved.
pub(super) fn check_growth(
    ground: &Ground<'_>,
    ledger: &Ledger,
    scheduled: &Scheduled,
    content: &Content,
    recipients: u64,
) -> Result<(), StartError> {
    let campaign = &content.file.campaign;
    let limit = ground.settings.policy.growth_limit;
    // From one recipient on it would be too much growth, or it never is: then nothing is read again.
    if growth(campaign, limit, 1, recipients).is_none() {
        return Ok(());
    }
    let before = match last_audience(ledger, &scheduled.id)? {
        Some(before) => before,
        None if !lists_differ(ground, scheduled, content)? => return Ok(()),
        None => approved_audience(ground, scheduled, content)?,
    };
    match growth(campaign, limit, before, recipients) {
        None => Ok(()),
        Some(why) => Err(StartError::Grown {
            campaign: scheduled.id.to_string(),
            why,
        }),
    }
}

/// To how many a recurring campaign went last time.
fn last_audience(ledger: &Ledger, id: &OccurrenceId) -> Result<Option<u64>, StartError> {
    if id.label().is_none() {
        return Ok(None);
    }
    let mut last = None;
    for other in ledger.occurrences()? {
        if other.campaign() != id.campaign() || other == *id {
            continue;
        }
        let state = ledger.look(&other)?;
        if let Some(header) = state.header() {
            last = last.max(Some((header.at, state.ids().len() as u64)));
        }
    }
    Ok(last.map(|(_, count)| count))
}

fn lists_differ(
    ground: &Ground<'_>,
    scheduled: &Scheduled,
    content: &Content,
) -> Result<bool, StartError> {
    let audience = &content.file.campaign.audience;
    for name in audience.lists.iter().chain(&audience.exclude_lists) {
        let at = |commit| -> Result<Option<ObjectId>, StartError> {
            let entry = ground
                .repository
                .entry(commit, &format!("lists/{name}.csv"))?;
            Ok(entry.map(|entry| entry.id))
        };
        if at(ground.head)? != at(scheduled.approved_by)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// To how many it would have gone as the lists were when it was approved.
fn approved_audience(
    ground: &Ground<'_>,
    scheduled: &Scheduled,
    content: &Content,
) -> Result<u64, StartError> {
    let audience = &content.file.campaign.audience;
    let lists = at_commit::lists(ground.path, scheduled.approved_by, &audience.lists)?;
    let excluded = at_commit::lists(ground.path, scheduled.approved_by, &audience.exclude_lists)?;
    let known = Known {
        key: ground.key,
        suppressions: &Suppressions::default(),
        ledger: None,
        copies_for_at_most: u32::MAX,
        frequency: None,
    };
    let (audience, _) = of_campaign(content, &lists, &excluded, &known)?;
    Ok(audience.entries.len() as u64)
}
