//! `postmerge lists decrypt`: back to members' files that everybody can read.

use std::process::ExitCode;

use super::here_lists::HereLists;
use super::{Cli, CliError, Terminal};

/// What `lists decrypt` takes.
#[derive(Debug, clap::Args)]
#[command(
    long_about = "Writes lists/NAME.csv in place of lists/NAME.csv.age, which is deleted: both at once nobody could tell apart. Needs \
        a key (POSTMERGE_AGE_KEY). Once it is committed, git's history keeps the addresses for good: to change a row, \
        `postmerge lists edit` does without.",
    after_help = "Examples:\n  \
        postmerge lists decrypt socios\n  \
        postmerge lists decrypt                     every list that is encrypted\n\n\
        Exit codes: 0 done, 2 could not run."
)]
pub(super) struct Arguments {
    /// Lists by name; all that are encrypted where absent.
    pub lists: Vec<String>,
}

/// Runs the command.
pub(super) fn run(
    cli: &Cli,
    arguments: &Arguments,
    terminal: &mut Terminal,
) -> Result<ExitCode, CliError> {
    let here = HereLists::open(cli)?;
    let wanted = here.wanted(&arguments.lists, true)?;
    if wanted.is_empty() {
        terminal.print("No list is encrypted.\n")?;
    }
    let mut renamed = false;
    for file in wanted {
        let [is, plain] = file.both_paths();
        if !file.is_encrypted() {
            terminal.print(&format!("{is} is not encrypted.\n"))?;
            continue;
        }
        let text = here.text(file)?;
        here.write(&plain, &text)?;
        here.delete(&is)?;
        renamed = true;
        terminal.print(&format!(
            "{plain}: decrypted; {is} is deleted. Once {plain} is committed, git's history keeps its addresses.\n"
        ))?;
    }
    if renamed {
        terminal.print(here.about_owners())?;
    }
    Ok(ExitCode::SUCCESS)
}
