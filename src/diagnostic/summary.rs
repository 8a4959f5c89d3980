//! Findings as a page of Markdown: what GitHub shows as a job's summary.

use std::fmt::Write as _;

use super::file::Files;
use super::{Counts, Diagnostic, markdown, resolve};

/// Rows of the table; the rest is counted.
const MOST: usize = 500;

/// GitHub takes a summary of a mebibyte, and other steps may have written to it.
const LARGEST: usize = 900_000;

/// The page. `link` gives the address of a rule's page, where there is one.
pub fn render(
    findings: &[Diagnostic],
    files: &Files,
    link: &dyn Fn(&str) -> Option<String>,
) -> String {
    let mut out = format!("## postmerge lint: {}\n", Counts::of(findings));
    if findings.is_empty() {
        return out;
    }
    out.push_str("\n| | Where | What | Rule |\n|---|---|---|---|\n");
    let mut shown = 0;
    for finding in findings.iter().take(MOST) {
        let row = row(finding, files, link);
        if out.len() + row.len() > LARGEST {
            break;
        }
        out.push_str(&row);
        shown += 1;
    }
    if shown < findings.len() {
        let _ = writeln!(out, "\nand {} more.", findings.len() - shown);
    }
    out
}

fn row(finding: &Diagnostic, files: &Files, link: &dyn Fn(&str) -> Option<String>) -> String {
    let at = resolve::line_column(finding, files);
    let at = at.map_or(String::new(), |(line, column)| format!(":{line}:{column}"));
    let name = finding.rule.name;
    let rule = link(name).map_or_else(|| format!("`{name}`"), |url| format!("[{name}]({url})"));
    let help = finding.help.as_deref().or(finding.why.as_deref());
    let help = help.map_or(String::new(), |help| {
        format!("<br>{}", markdown::escaped(help))
    });
    format!(
        "| {} | {}{at} | {}{help} | {rule} |\n",
        finding.severity,
        markdown::escaped(&finding.path),
        markdown::escaped(&finding.message),
    )
}

#[cfg(test)]
mod tests {
    use super::super::file::File;
    use super::super::place::Place;
    use super::super::tests::RULE;
    use super::*;

    #[test]
    fn a_text_stays_text() {
        let mut files = Files::default();
        files.insert("a.yaml", File::new("x: 1\n"));
        let finding = Diagnostic::new(&RULE, "a.yaml", Place::Bytes(0..1), "<b>@ana</b> | [x](y)")
            .help("mend\nit");
        insta::assert_snapshot!(render(&[finding], &files, &|_| None), @r"
        ## postmerge lint: 1 error

        | | Where | What | Rule |
        |---|---|---|---|
        | error | a.yaml:1:1 | &lt;b&gt;<span>@</span>ana&lt;/b&gt; \| \[x\](y)<br>mend it | `for-tests` |
        ");
    }
    #[test]
    fn a_summary_is_smaller_than_github_takes() {
        let finding =
            Diagnostic::new(&RULE, "a.yaml", Place::File, "ñ ".repeat(400)).help("$".repeat(900));
        let findings = vec![finding; 700];
        let page = render(&findings, &Files::default(), &|_| None);
        assert!(page.len() < 1_000_000, "{}", page.len());
        assert!(page.ends_with(" more.\n"), "the rest is counted");
    }
}
