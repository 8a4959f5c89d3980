//! `postmerge send`.

use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use jiff::Timestamp;
use tokio::sync::watch;

use super::error::CliError;
use super::github_evidence::GhCommand;
use super::send_progress::Shown;
use super::send_summary::{exit_code, summary};
use super::terminal::Terminal;
use super::threads::threads;
use super::{Cli, age_keys, campaign_name, workspace_folder};
use crate::clock::{Clock, SystemClock};
use crate::deliver::StartError;
use crate::deliver::dry_run::dry_run;
use crate::deliver::due::Question;
use crate::deliver::preflight::Preflight;
use crate::deliver::progress::Progress;
use crate::deliver::run::{self, EngineTask, Order, Outside, Summary};
use crate::ledger::event::RunId;
use crate::mail::address::Address;
use crate::transport::Transport;
use crate::transport::exchanger::{DnsExchangers, Exchangers, NoExchangers};
use crate::transport::smtp::{Credentials, Smtp, SmtpConfig, TlsMode};
use crate::workspace::Workspace;
use crate::workspace::encryption::Keys;
use crate::workspace::folder::Folder;
use crate::workspace::names::RelayName;
use crate::workspace::settings::{Relay, Settings, Tls};
use crate::workspace::source::{Source, WorkspacePath};
use crate::workspace::tree::Tree;

/// What `postmerge send` takes.
#[derive(Debug, Args)]
#[command(
    long_about = "Sends what is due, and commits what became of every mail.\n\n\
        Due is what is merged to the main branch on the remote and whose window is open. Nothing else \
        counts: not this folder's files, not an unmerged branch. Before a mail goes out, a claim for it \
        is pushed to the ledger's branch; so a second run, a crash or a re-run never sends it twice.\n\n\
        What is merged, cancelled or reverted while it sends counts within half a minute or so, and a window that \
        opens meanwhile is seen. It ends when nothing is left to send today and no window opens within ten minutes.\n\n\
        Ctrl-C (or SIGTERM) ends the run in a few seconds: mails under way finish, the rest is let go. \
        Run it again to go on. A second signal, a second or more after the first, ends it at once; the \
        next run then finds out what happened.",
    after_help = "Examples:\n  \
        postmerge send --dry-run                       what would go out now\n  \
        postmerge send                                 send what is due\n  \
        postmerge send --campaign 2026/rueda-agro      only this campaign\n  \
        postmerge send --until 18:00                   and stop at six\n\n\
        Exit codes: 0 sent, or nothing was due, or --until has come; 1 something waits for a person \
        (held, lapsed, unknown, unfinished, no mail could be made for somebody, not published); 2 could not run, or could not go on; \
        3 a signal stopped it and mails are pending: run it again; 130 a second signal ended it."
)]
pub struct Arguments {
    /// Only this campaign, by id or folder.
    #[arg(long, value_name = "ID")]
    pub campaign: Option<String>,

    /// Send now, whatever the windows say.
    #[arg(long)]
    pub now: bool,

    /// Say what would be sent; send and publish nothing.
    #[arg(long)]
    pub dry_run: bool,

    /// Stop at this time: `18:00` in the organisation's zone, or a full timestamp.
    #[arg(long, value_name = "TIME")]
    pub until: Option<String>,
}

/// What a run is surrounded by. The demo has others; the code is the same.
pub(super) struct Surroundings {
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Where every relay is, instead of where the settings say: plain SMTP on loopback.
    pub relay: Option<SocketAddr>,
    /// What encrypted lists are read with.
    pub keys: Keys,
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
    let surroundings = Surroundings {
        clock: Arc::new(SystemClock),
        relay: None,
        keys: age_keys::keys()?,
    };
    run_in(cli, arguments, &surroundings, terminal)
}

/// Runs the command in these surroundings.
///
/// # Errors
/// [`CliError`].
pub(super) fn run_in(
    cli: &Cli,
    arguments: &Arguments,
    surroundings: &Surroundings,
    terminal: &mut Terminal,
) -> Result<ExitCode, CliError> {
    let folder = workspace_folder::find(cli.workspace.as_deref())?;
    let settings = Workspace::load_settings(&Folder::new(&folder))
        .map_err(|why| CliError::new(why.to_string()).hint("`postmerge lint` shows where"))?;
    let order = order(arguments, &settings, surroundings.clock.now())?;
    let runtime = threads()?;
    let outcome = runtime.block_on(send(&folder, &settings, arguments, &order, surroundings));
    runtime.shutdown_background();
    let summary_of = outcome.map_err(|why| not_started(&why, &folder))?;
    terminal.print(&summary(&summary_of, arguments.dry_run))?;
    Ok(ExitCode::from(exit_code(&summary_of)))
}

/// Why it could not start; of a campaign that is not merged yet, that.
fn not_started(why: &StartError, folder: &Path) -> CliError {
    let StartError::NoCampaign {
        campaign,
        branch,
        nearest,
    } = why
    else {
        return super::start_error::cli_error(why);
    };
    match campaign_name::advice(folder, campaign, branch, nearest.as_deref()) {
        Some(advice) => CliError::new(why.to_string()).hint(advice),
        None => super::start_error::cli_error(why),
    }
}

fn order(arguments: &Arguments, settings: &Settings, now: Timestamp) -> Result<Order, CliError> {
    let campaign = arguments
        .campaign
        .as_deref()
        .map(campaign_name::parse)
        .transpose()?;
    let until = arguments
        .until
        .as_deref()
        .map(|text| moment(text, settings, now))
        .transpose()?;
    Ok(Order {
        question: Question {
            campaign,
            now: arguments.now,
        },
        until,
    })
}

