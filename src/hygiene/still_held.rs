//! Branches that are not in the main branch yet and hold rows of a person: whoever merges one may bring them back.
//!
//! Bounded: each version of a list is read once, however many branches have it. Nothing about a single branch is an error: what cannot be
//! told of one is said of it.

use std::collections::hash_map::Entry as Slot;
use std::collections::{HashMap, HashSet};
use std::ops::Range;

use super::HygieneError;
use super::forget::rows_in;
use super::gather::Ground;
use super::proposal::{self, Branch};
use crate::git::{CommitId, EntryKind, GitError, ObjectId, Remote};
use crate::mail::recipient_id::RecipientId;
use crate::workspace::Workspace;
use crate::workspace::encryption::ENDING;
use crate::workspace::names::ListName;

/// What a branch has of a person; of several lists the last of these counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Holds {
    /// It has their rows as it had them where it left the main branch, and nothing beside them is other: merged, nothing comes back.
    AsBefore,
    /// It, or a list of it, cannot be read, and nobody can say.
    Unreadable,
    /// It puts rows of theirs in, or changes them or what stands beside them: merged, they may be there again.
    BringsBack,
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

/// A version of a list.
#[derive(Debug, Clone)]
struct Version {
    name: ListName,
    /// Its rows as they are stored, where it has any.
    rows: Option<ObjectId>,
    /// What it has of the person; `None` where it cannot be read.
    theirs: Option<Theirs>,
}

#[derive(Debug, Clone)]
struct Theirs {
    /// The lines of each of their rows, counted from 0; `None` in an encrypted list.
    at: Vec<Option<Range<usize>>>,
    /// How many rows cannot be read: theirs may be among them.
    unreadable: u64,
}

/// The versions that were read: by the list's name and the objects of its settings and its rows.
type Seen = HashMap<(String, ObjectId, Option<ObjectId>), Version>;

/// The branches here and on the remote, but for the main branch and the ledger's, that hold rows of a person, by name.
///
/// # Errors
/// [`HygieneError`], where nobody can say which branches there are.
pub fn holding_branches(
    ground: &Ground<'_>,
    remote: &Remote,
    recipient: &RecipientId,
) -> Result<Vec<HoldingBranch>, HygieneError> {
    let settings = &ground.workspace.settings.ledger;
    let mut seen = Seen::new();
    let mut found = Vec::new();
    for branch in proposal::open_branches(ground, remote, &[""])? {
        if [&settings.main, &settings.branch].contains(&&branch.name) {
            continue;
        }
        let holds = holds(ground, &branch, recipient, &mut seen);
        if let Some(holds) = holds.unwrap_or(Some(Holds::Unreadable)) {
            found.push(HoldingBranch {
                name: branch.name,
                on_remote: branch.on_remote,
                holds,
            });
        }
    }
    Ok(found)
}

fn holds(
    ground: &Ground<'_>,
    branch: &Branch,
    recipient: &RecipientId,
    seen: &mut Seen,
) -> Result<Option<Holds>, HygieneError> {
    let there = versions(ground, branch.commit, recipient, seen)?;
    let base = ground
        .ledger
        .repository()
        .merge_base(ground.head, branch.commit);
    // Where nobody can say what the branch began with, all that it has is its own.
    let base = match base {
        Ok(Some(base)) => versions(ground, base, recipient, seen).unwrap_or_default(),
        Ok(None) | Err(_) => Vec::new(),
    };
    let mut most = None;
    for list in &there {
        let before = base.iter().find(|it| it.name == list.name);
        most = most.max(held(ground, list, before)?);
    }
    Ok(most)
}

/// What a list of a branch has of the person, beside the same list where the branch left the main branch.
fn held(
    ground: &Ground<'_>,
    list: &Version,
    before: Option<&Version>,
) -> Result<Option<Holds>, GitError> {
    let Some(theirs) = &list.theirs else {
        return Ok(Some(Holds::Unreadable));
    };
    let known = before.and_then(|it| it.theirs.as_ref());
    let is_doubtful = theirs.unreadable > known.map_or(0, |it| it.unreadable);
    let doubt = is_doubtful.then_some(Holds::Unreadable);
    if theirs.at.is_empty() {
        return Ok(doubt);
    }
    let is_untouched = before.is_some_and(|it| it.rows == list.rows);
    let is_as_before = is_untouched
        || match (list.rows, before.and_then(|it| it.rows), known) {
            (Some(now), Some(then), Some(known)) => {
                let repository = ground.ledger.repository();
                let now = repository.with_blob(now, <[u8]>::to_vec)?;
                let then = repository.with_blob(then, <[u8]>::to_vec)?;
                stays((&now, &theirs.at), (&then, &known.at))
            }
            _ => false,
        };
    let rows = match is_as_before {
        true => Holds::AsBefore,
        false => Holds::BringsBack,
    };
    Ok(doubt.max(Some(rows)))
}

/// A file, and the lines of a person's rows in it.
type Rows<'a> = (&'a [u8], &'a [Option<Range<usize>>]);

