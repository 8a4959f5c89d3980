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
    // It may have been fetched by hand, or by a workflow's checkout, later than by any command of ours, or by that alone.
    let name = format!("refs/remotes/{}/{}", settings.remote, settings.branch);
    let repository = ledger.repository();
    let fetched = repository.reference(&name).map_err(|why| wrong(&why))?;
    let newer = match (ledger.head(), fetched) {
        (None, None) => return Ok(None),
        (None, Some(fetched)) => Some(fetched),
        (Some(_), None) => None,
        (Some(own), Some(fetched)) => {
            let is_newer = repository.is_ancestor(own, fetched);
            is_newer.map_err(|why| wrong(&why))?.then_some(fetched)
        }
    };
    if let Some(newer) = newer {
        ledger.look_at(newer);
    }
    Ok(Some(ledger))
}
