//! Where a workspace's files are read from: a folder, or a git tree at a commit.

use std::fmt;
use std::io::Read;

use super::encryption::{EncryptionError, Keys};

/// A path inside the workspace: relative, `/` between segments, no `.`/`..`/empty segment, no
/// control characters, no backslash.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct WorkspacePath(String);

/// A text that is no path inside the workspace.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a path inside the workspace")]
pub struct PathError(pub String);

/// Why a file could not be read.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// There is no such file.
    #[error("{0}: there is no such file")]
    Missing(WorkspacePath),
    /// It is a link (or passes through one), a device or a folder.
    #[error("{0}: is a symbolic link or not a regular file, and is not followed")]
    NotRegular(WorkspacePath),
    /// It is larger than the reader allows.
    #[error("{path}: has {size} bytes; at most {limit} are read")]
    TooLarge {
        /// Which.
        path: WorkspacePath,
        /// Its size in bytes.
        size: u64,
        /// The limit in bytes.
        limit: u64,
    },
    /// It is an encrypted list, and is not read.
    #[error("{path}: {why}")]
    Encrypted {
        /// Which.
        path: WorkspacePath,
        /// Why.
        why: EncryptionError,
    },
    /// The system refused.
    #[error("{path}: {why}")]
    Io {
        /// Which.
        path: WorkspacePath,
        /// The system's words.
        why: String,
    },
}

/// A file that is there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Listed {
    /// Where.
    pub path: WorkspacePath,
    /// Whether it can be read: it is no link, no device.
    pub is_regular: bool,
}

/// A workspace's files.
pub trait Source: Send + Sync {
    /// The whole of a file of at most `limit` bytes.
    ///
    /// # Errors
    /// [`SourceError`].
    fn read(&self, path: &WorkspacePath, limit: u64) -> Result<Vec<u8>, SourceError>;

    /// A file as a stream, for what may be larger than memory.
    ///
    /// # Errors
    /// [`SourceError`].
    fn open(&self, path: &WorkspacePath) -> Result<Box<dyn Read + Send>, SourceError>;

    /// Every file below `folder`, sorted by path; files that are links are listed too, so that they
    /// can be complained of, and fail with [`SourceError::NotRegular`] when read.
    ///
    /// # Errors
    /// [`SourceError`].
    fn files(&self, folder: &WorkspacePath) -> Result<Vec<Listed>, SourceError>;

    /// A file's size in bytes.
    ///
    /// # Errors
    /// [`SourceError`].
    fn size(&self, path: &WorkspacePath) -> Result<u64, SourceError>;

    /// What encrypted lists are read with.
    fn keys(&self) -> Keys {
        Keys::default()
    }
}

impl SourceError {
    /// Whether it is an encrypted list, and there is no key: nothing is wrong with it, as far as can be seen.
    pub const fn is_without_key(&self) -> bool {
        matches!(
            self,
            Self::Encrypted {
                why: EncryptionError::NoKey,
                ..
            }
        )
    }
}

impl WorkspacePath {
    /// Reads a path relative to the workspace's folder.
    ///
    /// # Errors
    /// [`PathError`] where it is absolute, leaves the workspace, or has odd characters.
    pub fn parse(text: &str) -> Result<Self, PathError> {
        let fine = |segment: &str| !segment.is_empty() && segment != "." && segment != "..";
        let odd = |c: char| c.is_control() || c == '\\';
        if text.split('/').all(fine) && !text.chars().any(odd) {
            Ok(Self(text.to_owned()))
        } else {
            Err(PathError(
                text.chars().filter(|c| !c.is_control()).take(120).collect(),
            ))
        }
    }

    /// This path with `more` below it.
    ///
    /// # Errors
    /// [`PathError`], as for [`WorkspacePath::parse`].
    pub fn join(&self, more: &str) -> Result<Self, PathError> {
        Self::parse(&format!("{}/{more}", self.0))
    }

    /// The path as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its last segment.
    pub fn file_name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or_default()
    }
}

impl fmt::Display for WorkspacePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_can_not_leave_the_workspace() {
        for bad in [
            "",
            "/etc/passwd",
            "..",
            "a/../b",
            "a//b",
            "./a",
            "a\\b",
            "a\0b",
            "a\nb",
            "a/",
        ] {
            assert!(WorkspacePath::parse(bad).is_err(), "{bad:?}");
        }
        assert!(WorkspacePath::parse("campaigns/2026/año nuevo/body.md").is_ok());
    }
}
