//! What loading brings: the files of a workspace, typed, beside what is wrong with the rest.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;

use super::campaign::Campaign;
use super::encryption;
use super::list::List;
use super::names::{ListName, TemplateName};
use super::settings::Settings;
use super::source::{Source, SourceError, WorkspacePath};
use super::template::Template;
use crate::diagnostic::file::Files;
use crate::diagnostic::{Diagnostic, Severity};
use crate::mail::occurrence::CampaignId;

/// A workspace's files, typed. Members' rows are not read.
#[derive(Debug, Clone)]
pub struct Workspace {
    /// `postmerge.yaml`.
    pub settings: Settings,
    /// By id.
    pub campaigns: BTreeMap<CampaignId, CampaignFile>,
    /// By name.
    pub lists: BTreeMap<ListName, ListFile>,
    /// By name.
    pub templates: BTreeMap<TemplateName, TemplateFile>,
}

/// A campaign and its files.
#[derive(Debug, Clone)]
pub struct CampaignFile {
    /// Its `campaign.yaml`, read.
    pub campaign: Campaign,
    /// Its body.
    pub body: Body,
    /// Its folder.
    pub folder: WorkspacePath,
    /// Its `campaign.yaml`.
    pub path: WorkspacePath,
}

/// A campaign's body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// `body.md`.
    Markdown(WorkspacePath),
    /// `body.html`: a whole page, or what goes into a template.
    Html(WorkspacePath),
}

/// A list and its files.
#[derive(Debug, Clone)]
pub struct ListFile {
    /// Its settings, read.
    pub list: List,
    /// Its settings' file.
    pub path: WorkspacePath,
    /// Its members' file, which may not be there: `lists/<name>.csv`, or encrypted `lists/<name>.csv.age`.
    pub members: WorkspacePath,
}

impl ListFile {
    /// Whether its members' file is encrypted.
    pub fn is_encrypted(&self) -> bool {
        self.members.as_str().ends_with(encryption::ENDING)
    }

    /// Where its members stand, encrypted or not: first as they do now.
    pub fn both_paths(&self) -> [String; 2] {
        let path = self.members.as_str();
        let stem = path.strip_suffix(encryption::ENDING);
        match (stem, path.strip_suffix(".csv")) {
            (Some(stem), _) => [path.to_owned(), format!("{stem}.csv")],
            (None, stem) => [
                path.to_owned(),
                format!("{}{}", stem.unwrap_or(path), encryption::ENDING),
            ],
        }
    }

    /// Its members' CSV file as a stream, decrypted where it is encrypted.
    ///
    /// # Errors
    /// [`SourceError`]; [`SourceError::is_without_key`] where it is encrypted and the source has no keys.
    pub fn open(&self, source: &dyn Source) -> Result<Box<dyn Read + Send>, SourceError> {
        let input = source.open(&self.members)?;
        if !self.is_encrypted() {
            return Ok(input);
        }
        match encryption::decrypt(input, &source.keys()) {
            Ok(text) => Ok(Box::new(text)),
            Err(why) => Err(SourceError::Encrypted {
                path: self.members.clone(),
                why,
            }),
        }
    }
}

/// A template and its files.
#[derive(Debug, Clone)]
pub struct TemplateFile {
    /// Its `template.yaml`, read.
    pub template: Template,
    /// Its folder.
    pub folder: WorkspacePath,
    /// Its `template.yaml`.
    pub path: WorkspacePath,
    /// Its `layout.html`, which may not be there.
    pub html: WorkspacePath,
    /// Its `layout.txt`.
    pub text: Option<WorkspacePath>,
    /// Its `style.css`.
    pub style: Option<WorkspacePath>,
}

/// What loading a workspace brought: all that could be read, and what is wrong with the rest.
#[derive(Debug, Default)]
pub struct Loaded {
    /// `postmerge.yaml`, where it could be read.
    pub settings: Option<Settings>,
    /// The campaigns that could be read.
    pub campaigns: BTreeMap<CampaignId, CampaignFile>,
    /// The lists that could be read.
    pub lists: BTreeMap<ListName, ListFile>,
    /// The templates that could be read.
    pub templates: BTreeMap<TemplateName, TemplateFile>,
    /// The lists whose settings are there, readable or not.
    pub list_names: BTreeSet<ListName>,
    /// The templates that are there, readable or not.
    pub template_names: BTreeSet<TemplateName>,
    /// Every file below `campaigns/`, `lists/`, `templates/` and `assets/`.
    pub paths: BTreeSet<WorkspacePath>,
    /// The texts that findings stand in.
    pub files: Files,
    /// What is wrong.
    pub findings: Vec<Diagnostic>,
}

/// Why a workspace, or a part of it, cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{}", first(findings))]
pub struct LoadError {
    /// What is wrong; at least one is an error.
    pub findings: Vec<Diagnostic>,
    /// The texts that the findings stand in.
    pub files: Files,
}

fn first(findings: &[Diagnostic]) -> String {
    findings
        .iter()
        .max_by_key(|f| f.severity)
        .map_or_else(String::new, |f| format!("{}: {}", f.path, f.message))
}

impl Loaded {
    /// Takes over what another part of the workspace brought; settings and paths are its own.
    pub(super) fn extend(&mut self, part: Self) {
        self.campaigns.extend(part.campaigns);
        self.lists.extend(part.lists);
        self.templates.extend(part.templates);
        self.list_names.extend(part.list_names);
        self.template_names.extend(part.template_names);
        self.files.extend(part.files);
        self.findings.extend(part.findings);
    }

    /// The workspace as far as it could be read, and what is wrong with the rest; nothing without settings.
    pub fn as_far_as_read(self) -> Option<(Workspace, Vec<Diagnostic>)> {
        let workspace = Workspace {
            settings: self.settings?,
            campaigns: self.campaigns,
            lists: self.lists,
            templates: self.templates,
        };
        Some((workspace, self.findings))
    }

    /// The workspace, where nothing is wrong with it.
    ///
    /// # Errors
    /// [`LoadError`] with the findings where one of them is an error.
    pub fn into_workspace(self) -> Result<Workspace, Box<LoadError>> {
        let failed = self.findings.iter().any(|f| f.severity == Severity::Error);
        match self.settings {
            Some(settings) if !failed => Ok(Workspace {
                settings,
                campaigns: self.campaigns,
                lists: self.lists,
                templates: self.templates,
            }),
            _ => Err(Box::new(LoadError {
                findings: self.findings,
                files: self.files,
            })),
        }
    }
}
