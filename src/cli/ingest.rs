//! `postmerge ingest`: takes in what came back.

use std::collections::BTreeMap;
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::ValueEnum;
use indicatif::ProgressBar;
use jiff::tz::TimeZone;
use serde_json::json;

use super::error::CliError;
use super::here::Here;
use super::ingest_explain::explain;
use super::send::{client_name, environment, new_run_id, transport};
use super::send_summary::doubted;
use super::start_error::cli_error;
use super::status::settings;
use super::terminal::Terminal;
use super::threads::threads;
use super::{Cli, workspace_folder};
use crate::bounce::answer::{AnswerDesk, Answers};
use crate::bounce::forward::{Desk, Forwarding};
use crate::bounce::ingest::{IngestError, Outside, Summary, ingest};
use crate::bounce::mailbox::{self, Mailbox, MailboxError, Maildir, Mbox, Single};
use crate::clock::SystemClock;
use crate::deliver::signers::signers;
use crate::diagnostic::printable;
use crate::mail::address::Address;
use crate::workspace::Workspace;
use crate::workspace::folder::Folder;
use crate::workspace::settings::{Replies, Settings, Then};
use crate::workspace::tree::Tree;

/// What `ingest` takes.
#[derive(Debug, clap::Args)]
#[command(
    long_about = "Takes in what came back: bounces, complaints, receipts, wishes to leave.\n\n\
        Reads the mailbox that postmerge.yaml names under `bounces.mailbox`, or the one given here, finds out whose \
        mail each message is about, and publishes it on the ledger; who does not exist, complained or left is not \
        mailed from then on. Only then are messages moved or flagged. A message that is read twice counts once. \
        Who asks for something by a mail with a token of ours is answered, at the address that the lists have, unless \
        `unsubscribe.confirm` is off. What else a person wrote stays where it is, and is listed, or is forwarded with \
        `bounces.replies: forward`.\n\n\
        With --explain it says what each message is, one JSON object a line, and stores nothing; that needs no workspace.",
    after_help = "Examples:\n  \
        postmerge ingest                             the mailbox of postmerge.yaml\n  \
        postmerge ingest --dry-run --format json     what would be noted down\n  \
        postmerge ingest --maildir ~/Maildir\n  \
        postmerge ingest --keep ~/Letters - < x.eml  behind a mail server's pipe\n  \
        postmerge ingest --if-configured             on a schedule that was there before the mailbox\n  \
        postmerge ingest --explain bounce.eml        what is this message?\n\n\
        Exit codes: 0 all taken in, 1 there are messages for a person to read, 2 could not run; with `-`, 75 in place \
        of 1 and 2, so that a mail server keeps the message and tries again, and 0 where --keep has it."
)]
pub struct Arguments {
    /// Say what each message is, and store nothing.
    #[arg(long)]
    pub explain: bool,

    /// Read this Maildir instead.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["explain", "mbox", "files"])]
    pub maildir: Option<PathBuf>,

    /// Read this mbox file instead.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["explain", "files"])]
    pub mbox: Option<PathBuf>,

    /// Put what is for a person into this Maildir, which is made where there is none: behind a pipe it has no place to stay in.
    #[arg(long, value_name = "DIR", requires = "files", conflicts_with_all = ["explain", "dry_run"])]
    pub keep: Option<PathBuf>,

    /// Where postmerge.yaml names no mailbox, look only at what relays refused, and exit with 0.
    #[arg(long, conflicts_with_all = ["explain", "maildir", "mbox", "files"])]
    pub if_configured: bool,

    /// Publish nothing, and leave the mailbox as it is.
    #[arg(long, conflicts_with = "explain")]
    pub dry_run: bool,

    /// How the outcome is printed.
    #[arg(long, value_enum, default_value_t = Format::Text, value_name = "FORMAT", conflicts_with = "explain")]
    pub format: Format,

    /// Messages, each in a file of its own; `-` is standard input.
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
}

/// How the outcome is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// Runs the command.
///
/// # Errors
/// [`CliError`] where a mailbox or the ledger cannot be read, or nothing says where mail comes back to.
pub fn run(
    cli: &Cli,
    arguments: &Arguments,
    terminal: &mut Terminal,
) -> Result<ExitCode, CliError> {
    if arguments.explain {
        explain(&arguments.files, terminal)?;
        return Ok(ExitCode::SUCCESS);
    }
    match (take_in(cli, arguments, terminal), is_piped(arguments)) {
        (Ok(true), _) => Ok(ExitCode::SUCCESS),
        (Ok(false), false) => Ok(ExitCode::from(1)),
        // Only so a mail server keeps what it could not get rid of here, and tells nobody.
        (Ok(false), true) => Ok(ExitCode::from(TRY_AGAIN)),
        (Err(error), true) => Err(error.code(TRY_AGAIN)),
        (Err(error), false) => Err(error),
    }
}

