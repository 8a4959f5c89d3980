//! Template tags in a source, put aside while Markdown, HTML parsing and CSS inlining run.
//!
//! Every `{{ … }}`, `{% … %}` and `{# … #}` becomes a word of letters and digits that all of those
//! carry through untouched, and comes back afterwards, fit for the place where it ended up. Only
//! `if` and `for` are let through: what else the template language has would let a pull request
//! double a text until memory is full, or read other files.

use std::ops::Range;
use std::sync::Arc;

use memchr::memmem::Finder;

use super::RenderError;
use super::tag_depth::{self, Branches};

/// A place in a source file; line and column count from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The file, as the ingredients name it.
    pub file: Arc<str>,
    /// The line.
    pub line: u32,
    /// The column, in characters.
    pub column: u32,
}

/// What a tag is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// `{{ … }}`; what stands inside, without whitespace control.
    Expression(String),
    /// `{% … %}`; its keyword.
    Statement(String),
    /// `{% raw %}…{% endraw %}`: the text inside, to be shown as it is.
    Raw(String),
    /// `{# … #}`.
    Comment,
}

#[derive(Debug, Clone)]
pub(super) struct Tag {
    pub(super) kind: Kind,
    /// As written.
    pub(super) source: String,
    pub(super) origin: Origin,
}

/// All tags of one campaign.
#[derive(Debug)]
pub(super) struct Tags {
    prefix: String,
    /// Finds the prefix; made once, because texts come in many short pieces.
    finder: Finder<'static>,
    pub(super) list: Vec<Tag>,
}

/// A piece of a text that tags were put aside of.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    Text(&'a str),
    Tag(usize),
}

const DIGITS: usize = 5;
const DEEPEST_LOOP: usize = 3;
const STATEMENTS: [&str; 6] = ["if", "elif", "else", "endif", "for", "endfor"];

impl Tags {
    /// Chooses a prefix that none of the sources holds.
    pub(super) fn for_sources(sources: &[&str]) -> Self {
        let mut prefix = String::from("pmtq");
        while sources.iter().any(|source| source.contains(&prefix)) {
            prefix.push('q');
        }
        Self {
            finder: Finder::new(prefix.as_bytes()).into_owned(),
            prefix,
            list: Vec::new(),
        }
    }

    /// The source with every tag replaced by its word.
    pub(super) fn put_aside(&mut self, file: &str, source: &str) -> Result<String, RenderError> {
        let mut cursor = Cursor::new(file, source);
        let mut out = String::with_capacity(source.len());
        // A byte order mark is no text; it would hide the heading that it stands before.
        let mut at = source.len() - source.trim_start_matches('\u{feff}').len();
        let mut loops = 0_usize;
        let mut branches = Branches::default();
        while let Some((start, opening)) = next_opening(source, at) {
            out.push_str(source.get(at..start).unwrap_or_default());
            let origin = cursor.origin(start);
            let end = closing(source, start, opening).ok_or_else(|| {
                RenderError::template(
                    &origin,
                    format!("`{opening}` is opened here and never closed"),
                )
            })?;
            let text = source.get(start..end).unwrap_or_default();
            let (kind, end) = classify(source, text, end, &origin)?;
            if !matches!(kind, Kind::Comment) {
                tag_depth::check(text, &origin)?;
            }
            if let Kind::Statement(keyword) = &kind {
                branches.meet(keyword, &origin)?;
                match keyword.as_str() {
                    "for" => loops += 1,
                    "endfor" => loops = loops.saturating_sub(1),
                    _ => {}
                }
                if loops > DEEPEST_LOOP {
                    let why = format!("loops may be nested {DEEPEST_LOOP} deep");
                    return Err(RenderError::template(&origin, why));
                }
            }
            if self.list.len() >= 10_usize.pow(5) - 1 {
                return Err(RenderError::template(
                    &origin,
                    "there are too many tags".into(),
                ));
            }
            out.push_str(&self.word(self.list.len()));
            self.list.push(Tag {
                kind,
                source: source.get(start..end).unwrap_or_default().to_owned(),
                origin,
            });
            at = end;
        }
        out.push_str(source.get(at..).unwrap_or_default());
        Ok(out)
    }

    /// The word that stands for a tag.
    pub(super) fn word(&self, index: usize) -> String {
        format!("{}{index:0DIGITS$}z", self.prefix)
    }

