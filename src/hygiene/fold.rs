//! The change that brings the lists' files up to date with what people asked for themselves: rows of who joined, cells that
//! members changed, nothing else; and in each list's settings how much of it is in the file now. A commit on a branch of its own, for
//! review, made as [`super::clean`] makes its own.
//!
//! Until it is merged what was asked for lies over the lists as before: nobody is mailed more or less by it. So a list whose
//! change waits for review gets no second one; what is asked for meanwhile comes into the next.

use std::collections::BTreeSet;
use std::io::Cursor;

use jiff::Timestamp;

use super::HygieneError;
use super::asked_for::AskedFor;
use super::clean::{Proposal, Wish};
use super::gather::{Gathered, Ground};
use super::proposal::{self, Branch};
use crate::git::ObjectId;
use crate::ledger::event::Scope;
use crate::mail::address::Address;
use crate::mail::recipient_id::RecipientId;
use crate::plan::overlay::Overlay;
use crate::workspace::Workspace;
use crate::workspace::loaded::ListFile;
use crate::workspace::members::Amendments;
use crate::workspace::names::ListName;
use crate::workspace::yaml_edit::with_number;

/// What folding branches are called, before the date.
pub const PREFIX: &str = "postmerge/fold-";

/// A list, and how many people's wishes are not in its file yet.
type Waiting<'a> = (&'a ListName, &'a ListFile, usize);

/// Writes the change, and says which branches propose what waits, the new one last. Nothing is written where all of it is
/// proposed. [`Proposal::cases`] counts people.
///
/// # Errors
/// [`HygieneError`].
pub fn propose(
    ground: &Ground<'_>,
    gathered: &Gathered,
    remote: &crate::git::Remote,
    wish: &Wish,
    now: Timestamp,
) -> Result<Vec<Proposal>, HygieneError> {
    let mut waiting = waiting(ground.workspace, &gathered.asked_for);
    if waiting.is_empty() {
        return Ok(Vec::new());
    }
    let repository = ground.ledger.repository();
    let outward = (remote, wish.push);
    let open = proposal::open_branches(ground, remote, &[PREFIX])?;
    let mut proposals = Vec::new();
    // The newest first: it holds the most.
    for branch in open.iter().rev() {
        let mut by_it = 0;
        let mut left = Vec::new();
        for list in waiting {
            match holds(ground, gathered, branch, &list)? {
                true => by_it += list.2,
                false => left.push(list),
            }
        }
        waiting = left;
        if by_it == 0 {
            continue;
        }
        proposals.push(proposal::known(ground, outward, branch, by_it)?);
    }
    if waiting.is_empty() {
        return Ok(proposals);
    }
    let (files, message) = change(ground, gathered, &waiting)?;
    let date = gathered.calendar.date_of(now);
    let branch = proposal::free_name(repository, &format!("{PREFIX}{date}"), &open)?;
    let people = waiting.iter().map(|(.., people)| people).sum();
    let made = proposal::make(ground, outward, (branch, &message, &files), people, now)?;
    proposals.push(made);
    Ok(proposals)
}

/// The lists that something waits for.
fn waiting<'a>(workspace: &'a Workspace, asked_for: &AskedFor) -> Vec<Waiting<'a>> {
    let people = |(name, file)| {
        let file: &ListFile = file;
        (name, file, asked_for.waiting(name, &file.list).len())
    };
    let all = workspace.lists.iter().map(people);
    all.filter(|(.., people)| *people > 0).collect()
}

/// Whether a branch brings a list up to date, and puts in nobody who left or was forgotten since.
fn holds(
    ground: &Ground<'_>,
    gathered: &Gathered,
    branch: &Branch,
    (name, file, _): &Waiting<'_>,
) -> Result<bool, HygieneError> {
    let tree = ground.files_at(branch.commit)?;
    let Ok(there) = Workspace::load_list(&tree, name) else {
        return Ok(false);
    };
    if there.list.folded <= file.list.folded {
        return Ok(false);
    }
    let mut gone: BTreeSet<RecipientId> = gathered
        .asked_for
        .waiting(name, &file.list)
        .into_iter()
        .filter(|who| is_gone(gathered, who))
        .collect();
    if gone.is_empty() {
        return Ok(true);
    }
    let at = |commit| proposal::members_at(ground, commit, file);
    let (Some(proposed), Some(now)) = (at(branch.commit)?, at(ground.head)?) else {
        return Ok(false);
    };
    gone.retain(|who| proposed.contains(who) && !now.contains(who));
    Ok(gone.is_empty())
}

/// Whether nothing is mailed to somebody: they left, were forgotten, or their address takes no mail.
fn is_gone(gathered: &Gathered, who: &RecipientId) -> bool {
    let known = gathered.suppressions.exact(who, &Scope::All);
    known.is_some()
}

