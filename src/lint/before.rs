//! What the base of a pull request says about who is who and what is asked of proposals. A proposal must not grant
//! itself what it needs: people, roles, owners and limits of procedure count as they are where it goes to; what it
//! makes stricter counts at once.

use crate::diagnostic::{Diagnostic, Severity};
use crate::workspace::Workspace;
use crate::workspace::names::{ListName, PersonName};
use crate::workspace::settings::{Level, Settings};
use crate::workspace::source::{Source, WorkspacePath};

/// Rules about procedure have codes from here on, up to [`LAST`].
const FIRST: &str = "PM170";

/// The last of them.
const LAST: &str = "PM179";

/// The settings that a proposal goes to.
pub(super) struct Before<'a> {
    source: &'a dyn Source,
    settings: Known<Settings>,
}

/// A file of the base.
enum Known<T> {
    /// There is none: the proposal brings the first one.
    New,
    /// There is one, and it cannot be read: nothing is known.
    Unreadable,
    Read(Box<T>),
}

impl<'a> Before<'a> {
    pub(super) fn read(source: &'a dyn Source) -> Self {
        let settings = Workspace::load_settings(source).ok();
        Self {
            settings: known(source, "postmerge.yaml", settings),
            source,
        }
    }

    /// The settings, where they can be read.
    pub(super) fn settings(&self) -> Option<&Settings> {
        match &self.settings {
            Known::Read(settings) => Some(settings),
            Known::New | Known::Unreadable => None,
        }
    }

    /// Whose word counts about people: the base's, or the proposal's where it is the first.
    pub(super) fn people<'s>(&'s self, proposed: &'s Settings) -> Option<&'s Settings> {
        match &self.settings {
            Known::Read(settings) => Some(settings),
            Known::New => Some(proposed),
            Known::Unreadable => None,
        }
    }

    /// Who owns a list; a list that the proposal brings is its owner's whom the proposal names.
    pub(super) fn owner(&self, name: &ListName, proposed: &PersonName) -> Option<PersonName> {
        let list = Workspace::load_list(self.source, name).ok();
        match known(self.source, &format!("lists/{name}.yaml"), list) {
            Known::Read(file) => Some(file.list.owner),
            Known::New => Some(proposed.clone()),
            Known::Unreadable => None,
        }
    }
}

fn known<T>(source: &dyn Source, path: &str, read: Option<T>) -> Known<T> {
    let is_there = WorkspacePath::parse(path).is_ok_and(|path| source.size(&path).is_ok());
    match read {
        Some(value) => Known::Read(Box::new(value)),
        None if is_there => Known::Unreadable,
        None => Known::New,
    }
}

/// Gives findings about procedure the severity that the base says, where the proposal would lower it; `all` are
/// those that were found before the proposal's severities were applied.
pub(super) fn keep_severities(
    findings: &mut Vec<Diagnostic>,
    all: Vec<Diagnostic>,
    base: &Settings,
) {
    for mut finding in all {
        let level = match base.lint.severity.get(finding.rule.name) {
            Some(Level::Off) => continue,
            Some(Level::Warning) => Severity::Warning,
            Some(Level::Error) => Severity::Error,
            None => finding.rule.severity,
        };
        finding.severity = level;
        let is_it = |other: &&mut Diagnostic| {
            other.rule == finding.rule
                && other.path == finding.path
                && other.place == finding.place
                && other.message == finding.message
        };
        match findings.iter_mut().find(is_it) {
            Some(known) => known.severity = known.severity.max(level),
            None => findings.push(finding),
        }
    }
}

/// Whether a finding is about procedure.
pub(super) fn is_procedure(finding: &Diagnostic) -> bool {
    (FIRST..=LAST).contains(&finding.rule.code)
}
