//! Finds what is wrong with a workspace: what loading found, and what the rules find that compare its
//! files with each other.
//!
//! A rule is a pure function over a [`Context`] in a file of its own below `rules`; `rules::ALL` is
//! the register. Members' rows are read once and campaigns compiled once, for all rules; in that reading the campaigns are tried on the
//! rows. Opens no
//! network connection.

mod allowance;
mod attachments;
mod before;
mod budget;
mod candidate;
mod cascade;
mod clients;
mod comments;
mod concern;
pub mod content;
pub mod first_few;
mod hiding;
mod hosts;
mod includes;
mod key_blocks;
mod link_shown;
mod list_trial;

pub mod mailboxes;
pub mod mistakes;
pub mod own_documents;
pub mod pages;
pub mod phrases;
pub mod remarks;
pub mod rows;
pub mod rules;
mod same_markdown;
mod severity;
mod spelling;
pub mod style;
pub mod target;
pub mod templates;
mod texts;
pub mod trial;
mod without_tags;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use concern::Concern;

use crate::diagnostic::file::Files;
use crate::diagnostic::{Diagnostic, Rule, Severity, resolve};
use crate::mail::occurrence::CampaignId;
use crate::plan::calendar::calendar;
use crate::plan::owner::defined;
use crate::render::Parts;
use crate::schedule::calendar::Calendar;
use crate::workspace::loaded::CampaignFile;
use crate::workspace::names::{ListName, PersonName};
use crate::workspace::settings::{Level, Settings};
use crate::workspace::source::{Source, WorkspacePath};
use crate::workspace::{Loaded, Workspace, rules as loading};

/// What a rule sees.
pub struct Context<'a> {
    /// The workspace, as far as it could be read.
    pub loaded: &'a Loaded,
    /// Its files, for asking whether one is there.
    pub source: &'a dyn Source,
    /// The texts that were read so far, with positions.
    pub files: &'a Files,
    /// What its lists' rows hold.
    pub rows: &'a BTreeMap<ListName, rows::Rows>,
    /// What compiling its campaigns brought.
    pub templates: &'a templates::Compilation,
    /// What trying the campaigns on those rows brought.
    pub mistakes: &'a [mistakes::Found],
    /// Rows that were not tried on their campaigns.
    pub untried: &'a [trial::Untried],
    /// What bodies and layouts show.
    pub texts: &'a [content::Text],
    /// One mail of each campaign that may still go out.
    pub samples: &'a BTreeMap<CampaignId, Parts>,
    /// Rows whose own document is not there.
    pub without_document: &'a [own_documents::WithoutDocument],
    /// How many rows each campaign selects that may still go out.
    pub selected: &'a BTreeMap<CampaignId, u64>,
    /// The organisation's calendar, where its zone is known.
    pub calendar: Option<&'a Calendar>,
    /// The day in the organisation's zone.
    pub today: Date,
    /// What was asked for.
    pub request: &'a Request<'a>,
    /// What the base says about people and procedure.
    before: Option<before::Before<'a>>,
}

