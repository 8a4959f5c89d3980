//! Why a run could not start, with what to do about it.

use super::error::CliError;
use crate::deliver::StartError;
use crate::deliver::way_on::WayOn;
use crate::git::{GitError, RemoteError};
use crate::ledger::branch::{LedgerError, PublishError};
use crate::ledger::journal::JournalError;
use crate::ledger::segment::{SegmentError, Why};
use crate::plan::PlanError;
use crate::workspace::source::SourceError;

use super::age_keys::encrypted_hint;

/// The message, the hint and the exit code.
pub(super) fn cli_error(why: &StartError) -> CliError {
    let error = CliError::new(why.to_string());
    match hint(why) {
        Some(hint) => error.hint(hint),
        None => error,
    }
}

/// What to do about it.
pub(super) fn hint(why: &StartError) -> Option<String> {
    let text = match why {
        StartError::NoSecret(name) | StartError::NoDkimKey(name) => {
            return Some(format!(
                "set {name}: `export {name}=…`, or in GitHub under Settings → Secrets and the workflow's `env:`"
            ));
        }
        StartError::Git(why)
        | StartError::Remote(RemoteError::Git(why))
        | StartError::Ledger(LedgerError::Git(why) | LedgerError::Remote(RemoteError::Git(why)))
        | StartError::Publish(PublishError::Ledger(
            LedgerError::Git(why) | LedgerError::Remote(RemoteError::Git(why)),
        )) => return git_hint(why),
        StartError::Ledger(why) | StartError::Publish(PublishError::Ledger(why)) => {
            return ledger_hint(why);
        }
        StartError::Journal(why) => return journal_hint(why),
        StartError::Workspace { .. } => "`postmerge lint` shows where; mend it on the main branch",
        StartError::Plan(PlanError::Source(SourceError::Encrypted { why, .. })) => {
            return Some(encrypted_hint(why).to_owned());
        }
        StartError::NoMain { .. } => {
            "push the main branch, or name it under `ledger.main` in postmerge.yaml"
        }
        StartError::Remote(why) => return remote_hint(why),
        StartError::Relay { why, .. } if WayOn::of(why) == WayOn::Environment => {
            "set it here: `export NAME=…`; where `send` runs by itself in GitHub: Settings → Secrets and the workflow's `env:`"
        }
        StartError::Relay { relay, .. } => {
            return Some(format!("`postmerge doctor --relay {relay}` looks at it"));
        }
        StartError::NoCampaign { nearest, .. } => {
            return Some(nearest.as_ref().map_or_else(
                || {
                    "`postmerge status` lists what there is; campaigns count once they are merged"
                        .to_owned()
                },
                |near| format!("did you mean `{near}`?"),
            ));
        }
        StartError::Publish(PublishError::Denied(why)) if is_full(why) => {
            "make room on the remote's disk, then run it again: nobody is mailed twice"
        }
        StartError::Publish(PublishError::Denied(why)) if why.contains("lock") => {
            "a push that was cut off left a lock in the remote repository: whoever runs it removes the branch's `.lock` file there"
        }
        StartError::Publish(PublishError::Denied(_)) => {
            "whoever runs this needs the right to push to the ledger's branch (in GitHub: `permissions: contents: write`, and no branch protection on it)"
        }
        StartError::Publish(PublishError::Unreachable(_)) => {
            "it may have arrived all the same: look with `postmerge status`, then run it again"
        }
        StartError::Publish(
            PublishError::Conflict { .. } | PublishError::Suppressions | PublishError::Busy(_),
        ) => "somebody else wrote at the same moment: run it again",
        StartError::Key { .. } => {
            "a good key: `openssl rand -hex 32`; keep it, it cannot be changed later"
        }
        _ => return None,
    };
    Some(text.to_owned())
}

fn remote_hint(why: &RemoteError) -> Option<String> {
    let text = match why {
        RemoteError::Git(why) => return git_hint(why),
        RemoteError::Auth(_) => "check the remote's credentials: `git fetch` must work here",
        RemoteError::Unreachable(_) => "check the network and `git remote -v`, then run it again",
        RemoteError::Moved(_) | RemoteError::Denied(_) => return None,
    };
    Some(text.to_owned())
}

fn git_hint(why: &GitError) -> Option<String> {
    let text = match why {
        GitError::Occupied { .. } => {
            "look for it (`ps ax | grep git`), end it if it hangs, then run this again"
        }
        GitError::Locked { file, .. } => {
            return Some(format!(
                "if no git command is running here, one was killed: remove it (`rm {}`), then run this again",
                file.display()
            ));
        }
        GitError::Damaged { .. } => {
            "in the checkout run `find .git/objects .git/refs -type f -empty -delete`, then `git fetch --refetch origin '+refs/heads/*:refs/remotes/origin/*'`, then this again; do not make a new clone: .git/postmerge/journal may know who was mailed last"
        }
        GitError::Open { .. } => {
            "a workspace is kept in git: make a repository of it (`git init`, then commit), or clone the organisation's and run this there"
        }
        GitError::Partial { .. } => {
            "`git fetch` must work here; or use a whole clone (without `--filter`)"
        }
        why if is_full(&why.to_string()) => FULL,
        GitError::Command { .. } | GitError::Io { .. } => {
            "is there room on the disk (`df -h .`), and may .git be written? Mend it, then run this again"
        }
        _ => return None,
    };
    Some(text.to_owned())
}

fn ledger_hint(why: &LedgerError) -> Option<String> {
    let text = match why {
        LedgerError::Remote(why) => return remote_hint(why),
        LedgerError::OtherKey { .. } => {
            "use the key that the ledger was begun with: somebody changed the secret, or this is another organisation's. Nothing was sent"
        }
        LedgerError::Segment {
            error:
                SegmentError {
                    why: Why::Newer(_) | Why::UnknownLine(_),
                    ..
                },
            ..
        } => "update postmerge here; until then nothing is sent",
        LedgerError::Segment { path, .. }
        | LedgerError::Misplaced { path, .. }
        | LedgerError::Contradiction { path, .. } => {
            return Some(format!(
                "segments are never edited, so somebody changed this one by hand or by a merge: `git log -- '{path}'` on the ledger's branch shows who; `git revert` that commit and push. Until then nothing is sent, because nobody can tell who was mailed"
            ));
        }
        _ => return None,
    };
    Some(text.to_owned())
}

fn journal_hint(why: &JournalError) -> Option<String> {
    let full = matches!(why, JournalError::Io { why, .. } if is_full(why));
    full.then(|| FULL.to_owned())
}

/// What to do about it.
pub(super) const FULL: &str = "make room on the disk (`df -h` shows which is full), then run it again: nobody is mailed twice";

/// The system's words for a disk, or a share of it, that is used up. libgit2 hands on words only.
pub(super) fn is_full(text: &str) -> bool {
    [
        "No space left on device",
        "Disk quota exceeded",
        "File too large",
    ]
    .iter()
    .any(|words| text.contains(words))
}
