//! The ledger as it was fetched last, for who only looks.

use std::path::Path;

use super::error::CliError;
use crate::deliver::opened;
use crate::ledger::branch::Ledger;
use crate::workspace::settings::LedgerSettings;

/// The ledger as it is here; `None` where there is no repository, or it was never fetched.
pub(super) fn open(root: &Path, settings: &LedgerSettings) -> Result<Option<Ledger>, CliError> {
    let wrong = |why: &dyn std::fmt::Display| CliError::new(format!("the ledger: {why}"));
    if !root.join(".git").exists() {
        return Ok(None);
    }
    let mut ledger = opened::ledger(root, settings).map_err(|why| wrong(&why))?;
    if ledger.head().is_none() {
        // Whoever never ran `send` here may have fetched it by hand, or by a workflow's checkout.
        let name = format!("refs/remotes/{}/{}", settings.remote, settings.branch);
        let found = ledger
            .repository()
            .reference(&name)
            .map_err(|why| wrong(&why))?;
        match found {
            Some(commit) => ledger.look_at(commit),
            None => return Ok(None),
        }
    }
    Ok(Some(ledger))
}
