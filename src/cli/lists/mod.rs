//! `postmerge lists`: how the lists stand, telling their owners, and the changes that remove rows and put in what members asked for.

mod clean;
mod decrypt;
mod edit;
mod encrypt;
mod here_lists;
mod key;
mod notify;
mod table;

use std::process::ExitCode;

use clap::{Subcommand, ValueEnum};
use serde_json::json;

use super::Cli;
use super::age_keys::encrypted_hint;
use super::error::CliError;
use super::here::Here;
use super::start_error::cli_error;
use super::terminal::Terminal;
use crate::hygiene::HygieneError;
use crate::hygiene::gather::{Gathered, gather};
use crate::hygiene::overview::overview;
use crate::workspace::encryption::EncryptionError;
use crate::workspace::source::SourceError;

/// What `lists` takes.
#[derive(Debug, clap::Args)]
#[command(
    args_conflicts_with_subcommands = true,
    long_about = "Shows how every list stands: its members, the addresses that take no mail, how long their owners have to \
        correct them, whether the members were asked too long ago, how many asked for something that is not in the file yet, and how \
        many did not confirm that they want to go on.\n\n\
        Fetches the main branch and the ledger. Needs the organisation's key, which recipients' ids are made with.",
    after_help = "Examples:\n  \
        postmerge lists                       the table\n  \
        postmerge lists --format json\n  \
        postmerge lists notify                tell owners of addresses that take no mail\n  \
        postmerge lists clean --dry-run       which rows would be removed\n  \
        postmerge lists clean --push          write the change and push it, for review\n  \
        postmerge lists encrypt socios        keep a list's addresses out of git's history\n  \
        postmerge lists edit socios           edit an encrypted list\n\n\
        Exit codes: 0 no row is to be removed, 1 some are (`lists clean`), 2 could not run."
)]
pub struct Arguments {
    #[command(subcommand)]
    what: Option<What>,

    #[command(flatten)]
    status: StatusArguments,
}

/// What is done.
#[derive(Debug, Subcommand)]
enum What {
    /// Show how every list stands (the same as `lists` alone)
    Status(StatusArguments),
    #[command(about = "Tell owners of addresses that take no mail")]
    Notify(notify::Arguments),
    #[command(
        about = "Write the changes that remove rows which take no mail, and put in what members asked for"
    )]
    Clean(clean::Arguments),
    #[command(about = "Encrypt lists, so that git's history gets no addresses")]
    Encrypt(encrypt::Arguments),
    #[command(about = "Write encrypted lists as plain ones again")]
    Decrypt(decrypt::Arguments),
    #[command(about = "Edit an encrypted list")]
    Edit(edit::Arguments),
    #[command(about = "Make a key for encrypted lists")]
    Key(key::Arguments),
}

/// What `lists status` takes.
#[derive(Debug, clap::Args)]
struct StatusArguments {
    /// How it is shown.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,

    /// Shows what was fetched last, and asks no remote.
    #[arg(long)]
    offline: bool,
}

/// How something is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
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
    match &arguments.what {
        None => status(cli, &arguments.status, terminal),
        Some(What::Status(arguments)) => status(cli, arguments, terminal),
        Some(What::Notify(arguments)) => notify::run(cli, arguments, terminal),
        Some(What::Clean(arguments)) => clean::run(cli, arguments, terminal),
        Some(What::Encrypt(arguments)) => encrypt::run(cli, arguments, terminal),
        Some(What::Decrypt(arguments)) => decrypt::run(cli, arguments, terminal),
        Some(What::Edit(arguments)) => edit::run(cli, arguments, terminal),
        Some(What::Key(arguments)) => key::run(arguments, terminal),
    }
}

fn status(
    cli: &Cli,
    arguments: &StatusArguments,
    terminal: &mut Terminal,
) -> Result<ExitCode, CliError> {
    let here = Here::open(cli, arguments.offline)?;
    let gathered = here.gather()?;
    let lists = overview(&gathered, &here.opened.workspace, here.now);
    let disowned = gathered.never_joined.iter();
    let disowned =
        disowned.map(|(who, at)| json!({"recipient": who.to_string(), "at": at.to_string()}));
    terminal.print(&match arguments.format {
        Format::Table => table::table(&lists, &gathered),
        Format::Json => {
            let document = json!({
                "version": 1,
                "at": here.now.to_string(),
                "main": here.opened.head.to_string(),
                "lists": lists,
                "corrected": gathered.corrected.len(),
                "disowned": disowned.collect::<Vec<_>>(),
            });
            format!("{document:#}\n")
        }
    })?;
    let is_something_to_go = gathered.cases.iter().any(|case| case.state.goes_now());
    Ok(ExitCode::from(u8::from(is_something_to_go)))
}

impl Here {
    fn gather(&self) -> Result<Gathered, CliError> {
        gather(&self.ground(), self.now).map_err(failed)
    }
}

/// With the advice that is there for what sending meets, too.
pub(super) fn failed(why: HygieneError) -> CliError {
    match why {
        HygieneError::Git(why) => cli_error(&why.into()),
        HygieneError::Remote(why) => cli_error(&why.into()),
        HygieneError::Ledger(why) => cli_error(&why.into()),
        HygieneError::Publish(why) => cli_error(&why.into()),
        HygieneError::List { .. } => CliError::new(why.to_string())
            .hint("`postmerge lint` shows where; mend it on the main branch"),
        HygieneError::Branch(_) | HygieneError::Reserved(_) => CliError::new(why.to_string())
            .hint("give --branch a name of its own, for example `tidy`, or leave it out"),
        HygieneError::Source(SourceError::Encrypted { why: ref what, .. }) => {
            CliError::new(why.to_string()).hint(encrypted_hint(what))
        }
        HygieneError::Recipients(_) => {
            CliError::new(why.to_string()).hint(encrypted_hint(&EncryptionError::NoRecipients))
        }
        HygieneError::Taken(_) => {
            CliError::new(why.to_string()).hint("delete it, or name another one with --branch")
        }
        other => CliError::new(other.to_string()),
    }
}
