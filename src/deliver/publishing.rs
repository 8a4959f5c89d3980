//! What mails link to, laid out as it is published: under the very names that rendering links to.
//!
//! Read from the main branch's commits, never from a folder: assets as they are there now and as they were when
//! a campaign was approved or started, and each campaign's linked documents, less those that the portal hands out. So a link in a mail that went out
//! holds as long as its campaign stands on the main branch; with the campaign its documents go. Pages that
//! list files are never among them. Sends nothing, publishes nothing: whoever calls takes the files.

use std::collections::{BTreeMap, BTreeSet};

use super::error::StartError;
use super::opened::Opened;
use crate::git::{CommitId, ObjectId};
use crate::mail::digest::Digest;
use crate::mail::occurrence::CampaignId;
use crate::mail::recipient_id::RecipientKey;
use crate::plan::owner::DEFINITION;
use crate::workspace::Workspace;
use crate::workspace::campaign::DocumentDelivery;
use crate::workspace::document_path::DocumentPath;
use crate::workspace::published::{asset_folder, document_folder};
use crate::workspace::source::{Source, SourceError, WorkspacePath};
use crate::workspace::tree::Tree;

/// Larger files are not linked.
const LARGEST: u64 = 50_000_000;

/// Takes a file: its path below the published address, and its content.
pub type Taker<'a> = dyn FnMut(&str, &[u8]) -> Result<(), String> + 'a;

/// Why it could not be laid out.
#[derive(Debug, thiserror::Error)]
pub enum PublishingError {
    /// What is to be published could not be read.
    #[error(transparent)]
    Start(#[from] StartError),
    /// A file was not taken.
    #[error("{path}: {why}")]
    NotTaken {
        /// Which.
        path: String,
        /// Why.
        why: String,
    },
}

/// How many files there were.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Laid {
    /// Assets.
    pub assets: usize,
    /// Documents.
    pub documents: usize,
    /// Campaigns that started with files that cannot be read any more, and why: what they link to is missing.
    pub left_out: Vec<(CampaignId, String)>,
}

/// Hands every file to `take`, each once.
///
/// # Errors
/// [`PublishingError`].
pub fn lay_out(
    path: &std::path::Path,
    opened: &Opened,
    key: &RecipientKey,
    take: &mut Taker<'_>,
) -> Result<Laid, PublishingError> {
    let mut laying = Laying {
        opened,
        key,
        take,
        seen: BTreeSet::new(),
        folders: BTreeSet::new(),
        laid: Laid::default(),
    };
    let tree_at = |commit| Tree::at(path, commit).map_err(StartError::from);
    laying.assets(&tree_at(opened.head)?)?;
    for (id, commits) in contents(opened)? {
        for (commit, is_approved_now) in commits {
            let tree = tree_at(commit);
            let done = tree.map_err(Into::into).and_then(|tree| {
                laying.assets(&tree)?;
                laying.documents(&tree, &id)
            });
            match done {
                // What an earlier sending links to must not hold up what is new.
                Err(PublishingError::Start(why)) if !is_approved_now => {
                    laying.laid.left_out.push((id.clone(), why.to_string()));
                }
                done => done?,
            }
        }
    }
    Ok(laying.laid)
}

/// Of each campaign the commits that its mails are read from, and whether that is the approval that holds now.
type Contents = BTreeMap<CampaignId, BTreeMap<CommitId, bool>>;

fn contents(opened: &Opened) -> Result<Contents, StartError> {
    let ids: Vec<&CampaignId> = opened.workspace.campaigns.keys().collect();
    let paths: Vec<String> = ids.iter().map(|id| format!("campaigns/{id}")).collect();
    let named: Vec<&str> = paths.iter().map(String::as_str).collect();
    let repository = &opened.repository;
    let approvals = repository.last_own_changes(opened.head, &named, DEFINITION)?;
    let mut contents = Contents::new();
    for (id, approval) in ids.into_iter().zip(approvals) {
        let of_it = contents.entry(id.clone()).or_default();
        of_it.extend(approval.map(|it| (it.commit, true)));
    }
    for occurrence in opened.ledger.occurrences()? {
        let Some(of_it) = contents.get_mut(occurrence.campaign()) else {
            continue;
        };
        let header = opened.ledger.header(&occurrence)?;
        if let Some(commit) = header.and_then(|it| CommitId::parse(&it.content_commit)) {
            of_it.entry(commit).or_insert(false);
        }
    }
    Ok(contents)
}

