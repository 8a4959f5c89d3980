//! A workspace read from a folder of the file system.
//!
//! A pull request is hostile input: no symbolic link is followed at any component below the
//! workspace's folder, only regular files are opened, and the listing is bounded. The folder itself
//! may be reached through links: that is the caller's choice.

use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::source::{Listed, Source, SourceError, WorkspacePath};

/// More files in one folder than a workspace has.
const MOST_FILES: usize = 200_000;
/// Deeper than a workspace's folders are.
const DEEPEST: usize = 32;

/// A workspace in a folder.
#[derive(Debug, Clone)]
pub struct Folder {
    root: PathBuf,
}

impl Folder {
    /// The workspace in `root`.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The real path of `path` and its metadata, after every component was looked at.
    fn locate(&self, path: &WorkspacePath) -> Result<(PathBuf, Metadata), SourceError> {
        let mut real = self.root.clone();
        let mut metadata = None;
        for segment in path.as_str().split('/') {
            if metadata.as_ref().is_some_and(|m: &Metadata| !m.is_dir()) {
                return Err(SourceError::Missing(path.clone()));
            }
            real.push(segment);
            let found = fs::symlink_metadata(&real).map_err(|e| failed(path, &e))?;
            if found.is_symlink() {
                return Err(SourceError::NotRegular(path.clone()));
            }
            metadata = Some(found);
        }
        match metadata {
            Some(metadata) => Ok((real, metadata)),
            None => Err(SourceError::Missing(path.clone())),
        }
    }

    fn regular(&self, path: &WorkspacePath) -> Result<(PathBuf, Metadata), SourceError> {
        let (real, metadata) = self.locate(path)?;
        if metadata.is_file() {
            Ok((real, metadata))
        } else {
            Err(SourceError::NotRegular(path.clone()))
        }
    }

    fn open_file(&self, path: &WorkspacePath) -> Result<File, SourceError> {
        let (real, before) = self.regular(path)?;
        let file = File::open(&real).map_err(|e| failed(path, &e))?;
        let after = file.metadata().map_err(|e| failed(path, &e))?;
        // What was opened must be what was looked at, should somebody swap it meanwhile.
        if same_file(&before, &after) {
            Ok(file)
        } else {
            Err(SourceError::NotRegular(path.clone()))
        }
    }
}

#[cfg(unix)]
fn same_file(before: &Metadata, after: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    (before.dev(), before.ino()) == (after.dev(), after.ino())
}

#[cfg(not(unix))]
fn same_file(before: &Metadata, after: &Metadata) -> bool {
    before.file_type() == after.file_type()
}

impl Source for Folder {
    fn read(&self, path: &WorkspacePath, limit: u64) -> Result<Vec<u8>, SourceError> {
        let file = self.open_file(path)?;
        let size = file.metadata().map_err(|e| failed(path, &e))?.len();
        let too_large = |size| SourceError::TooLarge {
            path: path.clone(),
            size,
            limit,
        };
        if size > limit {
            return Err(too_large(size));
        }
        // With one byte more the end is seen without asking for memory again.
        let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or(0) + 1);
        // It may grow while it is read.
        file.take(limit.saturating_add(1))
            .read_to_end(&mut bytes)
            .map_err(|e| failed(path, &e))?;
        let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        if length > limit {
            return Err(too_large(length));
        }
        Ok(bytes)
    }

    fn open(&self, path: &WorkspacePath) -> Result<Box<dyn Read + Send>, SourceError> {
        Ok(Box::new(self.open_file(path)?))
    }

    fn files(&self, folder: &WorkspacePath) -> Result<Vec<Listed>, SourceError> {
        let (real, metadata) = self.locate(folder)?;
        if !metadata.is_dir() {
            return Err(SourceError::NotRegular(folder.clone()));
        }
        let trouble = |why: String| SourceError::Io {
            path: folder.clone(),
            why,
        };
        let mut found = Vec::new();
        // One level deeper is visited than accepted, so that the excess is seen.
        for entry in walkdir::WalkDir::new(&real)
            .follow_links(false)
            .max_depth(DEEPEST + 1)
        {
            let entry = entry.map_err(|e| trouble(e.to_string()))?;
            if entry.depth() > DEEPEST {
                return Err(trouble(format!(
                    "has folders nested deeper than {DEEPEST} levels"
                )));
            }
            if entry.file_type().is_dir() {
                continue;
            }
            let below = entry.path().strip_prefix(&real).unwrap_or(entry.path());
            let text = below
                .to_str()
                .ok_or_else(|| trouble(format!("`{}` is not named in UTF-8", below.display())))?;
            let text = text.replace(std::path::MAIN_SEPARATOR, "/");
            found.push(Listed {
                path: folder.join(&text).map_err(|e| trouble(e.to_string()))?,
                is_regular: entry.file_type().is_file(),
            });
            if found.len() > MOST_FILES {
                return Err(trouble(format!("has more than {MOST_FILES} files")));
            }
        }
        found.sort();
        Ok(found)
    }

    fn size(&self, path: &WorkspacePath) -> Result<u64, SourceError> {
        Ok(self.regular(path)?.1.len())
    }
}

fn failed(path: &WorkspacePath, error: &io::Error) -> SourceError {
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => {
            SourceError::Missing(path.clone())
        }
        _ => SourceError::Io {
            path: path.clone(),
            why: error.to_string(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> WorkspacePath {
        WorkspacePath::parse(text).unwrap()
    }

    #[test]
    #[cfg(unix)]
    fn follows_no_link_at_any_component() {
        use std::os::unix::fs::symlink;
        let outside = tempfile::tempdir().unwrap();
        fs::write(outside.path().join("secret.yaml"), "a: 1").unwrap();
        let inside = tempfile::tempdir().unwrap();
        fs::create_dir_all(inside.path().join("lists/real")).unwrap();
        fs::write(inside.path().join("lists/real/a.yaml"), "a: 1").unwrap();
        symlink(outside.path(), inside.path().join("lists/away")).unwrap();
        symlink("real/a.yaml", inside.path().join("lists/b.yaml")).unwrap();
        let folder = Folder::new(inside.path());
        for refused in ["lists/away/secret.yaml", "lists/b.yaml", "lists/real"] {
            assert!(
                matches!(
                    folder.read(&path(refused), 99),
                    Err(SourceError::NotRegular(_))
                ),
                "{refused}"
            );
            assert!(folder.open(&path(refused)).is_err(), "{refused}");
            assert!(folder.size(&path(refused)).is_err(), "{refused}");
        }
        assert!(matches!(
            folder.files(&path("lists/away")),
            Err(SourceError::NotRegular(_))
        ));
        assert_eq!(
            folder.files(&path("lists")).unwrap(),
            [
                ("lists/away", false),
                ("lists/b.yaml", false),
                ("lists/real/a.yaml", true)
            ]
            .map(|(name, is_regular)| Listed {
                path: path(name),
                is_regular
            }),
            "links are listed, not entered"
        );
        assert_eq!(folder.read(&path("lists/real/a.yaml"), 4).unwrap(), b"a: 1");
        assert!(matches!(
            folder.read(&path("lists/real/a.yaml"), 3),
            Err(SourceError::TooLarge {
                size: 4,
                limit: 3,
                ..
            })
        ));
        assert!(matches!(
            folder.read(&path("lists/real/a.yaml/b"), 3),
            Err(SourceError::Missing(_))
        ));
    }
}
