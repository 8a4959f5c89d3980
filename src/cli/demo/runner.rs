//! The sending process: this same binary again, with a virtual clock and the inbox as its relay.
//! A process of its own, so that the demo can really kill it.

use std::fs::File;
use std::io::Read as _;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, ExitCode, ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::proposals::GIT;
use crate::cli::Cli;
use crate::cli::error::CliError;
use crate::cli::send::{self, Surroundings};
use crate::cli::terminal::Terminal;
use crate::clock::VirtualClock;
use crate::workspace::encryption::Keys;

/// What the hidden command takes.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Where the virtual clock starts.
    #[arg(long)]
    pub clock: Timestamp,
    /// Where the inbox listens.
    #[arg(long)]
    pub relay: SocketAddr,
}

/// `postmerge send`, in the demo's surroundings.
///
/// # Errors
/// [`CliError`].
pub fn run(
    cli: &Cli,
    arguments: &Arguments,
    terminal: &mut Terminal,
) -> Result<ExitCode, CliError> {
    std::thread::spawn(|| {
        // The demo holds the other end: it closes when the demo ends, however it ends.
        let _ = std::io::stdin().read(&mut [0]);
        #[allow(clippy::disallowed_methods)] // a sender without its demo has nobody to send to
        std::process::exit(130);
    });
    let surroundings = Surroundings {
        clock: Arc::new(VirtualClock::new(arguments.clock)),
        relay: Some(arguments.relay),
        keys: Keys::default(),
    };
    let sending = send::Arguments {
        campaign: None,
        now: false,
        dry_run: false,
        until: None,
    };
    send::run_in(cli, &sending, &surroundings, terminal)
}

/// A sending process. It is killed where this is dropped.
pub(super) struct Runner(Child);

/// How often it is asked whether it has ended.
const ASK: Duration = Duration::from_millis(10);

impl Runner {
    pub(super) fn start(
        workspace: &Path,
        log: &Path,
        clock: Timestamp,
        relay: SocketAddr,
        secrets: &[(String, String)],
    ) -> Result<Self, CliError> {
        let failed = |why: std::io::Error| {
            CliError::new(format!("the sending process could not be started: {why}"))
        };
        let out = File::create(log).map_err(failed)?;
        let errors = out.try_clone().map_err(failed)?;
        let program = std::env::current_exe().map_err(failed)?;
        let child = Command::new(program)
            .arg("-C")
            .arg(workspace)
            .args([
                "--colour",
                "never",
                "demo-runner",
                "--clock",
                &clock.to_string(),
            ])
            .args(["--relay", &relay.to_string()])
            .envs(GIT)
            .envs(secrets.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            .stdout(out)
            .stderr(errors)
            .spawn()
            .map_err(failed)?;
        Ok(Self(child))
    }

    /// Waits for its end.
    pub(super) async fn ended(&mut self) -> Result<ExitStatus, CliError> {
        let mut ticks = tokio::time::interval(ASK);
        loop {
            ticks.tick().await;
            match self.0.try_wait() {
                Ok(Some(status)) => return Ok(status),
                Ok(None) => {}
                Err(why) => {
                    return Err(CliError::new(format!(
                        "the sending process was lost: {why}"
                    )));
                }
            }
        }
    }

    /// SIGKILL, and the end.
    pub(super) fn kill(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Drop for Runner {
    fn drop(&mut self) {
        self.kill();
    }
}
