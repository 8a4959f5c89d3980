//! Branches that are not in the main branch yet and hold rows of a person: whoever merges one may bring them back.
//!
//! Bounded: the lists of branches that have the same `lists/` are read once.

use std::collections::HashMap;

use super::HygieneError;
use super::forget::{RowOf, rows_in};
use super::gather::Ground;
use super::proposal;
use crate::git::{CommitId, ObjectId, Remote};
use crate::mail::recipient_id::RecipientId;
use crate::workspace::Workspace;
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

/// Rows of the person, by list, without their lines; `None` where a list cannot be read.
type Theirs = Option<Vec<(ListName, Vec<(String, String)>)>>;

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
    let mut seen: HashMap<ObjectId, Theirs> = HashMap::new();
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

fn theirs(
    ground: &Ground<'_>,
    commit: CommitId,
    recipient: &RecipientId,
    seen: &mut HashMap<ObjectId, Theirs>,
) -> Result<Theirs, HygieneError> {
    let repository = ground.ledger.repository();
    let Some(folder) = repository.entry(commit, "lists")? else {
        return Ok(Some(Vec::new()));
    };
    if let Some(known) = seen.get(&folder.id) {
        return Ok(known.clone());
    }
    let files = ground.files_at(commit)?;
    let mut rows = Vec::new();
    let mut is_read = true;
    for entry in repository.entries(folder.id)? {
        let Some(name) = entry.name.strip_suffix(".yaml").map(ListName::new) else {
            continue;
        };
        let of_list = match Workspace::load_list(&files, &name) {
            Ok(file) => rows_in((ground, commit), &name, &file, recipient),
            Err(_) => {
                is_read = false;
                continue;
            }
        };
        match of_list {
            Ok(found) => rows.extend(found.rows.into_iter().map(|(row, _)| row)),
            Err(_) => is_read = false,
        }
    }
    let cells = |row: RowOf| (row.list, row.cells);
    // Rows that were found are there, whatever cannot be read besides.
    let theirs = (is_read || !rows.is_empty()).then(|| rows.into_iter().map(cells).collect());
    seen.insert(folder.id, theirs.clone());
    Ok(theirs)
}
