//! Findings that somebody accepts in place, with a reason: `# postmerge: allow image-heavy -- flyer approved
//! by brand`. In `campaign.yaml`, `template.yaml` or a list's YAML file it counts for the whole campaign,
//! template or list; elsewhere for its own lines and the next. One that accepts nothing, of a rule that looked, is
//! itself a finding, and so is one without a reason, of a rule that does not exist or cannot be accepted, or that is
//! no comment.

use std::ops::Range;

use super::comments::{Comment, comments};
use super::rules::{allowance_unknown, allowance_unused};
use crate::diagnostic::file::{File, Files};
use crate::diagnostic::place::Place;
use crate::diagnostic::{Diagnostic, Rule, resolve};
use crate::plan::owner::Owners;
use crate::render::accepted_from;
use crate::workspace::loaded::Loaded;

/// An accepted rule.
struct Allowance {
    path: String,
    rule: &'static str,
    /// The rule's name in the file.
    at: Range<usize>,
    scope: Scope,
    is_used: bool,
}

/// Which findings it counts for.
#[derive(Clone)]
enum Scope {
    /// In its own lines and the next: the first and the last.
    Lines(usize, usize),
    /// In every file of a campaign, a template or a list.
    Of(String),
}

/// Takes away what is accepted, and adds what is wrong with the acceptances; how many were taken away.
/// `is_asked` tells of which rules it is known that they had looked: of others nothing is said to be unused.
pub(super) fn apply(
    findings: &mut Vec<Diagnostic>,
    loaded: &Loaded,
    files: &Files,
    all: &[&'static Rule],
    is_asked: &dyn Fn(&str) -> bool,
) -> usize {
    let owners = Owners::of(loaded);
    let mut reader = Reader {
        all,
        owners: &owners,
        allowances: Vec::new(),
        wrong: Vec::new(),
    };
    for (path, file) in files.iter() {
        for comment in comments(path, file) {
            reader.read(path, file, &comment);
        }
    }
    let Reader {
        mut allowances,
        mut wrong,
        ..
    } = reader;
    let before = findings.len();
    findings.retain(|finding| {
        let line = resolve::line_column(finding, files).map(|(line, _)| line);
        let mut accepted = false;
        for allowance in &mut allowances {
            if allowance.rule == finding.rule.name && allowance.covers(&finding.path, line, &owners)
            {
                allowance.is_used = true;
                accepted = true;
            }
        }
        !accepted
    });
    let taken = before - findings.len();
    findings.append(&mut wrong);
    for unused in allowances
        .iter()
        .filter(|it| !it.is_used && is_asked(it.rule))
    {
        findings.push(allowance_unused::finding(
            &unused.path,
            Place::Bytes(unused.at.clone()),
            unused.rule,
        ));
    }
    taken
}

impl Allowance {
    fn covers(&self, path: &str, line: Option<usize>, owners: &Owners) -> bool {
        match &self.scope {
            Scope::Lines(first, last) => {
                path == self.path && line.is_some_and(|line| (*first..=*last).contains(&line))
            }
            Scope::Of(owner) => owners.owner(path) == Some(owner),
        }
    }
}

/// Rules that compare with a base, and look only at what a change touches: what was accepted in the proposal is not
/// found any more once it is merged, and stays accepted.
pub(super) const OF_CHANGES: [&str; 7] = [
    "list-not-owned",
    "notice-too-short",
    "date-past",
    "document-late",
    "template-late",
    "sent-campaign-changed",
    "id-renamed-after-sending",
];

/// Rules below this are about whether a file can be read at all: there is nothing to accept.
pub(super) const FIRST_ALLOWED: &str = "PM040";

struct Reader<'a> {
    all: &'a [&'static Rule],
    owners: &'a Owners,
    allowances: Vec<Allowance>,
    wrong: Vec<Diagnostic>,
}

