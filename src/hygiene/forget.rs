//! A person's right to erasure: the change that takes their rows out of every list, and a suppression by keyed hash, so that a row
//! that comes back by an old spreadsheet is not mailed.
//!
//! The change is a branch for review, made as [`super::clean`] makes its own. What git's history holds it cannot take back.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::HygieneError;
use super::gather::Ground;
use super::proposal;
use crate::git::{CommitId, GitError};
use crate::ledger::branch::{Batch, Ledger};
use crate::ledger::event::{Exclusion, RunId, Scope, SuppressionEvent};
use crate::ledger::wish::Wanted;
use crate::ledger::wishes::Cells;
use crate::mail::address::Address;
use crate::mail::recipient_id::RecipientId;
use crate::workspace::loaded::ListFile;
use crate::workspace::members::{self, Members};
use crate::workspace::names::ListName;
use crate::workspace::source::SourceError;

/// What forgetting branches are called, before the person's id.
pub const PREFIX: &str = "postmerge/forget-";

/// A row about the person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowOf {
    /// In which list.
    pub list: ListName,
    /// On which line of its file.
    pub line: u64,
    /// Its cells, by column.
    pub cells: Vec<(String, String)>,
}

/// Something that the person wrote of themselves for a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedRow {
    /// For which list.
    pub list: String,
    /// When.
    pub at: Timestamp,
    /// Whether they joined by it, and it is not in the list's file.
    pub waits: bool,
    /// What, by column; nothing where the key does not open it.
    pub cells: BTreeMap<String, String>,
}

/// What a row that cannot be read cell by cell is exported under.
const AS_IT_STANDS: &str = "(the row as it stands)";

/// Everything that the workspace says of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// As the ledger has them.
    pub recipient: RecipientId,
    /// Their rows.
    pub rows: Vec<RowOf>,
    /// Lists with rows that cannot be read, and how many: theirs may be among them.
    pub unreadable: Vec<(ListName, u64)>,
    /// What they wrote themselves where they joined or changed their data, sealed on the ledger.
    pub sealed: Vec<SealedRow>,
    /// Campaigns that name the address (`include`, `exclude`, `cc`, `bcc`): a person edits those.
    pub campaigns: Vec<String>,
}

/// What the main branch says of a person.
///
/// # Errors
/// [`HygieneError`], where a list cannot be read: then nobody can say that they are in none.
pub fn known(ground: &Ground<'_>, address: &Address) -> Result<Known, HygieneError> {
    let recipient = ground.key.id(address);
    let (mut rows, mut unreadable) = (Vec::new(), Vec::new());
    for (name, file) in &ground.workspace.lists {
        match rows_in(ground, name, file, &recipient, &mut rows)? {
            0 => {}
            count => unreadable.push((name.clone(), count)),
        }
    }
    let is_theirs = |text: &String| {
        Address::parse(text).is_ok_and(|address| ground.key.id(&address) == recipient)
    };
    let campaigns = ground.workspace.campaigns.values().filter(|file| {
        let campaign = &file.campaign;
        let audience = &campaign.audience;
        let named = audience.include.iter().chain(&audience.exclude);
        named
            .chain(&campaign.cc)
            .chain(&campaign.bcc)
            .any(is_theirs)
    });
    Ok(Known {
        recipient,
        sealed: sealed(ground, &recipient)?,
        campaigns: campaigns.map(|file| file.path.to_string()).collect(),
        unreadable,
        rows,
    })
}

/// What the ledger keeps of their own words, sealed.
fn sealed(ground: &Ground<'_>, who: &RecipientId) -> Result<Vec<SealedRow>, HygieneError> {
    let mut found = Vec::new();
    ground.ledger.wish_events(0, |segment, wish| {
        if wish.recipient != *who {
            return;
        }
        let (list, row, joins) = match &wish.what {
            Wanted::Joined { list, row, .. } => (list, row, true),
            Wanted::Changed { list, row } => (list, row, false),
            _ => return,
        };
        let file = ground.workspace.lists.iter();
        let mut file = file.filter(|(name, _)| name.as_str() == list);
        let folded = file.next().and_then(|(_, file)| file.list.folded);
        let cells = Cells::open(row, ground.key).map(|it| it.cells);
        found.push(SealedRow {
            list: list.clone(),
            at: wish.at,
            waits: joins && segment >= folded.unwrap_or(0),
            cells: cells.unwrap_or_default(),
        });
    })?;
    Ok(found)
}

