//! Why a plan cannot be made.

use jiff::civil::Date;

use super::audience::AudienceError;
use crate::git::GitError;
use crate::ledger::branch::LedgerError;
use crate::mail::occurrence::OccurrenceError;
use crate::render::RenderError;
use crate::schedule::calendar::CalendarError;
use crate::workspace::loaded::LoadError;
use crate::workspace::source::SourceError;

/// Why a plan cannot be made. The texts of those about one campaign are kept in the ledger: they hold nothing of a row.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// The repository.
    #[error(transparent)]
    Git(#[from] GitError),
    /// The ledger.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The workspace has findings.
    #[error("{whence}: {source}")]
    Workspace {
        /// Which commit or folder.
        whence: String,
        /// The findings.
        source: Box<LoadError>,
    },
    /// A file of the workspace.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The zone.
    #[error(transparent)]
    Zone(#[from] CalendarError),
    /// An id.
    #[error(transparent)]
    Id(#[from] OccurrenceError),
    /// A campaign refers to what is not there.
    #[error("{campaign}: there is no {what} `{name}`")]
    Missing {
        /// Which campaign.
        campaign: String,
        /// What kind of thing.
        what: &'static str,
        /// Its name.
        name: String,
    },
    /// Its date cannot be.
    #[error("{campaign}: on {date} nothing can go out, and not later; write another date")]
    Never {
        /// Which campaign.
        campaign: String,
        /// The date.
        date: Date,
    },
    /// A single address that a campaign names is none.
    #[error("{campaign}: an address in `include`, `cc` or `bcc`: {why}")]
    Address {
        /// Which campaign.
        campaign: String,
        /// What is wrong.
        why: &'static str,
    },
    /// A list.
    #[error("lists/{list}.csv: {why}")]
    List {
        /// Which.
        list: String,
        /// What is wrong.
        why: String,
    },
    /// The audience.
    #[error("{campaign}: {source}")]
    Audience {
        /// Which campaign.
        campaign: String,
        /// What is wrong.
        source: Box<AudienceError>,
    },
    /// The campaign cannot be rendered.
    #[error("{campaign}: {source}")]
    Render {
        /// Which campaign.
        campaign: String,
        /// What is wrong.
        source: Box<RenderError>,
    },
}

impl PlanError {
    /// Whether an encrypted list is in the way that there is no key for: nothing is wrong then, as far as can be seen.
    pub const fn is_without_key(&self) -> bool {
        match self {
            Self::Source(why) => why.is_without_key(),
            _ => false,
        }
    }

    /// Whether it is about one campaign only, and others can be planned all the same.
    pub const fn is_of_one(&self) -> bool {
        matches!(
            self,
            Self::Workspace { .. }
                | Self::Source(_)
                | Self::Missing { .. }
                | Self::Never { .. }
                | Self::Address { .. }
                | Self::List { .. }
                | Self::Audience { .. }
                | Self::Render { .. }
        )
    }
}
