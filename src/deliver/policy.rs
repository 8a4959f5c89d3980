//! What is asked before a campaign starts: that it did not go out under another name, that its very content was tested, and that its audience has not grown beyond what
//! was approved.

use jiff::Timestamp;

use super::at_commit;
use super::due::Scheduled;
use super::error::StartError;
use super::start::Ground;
use crate::ledger::branch::Ledger;
use crate::mail::occurrence::OccurrenceId;
use crate::plan::again::SentBefore;
use crate::plan::audience::of_campaign::Known;
use crate::plan::content::Content;
use crate::plan::drift::growth;
use crate::schedule::calendar::Calendar;

/// What went out before under another name is not sent again.
pub(super) fn check_before(
    ground: &Ground<'_>,
    before: &SentBefore,
    calendar: &Calendar,
    scheduled: &Scheduled,
    content: &Content,
    now: Timestamp,
) -> Result<(), StartError> {
    let starting = scheduled.starting();
    match before.find(ground.repository, calendar, &starting, content, now) {
        None => Ok(()),
        Some(before) => Err(StartError::SentBefore {
            occurrence: scheduled.id.to_string(),
            before,
        }),
    }
}

/// Mails lead to the portal: it must be where recipients reach it.
pub(super) fn check_portal(id: &OccurrenceId, content: &Content) -> Result<(), StartError> {
    match &content.settings.portal {
        Some(portal) if portal.is_here() => Err(StartError::PortalHere {
            campaign: id.campaign().to_string(),
            url: portal.url.clone(),
        }),
        _ => Ok(()),
    }
}

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
    let wish = &campaign.audience;
    let invited_to = campaign.invitation.as_ref().map(|it| &it.list);
    let lists = wish.lists.iter().chain(&wish.exclude_lists);
    let lists = lists.chain(invited_to);
    let commits = (ground.head, scheduled.approved_by);
    let lists_differ = at_commit::rows_differ(ground.repository, commits, lists)?;
    let before = match last_audience(ledger, &scheduled.id, campaign.reconfirmation.is_some())? {
        Some(before) => before,
        None if !lists_differ => return Ok(()),
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

/// To how many a recurring campaign went last time; at most, one that asks people to confirm: its reminders go to few, and
/// the next period asks all anew.
fn last_audience(
    ledger: &Ledger,
    id: &OccurrenceId,
    reminds: bool,
) -> Result<Option<u64>, StartError> {
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
            let at = if reminds { Timestamp::MIN } else { header.at };
            last = last.max(Some((at, state.ids().len() as u64)));
        }
    }
    Ok(last.map(|(_, count)| count))
}

/// To how many it would have gone as the lists were when it was approved.
fn approved_audience(
    ground: &Ground<'_>,
    scheduled: &Scheduled,
    content: &Content,
) -> Result<u64, StartError> {
    let known = Known::by_settings(ground.key, ground.settings);
    let resolved = at_commit::audience(ground, scheduled.approved_by, content, &known)?;
    Ok(resolved.audience.entries.len() as u64)
}