impl Context<'_> {
    /// The settings whose limits of procedure count: the workspace's, and the base's, which the proposal cannot
    /// loosen.
    pub fn ruling(&self) -> impl Iterator<Item = &Settings> {
        let before = self.before.as_ref().and_then(before::Before::settings);
        self.loaded.settings.iter().chain(before)
    }

    /// The settings whose word counts about people.
    pub fn people(&self) -> Option<&Settings> {
        let proposed = self.loaded.settings.as_ref()?;
        match &self.before {
            Some(before) => before.people(proposed),
            None => Some(proposed),
        }
    }

    /// Who owns a list, where that is known.
    pub fn owner(&self, name: &ListName) -> Option<PersonName> {
        let proposed = &self.loaded.lists.get(name)?.list.owner;
        match &self.before {
            Some(before) => before.owner(name, proposed),
            None => Some(proposed.clone()),
        }
    }

    /// When a campaign went out, where it did and that was all: what it is made of is fixed.
    pub fn gone_out(&self, id: &CampaignId, file: &CampaignFile) -> Option<Date> {
        let sent = self.request.sent.iter().find(|it| it.campaign == *id);
        let sent = sent.filter(|_| file.campaign.send.every.is_none());
        sent.map(|it| it.on)
    }

    /// Whether a pull request is looked at that changes a file of this campaign.
    pub fn is_proposed(&self, file: &CampaignFile) -> bool {
        let folder = format!("{}/", file.folder);
        // A campaign may lie in another one's folder, or be taken away from there.
        let all = self.loaded.campaigns.values();
        let all = all.map(|file| file.folder.as_str());
        let gone = self.changed_below(&folder);
        let gone = gone.filter_map(|path| defined(path));
        let inner = all.chain(gone).filter(|it| it.starts_with(&folder));
        let inner: Vec<String> = inner.map(|it| format!("{it}/")).collect();
        let mut own = self.changed_below(&folder);
        own.any(|path| !inner.iter().any(|it| path.starts_with(it)))
    }

    /// What a campaign's own texts show.
    pub fn texts_of(&self, id: &CampaignId) -> impl Iterator<Item = &content::Text> {
        let wanted = content::Owner::Campaign(id.clone());
        // They stand in the order of their owners.
        let start = self.texts.partition_point(|text| text.owner < wanted);
        let rest = self.texts.iter().skip(start);
        rest.take_while(move |text| text.owner == wanted)
    }

    /// How many business days lie before a day that is not past, if fewer than `needed`. What comes on
    /// a day off counts as the next business day's, as it does for notice.
    pub fn too_late(&self, date: Date, needed: u16) -> Option<u32> {
        let calendar = self.calendar?;
        let from = calendar.business_day_from(self.today)?;
        let left = calendar.business_days_between(from, date);
        (date >= self.today && left < u32::from(needed)).then_some(left)
    }

    /// The files of this folder, which ends with `/`, that the pull request changes.
    fn changed_below<'p>(&'p self, folder: &'p str) -> impl Iterator<Item = &'p String> {
        let changed = self.request.base.map(|base| {
            let from = (Bound::Included(folder), Bound::Unbounded);
            base.changed.range::<str, _>(from)
        });
        let all = changed.into_iter().flatten();
        all.take_while(move |path| path.starts_with(folder))
    }

    /// Whether a pull request is looked at that changes this file.
    pub fn is_changed(&self, path: &str) -> bool {
        self.request
            .base
            .is_some_and(|base| base.changed.contains(path))
    }
}

/// A rule and how it is checked.
pub struct Check {
    /// The rule.
    pub rule: Rule,
    /// Adds what it finds.
    pub run: fn(&Context<'_>, &mut Vec<Diagnostic>),
}

/// What a lint brought.
#[derive(Debug)]
pub struct Report {
    /// Sorted by path, place and code.
    pub findings: Vec<Diagnostic>,
    /// The texts that they stand in.
    pub files: Files,
    /// How many more there are that somebody accepted.
    pub allowed: usize,
}

/// What a lint is asked for.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// What is past by then is not tried any more.
    pub now: Timestamp,
    /// What a pull request is compared with.
    pub base: Option<Base<'a>>,
    /// Who proposes the change, by their name on GitHub.
    pub author: Option<&'a str>,
    /// What the ledger says has started, as far as it is known here.
    pub sent: &'a [Sent],
    /// Whether safe fixes are to be put in: then all places of a slip are wanted, and not the first ones.
    pub is_mending: bool,
}

/// A campaign that went out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// Which.
    pub campaign: CampaignId,
    /// When first, in the organisation's zone.
    pub on: Date,
}

/// What a pull request is compared with.
#[derive(Clone, Copy)]
pub struct Base<'a> {
    /// The workspace there.
    pub source: &'a dyn Source,
    /// The paths that differ.
    pub changed: &'a BTreeSet<String>,
}

impl Request<'_> {
    /// About all files, as things stand at `now`.
    pub const fn at(now: Timestamp) -> Self {
        Self {
            now,
            base: None,
            author: None,
            sent: &[],
            is_mending: false,
        }
    }
}

/// Loads the workspace and applies every rule.
pub fn run(source: &dyn Source, request: &Request<'_>) -> Report {
    let changed = request.base.map(|base| base.changed);
    let mut found = look(source, request, changed);
    let mut others = found.concern.keep(&mut found.findings);
    // Reading the base takes as long as the rest. Warnings do not turn the main branch red; and what stands elsewhere
    // and refers to nothing that changes (`Concern` has all that does) hangs on the change only where it misses what
    // the change takes away, or is compared with what it changes.
    let takes_away = changed.is_some_and(|changed| takes_away(source, changed));
    let may_be_new = |it: &Diagnostic| takes_away || rules::COMPARING.contains(&it.rule.code);
    others.retain(|it| it.severity == Severity::Error && may_be_new(it));
    if let Some(base) = request.base.filter(|_| !others.is_empty()) {
        // What is wrong in files that the change does not concern may still come from it: they may refer to what it
        // takes away. What the base has already does not.
        let there = Request {
            base: None,
            ..*request
        };
        let before = look(base.source, &there, changed);
        let key = |it: &Diagnostic| (it.rule.code, it.path.clone(), it.message.clone());
        let known: BTreeSet<_> = before.findings.iter().map(key).collect();
        let new = others.into_iter().filter(|it| !known.contains(&key(it)));
        found.findings.extend(new);
    }
    let files = found.files;
    found.findings.sort_by_cached_key(|finding| {
        let at = resolve::line_column(finding, &files).unwrap_or_default();
        (finding.path.clone(), at, finding.rule.code)
    });
    Report {
        findings: found.findings,
        files,
        allowed: found.allowed,
    }
}

