//! Branches that are not in the main branch yet and hold rows of a person: whoever merges one may bring them back.
//!
//! Bounded: each version of a list is read once, however many branches have it.

use std::collections::HashMap;
use std::collections::hash_map::Entry as Slot;

use super::HygieneError;
use super::forget::rows_in;
use super::gather::Ground;
use super::proposal;
use crate::git::{CommitId, ObjectId, Remote};
use crate::mail::recipient_id::RecipientId;
use crate::workspace::Workspace;
use crate::workspace::encryption::ENDING;
use crate::workspace::names::ListName;

/// What a branch has of a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holds {
    /// It puts rows of theirs in, or changes them: merged, they are there again.
    BringsBack,
    /// It has their rows as it had them where it left the main branch: merged, nothing comes back.
    AsBefore,
    /// It has a list that cannot be read, and nobody can say.
    Unreadable,
}

/// A branch that holds rows of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HoldingBranch {
    /// Its name.
    pub name: String,
    /// Whether the remote has it.
    pub on_remote: bool,
    /// What it has.
    pub holds: Holds,
}

/// A row's cells by column, with its list.
type Cells = (ListName, Vec<(String, String)>);

/// What each version of a list has of the person: by the objects of its settings and its rows; `None` where it cannot be read.
type Seen = HashMap<(ObjectId, Option<ObjectId>), Option<Vec<Cells>>>;

/// The branches here and on the remote, but for the main branch and the ledger's, that hold rows of a person, by name.
///
/// # Errors
/// [`HygieneError`].
pub fn holding_branches(
    ground: &Ground<'_>,
    remote: &Remote,
    recipient: &RecipientId,
) -> Result<Vec<HoldingBranch>, HygieneError> {
    let repository = ground.ledger.repository();
    let settings = &ground.workspace.settings.ledger;
    let mut seen = Seen::new();
    let mut found = Vec::new();
    for branch in proposal::open_branches(ground, remote, &[""])? {
        if [&settings.main, &settings.branch].contains(&&branch.name) {
            continue;
        }
        let there = theirs(ground, branch.commit, recipient, &mut seen)?;
        let base = match repository.merge_base(ground.head, branch.commit)? {
            Some(base) => theirs(ground, base, recipient, &mut seen)?,
            None => Some(Vec::new()),
        };
        let holds = match (there, base) {
            (Some(there), _) if there.is_empty() => continue,
            (None, _) => Holds::Unreadable,
            (Some(there), Some(base)) if there.iter().all(|row| base.contains(row)) => {
                Holds::AsBefore
            }
            (Some(_), _) => Holds::BringsBack,
        };
        found.push(HoldingBranch {
            name: branch.name,
            on_remote: branch.on_remote,
            holds,
        });
    }
    Ok(found)
}

/// All that a commit's lists have of the person; `None` where that cannot be told.
fn theirs(
    ground: &Ground<'_>,
    commit: CommitId,
    recipient: &RecipientId,
    seen: &mut Seen,
) -> Result<Option<Vec<Cells>>, HygieneError> {
    let repository = ground.ledger.repository();
    let Some(folder) = repository.entry(commit, "lists")? else {
        return Ok(Some(Vec::new()));
    };
    let entries = repository.entries(folder.id)?;
    let object = |name: String| entries.iter().find(|it| it.name == name).map(|it| it.id);
    let (mut all, mut is_read) = (Vec::new(), true);
    for entry in &entries {
        let Some(name) = entry.name.strip_suffix(".yaml") else {
            continue;
        };
        let rows = object(format!("{name}.csv")).or_else(|| object(format!("{name}{ENDING}")));
        let of_list = match seen.entry((entry.id, rows)) {
            Slot::Occupied(known) => known.into_mut(),
            Slot::Vacant(slot) => slot.insert(of_list(ground, commit, name, recipient)?),
        };
        match of_list {
            Some(rows) => all.extend(rows.iter().cloned()),
            None => is_read = false,
        }
    }
    // Rows that were found are there, whatever cannot be read besides.
    Ok((is_read || !all.is_empty()).then_some(all))
}

fn of_list(
    ground: &Ground<'_>,
    commit: CommitId,
    name: &str,
    recipient: &RecipientId,
) -> Result<Option<Vec<Cells>>, HygieneError> {
    let name = ListName::new(name);
    let Ok(file) = Workspace::load_list(&ground.files_at(commit)?, &name) else {
        return Ok(None);
    };
    let Ok(found) = rows_in((ground, commit), &name, &file, recipient) else {
        return Ok(None);
    };
    let rows = found.rows.into_iter();
    Ok(Some(rows.map(|(row, _)| (row.list, row.cells)).collect()))
}
