//! A change of lists that is proposed: files without some rows, or with others, in a commit on a branch of its own, on top of the main branch as
//! fetched. Neither working copy nor index is touched, and no branch is ever moved.

use std::collections::{BTreeMap, HashSet};

use jiff::Timestamp;

use super::HygieneError;
use super::gather::Ground;
use crate::git::{
    CommitId, CommitText, EntryKind, GitError, Identity, ObjectId, Remote, Repository,
};
use crate::mail::recipient_id::{RecipientId, RecipientKey};
use crate::workspace::loaded::ListFile;
use crate::workspace::members::{Members, without_rows};

/// A branch that is not in the main branch yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Branch {
    pub(super) name: String,
    pub(super) commit: CommitId,
    pub(super) on_remote: bool,
}

/// The branches whose names begin so, here and on the remote, that are not in the main branch yet, by name.
///
/// # Errors
/// [`HygieneError`].
pub(super) fn open_branches(
    ground: &Ground<'_>,
    remote: &Remote,
    prefixes: &[&str],
) -> Result<Vec<Branch>, HygieneError> {
    let repository = ground.ledger.repository();
    let mut found: BTreeMap<String, (CommitId, bool)> = BTreeMap::new();
    for prefix in prefixes {
        for (name, commit) in repository.references("refs/heads/", prefix)? {
            found.insert(name, (commit, false));
        }
        for (name, commit) in repository.fetch_all(remote, prefix)? {
            found.insert(name, (commit, true));
        }
    }
    let mut open = Vec::new();
    for (name, (commit, on_remote)) in found {
        if !repository.is_ancestor(commit, ground.head)? {
            open.push(Branch {
                name,
                commit,
                on_remote,
            });
        }
    }
    Ok(open)
}

/// Whether no branch has this name, here or on the remote.
///
/// # Errors
/// [`GitError`].
pub(super) fn is_free(
    repository: &Repository,
    name: &str,
    open: &[Branch],
) -> Result<bool, GitError> {
    let here = repository.reference(&format!("refs/heads/{name}"))?;
    let there = repository.reference(&format!("refs/postmerge/branches/{name}"))?;
    Ok(here.is_none() && there.is_none() && open.iter().all(|branch| branch.name != name))
}

/// The name of a branch that is nowhere yet: `first`, or that with a number.
///
/// # Errors
/// [`HygieneError::Taken`], and those of git.
pub(super) fn free_name(
    repository: &Repository,
    first: &str,
    open: &[Branch],
) -> Result<String, HygieneError> {
    for number in 1..=100 {
        let name = match number {
            1 => first.to_owned(),
            _ => format!("{first}-{number}"),
        };
        if is_free(repository, &name, open)? {
            return Ok(name);
        }
    }
    Err(HygieneError::Taken(first.to_owned()))
}

/// Who stands in a list at a commit; `None` where it can not be read.
///
/// # Errors
/// [`HygieneError`].
pub(super) fn members_at(
    repository: &Repository,
    commit: CommitId,
    file: &ListFile,
    key: &RecipientKey,
) -> Result<Option<HashSet<RecipientId>>, HygieneError> {
    let Some(entry) = repository.entry(commit, file.members.as_str())? else {
        return Ok(None);
    };
    if entry.kind != EntryKind::File {
        return Ok(None);
    }
    let Ok(mut members) = Members::new(repository.open_blob(entry.id)?, &file.list) else {
        return Ok(None);
    };
    let mut found = HashSet::new();
    let mut buffer = String::new();
    let read = members.each_address(|_, address| {
        found.insert(key.id_of_ref(address, &mut buffer));
    });
    Ok(read.is_ok().then_some(found))
}

/// A list's file without the rows of whoever `is_unwanted`, as it is written; and how many rows went.
///
/// # Errors
/// [`HygieneError`].
pub(super) fn without(
    ground: &Ground<'_>,
    file: &ListFile,
    is_unwanted: impl Fn(&RecipientId) -> bool,
) -> Result<((String, ObjectId), usize), HygieneError> {
    let repository = ground.ledger.repository();
    let path = file.members.as_str();
    let wrong = |why: String| HygieneError::List {
        list: path.to_owned(),
        why,
    };
    let entry = repository.entry(ground.head, path)?;
    let entry = entry.filter(|entry| entry.kind == EntryKind::File);
    let entry = entry.ok_or_else(|| wrong("is not a file".to_owned()))?;
    let mut buffer = String::new();
    let edited = repository.with_blob(entry.id, |bytes| {
        without_rows(bytes, &file.list, |address| {
            is_unwanted(&ground.key.id_of_ref(address, &mut buffer))
        })
    })?;
    let edited = edited.map_err(|why| wrong(why.to_string()))?;
    let written = repository.write_blob(&edited.bytes)?;
    Ok(((path.to_owned(), written), edited.removed.len()))
}

/// Commits the files on a branch that is made for it; and where the branch stands: elsewhere, if it was there before.
///
/// # Errors
/// [`HygieneError`].
pub(super) fn commit(
    ground: &Ground<'_>,
    files: &[(String, ObjectId)],
    (branch, message): (&str, &str),
    now: Timestamp,
) -> Result<(CommitId, CommitId), HygieneError> {
    let repository = ground.ledger.repository();
    let identity = Identity {
        name: "postmerge".to_owned(),
        email: "postmerge@localhost".to_owned(),
    };
    let text = CommitText {
        identity: &identity,
        at: now,
        message,
    };
    let commit = repository.write_commit(Some(ground.head), files, text)?;
    let reference = format!("refs/heads/{branch}");
    repository.move_reference::<GitError>(&reference, commit, |there| Ok(there.is_none()))?;
    let there = repository.reference(&reference)?;
    Ok((commit, there.unwrap_or(commit)))
}
