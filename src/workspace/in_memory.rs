//! A workspace that is nowhere yet: its files in memory, for looking at before they are written.

use std::collections::BTreeMap;
use std::io::{Cursor, Read};

use super::source::{Listed, Source, SourceError, WorkspacePath};

/// Files by path.
#[derive(Debug, Clone, Default)]
pub struct InMemory(BTreeMap<WorkspacePath, Vec<u8>>);

impl InMemory {
    /// Adds a file, or replaces it.
    pub fn insert(&mut self, path: WorkspacePath, bytes: Vec<u8>) {
        self.0.insert(path, bytes);
    }

    /// All files, in the order of their paths.
    pub fn iter(&self) -> impl Iterator<Item = (&WorkspacePath, &[u8])> {
        self.0.iter().map(|(path, bytes)| (path, bytes.as_slice()))
    }

    fn bytes(&self, path: &WorkspacePath) -> Result<&Vec<u8>, SourceError> {
        let missing = || SourceError::Missing(path.clone());
        self.0.get(path).ok_or_else(missing)
    }
}

impl Source for InMemory {
    fn read(&self, path: &WorkspacePath, limit: u64) -> Result<Vec<u8>, SourceError> {
        let bytes = self.bytes(path)?;
        let size = self.size(path)?;
        if size > limit {
            return Err(SourceError::TooLarge {
                path: path.clone(),
                size,
                limit,
            });
        }
        Ok(bytes.clone())
    }

    fn open(&self, path: &WorkspacePath) -> Result<Box<dyn Read + Send>, SourceError> {
        Ok(Box::new(Cursor::new(self.bytes(path)?.clone())))
    }

    fn files(&self, folder: &WorkspacePath) -> Result<Vec<Listed>, SourceError> {
        let below = format!("{folder}/");
        let inside = self
            .0
            .keys()
            .filter(|path| path.as_str().starts_with(&below));
        let found: Vec<Listed> = inside
            .map(|path| Listed {
                path: path.clone(),
                is_regular: true,
            })
            .collect();
        match found.is_empty() {
            true => Err(SourceError::Missing(folder.clone())),
            false => Ok(found),
        }
    }

    fn size(&self, path: &WorkspacePath) -> Result<u64, SourceError> {
        Ok(u64::try_from(self.bytes(path)?.len()).unwrap_or(u64::MAX))
    }
}
