//! A change of lists that is proposed: files without some rows, in a commit on a branch of its own, on top of the main branch as
//! fetched. Neither working copy nor index is touched, and no branch is ever moved.

use std::io::Read as _;

use jiff::Timestamp;

use super::HygieneError;
use super::gather::Ground;
use crate::git::{CommitId, CommitText, EntryKind, GitError, Identity, ObjectId};
use crate::mail::recipient_id::RecipientId;
use crate::workspace::encryption::{Recipients, encrypt};
use crate::workspace::loaded::ListFile;
use crate::workspace::members::without_rows;

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
    let mut edit = |bytes: &[u8]| {
        without_rows(bytes, &file.list, |address| {
            is_unwanted(&ground.key.id_of_ref(address, &mut buffer))
        })
    };
    let edited = match file.is_encrypted() {
        false => repository.with_blob(entry.id, edit)?,
        true => {
            let mut text = Vec::new();
            let mut input = file.open(&ground.files_at(ground.head)?)?;
            let read = input.read_to_end(&mut text);
            read.map_err(|why| wrong(why.to_string()))?;
            edit(&text)
        }
    };
    let edited = edited.map_err(|why| wrong(why.to_string()))?;
    let bytes = match file.is_encrypted() {
        false => edited.bytes,
        true => {
            let recipients = Recipients::of(&ground.workspace.settings.encryption)?;
            let mut bytes = Vec::new();
            encrypt(edited.bytes.as_slice(), &recipients, &mut bytes)
                .map_err(|why| wrong(why.to_string()))?;
            bytes
        }
    };
    let written = repository.write_blob(&bytes)?;
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