impl Reader<'_> {
    fn read(&mut self, path: &str, file: &File, comment: &Comment) {
        let text = file.text().get(comment.at.clone()).unwrap_or_default();
        let place = Place::Bytes(comment.at.clone());
        let Some(from) = accepted_from(text) else {
            if !comment.is_mailed && is_nearly_one(text) {
                self.wrong.push(allowance_unknown::malformed(path, place));
            }
            return;
        };
        if comment.is_mailed {
            self.wrong.push(allowance_unknown::mailed(path, place));
            return;
        }
        let inner = inner(text).get(from..).unwrap_or_default();
        let (names, reason) = halves(inner);
        let lower = reason.to_ascii_lowercase();
        let mut more = lower.split("postmerge:").skip(1);
        if more.any(|rest| rest.trim_start().starts_with("allow")) {
            self.wrong.push(allowance_unknown::second(path, place));
        }
        let scope = self.scope(path, file, &comment.at);
        let mut offset = comment.at.start + from;
        for part in names.split(',') {
            let lead = part.len() - part.trim_start().len();
            let span = offset + lead..offset + lead + part.trim().len();
            offset += part.len() + 1;
            self.accept(path, part.trim(), span, !reason.trim().is_empty(), &scope);
        }
    }

    fn accept(
        &mut self,
        path: &str,
        name: &str,
        at: Range<usize>,
        has_reason: bool,
        scope: &Scope,
    ) {
        let place = Place::Bytes(at.clone());
        let wrong = match self.all.iter().find(|rule| rule.name == name) {
            None => allowance_unknown::unknown(path, place, name, self.all),
            Some(rule) if rule.code < FIRST_ALLOWED => {
                allowance_unknown::not_allowed(path, place, name)
            }
            Some(_) if !has_reason => allowance_unknown::without_reason(path, place, name),
            Some(rule) => {
                self.allowances.push(Allowance {
                    path: path.to_owned(),
                    rule: rule.name,
                    at,
                    scope: scope.clone(),
                    is_used: false,
                });
                return;
            }
        };
        self.wrong.push(wrong);
    }

    fn scope(&self, path: &str, file: &File, at: &Range<usize>) -> Scope {
        let is_whole = path.starts_with("lists/")
            || path.ends_with("/campaign.yaml")
            || path.ends_with("/template.yaml");
        match self.owners.owner(path).filter(|_| is_whole) {
            Some(owner) => Scope::Of(owner.to_owned()),
            None => {
                let line = |byte| file.line_column(byte).0;
                Scope::Lines(line(at.start), line(at.end.saturating_sub(1)) + 1)
            }
        }
    }
}

/// A comment without what ends it.
fn inner(comment: &str) -> &str {
    let ends = ["-->", "*/", "-#}", "#}"];
    let end = ends.iter().find_map(|end| comment.strip_suffix(end));
    end.unwrap_or(comment).trim_end()
}

/// The names of rules and the reason.
fn halves(inner: &str) -> (&str, &str) {
    let dashes = ["--", "\u{2014}", "\u{2013}"];
    let first = dashes
        .iter()
        .filter_map(|dash| Some((inner.find(dash)?, dash.len())))
        .min();
    match first {
        Some((at, length)) => (
            inner.get(..at).unwrap_or_default(),
            inner.get(at + length..).unwrap_or_default(),
        ),
        None => (inner, ""),
    }
}

/// Whether somebody meant to accept something and wrote other words.
fn is_nearly_one(comment: &str) -> bool {
    let text = comment.to_ascii_lowercase();
    let text = text.trim_start_matches(|c: char| c.is_whitespace() || "<!-/*{#".contains(c));
    let Some(rest) = text.strip_prefix("postmerge") else {
        return false;
    };
    let has_colon = rest.trim_start().starts_with(':');
    let rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == ':');
    let word: &str = rest
        .split(|c: char| !c.is_alphabetic())
        .next()
        .unwrap_or_default();
    if !has_colon {
        return word == "allow";
    }
    const OTHERS: [&str; 5] = ["ignore", "disable", "accept", "permit", "skip"];
    word.starts_with("allow") || OTHERS.contains(&word) || strsim::osa_distance(word, "allow") == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_reason_are_told_apart() {
        for (comment, names, reason) in [
            (
                "<!-- postmerge: allow a, b -- c -- d -->",
                " a, b ",
                " c -- d",
            ),
            ("# postmerge: allow a \u{2014} b", " a ", " b"),
            ("{# postmerge: allow a -- b -#}", " a ", " b"),
            ("/* postmerge: allow a */", " a", ""),
        ] {
            let from = accepted_from(comment).unwrap();
            let inner = &inner(comment)[from..];
            assert_eq!(halves(inner), (names, reason), "{comment}");
        }
    }

    #[test]
    fn other_words_are_seen() {
        for (comment, is) in [
            ("<!-- postmerge: alow a -- b -->", true),
            ("# postmerge: allows a", true),
            ("# postmerge allow a", true),
            ("/* postmerge: disable a */", true),
            ("# postmerge: see the manual", false),
            ("# postmerge sends this", false),
            ("# about postmerge: alow", false),
        ] {
            assert_eq!(is_nearly_one(comment), is, "{comment}");
        }
    }
}
