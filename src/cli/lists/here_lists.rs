//! The lists of the folder that a command is run in, as they lie there, with the keys that the environment has.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::{Cli, CliError};
use crate::cli::age_keys::{encrypted_hint, keys};
use crate::cli::{whole_file, workspace_folder};
use crate::diagnostic::nearest;
use crate::workspace::Workspace;
use crate::workspace::encryption::{EncryptionError, Recipients, encrypt};
use crate::workspace::folder::Folder;
use crate::workspace::keyed::Keyed;
use crate::workspace::loaded::ListFile;
use crate::workspace::names::ListName;
use crate::workspace::source::SourceError;

/// See the module.
pub(super) struct HereLists {
    pub(super) root: PathBuf,
    files: Keyed<Folder>,
    workspace: Workspace,
}

impl HereLists {
    /// Of the workspace that the command line means.
    pub(super) fn open(cli: &Cli) -> Result<Self, CliError> {
        let root = workspace_folder::find(cli.workspace.as_deref())?;
        let files = Keyed::new(Folder::new(&root), keys()?);
        let Some((workspace, _)) = Workspace::load(&files).as_far_as_read() else {
            return Err(
                CliError::new("postmerge.yaml cannot be read").hint("`postmerge lint` shows where")
            );
        };
        Ok(Self {
            root,
            files,
            workspace,
        })
    }

    /// The list of this name, whose members stand in one file.
    pub(super) fn list(&self, name: &str) -> Result<&ListFile, CliError> {
        let bare = name.strip_prefix("lists/").unwrap_or(name);
        let found = self.workspace.lists.get(&ListName::new(bare));
        let Some(file) = found else {
            let known: Vec<&str> = self.workspace.lists.keys().map(ListName::as_str).collect();
            let error = CliError::new(format!("there is no list `{bare}` that can be read"));
            return Err(match nearest(bare, &known) {
                Some(near) => error.hint(format!("did you mean `{near}`?")),
                None => error.hint("`postmerge lint` shows what is wrong with the workspace"),
            });
        };
        let [is, other] = file.both_paths();
        if self.is_there(&is) && self.is_there(&other) {
            return Err(
                CliError::new(format!("`{is}` and `{other}` are both there"))
                    .hint("delete the one that is not meant; `git log` says which is newer"),
            );
        }
        Ok(file)
    }

    /// Those of the names, or, without any, all that are encrypted, or are not.
    pub(super) fn wanted(
        &self,
        names: &[String],
        encrypted: bool,
    ) -> Result<Vec<&ListFile>, CliError> {
        if !names.is_empty() {
            return names.iter().map(|name| self.list(name)).collect();
        }
        let names = self.workspace.lists.iter();
        let names = names.filter(|(_, file)| {
            file.is_encrypted() == encrypted && self.is_there(file.members.as_str())
        });
        names.map(|(name, _)| self.list(name.as_str())).collect()
    }

    fn is_there(&self, path: &str) -> bool {
        std::fs::symlink_metadata(self.root.join(path)).is_ok()
    }

    /// Whom lists are encrypted to, and what they are called.
    pub(super) fn recipients(&self) -> Result<(Recipients, String), CliError> {
        let settings = &self.workspace.settings.encryption;
        let found = Recipients::of(settings).map_err(|why| {
            CliError::new(why.to_string()).hint(encrypted_hint(&EncryptionError::NoRecipients))
        })?;
        let names: Vec<&str> = settings
            .recipients
            .iter()
            .map(|it| it.name.as_str())
            .collect();
        Ok((found, names.join(", ")))
    }

    /// A list's text, whole.
    pub(super) fn text(&self, file: &ListFile) -> Result<Vec<u8>, CliError> {
        let mut text = Vec::new();
        let mut input = file.open(&self.files).map_err(|why| {
            let error = CliError::new(why.to_string());
            match &why {
                SourceError::Encrypted { why, .. } => error.hint(encrypted_hint(why)),
                _ => error,
            }
        })?;
        let read = input.read_to_end(&mut text);
        read.map_err(|why| CliError::new(format!("{}: {why}", file.members)))?;
        Ok(text)
    }

    /// Writes a file of the workspace as a whole.
    pub(super) fn write(&self, path: &str, bytes: &[u8]) -> Result<(), CliError> {
        whole_file::write(&self.root, path, bytes)
    }

    /// Deletes a file whose content stands in another one now.
    pub(super) fn delete(&self, path: &str) -> Result<(), CliError> {
        let done = std::fs::remove_file(self.root.join(path));
        done.map_err(|why| CliError::new(format!("{path} cannot be deleted: {why}")))
    }

    /// Whether git has the file in some commit: then history keeps it.
    pub(super) fn is_committed(&self, path: &str) -> bool {
        let repository = crate::git::Repository::open(&self.root);
        repository.is_ok_and(|it| {
            let head = it.resolve("HEAD");
            head.is_ok_and(|head| it.entry(head, path).is_ok_and(|entry| entry.is_some()))
        })
    }

    /// Says that the file of owners names the old path, where there is one.
    pub(super) fn about_owners(&self) -> &'static str {
        match Path::new(&self.root)
            .join(crate::plan::codeowners::PATH)
            .exists()
        {
            true => {
                "The file's name is another one now: run `postmerge codeowners`, and commit what it writes, too.\n"
            }
            false => "",
        }
    }
}

/// A text, encrypted.
pub(super) fn encrypted(text: &[u8], recipients: &Recipients) -> Result<Vec<u8>, CliError> {
    let mut bytes = Vec::with_capacity(text.len() + text.len() / 1_000 + 1_000);
    encrypt(text, recipients, &mut bytes).map_err(|why| CliError::new(why.to_string()))?;
    Ok(bytes)
}
