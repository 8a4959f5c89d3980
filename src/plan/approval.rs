//! What an approval approves: the digest of a campaign's folder (definition, body, documents) and of
//! its template.

use std::collections::{BTreeMap, BTreeSet};

use super::owner::{Owners, defined};
use crate::mail::digest::Digest;
use crate::workspace::campaign::Campaign;
use crate::workspace::document_path::DocumentPath;
use crate::workspace::loaded::CampaignFile;
use crate::workspace::source::{Source, SourceError, WorkspacePath};

/// Larger files than this are no documents that anybody would mail.
const LARGEST: u64 = 50_000_000;

/// What a digest is made of: files, each with the digest of its content.
pub type Parts = BTreeMap<WorkspacePath, Digest>;

/// The digest of a template's files but for `template.yaml`, which says whether it is approved.
///
/// # Errors
/// [`SourceError`] where a file cannot be read.
pub fn template_digest(source: &dyn Source, folder: &WorkspacePath) -> Result<Digest, SourceError> {
    let mut files = below(source, folder)?;
    files.retain(|file| file.file_name() != "template.yaml");
    Ok(digest_of(&parts_of(source, files)?))
}

/// The digest of a campaign's own files and of everything below `template`: paths and contents, in the order of the
/// paths.
///
/// # Errors
/// [`SourceError`] where a file cannot be read.
pub fn approval_digest(
    source: &dyn Source,
    campaign: &CampaignFile,
    template: Option<&WorkspacePath>,
) -> Result<Digest, SourceError> {
    Ok(digest_of(&approval_parts(source, campaign, template)?))
}

/// What [`approval_digest`] is made of.
///
/// # Errors
/// [`SourceError`] where a file cannot be read.
pub fn approval_parts(
    source: &dyn Source,
    campaign: &CampaignFile,
    template: Option<&WorkspacePath>,
) -> Result<Parts, SourceError> {
    let files = below(source, &campaign.folder)?.into_iter();
    let paths: Vec<String> = files.map(|it| it.as_str().to_owned()).collect();
    let documents = patterns(&campaign.campaign);
    let own = own_files(&campaign.folder, &documents, &paths);
    let mut files: Vec<WorkspacePath> =
        own.filter_map(|it| WorkspacePath::parse(it).ok()).collect();
    if let Some(template) = template {
        files.extend(below(source, template)?);
    }
    parts_of(source, files)
}

/// A campaign's own files among those below its folder: without what lies in the folder of a campaign below it, but for
/// the documents that it names there.
pub fn own_files<'p>(
    folder: &WorkspacePath,
    documents: &[DocumentPath],
    paths: &'p [String],
) -> impl Iterator<Item = &'p str> {
    let owners = Owners::by_folders(paths.iter().filter_map(|path| defined(path)));
    let above = format!("{folder}/");
    paths.iter().map(String::as_str).filter(move |path| {
        let name = path.strip_prefix(&above).unwrap_or_default();
        // A folder that is no campaign's yet has its files all the same.
        let owner = owners.owner(path).unwrap_or(folder.as_str());
        !owner.starts_with(&above) || documents.iter().any(|it| it.may_give(name))
    })
}

/// The paths of a campaign's documents; one that is no path is in no mail.
pub fn patterns(campaign: &Campaign) -> Vec<DocumentPath> {
    let documents = campaign.documents.iter();
    let paths = documents.filter_map(|it| DocumentPath::parse(&it.file).ok());
    paths.collect()
}

fn below(source: &dyn Source, folder: &WorkspacePath) -> Result<Vec<WorkspacePath>, SourceError> {
    let files = source.files(folder)?.into_iter();
    Ok(files.map(|file| file.path).collect())
}

fn parts_of(source: &dyn Source, files: Vec<WorkspacePath>) -> Result<Parts, SourceError> {
    let part = |file: WorkspacePath| {
        let content = Digest::of(&source.read(&file, LARGEST)?);
        Ok((file, content))
    };
    files.into_iter().map(part).collect()
}

/// The digest that is approved, of its parts.
pub fn digest_of(parts: &Parts) -> Digest {
    let texts = parts.iter().flat_map(|(file, content)| {
        let content: &[u8] = content.as_bytes();
        [file.as_str().as_bytes(), content]
    });
    Digest::of_parts(texts)
}

/// The files that two versions do not both have alike, in the order of their paths.
pub fn differing(one: &Parts, other: &Parts) -> Vec<WorkspacePath> {
    let paths = one.keys().chain(other.keys());
    let differ = paths.filter(|path| one.get(path) != other.get(path));
    let sorted: BTreeSet<&WorkspacePath> = differ.collect();
    sorted.into_iter().cloned().collect()
}
