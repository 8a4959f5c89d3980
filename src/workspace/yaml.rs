//! YAML into a JSON value with the position of every key and value.
//!
//! A stricter language than YAML: one document, no key twice, no anchors, aliases or tags, nesting
//! and size bounded. So what is read costs time and memory linear in the file's length, and means
//! one thing. The parser is driven event by event: nothing here or there recurses into the file.

use std::borrow::Cow;
use std::ops::Range;

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Span, StrInput};
use serde_json::{Map, Value};

use super::rules;
use super::yaml_scalar;
use crate::diagnostic::file::File;
use crate::diagnostic::place::Place;
use crate::diagnostic::position::{NodeId, Positions};
use crate::diagnostic::{Diagnostic, Rule};

/// Deeper than any file needs; what reads the value later may recurse this deep.
const DEEPEST: usize = 32;
/// More values than any file needs: bounds memory to a multiple of the file's size.
const MOST_VALUES: usize = 100_000;
/// Findings of one kind that are worth listing.
const MOST_FINDINGS: usize = 20;
/// Tabs behind keys that are read as the spaces that they are: each costs another reading.
const MOST_TABS: usize = 64;

/// A document that was read: with findings of severity error there may be no value.
#[derive(Debug)]
pub struct Document {
    /// What it says; none where it could not be read to its end.
    pub value: Option<Value>,
    /// Its text with positions.
    pub file: File,
    /// What is wrong with it.
    pub findings: Vec<Diagnostic>,
}

/// Reads one YAML document.
pub fn read(path: &str, text: String) -> Document {
    let lines = File::new(text.as_str());
    // U+FEFF at the start is no content (YAML 1.2.2 section 5.2); the parser takes it for a scalar.
    let mark = if text.starts_with('\u{feff}') { 3 } else { 0 };
    let mut content = Cow::Borrowed(text.get(mark..).unwrap_or_default());
    // A text is lines, and a line ends with a break: what a block scalar is that the file's end cuts short, parsers
    // differ in.
    if !content.ends_with(['\n', '\r']) {
        content.to_mut().push('\n');
    }
    let mut tabs_left = MOST_TABS;
    let (reader, finished) = loop {
        let mut reader = Reader {
            path,
            lines: &lines,
            mark,
            characters: Characters::of(&lines),
            positions: Positions::default(),
            open: Vec::new(),
            value: None,
            values: 0,
            findings: Vec::new(),
            behind_tab: None,
        };
        let finished = reader.run(&content);
        let Some(at) = reader.behind_tab.filter(|_| tabs_left > 0) else {
            break (reader, finished);
        };
        tabs_left -= 1;
        content = Cow::Owned(with_spaces(&content, at.saturating_sub(mark)));
    };
    let Reader {
        positions,
        value,
        mut findings,
        ..
    } = reader;
    let value = match finished {
        Ok(()) => value,
        Err(finding) => {
            findings.push(*finding);
            None
        }
    };
    if value.is_none() && findings.is_empty() {
        findings.push(
            Diagnostic::new(
                &rules::YAML_EMPTY,
                path,
                Place::File,
                "the file says nothing",
            )
            .help("write its keys, or delete it"),
        );
    }
    Document {
        value,
        file: File::with_positions(text, positions),
        findings,
    }
}

struct Reader<'a> {
    path: &'a str,
    lines: &'a File,
    mark: usize,
    characters: Characters,
    positions: Positions,
    open: Vec<Open>,
    value: Option<Value>,
    values: usize,
    findings: Vec<Diagnostic>,
    /// Where a value stands that only tabs part from its key: YAML 1.2.2 (section 6.2) takes them, the parser does
    /// not.
    behind_tab: Option<usize>,
}

/// A text with spaces in place of the tabs before a byte: as many bytes, and the same to YAML there.
fn with_spaces(text: &str, at: usize) -> String {
    let before = text.get(..at).unwrap_or_default();
    let gap = before.trim_end_matches(['\t', ' ']);
    let after = text.get(at..).unwrap_or_default();
    [gap, &" ".repeat(before.len() - gap.len()), after].concat()
}

/// A collection that has not ended.
enum Open {
    Sequence(NodeId, Vec<Value>),
    Mapping {
        node: NodeId,
        entries: Map<String, Value>,
        /// The key whose value comes next; none where a key comes next.
        key: Option<(String, Range<usize>)>,
    },
}

type Step = Result<(), Box<Diagnostic>>;

