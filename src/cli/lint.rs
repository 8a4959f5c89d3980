//! `postmerge lint`: checks the workspace, and says what is wrong where.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::ValueEnum;

use super::error::CliError;
use super::terminal::Terminal;
use super::{Cli, workspace_folder};
use crate::clock::{Clock as _, SystemClock};
use crate::diagnostic::{Diagnostic, Severity, github, human, json};
use crate::workspace::folder::Folder;

/// What `lint` takes.
#[derive(Debug, clap::Args)]
#[command(
    long_about = "Checks every file of the workspace and what they say about each other.\n\n\
        Opens no network connection, runs nothing from the workspace, and follows no link. \
        `postmerge rules NAME` explains a finding.",
    after_help = "Examples:\n  \
        postmerge lint\n  \
        postmerge lint campaigns/2026/rueda-agro     findings below this folder only\n  \
        postmerge lint --format github               annotations in a pull request\n  \
        postmerge lint --fail-on warning"
)]
pub struct Arguments {
    /// Files or folders whose findings are shown; the whole workspace is read all the same.
    pub paths: Vec<PathBuf>,

    /// How findings are shown.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub format: Format,

    /// From which severity on the exit code is 1.
    #[arg(long, value_enum, default_value_t = FailOn::Error)]
    pub fail_on: FailOn,
}

/// How findings are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// With excerpts, for people.
    Human,
    /// One JSON document.
    Json,
    /// Annotations of GitHub Actions.
    Github,
}

/// From which severity on the exit code is 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs)]
pub enum FailOn {
    Error,
    Warning,
}

/// Runs the command.
///
/// # Errors
/// [`CliError`] where there is no workspace, or a path is not in it.
pub fn run(
    cli: &Cli,
    arguments: &Arguments,
    terminal: &mut Terminal,
) -> Result<ExitCode, CliError> {
    let root = workspace_folder::find(cli.workspace.as_deref())?;
    let wanted = wanted(&root, &arguments.paths)?;
    let mut report = crate::lint::run(&Folder::new(&root), SystemClock.now());
    report.findings.retain(|f| is_wanted(f, &wanted));
    let text = match arguments.format {
        Format::Human => human::render(&report.findings, &report.files, terminal.is_coloured()),
        Format::Json => json::render(&report.findings, &report.files),
        Format::Github => github::render(&report.findings, &report.files, &prefix(&root)),
    };
    terminal.print(&text)?;
    let limit = match arguments.fail_on {
        FailOn::Error => Severity::Error,
        FailOn::Warning => Severity::Warning,
    };
    let failed = report.findings.iter().any(|f| f.severity >= limit);
    Ok(ExitCode::from(u8::from(failed)))
}

/// The paths relative to the workspace. One that is not there may be meant relative to the workspace.
fn wanted(root: &Path, paths: &[PathBuf]) -> Result<Vec<String>, CliError> {
    let outside = |path: &Path| {
        CliError::new(format!(
            "{} is not in the workspace {}",
            path.display(),
            root.display()
        ))
    };
    let real_root = root
        .canonicalize()
        .map_err(|e| CliError::new(format!("{}: {e}", root.display())))?;
    paths
        .iter()
        .map(|path| {
            // As typed from here, or as below the workspace: whichever is inside it.
            let here = path.canonicalize().ok();
            let inside = here.filter(|here| here.starts_with(&real_root));
            let real = match inside.or_else(|| root.join(path).canonicalize().ok()) {
                Some(real) => real,
                None => {
                    return Err(CliError::new(format!(
                        "{}: there is no such file",
                        path.display()
                    )));
                }
            };
            let below = real.strip_prefix(&real_root).map_err(|_| outside(path))?;
            let text = below.to_str().ok_or_else(|| outside(path))?;
            Ok(text.replace(std::path::MAIN_SEPARATOR, "/"))
        })
        .collect()
}

fn is_wanted(finding: &Diagnostic, wanted: &[String]) -> bool {
    wanted.is_empty()
        || wanted.iter().any(|path| {
            path.is_empty()
                || finding
                    .path
                    .strip_prefix(path.as_str())
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
}

/// The workspace's folder inside its repository, with a `/` at its end; empty for the top.
fn prefix(root: &Path) -> String {
    let Ok(real) = root.canonicalize() else {
        return String::new();
    };
    let top = real.ancestors().find(|f| f.join(".git").exists());
    match top.and_then(|top| real.strip_prefix(top).ok()) {
        Some(below) if below.as_os_str().is_empty() => String::new(),
        Some(below) => format!("{}/", below.display()),
        None => String::new(),
    }
}
