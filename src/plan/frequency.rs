//! How often people were mailed lately. Counted by sendings: one counts for as long as something happened in it on one of the
//! last days, today's being one, for everybody who has got it, may have, or is still to get it.

use std::collections::HashMap;

use jiff::civil::Time;
use jiff::{Timestamp, ToSpan as _};

use super::error::PlanError;
use crate::git::EntryKind;
use crate::ledger::branch::Ledger;
use crate::ledger::event::AudienceHeader;
use crate::mail::occurrence::CampaignId;
use crate::mail::recipient_id::RecipientId;
use crate::schedule::calendar::Calendar;
use crate::workspace::settings::Frequency;
use crate::workspace::yaml;

/// Newsletters of the last days, by recipient.
#[derive(Debug, Default)]
pub struct Lately {
    counts: HashMap<RecipientId, u16>,
    most: u16,
}

impl Lately {
    /// Counts the newsletters of the last days, as the organisation's calendar has them.
    ///
    /// # Errors
    /// [`PlanError::Ledger`], [`PlanError::Git`].
    pub fn read(
        ledger: &Ledger,
        cap: Frequency,
        calendar: &Calendar,
        now: Timestamp,
    ) -> Result<Self, PlanError> {
        let mut lately = Self {
            most: cap.mails,
            ..Self::default()
        };
        let before = i64::from(cap.days.max(1)) - 1;
        let first = calendar.date_of(now).saturating_sub(before.days());
        let since = calendar
            .moment(first, Time::midnight())
            .unwrap_or(Timestamp::MIN);
        for occurrence in ledger.occurrences()? {
            let state = ledger.look(&occurrence)?;
            let Some(header) = state.header() else {
                continue;
            };
            let is_recent = state.last_activity().is_some_and(|at| at >= since);
            if !is_recent || !is_newsletter(ledger, header, occurrence.campaign())? {
                continue;
            }
            for (index, status) in state.statuses() {
                if !status.has_or_will_get() {
                    continue;
                }
                if let Some(id) = state.ids().get(index.0 as usize) {
                    let count = lately.counts.entry(*id).or_default();
                    *count = count.saturating_add(1);
                }
            }
        }
        Ok(lately)
    }

    /// Whether somebody got as many as they may.
    pub fn is_enough(&self, who: &RecipientId) -> bool {
        self.most > 0
            && self
                .counts
                .get(who)
                .is_some_and(|count| *count >= self.most)
    }
}

/// Whether a sending was one, as its campaign said at the commit that approved it. What can not be read counts as one.
fn is_newsletter(
    ledger: &Ledger,
    header: &AudienceHeader,
    id: &CampaignId,
) -> Result<bool, PlanError> {
    let repository = ledger.repository();
    let path = format!("campaigns/{id}/campaign.yaml");
    let Ok(commit) = repository.resolve(&header.content_commit) else {
        return Ok(true);
    };
    let entry = repository.entry(commit, &path)?;
    let Some(entry) = entry.filter(|entry| entry.kind == EntryKind::File) else {
        return Ok(true);
    };
    let text = repository.with_blob(entry.id, |bytes| {
        String::from_utf8_lossy(bytes).into_owned()
    })?;
    let value = yaml::read(&path, text).value;
    let purpose = value
        .as_ref()
        .and_then(|value| value.get("purpose")?.as_str().map(str::to_owned));
    Ok(!matches!(
        purpose.as_deref(),
        Some("transactional" | "individual")
    ))
}
