//! A person's right to erasure: the change that takes their rows out of every list, and a suppression by keyed hash, so that a row
//! that comes back by an old spreadsheet is not mailed.
//!
//! The change is a branch for review, made as [`super::clean`] makes its own. Neither its name nor its message says who it is about: the
//! ledger's id beside the row would tell whose every mail on the ledger was. What git's history holds it cannot take back.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Time;

use super::HygieneError;
use super::gather::Ground;
use super::proposal;
use crate::diagnostic::counted;
use crate::git::{CommitId, Remote};
use crate::ledger::branch::{Batch, Ledger};
use crate::ledger::event::{Exclusion, RunId, Scope, SuppressionEvent};
use crate::ledger::last_word::after;
use crate::ledger::wish::Wanted;
use crate::ledger::wishes::Cells;
use crate::mail::address::Address;
use crate::mail::recipient_id::RecipientId;
use crate::plan::calendar::calendar;
use crate::workspace::document_path::DocumentPath;
use crate::workspace::loaded::ListFile;
use crate::workspace::member::Member;
use crate::workspace::members::{self, Members};
use crate::workspace::names::ListName;
use crate::workspace::source::SourceError;

/// What forgetting branches are called, before what tells one person's from another's.
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
    /// Documents of which everybody has their own, and this is theirs by their row: files that the main branch has now.
    pub documents: Vec<String>,
}

/// A person's rows of one list.
#[derive(Default)]
pub(super) struct Rows {
    /// Each, with its values where it can be read.
    pub(super) rows: Vec<(RowOf, Option<Member>)>,
    /// How many rows of the list cannot be read.
    pub(super) unreadable: u64,
}

