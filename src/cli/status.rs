//! `postmerge status`: how every occurrence stands, and what waits for a person.

use std::path::Path;
use std::process::ExitCode;

use clap::ValueEnum;

use super::error::CliError;
use super::start_error::cli_error;
use super::terminal::Terminal;
use super::{Cli, campaign_name, status_text, workspace_folder};
use crate::clock::{Clock, SystemClock};
use crate::deliver::named::{main_branch, nearest_campaign};
use crate::deliver::opened::{Opened, open, open_as_fetched};
use crate::deliver::standings::{Which, standings, zone};
use crate::mail::occurrence::OccurrenceId;
use crate::workspace::Workspace;
use crate::workspace::folder::Folder;
use crate::workspace::settings::{LedgerSettings, Settings};

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
    /// A campaign's id or folder, or an occurrence's id (`id@label`); everything where absent.
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
        return Err(unknown(&which, arguments, (&folder, &ledger), &opened));
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
    if text.contains('@') {
        let id: Result<OccurrenceId, _> = campaign_name::bare(text).parse();
        return id
            .map(Which::Occurrence)
            .map_err(|why| CliError::new(why.to_string()));
    }
    campaign_name::parse(text).map(Which::Campaign)
}

/// What is said where nobody knows what was asked for.
fn unknown(
    which: &Which,
    arguments: &Arguments,
    (folder, ledger): (&Path, &LedgerSettings),
    opened: &Opened,
) -> CliError {
    let error = CliError::new(format!(
        "neither the main branch nor the ledger knows `{}`",
        arguments.campaign.as_deref().unwrap_or_default()
    ));
    let campaign = match which {
        Which::All => None,
        Which::Campaign(campaign) => Some(campaign),
        Which::Occurrence(id) => Some(id.campaign()),
    };
    // Of a campaign that is there it is the sending that is not.
    let campaign = campaign.filter(|id| !opened.workspace.campaigns.contains_key(id));
    let advice = campaign.and_then(|id| {
        let near = nearest_campaign(opened, id);
        campaign_name::advice(folder, id, &main_branch(ledger), near.as_deref())
    });
    error.hint(advice.unwrap_or_else(|| {
        "`postmerge status` lists what there is; campaigns count once they are merged".to_owned()
    }))
}

/// The working copy's settings: they say where the branches are.
///
/// # Errors
/// [`CliError`] where they cannot be read.
pub(super) fn settings(folder: &std::path::Path) -> Result<Settings, CliError> {
    Workspace::load_settings(&Folder::new(folder))
        .map_err(|why| CliError::new(why.to_string()).hint("`postmerge lint` shows where"))
}