impl Reader<'_> {
    fn run(&mut self, text: &str) -> Step {
        let mut parser: Parser<'_, StrInput<'_>> = Parser::new_from_str(text);
        let mut documents = 0_usize;
        while let Some(event) = parser.next_event() {
            let (event, span) = match event {
                Ok(found) => found,
                Err(error) => return Err(self.malformed(&error)),
            };
            let span = self.bytes(span);
            match event {
                Event::DocumentStart(_) => {
                    documents += 1;
                    if documents > 1 {
                        return self.refuse(
                            &rules::SEVERAL_DOCUMENTS,
                            span,
                            "a second YAML document starts here",
                            "write one document in a file, without a line `---` after the first key",
                        );
                    }
                }
                Event::Alias(_) => {
                    return self.refuse(&rules::ALIAS_USED, span, ALIAS.0, ALIAS.1);
                }
                Event::Scalar(text, style, anchor, tag) => {
                    self.plain_value(&span, anchor, tag.is_some())?;
                    let is_block = matches!(style, ScalarStyle::Literal | ScalarStyle::Folded);
                    if is_block && self.open.is_empty() {
                        return self.refuse(
                            &rules::YAML_MALFORMED,
                            span,
                            "the whole file is one text",
                            "write its keys: `key: value`, one on each line",
                        );
                    }
                    self.scalar(&text, style, span)?;
                }
                Event::SequenceStart(anchor, tag) => {
                    self.plain_value(&span, anchor, tag.is_some())?;
                    self.start(span, false)?;
                }
                Event::MappingStart(anchor, tag) => {
                    self.plain_value(&span, anchor, tag.is_some())?;
                    self.start(span, true)?;
                }
                Event::SequenceEnd | Event::MappingEnd => self.end(&span),
                Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
            }
        }
        Ok(())
    }

    fn start(&mut self, span: Range<usize>, mapping: bool) -> Step {
        if self.open.len() >= DEEPEST {
            return self.refuse(
                &rules::NESTING_TOO_DEEP,
                span,
                &format!("values are nested deeper than {DEEPEST} levels"),
                "no key of postmerge needs that: look for a missing quote or a wrong indentation",
            );
        }
        self.complex_key(&span)?;
        let node = self.positions.add(span);
        self.open.push(if mapping {
            Open::Mapping {
                node,
                entries: Map::new(),
                key: None,
            }
        } else {
            Open::Sequence(node, Vec::new())
        });
        Ok(())
    }

    fn end(&mut self, span: &Range<usize>) {
        let (node, value) = match self.open.pop() {
            Some(Open::Sequence(node, items)) => (node, Value::Array(items)),
            Some(Open::Mapping { node, entries, .. }) => (node, Value::Object(entries)),
            None => return,
        };
        // A block collection's end event stands at the next token, wherever that is: it ends with
        // its last value (see `put`). One in brackets ends with its bracket.
        if self.text_at(span.start).starts_with([']', '}']) {
            self.positions.close(node, span.start + 1);
        }
        self.put(node, value);
    }

    fn scalar(&mut self, text: &str, style: ScalarStyle, mut span: Range<usize>) -> Step {
        if let Some(length) = quoted(self.text_at(span.start)) {
            // The parser's span goes on over blanks and a comment.
            span.end = span.end.min(span.start + length);
        }
        if let Some(Open::Mapping {
            node,
            key: key @ None,
            ..
        }) = self.open.last_mut()
        {
            *key = Some((text.to_owned(), span.clone()));
            let first = self.positions.key_in(*node, text);
            return match first {
                Some(first) => self.duplicate(text, span, &first),
                None => Ok(()),
            };
        }
        let value = if style == ScalarStyle::Plain {
            match yaml_scalar::resolve(text) {
                Ok(value) => value,
                Err(yaml_scalar::TooLarge) => {
                    return self.refuse(
                        &rules::YAML_MALFORMED,
                        span,
                        "a number is too large",
                        "put quotes around it if it is a text, such as a telephone number",
                    );
                }
            }
        } else {
            Value::String(text.to_owned())
        };
        let node = self.positions.add(span);
        self.put(node, value);
        Ok(())
    }

    /// Hands a finished value to what it stands in. Of a key that comes twice the first value stays.
    fn put(&mut self, node: NodeId, value: Value) {
        if let Some(Open::Sequence(parent, _) | Open::Mapping { node: parent, .. }) =
            self.open.last()
        {
            self.positions.close(*parent, self.positions.end(node));
        }
        match self.open.last_mut() {
            None => self.value = Some(value),
            Some(Open::Sequence(parent, items)) => {
                self.positions.put_item(*parent, node);
                items.push(value);
            }
            Some(Open::Mapping {
                node: parent,
                entries,
                key,
            }) => {
                if let Some((name, span)) = key.take()
                    && !entries.contains_key(&name)
                {
                    self.positions.put_entry(*parent, &name, span, node);
                    entries.insert(name, value);
                }
            }
        }
    }

    fn duplicate(&mut self, name: &str, span: Range<usize>, first: &Range<usize>) -> Step {
        let (line, _) = self.lines.line_column(first.start);
        let finding = Diagnostic::new(
            &rules::DUPLICATE_KEY,
            self.path,
            Place::Bytes(span),
            format!("the key `{}` is there twice", shorten(name)),
        )
        .label(format!("first on line {line}"))
        .why("only one of the two can hold, and readers differ in which")
        .help("keep one of them");
        if self.findings.len() >= MOST_FINDINGS {
            return Err(Box::new(finding));
        }
        self.findings.push(finding);
        Ok(())
    }

    fn complex_key(&self, span: &Range<usize>) -> Step {
        match self.open.last() {
            Some(Open::Mapping { key: None, .. }) => self.refuse(
                &rules::YAML_MALFORMED,
                span.clone(),
                "a key must be a text, not a list or a mapping",
                "put quotes around a value that starts with `{` or `[`, such as \"{{ name }}\"",
            ),
            _ => Ok(()),
        }
    }

    fn plain_value(&mut self, span: &Range<usize>, anchor: usize, tag: bool) -> Step {
        self.values += 1;
        if self.values > MOST_VALUES {
            return self.refuse(
                &rules::FILE_TOO_LARGE,
                span.clone(),
                &format!("the file has more than {MOST_VALUES} values"),
                "rows of data belong into a list's CSV file",
            );
        }
        if anchor != 0 {
            return self.refuse(
                &rules::ALIAS_USED,
                span.clone(),
                "anchors (`&name`) are not read",
                "write the value out where it is needed, or put quotes around a text that starts with `&`",
            );
        }
        if tag {
            return self.refuse(
                &rules::TAG_USED,
                span.clone(),
                "tags (`!name`) are not read",
                "leave the tag out, or put quotes around a text that starts with `!`",
            );
        }
        Ok(())
    }

    fn refuse(&self, rule: &'static Rule, span: Range<usize>, message: &str, help: &str) -> Step {
        Err(Box::new(
            Diagnostic::new(rule, self.path, Place::Bytes(span), message).help(help),
        ))
    }

    fn malformed(&mut self, error: &ScanError) -> Box<Diagnostic> {
        let mut at = self.byte(error.marker().line(), error.marker().col());
        if error.info().starts_with("':' must be followed") {
            self.behind_tab = Some(at);
        }
        if is_about_tabs(error.info(), self.lines, at) {
            at = tab(self.lines, at);
        }
        let (line, column) = self.lines.line_column(at);
        let (message, help) = explain(error.info(), self.lines, at);
        // The parser gives brackets up by itself before this reader sees them.
        let rule = if error.info().contains("recursion limit") {
            &rules::NESTING_TOO_DEEP
        } else if error.info().contains("unknown anchor") {
            &rules::ALIAS_USED
        } else {
            &rules::YAML_MALFORMED
        };
        let mut finding = Diagnostic::new(rule, self.path, Place::Line { line, column }, message);
        finding.help = help.map(Cow::into_owned);
        Box::new(finding)
    }

    fn text_at(&self, byte: usize) -> &str {
        self.lines.text().get(byte..).unwrap_or_default()
    }

    fn bytes(&self, span: Span) -> Range<usize> {
        let start = self.byte(span.start.line(), span.start.col());
        let end = self.byte(span.end.line(), span.end.col());
        // An empty value's marks may be out of order.
        start..end.max(start)
    }

    /// The parser counts characters from the start; lines and columns do not add its slips up.
    fn byte(&self, line: usize, column: usize) -> usize {
        let skipped = usize::from(line == 1 && self.mark > 0);
        let start = self.lines.line_span(line).start;
        self.characters.ahead(start, column + skipped)
    }
}

