//! Loading: bytes → text → YAML value → schema → typed file. What cannot be read yields findings
//! with their places, and everything else goes on.

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde::de::DeserializeOwned;

use super::encryption;
use super::loaded::{Body, CampaignFile, ListFile, LoadError, Loaded, TemplateFile, Workspace};
use super::names::{ListName, TemplateName};
use super::parallel::{self, WORTH};
use super::rules;
use super::schema::Kind;
use super::schema_check;
use super::settings::Settings;
use super::source::{Listed, Source, SourceError, WorkspacePath};
use super::{text, yaml};
use crate::diagnostic::file::File;
use crate::diagnostic::place::{Place, pointer};
use crate::diagnostic::{Diagnostic, Severity};
use crate::mail::occurrence::CampaignId;

/// The largest YAML file that is read, in bytes.
pub const LARGEST_YAML: u64 = 1_000_000;

impl Workspace {
    /// Loads everything but members' rows.
    pub fn load(source: &dyn Source) -> Loaded {
        let mut loader = Loader::new(source);
        loader.settings();
        let mut listed = Vec::new();
        for folder in ["campaigns", "lists", "templates", "assets"] {
            listed.extend(loader.list_files(folder));
        }
        for file in listed.iter().filter(|file| !file.is_regular) {
            // Links are complained of wherever they stand: one to a folder hides what is below it.
            loader.source_error(&SourceError::NotRegular(file.path.clone()));
        }
        listed.retain(|file| file.is_regular);
        let Loader { paths, loaded, .. } = loader;
        let files = parallel::map(&listed, WORTH, |file| {
            let mut loader = Loader {
                source,
                paths: Cow::Borrowed(&paths),
                loaded: Loaded::default(),
            };
            loader.file(&file.path);
            loader.loaded
        });
        let mut all = loaded;
        for file in files {
            all.extend(file);
        }
        all.paths = paths.into_owned();
        all
    }

    /// Loads `postmerge.yaml` alone.
    ///
    /// # Errors
    /// [`LoadError`].
    pub fn load_settings(source: &dyn Source) -> Result<Settings, Box<LoadError>> {
        let mut loader = Loader::new(source);
        loader.settings();
        let settings = loader.loaded.settings.take();
        loader.one(settings)
    }

    /// Loads one campaign, without reading or listing the others.
    ///
    /// # Errors
    /// [`LoadError`].
    pub fn load_campaign(
        source: &dyn Source,
        id: &CampaignId,
    ) -> Result<CampaignFile, Box<LoadError>> {
        let folder = format!("campaigns/{id}");
        let mut loader = Loader::new(source);
        loader.list_files(&folder);
        let file = loader.at(&format!("{folder}/campaign.yaml"), |l, p| l.campaign(p));
        loader.one(file)
    }

    /// Loads one list's settings.
    ///
    /// # Errors
    /// [`LoadError`].
    pub fn load_list(source: &dyn Source, name: &ListName) -> Result<ListFile, Box<LoadError>> {
        let mut loader = Loader::new(source);
        loader.list_files("lists");
        let file = loader.at(&format!("lists/{name}.yaml"), |l, p| l.list(p));
        loader.one(file)
    }

    /// Loads one template's declaration.
    ///
    /// # Errors
    /// [`LoadError`].
    pub fn load_template(
        source: &dyn Source,
        name: &TemplateName,
    ) -> Result<TemplateFile, Box<LoadError>> {
        let folder = format!("templates/{name}");
        let mut loader = Loader::new(source);
        loader.list_files(&folder);
        let file = loader.at(&format!("{folder}/template.yaml"), |l, p| l.template(p));
        loader.one(file)
    }
}

struct Loader<'a> {
    source: &'a dyn Source,
    /// The files that are there.
    paths: Cow<'a, BTreeSet<WorkspacePath>>,
    loaded: Loaded,
}

impl<'a> Loader<'a> {
    fn new(source: &'a dyn Source) -> Self {
        Self {
            source,
            paths: Cow::default(),
            loaded: Loaded::default(),
        }
    }

    fn one<T>(self, value: Option<T>) -> Result<T, Box<LoadError>> {
        let failed = |f: &Diagnostic| f.severity == Severity::Error;
        match value {
            Some(value) if !self.loaded.findings.iter().any(failed) => Ok(value),
            _ => Err(Box::new(LoadError {
                findings: self.loaded.findings,
                files: self.loaded.files,
            })),
        }
    }

    fn at<T>(
        &mut self,
        path: &str,
        load: impl FnOnce(&mut Self, &WorkspacePath) -> Option<T>,
    ) -> Option<T> {
        match WorkspacePath::parse(path) {
            Ok(path) => load(self, &path),
            Err(error) => {
                self.find(Diagnostic::new(
                    &rules::NAME_INVALID,
                    path,
                    Place::File,
                    error.to_string(),
                ));
                None
            }
        }
    }

    fn find(&mut self, finding: Diagnostic) {
        self.loaded.findings.push(finding);
    }