/// What the main branch says of a person.
///
/// # Errors
/// [`HygieneError`], where a list cannot be read: then nobody can say that they are in none.
pub fn known(ground: &Ground<'_>, address: &Address) -> Result<Known, HygieneError> {
    let recipient = ground.key.id(address);
    let (mut rows, mut unreadable) = (Vec::new(), Vec::new());
    let mut documents = BTreeSet::new();
    for (name, file) in &ground.workspace.lists {
        let found = rows_in((ground, ground.head), name, file, &recipient)?;
        if found.unreadable > 0 {
            unreadable.push((name.clone(), found.unreadable));
        }
        for (row, member) in found.rows {
            if let Some(member) = member {
                documents.extend(documents_of(ground, name, &member)?);
            }
            rows.push(row);
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
        documents: documents.into_iter().collect(),
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

/// The files of the main branch that campaigns to this list give to this member alone.
fn documents_of(
    ground: &Ground<'_>,
    list: &ListName,
    member: &Member,
) -> Result<Vec<String>, HygieneError> {
    let repository = ground.ledger.repository();
    let mut found = Vec::new();
    for file in ground.workspace.campaigns.values() {
        if !file.campaign.audience.lists.contains(list) {
            continue;
        }
        let patterns = file.campaign.documents.iter();
        let patterns = patterns.filter_map(|it| DocumentPath::parse(&it.file).ok());
        for pattern in patterns.filter(DocumentPath::is_per_recipient) {
            // Whose row makes no path has no document.
            let Ok(path) = pattern.resolve(member) else {
                continue;
            };
            let path = format!("{}/{path}", file.folder);
            if repository.entry(ground.head, &path)?.is_some() {
                found.push(path);
            }
        }
    }
    Ok(found)
}

/// Their rows of one list, as a commit has it.
pub(super) fn rows_in(
    (ground, commit): (&Ground<'_>, CommitId),
    name: &ListName,
    file: &ListFile,
    recipient: &RecipientId,
) -> Result<Rows, HygieneError> {
    let path = file.members.as_str();
    let wrong = |why: String| HygieneError::List {
        list: path.to_owned(),
        why,
    };
    let mut found = Rows::default();
    let input = match file.open(&ground.files_at(commit)?) {
        Ok(input) => input,
        Err(SourceError::Missing(_) | SourceError::NotRegular(_)) => return Ok(found),
        Err(why) => return Err(why.into()),
    };
    let mut members = Members::new(input, &file.list).map_err(|why| wrong(why.without_values()))?;
    let names = std::sync::Arc::clone(members.columns().names());
    let mut buffer = String::new();
    let row_of = |line, cells| RowOf {
        list: name.clone(),
        line,
        cells,
    };
    while let Some(row) = members
        .next_known()
        .map_err(|why| wrong(why.without_values()))?
    {
        match row {
            members::Known::Row(row) => {
                if ground.key.id_of_ref(row.address(), &mut buffer) == *recipient {
                    let cells = names.iter().enumerate();
                    let cells = cells.map(|(at, column)| (column.clone(), row.cell(at).to_owned()));
                    let cells = cells.collect();
                    let member = row.to_member();
                    found
                        .rows
                        .push((row_of(row.at().line, cells), Some(member)));
                }
            }
            members::Known::Wrong { at, address, raw } => {
                if ground.key.id_of_ref(&address, &mut buffer) == *recipient {
                    let raw = String::from_utf8_lossy(raw).trim_end().to_owned();
                    let cells = vec![(AS_IT_STANDS.to_owned(), raw)];
                    found.rows.push((row_of(at.line, cells), None));
                }
            }
            members::Known::Nobodys(_) => found.unreadable += 1,
        }
    }
    Ok(found)
}

/// A branch that takes a person's rows out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removal {
    /// Its name.
    pub branch: String,
    /// Whether it was made just now.
    pub is_new: bool,
    /// Whether the remote has it.
    pub is_pushed: bool,
}

/// Writes the branch that takes the rows out; `None` where there are none. One that is open and takes them out of every list stays, and no
/// other is made; whatever else has its name is left alone, and the new one gets a number.
///
/// # Errors
/// [`HygieneError`].
pub fn propose(
    ground: &Ground<'_>,
    remote: &Remote,
    known: &Known,
    now: Timestamp,
) -> Result<Option<Removal>, HygieneError> {
    if known.rows.is_empty() {
        return Ok(None);
    }
    let first = branch_of(ground, &known.recipient);
    let open = proposal::open_branches(ground, remote, &[&first])?;
    for branch in &open {
        if takes_out(ground, branch.commit, known)? {
            return Ok(Some(Removal {
                branch: branch.name.clone(),
                is_new: false,
                is_pushed: branch.on_remote,
            }));
        }
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
    let branch = proposal::free_name(ground.ledger.repository(), &first, &open)?;
    let message = format!(
        "lists: take out a person who asked to be forgotten\n\n{}. They are mailed nothing any more, whether this is merged or not.\n",
        counted(known.rows.len(), "row", "rows"),
    );
    // The ledger has the very moment: by it, the row would tell whose every mail on the ledger was.
    let calendar = calendar(&ground.workspace.settings)?;
    let day = calendar.moment(calendar.date_of(now), Time::midnight());
    let day = day.unwrap_or(Timestamp::UNIX_EPOCH);
    let (commit, there) = proposal::commit(ground, &files, (&branch, &message), day)?;
    match there == commit {
        true => Ok(Some(Removal {
            branch,
            is_new: true,
            is_pushed: false,
        })),
        false => Err(HygieneError::Taken(branch)),
    }
}

/// The same for one person whenever they are forgotten, and nothing that the ledger has: only the key can make it.
fn branch_of(ground: &Ground<'_>, recipient: &RecipientId) -> String {
    let mac = ground.key.mac("forget-branch", &[&recipient.0]);
    let name: String = mac.iter().take(6).map(|b| format!("{b:02x}")).collect();
    format!("{PREFIX}{name}")
}

/// Whether a branch has no row of theirs in any list in which the main branch has one.
fn takes_out(ground: &Ground<'_>, commit: CommitId, known: &Known) -> Result<bool, HygieneError> {
    let lists: BTreeSet<&ListName> = known.rows.iter().map(|row| &row.list).collect();
    for name in lists {
        let Some(file) = ground.workspace.lists.get(name) else {
            continue;
        };
        // What cannot be read there says nothing.
        match rows_in((ground, commit), name, file, &known.recipient) {
            Ok(found) if found.rows.is_empty() => {}
            _ => return Ok(false),
        }
    }
    Ok(true)
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
    let suppressions = ledger.suppressions()?;
    if suppressions.exact(&recipient, &Scope::All) == Some(Exclusion::Suppressed) {
        return Ok(false);
    }
    // It holds, however far ahead the clock was by which something else was said.
    let at = after(suppressions.last(&recipient), now);
    ledger.publish(&Batch {
        suppressions: vec![SuppressionEvent::Suppressed {
            recipient,
            scope: Scope::All,
            reason: Exclusion::Suppressed,
            at,
            // No words that nothing else writes: they would tell whose row went on that day.
            note: String::new(),
        }],
        ..Batch::new(run, now, "suppressions: one suppressed by hand".to_owned())
    })?;
    Ok(true)
}
