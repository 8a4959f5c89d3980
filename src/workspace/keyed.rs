//! A workspace's files together with the keys that its encrypted lists are read with.

use std::io::Read;

use super::encryption::Keys;
use super::source::{Listed, Source, SourceError, WorkspacePath};

/// See the module.
pub struct Keyed<S> {
    source: S,
    keys: Keys,
}

impl<S: Source> Keyed<S> {
    /// These files, with these keys.
    pub const fn new(source: S, keys: Keys) -> Self {
        Self { source, keys }
    }
}

impl<S: Source> Source for Keyed<S> {
    fn read(&self, path: &WorkspacePath, limit: u64) -> Result<Vec<u8>, SourceError> {
        self.source.read(path, limit)
    }

    fn open(&self, path: &WorkspacePath) -> Result<Box<dyn Read + Send>, SourceError> {
        self.source.open(path)
    }

    fn files(&self, folder: &WorkspacePath) -> Result<Vec<Listed>, SourceError> {
        self.source.files(folder)
    }

    fn size(&self, path: &WorkspacePath) -> Result<u64, SourceError> {
        self.source.size(path)
    }

    fn keys(&self) -> Keys {
        self.keys.clone()
    }
}
