//! Tries every campaign that may still be sent on the rows that it would go to, so that a row without
//! its value is found here and not when half of the mails are gone.
//!
//! Rows that differ in nothing that matters to a campaign ([`crate::render::Dependence`]) are one kind,
//! of which one is rendered: a million rows are a few kinds. Says nothing about exclusions, duplicates
//! and suppressions: a row is tried if list, segment, topic and consent let it through. What one lint may
//! spend on it is bounded ([`super::budget`]); rows that are not tried for that are counted, and reported.
//! Lists are tried beside each other ([`super::list_trial`]), each by itself, so that what is found does
//! not depend on which is done first.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::Sent;
use super::candidate::Candidate;
use super::includes::Includes;
use super::list_trial::Outcome;
use super::own_documents::WithoutDocument;
use crate::mail::address::Address;
use crate::mail::occurrence::CampaignId;
use crate::render::{Compiled, Parts, RenderError};
use crate::workspace::loaded::Loaded;
use crate::workspace::names::ListName;

/// Something that is wrong with some of a campaign's recipients.
#[derive(Debug)]
pub struct Mistake {
    /// Whose mail.
    pub campaign: CampaignId,
    /// The list with the rows; `None`: single addresses, which have no row.
    pub list: Option<ListName>,
    /// What is wrong, without values: rows that fail at one place in one way are one mistake, however many
    /// values there are.
    pub error: RenderError,
    /// With which document's title, where it is not the mail itself.
    pub title: Option<usize>,
    /// The first rows' lines.
    pub lines: Vec<u64>,
    /// How many there are.
    pub count: u64,
}

/// Rows that were not tried.
#[derive(Debug)]
pub struct Untried {
    /// On which campaign.
    pub campaign: CampaignId,
    /// Of which list.
    pub list: ListName,
    /// How many.
    pub count: u64,
}

/// All campaigns to try.
pub struct Trials<'a> {
    pub(super) candidates: Vec<Candidate<'a>>,
    pub(super) includes: Vec<Includes>,
    pub(super) loaded: &'a Loaded,
}

/// What trying them on all lists brought.
#[derive(Default)]
pub struct Tried {
    /// What is wrong, with somebody who would get the mail.
    pub(super) mistakes: Vec<Mistake>,
    /// Rows whose own document is not there.
    pub(super) without_document: Vec<WithoutDocument>,
    /// The first mail of each campaign, as its parts.
    pub(super) samples: BTreeMap<CampaignId, Parts>,
    /// How many rows each campaign selects, as far as was counted: on each list up to as many as it
    /// expects at least. None for campaigns of whose lists one cannot be read.
    pub(super) selected: BTreeMap<CampaignId, u64>,
    /// Rows that nothing was left for.
    pub(super) untried: Vec<Untried>,
}

impl<'a> Trials<'a> {
    /// The campaigns that compile and may go out on `today` or later.
    pub(super) fn new(
        compiled: &'a [(CampaignId, Compiled)],
        loaded: &'a Loaded,
        today: Date,
        sent: &[Sent],
    ) -> Self {
        let candidate = |it: &'a (CampaignId, Compiled)| {
            let is_sent = sent.iter().any(|sent| sent.campaign == it.0);
            Candidate::of(it, loaded, today, is_sent)
        };
        let candidates: Vec<_> = compiled.iter().filter_map(candidate).collect();
        Self {
            includes: single_addresses(&candidates),
            candidates,
            loaded,
        }
    }

    /// Puts together what came of the lists, in their order.
    pub(super) fn gather(self, outcomes: Vec<Outcome>) -> Tried {
        let mut done = Tried::default();
        let mut selected: Vec<Option<u64>> = vec![Some(0); self.candidates.len()];
        let mut includes = self.includes;
        for outcome in outcomes {
            let wrong = outcome.mistakes.into_iter();
            done.mistakes.extend(wrong.filter(|it| it.count > 0));
            done.without_document.extend(outcome.without_document);
            done.untried.extend(outcome.untried);
            for (candidate, sample) in outcome.samples {
                if let Some(candidate) = self.candidates.get(candidate) {
                    done.samples.entry(candidate.id.clone()).or_insert(sample);
                }
            }
            for (candidate, count) in outcome.selected {
                if let Some(sum) = selected.get_mut(candidate) {
                    *sum = sum.zip(count).map(|(sum, count)| sum + count);
                }
            }
            for (number, met) in outcome.met {
                if let Some(includes) = includes.get_mut(number) {
                    includes.without(&met);
                }
            }
        }
        for includes in includes {
            let candidate = self.candidates.get(includes.candidate);
            let mistake = candidate.and_then(|candidate| includes.mistake(candidate.id));
            done.mistakes.extend(mistake);
        }
        let counts = self.candidates.iter().zip(selected);
        let counts = counts.filter_map(|(candidate, sum)| Some((candidate.id.clone(), sum?)));
        done.selected = counts.collect();
        done
    }
}

fn single_addresses(candidates: &[Candidate<'_>]) -> Vec<Includes> {
    let mut found = Vec::new();
    for (number, candidate) in candidates.iter().enumerate() {
        let audience = &candidate.file.campaign.audience;
        let mut includes = audience.include.iter();
        let Some(address) = includes.find_map(|text| Address::parse(text).ok()) else {
            continue;
        };
        // One mail for each campaign: nothing to be counted.
        if let (Err(failure), _) = candidate.render(&address, None, false) {
            found.push(Includes::new(number, audience, failure));
        }
    }
    found
}
