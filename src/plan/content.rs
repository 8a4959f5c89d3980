//! What a campaign is made of: its definition, texts, layout and documents, with the settings beside them, all of one
//! state of the workspace.

use std::sync::Arc;

use super::approval::approval_digest;
use super::error::PlanError;
use crate::mail::address::Address;
use crate::mail::digest::Digest;
use crate::mail::occurrence::CampaignId;
use crate::workspace::Workspace;
use crate::workspace::document_path::DocumentPath;
use crate::workspace::loaded::{CampaignFile, TemplateFile};
use crate::workspace::settings::{Sender, Settings};
use crate::workspace::source::{Source, SourceError, WorkspacePath};

/// Larger documents are not mailed or linked.
pub(super) const LARGEST_DOCUMENT: u64 = 50_000_000;

/// Larger text files are no bodies or layouts.
const LARGEST_TEXT: u64 = 4_000_000;

/// A campaign's content in one state of the workspace.
pub struct Content {
    /// Where it is read from.
    pub source: Arc<dyn Source>,
    /// Which state that is, as text: a commit.
    pub whence: String,
    /// The settings there: organisation, senders, brand.
    pub settings: Settings,
    /// The campaign.
    pub file: CampaignFile,
    /// Its layout.
    pub template: Option<TemplateFile>,
    /// What was approved.
    pub digest: Digest,
}

impl Content {
    /// Reads a campaign's content. `whence` names the state of the workspace in errors.
    ///
    /// # Errors
    /// [`PlanError::Workspace`] where files have findings, and [`PlanError::Source`].
    pub fn read(source: Arc<dyn Source>, whence: &str, id: &CampaignId) -> Result<Self, PlanError> {
        let wrong = |source| PlanError::Workspace {
            whence: whence.to_owned(),
            source,
        };
        let settings = Workspace::load_settings(&*source).map_err(wrong)?;
        let file = Workspace::load_campaign(&*source, id).map_err(wrong)?;
        let template = match &file.campaign.template {
            Some(name) => Some(Workspace::load_template(&*source, name).map_err(wrong)?),
            None => None,
        };
        let layout = template.as_ref().map(|template| &template.folder);
        let digest = approval_digest(&*source, &file, layout)?;
        Ok(Self {
            whence: whence.to_owned(),
            source,
            settings,
            file,
            template,
            digest,
        })
    }

    /// A campaign's content out of a workspace that was read already.
    ///
    /// # Errors
    /// [`PlanError::Missing`] and [`PlanError::Source`].
    pub fn of(
        source: &Arc<dyn Source>,
        whence: &str,
        workspace: &Workspace,
        id: &CampaignId,
    ) -> Result<Self, PlanError> {
        let missing = |what, name: String| PlanError::Missing {
            campaign: id.to_string(),
            what,
            name,
        };
        let file = workspace.campaigns.get(id);
        let file = file
            .ok_or_else(|| missing("campaign", id.to_string()))?
            .clone();
        let template = match &file.campaign.template {
            Some(name) => {
                let found = workspace.templates.get(name);
                Some(
                    found
                        .ok_or_else(|| missing("template", name.to_string()))?
                        .clone(),
                )
            }
            None => None,
        };
        let layout = template.as_ref().map(|template| &template.folder);
        let digest = approval_digest(&**source, &file, layout)?;
        Ok(Self {
            whence: whence.to_owned(),
            source: Arc::clone(source),
            settings: workspace.settings.clone(),
            file,
            template,
            digest,
        })
    }

    /// The From identity.
    ///
    /// # Errors
    /// [`PlanError::Missing`].
    pub fn sender(&self) -> Result<&Sender, PlanError> {
        let name = &self.file.campaign.sender;
        self.settings
            .senders
            .get(name)
            .ok_or_else(|| PlanError::Missing {
                campaign: self.file.folder.to_string(),
                what: "sender",
                name: name.to_string(),
            })
    }

    /// A text file.
    ///
    /// # Errors
    /// [`PlanError::Source`].
    pub fn text(&self, path: &WorkspacePath) -> Result<String, PlanError> {
        let bytes = self.source.read(path, LARGEST_TEXT)?;
        String::from_utf8(bytes).map_err(|_| {
            PlanError::Source(SourceError::Io {
                path: path.clone(),
                why: "is not UTF-8".to_owned(),
            })
        })
    }

    /// A document below the campaign's folder; `None` where there is no such file.
    ///
    /// # Errors
    /// [`PlanError::Source`] where it is there and cannot be read.
    pub fn document(&self, path: &str) -> Result<Option<Vec<u8>>, PlanError> {
        let Ok(path) = self.file.folder.join(path) else {
            return Ok(None);
        };
        match self.source.read(&path, LARGEST_DOCUMENT) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(SourceError::Missing(_)) => Ok(None),
            Err(why) => Err(why.into()),
        }
    }

    /// The paths of the campaign's documents: one for all, or a pattern.
    ///
    /// # Errors
    /// [`PlanError::Missing`] where one is no path.
    pub fn document_paths(&self) -> Result<Vec<DocumentPath>, PlanError> {
        let parse = |document: &crate::workspace::campaign::Document| {
            DocumentPath::parse(&document.file).map_err(|_| PlanError::Missing {
                campaign: self.file.folder.to_string(),
                what: "document",
                name: document.file.clone(),
            })
        };
        self.file.campaign.documents.iter().map(parse).collect()
    }
}

/// Addresses that a campaign names itself.
///
/// # Errors
/// [`PlanError::Address`] where one is none.
pub fn addresses(campaign: &CampaignId, texts: &[String]) -> Result<Vec<Address>, PlanError> {
    let parse = |text: &String| {
        Address::parse(text).map_err(|why| PlanError::Address {
            campaign: campaign.to_string(),
            why: why.why,
        })
    };
    texts.iter().map(parse).collect()
}
