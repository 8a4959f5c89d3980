//! Fetching and pushing one branch, and what a failure means.

use std::path::PathBuf;
use std::time::Duration;

use super::command::{self, Finished};
use super::error::{GitError, RemoteError};
use super::repository::{CommitId, Repository};
use super::turn::LOCK_PATIENCE;

/// A remote and how long to wait for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remote {
    /// A configured remote's name, or an address.
    pub name: String,
    /// After how long a fetch or push is stopped.
    pub limit: Duration,
}

/// What a fetch found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fetched {
    /// The branch, standing at this commit.
    At(CommitId),
    /// The remote has no such branch (yet).
    NoBranch,
}

impl Repository {
    /// Where `branch` stands on the remote; fetches nothing, and needs no turn.
    ///
    /// # Errors
    /// [`RemoteError`].
    pub fn remote_tip(
        &self,
        remote: &Remote,
        branch: &str,
    ) -> Result<Option<CommitId>, RemoteError> {
        let name = format!("refs/heads/{branch}");
        let mut command = command::git(self.top());
        command
            .args(["ls-remote", "--quiet", "--"])
            .arg(&remote.name)
            .arg(&name);
        let done = run(command, "ls-remote", remote.limit)?;
        if !done.status.success() {
            return Err(refused("ls-remote", &done));
        }
        // What is asked for is the end of a name, so others may be among the answers.
        let mut answers = done.stdout.lines().filter_map(|line| line.split_once('\t'));
        let tip = answers.find(|(_, found)| *found == name);
        Ok(tip.and_then(|(commit, _)| CommitId::parse(commit)))
    }

    /// Fetches `branch` into the reference `into` (in full), wherever that stood before.
    ///
    /// # Errors
    /// [`RemoteError`].
    pub fn fetch(&self, remote: &Remote, branch: &str, into: &str) -> Result<Fetched, RemoteError> {
        let turn = self.turn(remote.limit)?;
        turn.remove_hollow()?;
        let once = || {
            let mut command = command::git(self.top());
            command
                .args(["-c", "gc.auto=0", "-c", "maintenance.auto=false"])
                .args(["-c", LOCK_PATIENCE])
                .args(["fetch", "--quiet", "--no-tags", "--no-write-fetch-head"])
                // The person's own references (`refs/remotes/…`) and their locks are no business of ours.
                .args(["--refmap=", "--no-recurse-submodules"])
                // Segments of the ledger are all read: a partial clone would fetch them one by one.
                .args(self.is_partial().then_some("--no-filter"))
                .arg("--")
                .arg(&remote.name)
                .arg(format!("+refs/heads/{branch}:{into}"))
                .stdin(turn.hold()?);
            run(command, "fetch", remote.limit)
        };
        let mut done = once()?;
        if !done.status.success() && turn.remove_lock(into)? {
            done = once()?;
        }
        if done.status.success() {
            let at = self.reference(into)?;
            return at
                .map(Fetched::At)
                .ok_or_else(|| GitError::NotFound { what: into.into() }.into());
        }
        if done.stderr.contains("couldn't find remote ref") {
            return Ok(Fetched::NoBranch);
        }
        Err(refused("fetch", &done))
    }

    /// Fetches every branch whose name begins with `prefix`, and forgets those that are gone; their names, and where they stand.
    ///
    /// # Errors
    /// [`RemoteError`].
    pub fn fetch_all(
        &self,
        remote: &Remote,
        prefix: &str,
    ) -> Result<Vec<(String, CommitId)>, RemoteError> {
        let turn = self.turn(remote.limit)?;
        turn.remove_hollow()?;
        let mut command = command::git(self.top());
        command
            .args(["-c", "gc.auto=0", "-c", "maintenance.auto=false"])
            .args(["-c", LOCK_PATIENCE])
            .args(["fetch", "--quiet", "--no-tags", "--no-write-fetch-head"])
            .args(["--refmap=", "--no-recurse-submodules", "--prune"])
            .arg("--")
            .arg(&remote.name)
            .arg(format!(
                "+refs/heads/{prefix}*:refs/postmerge/branches/{prefix}*"
            ))
            .stdin(turn.hold()?);
        let done = run(command, "fetch", remote.limit)?;
        if !done.status.success() {
            return Err(refused("fetch", &done));
        }
        Ok(self.references("refs/postmerge/branches/", prefix)?)
    }

