//! A change of lists that is proposed: files without some rows, or with others, in a commit on a branch of its own, on top of the main branch as
//! fetched. Neither working copy nor index is touched, and no branch is ever moved.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::io::Read as _;

use jiff::Timestamp;

use super::HygieneError;
use super::clean::Proposal;
use super::gather::Ground;
use crate::git::{CommitId, CommitText, GitError, Identity, ObjectId, Remote, Repository};
use crate::mail::recipient_id::RecipientId;
use crate::workspace::encryption::{Recipients, encrypt};
use crate::workspace::loaded::ListFile;
use crate::workspace::members::{Members, without_rows};
use crate::workspace::names::ListName;

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
        // One whose history is not here counts as open: what it holds says whether it can be read.
        if !repository.is_ancestor(commit, ground.head).unwrap_or(false) {
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

/// Who stands in a list at a commit; `None` where it cannot be read.
///
/// # Errors
/// [`HygieneError`].
pub(super) fn members_at(
    ground: &Ground<'_>,
    commit: CommitId,
    file: &ListFile,
) -> Result<Option<HashSet<RecipientId>>, HygieneError> {
    let Ok(input) = file.open(&ground.files_at(commit)?) else {
        return Ok(None);
    };
    let Ok(mut members) = Members::new(input, &file.list) else {
        return Ok(None);
    };
    let mut found = HashSet::new();
    let mut buffer = String::new();
    let read = members.each_address(|_, address| {
        found.insert(ground.key.id_of_ref(address, &mut buffer));
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
    let mut buffer = String::new();
    let text = rows(ground, file)?;
    let edited = without_rows(&text, &file.list, |address| {
        is_unwanted(&ground.key.id_of_ref(address, &mut buffer))
    });
    let edited = edited.map_err(|why| wrong(file, &why))?;
    let written = write_rows(ground, file, edited.bytes)?;
    Ok(((file.members.to_string(), written), edited.removed.len()))
}

fn wrong(file: &ListFile, why: &dyn std::fmt::Display) -> HygieneError {
    HygieneError::List {
        list: file.members.to_string(),
        why: why.to_string(),
    }
}

/// A list's rows as the main branch has them, decrypted where they are encrypted.
///
/// # Errors
/// [`HygieneError`].
pub(super) fn rows(ground: &Ground<'_>, file: &ListFile) -> Result<Vec<u8>, HygieneError> {
    let mut text = Vec::new();
    let mut input = file.open(&ground.files_at(ground.head)?)?;
    let read = input.read_to_end(&mut text);
    read.map_err(|why| wrong(file, &why))?;
    Ok(text)
}

/// A list's rows as they are to stand, written as its file is: encrypted to whom the settings name, where it is.
///
/// # Errors
/// [`HygieneError`].
pub(super) fn write_rows(
    ground: &Ground<'_>,
    file: &ListFile,
    rows: Vec<u8>,
) -> Result<ObjectId, HygieneError> {
    let bytes = match file.is_encrypted() {
        false => rows,
        true => {
            let recipients = Recipients::of(&ground.workspace.settings.encryption)?;
            let mut bytes = Vec::new();
            encrypt(rows.as_slice(), &recipients, &mut bytes).map_err(|why| wrong(file, &why))?;
            bytes
        }
    };
    Ok(ground.ledger.repository().write_blob(&bytes)?)
}

/// Where proposals go: the remote, and whether they are pushed there.
pub(super) type Outward<'a> = (&'a Remote, bool);

/// How many cases a proposal is about, and which lists.
pub(super) type About = (usize, BTreeSet<ListName>);

/// What an open branch proposes already; it is pushed, where that is wished and was not done.
///
/// # Errors
/// [`HygieneError`].
pub(super) fn known(
    ground: &Ground<'_>,
    (remote, push): Outward<'_>,
    branch: &Branch,
    (cases, lists): About,
) -> Result<Proposal, HygieneError> {
    if push && !branch.on_remote {
        let repository = ground.ledger.repository();
        repository.push(remote, branch.commit, &branch.name)?;
    }
    Ok(Proposal {
        branch: branch.name.clone(),
        commit: branch.commit,
        cases,
        lists,
        is_new: false,
        is_pushed: branch.on_remote || push,
    })
}

/// A new branch with these files, whose name nobody has.
///
/// # Errors
/// [`HygieneError::Taken`] where somebody was faster, and those of git.
pub(super) fn make(
    ground: &Ground<'_>,
    (remote, push): Outward<'_>,
    (branch, message, files): (String, &str, &[(String, ObjectId)]),
    (cases, lists): About,
    now: Timestamp,
) -> Result<Proposal, HygieneError> {
    let (commit, there) = commit(ground, files, (&branch, message), now)?;
    if there != commit {
        return Err(HygieneError::Taken(branch));
    }
    if push {
        ground.ledger.repository().push(remote, commit, &branch)?;
    }
    Ok(Proposal {
        branch,
        commit,
        cases,
        lists,
        is_new: true,
        is_pushed: push,
    })
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
