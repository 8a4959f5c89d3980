//! HTML's part: pages, layouts, and what stands as HTML in Markdown.

use std::ops::Range;

use super::{Element, Heading, Image, Link, MOST, Text};
use crate::render::html::{Part, attributes, parts, tag_name};

/// Elements whose text is shown as it is written.
const VERBATIM: [&str; 5] = ["pre", "code", "kbd", "samp", "tt"];

/// What is open where a piece of HTML begins: in Markdown it comes in pieces.
#[derive(Default)]
pub(super) struct Open {
    link: Option<Link>,
    /// In how many `head`s.
    hidden: usize,
    /// In how many elements whose text is shown as it is written.
    verbatim: usize,
}

impl Open {
    /// Whether what stands here is shown as it is written.
    pub(super) const fn is_verbatim(&self) -> bool {
        self.verbatim > 0
    }

    /// What people read here.
    pub(super) fn say(&mut self, words: &str) {
        if let Some(link) = &mut self.link {
            link.text.push_str(words);
        }
    }

    /// The text is over: a link that was never closed is one all the same.
    pub(super) fn finish(self, text: &mut Text) {
        text.links.extend(self.link);
    }
}

/// Adds what `html` has, which begins at byte `start` of the text's file.
pub(super) fn read(text: &mut Text, html: &str, start: usize, open: &mut Open) {
    let mut at = start;
    for part in parts(html) {
        let span = at..at + part.source().len();
        at = span.end;
        match part {
            Part::Raw("style", _) if text.sheets.len() < MOST => text.sheets.push(span),
            Part::Text(piece) if open.hidden == 0 => {
                open.say(piece);
                if !piece.trim().is_empty() && text.shown.len() < MOST {
                    if open.is_verbatim() {
                        text.code.push(span.clone());
                    }
                    text.shown.push(span);
                }
            }
            Part::Tag(tag) => tagged(text, tag, span, open),
            _ => {}
        }
    }
}

fn tagged(text: &mut Text, tag: &str, span: Range<usize>, open: &mut Open) {
    let name = tag_name(tag);
    let bare = name.strip_prefix('/');
    if VERBATIM.contains(&bare.unwrap_or(&name)) {
        open.verbatim = match bare {
            None => open.verbatim + 1,
            Some(_) => open.verbatim.saturating_sub(1),
        };
    }
    match name.as_str() {
        "/a" => {
            let link = open.link.take();
            text.links.extend(link.filter(|_| text.links.len() < MOST));
        }
        "head" => open.hidden += 1,
        "/head" => open.hidden = open.hidden.saturating_sub(1),
        _ => {}
    }
    if bare.is_some() || text.elements.len() >= MOST {
        return;
    }
    let found = attributes(tag);
    let href = found.iter().find(|it| it.name == "href");
    let href = href.and_then(|it| it.value);
    // Its own bytes: the same address may stand in another attribute.
    let address = href.map_or(span.clone(), |value| {
        let offset = (value.as_ptr() as usize).saturating_sub(tag.as_ptr() as usize);
        let lead = value.len() - value.trim_start().len();
        let from = span.start + offset + lead;
        from..from + value.trim().len()
    });
    let element = Element {
        attributes: found
            .into_iter()
            .map(|it| (it.name, it.value.unwrap_or_default().to_owned()))
            .collect(),
        name,
        at: span,
    };
    opened(text, &element, address, &mut open.link);
    text.elements.push(element);
}

fn opened(text: &mut Text, element: &Element, address: Range<usize>, open: &mut Option<Link>) {
    match element.name.as_str() {
        "a" | "area" => {
            let Some(url) = element.attribute("href") else {
                return;
            };
            let at = match address.is_empty() {
                true => element.at.clone(),
                false => address,
            };
            text.links.extend(open.take());
            *open = Some(Link {
                url: decoded(url.trim()),
                at,
                text: String::new(),
                has_image: false,
            });
        }
        "img" if text.images.len() < MOST => {
            if let Some(link) = open {
                link.has_image = true;
            }
            let points = |name: &str| {
                let value = element.attribute(name)?;
                value.trim().trim_end_matches("px").parse::<u32>().ok()
            };
            let is_point = |name: &str| points(name).is_some_and(|it| it <= 2);
            text.images.push(Image {
                src: decoded(element.attribute("src").unwrap_or_default().trim()),
                at: element.at.clone(),
                alt: element.attribute("alt").map(str::to_owned),
                is_sized: element.attribute("width").is_some()
                    && element.attribute("height").is_some(),
                is_spacer: is_point("width") || is_point("height"),
                is_html: true,
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
