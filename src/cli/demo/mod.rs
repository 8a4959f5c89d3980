//! `postmerge demo`: the whole job on embedded parts. What sends is `postmerge send`'s own code; only
//! the clock, the relay's address and the remote differ.

mod accounting;
mod folder;
mod inbox;
mod keys;
mod mails;
mod page;
mod proposals;
pub mod runner;
mod summary;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::error::CliError;
use super::terminal::Terminal;
use super::threads::threads;
use super::{Cli, workspace_folder};
use crate::clock::{Clock as _, SystemClock};
use crate::diagnostic::{Severity, human};
use crate::mail::recipient_id::RecipientKey;
use crate::schedule::window::Opening;
use crate::transport::inbox::{Inbox, InboxConfig, RunningInbox};
use crate::workspace::Workspace;
use crate::workspace::folder::Folder;
use crate::workspace::settings::Settings;
use inbox::Kept;
use proposals::Repositories;
use runner::Runner;

/// What `demo` takes.
#[derive(Debug, clap::Args)]
#[command(
    long_about = "Takes the workspace through the whole job on embedded parts: lint, merge, wait for the \
        window, send, kill the sender, resume, commit the results.\n\n\
        Mails go to an SMTP server on loopback that refuses, defers and drops some of them. Hours of \
        pace pass in seconds on a virtual clock. Nothing leaves this machine.",
    after_help = "Examples:\n  postmerge demo\n  postmerge demo --out /tmp/demo --seed 7\n\n\
        Exit codes: 0 nobody got a mail twice; 1 somebody did, or lint found errors; 2 could not run."
)]
pub struct Arguments {
    /// The folder that it leaves to look at; replaced where it is an earlier demo's.
    #[arg(long, value_name = "DIR", default_value = "postmerge-demo")]
    pub out: PathBuf,

    /// Which mailboxes refuse, and the organisation's secret, follow from it.
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    pub seed: u64,

    /// After how many mails the sending process is killed.
    #[arg(long, value_name = "MAILS", default_value_t = 60)]
    pub kill_after: u64,
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
    let from = workspace_folder::find(cli.workspace.as_deref())?;
    say(
        terminal,
        "A demo on this machine alone. Time is virtual: hours of pace pass in seconds.\n",
    )?;
    let report = crate::lint::run(
        &Folder::new(&from),
        &crate::lint::Request::at(SystemClock.now()),
    );
    step(
        terminal,
        "lint",
        "a pull request is checked before anybody reviews it",
    )?;
    if report
        .findings
        .iter()
        .any(|finding| finding.severity == Severity::Error)
    {
        say(
            terminal,
            &human::render(&report.findings, &report.files, terminal.is_coloured()),
        )?;
        return Ok(ExitCode::FAILURE);
    }
    say(terminal, &format!("  {} findings\n", report.findings.len()))?;
    let out = folder::prepare(&arguments.out)?;
    let runtime = threads()?;
    let stage = Stage::set(&from, out, arguments, terminal)?;
    runtime.block_on(async {
        tokio::select! {
            done = stage.play(terminal) => done,
            // The sending process ends where `play` is dropped.
            _ = tokio::signal::ctrl_c() => Err(CliError::new("interrupted").code(130)),
        }
    })
}

fn say(terminal: &mut Terminal, text: &str) -> Result<(), CliError> {
    terminal.print(text)?;
    terminal.flush()
}

fn step(terminal: &mut Terminal, name: &str, what: &str) -> Result<(), CliError> {
    let (bold, plain) = if terminal.is_coloured() {
        ("\x1b[1;36m", "\x1b[0m")
    } else {
        ("", "")
    };
    say(terminal, &format!("\n{bold}{name:<7}{plain} {what}\n"))
}

/// Everything that stands ready before the first mail.
struct Stage {
    out: PathBuf,
    settings: Settings,
    secrets: Vec<(String, String)>,
    key: RecipientKey,
    repositories: Repositories,
    openings: Vec<(Opening, Vec<String>)>,
    seed: u64,
    kill_after: u64,
}

