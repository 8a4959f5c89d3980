//! Why a run could not start, with what to do about it.

use super::error::CliError;
use crate::deliver::StartError;
use crate::git::{GitError, RemoteError};
use crate::ledger::branch::PublishError;

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
        StartError::Remote(RemoteError::Auth(_)) => error.hint("check the remote's credentials: `git fetch` must work here"),
        StartError::Remote(RemoteError::Unreachable(_)) => error.hint("check the network and `git remote -v`, then run it again"),
        StartError::Publish(PublishError::Denied(_)) => error.hint("whoever runs this needs the right to push to the ledger's branch (in GitHub: `permissions: contents: write`, and no branch protection on it)"),
        StartError::Publish(PublishError::Unreachable(_)) => error.hint("it may have arrived all the same: look with `postmerge status`, then run it again"),
        StartError::Publish(PublishError::Conflict { .. } | PublishError::Busy(_)) => error.hint("somebody else wrote at the same moment: run it again"),
        StartError::Key { .. } => error.hint("a good key: `openssl rand -hex 32`; keep it, it can not be changed later"),
        _ => error,
    }
}
