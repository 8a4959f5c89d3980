//! What commands about people begin with: both branches, and the key that the ledger's ids are made with.

use std::path::PathBuf;

use jiff::Timestamp;

use super::error::CliError;
use super::send::environment;
use super::start_error::cli_error;
use super::status::settings;
use super::{Cli, age_keys, workspace_folder};
use crate::clock::{Clock, SystemClock};
use crate::deliver::StartError;
use crate::deliver::opened::{Opened, open, open_as_fetched};
use crate::deliver::organisation_key::organisation_key;
use crate::hygiene::gather::Ground;
use crate::mail::recipient_id::RecipientKey;
use crate::workspace::encryption::Keys;
use crate::workspace::names::ListName;
use crate::workspace::settings::LedgerSettings;

/// Both branches, the key, and the moment.
pub(super) struct Here {
    pub(super) folder: PathBuf,
    pub(super) opened: Opened,
    pub(super) key: RecipientKey,
    pub(super) keys: Keys,
    pub(super) now: Timestamp,
}

impl Here {
    /// Of the workspace that the command line means.
    pub(super) fn open(cli: &Cli, offline: bool) -> Result<Self, CliError> {
        let folder = workspace_folder::find(cli.workspace.as_deref())?;
        let ledger = settings(&folder)?.ledger;
        let keys = age_keys::keys()?;
        Ok(Self {
            keys,
            ..Self::at(folder, &ledger, offline)?
        })
    }

    /// Of the workspace in this folder, whose settings say where the branches are; for who reads no list.
    pub(super) fn at(
        folder: PathBuf,
        ledger: &LedgerSettings,
        offline: bool,
    ) -> Result<Self, CliError> {
        let failed = |why: StartError| cli_error(&why);
        let opened = match offline {
            true => open_as_fetched(&folder, ledger),
            false => open(&folder, ledger),
        };
        let mut opened = opened.map_err(failed)?;
        let key = organisation_key(&environment, &opened.workspace.settings).map_err(failed)?;
        let used = opened.ledger.use_key(key.fingerprint());
        used.map_err(|why| failed(why.into()))?;
        Ok(Self {
            folder,
            opened,
            key,
            keys: Keys::default(),
            now: SystemClock.now(),
        })
    }

    /// Where a list's members stand.
    pub(super) fn path_of(&self, list: &ListName) -> String {
        let file = self.opened.workspace.lists.get(list);
        file.map_or_else(|| list.to_string(), |file| file.members.to_string())
    }

    /// What lists are cared for on.
    pub(super) fn ground(&self) -> Ground<'_> {
        Ground {
            path: &self.folder,
            head: self.opened.head,
            workspace: &self.opened.workspace,
            ledger: &self.opened.ledger,
            key: &self.key,
            keys: self.keys.clone(),
        }
    }
}
