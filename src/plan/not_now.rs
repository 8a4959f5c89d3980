//! Who may be mailed and is not now: of newsletters those who paused them, wish for fewer, had as many as policy allows, or do not
//! answer whether they want to go on; of the question whether they do, those who answered.
//!
//! It is asked when an audience is fixed. Who pauses while mails go out still gets what was fixed with them: what must
//! take effect at once is leaving.

use jiff::Timestamp;

use super::audience::of_campaign::Known;
use super::calendar::calendar;
use super::content::Content;
use super::error::PlanError;
use super::frequency::Lately;
use super::reconfirmation::{Asked, began};
use crate::ledger::event::Exclusion;
use crate::ledger::wishes::Wishes;
use crate::mail::recipient_id::RecipientId;
use crate::workspace::campaign::Purpose;
use crate::workspace::settings::Unconfirmed;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct NotNow<'a> {
    wishes: Option<&'a Wishes>,
    is_newsletter: bool,
    /// When it is sent.
    sent: Timestamp,
    lately: Lately,
    asked: Option<Asked>,
    /// Of a reconfirmation: since when answers count.
    period: Option<Timestamp>,
}

impl<'a> NotNow<'a> {
    /// What the ledger says, as far as it is known.
    ///
    /// # Errors
    /// [`PlanError`].
    pub(super) fn read(content: &Content, known: &Known<'a>) -> Result<Self, PlanError> {
        let (Some(ledger), Some(moment)) = (known.ledger, known.moment) else {
            return Ok(Self::default());
        };
        let (campaign, policy) = (&content.file.campaign, known.policy);
        let calendar = calendar(&content.settings)?;
        let is_newsletter = campaign.purpose == Purpose::Marketing;
        let lately = match is_newsletter {
            true => Lately::read(
                ledger,
                policy.frequency,
                known.wishes,
                &calendar,
                moment.now,
            )?,
            false => Lately::default(),
        };
        let period = campaign.reconfirmation;
        let period = period.map(|period| began(&calendar, period, moment.sent));
        let excludes = policy.reconfirmation.unconfirmed == Unconfirmed::Exclude;
        let asked = match (known.wishes, is_newsletter && excludes || period.is_some()) {
            (Some(wishes), true) => {
                let since = period.unwrap_or(moment.sent);
                let answered = |who: &RecipientId| wishes.of(who).confirmed();
                let asked = Asked::read(ledger, answered, policy.reconfirmation, since)?;
                Some(asked)
            }
            _ => None,
        };
        Ok(Self {
            wishes: known.wishes,
            is_newsletter,
            sent: moment.sent,
            lately,
            asked,
            period,
        })
    }

    /// Whether and why somebody is not mailed now.
    pub(super) fn reason(&self, who: &RecipientId) -> Option<Exclusion> {
        let held = self.wishes.map(|wishes| wishes.of(who));
        let held = held.unwrap_or_default();
        if self.is_newsletter && held.paused_until(self.sent).is_some() {
            return Some(Exclusion::Paused);
        }
        match (self.period, &self.asked) {
            (Some(began), _) if held.confirmed().is_some_and(|at| at >= began) => {
                return Some(Exclusion::ConfirmedLately);
            }
            (Some(_), Some(asked)) if asked.is_enough(who) => {
                return Some(Exclusion::AskedEnough);
            }
            (None, Some(asked)) if asked.is_unconfirmed(who, self.sent) => {
                return Some(Exclusion::Unconfirmed);
            }
            _ => {}
        }
        self.lately.is_enough(who)
    }
}
