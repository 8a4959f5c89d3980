//! What recipients asked for themselves, on the portal or by mail: to join a list, other data, a pause, fewer mails; and that
//! they are still there. Leaving is not among it: that is a suppression.
//!
//! Events append to `wishes/` on the ledger's branch; what holds is a fold over them ([`super::wishes::Wishes`]). What
//! somebody told of themselves is [`Sealed`]: the ledger holds no address and no name.

use jiff::Timestamp;

use super::feedback::MessageKey;
use crate::mail::recipient_id::RecipientId;
use crate::mail::sealed::Sealed;

/// What the contents of [`Wanted::Joined`] and [`Wanted::Changed`] are sealed for.
pub const PURPOSE: &str = "wish";

/// One thing that one recipient asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// What it is known by: published twice, it counts once.
    pub key: MessageKey,
    /// Who.
    pub recipient: RecipientId,
    /// When.
    pub at: Timestamp,
    /// Where.
    pub way: Way,
    /// What.
    pub what: Wanted,
}

/// How somebody asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Way {
    /// On the portal.
    Portal,
    /// By mail.
    Mail,
}

/// What somebody asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// To be a member of a list: said, and confirmed by the link that was sent to the address.
    Joined {
        /// Which list.
        list: String,
        /// Their row: address and cells ([`super::wishes::Cells`]), sealed.
        row: Sealed,
        /// The text that they agreed to, by the first 64 bits of its digest.
        consent: MessageKey,
        /// Keyed hash of the network address that they asked from, where it is known.
        client: Option<MessageKey>,
    },
    /// Other values in their row of a list.
    Changed {
        /// Which list.
        list: String,
        /// The cells that change, sealed.
        row: Sealed,
    },
    /// That what is known of them is right, and that they want to go on.
    Confirmed,
    /// No newsletters until then; a time that has passed ends a pause.
    Paused {
        /// Until when.
        until: Timestamp,
    },
    /// At most one newsletter in so many days; 0: as they come.
    AtMost {
        /// Days.
        days: u16,
    },
    /// That they never joined.
    Disowned,
}

impl Way {
    /// Its name in files and tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Portal => "portal",
            Self::Mail => "mail",
        }
    }

    /// The way with this name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Portal, Self::Mail]
            .into_iter()
            .find(|way| way.name() == name)
    }
}

impl Wanted {
    /// Its name in files and tables.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Joined { .. } => "joined",
            Self::Changed { .. } => "changed",
            Self::Confirmed => "confirmed",
            Self::Paused { .. } => "paused",
            Self::AtMost { .. } => "at-most",
            Self::Disowned => "disowned",
        }
    }

    /// Whether whoever asks for it says by that that they want to go on.
    pub const fn is_answer(&self) -> bool {
        !matches!(self, Self::Disowned)
    }
}
