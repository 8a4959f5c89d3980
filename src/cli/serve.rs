//! `postmerge serve`: the service that recipients reach.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;

use super::error::CliError;
use super::send::{client_name, environment, new_run_id, transport};
use super::start_error::cli_error;
use super::terminal::Terminal;
use super::threads::threads;
use super::{Cli, age_keys, signals, workspace_folder};
use crate::clock::{BoxFuture, SystemClock};
use crate::deliver::StartError;
use crate::deliver::opened;
use crate::deliver::organisation_key::organisation_key;
use crate::deliver::signers::signers;
use crate::git::{CommitId, RemoteError, Repository};
use crate::ledger::branch::{Ledger, LedgerError};
use crate::plan::PlanError;
use crate::portal::{
    Branches, Desk, FetchError, GroundError, Outside, PATIENCE, Portal, Post, RoundError,
};
use crate::workspace::Workspace;
use crate::workspace::length::Length;
use crate::workspace::settings::{LedgerSettings, Sender, Settings};
use crate::workspace::source::SourceError;
use crate::workspace::tree::Tree;

/// What `serve` takes.
#[derive(Debug, clap::Args)]
#[command(
    long_about = "Runs the service that recipients reach: leaving with one click, preferences, joining, confirming; mails as pages, \
        documents, opens and clicks.\n\n\
        Listens without TLS for a reverse proxy that has the address `portal.url` of postmerge.yaml. What is asked for is put down \
        on stable storage before anybody is answered, and carried to the ledger every --every; a list shows it at once. \
        Whoever stops it (SIGTERM, Ctrl-C) loses nothing: requests under way are answered, and what waits is published.",
    after_help = "Examples:\n  \
        postmerge serve                                      on 127.0.0.1:8025\n  \
        postmerge serve --listen 0.0.0.0:8025 --every 30s\n  \
        curl -s 127.0.0.1:8025/healthz                       ok, or what is wrong\n  \
        curl -s 127.0.0.1:8025/metrics                       for Prometheus\n\n\
        Exit codes: 0 stopped, everything published; 1 stopped, something waits in the spool; 2 could not run."
)]
pub struct Arguments {
    /// Where to listen.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8025")]
    pub listen: SocketAddr,

    /// How often what was asked for is carried to the ledger, and both branches are fetched.
    #[arg(long, value_name = "LENGTH", default_value = "30s", value_parser = length)]
    pub every: Duration,

    /// Where what is not published yet is kept; below `.git/postmerge` where absent. On a disk of its own it must be one
    /// that outlives the machine's restart.
    #[arg(long, value_name = "DIR")]
    pub spool: Option<PathBuf>,

    /// Also hands out what `postmerge publish --output DIR` laid out, where `publish.url` is the portal's address. A new folder may
    /// take its place while it runs.
    #[arg(long, value_name = "DIR")]
    pub files: Option<PathBuf>,
}

fn length(text: &str) -> Result<Duration, String> {
    let Length(length) = Length::parse(text)?;
    match length.as_secs() {
        1..=3_600 => Ok(length),
        _ => Err("between 1s and 1h".to_owned()),
    }
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
    if settings.portal.is_none() {
        return Err(CliError::new("postmerge.yaml has no `portal`")
            .hint("mails must know where it is: add `portal: {url: https://…}`"));
    }
    let repository = Repository::open(&folder).map_err(|why| cli_error(&why.into()))?;
    let spool = match &arguments.spool {
        Some(path) => path.clone(),
        None => repository.common_dir().join("postmerge/portal"),
    };
    let outside = Outside {
        key: Box::new(|settings| {
            organisation_key(&environment, settings).map_err(|why| why.to_string())
        }),
        keys: age_keys::keys()?,
        clock: Arc::new(SystemClock),
        run: new_run_id(),
        patience: PATIENCE,
        post: Some(Arc::new(Relays {
            folder: folder.clone(),
        })),
        files: arguments.files.clone(),
        log: Some(Arc::new(Terminal::log)),
    };
    let runtime = threads()?;
    let branches = Arc::new(Remote {
        folder: folder.clone(),
        settings: settings.ledger,
        repository,
    });
    let portal = Portal::open(&folder, &spool, outside, branches).map_err(|why| failed(&why))?;
    runtime.block_on(async {
        let listener = TcpListener::bind(arguments.listen).await;
        let listener = listener.map_err(|why| {
            CliError::new(format!("{}: {why}", arguments.listen))
                .hint("another program may listen there; --listen names another place")
        })?;
        let here = listener.local_addr().unwrap_or(arguments.listen);
        let (ask, stop) = watch::channel(false);
        // Before it is said that it runs: whoever reads that may stop it.
        tokio::spawn(signals::listen(ask));
        terminal.print(&format!("http://{here}/ (Ctrl-C stops it)\n"))?;
        terminal.flush()?;
        match portal.run(listener, arguments.every, stop).await {
            Ok(()) => Ok(ExitCode::SUCCESS),
            Err(why) => {
                terminal.complain(&failed(&why).hint(
                    "what was asked for is in the spool; the next `postmerge serve` publishes it",
                ));
                Ok(ExitCode::from(1))
            }
        }
    })
}