    /// A name that no source has, so that no template of theirs can mean it.
    pub(super) fn unused(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    pub(super) fn get(&self, index: usize) -> Option<&Tag> {
        self.list.get(index)
    }

    /// Whether the tag puts nothing onto the page by itself.
    pub(super) fn is_silent(&self, index: usize) -> bool {
        let kind = self.get(index).map(|tag| &tag.kind);
        matches!(kind, Some(Kind::Statement(_) | Kind::Comment))
    }

    /// The keyword of a statement.
    pub(super) fn keyword(&self, index: usize) -> Option<&str> {
        match &self.get(index)?.kind {
            Kind::Statement(keyword) => Some(keyword),
            _ => None,
        }
    }

    /// Takes a text apart at the words.
    pub(super) fn pieces<'a>(&self, text: &'a str) -> Vec<Piece<'a>> {
        let mut pieces = Vec::new();
        let mut rest = text;
        let mut from = 0;
        while let Some(found) = rest
            .get(from..)
            .and_then(|rest| self.finder.find(rest.as_bytes()))
        {
            let start = from + found;
            let digits = start + self.prefix.len();
            let index = rest
                .get(digits..digits + DIGITS)
                .and_then(|number| number.parse::<usize>().ok())
                .filter(|&n| {
                    n < self.list.len()
                        && rest
                            .get(digits + DIGITS..)
                            .is_some_and(|r| r.starts_with('z'))
                });
            let Some(index) = index else {
                from = digits;
                continue;
            };
            let (before, after) = rest.split_at(start);
            if !before.is_empty() {
                pieces.push(Piece::Text(before));
            }
            pieces.push(Piece::Tag(index));
            rest = after
                .get(self.prefix.len() + DIGITS + 1..)
                .unwrap_or_default();
            from = 0;
        }
        if !rest.is_empty() {
            pieces.push(Piece::Text(rest));
        }
        pieces
    }

    /// The tags of a text that has silent tags and blanks only, at least one; else nothing.
    pub(super) fn silent_only(&self, text: &str) -> Option<Vec<usize>> {
        let mut found = Vec::new();
        for piece in self.pieces(text) {
            match piece {
                Piece::Tag(index) if self.is_silent(index) => found.push(index),
                Piece::Text(blank) if blank.trim().is_empty() => {}
                _ => return None,
            }
        }
        (!found.is_empty()).then_some(found)
    }

    /// The first tag that mentions this name as a word of its own.
    pub(super) fn mention(&self, name: &str) -> Option<&Tag> {
        self.mentions(name).next().map(|(tag, _)| tag)
    }

    /// The first tag in one of these places that takes this variable, and where in it; else the first that mentions it.
    pub(super) fn user(&self, name: &str, places: &[&Origin]) -> Option<(&Tag, usize)> {
        let there = self.mentions(name);
        let mut there = there.filter(|(tag, _)| places.contains(&&tag.origin));
        let user = there.find_map(|(tag, _)| Some((tag, variable_at(&tag.source, name)?)));
        user.or_else(|| self.mentions(name).next())
    }

    /// Whether a tag of a file so chosen mentions this name.
    pub(super) fn mentioned_in(&self, name: &str, chosen: impl Fn(&str) -> bool) -> bool {
        self.mentions(name).any(|(tag, _)| chosen(&tag.origin.file))
    }

    fn mentions(&self, name: &str) -> impl Iterator<Item = (&Tag, usize)> {
        self.list.iter().filter_map(move |tag| match tag.kind {
            Kind::Raw(_) | Kind::Comment => None,
            Kind::Expression(_) | Kind::Statement(_) => Some((tag, word_at(&tag.source, name)?)),
        })
    }
}

fn word_at(text: &str, name: &str) -> Option<usize> {
    words_at(text, name).next()
}

/// As a variable: neither in quotes nor a part of something else.
fn variable_at(text: &str, name: &str) -> Option<usize> {
    words_at(text, name).find(|at| {
        let before = text.get(..*at).unwrap_or_default();
        let (mut quote, mut escaped) = (None, false);
        for c in before.chars() {
            match quote {
                Some(open) if c == open && !escaped => quote = None,
                None if matches!(c, '"' | '\'') => quote = Some(c),
                _ => {}
            }
            escaped = quote.is_some() && !escaped && c == '\\';
        }
        quote.is_none() && !before.trim_end().ends_with('.')
    })
}

fn words_at<'t>(text: &'t str, name: &'t str) -> impl Iterator<Item = usize> {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    let matches = text.match_indices(name).map(|(at, _)| at);
    matches.filter(move |at| {
        let before = text.get(..*at).and_then(|t| t.chars().next_back());
        let after = text.get(at + name.len()..).and_then(|t| t.chars().next());
        !before.is_some_and(part) && !after.is_some_and(part)
    })
}

/// Line and column of a byte offset.
pub(super) fn position(file: &Arc<str>, source: &str, offset: usize) -> Origin {
    let before = source.get(..offset).unwrap_or(source);
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    Origin {
        file: Arc::clone(file),
        line: count(before.matches('\n').count() + 1),
        column: count(before.get(line_start..).unwrap_or_default().chars().count() + 1),
    }
}

/// Line and column of ascending offsets, each found from the one before: a file of nothing but tags
/// takes no longer than another.
struct Cursor<'a> {
    origin: Origin,
    source: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    fn new(file: &str, source: &'a str) -> Self {
        Self {
            origin: Origin {
                file: file.into(),
                line: 1,
                column: 1,
            },
            source,
            at: 0,
        }
    }

    fn origin(&mut self, offset: usize) -> Origin {
        let passed = self.source.get(self.at..offset).unwrap_or_default();
        self.origin = self.origin.after(passed);
        self.at = offset;
        self.origin.clone()
    }
}

