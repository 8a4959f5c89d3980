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
    /// Those that are encrypted and that there is no key for: they are here without their rows.
    pub not_checked: Vec<ListName>,
}

/// What becomes of encrypted lists that there is no key for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum WithoutKey {
    /// They are an error: what is sent must have everybody.
    #[default]
    Refuse,
    /// They are taken without their rows, and said to be: nothing may be counted then.
    LeaveOut,
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
        (overlay, without_key): (Option<Overlay<'_>>, WithoutKey),
    ) -> Result<Self, PlanError> {
        let mut not_checked = Vec::new();
        let mut spool = |name: &ListName| {
            let file =
                Workspace::load_list(source, name).map_err(|source| PlanError::Workspace {
                    whence: whence.to_owned(),
                    source,
                })?;
            let rows = match file.open(source) {
                Err(why) if why.is_without_key() && without_key == WithoutKey::LeaveOut => {
                    not_checked.push(name.clone());
                    heading(&file)?
                }
                input => rows(input?, &file.members)?,
            };
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
        let lists = names.iter().map(&mut spool);
        let lists = lists.collect::<Result<_, PlanError>>()?;
        Ok(Self { lists, not_checked })
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

fn rows(mut from: impl io::Read, path: &WorkspacePath) -> Result<File, SourceError> {
    let mut spool = || {
        let mut rows = tempfile::tempfile()?;
        io::copy(&mut from, &mut rows)?;
        Ok(rows)
    };
    spool().map_err(|why: io::Error| SourceError::Io {
        path: path.clone(),
        why: why.to_string(),
    })
}

/// A list with its heading and nobody in it.
fn heading(file: &ListFile) -> Result<File, SourceError> {
    let list = &file.list;
    let columns = list
        .columns
        .keys()
        .filter(|name| **name != list.address_column);
    let quoted = |name: &String| format!("\"{}\"", name.replace('"', "\"\""));
    let names: Vec<String> = std::iter::once(&list.address_column)
        .chain(columns)
        .map(quoted)
        .collect();
    rows(names.join(",").as_bytes(), &file.members)
}
