//! What an occurrence is made of, read from the commits that its start fixed: content from the one
//! that approved it, members from the one whose lists the audience was resolved from.

use std::collections::HashMap;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use super::error::StartError;
use crate::git::{CommitId, Repository};
use crate::mail::address::Address;
use crate::mail::digest::Digest;
use crate::mail::dkim::{Algorithm, Signer};
use crate::mail::occurrence::CampaignId;
use crate::plan::approval::approval_digest;
use crate::workspace::Workspace;
use crate::workspace::document_path::DocumentPath;
use crate::workspace::loaded::{CampaignFile, ListFile, TemplateFile};
use crate::workspace::names::ListName;
use crate::workspace::settings::{DkimAlgorithm, Sender, Settings};
use crate::workspace::source::{Source, SourceError, WorkspacePath};
use crate::workspace::tree::Tree;

/// Larger documents are not mailed or linked.
const LARGEST_DOCUMENT: u64 = 50_000_000;

/// Larger text files are no bodies or layouts.
const LARGEST_TEXT: u64 = 4_000_000;

/// A campaign's content at the commit that approved it.
pub struct Content {
    /// The tree that it is read from.
    pub tree: Tree,
    /// The commit, as text.
    pub commit: String,
    /// The settings at that commit: organisation, senders, brand.
    pub settings: Settings,
    /// The campaign.
    pub file: CampaignFile,
    /// Its layout.
    pub template: Option<TemplateFile>,
    /// What was approved.
    pub digest: Digest,
}

impl Content {
    /// Reads a campaign's content at `commit`.
    ///
    /// # Errors
    /// [`StartError::Workspace`] where that commit's files have findings, and [`StartError::Source`].
    pub fn read(repository: &Path, commit: CommitId, id: &CampaignId) -> Result<Self, StartError> {
        let tree = Tree::at(repository, commit)?;
        let wrong = |source| StartError::Workspace {
            commit: commit.to_string(),
            source,
        };
        let settings = Workspace::load_settings(&tree).map_err(wrong)?;
        let file = Workspace::load_campaign(&tree, id).map_err(wrong)?;
        let template = match &file.campaign.template {
            Some(name) => Some(Workspace::load_template(&tree, name).map_err(wrong)?),
            None => None,
        };
        let layout = template.as_ref().map(|template| &template.folder);
        let digest = approval_digest(&tree, &file.folder, layout)?;
        Ok(Self {
            commit: commit.to_string(),
            tree,
            settings,
            file,
            template,
            digest,
        })
    }

    /// The From identity.
    ///
    /// # Errors
    /// [`StartError::Missing`].
    pub fn sender(&self) -> Result<&Sender, StartError> {
        let name = &self.file.campaign.sender;
        self.settings
            .senders
            .get(name)
            .ok_or_else(|| StartError::Missing {
                campaign: self.file.folder.to_string(),
                what: "sender",
                name: name.to_string(),
            })
    }

    /// A text file.
    ///
    /// # Errors
    /// [`StartError::Source`].
    pub fn text(&self, path: &WorkspacePath) -> Result<String, StartError> {
        let bytes = self.tree.read(path, LARGEST_TEXT)?;
        String::from_utf8(bytes).map_err(|_| {
            StartError::Source(SourceError::Io {
                path: path.clone(),
                why: "is not UTF-8".to_owned(),
            })
        })
    }

    /// A document below the campaign's folder; `None` where there is no such file.
    ///
    /// # Errors
    /// [`StartError::Source`] where it is there and can not be read.
    pub fn document(&self, path: &str) -> Result<Option<Vec<u8>>, StartError> {
        let Ok(path) = self.file.folder.join(path) else {
            return Ok(None);
        };
        match self.tree.read(&path, LARGEST_DOCUMENT) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(SourceError::Missing(_)) => Ok(None),
            Err(why) => Err(why.into()),
        }
    }

    /// The paths of the campaign's documents: one for all, or a pattern.
    ///
    /// # Errors
    /// [`StartError::Missing`] where one is no path.
    pub fn document_paths(&self) -> Result<Vec<DocumentPath>, StartError> {
        let parse = |document: &crate::workspace::campaign::Document| {
            DocumentPath::parse(&document.file).map_err(|_| StartError::Missing {
                campaign: self.file.folder.to_string(),
                what: "document",
                name: document.file.clone(),
            })
        };
        self.file.campaign.documents.iter().map(parse).collect()
    }
}

