//! A sound workspace in a temporary folder, for cases to lay their files over.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::disallowed_methods,
    dead_code,
    reason = "every test uses a part"
)]

use std::fs;
use std::path::Path;

/// A copy of `tests/fixtures/workspace`.
pub(crate) fn base(root: &Path) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    copy(&root.join("tests/fixtures/workspace"), folder.path());
    folder
}

/// Copies a folder over another.
pub(crate) fn copy(from: &Path, to: &Path) {
    for entry in walkdir::WalkDir::new(from).sort_by_file_name() {
        let entry = entry.unwrap();
        if entry.file_type().is_file() {
            let below = entry.path().strip_prefix(from).unwrap();
            write(&to.join(below), &fs::read(entry.path()).unwrap());
        }
    }
}

/// Writes a file and the folders above it.
pub(crate) fn write(path: &Path, bytes: &[u8]) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}
