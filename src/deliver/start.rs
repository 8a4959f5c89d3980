//! Starting an occurrence: its audience is resolved once, published, and fixed for good.

use std::collections::{BTreeSet, HashSet};
use std::path::Path;

use jiff::Timestamp;

use super::error::StartError;
use super::lanes::{destinations, providers};
use super::material::{Content, Lists};
use crate::git::{CommitId, Repository};
use crate::ledger::branch::Ledger;
use crate::ledger::event::{AudienceHeader, Event};
use crate::ledger::state::Status;
use crate::ledger::suppressions::Suppressions;
use crate::mail::digest::Digest;
use crate::mail::occurrence::OccurrenceId;
use crate::mail::recipient_id::{RecipientId, RecipientKey};
use crate::plan::audience::{
    Arranged, Audience, AudienceRequest, DocumentProblem, ListFile, resolve,
};
use crate::transport::exchanger::Exchangers;
use crate::workspace::document_path::DocumentPath;
use crate::workspace::member::Member;
use crate::workspace::settings::Settings;
use crate::workspace::tree::Tree;

/// What a start reads from.
pub struct Ground<'a> {
    /// The repository's folder.
    pub path: &'a Path,
    /// The repository.
    pub repository: &'a Repository,
    /// The main branch's head: lists and operational settings come from it.
    pub head: CommitId,
    /// The settings at the head.
    pub settings: &'a Settings,
    /// The organisation's key.
    pub key: &'a RecipientKey,
    /// Who must not be mailed.
    pub suppressions: &'a Suppressions,
}

/// Who already received which documents.
#[derive(Default)]
pub struct Received {
    /// By recipient and document.
    pairs: HashSet<(RecipientId, Digest)>,
}

impl Received {
    /// Everybody who received, or is about to receive, one of `documents`, or one of their own, in any occurrence so far.
    ///
    /// # Errors
    /// [`StartError::Ledger`].
    pub fn read(ledger: &Ledger, documents: &[Digest], own: bool) -> Result<Self, StartError> {
        let mut received = Self::default();
        if documents.is_empty() && !own {
            return Ok(received);
        }
        for occurrence in ledger.occurrences()? {
            let state = ledger.look(&occurrence)?;
            let Some(header) = state.header() else {
                continue;
            };
            let common: Vec<Digest> = header
                .documents
                .iter()
                .filter(|d| documents.contains(d))
                .copied()
                .collect();
            for (index, status) in state.statuses() {
                // Who is still to be sent to gets them there: campaigns that start in one run know
                // of each other.
                let will = matches!(status, Status::Pending | Status::Deferred { .. });
                if !will && !status.may_have_received() {
                    continue;
                }
                let Some(id) = state.ids().get(index.0 as usize) else {
                    continue;
                };
                let own_document = if own { state.own_document(index) } else { None };
                let documents = common.iter().copied().chain(own_document);
                received
                    .pairs
                    .extend(documents.map(|document| (*id, document)));
            }
        }
        Ok(received)
    }

    /// Whether somebody has all of these.
    pub fn has_all(&self, who: &RecipientId, documents: impl IntoIterator<Item = Digest>) -> bool {
        let mut any = false;
        for document in documents {
            if !self.pairs.contains(&(*who, document)) {
                return false;
            }
            any = true;
        }
        any
    }
}

/// Resolves an occurrence's audience as the lists stand at the head.
///
/// # Errors
/// [`StartError`].
pub fn audience(
    ground: &Ground<'_>,
    ledger: &Ledger,
    content: &Content,
) -> Result<(Audience, Vec<Digest>), StartError> {
    let campaign = &content.file.campaign;
    let tree = Tree::at(ground.path, ground.head)?;
    let lists = Lists::spool(ground.repository, &tree, &campaign.audience.lists)?;
    let excluded = Lists::spool(ground.repository, &tree, &campaign.audience.exclude_lists)?;
    let paths = content.document_paths()?;
    let (own, shared): (Vec<DocumentPath>, Vec<DocumentPath>) =
        paths.into_iter().partition(DocumentPath::is_per_recipient);
    let documents = shared_documents(content, &shared)?;
    let received = Received::read(ledger, &documents, !own.is_empty())?;
    let own_document = |member: &Member| own_digest(content, &own, member);
    let topic = campaign.audience.topic.as_ref().map(|topic| topic.as_str());
    let forced = campaign.force.is_some();
    let request = AudienceRequest {
        audience: &campaign.audience,
        purpose: campaign.purpose,
        cc: &campaign.cc,
        bcc: &campaign.bcc,
        copies_for_at_most: ground.settings.policy.copies_for_at_most,
        lists: &files(&lists),
        excluded_lists: &files(&excluded),
        key: ground.key,
        suppressed: &|id| ground.suppressions.reason(id, topic),
        received: &|id, own| !forced && received.has_all(id, documents.iter().copied().chain(own)),
        own_document: if own.is_empty() {
            None
        } else {
            Some(&own_document)
        },
    };
    let audience = resolve(&request).map_err(|source| StartError::Audience {
        campaign: content.file.folder.to_string(),
        source: Box::new(source),
    })?;
    Ok((audience, documents))
}

