//! `postmerge preview`: pages on which a campaign's mail is looked at.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use jiff::tz::TimeZone;

use super::age_keys::keys;
use super::error::CliError;
use super::plan::{state, unreadable, wanted};
use super::terminal::Terminal;
use super::{Cli, lint_base, preview_serve, preview_shots, whole_file, workspace_folder};
use crate::clock::{Clock as _, SystemClock};
use crate::diagnostic::{Diagnostic, printable};
use crate::lint::{Report, Request};
use crate::mail::address::Address;
use crate::mail::occurrence::CampaignId;
use crate::mail::recipient_id::{RecipientKey, SHORTEST_SECRET};
use crate::plan::PlanError;
use crate::plan::affected::affected;
use crate::plan::calendar::calendar;
use crate::plan::next_sending::next_sending;
use crate::plan::planning::State;
use crate::plan::proposal::{From, When};
use crate::plan::showing::show;
use crate::report::preview::{Preview, render};
use crate::workspace::folder::Folder;
use crate::workspace::keyed::Keyed;

/// What `preview` takes.
#[derive(Debug, clap::Args)]
#[command(
    long_about = "Writes a page for each campaign: its mail as a desktop and a telephone show it, in light and in dark, the text part, \
        the headers, several recipients to switch between (among them one whose values are likely to go wrong), and what lint found.\n\n\
        A page is one file, with its pictures in it. It fetches nothing, runs nothing of the mail, and its links lead nowhere.",
    after_help = "Examples:\n  \
        postmerge preview 2026/rueda-agro                       preview/2026/rueda-agro.html\n  \
        postmerge preview 2026/rueda-agro --as ana@socios.example\n  \
        postmerge preview 2026/rueda-agro --serve               reloads in the browser as soon as a file is saved\n  \
        postmerge preview 2026/rueda-agro --png                 pictures besides, where a Chromium is installed\n  \
        postmerge preview --base origin/main --output previews  everything that this branch touches\n\n\
        Exit codes: 0 pages were written; 1 of some campaign no mail can be made, which its page says, or a campaign that the branch\n\
        touches cannot be read; 2 could not run."
)]
pub struct Arguments {
    /// Campaigns, by id or folder.
    #[arg(required_unless_present = "base")]
    pub campaigns: Vec<String>,

    /// The campaigns that the change since this commit or branch touches.
    #[arg(long, value_name = "REF", conflicts_with = "campaigns")]
    pub base: Option<String>,

    /// Also as this recipient of the campaign gets it; can be given several times.
    #[arg(long = "as", value_name = "ADDRESS")]
    pub whom: Vec<String>,

    /// The folder that pages are written to.
    #[arg(long, short, value_name = "DIR", default_value = "preview")]
    pub output: PathBuf,

    /// Pictures of the mail besides (desktop and telephone, light and dark), by the Chromium that the environment variable CHROME
    /// names or that is found.
    #[arg(long)]
    pub png: bool,

    /// Serve the page on this machine, and reload it whenever a file is saved.
    #[arg(long, conflicts_with_all = ["png", "base"])]
    pub serve: bool,

