//! HTML's part: pages, layouts, and what stands as HTML in Markdown.

use super::{Element, Heading, Image, Link, MOST, Text, span_of};
use crate::render::html::{Part, attributes, parts, tag_name};

/// Adds what `html` has, which begins at byte `start` of the text's file.
pub(super) fn read(text: &mut Text, html: &str, start: usize) {
    let mut open: Option<Link> = None;
    let mut hidden = 0_usize;
    let mut at = start;
    for part in parts(html) {
        let piece = match part {
            Part::Text(piece) | Part::Tag(piece) | Part::Comment(piece) | Part::Raw(_, piece) => {
                piece
            }
        };
        let span = at..at + piece.len();
        at = span.end;
        match part {
            Part::Text(piece) if hidden == 0 => {
                if let Some(link) = &mut open {
                    link.text.push_str(piece);
                }
                if !piece.trim().is_empty() && text.shown.len() < MOST {
                    text.shown.push(span);
                }
            }
            Part::Tag(tag) => {
                let name = tag_name(tag);
                match name.as_str() {
                    "/a" => text
                        .links
                        .extend(open.take().filter(|_| text.links.len() < MOST)),
                    "head" => hidden += 1,
                    "/head" => hidden = hidden.saturating_sub(1),
                    _ => {}
                }
                if name.starts_with('/') || text.elements.len() >= MOST {
                    continue;
                }
                let found = attributes(tag).into_iter();
                let element = Element {
                    attributes: found
                        .map(|it| (it.name, it.value.unwrap_or_default().to_owned()))
                        .collect(),
                    name,
                    at: span,
                };
                opened(text, html, start, &element, &mut open);
                text.elements.push(element);
            }
            _ => {}
        }
    }
    text.links.extend(open);
}

fn opened(text: &mut Text, html: &str, start: usize, element: &Element, open: &mut Option<Link>) {
    match element.name.as_str() {
        "a" | "area" => {
            let Some(url) = element.attribute("href") else {
                return;
            };
            let within = element.at.start - start..element.at.end - start;
            let found = span_of(html, &within, url);
            text.links.extend(open.take());
            *open = Some(Link {
                url: url.trim().replace("&amp;", "&"),
                at: found.start + start..found.end + start,
                text: String::new(),
                has_image: false,
            });
        }
        "img" if text.images.len() < MOST => {
            if let Some(link) = open {
                link.has_image = true;
            }
            text.images.push(Image {
                src: element
                    .attribute("src")
                    .unwrap_or_default()
                    .trim()
                    .to_owned(),
                at: element.at.clone(),
                alt: element.attribute("alt").map(str::to_owned),
                is_sized: element.attribute("width").is_some()
                    && element.attribute("height").is_some(),
            });
        }
        name => {
            if let Some(level) = name.strip_prefix('h').and_then(|it| it.parse().ok())
                && (1..=6).contains(&level)
            {
                text.headings.push(Heading {
                    level,
                    at: element.at.clone(),
                });
            }
        }
    }
}