fn files(lists: &Lists) -> Vec<ListFile<'_>> {
    let mut files = Vec::with_capacity(lists.lists.len());
    for list in &lists.lists {
        files.push(ListFile {
            name: &list.name,
            list: &list.file.list,
            rows: &list.rows,
        });
    }
    files
}

fn shared_documents(content: &Content, paths: &[DocumentPath]) -> Result<Vec<Digest>, StartError> {
    let mut digests = BTreeSet::new();
    for path in paths {
        let name = path.literal().unwrap_or_default();
        let missing = || StartError::Missing {
            campaign: content.file.folder.to_string(),
            what: "document",
            name: name.clone(),
        };
        let bytes = content.document(&name)?.ok_or_else(missing)?;
        digests.insert(Digest::of(&bytes));
    }
    Ok(digests.into_iter().collect())
}

/// The digest of a member's own document; of several, the digest of their digests.
fn own_digest(
    content: &Content,
    paths: &[DocumentPath],
    member: &Member,
) -> Result<Option<Digest>, DocumentProblem> {
    let mut digests = Vec::with_capacity(paths.len());
    for pattern in paths {
        let path = pattern
            .resolve(member)
            .map_err(|_| DocumentProblem::Missing)?;
        let bytes = content
            .document(&path)
            .map_err(|_| DocumentProblem::Unreadable(pattern.to_string()))?
            .ok_or(DocumentProblem::Missing)?;
        digests.push(Digest::of(&bytes));
    }
    Ok(match digests.as_slice() {
        [] => None,
        [only] => Some(*only),
        several => Some(Digest::of_parts(
            several.iter().map(|digest| digest.as_bytes().as_slice()),
        )),
    })
}

/// The event that fixes an audience.
///
/// # Errors
/// [`StartError::Audience`] where the campaign's expectation holds it back.
pub async fn fix(
    ground: &Ground<'_>,
    content: &Content,
    audience: Audience,
    documents: Vec<Digest>,
    exchangers: &dyn Exchangers,
    now: Timestamp,
) -> Result<Event, StartError> {
    let campaign = &content.file.campaign;
    let providers = providers(&ground.settings.pace);
    let (names, of_domain) = destinations(&providers, &audience.domains, exchangers).await;
    let arranged: Arranged =
        audience
            .arrange(&of_domain)
            .map_err(|source| StartError::Audience {
                campaign: content.file.folder.to_string(),
                source: Box::new(source),
            })?;
    let header = AudienceHeader {
        content_commit: content.commit.clone(),
        lists_commit: ground.head.to_string(),
        digest: content.digest,
        key: ground.key.fingerprint(),
        sender: campaign.sender.to_string(),
        at: now,
        destinations: names,
        documents,
        force: campaign.force.as_ref().map(|force| force.reason.clone()),
    };
    Ok(Event::AudienceFixed {
        header: Box::new(header),
        entries: arranged.ledger_entries().collect(),
        excluded: arranged.excluded,
    })
}

/// The sending's content, as its start fixed it: refuses what differs from what was approved.
///
/// # Errors
/// [`StartError::OtherDigest`], and those of reading.
pub fn fixed_content(
    ground: &Ground<'_>,
    occurrence: &OccurrenceId,
    header: &AudienceHeader,
) -> Result<Content, StartError> {
    let commit = ground.repository.resolve(&header.content_commit)?;
    let content = Content::read(ground.path, commit, occurrence.campaign())?;
    if content.digest != header.digest {
        return Err(StartError::OtherDigest {
            occurrence: occurrence.to_string(),
            commit: header.content_commit.clone(),
        });
    }
    Ok(content)
}
