//! What merging would do, as data. Who shows it decides how; nothing here is worded for people but errors' texts.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::Serialize;

use super::again::Before;
use super::approvers::Approver;
use super::audience::ListCount;
use super::documents::PlannedDocument;
use super::next_sending::{Moved, Next};
use super::pace::Pace;
use super::samples::Subject;
use crate::ledger::event::Exclusion;
use crate::ledger::state::Counts;
use crate::mail::digest::Digest;
use crate::mail::occurrence::{CampaignId, OccurrenceId};
use crate::schedule::window::Opening;
use crate::workspace::campaign::{Purpose, Tracking};
use crate::workspace::names::ListName;

/// What merging would do.
#[derive(Debug, Clone)]
pub struct Plan {
    /// As things stood then.
    pub made_at: Timestamp,
    /// What it is compared with.
    pub compared_with: Option<String>,
    /// In order of reception.
    pub campaigns: Vec<CampaignPlan>,
    /// What is wrong with the workspace as a whole, so that campaigns may be missing here.
    pub problems: Vec<String>,
    /// What is not known here.
    pub unknown: Unknown,
}

/// What is not known where the plan is made.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Unknown {
    /// The organisation's key: without it nobody is recognised in the ledger, and so many that it holds as suppressed may
    /// be left out besides.
    pub suppressed: Option<u64>,
    /// The ledger: whether anything has been sent, and to whom.
    pub ledger: bool,
}

/// One campaign.
#[derive(Debug, Clone)]
pub struct CampaignPlan {
    /// Which.
    pub id: CampaignId,
    /// Against what it is compared with.
    pub change: Change,
    /// When it goes out, if it does.
    pub when: When,
    /// What would be sent to whom; or why that cannot be said.
    pub sending: Result<Box<Sending>, String>,
}

/// What a proposal does to a campaign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Change {
    /// Nothing was compared.
    Unknown,
    /// It is new.
    New,
    /// It, or something that it is made of, differs.
    Changed,
    /// It is taken away.
    Removed,
}

/// When a campaign goes out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum When {
    /// In this opening.
    Ahead {
        /// Which sending.
        occurrence: OccurrenceId,
        /// Its window.
        window: String,
        /// Its opening.
        opening: Opening,
        /// Where its day is none on which it can go out.
        moved: Option<Moved>,
        /// What went out already: its audience and content are fixed.
        started: Option<Counts>,
    },
    /// Its window passed: it is not sent.
    Lapsed(Opening),
    /// Its window passed, and it went out before under another name.
    SentBefore(Before),
    /// It is sent, or has no opening any more.
    Over,
    /// It is called off or taken away.
    Cancelled,
    /// It cannot be read.
    Unreadable,
    /// When cannot be told: its window is not known, for one.
    NotKnown,
}

/// What would be sent to whom.
#[derive(Debug, Clone)]
pub struct Sending {
    /// The subject, as the campaign writes it.
    pub subject: String,
    /// As some recipients will read it.
    pub subjects: Vec<Subject>,
    /// From whom: name, address, relay.
    pub from: From,
    /// What kind of mail.
    pub purpose: Purpose,
    /// The layout.
    pub template: Option<String>,
    /// Whose approval it needs.
    pub approvers: Vec<Approver>,
    /// What is counted of reading.
    pub counted: Tracking,
    /// The list that it invites to.
    pub invites_to: Option<ListName>,
    /// What recipients are handed.
    pub documents: Vec<PlannedDocument>,
    /// Who gets it.
    pub audience: AudiencePlan,
    /// How fast it goes.
    pub pace: Pace,
    /// What an approval approves.
    pub digest: Digest,
    /// As what it went out before: then it would be held.
    pub sent_before: Option<Before>,
}

/// From whom a mail is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct From {
    /// The name that is shown.
    pub name: String,
    /// The address.
    pub address: String,
    /// The relay that it goes through.
    pub relay: String,
}