/// The lists' files brought up to date, and what the commit says.
fn change(
    ground: &Ground<'_>,
    gathered: &Gathered,
    lists: &[Waiting<'_>],
) -> Result<(Vec<(String, ObjectId)>, String), HygieneError> {
    let (mut files, mut body) = (Vec::new(), String::new());
    let (mut new, mut changed) = (0, 0);
    for (name, file, _) in lists {
        let (rows, found) = amended(ground, gathered, (name, file))?;
        new += found.new.len();
        changed += found.changed.len();
        body.push_str(&format!("\n{}:\n", file.members));
        body.push_str(&evidence(ground, gathered, name, file, &found));
        if !found.is_empty() {
            let written = proposal::write_rows(ground, file, rows)?;
            files.push((file.members.to_string(), written));
        }
        files.push((file.path.to_string(), settings(ground, gathered, file)?));
    }
    let message = format!(
        "lists: {}\n{body}\nMails go by this already: nobody is mailed more or less for it. `folded` says how much of what was asked\n\
         for is in the file; what somebody edits in it afterwards holds.\n",
        summary(new, changed)
    );
    Ok((files, message))
}

fn summary(new: usize, changed: usize) -> String {
    let new = match new {
        0 => None,
        1 => Some("one who joined".to_owned()),
        _ => Some(format!("{new} who joined")),
    };
    let changed = match changed {
        0 => None,
        1 => Some("one who changed their data".to_owned()),
        _ => Some(format!("{changed} who changed their data")),
    };
    match (new, changed) {
        (Some(new), Some(changed)) => format!("{new}, {changed}"),
        (Some(one), None) | (None, Some(one)) => one,
        (None, None) => "what people asked for is in them already".to_owned(),
    }
}

/// A list's rows as they are to stand, and what is other about them.
fn amended(
    ground: &Ground<'_>,
    gathered: &Gathered,
    (name, file): (&ListName, &ListFile),
) -> Result<(Vec<u8>, Amendments), HygieneError> {
    let wrong = |why: String| HygieneError::List {
        list: file.members.to_string(),
        why,
    };
    let overlay = Overlay {
        wishes: &gathered.asked_for.wishes,
        key: ground.key,
    };
    let now = proposal::rows(ground, file)?;
    let gone = |who: &RecipientId| is_gone(gathered, who);
    let found = overlay.amendments(name, &file.list, now.as_slice(), gone);
    let found = found.map_err(|why| wrong(why.without_values()))?;
    let mut rows = Vec::with_capacity(now.len() + 1_024);
    let written = found.write(&mut Cursor::new(now), &mut rows);
    written.map_err(|why| wrong(why.to_string()))?;
    Ok((rows, found))
}

/// A list's settings that say how much is in its file, as they are written.
fn settings(
    ground: &Ground<'_>,
    gathered: &Gathered,
    file: &ListFile,
) -> Result<ObjectId, HygieneError> {
    let path = file.path.as_str();
    let segments = gathered.asked_for.segments;
    let wrong = || HygieneError::List {
        list: path.to_owned(),
        why: format!("`folded: {segments}` can not be written into it; write it by hand"),
    };
    let repository = ground.ledger.repository();
    let entry = repository.entry(ground.head, path)?.ok_or_else(wrong)?;
    let edited = repository.with_blob(entry.id, |bytes| {
        let text = std::str::from_utf8(bytes).ok()?;
        with_number(path, text, "folded", segments)
    })?;
    let edited = edited.ok_or_else(wrong)?;
    Ok(repository.write_blob(edited.as_bytes())?)
}

/// A list's lines in the commit's message, addresses masked.
fn evidence(
    ground: &Ground<'_>,
    gathered: &Gathered,
    name: &ListName,
    file: &ListFile,
    found: &Amendments,
) -> String {
    let asked_for = &gathered.asked_for;
    let (mut out, folded) = (String::new(), file.list.folded.unwrap_or(0));
    let mut told = BTreeSet::new();
    let id = |address: &Address| ground.key.id(address);
    for row in &found.changed {
        let who = id(&row.address);
        told.insert(who);
        let said = asked_for.wishes.row_of(name.as_str(), folded, &who);
        let when = said.last().map(|wish| gathered.calendar.date_of(wish.at));
        let when = when.map_or_else(String::new, |day| format!(", said on {day}"));
        let (line, address, columns) = (row.line, row.address.masked(), row.columns.join(", "));
        out.push_str(&format!("- line {line}, {address}: {columns}{when}\n"));
    }
    for address in &found.new {
        let who = id(address);
        told.insert(who);
        let joined = asked_for.joined(name, &who).map_or_else(String::new, |it| {
            let (at, way) = (it.at, it.way.name());
            format!(" joined at {at} ({way}), agreed to the text {}", it.consent)
        });
        out.push_str(&format!("- new, {}:{joined}\n", address.masked()));
    }
    let waiting = asked_for.waiting(name, &file.list);
    let rest = waiting.iter().filter(|who| !told.contains(*who));
    let (mut gone, mut unchanged) = (0, 0);
    for who in rest {
        match is_gone(gathered, who) {
            true => gone += 1,
            false => unchanged += 1,
        }
    }
    if found.refused > 0 {
        out.push_str(&format!(
            "- {} who joined get no row: a value that the list demands is not there, or is none that its column takes\n",
            found.refused
        ));
    }
    let unchanged = u64::saturating_sub(unchanged, found.refused);
    for (count, what) in [
        (gone, "are not mailed any more, and not put in"),
        (unchanged, "have it in their rows already, or have no row"),
    ] {
        if count > 0 {
            out.push_str(&format!("- {count} {what}\n"));
        }
    }
    out
}
