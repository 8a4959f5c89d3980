//! Findings as GitHub Actions workflow commands, which GitHub shows beside the changed lines.
//! Escapes as the runner reads them: `%`, CR and LF everywhere, `:` and `,` in properties too.

use std::fmt::Write as _;

use super::file::Files;
use super::{Diagnostic, resolve, visible};

/// A line for each finding. `prefix` is the workspace's folder inside the repository, empty or with
/// a `/` at its end: GitHub wants paths from the repository's top.
pub fn render(findings: &[Diagnostic], files: &Files, prefix: &str) -> String {
    let mut out = String::new();
    for finding in findings {
        let path = property(&format!("{prefix}{}", finding.path));
        let _ = write!(out, "::{} file={path}", finding.severity);
        if let Some(found) = resolve::finding(finding, files) {
            let _ = write!(out, ",line={},endLine={}", found.line, found.end_line);
            // GitHub refuses columns for a place over several lines.
            if found.line == found.end_line {
                let last = found.end_column.max(found.column);
                let _ = write!(out, ",col={},endColumn={last}", found.column);
            }
        } else if let Some((line, column)) = resolve::line_column(finding, files) {
            let _ = write!(out, ",line={line},col={column}");
        }
        let title = property(&format!("{} {}", finding.rule.code, finding.rule.name));
        let _ = writeln!(out, ",title={title}::{}", data(&finding.in_full()));
    }
    out
}

fn data(text: &str) -> String {
    // The log is read in terminals, too.
    let shown = |c| match c {
        '\r' | '\n' => c,
        c => visible(c),
    };
    let text: String = text.chars().map(shown).collect();
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::super::file::File;
    use super::super::place::Place;
    use super::super::tests::RULE;
    use super::*;

    #[test]
    fn a_text_can_not_become_a_command() {
        let mut files = Files::default();
        files.insert("a,b.yaml", File::new("key: value\nmore: 1\n"));
        let findings = [
            Diagnostic::new(
                &RULE,
                "a,b.yaml",
                Place::Bytes(5..10),
                "100% odd\r\n::error::x",
            )
            .help("mend it"),
            Diagnostic::new(&RULE, "a,b.yaml", Place::Bytes(5..15), "long"),
            Diagnostic::new(&RULE, "c.csv", Place::File, "\u{1b}[31mall\u{202e} of it"),
        ];
        insta::assert_snapshot!(render(&findings, &files, "mail/"), @r"
        ::error file=mail/a%2Cb.yaml,line=1,endLine=1,col=6,endColumn=11,title=PM998 for-tests::100%25 odd%0D%0A::error::x%0Amend it
        ::error file=mail/a%2Cb.yaml,line=1,endLine=2,title=PM998 for-tests::long
        ::error file=mail/c.csv,title=PM998 for-tests::�[31mall� of it
        ");
    }
}
