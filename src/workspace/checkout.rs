//! A workspace as it lies in a checkout, without the files that git passes over: they are in no commit, so what is made of them
//! would not be what is sent.

use std::io::Read;
use std::path::Path;

use super::folder::Folder;
use super::source::{Listed, Source, SourceError, WorkspacePath};
use crate::git::Repository;

/// See the module. A folder without a repository is taken as a whole.
pub struct Checkout {
    folder: Folder,
    repository: Option<Repository>,
}

impl Checkout {
    /// The workspace in `root`, which is its repository's top where it has one.
    pub fn new(root: &Path) -> Self {
        let repository = Some(root).filter(|root| root.join(".git").exists());
        Self {
            folder: Folder::new(root),
            repository: repository.and_then(|root| Repository::open(root).ok()),
        }
    }
}

impl Source for Checkout {
    fn read(&self, path: &WorkspacePath, limit: u64) -> Result<Vec<u8>, SourceError> {
        self.folder.read(path, limit)
    }

    fn open(&self, path: &WorkspacePath) -> Result<Box<dyn Read + Send>, SourceError> {
        self.folder.open(path)
    }

    fn files(&self, folder: &WorkspacePath) -> Result<Vec<Listed>, SourceError> {
        let mut files = self.folder.files(folder)?;
        if let Some(repository) = &self.repository {
            files.retain(|file| !repository.is_ignored(file.path.as_str()));
        }
        Ok(files)
    }

    fn size(&self, path: &WorkspacePath) -> Result<u64, SourceError> {
        self.folder.size(path)
    }
}
