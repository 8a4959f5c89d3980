//! `postmerge history`: what became of mails, asked from either side.

use std::collections::HashSet;
use std::path::Path;
use std::process::ExitCode;

use clap::{ArgGroup, ValueEnum};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::Value;

use super::error::CliError;
use super::history_lines;
use super::member_ids::{addresses, of_list};
use super::send::environment;
use super::start_error::cli_error;
use super::status::settings;
use super::terminal::Terminal;
use super::{Cli, campaign_name, ledger_here, workspace_folder};
use crate::clock::{Clock as _, SystemClock};
use crate::deliver::StartError;
use crate::deliver::opened;
use crate::deliver::organisation_key::organisation_key;
use crate::diagnostic::counted;
use crate::git::ObjectId;
use crate::ledger::branch::{Ledger, LedgerError};
use crate::ledger::index::{Index, IndexError, Mentions, scan};
use crate::ledger::person::{Person, person};
use crate::mail::address::Address;
use crate::mail::digest::Digest;
use crate::mail::occurrence::{CampaignId, OccurrenceId};
use crate::mail::recipient_id::{RecipientId, RecipientKey};
use crate::plan::own_documents::{Sought, find};
use crate::report::history::lines::Whose;
use crate::report::history::{Addresses, json, table, text};
use crate::workspace::names::ListName;
use crate::workspace::settings::Settings;

/// What `history` takes.
#[derive(Debug, clap::Args)]
#[command(
    group = ArgGroup::new("question").required(true),
    long_about = "Says what became of mails, as the ledger has it, from either side: what did this person get, and who got \
        this?\n\n\
        --recipient tells every mail to a person with its whole life: when it was selected and from which commit, which run \
        claimed it, each \"not now\", the relay's last words and its queue id, what came back later, and why they are \
        suppressed. The others tell a line for each recipient.\n\n\
        A 250 is `accepted`: whether the mail arrived is known only where a later report says so.\n\n\
        The ledger knows recipients by a keyed hash. So an address can be asked for only with the key, in the environment \
        variable that postmerge.yaml names under `key.env`; and addresses are shown only with --with-addresses, where the \
        lists in this checkout have them.\n\n\
        The first question builds an index below .git, which goes on with the ledger and may be deleted at any time.",
    after_help = "Examples:\n  \
        postmerge history --recipient ana@example.com            what did Ana get, and what became of it?\n  \
        postmerge history --recipient ana@example.com --since 2026-01-01\n  \
        postmerge history --campaign boletin                     everybody, of every sending\n  \
        postmerge history --campaign boletin@2026-Q4 --format csv --with-addresses > boletin.csv\n  \
        postmerge history --document campaigns/2026/rueda-agro/programa.pdf\n                                                           \
        who got this file?\n  \
        postmerge history --list exportadores                    what became of mails to this list's members?\n\n\
        Exit codes: 0 something was found; 1 the ledger has nothing about it; 2 could not run."
)]
pub struct Arguments {
    /// What did this person get? An address, or an id as the ledger has it.
    #[arg(long, value_name = "ADDRESS", group = "question")]
    pub recipient: Option<String>,

    /// What became of this campaign, or of one sending of it (`id@label`)?
    #[arg(long, value_name = "ID", group = "question")]
    pub campaign: Option<String>,

    /// Who got this document? A file, or its SHA-256 in 64 hexadecimal digits.
    #[arg(long, value_name = "FILE", group = "question")]
    pub document: Option<String>,

    /// What became of mails to the members that this list has in the checkout?
    #[arg(long, value_name = "NAME", group = "question")]
    pub list: Option<String>,

    /// Only mails that something happened to on this day (YYYY-MM-DD) or later.
    #[arg(long, value_name = "DATE")]
    pub since: Option<Date>,

    /// How it is shown.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,

    /// Shows addresses in place of ids, where the checkout's lists have them. Needs the key.
    #[arg(long)]
    pub with_addresses: bool,

    /// Reads what was fetched last, and asks no remote.
    #[arg(long)]
    pub offline: bool,
}

/// How it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    Text,
    /// One JSON document (docs/history.md).
    Json,
    /// A table for spreadsheets.
    Csv,
}

