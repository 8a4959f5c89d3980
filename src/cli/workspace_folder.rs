//! Which folder is the workspace: the one that was named, or the nearest above with postmerge.yaml.

use std::path::{Path, PathBuf};

use super::error::CliError;

/// Finds the workspace's folder.
///
/// # Errors
/// [`CliError`] where there is none.
pub fn find(named: Option<&Path>) -> Result<PathBuf, CliError> {
    if let Some(folder) = named {
        return if folder.is_dir() {
            Ok(folder.to_owned())
        } else {
            Err(CliError::new(format!("{} is no folder", folder.display())))
        };
    }
    let here = std::env::current_dir()
        .map_err(|e| CliError::new(format!("the current folder cannot be read: {e}")))?;
    here.ancestors()
        .find(|folder| folder.join("postmerge.yaml").symlink_metadata().is_ok())
        .map(Path::to_owned)
        .ok_or_else(|| {
            CliError::new("neither this folder nor one above it has a postmerge.yaml").hint(
                "go to the workspace, or name it with -C DIR; `postmerge init` writes a new one",
            )
        })
}