    fn settings(&mut self) {
        self.loaded.settings = self.at("postmerge.yaml", |l, p| l.typed(p, Kind::Settings));
    }

    fn list_files(&mut self, folder: &str) -> Vec<Listed> {
        let Ok(folder) = WorkspacePath::parse(folder) else {
            return Vec::new();
        };
        match self.source.files(&folder) {
            Ok(files) => {
                let paths = files.iter().map(|file| file.path.clone());
                self.paths.to_mut().extend(paths);
                files
            }
            Err(SourceError::Missing(_)) => Vec::new(),
            Err(error) => {
                self.source_error(&error);
                Vec::new()
            }
        }
    }

    /// Reads a file of the workspace, where it is one that is read here.
    fn file(&mut self, path: &WorkspacePath) {
        let steps: Vec<&str> = path.as_str().split('/').collect();
        match steps.as_slice() {
            ["campaigns", folder @ .., "campaign.yaml"] => {
                let Some(id) = self.campaign_id(path, &folder.join("/")) else {
                    return;
                };
                if let Some(file) = self.campaign(path) {
                    self.loaded.campaigns.insert(id, file);
                }
            }
            ["lists", file] if file.ends_with(".yaml") => {
                let stem = file.trim_end_matches(".yaml");
                if self.name_is_fine(path, stem) {
                    let name = ListName::new(stem);
                    self.loaded.list_names.insert(name.clone());
                    if let Some(file) = self.list(path) {
                        self.loaded.lists.insert(name, file);
                    }
                }
            }
            ["templates", folder, "template.yaml"] if self.name_is_fine(path, folder) => {
                let name = TemplateName::new(*folder);
                self.loaded.template_names.insert(name.clone());
                if let Some(file) = self.template(path) {
                    self.loaded.templates.insert(name, file);
                }
            }
            _ => {}
        }
    }

    fn campaign_id(&mut self, path: &WorkspacePath, folder: &str) -> Option<CampaignId> {
        let id = CampaignId::parse(folder).ok();
        if id.is_none() {
            let message = format!("the folder `{folder}` cannot be a campaign's id");
            self.find(
                Diagnostic::new(&rules::CAMPAIGN_ID_INVALID, path, Place::File, message)
                    .why("the id stands in the Message-ID of every mail and in the ledger's paths")
                    .help("rename the folder: letters without accents, digits, `.`, `_` and `-`, such as `2026/rueda-agro`"),
            );
        }
        id
    }