fn is_piped(arguments: &Arguments) -> bool {
    let mut files = arguments.files.iter();
    files.any(|path| path.as_os_str() == "-")
}

/// Whether there is no mailbox to be read, and that is well.
fn is_nowhere(arguments: &Arguments, settings: &Settings) -> bool {
    arguments.if_configured && settings.bounces.mailbox.is_none()
}

/// `EX_TEMPFAIL` of sysexits.h.
const TRY_AGAIN: u8 = 75;

/// Whether nothing is left for a person.
fn take_in(cli: &Cli, arguments: &Arguments, terminal: &mut Terminal) -> Result<bool, CliError> {
    let folder = workspace_folder::find(cli.workspace.as_deref())?;
    let given = settings(&folder)?;
    // A mailbox that is not to be had is said before anything is fetched.
    let mut place = place(arguments, &given, &folder)?;
    let folder_source = Folder::new(&folder);
    let Here {
        folder,
        mut opened,
        key,
        ..
    } = Here::at(folder, &given.ledger, false)?;
    let lists = Tree::at(&folder, opened.head).map_err(|why| CliError::new(why.to_string()))?;
    // Without a mailbox nobody asks or answers.
    let is_nowhere = is_nowhere(arguments, &given);
    let forwards = given.bounces.replies == Replies::Forward && !arguments.dry_run;
    let forwarding = match forwards && !is_nowhere {
        true => Some(forwarding(&opened.workspace, &folder_source)?),
        false => None,
    };
    let answering = match opened.workspace.settings.unsubscribe.confirm {
        true if !is_nowhere => Some(answering(&opened.workspace, &folder_source)),
        _ => None,
    };
    let runtime = threads()?;
    // Nobody watches a log: there, the outcome is enough.
    let watched = std::io::stderr().is_terminal();
    let bar = watched.then(ProgressBar::new_spinner);
    let outside = Outside {
        workspace: &opened.workspace,
        key: &key,
        run: new_run_id(),
        clock: &SystemClock,
        dry_run: arguments.dry_run,
        forwarding: forwarding.as_ref(),
        lists: &lists,
        answers: match &answering {
            None => Answers::Off,
            Some(Ok(desk)) => Answers::By(desk),
            Some(Err(why)) => Answers::Without(why),
        },
    };
    let ledger = &mut opened.ledger;
    let done = async {
        let told = |messages| {
            if let Some(bar) = &bar {
                bar.set_message(counted(messages, "message", "messages"));
                bar.tick();
            }
        };
        let summary = ingest(&outside, ledger, &mut *place, told).await;
        place.close().await;
        summary
    };
    let all = runtime.block_on(done).map_err(|why| refused(&why))?;
    if let Some(bar) = &bar {
        bar.finish_and_clear();
    }
    terminal.print(&match arguments.format {
        Format::Text if is_nowhere => without_mailbox(&all, arguments.dry_run),
        Format::Text => text(&all, arguments),
        Format::Json => json(&all),
    })?;
    // Whatever else is left has not been dealt with, and is to be handed in again.
    Ok(all.for_people.len() as u64 <= if is_piped(arguments) { all.kept } else { 0 })
}

/// Every sender's desk, with its secrets from the environment.
fn forwarding(workspace: &Workspace, source: &Folder) -> Result<Forwarding, CliError> {
    let settings = &workspace.settings;
    let address = |what: &str, text: &str| {
        Address::parse(text)
            .map_err(|why| CliError::new(format!("postmerge.yaml: {what}: {}", why.why)))
    };
    let zone =
        TimeZone::get(&settings.organisation.zone).map_err(|why| CliError::new(why.to_string()))?;
    let bounces = address("bounces.address", &settings.bounces.address)?;
    let mut own = vec![
        bounces.clone(),
        address("unsubscribe.address", &settings.unsubscribe.address)?,
    ];
    let mut senders = BTreeMap::new();
    for (name, sender) in &settings.senders {
        let relay = settings.relays.get(&sender.relay).ok_or_else(|| {
            CliError::new(format!(
                "postmerge.yaml: there is no relay `{}`",
                sender.relay
            ))
        })?;
        let from = address(&format!("senders.{name}.address"), &sender.address)?;
        let answers = sender.reply_to.as_ref().unwrap_or(&sender.address);
        let answers = address(&format!("senders.{name}.reply_to"), answers)?;
        own.extend([from.clone(), answers.clone()]);
        let desk = Desk {
            name: sender.name.clone(),
            address: from,
            answers,
            signers: signers(sender, &environment).map_err(|why| cli_error(&why))?,
            transport: transport(relay, source, &client_name(settings)).map_err(CliError::new)?,
        };
        senders.insert(name.to_string(), desk);
    }
    Ok(Forwarding {
        senders,
        bounces,
        own,
        zone,
    })
}

