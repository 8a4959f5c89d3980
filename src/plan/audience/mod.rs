//! A campaign's audience: the members that its lists, segment and topic select and the single
//! addresses it includes, each address once, less the exclusions, each with its reason.
//!
//! Lists are streamed; what is kept is 40 bytes a recipient, 12 bytes of id for telling duplicates,
//! and 16 bytes an exclusion. Addresses are not kept: [`Place`] says where each one is read again.

mod arrange;
pub mod of_campaign;
mod reading;
mod resolve;
mod selection;

use std::fs::File;

use crate::ledger::event::Exclusion;
use crate::mail::address::{Address, AddressError};
use crate::mail::digest::Digest;
use crate::mail::recipient_id::{RecipientId, RecipientKey};
use crate::workspace::campaign::{self, Purpose};
use crate::workspace::list::List;
use crate::workspace::member::Member;
use crate::workspace::members::{ListError, RowError};
use crate::workspace::names::ListName;
use crate::workspace::segment::SegmentError;

pub use arrange::Arranged;
pub use resolve::resolve;
pub use selection::Selection;

/// How many wrong rows are kept with their text; the rest is counted.
pub const PROBLEMS_KEPT: usize = 100;

/// A list whose CSV lies in an open file.
#[derive(Debug, Clone, Copy)]
pub struct ListFile<'a> {
    /// Its name.
    pub name: &'a ListName,
    /// Its settings.
    pub list: &'a List,
    /// Its rows, read from the start.
    pub rows: &'a File,
}

/// Gives the digest of the document that is this member's own.
pub type OwnDocument<'a> = dyn Fn(&Member) -> Result<Option<Digest>, DocumentProblem> + 'a;

/// Why a member's own document has no digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DocumentProblem {
    /// There is no such file, or the row gives it no name: the member is excluded.
    Missing,
    /// It could not be read: the audience cannot be resolved.
    Unreadable(String),
}

/// What an audience is resolved from.
pub struct AudienceRequest<'a> {
    /// The campaign's wish.
    pub audience: &'a campaign::Audience,
    /// What kind of mail it is: marketing needs consent.
    pub purpose: Purpose,
    /// Who gets a visible copy of every mail.
    pub cc: &'a [String],
    /// Who gets a hidden copy of every mail.
    pub bcc: &'a [String],
    /// The largest audience of a campaign with copies.
    pub copies_for_at_most: u32,
    /// The campaign's lists, in its order.
    pub lists: &'a [ListFile<'a>],
    /// The lists whose members do not get it.
    pub excluded_lists: &'a [ListFile<'a>],
    /// The list that it invites to: who is in it does not get it.
    pub invited_to: &'a [ListFile<'a>],
    /// Makes the ids.
    pub key: &'a RecipientKey,
    /// Whether and why somebody must not be mailed, for everything or this campaign's topic.
    pub suppressed: &'a dyn Fn(&RecipientId) -> Option<Exclusion>,
    /// Whether and why somebody who may be mailed is not now: they were often enough, or wish for none.
    pub not_now: &'a dyn Fn(&RecipientId) -> Option<Exclusion>,
    /// Whether somebody already received every document of the campaign, their own among them.
    pub received: &'a dyn Fn(&RecipientId, Option<Digest>) -> bool,
    /// For a campaign with a document for each recipient.
    pub own_document: Option<&'a OwnDocument<'a>>,
}

/// Where a recipient's address and values are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In a row.
    Row {
        /// Which of the request's lists.
        list: u16,
        /// The row's first byte.
        offset: u64,
    },
    /// Among [`Audience::includes`].
    Include(u32),
    /// A copy of another recipient's mail.
    Copy {
        /// Whose, by position among the entries.
        of: u32,
        /// To whom, by position among [`Audience::copies`].
        to: u16,
    },
}

/// One recipient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// Who.
    pub id: RecipientId,
    /// Where the address is read.
    pub place: Place,
    /// The address's domain, by position among [`Audience::domains`].
    pub domain: u32,
    /// The recipient's own document, by position among [`Audience::documents`].
    pub document: Option<u32>,
}

// A million recipients stay small.
const _: () = assert!(size_of::<Entry>() <= 48);

/// Somebody who gets a copy of every mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopyTo {
    /// Who.
    pub id: RecipientId,
    /// Where to.
    pub address: Address,
    /// Whether other recipients must not see it.
    pub hidden: bool,
    domain: u32,
}

impl CopyTo {
    /// The address's domain, by position among [`Audience::domains`].
    pub const fn domain(&self) -> u32 {
        self.domain
    }
}

