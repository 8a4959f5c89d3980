//! What recipients are handed, and how large it is.

use serde::Serialize;

use super::content::Content;
use super::error::PlanError;
use crate::workspace::campaign::DocumentDelivery;
use crate::workspace::source::{Source, WorkspacePath};

/// A document, or one for each recipient.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlannedDocument {
    /// As the campaign names it.
    pub file: String,
    /// Whether as a link or attached.
    #[serde(rename = "as")]
    pub delivery: DocumentDelivery,
    /// How many files there are: one, or those in the folder that the pattern can name.
    pub files: u64,
    /// Bytes of all of them.
    pub bytes: u64,
    /// Bytes of the largest.
    pub largest: u64,
}

/// A campaign's documents.
///
/// # Errors
/// [`PlanError`] where a folder cannot be read.
pub fn documents(content: &Content) -> Result<Vec<PlannedDocument>, PlanError> {
    let paths = content.document_paths()?;
    let pairs = paths.iter().zip(&content.file.campaign.documents);
    let mut found = Vec::new();
    for (path, document) in pairs {
        let sizes = match path.literal() {
            Ok(name) => of_file(&*content.source, content.file.folder.join(&name).ok()),
            Err(_) => like(content, &document.file)?,
        };
        found.push(PlannedDocument {
            file: document.file.clone(),
            delivery: document.delivery,
            files: sizes.len() as u64,
            bytes: sizes.iter().sum(),
            largest: sizes.iter().copied().max().unwrap_or(0),
        });
    }
    Ok(found)
}

fn of_file(source: &dyn Source, path: Option<WorkspacePath>) -> Vec<u64> {
    let size = path.and_then(|path| source.size(&path).ok());
    size.into_iter().collect()
}

/// The files whose paths begin and end as the pattern does.
fn like(content: &Content, pattern: &str) -> Result<Vec<u64>, PlanError> {
    let before = pattern.split("{{").next().unwrap_or_default();
    let after = pattern.rsplit("}}").next().unwrap_or_default();
    let folder = &content.file.folder;
    let mut sizes = Vec::new();
    for file in content.source.files(folder)? {
        let below = file.path.as_str().strip_prefix(folder.as_str());
        let below = below.and_then(|path| path.strip_prefix('/'));
        let fits = |path: &str| {
            path.len() > before.len() + after.len()
                && path.starts_with(before)
                && path.ends_with(after)
        };
        if file.is_regular && below.is_some_and(fits) {
            sizes.extend(content.source.size(&file.path));
        }
    }
    Ok(sizes)
}
