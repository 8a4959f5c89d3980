//! `postmerge lists notify`: a notice to each owner of what bounced and of who never signed up, and a text for GitHub.

use std::process::ExitCode;

use super::{Cli, CliError, Here, Terminal, failed};
use crate::cli::send::{client_name, environment, new_run_id, transport};
use crate::cli::start_error::cli_error;
use crate::cli::threads::threads;
use crate::deliver::signers::signers;
use crate::diagnostic::counted;
use crate::hygiene::gather::Gathered;
use crate::hygiene::markdown::markdown;
use crate::hygiene::notify::{Sent, owners_notices, send, sender};
use crate::hygiene::owners_notice::{Letterhead, OwnersNotice};
use crate::mail::address::Address;
use crate::workspace::tree::Tree;

/// What `lists notify` takes.
#[derive(Debug, clap::Args)]
#[command(
    long_about = "Tells each list's owner, in one mail, of the addresses that take no mail: what bounced, why, until when it can be \
        corrected, and how; and of people who say that they never signed up. The mail goes through the relay of the sender that `policy.hygiene.sender` names (the first one, where \
        absent) to the owner's `email` among `people`; an owner who is not there, or whose address the relay refuses, is stood in \
        for by the administrator. Where nobody can be told, the days count from the first try.\n\n\
        What an owner was told is remembered on the ledger's branch, and not told again. A crash between sending and \
        remembering repeats that one mail.",
    after_help = "Examples:\n  \
        postmerge lists notify --dry-run             what would be told, to whom\n  \
        postmerge lists notify                       tell them\n  \
        postmerge lists notify --github notice.md    and write a text for an issue, addresses masked\n\n\
        Exit codes: 0 all are told, or nobody was to be; 1 a mail was not taken; 2 could not run."
)]
pub(super) struct Arguments {
    /// Say what would be told; send and publish nothing.
    #[arg(long)]
    pub dry_run: bool,

    /// Write all open cases as Markdown for an issue or a comment into this file (`-`: print them, and
    /// everything else on standard error).
    #[arg(long, value_name = "FILE")]
    pub github: Option<String>,

    /// In that text, show addresses in full.
    #[arg(long, requires = "github")]
    pub with_addresses: bool,
}

/// Runs the command.
pub(super) fn run(
    cli: &Cli,
    arguments: &Arguments,
    terminal: &mut Terminal,
) -> Result<ExitCode, CliError> {
    let mut here = Here::open(cli, false)?;
    let gathered = here.gather()?;
    let notices = owners_notices(&gathered, &here.opened.workspace, here.now).map_err(failed)?;
    let (said, code) = match (arguments.dry_run, notices.is_empty()) {
        (_, true) => (
            "No owner is to be told of anything.\n".to_owned(),
            ExitCode::SUCCESS,
        ),
        (true, _) => {
            let mails = notices.iter().map(|notice| shown(notice, &gathered));
            (mails.collect(), ExitCode::SUCCESS)
        }
        (false, _) => tell(&mut here, &gathered, &notices)?,
    };
    match arguments.github.as_deref() {
        // Whoever pipes the Markdown on gets nothing but that.
        Some("-") => terminal.aside(&said),
        _ => terminal.print(&said)?,
    }
    if let Some(file) = &arguments.github {
        // As it stands now: who was told a moment ago has days left.
        let gathered = here.gather()?;
        let workspace = &here.opened.workspace;
        let text = markdown(
            &gathered.cases,
            workspace,
            &gathered.calendar,
            arguments.with_addresses,
        );
        match file.as_str() {
            "-" => terminal.print(&text)?,
            path => {
                std::fs::write(path, text).map_err(|why| CliError::new(format!("{path}: {why}")))?
            }
        }
    }
    Ok(code)
}

fn tell(
    here: &mut Here,
    gathered: &Gathered,
    notices: &[OwnersNotice],
) -> Result<(String, ExitCode), CliError> {
    let settings = here.opened.workspace.settings.clone();
    let sender = sender(&settings).map_err(failed)?;
    let parse = |what: &str, text: &str| {
        Address::parse(text)
            .map_err(|why| CliError::new(format!("postmerge.yaml: {what}: {}", why.why)))
    };
    let address = parse("the sender's address", &sender.address)?;
    let bounces = parse("bounces.address", &settings.bounces.address)?;
    let relay = settings.relays.get(&sender.relay).ok_or_else(|| {
        CliError::new(format!(
            "postmerge.yaml: there is no relay `{}`",
            sender.relay
        ))
    })?;
    let tree = Tree::at(&here.folder, here.opened.head).map_err(|why| failed(why.into()))?;
    let transport = transport(relay, &tree, &client_name(&settings)).map_err(CliError::new)?;
    let signers = signers(sender, &environment).map_err(|why| cli_error(&why))?;
    let from = Letterhead {
        name: &sender.name,
        address: &address,
        bounces: &bounces,
        signers: &signers,
        zone: gathered.calendar.zone(),
        key: &here.key,
    };
    let now = (new_run_id(), here.now);
    let ledger = &mut here.opened.ledger;
    let sent = threads()?
        .block_on(send(notices, &from, transport.as_ref(), ledger, now))
        .map_err(failed)?;
    let refused = sent.iter().any(|it| it.outcome.is_err());
    let said = sent.iter().map(line).collect();
    Ok((said, ExitCode::from(u8::from(refused))))
}

fn line(sent: &Sent) -> String {
    let mut of = Vec::new();
    if sent.cases > 0 {
        of.push(counted(sent.cases, "address", "addresses"));
    }
    if sent.disowned > 0 {
        let people = counted(sent.disowned, "person", "people");
        of.push(format!("{people} who never signed up"));
    }
    let mut who = sent.owner.to_string();
    if let Some(owner) = &sent.instead_of {
        who.push_str(&format!(", in the place of {owner}"));
    }
    match &sent.outcome {
        Ok(reply) => format!("  {who}: told of {}: {reply}\n", of.join(", ")),
        Err(why) => format!("  {who}: not told: {why}\n"),
    }
}

/// Whoever tries it out sees the mail; the addresses are the owner's.
fn shown(notice: &OwnersNotice, gathered: &Gathered) -> String {
    format!(
        "To: {} <{}>\nSubject: {}\n\n{}\n",
        notice.owner.name,
        notice.owner.to.as_str(),
        notice.subject(),
        notice.text(gathered.calendar.zone())
    )
}
