//! Findings as people read them: an excerpt with the place underlined, why, and what to do.

use std::ops::Range;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Origin, Patch, Renderer, Snippet};

use super::file::Files;
use super::{Counts, Diagnostic, Severity, resolve};

/// The findings, an empty line after each, and the counts at the end. Escape sequences for colour
/// are written only where `colour` asks for them; control characters of the texts never are.
pub fn render(findings: &[Diagnostic], files: &Files, colour: bool) -> String {
    let renderer = if colour {
        Renderer::styled()
    } else {
        Renderer::plain()
    }
    .decor_style(DecorStyle::Ascii);
    let mut out = String::new();
    for finding in findings {
        let finding = visible(finding);
        out.push_str(&renderer.render(&report(&finding, files)));
        out.push_str("\n\n");
    }
    out.push_str(&Counts::of(findings).to_string());
    out.push('\n');
    out
}

/// The renderer makes control characters of titles and sources visible, but not those of labels and
/// notes; texts of a pull request stand in all of them.
fn visible(finding: &Diagnostic) -> Diagnostic {
    let clean = |text: &String| text.chars().map(super::visible).collect::<String>();
    let mut shown = finding.clone();
    shown.path = clean(&shown.path);
    shown.message = clean(&shown.message);
    for text in [&mut shown.label, &mut shown.why, &mut shown.help] {
        *text = text.as_ref().map(clean);
    }
    if let Some(fix) = &mut shown.fix {
        fix.title = clean(&fix.title);
        // A line of its own stays one.
        fix.replacement = super::printable(&fix.replacement.replace("\r\n", "\n"));
    }
    shown
}

fn report<'a>(finding: &'a Diagnostic, files: &'a Files) -> Vec<Group<'a>> {
    let level = match finding.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let title = level
        .primary_title(finding.message.as_str())
        .id(format!("{} {}", finding.rule.code, finding.rule.name));
    let group = Group::with_title(title);
    let mut group = match excerpt(finding, files) {
        Some((snippet, Cut::Not)) => group.element(snippet.path(finding.path.as_str())),
        // The renderer would count columns from where the line is cut.
        Some((snippet, Cut::Off)) => group.element(origin(finding, files)).element(snippet),
        None => group.element(origin(finding, files)),
    };
    if let Some(why) = &finding.why {
        group = group.element(Level::NOTE.message(why.as_str()));
    }
    if let Some(help) = &finding.help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    if let Some(patch) = patch(finding, files) {
        return vec![group, patch];
    }
    vec![group]
}

fn origin<'a>(finding: &'a Diagnostic, files: &Files) -> Origin<'a> {
    let origin = Origin::path(finding.path.as_str());
    match resolve::line_column(finding, files) {
        Some((line, column)) => origin.line(line).char_column(column),
        None => origin,
    }
}

/// How many bytes of a longer line than four times this are shown on either side of a place: a page made by a
/// program may be one line of a megabyte.
const AROUND: usize = 1_000;

/// Whether an excerpt is a part of its line only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cut {
    Not,
    Off,
}

/// The part of a line that is shown around `bytes`, cut between characters.
fn shown(text: &str, line: Range<usize>, bytes: &Range<usize>) -> (Range<usize>, Cut) {
    if line.len() <= 4 * AROUND {
        return (line, Cut::Not);
    }
    let start = text.floor_char_boundary(bytes.start.saturating_sub(AROUND).max(line.start));
    let marked = bytes.end.min(bytes.start.saturating_add(AROUND));
    let end = text.ceil_char_boundary(marked.saturating_add(AROUND).min(line.end));
    (start..end.max(start), Cut::Off)
}

/// One line of the text: what spans several is underlined to its first line's end, so that an
/// error about a mapping does not quote the whole of it.
fn excerpt<'a>(
    finding: &'a Diagnostic,
    files: &'a Files,
) -> Option<(Snippet<'a, annotate_snippets::Annotation<'a>>, Cut)> {
    let found = resolve::finding(finding, files)?;
    let file = files.get(&finding.path)?;
    let (line, cut) = shown(file.text(), file.line_span(found.line), &found.bytes);
    let start = found.bytes.start.min(line.end) - line.start;
    let end = found.bytes.end.min(line.end) - line.start;
    let mut mark = AnnotationKind::Primary.span(start..end.max(start));
    if let Some(label) = &finding.label {
        mark = mark.label(label.as_str());
    }
    let snippet = Snippet::source(file.text().get(line)?).line_start(found.line);
    Some((snippet.annotation(mark), cut))
}

