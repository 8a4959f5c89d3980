//! Why a run could not start, or not go on.

use super::frozen::{Difference, gone};
use crate::git::{GitError, RemoteError};
use crate::ledger::branch::{LedgerError, PublishError};
use crate::ledger::journal::JournalError;
use crate::ledger::state::{Contradiction, Unbalanced};
use crate::mail::dkim::DkimError;
use crate::mail::occurrence::{CampaignId, OccurrenceError};
use crate::mail::recipient_id::KeyTooShort;
use crate::plan::PlanError;
use crate::plan::again::Before;
use crate::plan::planning::untested;
use crate::schedule::calendar::CalendarError;
use crate::workspace::loaded::LoadError;
use crate::workspace::source::SourceError;

/// Why a run could not go on.
#[derive(Debug, thiserror::Error)]
pub enum DeliverError {
    /// An event does not fit what happened before: a defect here, or two writers.
    #[error("{occurrence}: {source}; nothing more is sent")]
    Contradiction {
        /// Which occurrence.
        occurrence: String,
        /// What does not fit.
        source: Contradiction,
    },
    /// The sum does not hold: a defect.
    #[error("{occurrence}: {source}; nothing more is sent")]
    Sum {
        /// Which occurrence.
        occurrence: String,
        /// What does not add up.
        source: Unbalanced,
    },
    /// The engine broke off: a defect.
    #[error("the sending broke off, which is a defect: {0}; the journal has what is known")]
    Engine(String),
}

