//! Documents that are a recipient's own: by which digest the ledger knows them, and which of its digests stand for one file.
//!
//! The ledger has one digest for each recipient. Of several documents it is the digest of their digests, which tells no single
//! one: to find one, the campaign's patterns and its lists' rows are read as they were when it started. That needs no key, as nobody
//! is looked for: only digests are.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use super::content::LARGEST_DOCUMENT;
use super::error::PlanError;
use crate::git::{CommitId, ObjectId, Repository};
use crate::ledger::branch::{Ledger, LedgerError};
use crate::mail::digest::Digest;
use crate::mail::occurrence::{CampaignId, OccurrenceId};
use crate::workspace::Workspace;
use crate::workspace::document_path::DocumentPath;
use crate::workspace::loaded::CampaignFile;
use crate::workspace::member::Member;
use crate::workspace::members::Members;
use crate::workspace::source::{Source as _, SourceError};
use crate::workspace::tree::Tree;

/// The ledger's digest of a recipient's own documents.
pub fn combined(digests: &[Digest]) -> Option<Digest> {
    match digests {
        [] => None,
        [only] => Some(*only),
        several => Some(Digest::of_parts(
            several.iter().map(|digest| digest.as_bytes().as_slice()),
        )),
    }
}

/// A document that is looked for.
#[derive(Debug, Clone, Copy)]
pub struct Sought {
    /// Its digest.
    pub digest: Digest,
    /// What git calls its content, where that is at hand: then no other file is read.
    pub blob: Option<ObjectId>,
}

/// Digests that stand for a document, and the sendings of which that could not be told, with why.
#[derive(Debug, Default)]
pub struct Found {
    /// Digests as the ledger has them, the document's own among them.
    pub digests: HashSet<Digest>,
    /// Where it could not be told.
    pub unreadable: Vec<(OccurrenceId, String)>,
}

/// The digests by which the ledger may know a document. `root` is the checkout.
///
/// # Errors
/// [`LedgerError`].
pub fn find(root: &Path, ledger: &Ledger, sought: &Sought) -> Result<Found, LedgerError> {
    let mut found = Found {
        digests: HashSet::from([sought.digest]),
        unreadable: Vec::new(),
    };
    // Sendings of one state of a campaign and its lists are read once.
    let mut states: BTreeMap<(String, String, CampaignId), OccurrenceId> = BTreeMap::new();
    for id in ledger.occurrences()? {
        if let Some(header) = ledger.header(&id)? {
            let campaign = id.campaign().clone();
            states
                .entry((header.content_commit, header.lists_commit, campaign))
                .or_insert(id);
        }
    }
    let repository = ledger.repository();
    for ((content, lists, campaign), id) in states {
        let read = commits(repository, &content, &lists).and_then(|commits| {
            of_campaign(
                (root, repository),
                commits,
                &campaign,
                sought,
                &mut found.digests,
            )
        });
        if let Err(why) = read
            && has_own(ledger, &id)?
        {
            found.unreadable.push((id, why.to_string()));
        }
    }
    Ok(found)
}

/// Whether anybody of a sending had a document of their own.
fn has_own(ledger: &Ledger, id: &OccurrenceId) -> Result<bool, LedgerError> {
    let state = ledger.look(id)?;
    let mut all = state.statuses();
    Ok(all.any(|(index, _)| state.own_document(index).is_some()))
}

fn commits(
    repository: &Repository,
    content: &str,
    lists: &str,
) -> Result<(CommitId, CommitId), PlanError> {
    Ok((repository.resolve(content)?, repository.resolve(lists)?))
}

fn of_campaign(
    (root, repository): (&Path, &Repository),
    (content, lists): (CommitId, CommitId),
    id: &CampaignId,
    sought: &Sought,
    digests: &mut HashSet<Digest>,
) -> Result<(), PlanError> {
    let tree = Tree::at(root, content)?;
    let wrong = |source| PlanError::Workspace {
        whence: content.to_string(),
        source,
    };
    let file = Workspace::load_campaign(&tree, id).map_err(wrong)?;
    let paths = file.campaign.documents.iter();
    let own: Vec<DocumentPath> = paths
        .filter_map(|it| DocumentPath::parse(&it.file).ok())
        .filter(DocumentPath::is_per_recipient)
        .collect();
    // One is known by its own digest.
    if own.len() < 2 {
        return Ok(());
    }
    let documents = Documents {
        repository,
        tree,
        commit: content,
        file: &file,
        own,
    };
    let tree = Tree::at(root, lists)?;
    for name in &file.campaign.audience.lists {
        let list = Workspace::load_list(&tree, name).map_err(|source| PlanError::Workspace {
            whence: lists.to_string(),
            source,
        })?;
        let input = tree.open(&list.members)?;
        let unreadable = |why: &dyn std::fmt::Display| SourceError::Io {
            path: list.members.clone(),
            why: why.to_string(),
        };
        let mut members =
            Members::new(input, &list.list).map_err(|why| unreadable(&why.without_values()))?;
        while let Some(row) = members.next_row().map_err(|why| unreadable(&why))? {
            // Of a row that cannot be read no mail was made.
            if let Ok(row) = row {
                digests.extend(documents.with(&row.to_member(), sought)?);
            }
        }
    }
    Ok(())
}

/// A campaign's documents of which everybody has their own.
struct Documents<'a> {
    repository: &'a Repository,
    tree: Tree,
    commit: CommitId,
    file: &'a CampaignFile,
    own: Vec<DocumentPath>,
}

impl Documents<'_> {
    /// The digest of a member's documents, if the one that is sought is among them.
    fn with(&self, member: &Member, sought: &Sought) -> Result<Option<Digest>, PlanError> {
        let paths = self.own.iter().map(|pattern| pattern.resolve(member));
        let Ok(paths) = paths.collect::<Result<Vec<String>, _>>() else {
            return Ok(None);
        };
        if let Some(blob) = sought.blob {
            let mut is_there = false;
            for path in &paths {
                let path = format!("{}/{path}", self.file.folder);
                let entry = self.repository.entry(self.commit, &path)?;
                is_there |= entry.is_some_and(|entry| entry.id == blob);
            }
            if !is_there {
                return Ok(None);
            }
        }
        let mut digests = Vec::with_capacity(paths.len());
        for path in &paths {
            let Ok(path) = self.file.folder.join(path) else {
                return Ok(None);
            };
            match self.tree.read(&path, LARGEST_DOCUMENT) {
                Ok(bytes) => digests.push(Digest::of(&bytes)),
                // Whose document is missing got no mail.
                Err(SourceError::Missing(_)) => return Ok(None),
                Err(why) => return Err(why.into()),
            }
        }
        Ok(combined(&digests).filter(|_| digests.contains(&sought.digest)))
    }
}