    /// Pushes `commit` to `branch`; never forced, so it comes through only on top of what the
    /// remote has. That update is the lock that claims rest on.
    ///
    /// # Errors
    /// [`RemoteError`]; only [`RemoteError::Moved`] is worth another try after a fetch.
    pub fn push(&self, remote: &Remote, commit: CommitId, branch: &str) -> Result<(), RemoteError> {
        let turn = self.turn(remote.limit)?;
        let mut command = command::git(self.top());
        command
            .args(["-c", "gc.auto=0", "-c", "maintenance.auto=false"])
            .args(["-c", "push.followTags=false", "-c", "push.gpgSign=false"])
            // The checkout's own pre-push hooks are for people's pushes.
            .args([
                "push",
                "--porcelain",
                "--no-verify",
                "--no-recurse-submodules",
            ])
            .arg("--")
            .arg(&remote.name)
            .arg(format!("{commit}:refs/heads/{branch}"))
            .stdin(turn.hold()?);
        let done = run(command, "push", remote.limit)?;
        if done.status.success() {
            Ok(())
        } else {
            Err(refused("push", &done))
        }
    }
}

/// A remote that does not answer in time is not reachable; that is not this side's trouble.
fn run(
    command: std::process::Command,
    action: &'static str,
    limit: Duration,
) -> Result<Finished, RemoteError> {
    match command::run(command, action, limit) {
        Err(error @ GitError::TimedOut { .. }) => Err(RemoteError::Unreachable(error.to_string())),
        other => Ok(other?),
    }
}

/// The summaries by which git says that the branch stands elsewhere than we thought: before the
/// push (the first two), or because another push came in during it (the others).
const MOVED: [&str; 8] = [
    "(fetch first)",
    "(non-fast-forward)",
    "(stale info)",
    "cannot lock ref",
    "failed to update ref",
    "incorrect old value provided",
    "reference already exists",
    "failed to lock",
];

const NOT_LET_IN: [&str; 7] = [
    "Authentication failed",
    "Permission denied",
    "could not read Username",
    "could not read Password",
    "returned error: 401",
    "returned error: 403",
    "Host key verification failed",
];

/// What a failed fetch or push means. A line that begins with `!` (`--porcelain`) is the receiving
/// side's verdict on the reference; without one, the conversation itself broke off.
fn refused(action: &'static str, done: &Finished) -> RemoteError {
    let verdict = done.stdout.lines().find(|line| line.starts_with('!'));
    let words = || told(&done.stderr);
    match verdict {
        Some(line) if MOVED.iter().any(|text| line.contains(text)) => {
            RemoteError::Moved(summary(line))
        }
        Some(line) => {
            let said: Vec<&str> = done
                .stderr
                .lines()
                .filter_map(|line| line.strip_prefix("remote:"))
                .map(str::trim)
                .filter(|line| !line.is_empty())
                .collect();
            RemoteError::Denied(match said.is_empty() {
                true => summary(line),
                false => format!("{}: {}", summary(line), shortened(&said.join(" "))),
            })
        }
        None if let Some(file) = lock_in_the_way(&done.stderr) => {
            GitError::Locked { action, file }.into()
        }
        None if is_damaged(&done.stderr) => GitError::Damaged {
            what: format!("git {action}"),
        }
        .into(),
        None if is_local(&done.stderr) => GitError::Command {
            action,
            why: words(),
        }
        .into(),
        None if NOT_LET_IN.iter().any(|text| done.stderr.contains(text)) => {
            RemoteError::Auth(words())
        }
        None => RemoteError::Unreachable(words()),
    }
}

/// `fatal: Unable to create '/work/.git/shallow.lock': File exists.` → the file; what the other side
/// complains of (`remote:`) is not here.
fn lock_in_the_way(stderr: &str) -> Option<PathBuf> {
    let line = stderr.lines().find(|line| {
        let ours = line.starts_with("fatal:") || line.starts_with("error:");
        ours && line.contains(".lock': File exists")
    })?;
    let (before, _) = line.rsplit_once("': File exists")?;
    let (_, file) = before.rsplit_once("Unable to create '")?;
    Some(PathBuf::from(file))
}

/// `error: object file .git/objects/a7/bce0… is empty`, `fatal: bad object refs/heads/main`, on this side.
fn is_damaged(stderr: &str) -> bool {
    stderr.lines().any(|line| {
        let empty = line.starts_with("error: object file") && line.ends_with("is empty");
        empty || line.starts_with("fatal: loose object") || line.starts_with("fatal: bad object")
    })
}

