//! Markdown's part.

use std::ops::Range;

use pulldown_cmark::{Event, LinkType, Options, Parser, Tag, TagEnd};

use super::{Heading, Image, Link, MOST, Text, html};

/// A link whose end is yet to come.
struct Opened {
    link: Link,
    kind: LinkType,
    /// Where its words end, as far as they are read.
    words_end: usize,
}

/// Adds what the text's Markdown has.
pub(super) fn read(text: &mut Text) {
    let source = std::mem::take(&mut text.source);
    let mut options = Options::empty();
    options.insert(Options::ENABLE_TABLES);
    options.insert(Options::ENABLE_STRIKETHROUGH);
    let mut open: Vec<Opened> = Vec::new();
    let mut tags = html::Open::default();
    let mut image: Option<Image> = None;
    for (event, at) in Parser::new_ext(&source, options).into_offset_iter() {
        let is_end = matches!(event, Event::End(TagEnd::Link));
        if let Some(last) = open.last_mut().filter(|_| !is_end) {
            last.words_end = last.words_end.max(at.end);
        }
        if matches!(event, Event::Start(Tag::CodeBlock(_)) | Event::Code(_))
            && text.code.len() < MOST
        {
            text.code.push(at.clone());
        }
        match event {
            Event::Start(Tag::Link {
                dest_url,
                link_type,
                ..
            }) => open.push(opened(&dest_url, link_type, at)),
            Event::End(TagEnd::Link) => {
                if let Some(mut last) = open.pop().filter(|_| text.links.len() < MOST) {
                    last.link.at = last.address(&source);
                    text.links.push(last.link);
                }
            }
            Event::Start(Tag::Image { dest_url, .. }) => {
                if let Some(last) = open.last_mut() {
                    last.link.has_image = true;
                }
                image = Some(Image {
                    src: dest_url.into_string(),
                    at,
                    alt: Some(String::new()),
                    // Markdown has no way to say it; the layout's style does.
                    is_sized: true,
                    is_spacer: false,
                    is_html: false,
                });
            }
            Event::End(TagEnd::Image) => text
                .images
                .extend(image.take().filter(|_| text.images.len() < MOST)),
            Event::Start(Tag::Heading { level, .. }) => text.headings.push(Heading {
                level: level as u8,
                at: trimmed(&source, at),
            }),
            Event::Text(piece) | Event::Code(piece) => match &mut image {
                Some(Image { alt: Some(alt), .. }) => alt.push_str(&piece),
                _ => {
                    tags.say(&piece);
                    if let Some(last) = open.last_mut() {
                        last.link.text.push_str(&piece);
                    }
                    if text.shown.len() < MOST {
                        if tags.is_verbatim() && !text.is_code(&at) {
                            text.code.push(at.clone());
                        }
                        text.shown.push(at);
                    }
                }
            },
            Event::Html(piece) | Event::InlineHtml(piece) => {
                html::read(text, &piece, at.start, &mut tags);
            }
            _ => {}
        }
    }
    tags.finish(text);
    text.source = source;
}

fn opened(address: &str, kind: LinkType, at: Range<usize>) -> Opened {
    // `<ana@camara.example>`: Markdown makes it a link to write to.
    let scheme = match kind {
        LinkType::Email => "mailto:",
        _ => "",
    };
    Opened {
        link: Link {
            url: format!("{scheme}{address}"),
            at: at.clone(),
            text: String::new(),
            has_image: false,
        },
        kind,
        words_end: at.start + 1,
    }
}

impl Opened {
    /// The address's bytes; the whole link's where it is given elsewhere. The same text may stand in the
    /// link's words and in its title.
    fn address(&self, source: &str) -> Range<usize> {
        let whole = self.link.at.clone();
        match self.kind {
            LinkType::Autolink | LinkType::Email => whole.start + 1..whole.end.saturating_sub(1),
            LinkType::Inline => inline_address(source, self.words_end, whole.end).unwrap_or(whole),
            _ => whole,
        }
    }
}

/// The address of `[words](address "title")`.
fn inline_address(source: &str, words_end: usize, end: usize) -> Option<Range<usize>> {
    let rest = source.get(words_end..end)?;
    let after = rest.get(rest.find("](")? + 2..)?;
    let written = after.trim_start();
    let start = end - written.len();
    if let Some(inner) = written.strip_prefix('<') {
        return Some(start + 1..start + 1 + inner.find('>')?);
    }
    // The link's last byte closes it; brackets inside of an address are balanced.
    let written = written.strip_suffix(')')?;
    let length = written.find(char::is_whitespace).unwrap_or(written.len());
    (length > 0).then_some(start..start + length)
}

fn trimmed(source: &str, at: Range<usize>) -> Range<usize> {
    let text = source.get(at.clone()).unwrap_or_default();
    at.start..at.start + text.trim_end().len()
}
