//! What colours text has in a page: its own element's, or those of what it stands in. Knows style
//! attributes, `bgcolor`, `font`, and a sheet's rules for elements, classes and ids; whatever else decides (a
//! picture behind the text, a value of a recipient, a longer selector) makes a colour unknown, and nothing is
//! said of it.

use std::collections::HashMap;
use std::ops::Range;

use super::content::Element;
use super::style::{Colour, Declaration, declarations};
use crate::render::html::{Part, attributes, parts, tag_name};

/// Deeper than pages are nested.
const DEEPEST: usize = 200;

/// So many rules of one selector count, the last ones, and so many classes of one element: a hostile page must
/// not make every element look at every rule.
const MOST: usize = 8;

/// Elements that hold nothing.
const VOID: [&str; 14] = [
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source",
    "track", "wbr",
];

/// Elements that end where the next of their kind begins.
const CLOSED_BY_THE_NEXT: [&str; 6] = ["p", "li", "td", "th", "tr", "option"];

/// Text on a ground, both known.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Shown {
    /// The tag that gave the later of the two.
    pub(super) at: Range<usize>,
    pub(super) colour: Colour,
    pub(super) ground: Colour,
    /// Whether WCAG counts it as large.
    pub(super) is_large: bool,
    /// Whether one style gave both, which is seen there.
    pub(super) is_of_one_style: bool,
}

/// A sheet's declarations by simple selector, in their order.
#[derive(Default)]
pub(super) struct Sheet<'a>(HashMap<String, Vec<&'a str>>);

impl<'a> Sheet<'a> {
    /// The rules outside of `@`; with `is_dark` also those for dark screens, behind the others.
    pub(super) fn of(css: &'a str, is_dark: bool) -> Self {
        let mut sheet = Self::default();
        let mut dark = Vec::new();
        each_rule(css, |conditions, selectors, body| match conditions {
            [] => sheet.add(selectors, body),
            [one] if is_dark && one.contains("prefers-color-scheme") && one.contains("dark") => {
                dark.push((selectors, body));
            }
            _ => {}
        });
        for (selectors, body) in dark {
            sheet.add(selectors, body);
        }
        sheet
    }

    /// Whether an element's own style has no say about its colours.
    pub(super) fn decides(&self, element: &Element) -> bool {
        let attribute = |name| element.attribute(name).unwrap_or_default();
        let styles = self.styles(&element.name, attribute("class"), attribute("id"));
        let mut all = styles.into_iter().flat_map(declarations);
        all.any(|it| it.is_important && (it.name == "color" || it.name.starts_with("background")))
    }

    fn add(&mut self, selectors: &str, body: &'a str) {
        for selector in selectors.split(',').map(str::trim) {
            // The last part alone: what it applies to. A longer selector applies to fewer, and is left out.
            let is_simple = selector
                .chars()
                .skip(1)
                .all(|c| c.is_alphanumeric() || "-_".contains(c));
            if is_simple {
                let of_selector = self.0.entry(selector.to_ascii_lowercase()).or_default();
                if of_selector.len() == MOST {
                    of_selector.remove(0);
                }
                of_selector.push(body);
            }
        }
    }

    /// What applies to an element: kind first, then classes, then its id.
    fn styles(&self, name: &str, class: &str, id: &str) -> Vec<&'a str> {
        let classes = class
            .split_whitespace()
            .take(MOST)
            .map(|it| format!(".{it}"));
        let keys = std::iter::once(name.to_owned())
            .chain(classes)
            .chain([format!("#{id}")]);
        keys.filter_map(|key| self.0.get(&key.to_ascii_lowercase()))
            .flatten()
            .copied()
            .collect()
    }
}

