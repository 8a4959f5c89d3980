//! How much one lint may spend on trying rows, whatever a workspace holds. Knows no clock: what is
//! counted is mails, templates' steps and what they write, so that the same workspace gives the same findings.

use super::trial::Untried;
use crate::mail::occurrence::CampaignId;
use crate::workspace::names::ListName;

/// Mails that are made at most.
const MOST_TRIED: u32 = 100_000;

/// Steps that their templates take at most, all together: some seconds. An ordinary mail takes some hundred.
const MOST_WORK: u64 = 200_000_000;

/// What is left, and who came too late.
pub(super) struct Budget {
    mails: u32,
    work: u64,
    /// Rows that were not tried: nobody can say that nothing is wrong with them.
    pub(super) untried: Vec<Untried>,
}

impl Budget {
    pub(super) const fn new() -> Self {
        Self {
            mails: MOST_TRIED,
            work: MOST_WORK,
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
