//! `postmerge plan`: what merging would send, to whom, when and how fast.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use clap::ValueEnum;
use jiff::tz::TimeZone;

use super::age_keys::keys;
use super::error::CliError;
use super::send::environment;
use super::start_error::{self, cli_error};
use super::terminal::Terminal;
use super::{Cli, campaign_name, ledger_here, lint_base, workspace_folder};
use crate::clock::{Clock as _, SystemClock};
use crate::deliver::organisation_key::recipients_key;
use crate::diagnostic::{Diagnostic, Severity, printable};
use crate::git::Repository;
use crate::ledger::branch::Ledger;
use crate::mail::occurrence::CampaignId;
use crate::mail::recipient_id::RecipientKey;
use crate::plan::affected::affected;
use crate::plan::owner::DEFINITION;
use crate::plan::planning::{Request, State, plan};
use crate::report::{plan_json, plan_markdown, plan_text};
use crate::workspace::Workspace;
use crate::workspace::checkout::Checkout;
use crate::workspace::keyed::Keyed;
use crate::workspace::settings::Settings;
use crate::workspace::source::Source;

/// What `plan` takes.
#[derive(Debug, clap::Args)]
#[command(
    long_about = "Shows what merging would send: for each campaign its subject as recipients will read it, who gets it and \
        who does not and why, whose approval it needs, how fast it goes and when it is over.\n\n\
        Opens no network connection and needs no secret. Where the organisation's key is in the environment, people who left, \
        bounced or have a document already are counted; without it the plan says how many more may be left out.",
    after_help = "Examples:\n  \
        postmerge plan                                 everything that is still to be sent\n  \
        postmerge plan 2026/rueda-agro                 one campaign\n  \
        postmerge plan --base origin/main              what this branch changes, and against what\n  \
        postmerge plan --base origin/main --format markdown >> \"$GITHUB_STEP_SUMMARY\"\n\n\
        Exit codes: 0 everything would go out; 1 something would be held; 2 could not run."
)]
pub struct Arguments {
    /// Campaigns, by id or folder; all that the change touches, or all, where absent.
    pub campaigns: Vec<String>,

    /// Compare with this commit or branch, and show what the change since then touches.
    #[arg(long, value_name = "REF")]
    pub base: Option<String>,

    /// How it is shown.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub format: Format,
}

/// How a plan is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people at a terminal.
    Human,
    /// For a pull request's comment or a job's summary.
    Markdown,
    /// One JSON document.
    Json,
}

/// Runs the command.
///
/// # Errors
/// [`CliError`] where there is no workspace, or nothing can be planned.
pub fn run(
    cli: &Cli,
    arguments: &Arguments,
    terminal: &mut Terminal,
) -> Result<ExitCode, CliError> {
    let root = workspace_folder::find(cli.workspace.as_deref())?;
    let keys = keys()?;
    let (proposed, findings) = state(
        Arc::new(Keyed::new(Checkout::new(&root), keys.clone())),
        "the workspace",
    )?;
    let settings = &proposed.workspace.settings;
    let mut only = wanted(&proposed.workspace, &findings, &arguments.campaigns)?;
    let mut problems = problems(&findings);
    let base = match &arguments.base {
        Some(name) => {
            let (tree, changed) = lint_base::read(&root, name)?.into_parts();
            match state(Arc::new(Keyed::new(tree, keys)), name) {
                Ok((base, _)) => Some((base, changed)),
                Err(why) => {
                    // The proposal may be what mends it, or brings the first workspace.
                    problems.push(format!("{why}; so nothing is compared"));
                    if only.is_empty() {
                        only = affected(&[&proposed.workspace.campaigns], &changed);
                    }
                    None
                }
            }
        }
        None => None,
    };
    let mut ledger = ledger_here::open(&root, &settings.ledger)?;
    let key = key(settings, ledger.as_mut())?;
    let request = Request {
        base: base
            .as_ref()
            .map(|(state, changed)| (state.clone(), changed)),
        only: &only,
        ledger: ledger.as_ref(),
        key: key.as_ref(),
        received: &received(
            &root,
            base.as_ref().map(|(state, _)| state).unwrap_or(&proposed),
        ),
        problems: &problems,
        unreadable: &unreadable(&findings),
        now: SystemClock.now(),
        proposed: proposed.clone(),
    };
    let made = plan(&request).map_err(|why| CliError::new(why.to_string()))?;
    let zone = TimeZone::get(&settings.organisation.zone).unwrap_or(TimeZone::UTC);
    terminal.print(&match arguments.format {
        Format::Human => plan_text::render(&made, &zone),
        Format::Markdown => plan_markdown::render(&made, &zone),
        Format::Json => plan_json::render(&made),
    })?;
    let is_stuck = !made.problems.is_empty() || made.campaigns.iter().any(|it| it.is_stuck());
    Ok(ExitCode::from(u8::from(is_stuck)))
}

