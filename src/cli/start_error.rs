//! Why a run could not start, with what to do about it.

use super::error::CliError;
use crate::deliver::StartError;
use crate::git::GitError;

/// The message, the hint and the exit code.
pub(super) fn cli_error(why: &StartError) -> CliError {
    let error = CliError::new(why.to_string());
    match why {
        StartError::NoSecret(name) => error.hint(format!(
            "set {name}: `export {name}=…`, or in GitHub under Settings → Secrets and the workflow's `env:`"
        )),
        StartError::Git(GitError::Shallow { .. }) => error.hint("run `git fetch --unshallow`, or set `fetch-depth: 0` in actions/checkout"),
        StartError::Workspace { .. } => error.hint("`postmerge lint` shows where; mend it on the main branch"),
        StartError::NoMain { .. } => error.hint("push the main branch, or name it under `ledger.main` in postmerge.yaml"),
        StartError::OtherKey { .. } => error.hint("use the key that the sending was started with"),
        _ => error,
    }
}