    /// The port to serve on; any that is free where absent.
    #[arg(long, value_name = "PORT", requires = "serve", default_value_t = 0)]
    pub port: u16,
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
    let root = workspace_folder::find(cli.workspace.as_deref())?;
    let whom = addresses(&arguments.whom)?;
    let (state, wrong) = state(Arc::new(files(&root)?), "the workspace")?;
    let Chosen { chosen, unread } = chosen(&root, arguments, &state, &wrong)?;
    if arguments.serve {
        let [id] = chosen.iter().collect::<Vec<_>>()[..] else {
            return Err(CliError::new("--serve shows one campaign").hint("name one"));
        };
        preview_serve::run(&root, id, &whom, arguments.port, terminal)?;
        return Ok(ExitCode::SUCCESS);
    }
    whole_file::folder(&root, &arguments.output)?;
    let report = lint(&root)?;
    let mut is_whole = unread.is_empty();
    for id in &chosen {
        let page = page(&state, &report, id, &whom, None)?;
        is_whole &= page.problem.is_none();
        let name = file_name(id);
        whole_file::write(
            &arguments.output,
            &format!("{name}.html"),
            page.html.as_bytes(),
        )?;
        let path = arguments.output.join(format!("{name}.html"));
        let problem = page
            .problem
            .map_or_else(String::new, |why| format!(": {}", printable(&why)));
        terminal.print(&format!("{}{problem}\n", path.display()))?;
        if arguments.png && page.mails > 0 {
            for shot in preview_shots::take(&arguments.output, &name)? {
                terminal.print(&format!("{}\n", shot.display()))?;
            }
        }
    }
    for (id, why) in &unread {
        let why = printable(why);
        terminal.print(&format!(
            "{id}: no page: its campaign.yaml cannot be read: {why}\n"
        ))?;
    }
    if chosen.is_empty() && unread.is_empty() {
        terminal.print("the branch touches no campaign\n")?;
    }
    Ok(ExitCode::from(u8::from(!is_whole)))
}

/// What a campaign's page is called, without its ending: no two campaigns have the same, not even where file systems take large
/// letters for small ones, and no folder has the name of a page. `~` is in no campaign's id.
fn file_name(id: &CampaignId) -> String {
    let mut out = String::with_capacity(id.as_str().len() + 8);
    let mut segments = id.as_str().split('/').peekable();
    while let Some(segment) = segments.next() {
        let is_folder = segments.peek().is_some();
        for c in segment.chars() {
            if c.is_ascii_uppercase() || (c == '.' && is_folder) {
                out.push('~');
            }
            out.push(c.to_ascii_lowercase());
        }
        if is_folder {
            out.push('/');
        }
    }
    out
}

fn addresses(texts: &[String]) -> Result<Vec<Address>, CliError> {
    let parse = |text: &String| {
        Address::parse(text).map_err(|why| CliError::new(format!("--as {text}: {}", why.why)))
    };
    texts.iter().map(parse).collect()
}

/// What is shown, and what cannot be.
struct Chosen {
    chosen: BTreeSet<CampaignId>,
    /// Campaigns that the change touches and nobody can read, and why.
    unread: BTreeMap<CampaignId, String>,
}

fn chosen(
    root: &Path,
    arguments: &Arguments,
    proposed: &State,
    findings: &[Diagnostic],
) -> Result<Chosen, CliError> {
    let Some(base) = &arguments.base else {
        return Ok(Chosen {
            chosen: wanted(&proposed.workspace, findings, &arguments.campaigns)?,
            unread: BTreeMap::new(),
        });
    };
    let (tree, changed) = lint_base::read(root, base)?.into_parts();
    let mut unread = unreadable(findings);
    if !unread.is_empty() {
        // What it was made of can only be known from before.
        let before = state(Arc::new(tree), base).ok();
        let before = before.map(|(before, _)| affected(&[&before.workspace.campaigns], &changed));
        let before = before.unwrap_or_default();
        let is_touched = |id: &CampaignId| {
            let folder = format!("campaigns/{id}/");
            changed.iter().any(|path| path.starts_with(&folder))
        };
        unread.retain(|id, _| before.contains(id) || is_touched(id));
    }
    Ok(Chosen {
        chosen: affected(&[&proposed.workspace.campaigns], &changed),
        unread,
    })
}

/// What lint says of the workspace as it lies there.
pub(super) fn lint(root: &Path) -> Result<Report, CliError> {
    let request = Request::at(SystemClock.now());
    Ok(crate::lint::run(&files(root)?, &request))
}

/// The workspace as it lies there, with the keys for what is encrypted.
pub(super) fn files(root: &Path) -> Result<Keyed<Folder>, CliError> {
    Ok(Keyed::new(Folder::new(root), keys()?))
}

/// A page, and whether it shows a mail for everybody it wanted to.
pub(super) struct Page {
    pub html: String,
    pub mails: usize,
    /// Why there is no mail, or not for everybody who is shown.
    problem: Option<String>,
}

