//! What an approval approves: the digest of a campaign's folder (definition, body, documents) and of
//! its template.

use crate::mail::digest::Digest;
use crate::workspace::source::{Source, SourceError, WorkspacePath};

/// Larger files than this are no documents that anybody would mail.
const LARGEST: u64 = 50_000_000;

/// The digest of a template's files but for `template.yaml`, which says whether it is approved.
///
/// # Errors
/// [`SourceError`] where a file can not be read.
pub fn template_digest(source: &dyn Source, folder: &WorkspacePath) -> Result<Digest, SourceError> {
    let mut files = below(source, folder)?;
    files.retain(|file| file.file_name() != "template.yaml");
    digest_of(source, files)
}

/// The digest of everything below `campaign` and below `template`: paths and contents, in the order
/// of the paths.
///
/// # Errors
/// [`SourceError`] where a file can not be read.
pub fn approval_digest(
    source: &dyn Source,
    campaign: &WorkspacePath,
    template: Option<&WorkspacePath>,
) -> Result<Digest, SourceError> {
    let mut files = below(source, campaign)?;
    if let Some(template) = template {
        files.extend(below(source, template)?);
    }
    digest_of(source, files)
}

fn below(source: &dyn Source, folder: &WorkspacePath) -> Result<Vec<WorkspacePath>, SourceError> {
    let files = source.files(folder)?.into_iter();
    Ok(files.map(|file| file.path).collect())
}

fn digest_of(source: &dyn Source, mut files: Vec<WorkspacePath>) -> Result<Digest, SourceError> {
    files.sort();
    let mut parts: Vec<Vec<u8>> = Vec::with_capacity(files.len() * 2);
    for file in files {
        let content = Digest::of(&source.read(&file, LARGEST)?);
        parts.push(file.as_str().as_bytes().to_vec());
        parts.push(content.as_bytes().to_vec());
    }
    Ok(Digest::of_parts(parts.iter().map(Vec::as_slice)))
}
