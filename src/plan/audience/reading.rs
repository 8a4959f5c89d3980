//! The part of resolving that needs nothing but the rows: reading, checking, filtering, ids. Runs
//! on a thread of its own and hands over what it selected in batches.

use std::collections::HashMap;
use std::fs::File;
use std::io::{Seek, SeekFrom};
use std::sync::mpsc::SyncSender;

use super::selection::Selection;
use super::{AudienceError, ListCount, ListFile, PROBLEMS_KEPT, Problems};
use crate::ledger::event::Exclusion;
use crate::mail::recipient_id::{RecipientId, RecipientKey};
use crate::workspace::campaign::{self, Purpose};
use crate::workspace::members::{ListError, Members, RowError};

/// Rows in a batch: enough that handing over costs nothing, few enough to stay in the cache.
pub(super) const BATCH: usize = 1_024;

/// A row that segment and topic let through.
#[derive(Debug, Clone, Copy)]
pub(super) struct Selected {
    pub(super) id: RecipientId,
    pub(super) offset: u64,
    pub(super) list: u16,
    /// How long its domain is; 0 for a row without a readable address.
    pub(super) domain: u16,
    /// What the row itself says against mailing it.
    pub(super) against: Option<Exclusion>,
}

/// Rows on their way to the other thread.
#[derive(Debug)]
pub(super) struct Batch {
    rows: Vec<Selected>,
    /// The rows' domains, one behind the other.
    domains: String,
}

/// Domains, each once.
#[derive(Debug, Default)]
pub(super) struct Domains {
    names: Vec<String>,
    known: HashMap<String, u32>,
}

/// What is known once every list was read.
pub(super) struct Done {
    pub(super) counts: Vec<ListCount>,
    pub(super) problems: Problems,
}

/// Reads lists for one campaign.
pub(super) struct Reading<'a> {
    pub(super) audience: &'a campaign::Audience,
    pub(super) purpose: Purpose,
    pub(super) key: &'a RecipientKey,
    pub(super) problems: Problems,
}

impl Batch {
    fn new() -> Self {
        Self {
            rows: Vec::with_capacity(BATCH),
            domains: String::with_capacity(32 * BATCH),
        }
    }

    fn add_domain(&mut self, domain: &str) -> u16 {
        self.domains.push_str(domain);
        // A domain has at most 253 bytes.
        domain.len() as u16
    }

    /// The rows with their domains.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&Selected, &str)> {
        let mut start = 0;
        self.rows.iter().map(move |row| {
            let end = start + usize::from(row.domain);
            let domain = self.domains.get(start..end).unwrap_or_default();
            start = end;
            (row, domain)
        })
    }
}

impl Domains {
    pub(super) fn index(&mut self, domain: &str) -> u32 {
        if let Some(index) = self.known.get(domain) {
            return *index;
        }
        // There are fewer domains than recipients, which are counted in 32 bits.
        let index = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        self.names.push(domain.to_owned());
        self.known.insert(domain.to_owned(), index);
        index
    }

    pub(super) fn into_names(self) -> Vec<String> {
        self.names
    }
}

impl Problems {
    pub(super) fn add(&mut self, list: &ListFile<'_>, error: RowError) {
        self.count += 1;
        if self.first.len() < PROBLEMS_KEPT {
            self.first.push((list.name.clone(), error));
        }
    }
}

impl<'a> Reading<'a> {
    /// Reads every list. A receiver that is gone ends it early, as nobody wants the rest.
    pub(super) fn run(
        mut self,
        lists: &[ListFile<'a>],
        to: &SyncSender<Batch>,
    ) -> Result<Done, AudienceError> {
        let mut counts = Vec::with_capacity(lists.len());
        for (index, list) in lists.iter().enumerate() {
            let index = u16::try_from(index).map_err(|_| AudienceError::TooLarge)?;
            counts.push(self.list(index, list, to)?);
        }
        Ok(Done {
            counts,
            problems: self.problems,
        })
    }

    fn list(
        &mut self,
        index: u16,
        list: &ListFile<'a>,
        to: &SyncSender<Batch>,
    ) -> Result<ListCount, AudienceError> {
        let failed = |error| list_error(list, error);
        let mut members = open(list)?;
        let selection = Selection::of(
            self.audience,
            self.purpose,
            list.name,
            list.list,
            members.columns(),
        )?;
        let mut count = ListCount {
            name: list.name.clone(),
            rows: 0,
            matched: 0,
            selected: 0,
        };
        let mut batch = Batch::new();
        let mut identity = String::new();
        while let Some(row) = members.next_row().map_err(failed)? {
            count.rows += 1;
            let selected = match row {
                Ok(row) if !selection.matches(&row) => continue,
                Ok(row) => Selected {
                    id: self.key.id_of_ref(row.address(), &mut identity),
                    offset: row.at().offset,
                    list: index,
                    domain: batch.add_domain(row.address().domain()),
                    against: selection.refuses(&row).then_some(Exclusion::NoConsent),
                },
                Err(error) => {
                    let selected = self.wrong(index, &error);
                    self.problems.add(list, error);
                    selected
                }
            };
            count.matched += 1;
            batch.rows.push(selected);
            if batch.rows.len() == BATCH
                && to
                    .send(std::mem::replace(&mut batch, Batch::new()))
                    .is_err()
            {
                return Ok(count);
            }
        }
        // Where nobody listens any more, the other side has failed and says why.
        let _ = to.send(batch);
        Ok(count)
    }

    /// A wrong row has no address to make an id of, but is accounted for like any other.
    fn wrong(&self, list: u16, error: &RowError) -> Selected {
        Selected {
            id: self.key.id_of_unreadable(error.raw()),
            offset: error.at.offset,
            list,
            domain: 0,
            against: Some(match error.is_about_address() {
                true => Exclusion::AddressInvalid,
                false => Exclusion::NotRenderable,
            }),
        }
    }
}

pub(super) fn open<'a>(list: &ListFile<'a>) -> Result<Members<&'a File>, AudienceError> {
    let mut rows = list.rows;
    rows.seek(SeekFrom::Start(0))
        .map_err(ListError::Io)
        .and_then(|_| Members::new(rows, list.list))
        .map_err(|error| list_error(list, error))
}

pub(super) fn list_error(list: &ListFile<'_>, error: ListError) -> AudienceError {
    AudienceError::List {
        list: list.name.clone(),
        error,
    }
}
