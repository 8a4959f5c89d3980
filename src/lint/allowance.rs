//! Findings that somebody accepts in place, with a reason: `# postmerge: allow image-heavy -- flyer approved
//! by brand`. In `campaign.yaml`, `template.yaml` or a list's YAML file it counts for the whole campaign,
//! template or list; elsewhere for its own line and the next. One that accepts nothing, of a rule that looked, is
//! itself a finding, and so is one without a reason or of a rule that does not exist or can not be accepted.

use std::ops::Range;

use super::rules::{allowance_unknown, allowance_unused};
use crate::diagnostic::file::Files;
use crate::diagnostic::place::Place;
use crate::diagnostic::{Diagnostic, Rule, resolve};

/// What begins one, in a comment.
const MARK: &str = "postmerge: allow ";

/// How comments begin.
const COMMENTS: [&str; 4] = ["#", "<!--", "/*", "{#"];

/// An accepted rule.
struct Allowance {
    path: String,
    rule: String,
    /// The rule's name in the file.
    at: Range<usize>,
    line: usize,
    scope: Scope,
    is_used: bool,
}

/// Which findings it counts for.
enum Scope {
    /// In its own line and the next.
    Lines,
    /// In every file whose path begins so.
    Below(String),
}

/// Takes away what is accepted, and adds what is wrong with the acceptances; how many were taken away.
/// `is_asked` tells of which rules it is known that they had looked: of others nothing is said to be unused.
pub(super) fn apply(
    findings: &mut Vec<Diagnostic>,
    files: &Files,
    all: &[&'static Rule],
    is_asked: &dyn Fn(&str) -> bool,
) -> usize {
    let mut wrong = Vec::new();
    let mut allowances = Vec::new();
    for (path, file) in files.iter() {
        if file.text().contains(MARK) {
            read(path, file.text(), all, &mut allowances, &mut wrong);
        }
    }
    let before = findings.len();
    findings.retain(|finding| {
        let line = resolve::line_column(finding, files).map(|(line, _)| line);
        let mut accepted = false;
        for allowance in &mut allowances {
            if allowance.rule == finding.rule.name && allowance.covers(&finding.path, line) {
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
        .filter(|it| !it.is_used && is_asked(&it.rule))
    {
        findings.push(allowance_unused::finding(
            &unused.path,
            Place::Bytes(unused.at.clone()),
            &unused.rule,
        ));
    }
    taken
}

impl Allowance {
    fn covers(&self, path: &str, line: Option<usize>) -> bool {
        match &self.scope {
            Scope::Lines => {
                path == self.path
                    && line.is_some_and(|line| line == self.line || line == self.line + 1)
            }
            Scope::Below(below) => path.starts_with(below.as_str()),
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

fn read(
    path: &str,
    text: &str,
    all: &[&'static Rule],
    allowances: &mut Vec<Allowance>,
    wrong: &mut Vec<Diagnostic>,
) {
    let mut start = 0;
    for (number, line) in text.split_inclusive('\n').enumerate() {
        let begin = start;
        start += line.len();
        let Some((at, rest)) = marked(line) else {
            continue;
        };
        let end = ["-->", "*/", "#}"]
            .iter()
            .filter_map(|end| rest.find(end))
            .min()
            .unwrap_or(rest.trim_end().len());
        let inner = rest.get(..end).unwrap_or_default();
        let (names, reason) = inner.split_once("--").unwrap_or((inner, ""));
        let mut offset = begin + at;
        for part in names.split(',') {
            let name = part.trim();
            let lead = part.len() - part.trim_start().len();
            let span = offset + lead..offset + lead + name.len();
            offset += part.len() + 1;
            let place = Place::Bytes(span.clone());
            let rule = all.iter().find(|rule| rule.name == name);
            match rule {
                Some(rule) if rule.code < FIRST_ALLOWED => {
                    wrong.push(allowance_unknown::not_allowed(path, place, name));
                }
                Some(_) if reason.trim().is_empty() => {
                    wrong.push(allowance_unknown::without_reason(path, place, name));
                }
                Some(_) => allowances.push(Allowance {
                    path: path.to_owned(),
                    rule: name.to_owned(),
                    at: span,
                    line: number + 1,
                    scope: scope(path),
                    is_used: false,
                }),
                None => wrong.push(allowance_unknown::unknown(path, place, name, all)),
            }
        }
    }
}

/// Where in a line the rules' names begin, and what stands from there on.
fn marked(line: &str) -> Option<(usize, &str)> {
    let at = line.find(MARK)?;
    let before = line.get(..at)?.trim_end();
    let is_comment = COMMENTS.iter().any(|sign| before.ends_with(sign));
    let from = at + MARK.len();
    is_comment.then_some((from, line.get(from..)?))
}

fn scope(path: &str) -> Scope {
    let below = path
        .strip_suffix("campaign.yaml")
        .or_else(|| path.strip_suffix("template.yaml"));
    match below.or_else(|| {
        path.strip_suffix("yaml")
            .filter(|it| it.starts_with("lists/"))
    }) {
        Some(below) => Scope::Below(below.to_owned()),
        None => Scope::Lines,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_stand_in_comments_only() {
        for (line, expected) in [
            ("# postmerge: allow a-b -- why", Some("a-b -- why")),
            ("x: 1  # postmerge: allow a", Some("a")),
            ("<!-- postmerge: allow a -- b -->", Some("a -- b -->")),
            ("postmerge: allow a -- b", None),
            ("text postmerge: allow a", None),
        ] {
            assert_eq!(marked(line).map(|(_, rest)| rest), expected, "{line}");
        }
    }
}
