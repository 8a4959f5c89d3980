//! `postmerge codeowners`: writes `.github/CODEOWNERS`, or says whether it is up to date.

use std::path::Path;
use std::process::ExitCode;

use super::error::CliError;
use super::terminal::Terminal;
use super::{Cli, whole_file, workspace_folder};
use crate::diagnostic::file::{File, Files};
use crate::diagnostic::fix::{self, Fixed};
use crate::plan::codeowners::{self, PATH};
use crate::workspace::Workspace;
use crate::workspace::folder::Folder;
use crate::workspace::source::{Source as _, SourceError, WorkspacePath};

/// What `codeowners` takes.
#[derive(Debug, clap::Args)]
#[command(
    long_about = "Writes .github/CODEOWNERS: who GitHub asks for an approval.\n\n\
        Lists go to who answers for them, campaigns to coordinator and administrator, those with \
        `approval: management` to the management too, everything else to the administrator. \
        It is made of `people` in postmerge.yaml, the lists and the campaigns. GitHub asks; that an \
        approval is needed at all is said in the branch's protection (docs/operations.md).",
    after_help = "Examples:\n  \
        postmerge codeowners             write the file\n  \
        postmerge codeowners --check     say whether it is up to date\n  \
        postmerge codeowners --stdout    print it\n\n\
        Exit codes: 0 all well, 1 it is out of date (--check), 2 could not run."
)]
pub struct Arguments {
    /// Write nothing; show what would change, and exit with 1 where something would.
    #[arg(long, conflicts_with = "stdout")]
    pub check: bool,

    /// Print the file instead of writing it.
    #[arg(long)]
    pub stdout: bool,
}

/// The largest file that GitHub reads.
const LARGEST: u64 = 3_000_000;

/// Runs the command.
///
/// # Errors
/// [`CliError`] where the workspace has mistakes, somebody needed is missing, or the file cannot be written.
pub fn run(
    cli: &Cli,
    arguments: &Arguments,
    terminal: &mut Terminal,
) -> Result<ExitCode, CliError> {
    let root = workspace_folder::find(cli.workspace.as_deref())?;
    let wanted = wanted(&root)?;
    if arguments.stdout {
        terminal.print(&wanted)?;
        return Ok(ExitCode::SUCCESS);
    }
    let is = present(&root)?;
    if is.as_deref() == Some(wanted.as_str()) {
        terminal.print(&format!("{PATH} is up to date\n"))?;
        return Ok(ExitCode::SUCCESS);
    }
    if !arguments.check {
        whole_file::write(&root, PATH, wanted.as_bytes())?;
        terminal.print(&format!("{PATH} written\n"))?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut files = Files::default();
    let old = is.unwrap_or_default();
    let fixed = Fixed::rewritten(PATH, &old, wanted);
    files.insert(PATH, File::new(old));
    terminal.print(&fix::diff(&[fixed], &files))?;
    terminal.print("out of date: `postmerge codeowners` writes it\n")?;
    Ok(ExitCode::from(1))
}

/// What the file should hold.
fn wanted(root: &Path) -> Result<String, CliError> {
    let workspace = Workspace::load(&Folder::new(root)).into_workspace();
    let workspace = workspace.map_err(|why| {
        CliError::new(why.to_string()).hint("`postmerge lint` shows where; mend that first")
    })?;
    codeowners::text(&workspace.settings, &workspace.lists, &workspace.campaigns).map_err(|why| {
        CliError::new(why.to_string()).hint("see `people` in postmerge.yaml: `github` and `roles`")
    })
}

/// What the file holds.
fn present(root: &Path) -> Result<Option<String>, CliError> {
    let path = WorkspacePath::parse(PATH).map_err(|why| CliError::new(why.to_string()))?;
    match Folder::new(root).read(&path, LARGEST) {
        Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).replace("\r\n", "\n"))),
        Err(SourceError::Missing(_)) => Ok(None),
        Err(why) => Err(CliError::new(why.to_string())),
    }
}