/// Whether this side's disk is the trouble: full, or not to be written.
fn is_local(stderr: &str) -> bool {
    stderr
        .lines()
        .filter(|line| !line.starts_with("remote:"))
        .any(|line| {
            line.contains("No space left on device")
                || line.contains("Disk quota exceeded")
                || line.starts_with("error: cannot update ref 'refs/postmerge/")
                || line.starts_with("error: cannot lock ref 'refs/postmerge/")
        })
}

/// `!<TAB>from:to<TAB>[remote rejected] (hook declined)` → its last field.
fn summary(line: &str) -> String {
    shortened(line.rsplit('\t').next().unwrap_or(line))
}

/// The lines that say something: `fatal:`, `error:`, `remote:`; without any, all of them.
fn told(stderr: &str) -> String {
    let telling = |line: &&str| {
        ["fatal:", "error:", "remote:", "ssh:"]
            .iter()
            .any(|prefix| line.starts_with(prefix))
    };
    let lines: Vec<&str> = stderr.lines().filter(telling).collect();
    let text = match lines.is_empty() {
        true => stderr.to_owned(),
        false => lines.join(" "),
    };
    shortened(&text)
}

/// One line of at most 400 characters without control characters: it goes to people's terminals.
fn shortened(text: &str) -> String {
    let flat: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    flat.split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .chars()
        .take(400)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::process::ExitStatusExt;

    fn failed(stdout: &str, stderr: &str) -> RemoteError {
        let done = Finished {
            status: std::process::ExitStatus::from_raw(256),
            stdout: stdout.to_owned(),
            stderr: stderr.to_owned(),
        };
        refused("push", &done)
    }

    #[test]
    fn failures_are_told_apart() {
        let verdict = |text: &str| failed(&format!("To x\n!\ta:refs/heads/b\t{text}\nDone\n"), "");
        for moved in [
            "[rejected] (fetch first)",
            "[rejected] (non-fast-forward)",
            "[remote rejected] (cannot lock ref 'refs/heads/b': is at 12 but expected 34)",
            "[remote rejected] (incorrect old value provided)",
        ] {
            assert!(matches!(verdict(moved), RemoteError::Moved(_)), "{moved}");
        }
        for denied in [
            "[remote rejected] (pre-receive hook declined)",
            "[remote rejected] (protected branch hook declined)",
            "[rejected] (something new)",
        ] {
            assert!(
                matches!(verdict(denied), RemoteError::Denied(_)),
                "{denied}"
            );
        }
        let broken = failed("", "fatal: Could not read from remote repository.\n");
        assert!(matches!(broken, RemoteError::Unreachable(_)));
        let locked_out = failed(
            "",
            "git@h: Permission denied (publickey).\nfatal: Could not read from remote repository.\n",
        );
        assert!(matches!(locked_out, RemoteError::Auth(_)));
    }

    #[test]
    fn a_lock_of_gits_own_is_named() {
        let error = failed(
            "",
            "fatal: Unable to create '/w/.git/shallow.lock': File exists.\n\nAnother git process seems to be running\n",
        );
        assert_eq!(
            error.to_string(),
            "`git push` failed: /w/.git/shallow.lock is there"
        );
        let theirs = failed(
            "",
            "remote: fatal: Unable to create '/r/x.lock': File exists.\n",
        );
        assert!(matches!(theirs, RemoteError::Unreachable(_)), "{theirs}");
    }

    #[test]
    fn a_relative_remote_counts_from_the_working_copys_top() {
        let folder = tempfile::tempdir().unwrap();
        git2::Repository::init_bare(folder.path().join("remote.git")).unwrap();
        let work = git2::Repository::init(folder.path().join("work")).unwrap();
        work.remote("origin", "../remote.git").unwrap();
        let repository = Repository::open(&folder.path().join("work")).unwrap();
        let remote = Remote {
            name: "origin".to_owned(),
            limit: Duration::from_secs(30),
        };
        let fetched = repository.fetch(&remote, "main", "refs/remotes/origin/main");
        assert_eq!(fetched.unwrap(), Fetched::NoBranch);
    }

    #[test]
    fn a_hooks_words_are_passed_on_without_control_characters() {
        let error = failed(
            "!\ta:refs/heads/b\t[remote rejected] (pre-receive hook declined)\n",
            "remote: not\u{1b}[31m today  \nremote: \nremote: ask Ana\n",
        );
        assert_eq!(
            error.to_string(),
            "the remote refused: [remote rejected] (pre-receive hook declined): not [31m today ask Ana"
        );
    }
}