/// The page of a campaign.
pub(super) fn page(
    state: &State,
    report: &Report,
    id: &CampaignId,
    whom: &[Address],
    watch: Option<&str>,
) -> Result<Page, CliError> {
    let now = SystemClock.now();
    let failed = |why: &dyn std::fmt::Display| CliError::new(format!("{id}: {why}"));
    // Links and tokens are not those that will be sent: no secret is needed to look.
    let key = RecipientKey::from_secret(&[0; SHORTEST_SECRET]).map_err(|why| failed(&why))?;
    let settings = &state.workspace.settings;
    let file = state.workspace.campaigns.get(id);
    let file = file.ok_or_else(|| failed(&"it is not there any more"))?;
    let calendar = calendar(settings).map_err(|why| failed(&why))?;
    let next = next_sending(settings, (id, &file.campaign), &calendar, None, now);
    let when = next.map_or(When::Over, |next| {
        When::of(next, file.campaign.send.window.as_str())
    });
    let sender = settings.senders.get(&file.campaign.sender);
    let from = sender.map(|sender| From {
        name: sender.name.clone(),
        address: sender.address.clone(),
        relay: sender.relay.to_string(),
    });
    let showing = show(state, id, whom, &key, now);
    // Nothing is wrong with it, and a pull request's check must not fail for it.
    let is_not_checked = showing.as_ref().is_err_and(PlanError::is_without_key);
    let showing = showing.map_err(|why| match is_not_checked {
        true => format!("not checked: {why}"),
        false => why.to_string(),
    });
    let (mails, problem) = match &showing {
        Ok(showing) if showing.mails.is_empty() => (0, Some("nobody would get it".to_owned())),
        Ok(showing) => {
            let mut failed = showing.mails.iter().filter_map(|it| it.mail.as_ref().err());
            (showing.mails.len(), failed.next().cloned())
        }
        Err(why) => (0, Some(why.clone())),
    };
    let findings = findings(report, state, id);
    let zone = TimeZone::get(&settings.organisation.zone).unwrap_or(TimeZone::UTC);
    let html = render(&Preview {
        id: id.as_str(),
        when: &when,
        zone: &zone,
        from: from.as_ref(),
        showing: match (&showing, &problem) {
            (Ok(showing), _) if mails > 0 => Ok(showing),
            (_, why) => Err(why.clone().unwrap_or_default()),
        },
        findings: &findings,
        files: &report.files,
        watch,
    });
    Ok(Page {
        html,
        mails,
        problem: problem.filter(|_| !is_not_checked),
    })
}

/// What concerns a campaign: its own folder, its template, its lists.
fn findings(report: &Report, state: &State, id: &CampaignId) -> Vec<Diagnostic> {
    let Some(file) = state.workspace.campaigns.get(id) else {
        return Vec::new();
    };
    let campaign = &file.campaign;
    let template = campaign.template.as_ref();
    let mut folders = vec![format!("{}/", file.folder)];
    folders.extend(template.map(|name| format!("templates/{name}/")));
    let lists = campaign.audience.lists.iter();
    let files: BTreeSet<String> = lists
        .filter_map(|name| state.workspace.lists.get(name))
        .flat_map(|list| [list.path.to_string(), list.members.to_string()])
        .collect();
    let is_ours = |finding: &&Diagnostic| {
        files.contains(&finding.path) || folders.iter().any(|it| finding.path.starts_with(it))
    };
    report.findings.iter().filter(is_ours).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_campaigns_have_one_page() {
        let ids = [
            "a/b",
            "a-b",
            "A/b",
            "a",
            "a.html/b",
            "a.html",
            "a-desktop-light.png/b",
        ];
        let names = ids.map(|id| file_name(&CampaignId::parse(id).unwrap()));
        assert_eq!(
            names,
            [
                "a/b",
                "a-b",
                "~a/b",
                "a",
                "a~.html/b",
                "a.html",
                "a-desktop-light~.png/b"
            ]
        );
    }
}