impl Origin {
    /// The place behind `text`, which begins here.
    pub(super) fn after(&self, text: &str) -> Self {
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let lines = count(text.matches('\n').count());
        let last = text.rsplit('\n').next().unwrap_or_default();
        let column = count(last.chars().count());
        Self {
            file: Arc::clone(&self.file),
            line: self.line.saturating_add(lines),
            column: match lines {
                0 => self.column.saturating_add(column),
                _ => column.saturating_add(1),
            },
        }
    }
}

/// The pieces of a source outside of its tags, as bytes, in order, none empty. Where a tag is not closed,
/// everything behind its opening is inside of it. Reads the source once.
pub fn literal(source: &str) -> impl Iterator<Item = Range<usize>> {
    let mut from = 0;
    std::iter::from_fn(move || {
        while from < source.len() {
            let piece = match next_opening(source, from) {
                Some((at, opening)) => {
                    let end = closing(source, at, opening).unwrap_or(source.len());
                    std::mem::replace(&mut from, end)..at
                }
                None => std::mem::replace(&mut from, source.len())..source.len(),
            };
            if !piece.is_empty() {
                return Some(piece);
            }
        }
        None
    })
}

/// The `{# … #}` of a source, as bytes, in order. One that is not closed is none.
pub fn comments(source: &str) -> impl Iterator<Item = Range<usize>> {
    let mut from = 0;
    std::iter::from_fn(move || {
        loop {
            let (at, opening) = next_opening(source, from)?;
            let end = closing(source, at, opening)?;
            from = end;
            if opening == "{#" {
                return Some(at..end);
            }
        }
    })
}

fn next_opening(source: &str, from: usize) -> Option<(usize, &'static str)> {
    let (at, opening) = opening(source.get(from..)?)?;
    Some((from + at, opening))
}

/// The first `{{`, `{%` or `{#`.
pub(super) fn opening(text: &str) -> Option<(usize, &'static str)> {
    let bytes = text.as_bytes();
    memchr::memchr_iter(b'{', bytes).find_map(|at| {
        let opening = match bytes.get(at + 1)? {
            b'{' => "{{",
            b'%' => "{%",
            b'#' => "{#",
            _ => return None,
        };
        Some((at, opening))
    })
}

/// Where the tag ends; a closing inside a string does not count.
fn closing(source: &str, start: usize, opening: &str) -> Option<usize> {
    let close = match opening {
        "{{" => "}}",
        "{%" => "%}",
        _ => "#}",
    };
    let body = start + opening.len();
    if close == "#}" {
        return source.get(body..)?.find(close).map(|at| body + at + 2);
    }
    let mut quote = None;
    let mut escaped = false;
    for (at, c) in source.get(body..)?.char_indices() {
        match quote {
            Some(_) if escaped => escaped = false,
            Some(_) if c == '\\' => escaped = true,
            Some(open) if c == open => quote = None,
            Some(_) => {}
            None if matches!(c, '"' | '\'') => quote = Some(c),
            None if source.get(body + at..)?.starts_with(close) => return Some(body + at + 2),
            None => {}
        }
    }
    None
}

fn classify(
    source: &str,
    text: &str,
    end: usize,
    origin: &Origin,
) -> Result<(Kind, usize), RenderError> {
    let inner = text
        .get(2..text.len().saturating_sub(2))
        .unwrap_or_default();
    let inner = inner.strip_prefix(['-', '+']).unwrap_or(inner);
    let inner = inner.strip_suffix(['-', '+']).unwrap_or(inner).trim();
    if text.starts_with("{#") {
        return Ok((Kind::Comment, end));
    }
    if text.starts_with("{{") {
        return Ok((Kind::Expression(inner.to_owned()), end));
    }
    let keyword = inner
        .split(|c: char| !c.is_alphanumeric())
        .next()
        .unwrap_or_default();
    if keyword == "raw" {
        let rest = source.get(end..).unwrap_or_default();
        let last = ["{% endraw %}", "{%- endraw -%}", "{%endraw%}"]
            .into_iter()
            .filter_map(|closing| rest.find(closing).map(|at| (at, closing.len())))
            .min()
            .ok_or_else(|| RenderError::template(origin, "`raw` is never ended".into()))?;
        let shown = rest.get(..last.0).unwrap_or_default().to_owned();
        return Ok((Kind::Raw(shown), end + last.0 + last.1));
    }
    if !STATEMENTS.contains(&keyword) {
        let why = format!("`{keyword}` is not available here: `if` and `for` are");
        return Err(RenderError::template(origin, why));
    }
    Ok((Kind::Statement(keyword.to_owned()), end))
}
