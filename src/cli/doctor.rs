//! `postmerge doctor`: checks DNS, relays and certificates of a set-up, and says what to publish.

use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::ValueEnum;

use super::error::CliError;
use super::send::environment;
use super::status::settings;
use super::terminal::Terminal;
use super::threads::threads;
use super::{Cli, doctor_text, workspace_folder};
use crate::clock::{Clock, SystemClock};
use crate::doctor::dial::Network;
use crate::doctor::examine::{Question, examine};
use crate::doctor::finding::{Examination, State};
use crate::doctor::names::DnsNames;
use crate::doctor::{DoctorError, Surroundings};
use crate::workspace::folder::Folder;
use crate::workspace::source::{Source, WorkspacePath};

/// What `doctor` takes.
#[derive(Debug, clap::Args)]
#[command(
    long_about = "Checks what mail needs besides the files of the workspace: DNS of senders, relays and \
    mailboxes (SPF, DKIM, DMARC, MX, names of addresses), the relays themselves (greeting, encryption, \
    certificate, user and password), and the https certificates of the hosts that mails lead to. Says what \
    is wrong and what to publish in DNS, word for word.\n\n\
    It reads postmerge.yaml of this folder and sends no mail. Private keys and passwords come from the \
    environment variables that postmerge.yaml names; what needs one that is not set is not tried, and it says so. \
    docs/doctor.md explains every check.",
    after_help = "Examples:\n  \
        postmerge doctor                         check everything\n  \
        postmerge doctor --sender events         one sender, its relay and its mailboxes\n  \
        postmerge doctor --relay main --no-web   one relay\n  \
        postmerge doctor --dns 192.0.2.53        ask this DNS server: did the change arrive there?\n  \
        postmerge doctor --format json\n\n\
        Exit codes: 0 all good, or advice only; 1 something is wrong or could not be found out; 2 could not run."
)]
pub struct Arguments {
    /// Only this sender, its relay and its mailboxes.
    #[arg(long, value_name = "NAME")]
    pub sender: Option<String>,

    /// Only this relay.
    #[arg(long, value_name = "NAME")]
    pub relay: Option<String>,

    /// Ask this DNS server, not the machine's own: an address, with a port where it is not 53.
    #[arg(long, value_name = "ADDR[:PORT]", value_parser = server)]
    pub dns: Option<SocketAddr>,

    /// Leave out the https hosts that mails lead to.
    #[arg(long)]
    pub no_web: bool,

    /// Wait so many seconds for each answer.
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=120))]
    pub timeout: u64,

    /// How it is shown.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub format: Format,
}

/// How findings are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    Table,
    /// One JSON document.
    Json,
}

fn server(text: &str) -> Result<SocketAddr, String> {
    let bare = text.trim_start_matches('[').trim_end_matches(']');
    if let Ok(address) = bare.parse() {
        return Ok(SocketAddr::new(address, 53));
    }
    text.parse().map_err(|_| {
        "write an address, such as `192.0.2.53`, `192.0.2.53:5353` or `[2001:db8::53]:53`"
            .to_owned()
    })
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
    let folder = workspace_folder::find(cli.workspace.as_deref())?;
    let settings = settings(&folder)?;
    let question = Question {
        settings: &settings,
        secret: &environment,
        file: &|path| file(&folder, path),
        sender: arguments.sender.as_deref(),
        relay: arguments.relay.as_deref(),
        web: !arguments.no_web,
        only: None,
    };
    let runtime = threads()?;
    let found: Result<Examination, CliError> = runtime.block_on(async {
        let step = Duration::from_secs(arguments.timeout);
        let around = surroundings(arguments.dns, step, Arc::new(SystemClock))?;
        examine(&question, &around)
            .await
            .map_err(|why| cli_error(&why))
    });
    runtime.shutdown_background();
    let found = found?;
    terminal.print(&match arguments.format {
        Format::Table => doctor_text::table(&found, terminal.is_coloured()),
        Format::Json => doctor_text::json(&found, SystemClock.now()),
    })?;
    Ok(ExitCode::from(exit_code(&found)))
}

/// What checks stand on where they are run in earnest.
///
/// # Errors
/// [`CliError`] where DNS cannot be asked.
pub(super) fn surroundings(
    dns: Option<SocketAddr>,
    step: Duration,
    clock: Arc<dyn Clock>,
) -> Result<Surroundings, CliError> {
    let names = DnsNames::new(dns, step)
        .map_err(|why| CliError::new(why.to_string()).hint("name a DNS server: `--dns ADDR`"))?;
    Ok(Surroundings {
        names: Arc::new(names),
        dial: Arc::new(Network),
        clock,
        step,
        whole: step * 6,
        https_port: 443,
        authorities: None,
    })
}

fn exit_code(found: &Examination) -> u8 {
    let bad = found.count(State::Wrong) + found.count(State::NotKnown);
    u8::from(bad > 0)
}

fn cli_error(why: &DoctorError) -> CliError {
    let error = CliError::new(why.to_string());
    match why {
        DoctorError::NoSender {
            nearest: Some(near),
            ..
        }
        | DoctorError::NoRelay {
            nearest: Some(near),
            ..
        } => error.hint(format!("did you mean `{near}`?")),
        DoctorError::NoSender { .. } => error.hint("they stand under `senders`"),
        DoctorError::NoRelay { .. } => error.hint("they stand under `relays`"),
    }
}

/// Largest file of certificate authorities.
const LARGEST_CA: u64 = 1_000_000;

fn file(folder: &Path, path: &str) -> Result<Vec<u8>, String> {
    let path = WorkspacePath::parse(path).map_err(|why| why.to_string())?;
    Folder::new(folder)
        .read(&path, LARGEST_CA)
        .map_err(|why| why.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_with_and_without_a_port() {
        for (text, expected) in [
            ("192.0.2.53", Some("192.0.2.53:53")),
            ("192.0.2.53:5353", Some("192.0.2.53:5353")),
            ("2001:db8::53", Some("[2001:db8::53]:53")),
            ("[2001:db8::53]", Some("[2001:db8::53]:53")),
            ("[2001:db8::53]:5353", Some("[2001:db8::53]:5353")),
            ("dns.example", None),
            ("", None),
        ] {
            let found = server(text).ok().map(|it| it.to_string());
            assert_eq!(found.as_deref(), expected, "{text}");
        }
    }
}
