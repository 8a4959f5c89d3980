//! `postmerge lint`: checks the workspace, and says what is wrong where.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::ValueEnum;

use super::age_keys::keys;
use super::error::CliError;
use super::send::environment;
use super::terminal::Terminal;
use super::{Cli, lint_base, whole_file, workspace_folder};
use crate::clock::{Clock as _, SystemClock};
use crate::diagnostic::{Diagnostic, Severity, fix, github, human, json, sarif, summary};
use crate::lint::{Report, Request};
use crate::workspace::folder::Folder;
use crate::workspace::keyed::Keyed;

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
        postmerge lint --base origin/main            what this branch brings, and compared with main\n  \
        postmerge lint --diff                        what --fix would change\n  \
        postmerge lint --fail-on warning\n\n\
        Exit codes: 0 clean, 1 findings from --fail-on up (with --fix: that are left), 2 could not run."
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

    /// Show only what the change against this commit or branch brought, and compare with it.
    #[arg(long, value_name = "REF")]
    pub base: Option<String>,

    /// Who proposes the change, by their name on GitHub. In GitHub Actions the event says it.
    #[arg(long, value_name = "NAME", requires = "base")]
    pub author: Option<String>,

    /// Put the safe fixes into the files, until none is left.
    #[arg(long, conflicts_with = "diff")]
    pub fix: bool,

    /// Show what `--fix` would change, as a patch; of fixes that overlap, the first.
    #[arg(long)]
    pub diff: bool,
}

/// How findings are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// With excerpts, for people.
    Human,
    /// One JSON document.
    Json,
    /// Annotations of GitHub Actions, and a summary of the job where Actions gives a file for it.
    Github,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
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
    let is_mending = arguments.fix || arguments.diff;
    if is_mending && arguments.format != Format::Human {
        return Err(
            CliError::new("--fix and --diff have no --format: they print text for people")
                .hint("leave --format away; `postmerge lint --format json` says what every fix would change"),
        );
    }
    let root = workspace_folder::find(cli.workspace.as_deref())?;
    let wanted = wanted(&root, &arguments.paths)?;
    let now = SystemClock.now();
    let base = arguments.base.as_ref();
    let began = base.map(|name| lint_base::read(&root, name)).transpose()?;
    let (sent, author) = match (&began, &arguments.author) {
        (None, author) => (Vec::new(), author.clone()),
        (Some(_), Some(name)) => (lint_base::sent(&root)?, Some(name.clone())),
        (Some(_), None) => (lint_base::sent(&root)?, lint_base::author()?),
    };
    let request = Request {
        base: began.as_ref().map(lint_base::Began::view),
        author: author.as_deref(),
        sent: &sent,
        is_mending,
        ..Request::at(now)
    };
    let files = Keyed::new(Folder::new(&root), keys()?);
    let look = |request: &Request<'_>| {
        let mut report = crate::lint::run(&files, request);
        report.findings.retain(|f| is_wanted(f, &wanted));
        report
    };
    let report = look(&request);
    if arguments.diff {
        let fixed = fix::apply(&report.findings, &report.files);
        terminal.print(&fix::diff(&fixed, &report.files))?;
        return Ok(code(arguments, &report));
    }
    if arguments.fix {
        let count = mend(&root, report, || look(&request), terminal)?;
        // As whoever looks for what is left will see it.
        let left = look(&Request {
            is_mending: false,
            ..request
        });
        let says = match left.findings.len() {
            0 => "nothing is left".to_owned(),
            left => format!("{left} left: `postmerge lint` shows them"),
        };
        terminal.print(&format!("{count} mended, {says}\n"))?;
        return Ok(code(arguments, &left));
    }
    let text = match arguments.format {
        Format::Human => human::render(&report.findings, &report.files, terminal.is_coloured()),
        Format::Json => json::render(&report.findings, &report.files),
        Format::Sarif => sarif::render(&report.findings, &report.files, &prefix(&root)),
        Format::Github => github::render(&report.findings, &report.files, &prefix(&root)),
    };
    terminal.print(&text)?;
    if arguments.format == Format::Github
        && let Err(why) = job_summary(&report)
    {
        // The annotations say the same: what was found decides the exit code.
        terminal.warn(&why);
    }
    if report.allowed > 0 && arguments.format == Format::Human {
        let which = if report.allowed == 1 {
            "finding is"
        } else {
            "findings are"
        };
        terminal.print(&format!(
            "{} more {which} accepted, with a reason\n",
            report.allowed
        ))?;
    }
    Ok(code(arguments, &report))
}

fn code(arguments: &Arguments, report: &Report) -> ExitCode {
    let limit = match arguments.fail_on {
        FailOn::Error => Severity::Error,
        FailOn::Warning => Severity::Warning,
    };
    let failed = report.findings.iter().any(|f| f.severity >= limit);
    ExitCode::from(u8::from(failed))
}

/// A mended text may show another slip, and of two that overlap one waits for the next time.
const MOST_ROUNDS: usize = 200;

/// Puts the safe fixes in until none is left; how many these were.
fn mend(
    root: &Path,
    mut report: Report,
    look: impl Fn() -> Report,
    terminal: &mut Terminal,
) -> Result<usize, CliError> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for _ in 0..MOST_ROUNDS {
        let fixed = fix::apply(&report.findings, &report.files);
        if fixed.is_empty() {
            break;
        }
        for file in fixed {
            whole_file::write(root, &file.path, file.text.as_bytes())?;
            *counts.entry(file.path).or_default() += file.fixes;
        }
        report = look();
    }
    for (path, count) in &counts {
        terminal.print(&format!("{path}: {count} mended\n"))?;
    }
    Ok(counts.values().sum())
}

/// GitHub names a file for the job's summary.
fn job_summary(report: &Report) -> Result<(), CliError> {
    let Some(path) = environment("GITHUB_STEP_SUMMARY") else {
        return Ok(());
    };
    let page = summary::render(&report.findings, &report.files, &|name| {
        Some(format!(
            "{}/blob/main/docs/rules/{name}.md",
            env!("CARGO_PKG_REPOSITORY")
        ))
    });
    let wrong = |why: std::io::Error| CliError::new(format!("GITHUB_STEP_SUMMARY: {path}: {why}"));
    let mut file = std::fs::OpenOptions::new()
        .append(true)
        .create(true)
        .open(&path)
        .map_err(wrong)?;
    file.write_all(page.as_bytes()).map_err(wrong)
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
