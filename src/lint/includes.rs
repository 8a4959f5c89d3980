//! Single addresses of campaigns that no mail can be made for without a row. Who stands in one of the
//! campaign's lists, too, gets the mail of their row, and is nobody to report; so all rows are waited for.

use std::collections::HashSet;

use super::candidate::Failure;
use super::trial::Mistake;
use crate::mail::address::Address;
use crate::mail::occurrence::CampaignId;
use crate::workspace::campaign::Audience;
use crate::workspace::members::Row;

/// A campaign's single addresses that were in none of its lists so far.
pub(super) struct Includes {
    /// Which campaign, among those that are tried.
    pub(super) candidate: usize,
    failure: Failure,
    left: HashSet<String>,
}

/// Who is named, as what two spellings of an address have in common.
pub(super) fn identities(addresses: &[String]) -> HashSet<String> {
    let parsed = addresses.iter().filter_map(|it| Address::parse(it).ok());
    parsed.map(|it| it.identity().into_owned()).collect()
}

impl Includes {
    /// Those of an audience, for whom `failure` was found.
    pub(super) fn new(candidate: usize, audience: &Audience, failure: Failure) -> Self {
        let mut left = identities(&audience.include);
        for excluded in identities(&audience.exclude) {
            left.remove(&excluded);
        }
        Self {
            candidate,
            failure,
            left,
        }
    }

    /// A row that lists, segment and topic select, of one of them. Without consent it gets no mail, and a
    /// single address of the same person is a duplicate then.
    pub(super) fn meet(&self, row: &Row<'_>, buffer: &mut String, met: &mut HashSet<String>) {
        let identity = row.address().identity_into(buffer);
        if self.left.contains(identity) && !met.contains(identity) {
            met.insert(identity.to_owned());
        }
    }

    /// These have a row.
    pub(super) fn without(&mut self, met: &HashSet<String>) {
        self.left.retain(|identity| !met.contains(identity));
    }

    /// All rows were read.
    pub(super) fn mistake(self, campaign: &CampaignId) -> Option<Mistake> {
        let (error, title) = self.failure;
        (!self.left.is_empty()).then(|| Mistake {
            campaign: campaign.clone(),
            list: None,
            error: error.of_any_row(),
            title,
            lines: Vec::new(),
            count: self.left.len() as u64,
        })
    }
}
