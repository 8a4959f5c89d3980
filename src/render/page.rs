//! An HTML page taken apart far enough to know where a tag of a template stands: in text, in an
//! attribute, in a URL, in a style. Not a parser: css-inline's parser has the last word on
//! structure, and what it wrote is what values are placed into.

use super::RenderError;
use super::assemble::{Assembled, Place};
use super::personal::Counting;
use super::tags::{Piece, Tags};

/// A part of a page.
#[derive(Debug, PartialEq, Eq)]
pub enum Part<'a> {
    /// What stands between tags.
    Text(&'a str),
    /// `<…>`, opening or closing.
    Tag(&'a str),
    /// A comment or a doctype.
    Comment(&'a str),
    /// What stands in `style`, `script`, `title` or `textarea`.
    Raw(&'a str, &'a str),
}

impl<'a> Part<'a> {
    /// All of it, as it is written.
    pub fn source(&self) -> &'a str {
        match self {
            Self::Text(it) | Self::Tag(it) | Self::Comment(it) | Self::Raw(_, it) => it,
        }
    }
}

/// An attribute: its name in lower case and its value as written.
#[derive(Debug)]
pub struct Attribute<'a> {
    /// In lower case.
    pub name: String,
    /// As written, without quotes.
    pub value: Option<&'a str>,
}

const RAW: [&str; 4] = ["style", "script", "title", "textarea"];
const URLS: [&str; 9] = [
    "href",
    "src",
    "action",
    "background",
    "cite",
    "poster",
    "formaction",
    "data",
    "longdesc",
];
/// Holds a style with tags while the inliner works: it drops declarations that it cannot read.
const KEPT_STYLE: &str = "data-pm-style";

/// Takes a page apart.
pub fn parts(html: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        let (text, tail) = rest.split_at(at);
        if !text.is_empty() {
            parts.push(Part::Text(text));
        }
        let next = tail.chars().nth(1);
        let end = if tail.starts_with("<!--") {
            tail.find("-->").map_or(tail.len(), |at| at + 3)
        } else if matches!(next, Some('!' | '?')) {
            tail.find('>').map_or(tail.len(), |at| at + 1)
        } else if next.is_some_and(|c| c.is_ascii_alphabetic() || c == '/') {
            tag_end(tail)
        } else {
            parts.push(Part::Text(tail.get(..1).unwrap_or_default()));
            rest = tail.get(1..).unwrap_or_default();
            continue;
        };
        let (piece, after) = tail.split_at(end);
        rest = after;
        if matches!(next, Some('!' | '?')) {
            parts.push(Part::Comment(piece));
            continue;
        }
        parts.push(Part::Tag(piece));
        let name = tag_name(piece);
        if let Some(raw) = RAW.into_iter().find(|raw| *raw == name) {
            let end = find_closing(rest, raw);
            let (content, after) = rest.split_at(end);
            parts.push(Part::Raw(raw, content));
            rest = after;
        }
    }
    if !rest.is_empty() {
        parts.push(Part::Text(rest));
    }
    parts
}

fn find_closing(text: &str, name: &str) -> usize {
    let mut ends = text.match_indices("</").map(|(at, _)| at);
    let closes = |at: &usize| {
        let start = at + 2;
        let found = text.as_bytes().get(start..start + name.len());
        found.is_some_and(|found| found.eq_ignore_ascii_case(name.as_bytes()))
    };
    ends.find(closes).unwrap_or(text.len())
}

/// Where a tag ends. A quotation mark opens a value only behind `=`, as in browsers (HTML, 13.2.5.37):
/// elsewhere, as in `size=2">`, it is a slip that hides nothing.
fn tag_end(tag: &str) -> usize {
    let mut quote = None;
    let mut before = b' ';
    for (at, byte) in tag.bytes().enumerate() {
        match (quote, byte) {
            (Some(open), _) if byte == open => quote = None,
            (Some(_), _) => continue,
            (None, b'"' | b'\'') if before == b'=' => quote = Some(byte),
            (None, b'>') => return at + 1,
            (None, _) => {}
        }
        if !byte.is_ascii_whitespace() {
            before = byte;
        }
    }
    tag.len()
}

/// The element's name in lower case; a closing tag's begins with `/`.
pub fn tag_name(tag: &str) -> String {
    let name = tag.trim_start_matches('<');
    let is_closing = tag.starts_with("</");
    let ends = |c: char| c.is_whitespace() || c == '>' || (c == '/' && !is_closing);
    let end = name.find(ends).unwrap_or(name.len());
    name.get(..end).unwrap_or_default().to_ascii_lowercase()
}

