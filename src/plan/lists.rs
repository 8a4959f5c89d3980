//! Lists of one state of the workspace, their rows in files without names: a row is read again by where it begins.

use std::fs::File;
use std::io;

use super::audience;
use super::error::PlanError;
use super::overlay::Overlay;
use crate::workspace::Workspace;
use crate::workspace::loaded::ListFile;
use crate::workspace::names::ListName;
use crate::workspace::source::{Source, SourceError, WorkspacePath};

/// See the module.
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
    /// Spools these lists as `source` has them, with what people asked for since on top; `whence` names it in errors.
    ///
    /// # Errors
    /// [`PlanError`].
    pub fn spool(
        source: &dyn Source,
        whence: &str,
        names: &[ListName],
        overlay: Option<Overlay<'_>>,
    ) -> Result<Self, PlanError> {
        let spool = |name: &ListName| {
            let file =
                Workspace::load_list(source, name).map_err(|source| PlanError::Workspace {
                    whence: whence.to_owned(),
                    source,
                })?;
            let rows = rows(source, &file.members)?;
            let rows = match overlay {
                Some(overlay) => overlay.lay(name, &file.list, rows)?,
                None => rows,
            };
            Ok(Spooled {
                name: name.clone(),
                file,
                rows,
            })
        };
        let lists = names.iter().map(spool).collect::<Result<_, PlanError>>()?;
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

impl Lists {
    /// As the audience reads them.
    pub fn files(&self) -> Vec<audience::ListFile<'_>> {
        let mut files = Vec::with_capacity(self.lists.len());
        for list in &self.lists {
            files.push(audience::ListFile {
                name: &list.name,
                list: &list.file.list,
                rows: &list.rows,
            });
        }
        files
    }
}

fn rows(source: &dyn Source, path: &WorkspacePath) -> Result<File, SourceError> {
    let failed = |why: io::Error| SourceError::Io {
        path: path.clone(),
        why: why.to_string(),
    };
    let mut from = source.open(path)?;
    let mut rows = tempfile::tempfile().map_err(failed)?;
    io::copy(&mut from, &mut rows).map_err(failed)?;
    Ok(rows)
}