struct Laying<'a, 'b> {
    opened: &'a Opened,
    key: &'a RecipientKey,
    take: &'a mut Taker<'b>,
    /// Paths that were handed over.
    seen: BTreeSet<String>,
    /// Folders of assets that were looked through.
    folders: BTreeSet<ObjectId>,
    laid: Laid,
}

impl Laying<'_, '_> {
    fn assets(&mut self, tree: &Tree) -> Result<(), PublishingError> {
        let folder = self.opened.repository.entry(tree.commit(), "assets");
        let Some(folder) = folder.map_err(StartError::from)? else {
            return Ok(());
        };
        if !self.folders.insert(folder.id) {
            return Ok(());
        }
        for path in below(tree, "assets")? {
            let bytes = tree.read(&path, LARGEST).map_err(StartError::from)?;
            let folder = asset_folder(&Digest::of(&bytes));
            self.laid.assets += self.hand(&folder, path.file_name(), &bytes)?;
        }
        Ok(())
    }

    fn documents(&mut self, tree: &Tree, id: &CampaignId) -> Result<(), PublishingError> {
        let file = Workspace::load_campaign(tree, id).map_err(|source| StartError::Workspace {
            commit: tree.commit().to_string(),
            source,
        })?;
        // As they were when the mail was made: a link that went out must not break where the settings change.
        let settings = Workspace::load_settings(tree).map_err(|source| StartError::Workspace {
            commit: tree.commit().to_string(),
            source,
        })?;
        let is_handed_out = settings.portal.is_some_and(|it| it.documents.is_some());
        let documents = file.campaign.documents.iter();
        let linked = documents.filter(|it| it.delivery == DocumentDelivery::Link);
        // One that is no path is lint's to say, and is in no mail.
        let patterns: Vec<_> = linked
            .filter_map(|it| DocumentPath::parse(&it.file).ok())
            .filter(|it| !is_handed_out || !it.is_per_recipient())
            .collect();
        if patterns.is_empty() {
            return Ok(());
        }
        let above = format!("{}/", file.folder);
        for path in below(tree, file.folder.as_str())? {
            let name = path.as_str().strip_prefix(&above).unwrap_or_default();
            if !patterns.iter().any(|pattern| pattern.may_give(name)) {
                continue;
            }
            let bytes = tree.read(&path, LARGEST).map_err(StartError::from)?;
            let folder = document_folder(self.key, &Digest::of(&bytes));
            self.laid.documents += self.hand(&folder, path.file_name(), &bytes)?;
        }
        Ok(())
    }

    /// Hands a file over; how many it was.
    fn hand(&mut self, folder: &str, name: &str, bytes: &[u8]) -> Result<usize, PublishingError> {
        let path = format!("{folder}/{name}");
        if !self.seen.insert(path.clone()) {
            return Ok(0);
        }
        (self.take)(&path, bytes)
            .map(|()| 1)
            .map_err(|why| PublishingError::NotTaken { path, why })
    }
}

/// Every file below a folder; links are no files that anything links to.
fn below(tree: &Tree, folder: &str) -> Result<Vec<WorkspacePath>, StartError> {
    let Ok(folder) = WorkspacePath::parse(folder) else {
        return Ok(Vec::new());
    };
    match tree.files(&folder) {
        Ok(files) => Ok(files
            .into_iter()
            .filter(|file| file.is_regular)
            .map(|file| file.path)
            .collect()),
        Err(SourceError::Missing(_)) => Ok(Vec::new()),
        Err(why) => Err(why.into()),
    }
}