/// Why a run could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The repository.
    #[error(transparent)]
    Git(#[from] GitError),
    /// The remote.
    #[error("the main branch could not be fetched: {0}")]
    Remote(#[from] RemoteError),
    /// There is no main branch on the remote.
    #[error("the remote `{remote}` has no branch `{branch}`")]
    NoMain {
        /// The remote.
        remote: String,
        /// The branch.
        branch: String,
    },
    /// Nobody knows the campaign that was asked for.
    #[error("neither {branch} nor the ledger knows a campaign `{campaign}`: nothing is sent")]
    NoCampaign {
        /// Which.
        campaign: CampaignId,
        /// The main branch.
        branch: String,
        /// What was probably meant.
        nearest: Option<String>,
    },
    /// The ledger.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// Publishing before the first mail.
    #[error(transparent)]
    Publish(#[from] PublishError),
    /// The journal.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// What is to be sent, to whom or when cannot be made out.
    #[error(transparent)]
    Plan(PlanError),
    /// The workspace at the approved commit has findings.
    #[error("commit {commit}: {source}")]
    Workspace {
        /// Which commit.
        commit: String,
        /// The findings.
        source: Box<LoadError>,
    },
    /// The environment lacks a secret.
    #[error("the environment variable {0} is not set")]
    NoSecret(String),
    /// The organisation's key.
    #[error("{env}: {source}")]
    Key {
        /// The environment variable.
        env: String,
        /// What is wrong.
        source: KeyTooShort,
    },
    /// Content or definition are not what the start froze.
    #[error(
        "{occurrence}: commit {commit}, which its start names: {difference}; nothing of it is sent"
    )]
    OtherDigest {
        /// Which occurrence.
        occurrence: String,
        /// The commit.
        commit: String,
        /// What differs.
        difference: Difference,
    },
    /// The commit that its start froze is not in this clone.
    #[error("{occurrence}: commit {commit}, which its start froze, is not here: {}", gone(*shallow))]
    FrozenGone {
        /// Which occurrence.
        occurrence: String,
        /// The commit.
        commit: String,
        /// Whether history is cut off in this clone.
        shallow: bool,
    },
    /// It went out before under another name.
    #[error("{occurrence}: {before}")]
    SentBefore {
        /// Which occurrence.
        occurrence: String,
        /// As what.
        before: Before,
    },
    /// Policy wants a test sending of this very content.
    #[error("{campaign}: {}", untested(campaign))]
    NotTested {
        /// Which campaign.
        campaign: String,
    },
    /// Its links would lead to a portal on somebody's own machine.
    #[error(
        "{campaign}: `portal.url` is {url}, which no recipient reaches; write the public address, `https://…`, and change the campaign after it: it goes out by the settings that it was approved with"
    )]
    PortalHere {
        /// Which campaign.
        campaign: String,
        /// The portal's address.
        url: String,
    },
    /// It would go to many more than it was approved for.
    #[error("{campaign}: {why}")]
    Grown {
        /// Which campaign.
        campaign: String,
        /// How many more.
        why: String,
    },
    /// Too much of it, or of its sender's mails, comes back.
    #[error("{occurrence}: {why}")]
    Rates {
        /// Which occurrence.
        occurrence: String,
        /// How much, and what to do.
        why: String,
    },
    /// Reviews do not show that it was approved.
    #[error("{campaign}: not approved: {why}")]
    NotApproved {
        /// Which campaign.
        campaign: String,
        /// What is missing.
        why: String,
    },
    /// The set-up is not in order.
    #[error("before the start: {why}")]
    Preflight {
        /// What is wrong.
        why: String,
    },
    /// A stop was asked for while the set-up was being looked at.
    #[error("a stop was asked for")]
    StopAsked,
    /// The environment lacks a sender's DKIM key.
    #[error("DKIM key: the environment variable {0} is not set")]
    NoDkimKey(String),
    /// A DKIM key.
    #[error("DKIM key: {env}: {source}")]
    Dkim {
        /// The environment variable.
        env: String,
        /// What is wrong.
        source: DkimError,
    },
    /// A relay's settings.
    #[error("relay {relay}: {why}")]
    Relay {
        /// Which.
        relay: String,
        /// What is wrong.
        why: String,
    },
    /// The sample of mails that is made before the first one goes out.
    #[error(
        "{occurrence}: the mail for recipient {index} cannot be made: {why}; `postmerge lint` shows which rows and values"
    )]
    Sample {
        /// Which occurrence.
        occurrence: String,
        /// Which recipient.
        index: u32,
        /// Why.
        why: String,
    },
    /// Folding the audience.
    #[error(transparent)]
    Contradiction(#[from] Contradiction),
    /// While sending.
    #[error(transparent)]
    Deliver(#[from] DeliverError),
}

impl StartError {
    /// Whether another run wrote in between: what was to be published has to be made anew.
    pub fn is_conflict(&self) -> bool {
        matches!(self, Self::Publish(PublishError::Conflict { .. }))
    }

    /// Whether it concerns one campaign alone: it is held, and the others go on.
    pub const fn holds_one(&self) -> bool {
        match self {
            Self::Plan(why) => why.is_of_one(),
            Self::Workspace { .. }
            | Self::OtherDigest { .. }
            | Self::FrozenGone { .. }
            | Self::SentBefore { .. }
            | Self::NotTested { .. }
            | Self::PortalHere { .. }
            | Self::Grown { .. }
            | Self::Rates { .. }
            | Self::NotApproved { .. }
            | Self::Preflight { .. }
            | Self::NoDkimKey(_)
            | Self::Dkim { .. }
            | Self::Relay { .. }
            | Self::Sample { .. } => true,
            _ => false,
        }
    }
}

impl From<PlanError> for StartError {
    fn from(why: PlanError) -> Self {
        match why {
            // These have words, and advice, of their own.
            PlanError::Git(why) => why.into(),
            PlanError::Ledger(why) => why.into(),
            PlanError::Workspace { whence, source } => Self::Workspace {
                commit: whence,
                source,
            },
            why => Self::Plan(why),
        }
    }
}

impl From<SourceError> for StartError {
    fn from(why: SourceError) -> Self {
        Self::Plan(why.into())
    }
}

impl From<CalendarError> for StartError {
    fn from(why: CalendarError) -> Self {
        Self::Plan(why.into())
    }
}

impl From<OccurrenceError> for StartError {
    fn from(why: OccurrenceError) -> Self {
        Self::Plan(why.into())
    }
}
