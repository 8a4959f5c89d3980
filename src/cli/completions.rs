//! `postmerge completions`: prints a script that completes commands in a shell.

use std::process::ExitCode;

use clap::CommandFactory;
use clap_complete::Shell;

use super::Cli;
use super::error::CliError;
use super::terminal::Terminal;

/// What `completions` takes.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  postmerge completions bash > ~/.local/share/bash-completion/completions/postmerge"
)]
pub struct Arguments {
    /// The shell.
    pub shell: Shell,
}

/// Runs the command.
///
/// # Errors
/// [`CliError::printing`].
pub fn run(arguments: &Arguments, terminal: &mut Terminal) -> Result<ExitCode, CliError> {
    let mut script = Vec::new();
    clap_complete::generate(
        arguments.shell,
        &mut Cli::command(),
        "postmerge",
        &mut script,
    );
    terminal.print(&String::from_utf8_lossy(&script))?;
    Ok(ExitCode::SUCCESS)
}
