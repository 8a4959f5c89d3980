//! HTML's part: pages, layouts, and what stands as HTML in Markdown.

use super::{Element, Heading, Image, Link, MOST, Text, span_of};
use crate::render::html::{Part, attributes, parts, tag_name};

/// Adds what `html` has, which begins at byte `start` of the text's file.
pub(super) fn read(text: &mut Text, html: &str, start: usize) {
    let mut open: Option<Link> = None;
    let mut hidden = 0_usize;
    let mut at = start;
    for part in parts(html) {
        let span = at..at + part.source().len();
        at = span.end;
        match part {
            Part::Raw("style", _) if text.sheets.len() < MOST => text.sheets.push(span),
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
                url: decoded(url.trim()),
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
                src: decoded(element.attribute("src").unwrap_or_default().trim()),
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

/// The longest reference that is looked for.
const LONGEST: usize = 12;

/// An address without character references (HTML, 13.5): mail addresses are written so to hide them.
fn decoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let name = after.split(';').next().unwrap_or_default();
        let whole = name.len() < after.len() && name.len() <= LONGEST;
        match character(name).filter(|_| whole) {
            Some(c) => {
                out.push(c);
                rest = after.get(name.len() + 1..).unwrap_or_default();
            }
            None => {
                out.push('&');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

fn character(name: &str) -> Option<char> {
    if let Some(number) = name.strip_prefix('#') {
        let hexadecimal = number.strip_prefix(['x', 'X']);
        let code = match hexadecimal {
            Some(digits) => u32::from_str_radix(digits, 16),
            None => number.parse(),
        };
        return char::from_u32(code.ok()?);
    }
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => '\u{a0}',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::decoded;

    #[test]
    fn character_references_are_read() {
        for (text, expected) in [
            ("&#109;&#x61;ilto&#58;a&#64;b.test", "mailto:a@b.test"),
            (
                "https://a.test/?x=1&amp;y=2&z=3",
                "https://a.test/?x=1&y=2&z=3",
            ),
            ("a&#xffffffff;b&;c&ñ;&", "a&#xffffffff;b&;c&ñ;&"),
        ] {
            assert_eq!(decoded(text), expected);
        }
    }
}