/// The attributes of an opening tag.
pub fn attributes(tag: &str) -> Vec<Attribute<'_>> {
    let mut list = Vec::new();
    let inner = tag.trim_start_matches('<').trim_end_matches('>');
    let start = tag_name(tag).len();
    let mut rest = inner.get(start..).unwrap_or_default();
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '/');
        let end = rest
            .find(|c: char| c.is_whitespace() || c == '=' || c == '/')
            .unwrap_or(rest.len());
        if rest.is_empty() {
            return list;
        }
        // A stray `=` cannot be a name.
        let (name, after) = rest.split_at(end.max(1).min(rest.len()));
        let trimmed = after.trim_start();
        let (value, left) = match trimmed.strip_prefix('=') {
            None => (None, after),
            Some(given) => {
                let (value, left) = value_of(given.trim_start());
                (Some(value), left)
            }
        };
        list.push(Attribute {
            name: name.to_ascii_lowercase(),
            value,
        });
        rest = left;
    }
}

fn value_of(text: &str) -> (&str, &str) {
    for quote in ['"', '\''] {
        if let Some(inner) = text.strip_prefix(quote) {
            let end = inner.find(quote).unwrap_or(inner.len());
            let (value, after) = inner.split_at(end);
            return (value, after.get(1..).unwrap_or_default());
        }
    }
    text.split_at(text.find(char::is_whitespace).unwrap_or(text.len()))
}

/// Makes a page with put-aside tags safe for the inliner: a tag in text becomes a comment, so that
/// the parser does not move it out of a table; one among attributes an attribute of its own.
pub(super) fn shield(tags: &Tags, html: &str) -> Result<String, RenderError> {
    let mut out = String::with_capacity(html.len() * 2);
    let parts = parts(html);
    for (at, part) in parts.iter().enumerate() {
        match part {
            Part::Text(text) => {
                for piece in tags.pieces(text) {
                    match piece {
                        Piece::Text(text) => out.push_str(text),
                        Piece::Tag(index) => out.push_str(&format!("<!--{}-->", tags.word(index))),
                    }
                }
            }
            Part::Comment(text) => out.push_str(text),
            Part::Raw(element, text) => {
                for piece in tags.pieces(text) {
                    if let Piece::Tag(index) = piece {
                        refuse_in_raw(tags, element, index)?;
                    }
                }
                out.push_str(text);
            }
            Part::Tag(tag) => {
                shield_tag(tags, tag, &mut out);
                if tag_name(tag) == "table" && rows_in_tags(tags, parts.get(at + 1..)) {
                    out.push_str("<tbody>");
                }
            }
        }
    }
    Ok(out)
}

/// Whether a table begins with tags around its rows: the parser would open the `tbody` that it
/// supplies inside of the loop, and close it outside.
fn rows_in_tags(tags: &Tags, parts: Option<&[Part<'_>]>) -> bool {
    let mut tagged = false;
    for part in parts.unwrap_or_default() {
        match part {
            Part::Text(text) => match tags.silent_only(text) {
                Some(_) => tagged = true,
                None if text.trim().is_empty() => {}
                None => return false,
            },
            // Markdown's statements are comments already.
            Part::Comment(text) => {
                let inner = text.trim_start_matches("<!--").trim_end_matches("-->");
                tagged |= tags.silent_only(inner).is_some();
            }
            Part::Tag(tag) => return tagged && tag_name(tag) == "tr",
            Part::Raw(..) => return false,
        }
    }
    false
}

fn refuse_in_raw(tags: &Tags, element: &str, index: usize) -> Result<(), RenderError> {
    let why = match element {
        "script" => "a script is no place for a value, and mail programs run none",
        "style" if tags.is_silent(index) => "a style sheet can hold values, not conditions",
        _ => return Ok(()),
    };
    match tags.get(index) {
        Some(tag) => Err(RenderError::template(&tag.origin, why.into())),
        None => Ok(()),
    }
}

fn shield_tag(tags: &Tags, tag: &str, out: &mut String) {
    if tags
        .pieces(tag)
        .iter()
        .all(|piece| matches!(piece, Piece::Text(_)))
    {
        out.push_str(tag);
        return;
    }
    out.push('<');
    out.push_str(&tag_name(tag));
    for attribute in attributes(tag) {
        let name = &attribute.name;
        let tagged = |text: &str| tags.pieces(text).iter().any(|p| matches!(p, Piece::Tag(_)));
        match attribute.value {
            None => {
                for piece in tags.pieces(name) {
                    match piece {
                        Piece::Text(text) => out.push_str(&format!(" {text}")),
                        Piece::Tag(index) => out.push_str(&format!(" {}", tags.word(index))),
                    }
                }
            }
            Some(value) => {
                let mut own = name.as_str();
                for piece in tags.pieces(name) {
                    match piece {
                        Piece::Tag(index) => out.push_str(&format!(" {}", tags.word(index))),
                        Piece::Text(text) => own = text,
                    }
                }
                if own == "style" && tagged(value) {
                    own = KEPT_STYLE;
                }
                let quote = if value.contains('"') { '\'' } else { '"' };
                out.push_str(&format!(" {own}={quote}{value}{quote}"));
            }
        }
    }
    out.push('>');
}

/// Rewrites the URLs of a page.
pub(super) type Rewrite<'a> = dyn Fn(&str) -> Result<Option<String>, RenderError> + 'a;

/// What a page gets from us; the additions are templates.
#[derive(Debug)]
pub(super) struct Frame<'a> {
    pub(super) lang: &'a str,
    pub(super) after_body: String,
    pub(super) before_end: String,
}

