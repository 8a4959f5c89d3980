//! The comments of a file, by how it is written. Code in Markdown, headings and YAML's texts are none, whatever
//! they look like.

use std::ops::Range;

use pulldown_cmark::{Event, Options, Parser, Tag};

use crate::diagnostic::file::File;
use crate::render::comments as of_templates;
use crate::render::html::{Part, parts};

/// A comment, or what looks like one.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Comment {
    /// All of it, with what it begins with.
    pub(super) at: Range<usize>,
    /// Whether it is text that recipients get: a heading of Markdown, a line of a plain text.
    pub(super) is_mailed: bool,
}

/// All in a file, as its name says how it is written. Only in those that have `postmerge` in them.
pub(super) fn comments(path: &str, file: &File) -> Vec<Comment> {
    let text = file.text();
    if !text.to_ascii_lowercase().contains("postmerge") {
        return Vec::new();
    }
    let mut found = Vec::new();
    match path.rsplit('.').next().unwrap_or_default() {
        "yaml" => return of_yaml(file),
        "md" => of_markdown(text, &mut found),
        "html" => of_html(text, 0, &mut found),
        "css" => of_css(text, 0, &mut found),
        _ => of_plain(text, &mut found),
    }
    found.extend(of_templates(text).map(is_one));
    found
}

fn is_one(at: Range<usize>) -> Comment {
    Comment {
        at,
        is_mailed: false,
    }
}

fn of_yaml(file: &File) -> Vec<Comment> {
    let text = file.text();
    let values = file.positions().texts();
    let is_in_value = |at: usize| {
        let next = values.partition_point(|value| value.start <= at);
        let before = next.checked_sub(1).and_then(|before| values.get(before));
        before.is_some_and(|value| value.contains(&at))
    };
    let mut found = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let end = start + line.trim_end().len();
        let signs = line.match_indices('#').map(|(at, _)| at);
        // YAML 1.2.2, 6.6: blanks stand before it.
        let mut signs = signs.filter(|at| {
            let before = line.get(..*at).unwrap_or_default();
            before.is_empty() || before.ends_with([' ', '\t', '\u{feff}'])
        });
        if let Some(at) = signs.find(|at| !is_in_value(start + at)) {
            found.push(is_one(start + at..end));
        }
        start += line.len();
    }
    found
}

fn of_markdown(text: &str, found: &mut Vec<Comment>) {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
    // A block of HTML comes line by line.
    let mut html = 0..0;
    for (event, at) in Parser::new_ext(text, options).into_offset_iter() {
        match event {
            Event::Html(_) | Event::InlineHtml(_) if at.start == html.end => html.end = at.end,
            Event::Html(_) | Event::InlineHtml(_) => {
                of_html(
                    text.get(html.clone()).unwrap_or_default(),
                    html.start,
                    found,
                );
                html = at;
            }
            Event::Start(Tag::Heading { .. }) => {
                let heading = text.get(at.clone()).unwrap_or_default();
                found.push(Comment {
                    at: at.start..at.start + heading.trim_end().len(),
                    is_mailed: true,
                });
            }
            _ => {}
        }
    }
    of_html(
        text.get(html.clone()).unwrap_or_default(),
        html.start,
        found,
    );
}

fn of_html(html: &str, start: usize, found: &mut Vec<Comment>) {
    let mut at = start;
    for part in parts(html) {
        let span = at..at + part.source().len();
        at = span.end;
        match part {
            Part::Comment(_) => found.push(is_one(span)),
            Part::Raw("style", css) => of_css(css, span.start, found),
            _ => {}
        }
    }
}

fn of_css(css: &str, start: usize, found: &mut Vec<Comment>) {
    let mut from = 0;
    while let Some(at) = css.get(from..).and_then(|rest| rest.find("/*")) {
        let at = from + at;
        let body = css.get(at + 2..).unwrap_or_default();
        from = body.find("*/").map_or(css.len(), |end| at + end + 4);
        found.push(is_one(start + at..start + from));
    }
}

fn of_plain(text: &str, found: &mut Vec<Comment>) {
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let lead = line.len() - line.trim_start().len();
        if !line.trim_start().starts_with("{#") {
            found.push(Comment {
                at: start + lead..start + line.trim_end().len().max(lead),
                is_mailed: true,
            });
        }
        start += line.len();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::yaml;

    fn found(path: &str, text: &str) -> Vec<(String, bool)> {
        let file = match path.ends_with(".yaml") {
            true => yaml::read(path, text.to_owned()).file,
            false => File::new(text),
        };
        let all = comments(path, &file).into_iter();
        let marked = all.filter(|it| text[it.at.clone()].contains("postmerge"));
        let mut marked: Vec<_> = marked.collect();
        marked.sort_by_key(|it| it.at.start);
        let texts = marked.into_iter();
        texts
            .map(|it| (text[it.at].trim_end().to_owned(), it.is_mailed))
            .collect()
    }

    #[test]
    fn comments_are_those_of_the_language() {
        let is = |text: &str| (text.to_owned(), false);
        let yaml = "# postmerge 1\na: 'x # postmerge 2' # postmerge 3\nb: |\n  # postmerge 4\n  c\nd: [x, # postmerge 5\n  y]\n\
                    e: x#postmerge 6\nf: >- # postmerge 7\n  # postmerge 8\ng: \"a\n  # postmerge 9\"\n# postmerge 10\n";
        let numbers = ["1", "3", "5", "7", "10"].map(|n| is(&format!("# postmerge {n}")));
        assert_eq!(found("a.yaml", yaml), numbers);
        let md = "<!-- postmerge 1 -->\n# postmerge 2\n\n```\n<!-- postmerge 3 -->\n# postmerge 4\n```\n\na `<!-- postmerge 5 -->` <!-- postmerge 6 --> \
                  {# postmerge 7 #}\n\n<!--\npostmerge 8\n-->\n";
        assert_eq!(
            found("a.md", md),
            [
                is("<!-- postmerge 1 -->"),
                ("# postmerge 2".to_owned(), true),
                is("<!-- postmerge 6 -->"),
                is("{# postmerge 7 #}"),
                is("<!--\npostmerge 8\n-->")
            ]
        );
        let html =
            "<p title='<!-- postmerge 1 -->'><!-- postmerge 2 --><style>/* postmerge 3 */</style>";
        assert_eq!(
            found("a.html", html),
            [is("<!-- postmerge 2 -->"), is("/* postmerge 3 */")]
        );
        assert_eq!(found("a.css", "a{}/* postmerge"), [is("/* postmerge")]);
        let mailed = ("# postmerge 1".to_owned(), true);
        assert_eq!(
            found("a.txt", "# postmerge 1\n{# postmerge 2 #}\n"),
            [mailed, is("{# postmerge 2 #}")]
        );
    }
}