/// The clock starts so long before a window.
const BEFORE: SignedDuration = SignedDuration::from_mins(0);

/// So long after the last mail the killed sender is started again.
const OUTAGE: SignedDuration = SignedDuration::from_mins(3);

impl Stage {
    fn set(
        from: &Path,
        out: PathBuf,
        arguments: &Arguments,
        terminal: &mut Terminal,
    ) -> Result<Self, CliError> {
        let repositories = Repositories {
            workspace: out.join("workspace"),
            remote: out.join("remote.git"),
        };
        folder::copy_workspace(from, &repositories.workspace)?;
        let source = Folder::new(&repositories.workspace);
        let workspace = Workspace::load(&source)
            .into_workspace()
            .map_err(|why| CliError::new(why.to_string()))?;
        let settings = workspace.settings;
        let mut campaigns: Vec<_> = workspace
            .campaigns
            .into_iter()
            .map(|(id, file)| (id, file.campaign))
            .collect();
        campaigns.sort_by_key(|(_, campaign)| campaign.send.date);
        let first = campaigns.first().map(|(_, campaign)| campaign.send.date);
        let first = first
            .and_then(|date| date.in_tz(&settings.organisation.zone).ok())
            .map(|at| at.timestamp())
            .ok_or_else(|| CliError::new("the workspace has no campaign to send"))?;
        let start = first
            .checked_sub(SignedDuration::from_hours(7 * 24))
            .unwrap_or(first);
        step(
            terminal,
            "merge",
            "each campaign is proposed on a branch; merging approves it",
        )?;
        repositories.fill(&settings, &campaigns, start)?;
        say(
            terminal,
            &format!(
                "  {} campaigns merged into `{}` and pushed to remote.git\n",
                campaigns.len(),
                settings.ledger.main
            ),
        )?;
        let openings = accounting::upcoming(&repositories.workspace, &settings.ledger, start)?;
        let secrets = keys::environment(&settings, arguments.seed)?;
        let key = RecipientKey::from_secret(keys::secret(arguments.seed).as_bytes())
            .map_err(|why| CliError::new(why.to_string()))?;
        Ok(Self {
            out,
            settings,
            secrets,
            key,
            repositories,
            openings,
            seed: arguments.seed,
            kill_after: arguments.kill_after,
        })
    }

    async fn play(&self, terminal: &mut Terminal) -> Result<ExitCode, CliError> {
        let failed =
            |why: std::io::Error| CliError::new(format!("the inbox could not be started: {why}"));
        let lists = self.repositories.workspace.join("lists");
        let (boxes, tempers) = inbox::mailboxes(&lists, self.seed).map_err(failed)?;
        let boxes = Arc::new(boxes);
        let kept = Arc::new(Kept::new(self.out.join("inbox"), self.kill_after));
        let config = InboxConfig::new(Arc::clone(&boxes), Arc::<Kept>::clone(&kept));
        let server = Inbox::start(config).await.map_err(failed)?;
        step(
            terminal,
            "window",
            "nothing leaves before the campaign's own hour; then at its pace",
        )?;
        say(
            terminal,
            &format!(
                "  an inbox on {} plays everybody's provider; of its mailboxes\n  {} refuse (550), {} defer first (450), {} hang up first, {} are full (452)\n",
                server.addr, tempers.unknown, tempers.greylisting, tempers.dropping, tempers.full
            ),
        )?;
        step(
            terminal,
            "send",
            "every window in turn: claim, push, SMTP, outcome, push",
        )?;
        let mut killed = false;
        for (number, (opening, ids)) in self.openings.iter().enumerate() {
            killed |= self
                .open_window(number + 1, opening, ids, &kept, &server, killed, terminal)
                .await?;
        }
        server.stop().await;
        self.close(&boxes, killed, terminal)
    }