/// What one list gave.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct ListCount {
    /// Which.
    pub name: ListName,
    /// Rows read.
    pub rows: u64,
    /// Rows that segment and topic let through, wrong ones among them.
    pub matched: u64,
    /// Recipients that are mailed from it.
    pub selected: u64,
}

/// Wrong rows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Problems {
    /// The first [`PROBLEMS_KEPT`], with their list.
    pub first: Vec<(ListName, RowError)>,
    /// How many in all.
    pub count: u64,
}

/// Why a campaign does not go out as its audience stands.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Hold {
    /// Nobody is left.
    #[error("nobody would get it: the audience is empty")]
    Empty,
    /// Rows of a list whose members must not get it cannot be read: who stands there would be mailed.
    #[error(
        "{rows} rows of the excluded list {list} cannot be read: whoever stands there would get it"
    )]
    ExcludedUnreadable {
        /// The first such list.
        list: ListName,
        /// How many rows, of all such lists.
        rows: u64,
    },
    /// Fewer than `expect.min`.
    #[error("{found} would get it, and at least {min} are expected")]
    TooFew {
        /// How many.
        found: u32,
        /// How many at least.
        min: u32,
    },
    /// More than `expect.max`.
    #[error("{found} would get it, and at most {max} are expected")]
    TooMany {
        /// How many.
        found: u32,
        /// How many at most.
        max: u32,
    },
    /// More than policy allows for a campaign with copies.
    #[error("{found} would get it, and a campaign with cc or bcc may go to {allowed} at most")]
    TooManyForCopies {
        /// How many.
        found: u32,
        /// How many at most.
        allowed: u32,
    },
}

/// Why an audience cannot be resolved. The texts are kept in the ledger: they hold nothing of a row.
#[derive(Debug, thiserror::Error)]
pub enum AudienceError {
    /// A list's file cannot be read.
    #[error("lists/{list}.csv: {}", .error.without_values())]
    List {
        /// Which.
        list: ListName,
        /// Why.
        error: ListError,
    },
    /// The segment does not fit a list.
    #[error("`where` does not fit the list {list}: {error}")]
    Segment {
        /// Which list.
        list: ListName,
        /// Why.
        error: SegmentError,
    },
    /// A list has no such topic.
    #[error("the list {list} has no topic `{topic}`")]
    Topic {
        /// Which list.
        list: ListName,
        /// Which topic.
        topic: String,
    },
    /// A list's consent column does not exist.
    #[error("the list {list} names the consent column `{column}` and has no such column")]
    ConsentColumn {
        /// Which list.
        list: ListName,
        /// Which column.
        column: String,
    },
    /// A single address is none.
    #[error("{key}: this is no e-mail address: {}", .error.why)]
    Address {
        /// The campaign's key.
        key: &'static str,
        /// Why.
        error: AddressError,
    },
    /// A member's own document cannot be read.
    #[error("a recipient's own document cannot be read: {0}")]
    Document(String),
    /// More than an audience can count.
    #[error("there are more recipients, lists or copies than can be counted")]
    TooLarge,
    /// The audience is not what the campaign says it is.
    #[error(transparent)]
    Held(#[from] Hold),
}

/// Who gets a campaign, and who does not.
#[derive(Debug, Clone, PartialEq)]
#[must_use = "an audience is resolved to be shown or arranged"]
pub struct Audience {
    /// Who gets it, in the order of the lists; copies come with [`Audience::arrange`].
    pub entries: Vec<Entry>,
    /// The domains of all, each once.
    pub domains: Vec<String>,
    /// Recipients' own documents.
    pub documents: Vec<Digest>,
    /// The single addresses.
    pub includes: Vec<Address>,
    /// Who gets a copy of every mail.
    pub copies: Vec<CopyTo>,
    /// Who was selected and does not get it, and why.
    pub excluded: Vec<(RecipientId, Exclusion)>,
    /// Who was to get copies and does not, and why: nobody that lists or addresses selected.
    pub copies_left_out: Vec<(RecipientId, Exclusion)>,
    /// What each list gave.
    pub per_list: Vec<ListCount>,
    /// Wrong rows.
    pub problems: Problems,
    /// Why it must not go out like this.
    pub hold: Option<Hold>,
}

impl Audience {
    /// Mails: one for every recipient, and its copies.
    pub fn mails(&self) -> u64 {
        let copies = self.copies.len() as u64;
        (self.entries.len() as u64).saturating_mul(copies.saturating_add(1))
    }

    /// Who does not get it, or no copies, by reason: as the ledger counts them.
    pub fn left_out(&self) -> impl Iterator<Item = Exclusion> + '_ {
        let all = self.excluded.iter().chain(&self.copies_left_out);
        all.map(|(_, reason)| *reason)
    }
}

#[cfg(test)]
mod tests;