/// Everything that an answer is made of.
pub(super) struct Asked<'a> {
    pub(super) ledger: Ledger,
    pub(super) format: Format,
    pub(super) zone: TimeZone,
    pub(super) since: Option<Timestamp>,
    pub(super) now: Timestamp,
    pub(super) addresses: Addresses,
    /// What was asked, by name and in its own words.
    pub(super) question: (&'static str, &'a str),
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
    let zone = TimeZone::get(&settings.organisation.zone).unwrap_or(TimeZone::UTC);
    let since = match arguments.since {
        Some(date) => {
            let start = date.to_zoned(zone.clone());
            let start = start.map_err(|why| CliError::new(format!("--since {date}: {why}")))?;
            Some(start.timestamp())
        }
        None => None,
    };
    // What is asked is understood before anything is fetched.
    let (question, wanted) = wanted(arguments, &folder)?;
    let needs_key =
        arguments.with_addresses || matches!(wanted, Wanted::Address(_) | Wanted::List(_));
    let key = match needs_key {
        true => Some(organisation_key(&environment, &settings).map_err(|why| cli_error(&why))?),
        false => None,
    };
    let ledger = ledger(&folder, &settings, arguments.offline, key.as_ref())?;
    let addresses = match key.as_ref().filter(|_| arguments.with_addresses) {
        Some(key) => addresses(&folder, key, terminal)?,
        None => Addresses::new(),
    };
    let asked = Asked {
        ledger,
        format: arguments.format,
        zone,
        since,
        now: SystemClock.now(),
        addresses,
        question,
    };
    let whose = match (wanted, &key) {
        (Wanted::Address(address), Some(key)) => {
            let shown = match arguments.with_addresses {
                true => address.as_str().to_owned(),
                false => address.masked(),
            };
            return one(&asked, &key.id(&address), Some(&shown), terminal);
        }
        (Wanted::Id(id), _) => {
            let address = asked.addresses.get(&id).cloned();
            return one(&asked, &id, address.as_deref(), terminal);
        }
        (Wanted::List(name), Some(key)) => Whose::These(of_list(&folder, key, &name, terminal)?),
        (Wanted::Document(sought), _) => {
            Whose::Document(document_digests(&folder, &asked.ledger, &sought, terminal)?)
        }
        (Wanted::Campaign(which), _) => {
            return history_lines::show(&asked, Whose::All, &|id| which.takes(id), terminal);
        }
        // A key was asked for above.
        (Wanted::Address(_) | Wanted::List(_), None) => {
            return Err(CliError::new("there is no key"));
        }
    };
    history_lines::show(&asked, whose, &|_| true, terminal)
}

enum Wanted {
    Address(Address),
    Id(RecipientId),
    Campaign(Which),
    Document(Sought),
    List(ListName),
}

enum Which {
    All(CampaignId),
    One(OccurrenceId),
}

impl Which {
    fn takes(&self, id: &OccurrenceId) -> bool {
        match self {
            Self::All(campaign) => id.campaign() == campaign,
            Self::One(only) => id == only,
        }
    }
}

fn wanted<'a>(
    arguments: &'a Arguments,
    folder: &Path,
) -> Result<((&'static str, &'a str), Wanted), CliError> {
    let wrong = |why: &dyn std::fmt::Display| CliError::new(why.to_string());
    if let Some(text) = &arguments.recipient {
        let wanted = match RecipientId::parse(text) {
            Some(id) => Wanted::Id(id),
            None => Wanted::Address(Address::parse(text).map_err(|why| wrong(&why))?),
        };
        // An address is repeated masked only.
        return Ok((("recipient", ""), wanted));
    }
    if let Some(text) = &arguments.campaign {
        let which = match text.contains('@') {
            true => Which::One(
                campaign_name::bare(text)
                    .parse()
                    .map_err(|why| wrong(&why))?,
            ),
            false => Which::All(campaign_name::parse(text)?),
        };
        return Ok((("campaign", text), Wanted::Campaign(which)));
    }
    if let Some(text) = &arguments.document {
        return Ok((
            ("document", text),
            Wanted::Document(document(text, folder)?),
        ));
    }
    let text = arguments.list.as_deref().unwrap_or_default();
    Ok((("list", text), Wanted::List(ListName::new(text))))
}

/// By which digests the ledger may know a document; what cannot be told is warned of.
fn document_digests(
    folder: &Path,
    ledger: &Ledger,
    sought: &Sought,
    terminal: &mut Terminal,
) -> Result<HashSet<Digest>, CliError> {
    let found = find(folder, ledger, sought).map_err(unreadable)?;
    if let Some((id, why)) = found.unreadable.first() {
        let sendings = counted(found.unreadable.len(), "sending", "sendings");
        let error = CliError::new(format!(
            "{sendings} cannot be looked into for documents of which a recipient has several, {id} among them: {why}"
        ));
        terminal.warn(&error.hint("a shallow clone has not every commit: `git fetch --unshallow`"));
    }
    Ok(found.digests)
}

