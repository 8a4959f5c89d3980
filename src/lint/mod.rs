//! Finds what is wrong with a workspace: what loading found, and what the rules find that compare its
//! files with each other.
//!
//! A rule is a pure function over a [`Context`] in a file of its own below `rules`; `rules::ALL` is
//! the register. Members' rows are read once and campaigns compiled once, for all rules; in that reading the campaigns are tried on the
//! rows. Opens no
//! network connection.

pub mod mistakes;
pub mod pages;
pub mod rows;
pub mod rules;
pub mod templates;
pub mod trial;

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::diagnostic::file::Files;
use crate::diagnostic::{Diagnostic, Rule, resolve};
use crate::workspace::names::ListName;
use crate::workspace::source::Source;
use crate::workspace::{Loaded, Workspace, rules as loading};

/// What a rule sees.
pub struct Context<'a> {
    /// The workspace, as far as it could be read.
    pub loaded: &'a Loaded,
    /// Its files, for asking whether one is there.
    pub source: &'a dyn Source,
    /// What its lists' rows hold.
    pub rows: &'a BTreeMap<ListName, rows::Rows>,
    /// What compiling its campaigns brought.
    pub templates: &'a templates::Compilation,
    /// What trying the campaigns on those rows brought.
    pub mistakes: &'a [mistakes::Found],
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
}

/// Loads the workspace and applies every rule. `now`: what is past by then is not tried any more.
pub fn run(source: &dyn Source, now: Timestamp) -> Report {
    let mut loaded = Workspace::load(source);
    let mut findings = std::mem::take(&mut loaded.findings);
    let mut files = std::mem::take(&mut loaded.files);
    let templates = templates::compile(source, &loaded, &mut files);
    let today = today(&loaded, now);
    let mut trials = trial::Trials::new(&templates.compiled, &loaded, today);
    let rows = rows::read(source, &loaded, &mut trials);
    let placed = trials.mistakes.into_iter();
    let mistakes: Vec<mistakes::Found> = placed
        .filter_map(|it| templates::placed(source, &loaded, it, &mut files))
        .collect();
    let context = Context {
        loaded: &loaded,
        source,
        rows: &rows,
        templates: &templates,
        mistakes: &mistakes,
    };
    for check in rules::ALL {
        (check.run)(&context, &mut findings);
    }
    findings.sort_by_cached_key(|finding| {
        let at = resolve::line_column(finding, &files).unwrap_or_default();
        (finding.path.clone(), at, finding.rule.code)
    });
    Report { findings, files }
}

/// The day in the organisation's zone.
fn today(loaded: &Loaded, now: Timestamp) -> Date {
    let zone = loaded
        .settings
        .as_ref()
        .and_then(|settings| TimeZone::get(&settings.organisation.zone).ok());
    now.to_zoned(zone.unwrap_or(TimeZone::UTC)).date()
}

/// Every rule there is, of loading and of comparing, by code.
pub fn all_rules() -> Vec<&'static Rule> {
    let mut all: Vec<&Rule> = loading::ALL.to_vec();
    all.extend(rules::ALL.iter().map(|check| &check.rule));
    all.sort_by_key(|rule| rule.code);
    all
}
