//! `postmerge report`: a site that shows what the ledger holds.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::age_keys::keys;
use super::error::CliError;
use super::member_ids::addresses;
use super::send::environment;
use super::start_error::cli_error;
use super::status::settings;
use super::terminal::Terminal;
use super::{Cli, report_folder, workspace_folder};
use crate::clock::{Clock, SystemClock};
use crate::deliver::StartError;
use crate::deliver::beyond::OnMain;
use crate::deliver::opened::{Opened, open, open_as_fetched};
use crate::deliver::organisation_key::organisation_key;
use crate::deliver::standings::too_much_of;
use crate::hygiene::HygieneError;
use crate::hygiene::cases::State;
use crate::hygiene::gather::{Gathered, Ground, gather};
use crate::hygiene::growth::{Grown, growth};
use crate::hygiene::overview::overview;
use crate::ledger::branch::LedgerError;
use crate::ledger::event::AudienceHeader;
use crate::ledger::feedback::ByOccurrence;
use crate::ledger::state::Note;
use crate::mail::occurrence::OccurrenceId;
use crate::mail::recipient_id::RecipientKey;
use crate::plan::rates::{HOW_ON, Senders};
use crate::report::site::data::Approved;
use crate::report::site::reading::{Asked, sendings, suppressed};
use crate::report::site::stopped::{Stopped, Why};
use crate::report::site::{Growth, ListHealth, Lists, Month, Site, SiteError, Waiting, pages};
use crate::workspace::Workspace;
use crate::workspace::encryption::KEY_VARIABLE;
use crate::workspace::names::ListName;
use crate::workspace::settings::Settings;
use crate::workspace::tree::Tree;

/// What `report` takes.
#[derive(Debug, clap::Args)]
#[command(
    long_about = "Writes a site that shows what the ledger holds: an overview with every sending, a page for each with its \
        funnel, timeline, destinations, bounces by reason and unknowns, the lists' health, and what providers do with the \
        mail.\n\n\
        The pages fetch nothing and need no JavaScript; open index.html, print it, or put the folder onto a web server \
        that only your people reach. They speak the organisation's language.\n\n\
        Nobody is named: mails that failed are listed by their place in the audience, and destinations of fewer than three \
        people are joined. --with-addresses shows addresses where the lists in this checkout have them.\n\n\
        Fetches the main branch and the ledger. The lists' health needs the organisation's key, in the environment variable \
        that postmerge.yaml names under `key.env`; without it that page says so, and no overdue rows are told.",
    after_help = "Examples:\n  \
        postmerge report                         into the folder report\n  \
        postmerge report --out /srv/www/mail     into another one\n  \
        postmerge report --offline               as it was fetched last\n  \
        postmerge report --with-addresses        for whoever may see who bounced\n\n\
        Exit codes: 0 written, 2 could not run."
)]
pub struct Arguments {
    /// Where the pages are written: a folder that is new, empty, or a former report, which is replaced as a whole.
    #[arg(long, value_name = "DIR", default_value = "report", alias = "output")]
    pub out: PathBuf,

    /// Shows addresses in place of places in the audience, where the checkout's lists have them. Needs the key.
    #[arg(long)]
    pub with_addresses: bool,