/// Lists at a commit, their rows spooled to files without names.
pub struct Lists {
    /// In the campaign's order.
    pub lists: Vec<Spooled>,
}

/// One list.
pub struct Spooled {
    /// Its name.
    pub name: ListName,
    /// Its settings.
    pub file: ListFile,
    /// Its rows.
    pub rows: File,
}

impl Lists {
    /// Spools these lists as `commit` has them.
    ///
    /// # Errors
    /// [`StartError`].
    pub fn spool(
        repository: &Repository,
        tree: &Tree,
        names: &[ListName],
    ) -> Result<Self, StartError> {
        let spool = |name: &ListName| {
            let file =
                Workspace::load_list(tree, name).map_err(|source| StartError::Workspace {
                    commit: tree.commit().to_string(),
                    source,
                })?;
            let rows = repository.spool_blob(tree.commit(), file.members.as_str())?;
            Ok(Spooled {
                name: name.clone(),
                file,
                rows,
            })
        };
        let lists = names.iter().map(spool).collect::<Result<_, StartError>>()?;
        Ok(Self { lists })
    }

    /// The names of all their columns, each once.
    pub fn columns(&self) -> Vec<String> {
        let mut columns: Vec<String> = Vec::new();
        for list in &self.lists {
            for name in list.file.list.columns.keys() {
                if !columns.contains(name) {
                    columns.push(name.clone());
                }
            }
        }
        columns
    }
}

/// Addresses that a campaign names itself.
///
/// # Errors
/// [`StartError::Address`] where one is none.
pub fn addresses(campaign: &CampaignId, texts: &[String]) -> Result<Vec<Address>, StartError> {
    let parse = |text: &String| {
        Address::parse(text).map_err(|why| StartError::Address {
            campaign: campaign.to_string(),
            why: why.why,
        })
    };
    texts.iter().map(parse).collect()
}

/// A sender's DKIM keys, read from where `secret` finds them.
///
/// # Errors
/// [`StartError::NoDkimKey`], [`StartError::Dkim`].
pub fn signers(
    sender: &Sender,
    secret: &dyn Fn(&str) -> Option<String>,
) -> Result<Vec<Signer>, StartError> {
    let signer = |key: &crate::workspace::settings::DkimKey| {
        let pem = secret(&key.key_env).ok_or_else(|| StartError::NoDkimKey(key.key_env.clone()))?;
        let algorithm = match key.algorithm {
            DkimAlgorithm::RsaSha256 => Algorithm::RsaSha256,
            DkimAlgorithm::Ed25519Sha256 => Algorithm::Ed25519Sha256,
        };
        Signer::from_pem(&key.domain, &key.selector, algorithm, &pem).map_err(|source| {
            StartError::Dkim {
                env: key.key_env.clone(),
                source,
            }
        })
    };
    sender.dkim.iter().map(signer).collect()
}

/// Digests of files that were read before: a document for everybody is read once.
#[derive(Default)]
pub struct Cache(std::sync::Mutex<HashMap<String, Arc<Vec<u8>>>>);

impl Cache {
    /// The bytes at `path`, read by `read` the first time.
    ///
    /// # Errors
    /// What `read` says.
    pub fn get<E>(
        &self,
        path: &str,
        read: impl FnOnce() -> Result<Option<Vec<u8>>, E>,
    ) -> Result<Option<Arc<Vec<u8>>>, E> {
        let mut known = self
            .0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(bytes) = known.get(path) {
            return Ok(Some(Arc::clone(bytes)));
        }
        let Some(bytes) = read()? else {
            return Ok(None);
        };
        let bytes = Arc::new(bytes);
        known.insert(path.to_owned(), Arc::clone(&bytes));
        Ok(Some(bytes))
    }
}