/// Who answers people who ask for something; why nobody can, where secrets are not in the environment.
fn answering(workspace: &Workspace, source: &Folder) -> Result<AnswerDesk, String> {
    let settings = &workspace.settings;
    let address = |text: &str| Address::parse(text).map_err(|why| why.to_string());
    let sender = settings.own_mail_sender()?;
    let relay = settings.relays.get(&sender.relay);
    let relay = relay.ok_or_else(|| format!("there is no relay `{}`", sender.relay))?;
    Ok(AnswerDesk {
        name: sender.name.clone(),
        address: address(&sender.address)?,
        bounces: address(&settings.bounces.address)?,
        mailbox: address(&settings.unsubscribe.address)?,
        zone: TimeZone::get(&settings.organisation.zone).map_err(|why| why.to_string())?,
        signers: signers(sender, &environment).map_err(|why| why.to_string())?,
        transport: transport(relay, source, &client_name(settings))?,
    })
}

/// The mailbox that is asked for.
fn place(
    arguments: &Arguments,
    settings: &Settings,
    folder: &Path,
) -> Result<Box<dyn Mailbox>, CliError> {
    let unread = |path: &Path, why: std::io::Error| {
        CliError::new(format!("{} cannot be read: {why}", path.display()))
    };
    if let Some(path) = &arguments.maildir {
        let maildir = Maildir::open(path, Then::Flag).map_err(|why| mailbox_error(&why))?;
        return Ok(Box::new(maildir));
    }
    if let Some(path) = &arguments.mbox {
        return Ok(Box::new(Mbox::at_rest(path)));
    }
    if !arguments.files.is_empty() {
        let mut single = Single::default();
        if let Some(folder) = &arguments.keep {
            single = single.keeping(folder).map_err(|why| mailbox_error(&why))?;
        }
        for path in &arguments.files {
            let read = match path.as_os_str() == "-" {
                true => single.add(std::io::stdin().lock()),
                false => std::fs::File::open(path).and_then(|file| single.add(file)),
            };
            read.map_err(|why| unread(path, why))?;
        }
        return Ok(Box::new(single));
    }
    if is_nowhere(arguments, settings) {
        return Ok(Box::new(Single::default()));
    }
    let Some(given) = &settings.bounces.mailbox else {
        return Err(CliError::new("no mailbox is configured that mail comes back to").hint(
            "name one in postmerge.yaml under `bounces.mailbox`, or give --maildir, --mbox or files; `postmerge ingest --explain FILE` says what a message is, without a mailbox",
        ));
    };
    let source = Folder::new(folder);
    let opened = mailbox::open(given, folder, &source, &environment, Arc::new(SystemClock));
    opened.map_err(|why| mailbox_error(&why))
}

fn refused(why: &IngestError) -> CliError {
    match why {
        IngestError::Mailbox(why) => mailbox_error(why),
        IngestError::Publish(_) => CliError::new(why.to_string()).hint(
            "the messages were left as they are: run it again once the ledger can be published",
        ),
        IngestError::Ledger(_)
        | IngestError::Address { .. }
        | IngestError::Forward(_)
        | IngestError::LookUp(_)
        | IngestError::Seal(_) => CliError::new(why.to_string()),
    }
}

fn mailbox_error(why: &MailboxError) -> CliError {
    let error = CliError::new(why.to_string());
    match why.may_pass() {
        true => error.hint("nothing is lost: run it again"),
        false => error,
    }
}

fn counted(count: u64, one: &str, many: &str) -> String {
    match count {
        1 => format!("1 {one}"),
        count => format!("{count} {many}"),
    }
}