    /// Shows what was fetched last, and asks no remote.
    #[arg(long)]
    pub offline: bool,
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
    let mut opened = opened(&folder, arguments.offline)?;
    let key = key(&opened.workspace.settings, arguments.with_addresses)?;
    if let Some(key) = &key {
        let used = opened.ledger.use_key(key.fingerprint());
        used.map_err(|why| cli_error(&StartError::from(why)))?;
    }
    let now = SystemClock.now();
    let shown = match key.as_ref().filter(|_| arguments.with_addresses) {
        Some(key) => Some(addresses(&folder, key, terminal)?),
        None => None,
    };
    let organisation = &opened.workspace.settings.organisation;
    let zone = TimeZone::get(&organisation.zone).unwrap_or(TimeZone::UTC);
    let came_back = opened.ledger.came_back(|_| true);
    let came_back = came_back.map_err(|why| cli_error(&StartError::from(why)))?;
    let came_back = (&came_back, &Senders::default());
    let asked = Asked {
        zone: &zone,
        now,
        addresses: shown.as_ref(),
        subject: &|id| {
            let campaign = opened.workspace.campaigns.get(id.campaign())?;
            Some(campaign.campaign.subject.clone())
        },
        approved: &|id, header| approved(&folder, &opened, id, header),
        stopped: &|id, notes, last| stopped(&opened, (id, notes, last), came_back, now),
        key: key.as_ref(),
    };
    let lists = match &key {
        Some(key) => {
            let ground = Ground {
                path: &folder,
                head: opened.head,
                workspace: &opened.workspace,
                ledger: &opened.ledger,
                key,
                keys: keys()?,
            };
            match gather(&ground, now) {
                Ok(gathered) => lists(&gathered, &opened.workspace, arguments.with_addresses, now),
                Err(HygieneError::Source(why)) if why.is_without_key() => {
                    without_key(&opened.workspace, KEY_VARIABLE)
                }
                Err(why) => return Err(CliError::new(why.to_string())),
            }
        }
        None => without_key(&opened.workspace, &opened.workspace.settings.key.env),
    };
    let failed = |why: SiteError| match why {
        SiteError::Ledger(why) => cli_error(&StartError::from(why)),
        other => CliError::new(other.to_string()),
    };
    let site = Site {
        organisation: &organisation.name,
        locale: organisation.locale,
        zone: &zone,
        head: opened.ledger.head().map(|it| it.to_string()),
        now,
        sendings: sendings(&opened.ledger, &asked).map_err(failed)?,
        lists,
        growth: growth_of(&folder, &opened, &zone, now)?,
        suppressed: suppressed(&opened.ledger).map_err(failed)?,
        with_addresses: arguments.with_addresses,
    };
    let pages = pages(site).map_err(failed)?;
    let files = pages.iter().map(|it| (it.path.as_str(), it.html.as_str()));
    report_folder::replace(&folder, &arguments.out, files)?;
    terminal.print(&format!(
        "{} pages; open {}\n",
        pages.len(),
        arguments.out.join("index.html").display()
    ))?;
    Ok(ExitCode::SUCCESS)
}

fn opened(folder: &Path, offline: bool) -> Result<Opened, CliError> {
    let ledger = settings(folder)?.ledger;
    let opened = match offline {
        true => open_as_fetched(folder, &ledger),
        false => open(folder, &ledger),
    };
    opened.map_err(|why| {
        let error = cli_error(&why);
        match offline {
            true => error.hint("run it once without --offline: that fetches"),
            false => error,
        }
    })
}

/// The key, where there is one. One that is there and wrong is an error: the numbers would be, too.
fn key(settings: &Settings, is_needed: bool) -> Result<Option<RecipientKey>, CliError> {
    let is_there = environment(&settings.key.env).is_some_and(|it| !it.is_empty());
    if !is_there && !is_needed {
        return Ok(None);
    }
    let key = organisation_key(&environment, settings).map_err(|why| cli_error(&why))?;
    Ok(Some(key))
}

/// What a sending's commits have, where this clone has them and they can be read.
fn approved(
    folder: &Path,
    opened: &Opened,
    id: &OccurrenceId,
    header: &AudienceHeader,
) -> Option<Approved> {
    let tree = |commit: &str| {
        let commit = opened.repository.resolve(commit).ok()?;
        Tree::at(folder, commit).ok()
    };
    let content = tree(&header.content_commit)?;
    let settings = Workspace::load_settings(&content).ok()?;
    let campaign = Workspace::load_campaign(&content, id.campaign()).ok()?;
    Some(Approved {
        settings,
        campaign: campaign.campaign,
        lists: Box::new(tree(&header.lists_commit)?),
    })
}