/// Who gets a campaign.
#[derive(Debug, Clone, Default)]
pub struct AudiencePlan {
    /// What each list gives.
    pub lists: Vec<ListCount>,
    /// The expression that members fulfil.
    pub segment: Option<String>,
    /// The topic that members chose.
    pub topic: Option<String>,
    /// Single addresses besides.
    pub includes: u64,
    /// Addresses that get a copy of every mail.
    pub copies: u64,
    /// Addresses that were to get copies and do not, by reason.
    pub copies_left_out: BTreeMap<Exclusion, u64>,
    /// Who gets it: who was selected, less the exclusions.
    pub recipients: u64,
    /// Mails: recipients and copies.
    pub mails: u64,
    /// Who was selected and does not, by reason.
    pub exclusions: BTreeMap<Exclusion, u64>,
    /// Rows that cannot be read.
    pub wrong_rows: u64,
    /// Encrypted lists that there is no key for here: nobody looked at them, so the numbers here say nothing.
    pub not_checked: Vec<String>,
    /// Against what the plan is compared with.
    pub drift: Option<Drift>,
    /// Why it would be held as it stands.
    pub holds: Vec<String>,
}

/// How an audience differs from the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Drift {
    /// Recipients before.
    pub before: u64,
    /// Who gets it now and did not.
    pub joined: u64,
    /// Who got it and does not now.
    pub left: u64,
}

impl When {
    /// What comes next of a campaign, with its window's name.
    pub fn of(next: Next, window: &str) -> Self {
        match next {
            Next::Ahead {
                occurrence,
                opening,
                moved,
                started,
                ..
            } => Self::Ahead {
                occurrence,
                window: window.to_owned(),
                opening,
                moved,
                started,
            },
            Next::Lapsed { opening, .. } => Self::Lapsed(opening),
            Next::Over { .. } => Self::Over,
            Next::Cancelled => Self::Cancelled,
        }
    }
}

impl AudiencePlan {
    /// Takes away whatever hangs on how many there are, where some lists were not looked at.
    pub(super) fn without_counts_of(&mut self, not_checked: &[ListName]) {
        if not_checked.is_empty() {
            return;
        }
        let names: BTreeSet<&ListName> = not_checked.iter().collect();
        self.not_checked = names.into_iter().map(ToString::to_string).collect();
        // That it is empty, or smaller than expected, cannot be told either.
        self.holds.clear();
        self.exclusions.clear();
        self.copies_left_out.clear();
        (self.recipients, self.mails) = (0, 0);
    }
}

impl CampaignPlan {
    /// Whether merging it would send it as it stands, or go on with it.
    pub fn goes_out(&self) -> bool {
        match (&self.when, &self.sending) {
            (
                When::Ahead {
                    started: Some(_), ..
                },
                _,
            ) => true,
            (When::Ahead { .. }, Ok(sending)) => sending.audience.holds.is_empty(),
            _ => false,
        }
    }

    /// As what it went out before, under another name.
    pub fn sent_before(&self) -> Option<&Before> {
        match (&self.when, &self.sending) {
            (When::SentBefore(before), _) => Some(before),
            (_, Ok(sending)) => sending.sent_before.as_ref(),
            _ => None,
        }
    }

    /// Whether to how many is not known: some stand in encrypted lists that there is no key for here.
    pub fn is_not_checked(&self) -> bool {
        let begun = matches!(
            &self.when,
            When::Ahead {
                started: Some(_),
                ..
            }
        );
        let sending = self.sending.as_ref();
        !begun && sending.is_ok_and(|sending| !sending.audience.not_checked.is_empty())
    }

    /// To how many, as far as that is known: [`Self::is_not_checked`].
    pub fn recipients(&self) -> u64 {
        match (&self.when, &self.sending) {
            (
                When::Ahead {
                    started: Some(counts),
                    ..
                },
                _,
            ) => counts.pending,
            (_, Ok(sending)) => sending.audience.recipients,
            _ => 0,
        }
    }

    /// Whether somebody has to mend it first.
    pub fn is_stuck(&self) -> bool {
        match &self.when {
            When::Cancelled | When::SentBefore(_) => false,
            // What is new and will never be sent is a slip: a year, for one.
            When::Over => self.change == Change::New,
            When::Lapsed(_) | When::Unreadable | When::NotKnown => true,
            When::Ahead { .. } => !self.goes_out(),
        }
    }
}
