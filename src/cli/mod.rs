//! The command line: one file per command. Only this module reads arguments and environment,
//! prints, and decides exit codes.
//!
//! A new command is a file with `Arguments` and `run`, and a line in [`Command`] and [`Cli::run`].

mod age_keys;
mod campaign_name;
pub mod codeowners;
pub mod completions;
pub mod demo;
pub mod doctor;
mod doctor_text;
pub mod error;
pub mod forget;
mod github_evidence;
mod here;
pub mod history;
mod history_lines;
pub mod ingest;
mod ingest_explain;
pub mod init;
mod ledger_here;
pub mod lint;
mod lint_base;
pub mod lists;
mod member_ids;
pub mod plan;
mod preflight;
pub mod preview;
mod preview_serve;
mod preview_shots;
pub mod publish;
pub mod report;
mod report_folder;
pub mod resolve;
pub mod rules;
pub mod schema;
pub mod send;
mod send_progress;
mod send_summary;
pub mod send_test;
pub mod serve;
mod signals;
mod start_error;
pub mod status;
mod status_text;
pub mod suppress;
pub mod terminal;
mod threads;
mod whole_file;
pub mod workspace_folder;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use error::CliError;
use terminal::{Colour, Terminal};

/// Mass mail as code: proposed in pull requests, approved by merging, delivered at a careful pace.
#[derive(Debug, Parser)]
#[command(
    name = "postmerge",
    version,
    about,
    long_about = "Mass mail as code.\n\n\
        A campaign is a folder with YAML and Markdown, proposed in a pull request. `postmerge lint` \
        says what is wrong with it; merging approves it; a scheduled runner sends it and commits \
        what became of every mail.",
    after_help = "Examples:\n  \
        postmerge lint                      check the workspace in this folder\n  \
        postmerge rules unknown-list        explain a finding\n  \
        postmerge send --dry-run            what would go out now\n  \
        postmerge status                    what became of every mail\n  \
        postmerge history --list clientes   what did these people get?\n  \
        postmerge report                    the same as pages to look at\n  \
        postmerge doctor                    are DNS, relays and certificates in order?\n  \
        postmerge -C ../mail lint           check another workspace\n\n\
        Exit codes: 0 all well, 1 there are findings or something waits for a person, 2 could not run."
)]
pub struct Cli {
    /// The workspace: the folder with postmerge.yaml. Looked for from here upwards where absent.
    #[arg(short = 'C', long = "workspace", value_name = "DIR", global = true)]
    pub workspace: Option<PathBuf>,

    /// Whether output is coloured.
    #[arg(long, alias = "color", value_enum, default_value_t = Colour::Auto, global = true)]
    pub colour: Colour,

    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
// A variant's documentation would take the place of what its arguments say at length.
#[allow(missing_docs)]
pub enum Command {
    #[command(about = "Write a new workspace, ready to be tried")]
    Init(init::Arguments),
    #[command(about = "Check the workspace, and say what is wrong where")]
    Lint(lint::Arguments),
    #[command(about = "Show what merging would send, to whom, when and how fast")]
    Plan(plan::Arguments),
    #[command(about = "Write a page on which a campaign's mail is looked at")]
    Preview(preview::Arguments),
    #[command(about = "Send what is due, and commit what became of every mail")]
    Send(send::Arguments),
    #[command(about = "Send a campaign's mail, marked, to your own addresses")]
    SendTest(send_test::Arguments),
    #[command(about = "Show how every campaign stands, and what waits for a person")]
    Status(status::Arguments),
    #[command(about = "Read what comes back: bounces, complaints, receipts")]
    Ingest(ingest::Arguments),
    #[command(about = "Run the service that recipients reach: leaving, preferences, joining")]
    Serve(serve::Arguments),
    #[command(about = "Show what a person got, or who got a mail or a document")]
    History(history::Arguments),
    #[command(about = "Write a site that shows how sendings, lists and providers stand")]
    Report(report::Arguments),
    #[command(about = "Forget a person who asks for it: rows, and mails from now on")]
    Forget(forget::Arguments),
    #[command(about = "Check DNS, relays and certificates, and say what to publish")]
    Doctor(doctor::Arguments),
    #[command(about = "Settle mails of which nobody knows whether they went out")]
    Resolve(resolve::Arguments),
    #[command(about = "Say that an address must not be mailed, or lift that")]
    Suppress(suppress::Arguments),
    #[command(about = "Show how the lists stand, tell their owners, and clean them")]
    Lists(lists::Arguments),
    #[command(
        about = "See the whole job at work on embedded parts: no mail server, no account, no network"
    )]
    Demo(demo::Arguments),
    #[command(about = "The demo's sending process", hide = true)]
    DemoRunner(demo::runner::Arguments),
    #[command(about = "Write what mails link to into a folder, for a web server")]
    Publish(publish::Arguments),
    #[command(about = "Write .github/CODEOWNERS: who must approve what")]
    Codeowners(codeowners::Arguments),
    #[command(about = "Print or write the JSON Schemas of the workspace's files")]
    Schema(schema::Arguments),
    #[command(about = "List the rules, or explain one")]
    Rules(rules::Arguments),
    #[command(about = "Print a script that completes commands in a shell")]
    Completions(completions::Arguments),
}

