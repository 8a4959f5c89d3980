//! Finding the rows of a published audience again: the ledger has ids in a fixed order, the lists have
//! addresses in theirs.
//!
//! The same way serves a fresh start and a resumed one. Holds 12 bytes a recipient for the look-up
//! while it works, and 12 bytes after.

use std::collections::HashMap;
use std::io::{Seek, SeekFrom};

use super::error::StartError;
use super::material::Lists;
use crate::ledger::event::RecipientIndex;
use crate::ledger::state::OccurrenceState;
use crate::mail::address::Address;
use crate::mail::recipient_id::{RecipientId, RecipientKey};
use crate::workspace::members::Members;

/// Where a recipient's data are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// A row: which list, and its byte offset in the spooled file.
    Row(u16, u64),
    /// One of the campaign's `include` addresses.
    Include(u16),
    /// A copy of this recipient's mail, to one of the campaign's `cc` and `bcc` addresses.
    Copy(u32, u16),
    /// Nowhere any more.
    Lost,
}

/// For every recipient of the audience, where their data are.
///
/// # Errors
/// [`StartError::List`] where a list can not be read.
pub fn locate(
    state: &OccurrenceState,
    lists: &Lists,
    include: &[Address],
    copies: &[Address],
    key: &RecipientKey,
) -> Result<Vec<Place>, StartError> {
    let mut places = vec![Place::Lost; state.ids().len()];
    let mut sought: HashMap<RecipientId, u32> = HashMap::with_capacity(state.ids().len());
    for (id, index) in state.ids().iter().zip(0u32..) {
        match state.copy_of(RecipientIndex(index)) {
            None => {
                sought.insert(*id, index);
            }
            Some(RecipientIndex(of)) => {
                let which = copies.iter().position(|copy| key.id(copy) == *id);
                if let (Some(which), Some(place)) = (which, places.get_mut(index as usize)) {
                    *place = Place::Copy(of, u16::try_from(which).unwrap_or(u16::MAX));
                }
            }
        }
    }
    let mut buffer = String::new();
    for (spooled, number) in lists.lists.iter().zip(0u16..) {
        let wrong = |why: String| StartError::List {
            list: spooled.name.to_string(),
            why,
        };
        let mut rows = &spooled.rows;
        rows.seek(SeekFrom::Start(0))
            .map_err(|why| wrong(why.to_string()))?;
        let mut members =
            Members::new(rows, &spooled.file.list).map_err(|why| wrong(why.to_string()))?;
        while let Some(row) = members.next_row().map_err(|why| wrong(why.to_string()))? {
            let Ok(row) = row else { continue };
            if let Some(index) = sought.remove(&key.id_of_ref(row.address(), &mut buffer))
                && let Some(place) = places.get_mut(index as usize)
            {
                *place = Place::Row(number, row.at().offset);
            }
        }
    }
    for (number, address) in include.iter().enumerate() {
        if let Some(index) = sought.remove(&key.id(address))
            && let Some(place) = places.get_mut(index as usize)
        {
            *place = Place::Include(u16::try_from(number).unwrap_or(u16::MAX));
        }
    }
    Ok(places)
}