/// The outcome where no mailbox was read, for people.
fn without_mailbox(summary: &Summary, dry_run: bool) -> String {
    let mut text = "No mailbox is configured: nothing that came back was read, neither bounces nor who leaves by mail.\n\
        Name it in postmerge.yaml under `bounces.mailbox`.\n"
        .to_owned();
    if summary.suppressed > 0 {
        let addresses = counted(summary.suppressed, "address is", "addresses are");
        text.push_str(&format!(
            "{addresses} not mailed any more: refused while sending.\n"
        ));
    }
    if dry_run {
        text.push_str("\nNothing was published.\n");
    }
    text
}

/// The outcome for people.
fn text(summary: &Summary, arguments: &Arguments) -> String {
    let mut lines = vec![counted(summary.messages, "message", "messages")];
    for (count, what) in [
        (summary.noted, "noted down"),
        (summary.known, "seen before"),
        (summary.passed, "automatic, nothing to note"),
        (summary.nobody, "about nobody on the ledger"),
        (
            summary.forged,
            "with a token that was not made here: not believed",
        ),
        (summary.forwarded, "from people, forwarded to the sender"),
        (summary.for_people.len() as u64, "for a person to read"),
    ] {
        if count > 0 {
            lines.push(format!("  {count:6} {what}"));
        }
    }
    if !summary.heard.is_empty() {
        lines.push("what was heard".to_owned());
        for (what, count) in &summary.heard {
            lines.push(format!("  {count:6} {what}"));
        }
    }
    if summary.suppressed > 0 {
        let addresses = counted(summary.suppressed, "address is", "addresses are");
        lines.push(format!("{addresses} not mailed any more"));
    }
    if summary.answered > 0 {
        let people = counted(summary.answered, "person was", "people were");
        lines.push(format!("{people} answered by mail"));
    }
    if !summary.unanswered.is_empty() {
        lines.push(
            "\nWarning: what these recipients asked for is noted down, and they were not told:"
                .to_owned(),
        );
        for it in &summary.unanswered {
            let who = it.address.clone().unwrap_or_else(|| it.who.to_string());
            lines.push(format!("  {who}: {}", printable(&it.why)));
        }
    }
    lines.extend(summary.doubted.iter().map(doubted));
    if summary.lifted_since > 0 {
        let reports = counted(summary.lifted_since, "report is", "reports are");
        lines.push(format!(
            "{reports} older than the lifting of the suppression: still mailed"
        ));
    }
    if !summary.for_people.is_empty() {
        let kept = arguments.keep.as_ref().filter(|_| summary.kept > 0);
        lines.push(match kept {
            Some(folder) => format!(
                "\nThese are for a person, and are kept in {}:",
                folder.display()
            ),
            None => "\nThese are for a person, and stay in the mailbox:".to_owned(),
        });
        for it in &summary.for_people {
            let from = it.from.as_deref().unwrap_or("?");
            let why = it.why.as_ref().map(|why| format!("; {}", printable(why)));
            let why = why.unwrap_or_default();
            lines.push(format!("  {from}: {} ({}{why})", it.subject, it.place));
        }
    }
    if arguments.dry_run {
        lines.push("\nNothing was published, and the mailbox is as it was.".to_owned());
    }
    lines.push(String::new());
    lines.join("\n")
}

/// Keys are added, never renamed or taken away, while `version` is 1.
fn json(summary: &Summary) -> String {
    let people = summary.for_people.iter();
    let people: Vec<_> = people
        .map(|it| json!({"place": it.place, "from": it.from, "subject": it.subject, "why": it.why}))
        .collect();
    let unanswered = summary.unanswered.iter();
    let unanswered: Vec<_> = unanswered
        .map(|it| json!({"recipient": it.who.to_string(), "address": it.address, "why": it.why}))
        .collect();
    let doubted = summary.doubted.iter();
    let doubted: Vec<_> = doubted
        .map(|it| json!({"occurrence": it.occurrence.to_string(), "count": it.count, "of": it.of, "words": it.words}))
        .collect();
    let all = json!({
        "version": 1,
        "messages": summary.messages,
        "noted": summary.noted,
        "known": summary.known,
        "passed": summary.passed,
        "nobody": summary.nobody,
        "forged": summary.forged,
        "heard": summary.heard,
        "suppressed": summary.suppressed,
        "lifted_since": summary.lifted_since,
        "forwarded": summary.forwarded,
        "answered": summary.answered,
        "unanswered": unanswered,
        "doubted": doubted,
        "for_people": people,
        "kept": summary.kept,
    });
    format!("{all}\n")
}
