//! The change that brings the lists' files up to date with what people asked for themselves: rows of who joined, cells that
//! members changed, nothing else; and in each list's settings how much of it is in the file now. A commit on a branch of its own, for
//! review, made as [`super::clean`] makes its own.
//!
//! Until it is merged what was asked for lies over the lists as before: nobody is mailed more or less by it. So a list whose
//! change waits for review gets no second one; what is asked for meanwhile comes into the next.
//!
//! Of one list there is one kind of change at a time, this one or [`super::clean`]'s: git cannot merge two that touch the same row
//! or neighbours. Which waited longer goes first, so neither waits for ever. Of who left nothing is put in, but
//! where their rows stay.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Cursor;

use jiff::Timestamp;
use jiff::civil::Date;

use super::HygieneError;
use super::cases::has_departed;
use super::clean::{Proposal, Wish};
use super::gather::{Gathered, Ground};
use super::proposal::{self, Branch};
use crate::diagnostic::counted;
use crate::git::ObjectId;
use crate::ledger::event::Scope;
use crate::mail::address::Address;
use crate::mail::recipient_id::RecipientId;
use crate::plan::overlay::Overlay;
use crate::workspace::Workspace;
use crate::workspace::loaded::ListFile;
use crate::workspace::members::Amendments;
use crate::workspace::names::ListName;
use crate::workspace::settings::Departed;
use crate::workspace::yaml_edit::with_number;

/// What folding branches are called, before the date.
pub const PREFIX: &str = "postmerge/fold-";

/// A list, and how many people's wishes are not in its file yet.
type Waiting<'a> = (&'a ListName, &'a ListFile, usize);

/// The lists in which this change goes before the removal of rows: an open branch proposes it, or it waited longer.
///
/// # Errors
/// [`HygieneError`].
pub fn goes_first(
    ground: &Ground<'_>,
    gathered: &Gathered,
    remote: &crate::git::Remote,
) -> Result<BTreeSet<ListName>, HygieneError> {
    let mut since: BTreeMap<&ListName, Date> = BTreeMap::new();
    for case in &gathered.cases {
        let Some(day) = case.state.waits_since() else {
            continue;
        };
        let first = since.entry(&case.list).or_insert(day);
        *first = day.min(*first);
    }
    let mut found = BTreeSet::new();
    if since.is_empty() {
        return Ok(found);
    }
    let open = proposal::open_branches(ground, remote, &[PREFIX])?;
    for (name, removed_since) in since {
        let Some(file) = ground.workspace.lists.get(name) else {
            continue;
        };
        let mut is_first = asked_since(gathered, (name, file)).is_some_and(|it| it < removed_since);
        for branch in &open {
            is_first = is_first || is_ahead(ground, branch, (name, file))?;
        }
        if is_first {
            found.insert(name.clone());
        }
    }
    Ok(found)
}

/// The day on which the first of what waits for a list was said.
fn asked_since(gathered: &Gathered, (name, file): (&ListName, &ListFile)) -> Option<Date> {
    let folded = file.list.folded.unwrap_or(0);
    let waiting = gathered.waiting(name, &file.list);
    let wishes = &gathered.asked_for.wishes;
    let said = waiting
        .iter()
        .flat_map(|who| wishes.row_of(name.as_str(), folded, who));
    said.map(|wish| gathered.calendar.date_of(wish.at)).min()
}

/// Whether a branch brings a list further than the main branch has it.
fn is_ahead(
    ground: &Ground<'_>,
    branch: &Branch,
    (name, file): (&ListName, &ListFile),
) -> Result<bool, HygieneError> {
    let tree = ground.files_at(branch.commit)?;
    let there = Workspace::load_list(&tree, name);
    Ok(there.is_ok_and(|there| there.list.folded > file.list.folded))
}

/// Writes the change, and says which branches propose what waits, the new one last. Nothing is written where all of it is
/// proposed, nor for lists whose rows are being `removing`. [`Proposal::cases`] counts people.
///
/// # Errors
/// [`HygieneError`].
pub fn propose(
    ground: &Ground<'_>,
    gathered: &Gathered,
    removing: &BTreeSet<ListName>,
    (remote, wish): (&crate::git::Remote, &Wish),
    now: Timestamp,
) -> Result<Vec<Proposal>, HygieneError> {
    let mut waiting = waiting(ground.workspace, gathered);
    if waiting.is_empty() {
        return Ok(Vec::new());
    }
    let repository = ground.ledger.repository();
    let outward = (remote, wish.push);
    let open = proposal::open_branches(ground, remote, &[PREFIX])?;
    let mut proposals = Vec::new();
    // The newest first: it holds the most.
    for branch in open.iter().rev() {
        let (mut by_it, mut lists) = (0, BTreeSet::new());
        let mut left = Vec::new();
        for list in waiting {
            match holds(ground, gathered, branch, &list)? {
                true => {
                    by_it += list.2;
                    lists.insert(list.0.clone());
                }
                false => left.push(list),
            }
        }
        waiting = left;
        if by_it == 0 {
            continue;
        }
        proposals.push(proposal::known(ground, outward, branch, (by_it, lists))?);
    }
    waiting.retain(|(name, ..)| !removing.contains(*name));
    if waiting.is_empty() {
        return Ok(proposals);
    }
    let (files, message) = change(ground, gathered, &waiting)?;
    let date = gathered.calendar.date_of(now);
    let branch = proposal::free_name(repository, &format!("{PREFIX}{date}"), &open)?;
    let people = waiting.iter().map(|(.., people)| people).sum();
    let lists = waiting.iter().map(|(name, ..)| (*name).clone()).collect();
    let about = (people, lists);
    let made = proposal::make(ground, outward, (branch, &message, &files), about, now)?;
    proposals.push(made);
    Ok(proposals)
}

