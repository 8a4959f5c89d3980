//! Runs the `git` command: a clean environment, no prompt, no shell, a time limit.

use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use super::error::GitError;

/// What a finished command left.
#[derive(Debug)]
pub(super) struct Finished {
    pub(super) status: ExitStatus,
    pub(super) stdout: String,
    /// Credentials in addresses masked.
    pub(super) stderr: String,
}

/// Most that is kept of each of a command's streams.
const KEPT: u64 = 64 * 1024;

/// Variables that point git at another repository (set inside hooks) or make it print what it sends.
const FOREIGN: [&str; 15] = [
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_NAMESPACE",
    "GIT_PREFIX",
    "GIT_QUARANTINE_PATH",
    "GIT_TRACE",
    "GIT_TRACE_CURL",
    "GIT_TRACE_PACKET",
    "GIT_TRACE2",
    "GIT_TRACE2_EVENT",
    "GIT_CURL_VERBOSE",
];

/// `git -C <directory> …`, ready for a subcommand.
pub(super) fn git(directory: &Path) -> Command {
    let mut command = Command::new("git");
    command
        .arg("-C")
        .arg(directory)
        .env("LC_ALL", "C") // its words are read by `remote`
        .env("LANGUAGE", "C")
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("GIT_PAGER", "cat")
        .env("GIT_OPTIONAL_LOCKS", "0")
        .stdin(Stdio::null());
    for name in FOREIGN {
        command.env_remove(name);
    }
    // Ctrl-C in a terminal reaches the whole foreground group. A push under way must end by itself,
    // so that outcomes get published; it gets a group of its own.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    command
}

/// Starts `command`, with both streams piped.
pub(super) fn spawn(mut command: Command, action: &'static str) -> Result<Child, GitError> {
    command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| GitError::Command {
            action,
            why: format!("the `git` command cannot be started: {error}"),
        })
}

/// Runs `command` to its end, or stops it after `limit`.
pub(super) fn run(
    command: Command,
    action: &'static str,
    limit: Duration,
) -> Result<Finished, GitError> {
    let mut child = spawn(command, action)?;
    let stdout = collect(child.stdout.take());
    let stderr = collect(child.stderr.take());
    // Both streams end when the command ends; waiting for them with a limit is waiting for it. One
    // limit for each, so that in the worst case the whole takes twice as long.
    let texts = stdout
        .recv_timeout(limit)
        .and_then(|out| stderr.recv_timeout(limit).map(|err| (out, err)));
    let Ok((stdout, stderr)) = texts else {
        let _ = child.kill();
        let _ = child.wait();
        return Err(GitError::TimedOut {
            action,
            seconds: limit.as_secs(),
        });
    };
    let status = child.wait().map_err(|error| GitError::io(action, &error))?;
    Ok(Finished {
        status,
        stdout,
        stderr: without_credentials(&stderr),
    })
}

/// Reads a stream to its end beside us, keeping the first [`KEPT`] bytes.
pub(super) fn collect(stream: Option<impl Read + Send + 'static>) -> mpsc::Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let mut kept = Vec::new();
        if let Some(mut stream) = stream {
            let _ = stream.by_ref().take(KEPT).read_to_end(&mut kept);
            // A full pipe would stop the command, so the rest is read and dropped.
            let _ = std::io::copy(&mut stream, &mut std::io::sink());
        }
        let _ = sender.send(String::from_utf8_lossy(&kept).into_owned());
    });
    receiver
}

/// `https://user:token@host/` → `https://…@host/`: git repeats a remote's address in its errors.
pub(super) fn without_credentials(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("://") {
        clean.push_str(before);
        clean.push_str("://");
        let end = after
            .find(|c: char| c == '/' || c == '\'' || c.is_whitespace())
            .unwrap_or(after.len());
        let (authority, tail) = after.split_at(end);
        match authority.rsplit_once('@') {
            Some((_, host)) => {
                clean.push_str("…@");
                clean.push_str(host);
            }
            None => clean.push_str(authority),
        }
        rest = tail;
    }
    clean.push_str(rest);
    clean
}

/// Between fork and exec a child has all our descriptors, locks among them. Tests about locks read this while they run, and
/// the one that starts a process writes it.
#[cfg(test)]
pub(crate) static FORKS: std::sync::RwLock<()> = std::sync::RwLock::new(());

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_do_not_reach_messages() {
        let text = "fatal: unable to access 'https://x:ghp_Se@cret@host.example/a.git/': 403, see https://docs.example/x";
        assert_eq!(
            without_credentials(text),
            "fatal: unable to access 'https://…@host.example/a.git/': 403, see https://docs.example/x"
        );
        assert_eq!(without_credentials("plain"), "plain");
    }

    #[test]
    fn a_command_that_hangs_is_stopped() {
        let _alone = FORKS.write();
        let mut command = Command::new("sleep");
        command.arg("60");
        let error = run(command, "sleep", Duration::from_millis(50)).unwrap_err();
        assert!(matches!(error, GitError::TimedOut { .. }), "{error}");
    }

    #[test]
    fn a_hooks_environment_does_not_reach_git() {
        let command = git(Path::new("."));
        let removed: Vec<_> = command
            .get_envs()
            .filter(|(_, value)| value.is_none())
            .map(|(name, _)| name.to_owned())
            .collect();
        assert!(removed.contains(&"GIT_DIR".into()));
        assert!(removed.contains(&"GIT_TRACE_CURL".into()));
    }
}