fn patch<'a>(finding: &'a Diagnostic, files: &'a Files) -> Option<Group<'a>> {
    let fix = finding.fix.as_ref()?;
    let found = resolve::fix(finding, fix, files)?;
    let file = files.get(&finding.path)?;
    let line = file.line_span(found.line);
    if found.bytes.end > line.end {
        return None;
    }
    let (line, _) = shown(file.text(), line, &found.bytes);
    if found.bytes.end > line.end {
        return None;
    }
    let span = found.bytes.start - line.start..found.bytes.end - line.start;
    Some(
        Level::HELP.secondary_title(fix.title.as_str()).element(
            Snippet::source(file.text().get(line)?)
                .line_start(found.line)
                .path(finding.path.as_str())
                .patch(Patch::new(span, fix.replacement.as_str())),
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::super::file::File;
    use super::super::place::Place;
    use super::super::tests::RULE;
    use super::*;

    #[test]
    fn says_where_why_and_what_to_do() {
        let mut files = Files::default();
        files.insert("a.yaml", File::new("año: 1\nlists: [prensas]\n"));
        let findings = [
            Diagnostic::new(
                &RULE,
                "a.yaml",
                Place::Bytes(16..23),
                "there is no list `prensas`",
            )
            .why("nobody would get it")
            .did_you_mean("prensas", ["prensa", "socios"]),
            Diagnostic::new(&RULE, "b.csv", Place::Line { line: 7, column: 2 }, "odd"),
        ];
        insta::assert_snapshot!(render(&findings, &files, false), @r"
        error[PM998 for-tests]: there is no list `prensas`
         --> a.yaml:2:9
          |
        2 | lists: [prensas]
          |         ^^^^^^^ did you mean `prensa`?
          |
          = note: nobody would get it
        help: write `prensa`
          |
        2 - lists: [prensas]
        2 + lists: [prensa]
          |

        error[PM998 for-tests]: odd
        --> b.csv:7:2

        2 errors
        ");
    }

    #[test]
    fn a_fix_of_several_lines_is_shown_as_lines() {
        let mut files = Files::default();
        files.insert("a.yaml", File::new("subject: Hello\r\n"));
        let finding = Diagnostic::new(&RULE, "a.yaml", Place::File, "odd").fix(
            "name the schema",
            Place::Bytes(0..0),
            "# schema\u{1b}\r\n".to_owned(),
        );
        insta::assert_snapshot!(render(&[finding], &files, false), @r"
        error[PM998 for-tests]: odd
         --> a.yaml
          |
        help: name the schema
          |
        1 + # schema�
          |

        1 error
        ");
    }

    #[test]
    fn of_a_very_long_line_the_part_around_the_place_is_shown() {
        let text = format!("{}wrong{}", "é".repeat(300_000), "ü".repeat(300_000));
        let mut files = Files::default();
        let at = text.find("wrong").unwrap();
        files.insert("a.html", File::new(&text));
        let finding = Diagnostic::new(&RULE, "a.html", Place::Bytes(at..at + 5), "odd");
        let out = render(&[finding], &files, false);
        assert!(
            out.contains("éwrongü") && out.len() < 5_000,
            "{}",
            out.len()
        );
        assert!(out.contains("a.html:1:300001"), "{out}");
    }

    #[test]
    fn a_text_can_not_speak_to_the_terminal() {
        let mut files = Files::default();
        files.insert("a.yaml", File::new("x: \u{1b}[2Jy\u{202e}\n"));
        let finding = Diagnostic::new(
            &RULE,
            "a.yaml",
            Place::Bytes(0..1),
            "odd \u{1b}]0;title\u{7}",
        )
        .label("\u{1b}[31m")
        .help("\u{1b}[31m");
        let shown = render(&[finding], &files, false);
        assert!(
            !shown.contains(['\u{1b}', '\u{7}', '\u{202e}']),
            "{shown:?}"
        );
    }
}