/// Takes their rows of one list; says how many rows cannot be read.
fn rows_in(
    ground: &Ground<'_>,
    name: &ListName,
    file: &ListFile,
    recipient: &RecipientId,
    rows: &mut Vec<RowOf>,
) -> Result<u64, HygieneError> {
    let path = file.members.as_str();
    let wrong = |why: String| HygieneError::List {
        list: path.to_owned(),
        why,
    };
    let input = match file.open(&ground.files_at(ground.head)?) {
        Ok(input) => input,
        Err(SourceError::Missing(_) | SourceError::NotRegular(_)) => return Ok(0),
        Err(why) => return Err(why.into()),
    };
    let mut members = Members::new(input, &file.list).map_err(|why| wrong(why.without_values()))?;
    let names = std::sync::Arc::clone(members.columns().names());
    let mut buffer = String::new();
    let mut unreadable = 0;
    while let Some(row) = members
        .next_known()
        .map_err(|why| wrong(why.without_values()))?
    {
        let row = match row {
            members::Known::Row(row) => row,
            members::Known::Wrong { at, address, raw } => {
                if ground.key.id_of_ref(&address, &mut buffer) == *recipient {
                    let raw = String::from_utf8_lossy(raw).trim_end().to_owned();
                    rows.push(RowOf {
                        list: name.clone(),
                        line: at.line,
                        cells: vec![(AS_IT_STANDS.to_owned(), raw)],
                    });
                }
                continue;
            }
            members::Known::Nobodys(_) => {
                unreadable += 1;
                continue;
            }
        };
        if ground.key.id_of_ref(row.address(), &mut buffer) != *recipient {
            continue;
        }
        let cells = names.iter().enumerate();
        let cells = cells.map(|(at, column)| (column.clone(), row.cell(at).to_owned()));
        rows.push(RowOf {
            list: name.clone(),
            line: row.at().line,
            cells: cells.collect(),
        });
    }
    Ok(unreadable)
}

/// Writes the branch that takes the rows out; `None` where there are none. One that is there already stays.
///
/// # Errors
/// [`HygieneError`]; [`HygieneError::Taken`] where a branch of that name holds another change.
pub fn propose(
    ground: &Ground<'_>,
    known: &Known,
    now: Timestamp,
) -> Result<Option<(String, CommitId)>, HygieneError> {
    if known.rows.is_empty() {
        return Ok(None);
    }
    let mut files = Vec::new();
    for group in known.rows.chunk_by(|one, next| one.list == next.list) {
        let list = group
            .first()
            .and_then(|row| ground.workspace.lists.get(&row.list));
        let Some(file) = list else { continue };
        let (written, _) = proposal::without(ground, file, |id| *id == known.recipient)?;
        files.push(written);
    }
    let id: String = known.recipient.to_string().chars().take(12).collect();
    let branch = format!("{PREFIX}{id}");
    let message = format!(
        "lists: take out a person who asked to be forgotten\n\nRows: {}. The ledger knows them as {} from now on, and mails\nthem nothing.\n",
        known.rows.len(),
        known.recipient
    );
    let (commit, there) = proposal::commit(ground, &files, (&branch, &message), now)?;
    // One that is there already is never moved: somebody may have gone on with it.
    let repository = ground.ledger.repository();
    let tree = |commit| Ok::<_, GitError>(repository.entry(commit, "")?.map(|entry| entry.id));
    match tree(there)? == tree(commit)? {
        true => Ok(Some((branch, there))),
        false => Err(HygieneError::Taken(branch)),
    }
}

/// Says on the ledger that they are not mailed any more, unless it says so; whether it did not.
///
/// # Errors
/// [`HygieneError`].
pub fn suppress(
    ledger: &mut Ledger,
    recipient: RecipientId,
    (run, now): (RunId, Timestamp),
) -> Result<bool, HygieneError> {
    let known = ledger.suppressions()?.exact(&recipient, &Scope::All);
    if known == Some(Exclusion::Suppressed) {
        return Ok(false);
    }
    ledger.publish(&Batch {
        suppressions: vec![SuppressionEvent::Suppressed {
            recipient,
            scope: Scope::All,
            reason: Exclusion::Suppressed,
            at: now,
            note: "asked to be forgotten".to_owned(),
        }],
        ..Batch::new(
            run,
            now,
            "suppressions: one asked to be forgotten".to_owned(),
        )
    })?;
    Ok(true)
}