/// Why no run goes on with a sending, and since when.
fn stopped(
    opened: &Opened,
    (id, notes, last): (&OccurrenceId, &[(Timestamp, Note)], Option<Timestamp>),
    came_back: (&ByOccurrence, &Senders),
    now: Timestamp,
) -> Result<Option<Stopped>, LedgerError> {
    if OnMain::of(&opened.workspace, id) != OnMain::OffAgenda {
        return Ok(None);
    }
    let held = match notes.last() {
        Some((at, Note::Held(why))) if last <= Some(*at) => Some((*at, why)),
        _ => None,
    };
    let too_much = too_much_of(opened, id, came_back, now)?;
    Ok(match (too_much, held) {
        (Some(excess), held) => Some(Stopped {
            why: Why::TooMuch(excess),
            since: held.map(|(at, _)| at),
        }),
        // What it was held for has passed: the next run goes on.
        (None, Some((_, why))) if why.ends_with(HOW_ON) => None,
        (None, Some((at, why))) => Some(Stopped {
            why: Why::Said(why.clone()),
            since: Some(at),
        }),
        (None, None) => None,
    })
}

fn growth_of(
    folder: &Path,
    opened: &Opened,
    zone: &TimeZone,
    now: Timestamp,
) -> Result<Vec<Growth>, CliError> {
    let main = (opened.head, &opened.workspace);
    let keys = keys()?;
    let grown = growth(folder, &opened.repository, main, &keys, (zone, now));
    let grown = grown.map_err(|why| CliError::new(why.to_string()))?;
    let of_list = |(name, grown): (ListName, Grown)| {
        let file = opened.workspace.lists.get(&name);
        let months = grown.months.into_iter().map(|it| Month {
            month: it.month,
            members: it.members,
            joined: it.joined,
            left: it.left,
        });
        Growth {
            title: file.map_or(name.to_string(), |it| it.list.title.clone()),
            months: months.collect(),
            encrypted: grown.encrypted,
        }
    };
    Ok(grown.into_iter().map(of_list).collect())
}

fn without_key(workspace: &Workspace, variable: &str) -> Lists {
    let lists = workspace.lists.iter().map(|(name, file)| {
        let (title, owner) = (file.list.title.clone(), file.list.owner.to_string());
        (name.to_string(), title, owner)
    });
    Lists::WithoutKey {
        variable: variable.to_owned(),
        lists: lists.collect(),
    }
}

fn lists(
    gathered: &Gathered,
    workspace: &Workspace,
    with_addresses: bool,
    now: Timestamp,
) -> Lists {
    let titles: BTreeMap<String, &str> = workspace
        .lists
        .iter()
        .map(|(name, file)| (name.to_string(), file.list.title.as_str()))
        .collect();
    let health = overview(gathered, workspace, now).into_iter().map(|it| {
        let title = titles.get(&it.list).copied().unwrap_or(&it.list).to_owned();
        ListHealth {
            open: it.cases.saturating_sub(it.new + it.due + it.overdue),
            name: it.list,
            title,
            owner: it.owner,
            members: it.members,
            unreadable: it.unreadable,
            new: it.new,
            departed: it.due,
            overdue: it.overdue,
            confirmed: it.confirmed,
            stale: it.stale,
        }
    });
    Lists::Read {
        lists: health.collect(),
        waiting: waiting(gathered, with_addresses),
        disowned: gathered.never_joined.len() as u64,
    }
}

/// Rows that wait for the same thing are one: those whose time is over, those that have it to one day, those whose owner was
/// not told yet, in this order.
fn waiting(gathered: &Gathered, with_addresses: bool) -> Vec<Waiting> {
    let mut rows: BTreeMap<_, Waiting> = BTreeMap::new();
    for case in &gathered.cases {
        let (rank, until, days_left) = match case.state {
            State::Overdue { until } => (0, Some(until), None),
            State::Due { since } => (0, Some(since), None),
            State::Open { until, left } => (1, Some(until), Some(left)),
            State::New => (2, None, None),
        };
        let list = case.list.to_string();
        let day = until.filter(|_| rank == 1);
        let row = rows
            .entry((rank, day, list.clone(), case.suppressed.reason))
            .or_insert_with(|| Waiting {
                until,
                days_left,
                list,
                owner: case.owner.to_string(),
                reason: case.suppressed.reason,
                count: 0,
                addresses: Vec::new(),
            });
        // Of what is over, since when.
        row.until = row.until.min(until);
        row.count += 1;
        if with_addresses {
            row.addresses.push(case.address.as_str().to_owned());
        }
    }
    rows.into_values().collect()
}