/// A sheet's rules: the conditions (`@…`) that they stand in, their selectors, their declarations.
pub(super) fn each_rule<'a>(css: &'a str, mut rule: impl FnMut(&[&'a str], &'a str, &'a str)) {
    let (mut rest, mut conditions) = (css, Vec::<&str>::new());
    while let Some(open) = rest.find(['{', '}']) {
        let (head, tail) = rest.split_at(open);
        rest = tail.get(1..).unwrap_or_default();
        if tail.starts_with('}') {
            conditions.pop();
            continue;
        }
        let head = head.rsplit([';', '}']).next().unwrap_or(head);
        let head = head.rsplit("*/").next().unwrap_or(head).trim();
        if head.starts_with('@') {
            conditions.push(head);
            continue;
        }
        let body = rest.split('}').next().unwrap_or_default();
        rest = rest.get(body.len() + 1..).unwrap_or_default();
        rule(&conditions, head, body);
    }
}

/// What an element hands down.
#[derive(Clone)]
struct Level {
    name: String,
    colour: Option<Colour>,
    ground: Option<Colour>,
    /// Where the later of the two was given, and by which style, counted through.
    at: Range<usize>,
    colour_of: usize,
    ground_of: usize,
    size: f64,
    is_bold: bool,
    is_shown: bool,
}

/// All text of a page whose colour and ground are both known, once for each tag that decides.
pub(super) fn shown(html: &str, sheet: &Sheet<'_>) -> Vec<Shown> {
    let mut found: Vec<Shown> = Vec::new();
    let mut open = vec![Level {
        name: String::new(),
        colour: None,
        ground: None,
        at: 0..0,
        colour_of: 0,
        ground_of: 0,
        size: 16.0,
        is_bold: false,
        is_shown: true,
    }];
    let (mut at, mut styles) = (0, 0);
    for part in parts(html) {
        let span = at..at + part.source().len();
        at = span.end;
        match part {
            Part::Text(text) if !text.trim().is_empty() => {
                if let Some(shown) = open.last().and_then(judged)
                    && !found.iter().rev().take(20).any(|it| it.at == shown.at)
                {
                    found.push(shown);
                }
            }
            Part::Tag(tag) => nest(tag, span, sheet, &mut styles, &mut open),
            _ => {}
        }
    }
    found
}

fn judged(level: &Level) -> Option<Shown> {
    let (colour, ground) = (level.colour?, level.ground?);
    level.is_shown.then(|| Shown {
        at: level.at.clone(),
        colour,
        ground,
        // WCAG 2.2: 18 points, or 14 in bold.
        is_large: level.size >= 24.0 || level.is_bold && level.size >= 18.66,
        is_of_one_style: level.colour_of == level.ground_of,
    })
}

fn nest(tag: &str, at: Range<usize>, sheet: &Sheet<'_>, styles: &mut usize, open: &mut Vec<Level>) {
    let name = tag_name(tag);
    if let Some(closed) = name.strip_prefix('/') {
        if let Some(start) = open
            .iter()
            .rposition(|it| it.name == closed)
            .filter(|it| *it > 0)
        {
            open.truncate(start);
        }
        return;
    }
    if VOID.contains(&name.as_str()) || tag.ends_with("/>") || open.len() > DEEPEST {
        return;
    }
    if CLOSED_BY_THE_NEXT.contains(&name.as_str()) && open.last().is_some_and(|it| it.name == name)
    {
        open.pop();
    }
    let Some(mut level) = open.last().cloned() else {
        return;
    };
    let all = attributes(tag);
    let attribute = |wanted: &str| {
        let found = all.iter().find(|it| it.name == wanted);
        found.and_then(|it| it.value).unwrap_or_default()
    };
    match name.as_str() {
        // Programs give links a colour of their own.
        "a" => level.colour = None,
        "h1" => (level.size, level.is_bold) = (32.0, true),
        "h2" => (level.size, level.is_bold) = (24.0, true),
        "b" | "strong" | "th" | "h3" | "h4" => level.is_bold = true,
        _ => {}
    }
    level.name.clone_from(&name);
    if !attribute("bgcolor").is_empty() {
        *styles += 1;
        level.ground = Colour::parse(attribute("bgcolor"));
        (level.ground_of, level.at) = (*styles, at.clone());
    }
    if !attribute("background").is_empty() {
        // A picture.
        level.ground = None;
    }
    if name == "font" && !attribute("color").is_empty() {
        *styles += 1;
        level.colour = Colour::parse(attribute("color"));
        (level.colour_of, level.at) = (*styles, at.clone());
    }
    let mut given = sheet.styles(&name, attribute("class"), attribute("id"));
    given.push(attribute("style"));
    // Important ones count as if they stood behind all others.
    for is_important in [false, true] {
        for (number, style) in (*styles + 1..).zip(&given) {
            level.take(style, is_important, number, &at);
        }
    }
    *styles += given.len();
    open.push(level);
}

impl Level {
    fn take(&mut self, style: &str, is_important: bool, number: usize, at: &Range<usize>) {
        let all = declarations(style).filter(|it| it.is_important == is_important);
        for Declaration { name, value, .. } in all {
            match name.as_str() {
                "color" if value != "inherit" => {
                    self.colour = Colour::parse(&value);
                    (self.colour_of, self.at) = (number, at.clone());
                }
                "background" | "background-color" | "background-image" => {
                    if matches!(
                        value.as_str(),
                        "none" | "transparent" | "inherit" | "initial"
                    ) {
                        continue;
                    }
                    self.ground = Colour::parse(&value);
                    (self.ground_of, self.at) = (number, at.clone());
                }
                "font-size" => {
                    let pixels = value
                        .strip_suffix("px")
                        .and_then(|it| it.trim().parse().ok());
                    // In another unit it may be large: the milder limit is right then.
                    self.size = pixels.unwrap_or(24.0);
                }
                "font-weight" => {
                    let weight = value.parse().unwrap_or(0);
                    self.is_bold = value.starts_with("bold") || weight >= 700;
                }
                "display" if value == "none" => self.is_shown = false,
                "opacity" | "mix-blend-mode" => self.colour = None,
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn colours(html: &str, css: &str, is_dark: bool) -> Vec<String> {
        let found = shown(html, &Sheet::of(css, is_dark));
        let all = found
            .iter()
            .map(|it| format!("{} on {} {}", it.colour, it.ground, it.is_large));
        all.collect()
    }

    #[test]
    fn colours_come_from_what_text_stands_in() {
        let page = "<body bgcolor='#ffffff'><table style='color:#777'><tr><td>a<td>b<br>c</table><p>d</p>\
                    <div bgcolor=white background=a.png><p style='color:#777'>e</p></div>\
                    <div style='background:url(a.png)'><p style='color:#777'>e</p></div></body>";
        assert_eq!(colours(page, "", false), ["#777777 on #ffffff false"]);
        let page = "<div style='background:{{ brand.colour }}'><p style='color:#777'>e</p></div>";
        assert_eq!(colours(page, "", false), Vec::<String>::new());
        let page = "<div style='background:#fff;color:#777'><a href='x'>link</a><h1>big</h1></div>";
        assert_eq!(colours(page, "", false), ["#777777 on #ffffff true"]);
    }

    #[test]
    fn a_sheet_is_read_for_light_and_for_dark_screens() {
        let css = "/* x */ .card, td { background: #fff } .card p { color: #fff } @media (max-width: 9px) { p { color: red } }\n\
                   p { color: #000 } @media (prefers-color-scheme: dark) { .card { background: #111 } }";
        let page = "<div class='a card'><p>text</p></div>";
        assert_eq!(colours(page, css, false), ["#000000 on #ffffff false"]);
        assert_eq!(colours(page, css, true), ["#000000 on #111111 false"]);
    }

    #[test]
    fn what_is_important_goes_before_an_elements_own_style() {
        let css = ".d { color: #222 !important } @media (prefers-color-scheme: dark) \
                   { .d { background: #111 !important; color: #fff !important } }";
        let page = "<p class='d' style='color:#eee;background:#fff'>text</p>";
        assert_eq!(colours(page, css, false), ["#222222 on #ffffff false"]);
        assert_eq!(colours(page, css, true), ["#ffffff on #111111 false"]);
    }

    #[test]
    fn strange_pages_end() {
        let deep = "<div style='color:#777;background:#fff'>".repeat(2000) + "x";
        assert_eq!(colours(&deep, "}}{{@{;", true).len(), 1);
        assert_eq!(colours("</p></td><p", "p{", false), Vec::<String>::new());
    }
}