    /// One window, in which the sender may be killed and started again; whether it was.
    #[allow(clippy::too_many_arguments)] // the parts of the stage, each used once
    async fn open_window(
        &self,
        number: usize,
        opening: &Opening,
        ids: &[String],
        kept: &Kept,
        server: &RunningInbox,
        killed: bool,
        terminal: &mut Terminal,
    ) -> Result<bool, CliError> {
        let zone = &self.settings.organisation.zone;
        let at = opening.from.in_tz(zone).map_or_else(
            |_| opening.from.to_string(),
            |at| at.strftime("%d %b %H:%M").to_string(),
        );
        let before = kept.count();
        let start = opening.from.checked_sub(BEFORE).unwrap_or(opening.from);
        let mut died = false;
        let mut runner = self.runner(&format!("{number:02}"), start, server)?;
        let status = tokio::select! {
            biased;
            () = kept.reached.notified(), if !killed => None,
            status = runner.ended() => Some(status?),
        };
        let status = match status {
            Some(status) => status,
            None => {
                runner.kill();
                died = true;
                let at_kill = kept.count();
                say(terminal, &format!("  {at}  {}\n", ids.join(", ")))?;
                step(
                    terminal,
                    "kill",
                    "SIGKILL to the sender, in the middle of its work",
                )?;
                say(terminal, &format!("  {at_kill} mails had arrived\n"))?;
                step(
                    terminal,
                    "resume",
                    "a new sender reads the ledger and the dead one's journal",
                )?;
                let again = kept.latest().checked_add(OUTAGE).unwrap_or(opening.from);
                runner = self.runner(&format!("{number:02}-resumed"), again, server)?;
                runner.ended().await?
            }
        };
        if status.code().is_none_or(|code| code > 1) {
            return Err(
                CliError::new(format!("the sender of {at} could not do its work"))
                    .hint(format!("see {}", self.out.join("runs").display())),
            );
        }
        let came = kept.count() - before;
        say(
            terminal,
            &format!("  {at}  {came:>5} mails  {}\n", ids.join(", ")),
        )?;
        Ok(died)
    }

    fn runner(
        &self,
        name: &str,
        clock: Timestamp,
        server: &RunningInbox,
    ) -> Result<Runner, CliError> {
        let log = self.out.join("runs").join(format!("{name}.txt"));
        Runner::start(
            &self.repositories.workspace,
            &log,
            clock,
            server.addr,
            &self.secrets,
        )
    }

    /// Counts, shows, and leaves the folder.
    fn close(
        &self,
        boxes: &crate::transport::mailboxes::Mailboxes,
        killed: bool,
        terminal: &mut Terminal,
    ) -> Result<ExitCode, CliError> {
        let failed = |why: std::io::Error| CliError::new(format!("{}: {why}", self.out.display()));
        let accounts = accounting::accounts(
            &self.repositories.workspace,
            &self.settings.ledger,
            &self.openings,
            &self.key,
        )?;
        let base = self
            .settings
            .publish
            .as_ref()
            .map(|publish| publish.url.as_str());
        if let Some(base) = base {
            mails::publish(&self.out, &self.repositories.workspace, base, &self.key)
                .map_err(failed)?;
        }
        let mut arrived = mails::sort(&self.out, &accounts, base).map_err(failed)?;
        arrived.duplicates = arrived.duplicates.max(boxes.taken_twice().len() as u64);
        let branch = &self.settings.ledger.branch;
        for account in &accounts {
            let path = format!("campaigns/{}/RESULT.md", account.id);
            if let Ok(text) = self.repositories.text(branch, &path) {
                let name = account.id.replace(['/', '@'], "-");
                fs::write(self.out.join("results").join(format!("{name}.md")), text)
                    .map_err(failed)?;
            }
        }
        let (commits, log) = self.repositories.log(branch, 12)?;
        let page = page::page(&self.settings.organisation.name, &accounts, &arrived, &log);
        fs::write(self.out.join("index.html"), page).map_err(failed)?;
        step(
            terminal,
            "result",
            "what became of every mail, committed beside the campaigns",
        )?;
        say(
            terminal,
            &summary::text(
                &accounts, &arrived, killed, commits, &log, branch, &self.out,
            ),
        )?;
        Ok(ExitCode::from(u8::from(arrived.duplicates > 0)))
    }
}