/// Finds the byte so many characters ahead of another in constant time: a hostile file is one long
/// line with a hundred thousand values.
struct Characters(Option<(Vec<usize>, usize)>);

impl Characters {
    fn of(file: &File) -> Self {
        let text = file.text();
        Self((!text.is_ascii()).then(|| {
            (
                text.char_indices().map(|(byte, _)| byte).collect(),
                text.len(),
            )
        }))
    }

    fn ahead(&self, start: usize, characters: usize) -> usize {
        match &self.0 {
            None => start + characters,
            Some((bytes, length)) => {
                let at = bytes.partition_point(|byte| *byte < start);
                bytes.get(at + characters).copied().unwrap_or(*length)
            }
        }
    }
}

/// How many bytes of a line are indentation, up to its first tab, if there is one.
fn indenting_tab(line: &str) -> Option<usize> {
    let indentation = line.len() - line.trim_start_matches([' ', '\t']).len();
    let tab = line.get(..indentation)?.find('\t')?;
    (!line.trim().is_empty()).then_some(tab)
}

fn line_at(file: &File, byte: usize) -> (usize, &str) {
    let (line, _) = file.line_column(byte);
    let span = file.line_span(line);
    (span.start, file.text().get(span).unwrap_or_default())
}

fn is_about_tabs(info: &str, file: &File, at: usize) -> bool {
    info.contains("tab") || indenting_tab(line_at(file, at).1).is_some()
}

