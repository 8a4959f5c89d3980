//! The members of the lists in a checkout, by the ids that the ledger has for them.

use std::collections::HashSet;
use std::path::Path;

use super::age_keys::{encrypted_hint, keys};
use super::error::CliError;
use super::terminal::Terminal;
use crate::diagnostic::nearest;
use crate::mail::address::AddressRef;
use crate::mail::recipient_id::{RecipientId, RecipientKey};
use crate::report::history::Addresses;
use crate::workspace::Workspace;
use crate::workspace::checkout::Checkout;
use crate::workspace::keyed::Keyed;
use crate::workspace::loaded::ListFile;
use crate::workspace::members::Members;
use crate::workspace::names::ListName;
use crate::workspace::source::SourceError;

/// The addresses of all lists' members.
///
/// # Errors
/// [`CliError`] where the workspace cannot be read; a list that cannot be read is warned of.
pub(super) fn addresses(
    root: &Path,
    key: &RecipientKey,
    terminal: &mut Terminal,
) -> Result<Addresses, CliError> {
    let mut found = Addresses::new();
    for file in workspace(root)?.lists.values() {
        let read = each(root, key, file, |id, address| {
            found.insert(id, address.to_address().as_str().to_owned());
        });
        if let Err(why) = read {
            terminal.warn(&why);
        }
    }
    Ok(found)
}

/// Who the members of one list are.
///
/// # Errors
/// [`CliError`] where there is no such list, or it cannot be read.
pub(super) fn of_list(
    root: &Path,
    key: &RecipientKey,
    name: &ListName,
    terminal: &mut Terminal,
) -> Result<HashSet<RecipientId>, CliError> {
    let workspace = workspace(root)?;
    let Some(file) = workspace.lists.get(name) else {
        let known: Vec<String> = workspace.lists.keys().map(ToString::to_string).collect();
        let names: Vec<&str> = known.iter().map(String::as_str).collect();
        let error = CliError::new(format!("there is no list `{name}` that can be read"));
        return Err(match nearest(&name.to_string(), &names) {
            Some(near) => error.hint(format!("did you mean `{near}`?")),
            None => error.hint("`postmerge lint` shows what is wrong with the workspace"),
        });
    };
    let mut found = HashSet::new();
    let unreadable = each(root, key, file, |id, _| {
        found.insert(id);
    })?;
    if unreadable > 0 {
        terminal.warn(&CliError::new(format!(
            "{} has {unreadable} rows without an address that can be read",
            file.members
        )));
    }
    Ok(found)
}

fn workspace(root: &Path) -> Result<Workspace, CliError> {
    let loaded = Workspace::load(&Checkout::new(root));
    let Some((workspace, _)) = loaded.as_far_as_read() else {
        return Err(
            CliError::new("postmerge.yaml cannot be read").hint("`postmerge lint` shows where")
        );
    };
    Ok(workspace)
}

/// Hands each member to `take`; says how many rows have no address.
fn each(
    root: &Path,
    key: &RecipientKey,
    file: &ListFile,
    mut take: impl FnMut(RecipientId, &AddressRef<'_>),
) -> Result<u64, CliError> {
    let wrong = |why: &dyn std::fmt::Display| CliError::new(format!("{}: {why}", file.members));
    let input = file.open(&Keyed::new(Checkout::new(root), keys()?));
    let input = input.map_err(|why| {
        let error = CliError::new(why.to_string());
        match &why {
            SourceError::Encrypted { why, .. } => error.hint(encrypted_hint(why)),
            _ => error,
        }
    })?;
    let mut members =
        Members::new(input, &file.list).map_err(|why| wrong(&why.without_values()))?;
    let mut buffer = String::new();
    let read =
        members.each_address(|_, address| take(key.id_of_ref(address, &mut buffer), address));
    read.map_err(|why| wrong(&why))
}
