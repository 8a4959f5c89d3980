//! The repository and its bare remote: the workspace first, then every campaign on a branch of its
//! own, merged as a pull request would be.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use jiff::{SignedDuration, Timestamp};

use crate::cli::error::CliError;
use crate::mail::occurrence::CampaignId;
use crate::workspace::campaign::{Approval, Campaign};
use crate::workspace::settings::{Person, Role, Settings};

/// Nobody's settings reach the demo's git: no signing, no hooks, no rewritten addresses.
pub(super) const GIT: [(&str, &str); 3] = [
    ("GIT_CONFIG_GLOBAL", "/dev/null"),
    ("GIT_CONFIG_NOSYSTEM", "1"),
    ("GIT_TERMINAL_PROMPT", "0"),
];

/// The working copy and its remote.
pub(super) struct Repositories {
    /// The working copy.
    pub(super) workspace: PathBuf,
    /// The bare remote.
    pub(super) remote: PathBuf,
}

/// Who does something in git, and when.
struct Doer<'a> {
    name: &'a str,
    email: &'a str,
    at: Timestamp,
}

impl Repositories {
    /// Commits the workspace without its campaigns, then merges these in this order, and pushes.
    pub(super) fn fill(
        &self,
        settings: &Settings,
        campaigns: &[(CampaignId, Campaign)],
        mut at: Timestamp,
    ) -> Result<(), CliError> {
        let main = settings.ledger.main.as_str();
        let remote = self.remote.to_string_lossy().into_owned();
        let nobody = Doer {
            name: "postmerge",
            email: "postmerge@localhost",
            at,
        };
        run(
            &self.workspace,
            &nobody,
            &[
                "init",
                "--quiet",
                "--bare",
                "--initial-branch",
                main,
                &remote,
            ],
        )?;
        run(
            &self.workspace,
            &nobody,
            &["init", "--quiet", "--initial-branch", main],
        )?;
        run(
            &self.workspace,
            &nobody,
            &["remote", "add", &settings.ledger.remote, &remote],
        )?;
        let administrator = doer(settings, at, |person| {
            person.roles.contains(&Role::Administrator)
        });
        run(
            &self.workspace,
            &administrator,
            &["add", "--", ".", ":!campaigns"],
        )?;
        run(
            &self.workspace,
            &administrator,
            &[
                "commit",
                "--quiet",
                "-m",
                "Settings, lists, templates, assets",
            ],
        )?;
        for (id, campaign) in campaigns {
            at = later(at);
            self.propose(settings, id, campaign, at)?;
        }
        run(
            &self.workspace,
            &nobody,
            &["push", "--quiet", &settings.ledger.remote, main],
        )?;
        Ok(())
    }

    /// One campaign, from its branch to its merge.
    fn propose(
        &self,
        settings: &Settings,
        id: &CampaignId,
        campaign: &Campaign,
        at: Timestamp,
    ) -> Result<(), CliError> {
        let main = settings.ledger.main.as_str();
        let owner = campaign.audience.lists.first();
        let proposer = doer(settings, at, |person| {
            owner.map_or_else(
                || person.roles.contains(&Role::Management),
                |list| person.lists.contains(list),
            )
        });
        let role = match campaign.approval {
            Approval::Management => Role::Management,
            Approval::Coordinator => Role::Coordinator,
        };
        let approver = doer(settings, later(at), |person| person.roles.contains(&role));
        let branch = format!("propose/{id}");
        let folder = format!("campaigns/{id}");
        run(
            &self.workspace,
            &proposer,
            &["checkout", "--quiet", "-b", &branch],
        )?;
        run(&self.workspace, &proposer, &["add", "--", &folder])?;
        run(
            &self.workspace,
            &proposer,
            &["commit", "--quiet", "-m", &format!("Propose {id}")],
        )?;
        run(&self.workspace, &approver, &["checkout", "--quiet", main])?;
        let merge = format!("Merge {id}: approved");
        run(
            &self.workspace,
            &approver,
            &["merge", "--quiet", "--no-ff", "-m", &merge, &branch],
        )?;
        run(
            &self.workspace,
            &approver,
            &["branch", "--quiet", "-d", &branch],
        )?;
        Ok(())
    }

    /// The newest commits of a branch on the remote, and how many there are.
    pub(super) fn log(
        &self,
        branch: &str,
        newest: usize,
    ) -> Result<(usize, Vec<String>), CliError> {
        let nobody = Doer {
            name: "postmerge",
            email: "postmerge@localhost",
            at: Timestamp::UNIX_EPOCH,
        };
        let text = run(&self.remote, &nobody, &["log", "--format=%h %s", branch])?;
        let lines = text.lines().take(newest).map(str::to_owned).collect();
        Ok((text.lines().count(), lines))
    }

    /// A file's text on a branch of the remote.
    pub(super) fn text(&self, branch: &str, path: &str) -> Result<String, CliError> {
        let nobody = Doer {
            name: "postmerge",
            email: "postmerge@localhost",
            at: Timestamp::UNIX_EPOCH,
        };
        run(
            &self.remote,
            &nobody,
            &["show", &format!("{branch}:{path}")],
        )
    }
}

fn later(at: Timestamp) -> Timestamp {
    at.checked_add(SignedDuration::from_mins(47)).unwrap_or(at)
}

fn doer(settings: &Settings, at: Timestamp, fits: impl Fn(&Person) -> bool) -> Doer<'_> {
    let found = settings.people.iter().find(|(_, person)| fits(person));
    match found {
        Some((name, person)) => Doer {
            name: name.as_str(),
            email: &person.email,
            at,
        },
        None => Doer {
            name: "postmerge",
            email: "postmerge@localhost",
            at,
        },
    }
}

fn run(folder: &Path, doer: &Doer<'_>, arguments: &[&str]) -> Result<String, CliError> {
    let date = doer.at.to_string();
    let failed = |why: String| CliError::new(format!("git {}: {why}", arguments.join(" ")));
    let mut command = Command::new("git");
    for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"] {
        command.env_remove(name);
    }
    let done = command
        .args([
            "-c",
            "gc.auto=0",
            "-c",
            "maintenance.auto=false",
            "-c",
            "core.autocrlf=false",
        ])
        .args(arguments)
        .current_dir(folder)
        .envs(GIT)
        .env("GIT_AUTHOR_NAME", doer.name)
        .env("GIT_AUTHOR_EMAIL", doer.email)
        .env("GIT_AUTHOR_DATE", &date)
        .env("GIT_COMMITTER_NAME", doer.name)
        .env("GIT_COMMITTER_EMAIL", doer.email)
        .env("GIT_COMMITTER_DATE", &date)
        .stdin(Stdio::null())
        .output()
        .map_err(|why| failed(why.to_string()))?;
    if done.status.success() {
        Ok(String::from_utf8_lossy(&done.stdout).into_owned())
    } else {
        Err(failed(
            String::from_utf8_lossy(&done.stderr).trim().to_owned(),
        ))
    }
}