/// A time of today in the organisation's zone, or a full timestamp.
fn moment(text: &str, settings: &Settings, now: Timestamp) -> Result<Timestamp, CliError> {
    let wrong = || {
        CliError::new(format!("`{text}` is no time"))
            .hint("write `18:00`, or a timestamp such as `2026-12-03T18:00:00-05:00`")
    };
    if let Ok(at) = text.parse::<Timestamp>() {
        return Ok(at);
    }
    let time: jiff::civil::Time = text.parse().map_err(|_| wrong())?;
    let today = now
        .in_tz(&settings.organisation.zone)
        .map_err(|_| wrong())?
        .date();
    let at = today.to_datetime(time).in_tz(&settings.organisation.zone);
    at.map(|zoned| zoned.timestamp()).map_err(|_| wrong())
}

async fn send(
    folder: &Path,
    settings: &Settings,
    arguments: &Arguments,
    order: &Order,
    surroundings: &Surroundings,
) -> Result<Summary, StartError> {
    let exchangers: Box<dyn Exchangers> = match DnsExchangers::from_system() {
        Ok(dns) if settings.pace.look_up_mx && surroundings.relay.is_none() => Box::new(dns),
        _ => Box::new(NoExchangers),
    };
    let client_name = client_name(settings);
    let transports = |_: &RelayName, relay: &Relay, tree: &Tree| match surroundings.relay {
        Some(at) => connect_plainly(at),
        None => transport(relay, tree, &client_name),
    };
    // The demo's relay is on this machine, and its names are in no DNS.
    let in_earnest = surroundings.relay.is_none() && !arguments.dry_run;
    let doctor = in_earnest.then(|| super::preflight::in_earnest(&surroundings.clock));
    let reviews = GhCommand {
        checkout: folder.to_owned(),
    };
    let outside = Outside {
        repository: folder,
        ledger: settings.ledger.clone(),
        clock: Arc::clone(&surroundings.clock),
        transports: &transports,
        exchangers: exchangers.as_ref(),
        secret: &environment,
        keys: surroundings.keys.clone(),
        preflight: doctor.as_ref().map(|it| it as &dyn Preflight),
        evidence: Some(&reviews),
        new_run: &new_run_id,
        boot: boot_id(),
        engine: EngineTask::Own,
    };
    if arguments.dry_run {
        return dry_run(&outside, order);
    }
    let (ask, asked) = watch::channel(false);
    let signals = tokio::spawn(super::signals::listen(ask));
    let shown = Arc::new(Shown::new());
    let result = run::send(
        &outside,
        order,
        asked,
        Arc::clone(&shown) as Arc<dyn Progress>,
    )
    .await;
    shown.finish();
    signals.abort();
    result
}

fn connect_plainly(at: SocketAddr) -> Result<Arc<dyn Transport>, String> {
    let mut config = SmtpConfig::new(at.ip().to_string(), at.port());
    config.tls = TlsMode::Plain;
    let smtp = Smtp::new(config).map_err(|why| why.to_string())?;
    Ok(Arc::new(smtp))
}

/// Largest file of certificate authorities.
const LARGEST_CA: u64 = 1_000_000;

/// What we call ourselves in EHLO.
pub(super) fn client_name(settings: &Settings) -> String {
    Address::parse(&settings.bounces.address).map_or_else(
        |_| "localhost".to_owned(),
        |address| address.domain().to_owned(),
    )
}

/// The transport to a relay, with its secrets from the environment.
pub(super) fn transport(
    relay: &Relay,
    source: &dyn Source,
    client_name: &str,
) -> Result<Arc<dyn Transport>, String> {
    let mut config = SmtpConfig::new(relay.host.clone(), relay.port);
    config.tls = match relay.tls {
        Tls::Starttls => TlsMode::StartTls,
        Tls::Implicit => TlsMode::Implicit,
        Tls::None => TlsMode::Plain,
    };
    config.client_name = client_name.to_owned();
    if let Some(file) = &relay.ca_file {
        let path = WorkspacePath::parse(file).map_err(|why| why.to_string())?;
        config.authorities = Some(
            source
                .read(&path, LARGEST_CA)
                .map_err(|why| why.to_string())?,
        );
    }
    if let Some(credentials) = &relay.credentials {
        let read = |name: &str| {
            environment(name).ok_or_else(|| format!("the environment variable {name} is not set"))
        };
        config.credentials = Some(Credentials {
            user: read(&credentials.user_env)?,
            password: read(&credentials.password_env)?,
        });
    }
    let smtp = Smtp::new(config).map_err(|why| why.to_string())?;
    Ok(Arc::new(smtp))
}

/// Reads a secret from the environment.
pub(super) fn environment(name: &str) -> Option<String> {
    #[allow(clippy::disallowed_methods)] // cli is where the environment is read
    let value = std::env::var(name).ok();
    value.filter(|value| !value.is_empty())
}

/// A run's id: 32 random bits tell runs apart that write at the same time.
pub(super) fn new_run_id() -> RunId {
    let mut bytes = [0; 4];
    // The system's own: the library of TLS needs 50 ms to begin, and many a run needs no TLS. Without
    // randomness a fixed id still fails safely, as a conflict.
    let _ = getrandom::fill(&mut bytes);
    RunId(u32::from_be_bytes(bytes))
}

/// Which start of the machine this is, where the system tells: then a journal's unsynced end can be
/// trusted.
pub(super) fn boot_id() -> Option<String> {
    let id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    Some(id.trim().to_owned()).filter(|id| !id.is_empty())
}