/// The finished page as a template: tags back in place, URLs rewritten.
pub(super) fn unshield(
    tags: &Tags,
    html: &str,
    frame: &Frame<'_>,
    rewrite: &Rewrite<'_>,
    counting: &mut Counting,
) -> Result<Assembled, RenderError> {
    let mut out = Assembled::default();
    for part in parts(html) {
        match part {
            Part::Text(text) => out.push(tags, text, Place::Html)?,
            Part::Comment(text) => {
                let inner = text
                    .strip_prefix("<!--")
                    .and_then(|t| t.strip_suffix("-->"));
                let alone = inner.map(|inner| tags.pieces(inner));
                match alone.as_deref() {
                    Some([Piece::Tag(index)]) => out.tag(tags, *index, Place::Html, true),
                    _ => out.push(tags, text, Place::Html)?,
                }
            }
            Part::Raw("style", text) => out.push(tags, &css_urls(text, rewrite)?, Place::Css)?,
            Part::Raw(_, text) => out.push(tags, text, Place::Html)?,
            Part::Tag(tag) => {
                let name = tag_name(tag);
                if name == "/body" {
                    out.template(&frame.before_end);
                }
                unshield_tag(tags, tag, frame.lang, (rewrite, counting), &mut out)?;
                if name == "body" {
                    out.template(&frame.after_body);
                }
            }
        }
    }
    Ok(out)
}

fn unshield_tag(
    tags: &Tags,
    tag: &str,
    lang: &str,
    (rewrite, counting): (&Rewrite<'_>, &mut Counting),
    out: &mut Assembled,
) -> Result<(), RenderError> {
    let name = tag_name(tag);
    out.literal(&format!("<{name}"));
    let list = attributes(tag);
    let kept = list
        .iter()
        .find(|a| a.name == KEPT_STYLE)
        .and_then(|a| a.value);
    let inlined = list.iter().any(|a| a.name == "style");
    for attribute in &list {
        let value = attribute.value.unwrap_or_default();
        if let [Piece::Tag(index)] = tags.pieces(&attribute.name).as_slice() {
            // Its space may stand inside a condition: written before the statement as well.
            out.literal(" ");
            out.tag(tags, *index, Place::Html, true);
            continue;
        }
        if let Some(counted) = counting.take(tags, &name, attribute) {
            out.literal(" href=\"");
            out.template(&counted);
            out.literal("\"");
            continue;
        }
        let (shown, value, place) = match attribute.name.as_str() {
            "style" => {
                let mut style = css_urls(value, rewrite)?;
                if let Some(kept) = kept {
                    style = format!(
                        "{}; {}",
                        style.trim_end_matches([';', ' ']),
                        css_urls(kept, rewrite)?
                    );
                }
                ("style", style, Place::Css)
            }
            KEPT_STYLE if inlined => continue,
            KEPT_STYLE => ("style", css_urls(value, rewrite)?, Place::Css),
            url if URLS.contains(&url) => (
                url,
                rewrite(value)?.unwrap_or_else(|| value.to_owned()),
                Place::Url,
            ),
            other => {
                if let (true, Some(Piece::Tag(index))) = (
                    other.starts_with("on"),
                    tags.pieces(value)
                        .into_iter()
                        .find(|p| matches!(p, Piece::Tag(_))),
                ) {
                    refuse_in_raw(tags, "script", index)?;
                }
                (other, value.to_owned(), Place::Html)
            }
        };
        out.literal(&format!(" {shown}=\""));
        out.push(tags, &value.replace('"', "&quot;"), place)?;
        out.literal("\"");
    }
    if name == "html" && !list.iter().any(|a| a.name == "lang") {
        out.literal(&format!(" lang=\"{lang}\""));
    }
    out.literal(">");
    Ok(())
}

/// An attribute's value as it is meant, of what a serialiser wrote (HTML, 13.3, "escaping a string").
pub(super) fn unescaped(value: &str) -> String {
    value
        .replace("&nbsp;", "\u{a0}")
        .replace("&quot;", "\"")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&")
}

/// Rewrites `url(…)` in a style.
fn css_urls(css: &str, rewrite: &Rewrite<'_>) -> Result<String, RenderError> {
    let mut out = String::with_capacity(css.len());
    let mut rest = css;
    while let Some(at) = rest.find("url(") {
        let (before, after) = rest.split_at(at + 4);
        out.push_str(before);
        let end = after.find(')').unwrap_or(after.len());
        let (inside, tail) = after.split_at(end);
        let bare = inside.replace("&quot;", "\"");
        let bare = bare.trim().trim_matches(['"', '\'']);
        match rewrite(bare)? {
            Some(url) => out.push_str(&format!("'{url}'")),
            None => out.push_str(inside),
        }
        rest = tail;
    }
    out.push_str(rest);
    Ok(out)
}
