//! The folder that the demo leaves, and the copy of the workspace in it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::cli::error::CliError;

/// Says that a folder is a demo's, so that it may be replaced.
const MARKER: &str = ".postmerge-demo";

/// What of a workspace is copied.
const PARTS: [&str; 5] = [
    "postmerge.yaml",
    "campaigns",
    "lists",
    "templates",
    "assets",
];

/// Makes `folder` empty; one that holds something and is no demo's is left alone.
pub(super) fn prepare(folder: &Path) -> Result<PathBuf, CliError> {
    let wrong = |why: io::Error| CliError::new(format!("{}: {why}", folder.display()));
    let is_used = match fs::read_dir(folder) {
        Ok(mut entries) => entries.next().is_some(),
        Err(why) if why.kind() == io::ErrorKind::NotFound => false,
        Err(why) => return Err(wrong(why)),
    };
    if is_used {
        if !folder.join(MARKER).is_file() {
            return Err(
                CliError::new(format!("{} is not empty, and no demo's", folder.display()))
                    .hint("name another folder with --out DIR"),
            );
        }
        fs::remove_dir_all(folder).map_err(wrong)?;
    }
    for below in ["", "inbox", "runs", "mails", "results"] {
        fs::create_dir_all(folder.join(below)).map_err(wrong)?;
    }
    fs::write(
        folder.join(MARKER),
        "Made by `postmerge demo`, which replaces it.\n",
    )
    .map_err(wrong)?;
    folder.canonicalize().map_err(wrong)
}

/// Copies the workspace, without what is not part of it.
pub(super) fn copy_workspace(from: &Path, to: &Path) -> Result<(), CliError> {
    fs::create_dir_all(to)
        .and_then(|()| {
            PARTS.iter().try_for_each(|part| {
                let source = from.join(part);
                match source.symlink_metadata() {
                    Ok(_) => copy(&source, &to.join(part)),
                    Err(_) => Ok(()),
                }
            })
        })
        .map_err(|why| CliError::new(format!("the workspace could not be copied: {why}")))
}

/// Links are left out: the copy must not lead out of the demo's folder.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    let kind = from.symlink_metadata()?.file_type();
    if kind.is_dir() {
        fs::create_dir_all(to)?;
        for entry in fs::read_dir(from)? {
            let entry = entry?;
            copy(&entry.path(), &to.join(entry.file_name()))?;
        }
    } else if kind.is_file() {
        fs::copy(from, to)?;
    }
    Ok(())
}

/// Every file below `folder`.
pub(super) fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in walkdir::WalkDir::new(folder).sort_by_file_name() {
        let entry = entry?;
        if entry.file_type().is_file() {
            found.push(entry.into_path());
        }
    }
    Ok(found)
}
