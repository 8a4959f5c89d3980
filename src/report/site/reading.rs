//! The ledger, read for the site: every sending, one after the other, and how many addresses are not written to.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::SiteError;
use super::back::CameBack;
use super::data::{Approved, Beside, Fold, Sending};
use super::stopped::Stopped;
use crate::ledger::branch::{Ledger, LedgerError};
use crate::ledger::event::{AudienceHeader, Exclusion};
use crate::ledger::reading::Readings;
use crate::ledger::state::{Contradiction, Note};
use crate::mail::occurrence::OccurrenceId;
use crate::mail::recipient_id::{RecipientId, RecipientKey};

/// Why nothing more of a sending goes out.
pub type Held<'a> = dyn Fn(
        &OccurrenceId,
        &[(Timestamp, Note)],
        Option<Timestamp>,
    ) -> Result<Option<Stopped>, LedgerError>
    + 'a;

/// What sendings are told with.
pub struct Asked<'a> {
    /// In which zone a day begins.
    pub zone: &'a TimeZone,
    /// A claim that is over by now leaves its mails unknown.
    pub now: Timestamp,
    /// Addresses, where they may be shown.
    pub addresses: Option<&'a HashMap<RecipientId, String>>,
    /// The subject that a sending's campaign has, where it is still there.
    pub subject: &'a dyn Fn(&OccurrenceId) -> Option<String>,
    /// What a sending was approved as, where its commits can be read.
    pub approved: &'a dyn Fn(&OccurrenceId, &AudienceHeader) -> Option<Approved>,
    /// Why nothing more of a sending goes out, by what was noted of it and the last time that its own records speak of.
    pub stopped: &'a Held<'a>,
    /// The organisation's key, where it is at hand.
    pub key: Option<&'a RecipientKey>,
}

/// Reads every sending out of the ledger, one after the other.
///
/// # Errors
/// [`SiteError`].
pub fn sendings(ledger: &Ledger, asked: &Asked<'_>) -> Result<Vec<Sending>, SiteError> {
    let mut back = CameBack::default();
    let mut readings = Readings::default();
    let mut last: HashMap<OccurrenceId, Timestamp> = HashMap::new();
    ledger.feedback(0, |feedback| {
        if let Some((id, _)) = &feedback.mail {
            match last.get_mut(id) {
                Some(last) => *last = feedback.at.max(*last),
                None => drop(last.insert(id.clone(), feedback.at)),
            }
        }
        match feedback.what.is_reading() {
            true => readings.apply(&feedback),
            false => back.apply(&feedback),
        }
    })?;
    let mut found = Vec::new();
    // In the order in which they began: a warm-up goes by the days before.
    let mut all = Vec::new();
    for id in ledger.occurrences()? {
        let header = ledger.header(&id)?;
        all.push((header.as_ref().map(|it| it.at), id, header));
    }
    all.sort_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
    let mut days: BTreeMap<String, BTreeSet<Date>> = BTreeMap::new();
    for (_, id, header) in all {
        let contradiction = |error| SiteError::Contradiction {
            occurrence: id.clone(),
            error,
        };
        let mut fold = Fold::new(asked.zone);
        let mut failed = None;
        ledger.records(&id, |record| {
            if failed.is_none() {
                failed = fold.take(record).err();
            }
        })?;
        if let Some(error) = failed {
            return Err(contradiction(error));
        }
        if !fold.is_complete() {
            return Err(contradiction(Contradiction::Incomplete));
        }
        let approved = header
            .as_ref()
            .and_then(|header| (asked.approved)(&id, header));
        let beside = Beside {
            approved: approved.as_ref(),
            key: asked.key,
            days: &days,
            back: back.of(&id),
            subject: (asked.subject)(&id),
            addresses: asked.addresses,
            now: asked.now,
        };
        let told = fold.finish(id.clone(), beside);
        let told = told.map_err(|error| SiteError::Amiss {
            occurrence: id.clone(),
            error,
        })?;
        if let Some(header) = header {
            let of_sender = days.entry(header.sender).or_default();
            of_sender.extend(told.days.iter().copied());
        }
        found.push(Sending {
            reading: readings.of(&id),
            last: told.last.max(last.get(&id).copied()),
            stopped: match told.counts.pending > 0 || told.header.is_none() {
                true => (asked.stopped)(&id, &told.notes, told.last)?,
                false => None,
            },
            ..told
        });
    }
    Ok(found)
}

/// How many addresses are suppressed for everything, by reason, most frequent first.
///
/// # Errors
/// [`SiteError`].
pub fn suppressed(ledger: &Ledger) -> Result<Vec<(Exclusion, u64)>, SiteError> {
    let mut fold = crate::ledger::suppressions::Suppressions::default();
    ledger.suppression_events(|event| fold.apply(&event))?;
    let mut counts: HashMap<Exclusion, u64> = HashMap::new();
    for (_, reason, _) in fold.for_everything() {
        *counts.entry(reason).or_default() += 1;
    }
    let mut counts: Vec<(Exclusion, u64)> = counts.into_iter().collect();
    counts.sort_by_key(|(reason, count)| (std::cmp::Reverse(*count), *reason));
    Ok(counts)
}