/// What is sought: the file is looked for from here, then from the workspace's folder.
fn document(text: &str, folder: &Path) -> Result<Sought, CliError> {
    if let Ok(digest) = Digest::parse(text) {
        return Ok(Sought { digest, blob: None });
    }
    let places = [Path::new(text).to_owned(), folder.join(text)];
    let Some(path) = places.iter().find(|path| path.is_file()) else {
        return Err(CliError::new(format!("there is no file {text}")).hint(
            "of a file that is gone or was changed since, give the SHA-256 that it had: `git show COMMIT:PATH | sha256sum`",
        ));
    };
    let bytes =
        std::fs::read(path).map_err(|why| CliError::new(format!("{}: {why}", path.display())))?;
    Ok(Sought {
        digest: Digest::of(&bytes),
        blob: ObjectId::of_file(&bytes),
    })
}

fn ledger(
    folder: &Path,
    settings: &Settings,
    offline: bool,
    key: Option<&RecipientKey>,
) -> Result<Ledger, CliError> {
    let mut ledger = match offline {
        true => ledger_here::open(folder, &settings.ledger)?.ok_or_else(|| {
            CliError::new("the ledger was never fetched here")
                .hint("run it once without --offline: that fetches")
        })?,
        false => {
            let mut ledger =
                opened::ledger(folder, &settings.ledger).map_err(|why| cli_error(&why))?;
            ledger.fetch().map_err(unreadable)?;
            ledger
        }
    };
    if let Some(key) = key {
        ledger.use_key(key.fingerprint()).map_err(unreadable)?;
    }
    Ok(ledger)
}

pub(super) fn unreadable(why: LedgerError) -> CliError {
    cli_error(&StartError::from(why))
}

/// A person's history.
fn one(
    asked: &Asked<'_>,
    who: &RecipientId,
    name: Option<&str>,
    terminal: &mut Terminal,
) -> Result<ExitCode, CliError> {
    let mentions = mentions(&asked.ledger, who, terminal)?;
    let mut found = person(&asked.ledger, who, &mentions).map_err(unreadable)?;
    if let Some(since) = asked.since {
        found.since(since);
    }
    terminal.print(&match asked.format {
        Format::Text if found.is_empty() => nothing(asked, name.unwrap_or("this recipient")),
        Format::Text => text::person(&found, name.unwrap_or("a recipient"), &asked.zone),
        Format::Json => {
            let (kind, _) = asked.question;
            as_json(&asked.ledger, asked.now, kind, &found, name)
        }
        Format::Csv => table::person(&found, name),
    })?;
    Ok(ExitCode::from(u8::from(found.is_empty())))
}

/// What is said where nothing was found.
pub(super) fn nothing(asked: &Asked<'_>, about: &str) -> String {
    match (asked.ledger.head(), asked.since) {
        (None, _) => "There is no ledger yet: nothing was sent.\n".to_owned(),
        (_, Some(_)) => format!("The ledger has nothing about {about} since then.\n"),
        (_, None) => format!("The ledger has nothing about {about}.\n"),
    }
}

/// The commit that was read.
pub(super) fn head(ledger: &Ledger) -> String {
    ledger.head().map(|it| it.to_string()).unwrap_or_default()
}

/// All that the ledger says of a person, as `history --format json` writes it.
pub(super) fn person_json_of(
    ledger: &Ledger,
    who: &RecipientId,
    now: Timestamp,
    terminal: &mut Terminal,
) -> Result<Value, CliError> {
    let mentions = mentions(ledger, who, terminal)?;
    let found = person(ledger, who, &mentions).map_err(unreadable)?;
    Ok(json::of_person(&head(ledger), now, &found, None))
}

fn as_json(
    ledger: &Ledger,
    now: Timestamp,
    kind: &str,
    found: &Person,
    name: Option<&str>,
) -> String {
    let id = found.recipient.to_string();
    let mut out = json::beginning(&head(ledger), now, (kind, &id));
    for (number, mail) in found.mails.iter().enumerate() {
        out.push_str(&json::mail(mail, number == 0));
    }
    out.push_str(&json::end_of_person(found, name));
    out
}

/// Without a place for the index the whole ledger is read: slower, and as right.
fn mentions(
    ledger: &Ledger,
    who: &RecipientId,
    terminal: &mut Terminal,
) -> Result<Mentions, CliError> {
    let found = Index::open(ledger).and_then(|mut index| index.find(ledger, who));
    match found {
        Ok(found) => Ok(found),
        Err(IndexError::Ledger(why)) => Err(unreadable(why)),
        Err(why @ IndexError::Io { .. }) => {
            terminal.warn(&CliError::new(format!(
                "the index cannot be kept, so the whole ledger is read: {why}"
            )));
            scan(ledger, who).map_err(unreadable)
        }
    }
}
