//! `postmerge resolve`: a person says what became of unknowns.

use std::process::ExitCode;

use clap::ValueEnum;

use super::error::CliError;
use super::send::{boot_id, new_run_id};
use super::start_error::cli_error;
use super::status::settings;
use super::status_text::ranges;
use super::terminal::Terminal;
use super::{Cli, campaign_name, workspace_folder};
use crate::clock::{Clock, SystemClock};
use crate::deliver::opened::open;
use crate::deliver::resolve::{Decision, ResolveError, resolve};
use crate::ledger::event::{Ranges, Resolution};
use crate::mail::occurrence::OccurrenceId;

/// What `resolve` takes.
#[derive(Debug, clap::Args)]
#[command(
    long_about = "Settles unknowns: mails that were claimed and of which nobody knows whether they \
        went out, because the connection broke after the last byte, or the run died.\n\n\
        Look into the relay's log first. `--as sent` counts them as accepted: whoever did not get \
        the mail never will. `--as resend` makes them pending: whoever did get the mail GETS IT A \
        SECOND TIME. Nothing else in postmerge can send a mail twice; where in doubt, say `sent`.\n\n\
        Who said so, and why, is kept in the ledger. Asks nothing.",
    after_help = "Examples:\n  \
        postmerge resolve 2026/rueda-agro --as sent --yes-all --reason 'all in the relay log'\n  \
        postmerge resolve boletin@2026-Q4 --as resend --index 17 --index 20 \\\n      \
        --reason 'relay was off at 12:03'\n\n\
        Exit codes: 0 settled, 2 nothing was settled."
)]
pub struct Arguments {
    /// The campaign, or the sending of a recurring one (`id@label`), as `postmerge status` shows it.
    pub campaign: String,

    /// What happened.
    #[arg(long = "as", value_enum, value_name = "WHAT")]
    pub what: What,

    /// How you know.
    #[arg(long, value_name = "TEXT")]
    pub reason: String,

    /// Who says so; git's `user.name` where absent.
    #[arg(long, value_name = "NAME")]
    pub by: Option<String>,

    /// Settles everybody who is unknown.
    #[arg(long, conflicts_with = "index", required_unless_present = "index")]
    pub yes_all: bool,

    /// Settles this recipient, by the number that `postmerge status` shows; may be repeated.
    #[arg(long, value_name = "N")]
    pub index: Vec<u32>,
}

/// What happened to the mails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum What {
    /// They went out: counted as accepted.
    Sent,
    /// They did not: pending again. Whoever got the mail gets it twice.
    Resend,
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
    let occurrence: OccurrenceId = campaign_name::bare(&arguments.campaign)
        .parse()
        .map_err(|why: crate::mail::occurrence::OccurrenceError| CliError::new(why.to_string()))?;
    let folder = workspace_folder::find(cli.workspace.as_deref())?;
    let ledger = settings(&folder)?.ledger;
    let mut opened = open(&folder, &ledger).map_err(|why| cli_error(&why))?;
    let by = arguments
        .by
        .clone()
        .or_else(|| opened.repository.user_name());
    let by = by.ok_or_else(|| {
        CliError::new("it is not known who settles this")
            .hint("add --by NAME, or set it once: `git config user.name NAME`")
    })?;
    let decision = Decision {
        occurrence,
        recipients: (!arguments.yes_all)
            .then(|| Ranges::from_indices(arguments.index.iter().copied())),
        resolution: match arguments.what {
            What::Sent => Resolution::Sent,
            What::Resend => Resolution::Resend,
        },
        by,
        reason: arguments.reason.clone(),
    };
    let boot = boot_id();
    let settled = resolve(
        &mut opened,
        &decision,
        new_run_id(),
        boot.as_deref(),
        SystemClock.now(),
    )
    .map_err(|why| resolve_error(&why))?;
    let how = match arguments.what {
        What::Sent => "counted as accepted",
        What::Resend => "pending again",
    };
    let after = settled.after;
    let mut text = format!(
        "{}: {} settled by {}: {how} ({}).\naudience {} = accepted {} + rejected {} + excluded {} + pending {} + unknown {}\n",
        decision.occurrence,
        settled.recipients.len(),
        decision.by,
        ranges(&settled.recipients, 8),
        after.audience,
        after.accepted,
        after.rejected,
        after.excluded,
        after.pending,
        after.unknown
    );
    if arguments.what == What::Resend {
        text.push_str(&format!(
            "They go out when its window is open, or now with\n  postmerge send --now --campaign {}\n",
            decision.occurrence.campaign()
        ));
    }
    terminal.print(&text)?;
    Ok(ExitCode::SUCCESS)
}

fn resolve_error(why: &ResolveError) -> CliError {
    let error = CliError::new(why.to_string());
    match why {
        ResolveError::Start(why) => cli_error(why),
        ResolveError::Claimed { .. } => error.hint("wait until then, or end that run; then look again"),
        ResolveError::NotStarted(_) => {
            error.hint("`postmerge status` lists what there is; of a recurring campaign name one sending: ID@LABEL")
        }
        ResolveError::NotUnknown { .. } | ResolveError::NothingUnknown(_) => {
            error.hint("`postmerge status` shows who is unknown; nothing was settled")
        }
        ResolveError::Empty(_) => error,
    }
}
