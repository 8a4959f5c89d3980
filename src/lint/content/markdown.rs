//! Markdown's part.

use std::ops::Range;

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use super::{Heading, Image, Link, MOST, Text, html, span_of};

/// Adds what the text's Markdown has.
pub(super) fn read(text: &mut Text) {
    let source = std::mem::take(&mut text.source);
    let mut options = Options::empty();
    options.insert(Options::ENABLE_TABLES);
    options.insert(Options::ENABLE_STRIKETHROUGH);
    let mut open: Vec<Link> = Vec::new();
    let mut image: Option<Image> = None;
    for (event, at) in Parser::new_ext(&source, options).into_offset_iter() {
        if matches!(event, Event::Start(Tag::CodeBlock(_)) | Event::Code(_))
            && text.code.len() < MOST
        {
            text.code.push(at.clone());
        }
        match event {
            Event::Start(Tag::Link { dest_url, .. }) => open.push(Link {
                at: span_of(&source, &at, &dest_url),
                url: dest_url.into_string(),
                text: String::new(),
                has_image: false,
            }),
            Event::End(TagEnd::Link) => {
                text.links
                    .extend(open.pop().filter(|_| text.links.len() < MOST));
            }
            Event::Start(Tag::Image { dest_url, .. }) => {
                if let Some(link) = open.last_mut() {
                    link.has_image = true;
                }
                image = Some(Image {
                    src: dest_url.into_string(),
                    at,
                    alt: Some(String::new()),
                    // Markdown has no way to say it; the layout's style does.
                    is_sized: true,
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
                    if let Some(link) = open.last_mut() {
                        link.text.push_str(&piece);
                    }
                    if text.shown.len() < MOST {
                        text.shown.push(at);
                    }
                }
            },
            Event::Html(piece) | Event::InlineHtml(piece) => {
                html::read(text, &piece, at.start);
            }
            _ => {}
        }
    }
    text.source = source;
}

fn trimmed(source: &str, at: Range<usize>) -> Range<usize> {
    let text = source.get(at.clone()).unwrap_or_default();
    at.start..at.start + text.trim_end().len()
}
