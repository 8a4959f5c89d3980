//! `postmerge lists encrypt`: members' files that only holders of keys can read.

use std::process::ExitCode;

use super::here_lists::{HereLists, encrypted};
use super::{Cli, CliError, Terminal};
use crate::workspace::loaded::ListFile;

/// What `lists encrypt` takes.
#[derive(Debug, clap::Args)]
#[command(
    long_about = "Writes lists/NAME.csv.age in place of lists/NAME.csv: the same members, encrypted to the public keys that \
        postmerge.yaml names under `encryption.recipients`. From then on the history of git gets no address of the list. Whoever has \
        one of the keys sets POSTMERGE_AGE_KEY, and every command reads the list as before; without a key lint, plan and preview say \
        `not checked: encrypted`, and nothing is sent.\n\n\
        Git's history keeps what was committed before: encrypt a list before its first commit, or take the old files out of history \
        (docs/hygiene.md).\n\n\
        A list that is encrypted already is encrypted anew where it is named, to the keys that postmerge.yaml names now: after \
        somebody came or left. That takes a key. Whom a file is encrypted to cannot be seen from it; and whoever could read it once \
        keeps what they read.",
    after_help = "Examples:\n  \
        postmerge lists key --out ~/postmerge.key   a key; its public half goes into postmerge.yaml\n  \
        postmerge lists encrypt socios              one list\n  \
        postmerge lists encrypt                     every list that is not encrypted\n\n\
        Exit codes: 0 done, 2 could not run."
)]
pub(super) struct Arguments {
    /// Lists by name; all that are not encrypted yet where absent.
    pub lists: Vec<String>,
}

/// Runs the command.
pub(super) fn run(
    cli: &Cli,
    arguments: &Arguments,
    terminal: &mut Terminal,
) -> Result<ExitCode, CliError> {
    let here = HereLists::open(cli)?;
    let (recipients, names) = here.recipients()?;
    let wanted = here.wanted(&arguments.lists, false)?;
    if wanted.is_empty() {
        terminal.print("No list is to be encrypted.\n")?;
    }
    let mut renamed = false;
    for file in wanted {
        let text = here.text(file)?;
        let bytes = encrypted(&text, &recipients)?;
        let path = there(file);
        here.write(&path, &bytes)?;
        if file.is_encrypted() {
            terminal.print(&format!("{path}: encrypted anew, to {names}.\n"))?;
            continue;
        }
        let plain = file.members.as_str();
        here.delete(plain)?;
        renamed = true;
        terminal.print(&format!(
            "{path}: encrypted to {names}; {plain} is deleted.\n"
        ))?;
        if here.is_committed(plain) {
            terminal.print(&format!(
                "  {plain} was committed before: git's history keeps what it held (docs/hygiene.md says how it is taken out).\n"
            ))?;
        }
    }
    if renamed {
        terminal.print(here.about_owners())?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Where the list stands encrypted.
fn there(file: &ListFile) -> String {
    let [is, other] = file.both_paths();
    match file.is_encrypted() {
        true => is,
        false => other,
    }
}