    fn name_is_fine(&mut self, path: &WorkspacePath, name: &str) -> bool {
        let fine = name.len() <= 64
            && name.starts_with(|c: char| c.is_ascii_alphanumeric())
            && name
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"._:-".contains(&b));
        if !fine {
            let message = format!("`{name}` cannot be referred to as a name");
            self.find(
                Diagnostic::new(&rules::NAME_INVALID, path, Place::File, message)
                    .help("rename it: letters without accents, digits, `.`, `_` and `-`"),
            );
        }
        fine
    }

    fn campaign(&mut self, path: &WorkspacePath) -> Option<CampaignFile> {
        let campaign = self.typed(path, Kind::Campaign);
        let folder = parent(path)?;
        let body = self.body(path, &folder);
        Some(CampaignFile {
            campaign: campaign?,
            body: body?,
            folder,
            path: path.clone(),
        })
    }

    fn body(&mut self, path: &WorkspacePath, folder: &WorkspacePath) -> Option<Body> {
        let there = |name: &str| folder.join(name).ok().filter(|p| self.paths.contains(p));
        let (message, help) = match (there("body.md"), there("body.html")) {
            (Some(markdown), None) => return Some(Body::Markdown(markdown)),
            (None, Some(html)) => return Some(Body::Html(html)),
            (None, None) => (
                "the campaign has no body",
                "add `body.md` (or `body.html`, for a page of your own) beside `campaign.yaml`",
            ),
            (Some(_), Some(_)) => (
                "the campaign has two bodies, `body.md` and `body.html`",
                "delete one of them",
            ),
        };
        self.find(Diagnostic::new(&rules::BODY_MISSING, path, Place::File, message).help(help));
        None
    }

    fn list(&mut self, path: &WorkspacePath) -> Option<ListFile> {
        let stem = path.as_str().trim_end_matches(".yaml");
        let plain = WorkspacePath::parse(&format!("{stem}.csv")).ok()?;
        let encrypted = WorkspacePath::parse(&format!("{stem}{}", encryption::ENDING)).ok()?;
        let (is_plain, is_encrypted) =
            (self.paths.contains(&plain), self.paths.contains(&encrypted));
        if is_plain && is_encrypted {
            let message =
                format!("the list's members stand in two files, `{plain}` and `{encrypted}`");
            self.find(
                Diagnostic::new(&rules::MEMBERS_TWICE, path, Place::File, message)
                    .why("nobody can tell which of them is meant")
                    .help("delete one of them: the one without `.age`, where the list is to be encrypted"),
            );
        }
        let members = match is_encrypted && !is_plain {
            true => encrypted,
            false => plain,
        };
        Some(ListFile {
            list: self.typed(path, Kind::List)?,
            path: path.clone(),
            members,
        })
    }

    fn template(&mut self, path: &WorkspacePath) -> Option<TemplateFile> {
        let folder = parent(path)?;
        let optional = |name: &str| folder.join(name).ok().filter(|p| self.paths.contains(p));
        let (text, style) = (optional("layout.txt"), optional("style.css"));
        Some(TemplateFile {
            template: self.typed(path, Kind::Template)?,
            html: folder.join("layout.html").ok()?,
            folder,
            path: path.clone(),
            text,
            style,
        })
    }

    /// A YAML file as the type that its kind has.
    fn typed<T: DeserializeOwned>(&mut self, path: &WorkspacePath, kind: Kind) -> Option<T> {
        let text = self.text(path)?;
        let document = yaml::read(path.as_str(), text);
        let broken = document
            .findings
            .iter()
            .any(|f| f.severity == Severity::Error);
        self.loaded.findings.extend(document.findings);
        self.loaded.files.insert(path.as_str(), document.file);
        let value = document.value?;
        let wrong = schema_check::check(kind, path.as_str(), &value);
        let wrong_shape = !wrong.is_empty();
        self.loaded.findings.extend(wrong);
        if broken || wrong_shape {
            return None;
        }
        match serde_path_to_error::deserialize(value) {
            Ok(typed) => Some(typed),
            Err(error) => {
                self.find(typed_error(path, &error));
                None
            }
        }
    }

    /// A file's text: UTF-8 without control characters.
    fn text(&mut self, path: &WorkspacePath) -> Option<String> {
        let bytes = match self.source.read(path, LARGEST_YAML) {
            Ok(bytes) => bytes,
            Err(error) => {
                self.source_error(&error);
                return None;
            }
        };
        let text = match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => {
                let valid = error.utf8_error().valid_up_to();
                let file = File::new(String::from_utf8_lossy(error.as_bytes()).into_owned());
                let (line, column) = file.line_column(valid);
                let utf16 = matches!(error.as_bytes(), [0xff, 0xfe, ..] | [0xfe, 0xff, ..]);
                let message = if utf16 {
                    "the file is in UTF-16, not in UTF-8"
                } else {
                    "the file is not in UTF-8: a byte here is part of no character"
                };
                self.find(
                    Diagnostic::new(
                        &rules::NOT_UTF8,
                        path,
                        Place::Line { line, column },
                        message,
                    )
                    .help("save it again with the encoding UTF-8"),
                );
                self.loaded.files.insert(path.as_str(), file);
                return None;
            }
        };
        self.loaded
            .findings
            .extend(text::byte_order_mark(path, &text));
        // The parser ends at a NUL.
        if let Some(finding) = text::control_character(path, &text) {
            self.find(finding);
            self.loaded.files.insert(path.as_str(), File::new(text));
            return None;
        }
        Some(text)
    }

    fn source_error(&mut self, error: &SourceError) {
        let (rule, path, message, help) = match error {
            SourceError::Missing(path) => (
                &rules::FILE_MISSING,
                path,
                format!("`{path}` is not there"),
                "add it, or run in the workspace's folder (-C DIR)",
            ),
            SourceError::NotRegular(path) => (
                &rules::LINK_NOT_FOLLOWED,
                path,
                format!("`{path}` is a symbolic link or no regular file"),
                "put the file itself there: links are not followed, since they may lead anywhere",
            ),
            SourceError::TooLarge { path, size, limit } => (
                &rules::FILE_TOO_LARGE,
                path,
                format!("`{path}` has {size} bytes; at most {limit} are read"),
                "rows of data belong into a list's CSV file",
            ),
            SourceError::Io { path, why } => (
                &rules::FILE_UNREADABLE,
                path,
                format!("`{path}` cannot be read: {why}"),
                "mend what the message names",
            ),
            SourceError::Encrypted { path, why } => (
                &rules::FILE_UNREADABLE,
                path,
                format!("`{path}` {why}"),
                "mend what the message names",
            ),
        };
        self.find(Diagnostic::new(rule, path, Place::File, message).help(help));
    }
}

fn parent(path: &WorkspacePath) -> Option<WorkspacePath> {
    WorkspacePath::parse(path.as_str().rsplit_once('/')?.0).ok()
}

fn typed_error(
    path: &WorkspacePath,
    error: &serde_path_to_error::Error<serde_json::Error>,
) -> Diagnostic {
    use serde_path_to_error::Segment;
    let steps: Vec<String> = error
        .path()
        .iter()
        .filter_map(|segment| match segment {
            Segment::Seq { index } => Some(index.to_string()),
            Segment::Map { key } => Some(key.clone()),
            Segment::Enum { .. } | Segment::Unknown => None,
        })
        .collect();
    let steps: Vec<&str> = steps.iter().map(String::as_str).collect();
    Diagnostic::new(
        &rules::SCHEMA_INVALID,
        path,
        Place::Value(pointer(&steps)),
        error.inner().to_string(),
    )
}
