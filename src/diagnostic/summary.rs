//! Findings as a page of Markdown: what GitHub shows as a job's summary.

use std::fmt::Write as _;

use super::file::Files;
use super::{Counts, Diagnostic, markdown, resolve};

/// Rows of the table; the rest is counted. GitHub takes a summary of a megabyte.
const MOST: usize = 500;

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
    for finding in findings.iter().take(MOST) {
        let at = resolve::line_column(finding, files);
        let at = at.map_or(String::new(), |(line, column)| format!(":{line}:{column}"));
        let name = finding.rule.name;
        let rule = link(name).map_or_else(|| format!("`{name}`"), |url| format!("[{name}]({url})"));
        let help = finding.help.as_deref().or(finding.why.as_deref());
        let help = help.map_or(String::new(), |help| {
            format!("<br>{}", markdown::escaped(help))
        });
        let _ = writeln!(
            out,
            "| {} | {}{at} | {}{help} | {rule} |",
            finding.severity,
            markdown::escaped(&finding.path),
            markdown::escaped(&finding.message),
        );
    }
    if let Some(more) = findings.len().checked_sub(MOST).filter(|more| *more > 0) {
        let _ = writeln!(out, "\nand {more} more.");
    }
    out
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
        | error | a.yaml:1:1 | &lt;b&gt;&#64;ana&lt;/b&gt; \| \[x\](y)<br>mend it | `for-tests` |
        ");
    }
}