impl Cli {
    fn run(&self, terminal: &mut Terminal) -> Result<ExitCode, CliError> {
        match &self.command {
            Command::Init(arguments) => init::run(self, arguments, terminal),
            Command::Lint(arguments) => lint::run(self, arguments, terminal),
            Command::Plan(arguments) => plan::run(self, arguments, terminal),
            Command::Preview(arguments) => preview::run(self, arguments, terminal),
            Command::Send(arguments) => send::run(self, arguments, terminal),
            Command::SendTest(arguments) => send_test::run(self, arguments, terminal),
            Command::Status(arguments) => status::run(self, arguments, terminal),
            Command::Ingest(arguments) => ingest::run(self, arguments, terminal),
            Command::Serve(arguments) => serve::run(self, arguments, terminal),
            Command::History(arguments) => history::run(self, arguments, terminal),
            Command::Report(arguments) => report::run(self, arguments, terminal),
            Command::Forget(arguments) => forget::run(self, arguments, terminal),
            Command::Doctor(arguments) => doctor::run(self, arguments, terminal),
            Command::Resolve(arguments) => resolve::run(self, arguments, terminal),
            Command::Suppress(arguments) => suppress::run(self, arguments, terminal),
            Command::Lists(arguments) => lists::run(self, arguments, terminal),
            Command::Demo(arguments) => demo::run(self, arguments, terminal),
            Command::DemoRunner(arguments) => demo::runner::run(self, arguments, terminal),
            Command::Publish(arguments) => publish::run(self, arguments, terminal),
            Command::Codeowners(arguments) => codeowners::run(self, arguments, terminal),
            Command::Schema(arguments) => schema::run(arguments, terminal),
            Command::Rules(arguments) => rules::run(arguments, terminal),
            Command::Completions(arguments) => completions::run(arguments, terminal),
        }
    }
}

/// Runs the command that the process's arguments name.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Where not even this can be printed, nobody reads it.
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { 2 } else { 0 });
        }
    };
    let mut terminal = Terminal::new(cli.colour);
    match cli.run(&mut terminal).and_then(|code| {
        terminal.flush()?;
        Ok(code)
    }) {
        Ok(code) => code,
        Err(error) => {
            terminal.complain(&error);
            error.exit_code()
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn every_command_says_at_length_what_it_does() {
        for command in super::Cli::command().get_subcommands() {
            let name = command.get_name();
            let is_plain = command.is_hide_set() || ["rules", "completions"].contains(&name);
            assert!(is_plain || command.get_long_about().is_some(), "{name}");
        }
    }

    #[test]
    fn arguments_are_consistent() {
        super::Cli::command().debug_assert();
    }
}
