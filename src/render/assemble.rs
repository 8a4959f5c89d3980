//! Templates being put together: text as it is, tags in the form that their place needs.

use super::RenderError;
use super::tags::{Kind, Origin, Piece, Tags, opening};

/// Where in a mail something stands, which decides how a value is made harmless there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// HTML text or an attribute's value: escaped by the engine.
    Html,
    /// In a style: checked.
    Css,
    /// Plain text.
    Plain,
    /// In a URL: percent-encoded, or checked where it is the whole.
    Url,
}

/// A finished template and where its tags came from.
#[derive(Debug, Default)]
pub(super) struct Assembled {
    pub(super) source: String,
    /// Byte offset in `source`, and the origin of the tag there; ascending.
    pub(super) marks: Vec<(usize, Origin)>,
}

impl Assembled {
    /// Text in which tags are put aside.
    pub(super) fn push(
        &mut self,
        tags: &Tags,
        text: &str,
        place: Place,
    ) -> Result<(), RenderError> {
        // In a URL: whether anything stands before in the same branch, and outside of it.
        let mut begun = false;
        let mut outer: Vec<(bool, bool)> = Vec::new();
        for piece in tags.pieces(text) {
            match piece {
                Piece::Text(text) => {
                    self.literal(text);
                    begun |= !text.trim().is_empty();
                }
                Piece::Tag(index) => {
                    self.tag(tags, index, place, begun);
                    match tags.keyword(index) {
                        Some("if" | "for") => outer.push((begun, begun)),
                        Some("elif" | "else") => {
                            if let Some((before, any)) = outer.last_mut() {
                                *any |= begun;
                                begun = *before;
                            }
                        }
                        Some("endif" | "endfor") => {
                            begun |= outer.pop().is_some_and(|(_, any)| any);
                        }
                        _ => begun |= !tags.is_silent(index),
                    }
                }
            }
        }
        Ok(())
    }

    /// Text that holds no tag. A brace that would open one is written as a string.
    pub(super) fn literal(&mut self, text: &str) {
        let mut rest = text;
        while let Some((at, _)) = opening(rest) {
            let (before, after) = rest.split_at(at);
            self.source.push_str(before);
            self.source.push_str("{{ '{' }}");
            rest = after.get(1..).unwrap_or_default();
        }
        // A brace at the end may meet one at the next text's beginning.
        match rest.strip_suffix('{') {
            Some(before) => {
                self.source.push_str(before);
                self.source.push_str("{{ '{' }}");
            }
            None => self.source.push_str(rest),
        }
    }

    /// Another template's text, with its marks.
    pub(super) fn append(&mut self, other: Self) {
        let start = self.source.len();
        self.source.push_str(&other.source);
        let moved = other
            .marks
            .into_iter()
            .map(|(at, origin)| (at + start, origin));
        self.marks.extend(moved);
    }

    /// Template text of our own.
    pub(super) fn template(&mut self, text: &str) {
        self.source.push_str(text);
    }

    /// One tag.
    pub(super) fn tag(&mut self, tags: &Tags, index: usize, place: Place, begun: bool) {
        let Some(tag) = tags.get(index) else { return };
        self.marks.push((self.source.len(), tag.origin.clone()));
        match &tag.kind {
            Kind::Comment => {}
            Kind::Statement(_) => self.source.push_str(&tag.source),
            Kind::Raw(text) if place == Place::Html => self.literal(&escape(text)),
            Kind::Raw(text) => self.literal(text),
            Kind::Expression(inner) => {
                let filter = match (place, begun) {
                    (Place::Html | Place::Plain, _) => None,
                    (Place::Css, _) => Some("css_value"),
                    (Place::Url, false) => Some("url_whole"),
                    (Place::Url, true) => Some("url_part"),
                };
                match filter {
                    None => self.source.push_str(&tag.source),
                    Some(filter) => {
                        self.source
                            .push_str(&format!("{{{{ ({inner})|{filter} }}}}"));
                    }
                }
            }
        }
    }

    /// Where its tags come from.
    pub(super) fn origins(&self) -> impl Iterator<Item = &Origin> {
        self.marks.iter().map(|(_, origin)| origin)
    }

    /// The origin of what stands at a byte offset: the tag there or the last one before.
    pub(super) fn origin(&self, offset: usize) -> Option<&Origin> {
        let after = self.marks.partition_point(|(at, _)| *at <= offset);
        self.marks
            .get(after.saturating_sub(1))
            .map(|(_, origin)| origin)
    }
}

/// HTML-escapes text of our own.
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
