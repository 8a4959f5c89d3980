//! `postmerge status`: how every occurrence stands, and what waits for a person.

use std::process::ExitCode;

use clap::ValueEnum;

use super::error::CliError;
use super::start_error::cli_error;
use super::terminal::Terminal;
use super::{Cli, status_text, workspace_folder};
use crate::clock::{Clock, SystemClock};
use crate::deliver::opened::{open, open_as_fetched};
use crate::deliver::standings::{Which, standings, zone};
use crate::mail::occurrence::{CampaignId, OccurrenceId};
use crate::workspace::Workspace;
use crate::workspace::folder::Folder;
use crate::workspace::settings::Settings;

/// What `status` takes.
#[derive(Debug, clap::Args)]
#[command(
    long_about = "Shows what became of every mail, as the ledger has it: for each occurrence \
        audience = accepted + rejected + excluded + pending + unknown, how it stands, and what a \
        person must do.\n\nFetches the main branch and the ledger; needs no key and no password.",
    after_help = "Examples:\n  \
        postmerge status                        everything\n  \
        postmerge status 2026/rueda-agro        one campaign\n  \
        postmerge status boletin@2026-Q4        one sending of a recurring campaign\n  \
        postmerge status --format json --offline\n\n\
        Exit codes: 0 nothing waits for a person; 1 something does (unknown, held, lapsed, \
        unfinished); 2 could not run."
)]
pub struct Arguments {
    /// A campaign's id, or an occurrence's (`id@label`); everything where absent.
    pub campaign: Option<String>,

    /// How it is shown.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub format: Format,

    /// Shows what was fetched last, and asks no remote.
    #[arg(long)]
    pub offline: bool,
}

/// How it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    Table,
    /// One JSON document.
    Json,
}

/// Runs the command.
///
/// # Errors
/// [`CliError`].
pub fn run(
    cli: &Cli,
    arguments: &Arguments,
    terminal: &mut Terminal,
) -> Result<ExitCode, CliError> {
    let which = which(arguments.campaign.as_deref())?;
    let folder = workspace_folder::find(cli.workspace.as_deref())?;
    let ledger = settings(&folder)?.ledger;
    let opened = match arguments.offline {
        true => open_as_fetched(&folder, &ledger),
        false => open(&folder, &ledger),
    };
    let opened = opened.map_err(|why| {
        let error = cli_error(&why);
        match arguments.offline {
            true => error.hint("run it once without --offline: that fetches"),
            false => error,
        }
    })?;
    let now = SystemClock.now();
    let entries = standings(&opened, &which, now).map_err(|why| cli_error(&why))?;
    if entries.is_empty() && which != Which::All {
        return Err(CliError::new(format!(
            "neither the main branch nor the ledger knows `{}`",
            arguments.campaign.as_deref().unwrap_or_default()
        ))
        .hint("`postmerge status` lists what there is; campaigns count once they are merged"));
    }
    let text = match arguments.format {
        Format::Table => {
            let zone = zone(&opened).map_err(|why| cli_error(&why))?;
            status_text::table(&entries, &zone)
        }
        Format::Json => status_text::json(&entries, &opened.head.to_string(), now),
    };
    terminal.print(&text)?;
    let waits = entries.iter().any(|entry| !entry.waits().is_empty());
    Ok(ExitCode::from(u8::from(waits)))
}

fn which(text: Option<&str>) -> Result<Which, CliError> {
    let Some(text) = text else {
        return Ok(Which::All);
    };
    let wrong = |why: crate::mail::occurrence::OccurrenceError| CliError::new(why.to_string());
    if text.contains('@') {
        let id: OccurrenceId = text.parse().map_err(wrong)?;
        return Ok(Which::Occurrence(id));
    }
    CampaignId::parse(text).map(Which::Campaign).map_err(wrong)
}

/// The working copy's settings: they say where the branches are.
///
/// # Errors
/// [`CliError`] where they can not be read.
pub(super) fn settings(folder: &std::path::Path) -> Result<Settings, CliError> {
    Workspace::load_settings(&Folder::new(folder))
        .map_err(|why| CliError::new(why.to_string()).hint("`postmerge lint` shows where"))
}
