//! The folder that a report is written to: empty, or a former report, which is replaced as a whole. What anybody else put
//! there is never touched: then nothing is written.
//!
//! A report says in a file of its own which files are its. That file names the new ones before they are written, so that
//! whoever is interrupted has a former report.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::error::CliError;
use super::whole_file;

/// Says that a folder is a report, and what belongs to it.
const MARK: &str = ".postmerge-report";

/// What it begins with.
const HEADING: &str =
    "Written by postmerge report, which replaces these files and stops where it finds others:";

/// A larger one is none.
const LARGEST: u64 = 16_000_000;

/// Folders inside each other that are looked into; a report has one below its top.
const DEEPEST: usize = 2;

/// Writes the files, by their paths in `output`, in place of a former report's.
///
/// # Errors
/// [`CliError`] where the folder holds what no report has written, and where something cannot be written.
pub(super) fn replace<'a>(
    root: &Path,
    output: &Path,
    files: impl IntoIterator<Item = (&'a str, &'a str)> + Clone,
) -> Result<(), CliError> {
    let new: BTreeSet<String> = files
        .clone()
        .into_iter()
        .map(|it| it.0.to_owned())
        .collect();
    whole_file::folder(root, output)?;
    let former = former(output)?;
    let mut found = Vec::new();
    walk(output, Path::new(""), DEEPEST, &mut found)?;
    if let Some(foreign) = found.iter().find(|it| *it != MARK && !former.contains(*it)) {
        return Err(CliError::new(format!(
            "{} holds {foreign}, which no report has written: nothing is written there",
            output.display()
        ))
        .hint("give --out a folder that is new, empty, or a former report"));
    }
    mark(output, former.union(&new))?;
    for (path, text) in files {
        whole_file::write(output, path, text.as_bytes())?;
    }
    for stale in found.iter().filter(|it| *it != MARK && !new.contains(*it)) {
        let path = output.join(stale);
        fs::remove_file(&path).map_err(|why| wrong(&path, &why))?;
    }
    mark(output, &new)
}

fn wrong(path: &Path, why: &std::io::Error) -> CliError {
    CliError::new(format!("{}: {why}", path.display()))
}

fn mark<'a>(output: &Path, files: impl IntoIterator<Item = &'a String>) -> Result<(), CliError> {
    let mut text = format!("{HEADING}\n");
    for file in files {
        text.push_str(file);
        text.push('\n');
    }
    whole_file::write(output, MARK, text.as_bytes())
}

/// What a former report wrote; nothing where there is none.
fn former(output: &Path) -> Result<BTreeSet<String>, CliError> {
    let path = output.join(MARK);
    let is_one = fs::symlink_metadata(&path).is_ok_and(|is| is.is_file() && is.len() <= LARGEST);
    if !is_one {
        return Ok(BTreeSet::new());
    }
    let text = fs::read_to_string(&path).map_err(|why| wrong(&path, &why))?;
    let mut lines = text.lines();
    if lines.next() != Some(HEADING) {
        return Ok(BTreeSet::new());
    }
    Ok(lines.map(ToOwned::to_owned).collect())
}

/// Every file and link below a folder, as a report names its files. No link is followed.
fn walk(root: &Path, below: &Path, depth: usize, found: &mut Vec<String>) -> Result<(), CliError> {
    let folder = root.join(below);
    let entries = fs::read_dir(&folder).map_err(|why| wrong(&folder, &why))?;
    for entry in entries {
        let entry = entry.map_err(|why| wrong(&folder, &why))?;
        let kind = entry.file_type().map_err(|why| wrong(&folder, &why))?;
        let path: PathBuf = below.join(entry.file_name());
        match depth.checked_sub(1).filter(|_| kind.is_dir()) {
            Some(depth) => walk(root, &path, depth, found)?,
            None => found.push(path.to_string_lossy().replace('\\', "/")),
        }
    }
    Ok(())
}
