//! How much one lint may spend on trying rows, whatever a workspace holds. Knows no clock: what is
//! counted is mails, templates' steps and what they write, so that the same workspace gives the same findings.

use super::trial::Untried;
use crate::mail::occurrence::CampaignId;
use crate::workspace::names::ListName;

/// Mails that are made at most.
const MOST_TRIED: u64 = 100_000;

/// What the smallest list gets.
const LEAST_TRIED: u64 = 200;

/// Steps that their templates take at most, all together: some seconds. An ordinary mail takes some hundred.
const MOST_WORK: u64 = 200_000_000;

/// What the smallest list gets.
const LEAST_WORK: u64 = 2_000_000;

/// What is left for one list, and who came too late.
pub(super) struct Budget {
    mails: u64,
    work: u64,
    /// Rows that were not tried: nobody can say that nothing is wrong with them.
    pub(super) untried: Vec<Untried>,
}

impl Budget {
    /// One list's part, by its file's size among the sizes of all: lists are read beside each other, and
    /// none may take what another has depending on which comes first.
    pub(super) fn share(size: u64, all: u64) -> Self {
        let part = |whole: u64, least: u64| {
            let share = u128::from(whole) * u128::from(size) / u128::from(all.max(1));
            u64::try_from(share).unwrap_or(whole).max(least)
        };
        Self {
            mails: part(MOST_TRIED, LEAST_TRIED),
            work: part(MOST_WORK, LEAST_WORK),
            untried: Vec::new(),
        }
    }

    /// Whether there is enough left for one more mail, which then counts.
    pub(super) fn takes_one(&mut self) -> bool {
        let is_enough = self.mails > 0 && self.work > 0;
        if is_enough {
            self.mails -= 1;
        }
        is_enough
    }

    /// What that mail took.
    pub(super) fn spend(&mut self, work: u64) {
        self.work = self.work.saturating_sub(work);
    }

    /// A row for which nothing was left.
    pub(super) fn miss(&mut self, campaign: &CampaignId, list: &ListName) {
        let same = |it: &&mut Untried| it.campaign == *campaign && it.list == *list;
        match self.untried.iter_mut().find(same) {
            Some(untried) => untried.count += 1,
            None => self.untried.push(Untried {
                campaign: campaign.clone(),
                list: list.clone(),
                count: 1,
            }),
        }
    }
}