/// The workspace as far as it can be read, and what is wrong with the rest.
pub(super) fn state(
    source: Arc<dyn Source>,
    whence: &str,
) -> Result<(State, Vec<Diagnostic>), CliError> {
    let loaded = Workspace::load(&*source);
    let Some((workspace, findings)) = loaded.as_far_as_read() else {
        return Err(
            CliError::new(format!("{whence}: postmerge.yaml cannot be read"))
                .hint("`postmerge lint` shows where"),
        );
    };
    let state = State {
        source,
        whence: whence.to_owned(),
        workspace: Arc::new(workspace),
    };
    Ok((state, findings))
}

/// Campaigns as people name them: by id, or by a path below `campaigns/`.
pub(super) fn wanted(
    workspace: &Workspace,
    findings: &[Diagnostic],
    names: &[String],
) -> Result<BTreeSet<CampaignId>, CliError> {
    let mut found = BTreeSet::new();
    for name in names {
        let id = campaign_name::parse(name)?;
        if !workspace.campaigns.contains_key(&id) {
            if let Some(why) = unreadable(findings).get(&id) {
                let why = printable(why);
                return Err(CliError::new(format!(
                    "campaigns/{id}/campaign.yaml cannot be read: {why}"
                ))
                .hint("`postmerge lint` shows where, and what to do"));
            }
            let known: Vec<&str> = workspace.campaigns.keys().map(CampaignId::as_str).collect();
            let near = crate::diagnostic::nearest(id.as_str(), &known);
            let error = CliError::new(format!("there is no campaign `{id}`"));
            return Err(match near {
                Some(near) => error.hint(format!("did you mean `{near}`?")),
                None => error.hint("`postmerge lint` shows what is wrong with the workspace"),
            });
        }
        found.insert(id);
    }
    Ok(found)
}

/// The organisation's key, where the environment has it. It must be the ledger's.
fn key(settings: &Settings, ledger: Option<&mut Ledger>) -> Result<Option<RecipientKey>, CliError> {
    let key = recipients_key(&environment, settings).map_err(|why| cli_error(&why))?;
    let wrong = |why: &dyn std::fmt::Display| CliError::new(format!("{}: {why}", settings.key.env));
    if let (Some(ledger), Some(key)) = (ledger, &key) {
        ledger.use_key(key.fingerprint()).map_err(|why| {
            let error = wrong(&why);
            match start_error::hint(&why.into()) {
                Some(hint) => error.hint(hint),
                None => error,
            }
        })?;
    }
    Ok(key)
}

/// Campaigns that were merged already, the oldest first; none where history does not go back far enough.
fn received(root: &Path, state: &State) -> Vec<CampaignId> {
    let ids: Vec<&CampaignId> = state.workspace.campaigns.keys().collect();
    let paths: Vec<String> = ids.iter().map(|id| format!("campaigns/{id}")).collect();
    let named: Vec<&str> = paths.iter().map(String::as_str).collect();
    let changes = Repository::open(root).and_then(|repository| {
        let commit = repository.resolve(match state.whence.as_str() {
            "the workspace" => "HEAD",
            base => base,
        })?;
        repository.last_own_changes(commit, &named, DEFINITION)
    });
    let Ok(changes) = changes else {
        return Vec::new();
    };
    let mut order: Vec<(u64, &CampaignId)> = ids
        .into_iter()
        .zip(changes)
        .filter_map(|(id, change)| Some((change?.depth, id)))
        .collect();
    // Depth counts from the newest change.
    order.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(b.1)));
    order.into_iter().map(|(_, id)| id.clone()).collect()
}

fn of_campaign(path: &str) -> Option<CampaignId> {
    let folder = path
        .strip_prefix("campaigns/")?
        .strip_suffix("/campaign.yaml")?;
    CampaignId::parse(folder).ok()
}

/// What is wrong with the workspace and with no campaign alone: campaigns may not be seen because of it.
fn problems(findings: &[Diagnostic]) -> Vec<String> {
    let errors = findings.iter().filter(|it| it.severity == Severity::Error);
    let wide =
        errors.filter(|it| it.path.starts_with("campaigns") && of_campaign(&it.path).is_none());
    wide.map(|it| format!("{}: {}", it.path, it.message))
        .take(5)
        .collect()
}

/// Campaigns that cannot be read, and the first thing that is wrong with each.
pub(super) fn unreadable(findings: &[Diagnostic]) -> BTreeMap<CampaignId, String> {
    let mut found = BTreeMap::new();
    for finding in findings {
        if let Some(id) = of_campaign(&finding.path) {
            found.entry(id).or_insert_with(|| finding.message.clone());
        }
    }
    found
}
