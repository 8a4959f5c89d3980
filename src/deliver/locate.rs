//! Finding the rows of a published audience again: the ledger has ids in a fixed order, the lists have
//! addresses in theirs.
//!
//! The same way serves a fresh start and a resumed one. Holds 4 bytes a recipient for the look-up
//! while it works, and 16 bytes after.

use std::io::{Seek, SeekFrom};

use super::error::StartError;
use crate::ledger::event::RecipientIndex;
use crate::ledger::state::OccurrenceState;
use crate::mail::address::Address;
use crate::mail::recipient_id::{RecipientId, RecipientKey};
use crate::plan::PlanError;
use crate::plan::lists::Lists;
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
/// [`PlanError::List`] where a list cannot be read.
pub fn locate(
    state: &OccurrenceState,
    lists: &Lists,
    include: &[Address],
    copies: &[Address],
    key: &RecipientKey,
) -> Result<Vec<Place>, StartError> {
    let mut places = vec![Place::Lost; state.ids().len()];
    let mut sought = Vec::with_capacity(state.ids().len());
    for (id, index) in state.ids().iter().zip(0u32..) {
        match state.copy_of(RecipientIndex(index)) {
            None => sought.push(index),
            Some(RecipientIndex(of)) => {
                let which = copies.iter().position(|copy| key.id(copy) == *id);
                if let (Some(which), Some(place)) = (which, places.get_mut(index as usize)) {
                    *place = Place::Copy(of, u16::try_from(which).unwrap_or(u16::MAX));
                }
            }
        }
    }
    let sought = Sought::new(state.ids(), sought);
    // The first place at which somebody is found is theirs.
    let mut found = |id: RecipientId, at: Place| {
        let place = sought
            .index_of(id)
            .and_then(|index| places.get_mut(index as usize));
        if let Some(place @ Place::Lost) = place {
            *place = at;
        }
    };
    let mut buffer = String::new();
    for (spooled, number) in lists.lists.iter().zip(0u16..) {
        let wrong = |why: String| PlanError::List {
            list: spooled.name.to_string(),
            why,
        };
        let mut rows = &spooled.rows;
        rows.seek(SeekFrom::Start(0))
            .map_err(|why| wrong(why.to_string()))?;
        let mut members =
            Members::new(rows, &spooled.file.list).map_err(|why| wrong(why.without_values()))?;
        while let Some(row) = members.next_row().map_err(|why| wrong(why.to_string()))? {
            let Ok(row) = row else { continue };
            let id = key.id_of_ref(row.address(), &mut buffer);
            found(id, Place::Row(number, row.at().offset));
        }
    }
    for (number, address) in include.iter().enumerate() {
        let number = u16::try_from(number).unwrap_or(u16::MAX);
        found(key.id(address), Place::Include(number));
    }
    Ok(places)
}

/// Recipients by id. Four bytes each: a map of a million ids would be a quarter of all memory.
struct Sought<'a> {
    ids: &'a [RecipientId],
    /// Places in `ids`, in the order of what stands there.
    order: Vec<u32>,
}

impl<'a> Sought<'a> {
    fn new(ids: &'a [RecipientId], mut order: Vec<u32>) -> Self {
        order.sort_unstable_by_key(|index| ids.get(*index as usize));
        Self { ids, order }
    }

    fn index_of(&self, id: RecipientId) -> Option<u32> {
        let at = |index: &u32| self.ids.get(*index as usize).cmp(&Some(&id));
        let found = self.order.binary_search_by(at).ok()?;
        self.order.get(found).copied()
    }
}
