//! Writing a file as a whole: beside it and renamed, so that who is interrupted has the old one or the new one.
//! Follows no link below the folder that is written to, and takes the place of none.

use std::fs;
use std::io::Write as _;
use std::path::{Component, Path, PathBuf};

use super::error::CliError;

/// Puts `bytes` into the file `below` the folder `root`, with the folders that it takes.
///
/// # Errors
/// [`CliError`] where it cannot be written, or a link stands in the way.
pub(super) fn write(root: &Path, below: &str, bytes: &[u8]) -> Result<(), CliError> {
    let path = root.join(below);
    let wrong = |why: std::io::Error| CliError::new(format!("{}: {why}", path.display()));
    let mut folder = root.to_owned();
    let above = Path::new(below).parent().unwrap_or(Path::new(""));
    for part in above.components() {
        let Component::Normal(part) = part else {
            return Err(CliError::new(format!("{below} is not in the folder")));
        };
        folder.push(part);
        match fs::symlink_metadata(&folder) {
            Ok(is) if is.is_dir() => {}
            Ok(_) => {
                return Err(CliError::new(format!(
                    "{} is no folder, or a link, which is not followed",
                    folder.display()
                )));
            }
            Err(why) if why.kind() == std::io::ErrorKind::NotFound => {
                fs::create_dir(&folder).map_err(wrong)?;
            }
            Err(why) => return Err(wrong(why)),
        }
    }
    let old = fs::symlink_metadata(&path).ok();
    if old.as_ref().is_some_and(|is| !is.is_file()) {
        return Err(CliError::new(format!(
            "{} is no file, or a link, which is not followed",
            path.display()
        )));
    }
    let mut beside = tempfile::NamedTempFile::new_in(&folder).map_err(wrong)?;
    beside.write_all(bytes).map_err(wrong)?;
    permit(beside.as_file(), old).map_err(wrong)?;
    beside.persist(&path).map_err(|why| wrong(why.error))?;
    Ok(())
}

/// Makes the folder `output`, wherever it is. A link on the way to it that stands in the workspace `root`, or in the repository
/// that this is in, is somebody's proposal and is not followed; those outside are this machine's own.
///
/// # Errors
/// [`CliError`] where there is such a link, or the folder cannot be made.
pub(super) fn folder(root: &Path, output: &Path) -> Result<(), CliError> {
    let wrong = |why: std::io::Error| CliError::new(format!("{}: {why}", output.display()));
    let root = root.canonicalize().map_err(wrong)?;
    let is_top = |folder: &&Path| folder.join(".git").exists();
    let top = root.ancestors().find(is_top).unwrap_or(&root);
    let mut way = PathBuf::from(".").canonicalize().map_err(wrong)?;
    for part in output.components() {
        let above = way.canonicalize().map_err(wrong)?;
        way.push(part);
        match fs::symlink_metadata(&way) {
            Ok(is) if is.is_symlink() && above.starts_with(top) => {
                return Err(CliError::new(format!(
                    "{} is a link, which is not followed",
                    way.display()
                )));
            }
            Ok(_) => {}
            Err(why) if why.kind() == std::io::ErrorKind::NotFound => break,
            Err(why) => return Err(wrong(why)),
        }
    }
    fs::create_dir_all(output).map_err(wrong)
}

/// As the old file was, or else as files of a repository are: a temporary one is its owner's alone.
fn permit(file: &fs::File, old: Option<fs::Metadata>) -> std::io::Result<()> {
    if let Some(old) = old.filter(fs::Metadata::is_file) {
        return file.set_permissions(old.permissions());
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        file.set_permissions(fs::Permissions::from_mode(0o644))?;
    }
    Ok(())
}
