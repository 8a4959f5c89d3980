//! `postmerge suppress`: an address that must not be mailed, or may be mailed again.

use std::process::ExitCode;

use super::error::CliError;
use super::send::{environment, new_run_id};
use super::start_error::cli_error;
use super::status::settings;
use super::terminal::Terminal;
use super::{Cli, workspace_folder};
use crate::clock::{Clock, SystemClock};
use crate::deliver::opened::open;
use crate::deliver::organisation_key::organisation_key;
use crate::deliver::suppress::{Done, Wish, suppress};
use crate::diagnostic::nearest;
use crate::ledger::event::{Exclusion, Scope};
use crate::mail::address::Address;
use crate::workspace::Workspace;

/// What `suppress` takes.
#[derive(Debug, clap::Args)]
#[command(
    long_about = "Says that an address must not be mailed from now on, or lifts that.\n\n\
        The ledger gets a keyed hash, never the address; so the key is needed, in the environment \
        variable that postmerge.yaml names under `key.env`.",
    after_help = "Examples:\n  \
        postmerge suppress ana@example.com --reason 'asked by phone'\n  \
        postmerge suppress ana@example.com --topic ferias --reason 'no fairs, please'\n  \
        postmerge suppress ana@example.com --lift --reason 'signed up again, form of 3 May'\n\n\
        Exit codes: 0 it is so now, or was already; 2 could not run."
)]
pub struct Arguments {
    /// The address.
    pub address: String,

    /// Why, in words. Addresses in it are masked.
    #[arg(long, value_name = "TEXT")]
    pub reason: String,

    /// Only for this topic; for everything where absent.
    #[arg(long, value_name = "TOPIC")]
    pub topic: Option<String>,

    /// Lifts the suppression.
    #[arg(long)]
    pub lift: bool,
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
    let address =
        Address::parse(&arguments.address).map_err(|why| CliError::new(why.to_string()))?;
    if arguments.reason.trim().is_empty() {
        return Err(CliError::new("the reason is empty"));
    }
    let folder = workspace_folder::find(cli.workspace.as_deref())?;
    let ledger = settings(&folder)?.ledger;
    let mut opened = open(&folder, &ledger).map_err(|why| cli_error(&why))?;
    let key = organisation_key(&environment, &opened.workspace.settings);
    let key = key.map_err(|why| cli_error(&why))?;
    let wish = Wish {
        scope: scope(arguments.topic.as_deref(), &opened.workspace)?,
        reason: arguments.reason.clone(),
        lift: arguments.lift,
        address,
    };
    let done = suppress(&mut opened, &key, &wish, new_run_id(), SystemClock.now())
        .map_err(|why| cli_error(&why))?;
    terminal.print(&words(&wish, done))?;
    Ok(ExitCode::SUCCESS)
}

/// A topic that no list has would hold nobody back.
fn scope(topic: Option<&str>, workspace: &Workspace) -> Result<Scope, CliError> {
    let Some(topic) = topic else {
        return Ok(Scope::All);
    };
    let known: Vec<String> = workspace
        .lists
        .values()
        .flat_map(|file| file.list.topics.keys().map(ToString::to_string))
        .collect();
    if known.iter().any(|name| name == topic) {
        return Ok(Scope::Topic(topic.to_owned()));
    }
    let names: Vec<&str> = known.iter().map(String::as_str).collect();
    let error = CliError::new(format!("no list has a topic `{topic}`"));
    Err(match nearest(topic, &names) {
        Some(near) => error.hint(format!("did you mean `{near}`?")),
        None => error.hint("topics stand in lists/*.yaml on the main branch"),
    })
}

fn words(wish: &Wish, done: Done) -> String {
    let who = wish.address.masked();
    let what = match &wish.scope {
        Scope::All => "everything".to_owned(),
        Scope::Topic(name) => format!("the topic `{name}`"),
    };
    let still = |reason: Option<Exclusion>| match reason {
        Some(reason) => format!("It stays suppressed for everything ({}).\n", reason.name()),
        None => String::new(),
    };
    match done {
        Done::Suppressed => format!("{who} is suppressed for {what}.\n"),
        Done::Already(reason) => format!(
            "{who} was suppressed for {what} already ({}). Nothing changed.\n",
            reason.name()
        ),
        Done::Lifted { was, still: why } => format!(
            "{who} may be mailed about {what} again (was: {}).\n{}{}",
            was.name(),
            match was {
                Exclusion::Unsubscribed | Exclusion::Complained =>
                    "They had left by themselves: be sure to have their consent again.\n",
                _ => "",
            },
            still(why)
        ),
        Done::NothingToLift { still: why } => format!(
            "{who} has no suppression for {what}. Nothing changed.\n{}",
            still(why)
        ),
    }
}
