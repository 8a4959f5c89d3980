//! `postmerge lists edit`: an encrypted list in an editor, and encrypted again.
//!
//! The text lies in a folder of its own that only this user can enter, for as long as the editor runs; it is removed however that
//! ends, also by Ctrl-C or a signal to end.

use std::io::{BufRead as _, IsTerminal as _};
use std::path::Path;
use std::process::{Command, ExitCode};

use tokio::sync::watch;

use super::here_lists::{HereLists, encrypted};
use super::{Cli, CliError, Terminal};
use crate::cli::send::environment;
use crate::cli::signals::outlive;
use crate::cli::threads::threads;
use crate::workspace::loaded::ListFile;
use crate::workspace::members::Members;

/// What `lists edit` takes.
#[derive(Debug, clap::Args)]
#[command(
    long_about = "Opens an encrypted list in your editor ($VISUAL, $EDITOR, or vi) and encrypts it again when you close it, to the keys \
        that postmerge.yaml names. Needs a key (POSTMERGE_AGE_KEY or POSTMERGE_AGE_KEY_FILE).\n\n\
        Meanwhile the members stand in a temporary file that only you can read; it is removed afterwards, also where something goes \
        wrong. Rows that cannot be read are shown, and the editor opens again. Without a change the encrypted file stays byte for byte \
        as it was.",
    after_help = "Examples:\n  \
        postmerge lists edit socios\n  \
        EDITOR=nano postmerge lists edit socios\n\n\
        Exit codes: 0 done, or nothing changed; 2 could not run: the list is as it was."
)]
pub(super) struct Arguments {
    /// The list, by name.
    pub list: String,
}

/// Wrong rows that are shown.
const SHOWN: usize = 10;

/// Runs the command.
pub(super) fn run(
    cli: &Cli,
    arguments: &Arguments,
    terminal: &mut Terminal,
) -> Result<ExitCode, CliError> {
    let here = HereLists::open(cli)?;
    let file = here.list(&arguments.list)?;
    let path = file.members.as_str();
    if !file.is_encrypted() {
        return Err(CliError::new(format!("{path} is not encrypted"))
            .hint("edit it as any file; `postmerge lists encrypt` encrypts it"));
    }
    // Before anybody writes for an hour.
    let (recipients, names) = here.recipients()?;
    let before = here.text(file)?;
    let after = edited(file, &before, terminal)?;
    if after == before {
        terminal.print(&format!("{path}: nothing changed.\n"))?;
        return Ok(ExitCode::SUCCESS);
    }
    here.write(path, &encrypted(&after, &recipients)?)?;
    terminal.print(&format!("{path}: changed, and encrypted to {names}.\n"))?;
    Ok(ExitCode::SUCCESS)
}

/// What the editor leaves, once every row of it can be read.
fn edited(file: &ListFile, before: &[u8], terminal: &mut Terminal) -> Result<Vec<u8>, CliError> {
    let wrong = |why: std::io::Error| CliError::new(format!("the temporary file: {why}"));
    // Signals are heard, and no longer end this process: then what is temporary would stay.
    let runtime = threads()?;
    let (ask, asked) = watch::channel(false);
    runtime.spawn(outlive(ask));
    let folder = private_folder().map_err(wrong)?;
    let stem = file.members.file_name();
    let path = folder
        .path()
        .join(stem.strip_suffix(".age").unwrap_or(stem));
    private(&path, before).map_err(wrong)?;
    let result = loop {
        if let Err(why) = open_editor(&path) {
            break Err(why);
        }
        if *asked.borrow() {
            break Err(CliError::new("a stop was asked for: nothing was changed"));
        }
        let after = match std::fs::read(&path) {
            Ok(after) => after,
            Err(why) => break Err(wrong(why)),
        };
        let problems = problems(file, &after);
        if after == before || problems.is_empty() {
            break Ok(after);
        }
        if let Err(why) = terminal.print(&format!("{}\n", problems.join("\n"))) {
            break Err(why);
        }
        if !again(terminal)? {
            break Err(CliError::new(
                "the list cannot be read as it was left: nothing was changed",
            ));
        }
    };
    runtime.shutdown_background();
    let removed = folder.close();
    let after = result?;
    removed.map_err(wrong)?;
    Ok(after)
}

/// A folder that only this user can enter: editors put copies beside what they edit, readable as they see fit.
fn private_folder() -> std::io::Result<tempfile::TempDir> {
    let mut builder = tempfile::Builder::new();
    builder.prefix("postmerge-");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
    builder.tempdir()
}

/// A file that only this user can read.
fn private(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    std::io::Write::write_all(&mut options.open(path)?, bytes)
}

/// Waits until the editor is closed. What people set may have arguments: the shell takes it apart, as git has it do.
fn open_editor(path: &Path) -> Result<(), CliError> {
    let set = environment("VISUAL").or_else(|| environment("EDITOR"));
    let editor = set.unwrap_or_else(|| "vi".to_owned());
    let mut command = match cfg!(windows) {
        true => Command::new("cmd"),
        false => Command::new("sh"),
    };
    match cfg!(windows) {
        true => command
            .arg("/C")
            .arg(format!("{editor} \"{}\"", path.display())),
        false => command
            .arg("-c")
            .arg(format!("{editor} \"$1\""))
            .arg("sh")
            .arg(path),
    };
    // The keys are none of the editor's business, nor of what it starts.
    command.env_remove(crate::workspace::encryption::KEY_VARIABLE);
    let ended = command
        .status()
        .map_err(|why| CliError::new(format!("the editor `{editor}` cannot be started: {why}")))?;
    match ended.success() {
        true => Ok(()),
        false => Err(CliError::new(format!(
            "the editor `{editor}` ended with {ended}: nothing was changed"
        ))
        .hint("set EDITOR to an editor that waits until the file is closed")),
    }
}

/// The first things that are wrong, without what stands in the rows.
fn problems(file: &ListFile, text: &[u8]) -> Vec<String> {
    let mut members = match Members::new(text, &file.list) {
        Ok(members) => members,
        Err(why) => return vec![why.to_string()],
    };
    let mut found = Vec::new();
    while found.len() < SHOWN {
        match members.next_row() {
            Ok(None) => break,
            Ok(Some(Ok(_))) => {}
            Ok(Some(Err(why))) => found.push(why.without_values()),
            Err(why) => {
                found.push(why.to_string());
                break;
            }
        }
    }
    found
}

/// Whether the editor is to be opened again; nobody to ask says no.
fn again(terminal: &mut Terminal) -> Result<bool, CliError> {
    let input = std::io::stdin();
    if !input.is_terminal() {
        return Ok(false);
    }
    terminal.print("Enter opens the editor again; `drop` gives the change up: ")?;
    let mut answer = String::new();
    let read = input.lock().read_line(&mut answer);
    Ok(read.is_ok_and(|read| read > 0) && answer.trim() != "drop")
}
