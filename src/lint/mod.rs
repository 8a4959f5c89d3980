//! Finds what is wrong with a workspace: what loading found, and what the rules find that compare its
//! files with each other.
//!
//! A rule is a pure function over a [`Context`] in a file of its own below `rules`; `rules::ALL` is
//! the register. Members' rows are read once and campaigns compiled once, for all rules. Opens no
//! network connection.

pub mod pages;
pub mod rows;
pub mod rules;
pub mod templates;

use std::collections::BTreeMap;

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

/// Loads the workspace and applies every rule.
pub fn run(source: &dyn Source) -> Report {
    let mut loaded = Workspace::load(source);
    let mut findings = std::mem::take(&mut loaded.findings);
    let rows = rows::read(source, &loaded);
    let mut files = std::mem::take(&mut loaded.files);
    let templates = templates::compile(source, &loaded, &mut files);
    let context = Context {
        loaded: &loaded,
        source,
        rows: &rows,
        templates: &templates,
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

/// Every rule there is, of loading and of comparing, by code.
pub fn all_rules() -> Vec<&'static Rule> {
    let mut all: Vec<&Rule> = loading::ALL.to_vec();
    all.extend(rules::ALL.iter().map(|check| &check.rule));
    all.sort_by_key(|rule| rule.code);
    all
}
