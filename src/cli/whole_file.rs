//! Writing a file as a whole: beside it and renamed, so that who is interrupted has the old one or the new one.
//! Follows no link below the folder that is written to.

use std::fs;
use std::io::Write as _;
use std::path::{Component, Path};

use super::error::CliError;

/// Puts `bytes` into the file `below` the folder `root`, with the folders that it takes.
///
/// # Errors
/// [`CliError`] where it can not be written, or a link stands in the way.
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
    let mut beside = tempfile::NamedTempFile::new_in(&folder).map_err(wrong)?;
    beside.write_all(bytes).map_err(wrong)?;
    permit(beside.as_file(), fs::symlink_metadata(&path).ok()).map_err(wrong)?;
    beside.persist(&path).map_err(|why| wrong(why.error))?;
    Ok(())
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
