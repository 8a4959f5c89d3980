//! Findings as one JSON document, for programs.

use serde::Serialize;

use super::file::Files;
use super::resolve::{self, Resolved};
use super::{Counts, Diagnostic, Severity};

#[derive(Serialize)]
struct Document<'a> {
    version: u8,
    findings: Vec<Finding<'a>>,
    #[serde(flatten)]
    counts: Counts,
}

#[derive(Serialize)]
struct Finding<'a> {
    code: &'a str,
    rule: &'a str,
    severity: Severity,
    path: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<At>,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fix: Option<Replacement<'a>>,
}

/// A place, or only where it begins, in a file whose text is not kept: members' rows.
#[derive(Serialize)]
#[serde(untagged)]
enum At {
    Whole(Resolved),
    Start { line: usize, column: usize },
}

#[derive(Serialize)]
struct Replacement<'a> {
    title: &'a str,
    place: Resolved,
    replacement: &'a str,
}

/// The document, `version` 1, with a line break at its end. A place is absent for a file as a whole, and has line
/// and column alone in members' files.
pub fn render(findings: &[Diagnostic], files: &Files) -> String {
    let document = Document {
        version: 1,
        findings: findings.iter().map(|f| finding(f, files)).collect(),
        counts: Counts::of(findings),
    };
    // Only strings and numbers: serialising them cannot fail.
    let mut text = serde_json::to_string_pretty(&document).unwrap_or_default();
    text.push('\n');
    text
}

fn place(finding: &Diagnostic, files: &Files) -> Option<At> {
    if let Some(found) = resolve::finding(finding, files) {
        return Some(At::Whole(found));
    }
    let (line, column) = resolve::line_column(finding, files)?;
    Some(At::Start { line, column })
}

fn finding<'a>(finding: &'a Diagnostic, files: &Files) -> Finding<'a> {
    Finding {
        code: finding.rule.code,
        rule: finding.rule.name,
        severity: finding.severity,
        path: &finding.path,
        place: place(finding, files),
        message: &finding.message,
        label: finding.label.as_deref(),
        why: finding.why.as_deref(),
        help: finding.help.as_deref(),
        fix: finding.fix.as_ref().and_then(|fix| {
            Some(Replacement {
                title: &fix.title,
                place: resolve::fix(finding, fix, files)?,
                replacement: &fix.replacement,
            })
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::super::place::Place;
    use super::super::tests::RULE;
    use super::*;

    #[test]
    fn a_row_has_its_line_though_its_text_is_not_kept() {
        let finding = Diagnostic::new(&RULE, "a.csv", Place::Line { line: 3, column: 2 }, "odd");
        let text = render(&[finding], &Files::default());
        let document: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(
            document.pointer("/findings/0/place"),
            Some(&serde_json::json!({"line": 3, "column": 2}))
        );
    }
}