/// The lists that something waits for.
fn waiting<'a>(workspace: &'a Workspace, gathered: &Gathered) -> Vec<Waiting<'a>> {
    let people = |(name, file)| {
        let file: &ListFile = file;
        (name, file, gathered.waiting(name, &file.list).len())
    };
    let all = workspace.lists.iter().map(people);
    all.filter(|(.., people)| *people > 0).collect()
}

/// Whether a branch brings a list up to date, puts in nobody who left or was forgotten since, and leaves out nobody who came back.
fn holds(
    ground: &Ground<'_>,
    gathered: &Gathered,
    branch: &Branch,
    (name, file, _): &Waiting<'_>,
) -> Result<bool, HygieneError> {
    if !is_ahead(ground, branch, (name, file))?
        || leaves_out(ground, gathered, branch, (name, file))?
    {
        return Ok(false);
    }
    let since = gathered.asked_for.since_folded(name, &file.list);
    let mut gone: BTreeSet<RecipientId> = since.into_iter().collect();
    let is_gone = gathered.gone_from(name);
    gone.retain(is_gone);
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

/// Whether a branch was made without a row of somebody who gets one, and counts what they said as dealt with: they had left then, and
/// came back. Whom a reviewer took out of it is not proposed again.
fn leaves_out(
    ground: &Ground<'_>,
    gathered: &Gathered,
    branch: &Branch,
    (name, file): (&ListName, &ListFile),
) -> Result<bool, HygieneError> {
    let (_, found) = amended(ground, gathered, (name, file))?;
    if found.new.is_empty() {
        return Ok(false);
    }
    let repository = ground.ledger.repository();
    let made = repository.first_of_its_own(branch.commit, ground.head)?;
    let made = made.unwrap_or(branch.commit);
    let Some(proposed) = proposal::members_at(ground, made, file)? else {
        return Ok(false);
    };
    let there = Workspace::load_list(&ground.files_at(branch.commit)?, name);
    let dealt_with = there.ok().and_then(|it| it.list.folded).unwrap_or(0);
    let folded = file.list.folded.unwrap_or(0);
    let wishes = &gathered.asked_for.wishes;
    let mut new = found.new.iter().map(|address| ground.key.id(address));
    Ok(new.any(|who| {
        let mut said = wishes.row_of(name.as_str(), folded, &who);
        let joined = said.any(|it| it.joined.is_some() && it.segment < dealt_with);
        joined && !proposed.contains(&who)
    }))
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
    let is_gone = gathered.gone_from(name);
    let policy = &ground.workspace.settings.policy.hygiene;
    let stays = file.list.departed.unwrap_or(policy.departed) == Departed::Keep;
    let has_left = |who: &RecipientId| {
        let reason = gathered.suppressions.exact(who, &Scope::All);
        reason.is_some_and(has_departed)
    };
    // A row that stays holds what was said of it, for when they come back.
    let is_gone =
        |who: &RecipientId, has_row: bool| is_gone(who) && !(has_row && stays && has_left(who));
    let found = overlay.amendments(name, &file.list, now.as_slice(), is_gone);
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
        why: format!("`folded: {segments}` cannot be written into it; write it by hand"),
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
    let since = asked_for.since_folded(name, &file.list);
    let is_gone = gathered.gone_from(name);
    let rest = since.iter().filter(|who| !told.contains(*who));
    let (mut gone, mut unchanged) = (0, 0);
    for who in rest {
        match is_gone(who) {
            true => gone += 1,
            false => unchanged += 1,
        }
    }
    if found.refused > 0 {
        out.push_str(&format!(
            "- {} no row: a value that the list demands is not there, or is none that its column takes\n",
            counted(found.refused, "who joined gets", "who joined get")
        ));
    }
    let unchanged = u64::saturating_sub(unchanged, found.refused);
    for (count, one, many) in [
        (
            gone,
            "is not mailed any more, and not put in",
            "are not mailed any more, and not put in",
        ),
        (
            unchanged,
            "has it in their row already, or has no row",
            "have it in their rows already, or have no row",
        ),
    ] {
        if count > 0 {
            out.push_str(&format!("- {}\n", counted(count, one, many)));
        }
    }
    out
}