/// Whether git, merging `now` into a branch in which the rows of `then` are gone, takes them out without asking: each stands as it
/// stood, between the same neighbours, and no line is before it that was after it, or the other way round.
fn stays((now, rows): Rows<'_>, (then, known): Rows<'_>) -> bool {
    let lines = |text| <[u8]>::split_inclusive(text, |byte| *byte == b'\n').collect::<Vec<_>>();
    let (now, then) = (lines(now), lines(then));
    let stays = |row: &Option<Range<usize>>, known: &Option<Range<usize>>| {
        let (Some(row), Some(known)) = (row, known) else {
            return false;
        };
        let (Some(now), Some(then)) = (around(&now, row), around(&then, known)) else {
            return false;
        };
        let [before, own, after] = now;
        let [was_before, was_own, was_after] = then;
        own == was_own
            && before.last() == was_before.last()
            && after.first() == was_after.first()
            && !has_crossed(before, was_after, was_before)
            && !has_crossed(after, was_before, was_after)
    };
    rows.len() == known.len() && rows.iter().zip(known).all(|(row, known)| stays(row, known))
}

/// Whether one of the lines was on the other side, and not on this one.
fn has_crossed(lines: &[&[u8]], other: &[&[u8]], own: &[&[u8]]) -> bool {
    let (other, own): (HashSet<_>, HashSet<_>) = (other.iter().collect(), own.iter().collect());
    let mut lines = lines.iter();
    lines.any(|it| other.contains(it) && !own.contains(it))
}

/// The lines before a row, its own, and those after it.
fn around<'a>(lines: &'a [&'a [u8]], row: &Range<usize>) -> Option<[&'a [&'a [u8]]; 3]> {
    let (before, own) = (lines.get(..row.start)?, lines.get(row.clone())?);
    Some([before, own, lines.get(row.end..)?])
}

/// The lists of a commit.
fn versions(
    ground: &Ground<'_>,
    commit: CommitId,
    recipient: &RecipientId,
    seen: &mut Seen,
) -> Result<Vec<Version>, HygieneError> {
    let repository = ground.ledger.repository();
    let folder = repository.entry(commit, "lists")?;
    // Whoever makes a branch may call anything so.
    let Some(folder) = folder.filter(|it| it.kind == EntryKind::Folder) else {
        return Ok(Vec::new());
    };
    let entries = repository.entries(folder.id)?;
    let object = |name: String| entries.iter().find(|it| it.name == name).map(|it| it.id);
    let mut all = Vec::new();
    for entry in &entries {
        let Some(name) = entry.name.strip_suffix(".yaml") else {
            continue;
        };
        let rows = object(format!("{name}.csv")).or_else(|| object(format!("{name}{ENDING}")));
        let version = match seen.entry((name.to_owned(), entry.id, rows)) {
            Slot::Occupied(known) => known.into_mut(),
            Slot::Vacant(slot) => slot.insert(Version {
                name: ListName::new(name),
                rows,
                theirs: theirs(ground, commit, name, recipient)?,
            }),
        };
        all.push(version.clone());
    }
    Ok(all)
}

fn theirs(
    ground: &Ground<'_>,
    commit: CommitId,
    name: &str,
    recipient: &RecipientId,
) -> Result<Option<Theirs>, HygieneError> {
    let name = ListName::new(name);
    let Ok(file) = Workspace::load_list(&ground.files_at(commit)?, &name) else {
        return Ok(None);
    };
    let Ok(found) = rows_in((ground, commit), &name, &file, recipient) else {
        return Ok(None);
    };
    let lines = found.rows.iter().map(|(row, _)| {
        let breaks = |cell: &String| cell.bytes().filter(|byte| *byte == b'\n').count();
        let more: usize = row.cells.iter().map(|(_, cell)| breaks(cell)).sum();
        let first = usize::try_from(row.line).ok()?.checked_sub(1)?;
        (!file.is_encrypted()).then_some(first..first + 1 + more)
    });
    Ok(Some(Theirs {
        at: lines.collect(),
        unreadable: found.unreadable,
    }))
}

#[cfg(test)]
#[allow(clippy::indexing_slicing, reason = "a test fails by panicking")]
mod tests {
    use std::ops::Range;

    use super::stays;

    /// Their rows are those with an `x`.
    fn rows(text: &str) -> Vec<Option<Range<usize>>> {
        let lines = text.split('\n').enumerate();
        let theirs = lines.filter(|(_, line)| line.starts_with('x'));
        theirs.map(|(at, _)| Some(at..at + 1)).collect()
    }

    #[test]
    fn a_row_stays_only_where_git_takes_it_out_without_asking() {
        let base = "head\na\nb\nx1\nc\nd\n";
        for (now, wanted) in [
            (base, true),
            ("head\nb\nx1\nc\nd\n", true),
            ("head\nA\nb\nx1\nc\nd\ne\n", true),
            // Changed, twice, at the end, with their neighbours, beside others; a neighbour that changed; other line ends.
            ("head\na\nb\nx2\nc\nd\n", false),
            ("head\na\nb\nx1\nc\nd\nx1\n", false),
            ("head\na\nb\nc\nd\nx1\n", false),
            ("head\na\nd\nb\nx1\nc\n", false),
            ("head\nd\nb\nx1\nc\na\n", false),
            ("head\nb\na\nx1\nc\nd\n", false),
            ("head\na\nB\nx1\nc\nd\n", false),
            ("head\na\nb\nx1\nC\nd\n", false),
            ("head\r\na\r\nb\r\nx1\r\nc\r\nd\r\n", false),
            ("head\na\nb\nx1", false),
        ] {
            let found = stays((now.as_bytes(), &rows(now)), (base.as_bytes(), &rows(base)));
            assert_eq!(found, wanted, "{now}");
        }
        // Of an encrypted list no lines are known.
        let base = base.as_bytes();
        assert!(!stays((base, &[None]), (base, &[None])));
        // Nor of lines that are not there.
        assert!(!stays((base, &[Some(7..9)]), (base, &[Some(7..9)])));
    }
}