/// The settings of the folder; where they cannot be read, the last that a portal of this clone could.
fn settings(folder: &Path) -> Result<Settings, CliError> {
    super::status::settings(folder).or_else(|why| {
        let older = Portal::last_good(folder).and_then(|commit| Tree::at(folder, commit).ok());
        let older = older.and_then(|tree| Workspace::load_settings(&tree).ok());
        older.ok_or(why)
    })
}

fn failed(why: &RoundError) -> CliError {
    let error = CliError::new(why.to_string());
    match why {
        RoundError::Fetch(FetchError::Away(_)) => error.hint(
            "nothing was fetched here before that it could start from; start it again when the remote can be reached",
        ),
        RoundError::Ground(GroundError::Plan(PlanError::Source(SourceError::Encrypted {
            why,
            ..
        }))) => error.hint(age_keys::encrypted_hint(why)),
        RoundError::Ground(_) => {
            error.hint("`postmerge lint` shows where; mend it on the main branch")
        }
        RoundError::Key(_) => error.hint(
            "set the variables that `key` in postmerge.yaml names, to the secrets that mails are sent with",
        ),
        _ => error,
    }
}

/// The branches on the remote.
struct Remote {
    folder: PathBuf,
    settings: LedgerSettings,
    repository: Repository,
}

fn fetch_error(why: &StartError) -> FetchError {
    let text = why.to_string();
    match why {
        StartError::Remote(RemoteError::Git(_))
        | StartError::Ledger(LedgerError::Remote(RemoteError::Git(_))) => FetchError::Wrong(text),
        // Away, or it lets nobody in: what was fetched last is as good as it was.
        StartError::Remote(_) | StartError::Ledger(LedgerError::Remote(_)) => {
            FetchError::Away(text)
        }
        _ => FetchError::Wrong(text),
    }
}

impl Branches for Remote {
    fn ledger(&self) -> Result<Ledger, FetchError> {
        let ledger = opened::ledger(&self.folder, &self.settings);
        let mut ledger = ledger.map_err(|why| fetch_error(&why))?;
        ledger.fetch().map_err(|why| fetch_error(&why.into()))?;
        Ok(ledger)
    }

    fn head(&self) -> Result<CommitId, FetchError> {
        let head = opened::fetch_main(&self.repository, &self.settings);
        head.map_err(|why| fetch_error(&why))
    }

    fn kept(&self) -> Option<(Ledger, CommitId)> {
        let head = opened::fetched_main(&self.repository).ok()?;
        let ledger = opened::ledger(&self.folder, &self.settings).ok()?;
        Some((ledger, head))
    }
}

/// The relays of postmerge.yaml.
struct Relays {
    folder: PathBuf,
}

impl Post for Relays {
    fn desk<'a>(
        &'a self,
        head: CommitId,
        settings: &'a Settings,
        sender: &'a Sender,
    ) -> BoxFuture<'a, Result<Desk, String>> {
        Box::pin(async move { desk(&self.folder, head, settings, sender) })
    }
}

fn desk(
    folder: &Path,
    head: CommitId,
    settings: &Settings,
    sender: &Sender,
) -> Result<Desk, String> {
    let relay = settings.relays.get(&sender.relay);
    let relay = relay.ok_or_else(|| format!("there is no relay `{}`", sender.relay))?;
    let tree = Tree::at(folder, head).map_err(|why| why.to_string())?;
    let signers = signers(sender, &environment).map_err(|why| cli_error(&why).to_string())?;
    Ok(Desk {
        transport: transport(relay, &tree, &client_name(settings))?,
        signers,
    })
}