/// Whether one of these files is not there any more.
fn takes_away(source: &dyn Source, changed: &BTreeSet<String>) -> bool {
    let is_gone =
        |path: &String| WorkspacePath::parse(path).is_ok_and(|path| source.size(&path).is_err());
    changed.iter().any(is_gone)
}

/// What is found, of whatever was read.
struct Found<'a> {
    findings: Vec<Diagnostic>,
    files: Files,
    allowed: usize,
    concern: Concern<'a>,
}

/// Reads what a change of these files concerns, or everything, and applies every rule.
fn look<'a>(
    source: &dyn Source,
    request: &Request<'_>,
    changed: Option<&'a BTreeSet<String>>,
) -> Found<'a> {
    let mut loaded = Workspace::load(source);
    let mut findings = std::mem::take(&mut loaded.findings);
    let mut files = std::mem::take(&mut loaded.files);
    let concern = changed.map_or(Concern::All, |changed| Concern::of(&loaded, changed));
    let (texts, odd) = texts::read(source, &loaded, &concern, &mut files);
    findings.extend(odd);
    let templates = templates::compile(source, &loaded, &concern, &mut files);
    let settings = loaded.settings.as_ref();
    let calendar = settings.and_then(|settings| calendar(settings).ok());
    let today = match &calendar {
        Some(calendar) => calendar.date_of(request.now),
        None => request.now.to_zoned(TimeZone::UTC).date(),
    };
    let trials = trial::Trials::new(&templates.compiled, &loaded, today, request.sent);
    let (rows, tried) = rows::read(source, &loaded, &concern, trials);
    let placed = tried.mistakes.into_iter();
    let mistakes: Vec<mistakes::Found> = placed
        .filter_map(|it| templates::placed(source, &loaded, it, &mut files))
        .collect();
    let context = Context {
        loaded: &loaded,
        source,
        files: &files,
        rows: &rows,
        templates: &templates,
        mistakes: &mistakes,
        untried: &tried.untried,
        texts: &texts,
        samples: &tried.samples,
        selected: &tried.selected,
        without_document: &tried.without_document,
        calendar: calendar.as_ref(),
        today,
        request,
        before: request.base.map(|base| before::Before::read(base.source)),
    };
    for check in rules::ALL {
        (check.run)(&context, &mut findings);
    }
    judge(&context, &mut findings);
    let allowed = allowance::apply(&mut findings, &loaded, &files, &all_rules(), &|name| {
        is_asked(settings, name)
    });
    Found {
        findings,
        files,
        allowed,
        concern,
    }
}

/// Gives findings the severities that the settings say.
fn judge(context: &Context<'_>, findings: &mut Vec<Diagnostic>) {
    let Some(settings) = &context.loaded.settings else {
        return;
    };
    let of_procedure = findings.iter().filter(|it| before::is_procedure(it));
    let all: Vec<Diagnostic> = of_procedure.cloned().collect();
    severity::apply(findings, &settings.lint);
    let before = context.before.as_ref().and_then(before::Before::settings);
    if let Some(before) = before {
        before::keep_severities(findings, all, before);
    }
}

/// Whether a rule always looks: one about a change finds nothing without one, or in what the change does not touch, and
/// one that is off never.
fn is_asked(settings: Option<&Settings>, name: &str) -> bool {
    let level = settings.and_then(|it| it.lint.severity.get(name));
    !allowance::OF_CHANGES.contains(&name) && level != Some(&Level::Off)
}

/// Every rule there is, of loading and of comparing, by code.
pub fn all_rules() -> Vec<&'static Rule> {
    let mut all: Vec<&Rule> = loading::ALL.to_vec();
    all.extend(rules::ALL.iter().map(|check| &check.rule));
    all.sort_by_key(|rule| rule.code);
    all
}
