//! What people asked for since a list's file was last brought up to date, laid over the file as it is read: other values in
//! their rows, and rows of those who joined. The same reading makes the change that brings the file up to date.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::{self, Read};

use jiff::Timestamp;

use super::error::PlanError;
use crate::ledger::wishes::{Cells, RowWish, Wishes};
use crate::mail::recipient_id::{RecipientId, RecipientKey};
use crate::workspace::list::List;
use crate::workspace::members::{Amendments, ListError, NewRow, Values};
use crate::workspace::names::ListName;

/// See the module.
#[derive(Debug, Clone, Copy)]
pub struct Overlay<'a> {
    /// What was asked for.
    pub wishes: &'a Wishes,
    /// Opens what people said, and makes their ids.
    pub key: &'a RecipientKey,
}

/// What one person's row of a list becomes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Said {
    /// The address of who joined: a row where there is none.
    pub address: Option<String>,
    /// Values by column.
    pub values: Values,
}

impl Overlay<'_> {
    /// What somebody said of their row of a list since it was brought up to date; what was said later holds. What cannot
    /// be opened counts as not said: it was sealed with another key, or is none of ours.
    pub fn said(&self, name: &ListName, list: &List, who: &RecipientId) -> Said {
        let mut said = Said::default();
        let (list_name, folded) = (name.as_str(), list.folded.unwrap_or(0));
        let mut since = self.wishes.row_of(list_name, folded, who).peekable();
        if since.peek().is_none() {
            return said;
        }
        // What was published late is no newer for it.
        let mut in_file: HashMap<String, Timestamp> = HashMap::new();
        for wish in self.wishes.folded_of(list_name, folded, who) {
            let cells = self.opened(wish, who).map(|it| it.cells);
            for column in cells.unwrap_or_default().into_keys() {
                in_file.insert(column, wish.at);
            }
        }
        for wish in since {
            let Some(mut cells) = self.opened(wish, who) else {
                continue;
            };
            if wish.joined.is_some() {
                said.address = cells.address.or(said.address);
            }
            let is_newer = |column: &str| in_file.get(column).is_none_or(|at| wish.at >= *at);
            cells.cells.retain(|column, _| is_newer(column));
            said.values.extend(cells.cells);
        }
        said
    }

    /// A wish's cells. Whoever can publish on the ledger cannot give one person another's words.
    fn opened(&self, wish: &RowWish, who: &RecipientId) -> Option<Cells> {
        let cells = Cells::open(&wish.row, self.key)?;
        (cells.recipient == *who).then_some(cells)
    }

    /// What a list's file has to become, as it stands in `rows`; of who `is_gone`, which is asked with whether they have a row,
    /// nothing is put in, neither a row nor another cell.
    ///
    /// # Errors
    /// [`ListError`].
    pub fn amendments(
        &self,
        name: &ListName,
        list: &List,
        rows: impl Read,
        is_gone: impl Fn(&RecipientId, bool) -> bool,
    ) -> Result<Amendments, ListError> {
        let folded = list.folded.unwrap_or(0);
        let order = self.wishes.of_list(name.as_str(), folded);
        let said: HashMap<RecipientId, Said> = order
            .iter()
            .map(|who| (*who, self.said(name, list, who)))
            .collect();
        let mut present = HashSet::new();
        let mut buffer = String::new();
        let change = |address: &crate::mail::address::AddressRef<'_>| {
            let who = self.key.id_of_ref(address, &mut buffer);
            let said = said.get(&who)?;
            present.insert(who);
            (!is_gone(&who, true)).then(|| said.values.clone())
        };
        let mut found = Amendments::find(rows, list, change)?;
        let new = order
            .iter()
            .filter(|who| !present.contains(*who) && !is_gone(who, false));
        let new = new.filter_map(|who| {
            let said = said.get(who)?;
            Some(NewRow {
                address: said.address.clone()?,
                values: said.values.clone(),
            })
        });
        found.add(new);
        Ok(found)
    }

    /// A list's rows with the overlay on top, in a file of their own; the file itself where nothing lies over it.
    ///
    /// # Errors
    /// [`PlanError::List`] where it cannot be read.
    pub(super) fn lay(&self, name: &ListName, list: &List, rows: File) -> Result<File, PlanError> {
        let folded = list.folded.unwrap_or(0);
        if self.wishes.of_list(name.as_str(), folded).is_empty() {
            return Ok(rows);
        }
        let wrong = |why: ListError| PlanError::List {
            list: name.to_string(),
            why: why.without_values(),
        };
        let mut source = &rows;
        io::Seek::seek(&mut source, io::SeekFrom::Start(0)).map_err(|why| wrong(why.into()))?;
        let found = self.amendments(name, list, source, |_, _| false);
        let found = found.map_err(wrong)?;
        if found.is_empty() {
            return Ok(rows);
        }
        let written = tempfile::tempfile().and_then(|mut file| {
            let mut out = io::BufWriter::new(&mut file);
            found.write(&mut source, &mut out)?;
            io::Write::flush(&mut out)?;
            drop(out);
            Ok(file)
        });
        written.map_err(|why| wrong(why.into()))
    }
}

#[cfg(test)]
mod tests;