/// The tab that the parser stumbled over: it says where the text begins that the tab's line would go on, or where the
/// tab's line has its first word.
fn tab(file: &File, at: usize) -> usize {
    let (start, _) = line_at(file, at);
    let mut from = start;
    for line in file
        .text()
        .get(start..)
        .unwrap_or_default()
        .split_inclusive('\n')
    {
        if let Some(tab) = indenting_tab(line) {
            return from + tab;
        }
        from += line.len();
    }
    let before = file.text().get(start..at).unwrap_or_default();
    start + before.trim_end_matches('\t').len()
}

/// How long the quoted text is that stands here, with its quotation marks.
fn quoted(text: &str) -> Option<usize> {
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let mut inner = text.char_indices().skip(1).peekable();
    while let Some((at, c)) = inner.next() {
        if c == '\\' && quote == '"' {
            inner.next();
        } else if c == quote {
            if quote == '\'' && inner.peek().is_some_and(|(_, c)| *c == quote) {
                inner.next();
                continue;
            }
            return Some(at + 1);
        }
    }
    None
}

/// What is said of aliases, and of what the parser takes for one.
const ALIAS: (&str, &str) = (
    "aliases (`*name`) are not read",
    "write the value out, or put quotes around a text that starts with `*`",
);

/// The parser's words in ours, where a person would not understand them.
fn explain(info: &str, file: &File, at: usize) -> (String, Option<Cow<'static, str>>) {
    let (_, text) = line_at(file, at);
    if is_about_tabs(info, file, at) {
        return (
            "a tab stands where YAML takes only spaces".to_owned(),
            Some("indent with spaces, two for each level".into()),
        );
    }
    if info.contains("recursion limit") {
        return (
            "brackets are nested too deep".to_owned(),
            Some("look for a missing quote".into()),
        );
    }
    if info.contains("unknown anchor") {
        return (ALIAS.0.to_owned(), Some(ALIAS.1.into()));
    }
    if info.contains("trailing content after") {
        // The parser calls both kinds of quotation marks double.
        return (
            "the text goes on behind its closing quotation mark".to_owned(),
            Some("put one pair of quotation marks around the whole text; inside of '…' an apostrophe is written twice, as in 'It''s free'".into()),
        );
    }
    let help = if info.contains("mapping values are not allowed")
        || info.contains("simple key")
        || text.matches(": ").count() > 1
    {
        "a text with `: ` or ` #` in it needs quotes around it; keys of one mapping stand below each other, indented alike"
    } else if info.contains("quoted scalar") || info.contains("quote") {
        "look for a quote that is missing at the end of a text"
    } else {
        "look at this line and the one above it: an indentation, a quote or a bracket is wrong"
    };
    (format!("this is not YAML: {info}"), Some(help.into()))
}

/// A text of a file, short enough for a message.
pub(super) fn shorten(text: &str) -> Cow<'_, str> {
    const LONGEST: usize = 60;
    if text.chars().nth(LONGEST).is_none() {
        Cow::Borrowed(text)
    } else {
        let mut short: String = text.chars().take(LONGEST).collect();
        short.push('…');
        Cow::Owned(short)
    }
}

#[cfg(test)]
#[path = "yaml_tests.rs"]
mod tests;
