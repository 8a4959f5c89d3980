//! What styles hide from everybody. What a sheet shows again on some screens, as mobile versions do, is not hidden.

use std::collections::{HashMap, HashSet};

use super::cascade::each_rule;
use super::content::Element;
use super::style::{Declaration, declarations};

/// What a sheet hides and shows, by class (`.a`), id (`#a`) or element, and property.
#[derive(Default)]
pub(super) struct Hiding {
    hidden: HashMap<(String, &'static str), &'static str>,
    /// With or without conditions; whether it is important.
    shown: HashSet<(String, &'static str, bool)>,
}

impl Hiding {
    pub(super) fn of(css: &str) -> Self {
        let mut hiding = Self::default();
        each_rule(css, |conditions, selectors, body| {
            for declaration in declarations(body) {
                let Some(property) = property(&declaration) else {
                    continue;
                };
                for selector in selectors.split(',').map(str::trim) {
                    match hides(&declaration) {
                        None => hiding.show(selector, property, declaration.is_important),
                        Some(how) if conditions.is_empty() && is_simple(selector) => {
                            let key = (selector.to_ascii_lowercase(), property);
                            hiding.hidden.insert(key, how);
                        }
                        Some(_) => {}
                    }
                }
            }
        });
        hiding
    }

    /// A longer selector may not apply: who shows something somewhere does not hide it from everybody.
    fn show(&mut self, selector: &str, property: &'static str, is_important: bool) {
        let last = selector.split_whitespace().next_back().unwrap_or_default();
        let last = last
            .replace("[class=", ".")
            .replace("[class~=", ".")
            .replace("[id=", "#");
        let last = last.replace(['"', '\'', ']'], "").to_ascii_lowercase();
        let mut name = String::new();
        for c in last.chars().chain(['.']) {
            if matches!(c, '.' | '#' | ':' | '[' | '>' | '+' | '~' | '*') {
                if !name.is_empty() {
                    let name = std::mem::take(&mut name);
                    self.shown.insert((name, property, is_important));
                }
                if !matches!(c, '.' | '#') {
                    continue;
                }
            }
            name.push(c);
        }
    }

    /// How an element is hidden on every screen.
    pub(super) fn how(&self, element: &Element) -> Option<&'static str> {
        let attribute = |name| element.attribute(name).unwrap_or_default();
        let mut names: Vec<String> = attribute("class")
            .split_whitespace()
            .take(8)
            .map(|it| format!(".{}", it.to_ascii_lowercase()))
            .collect();
        names.push(format!("#{}", attribute("id").to_ascii_lowercase()));
        names.push(element.name.clone());
        let is_shown = |property, important: &[bool]| {
            names.iter().any(|name| {
                let is = |it: &bool| self.shown.contains(&(name.clone(), property, *it));
                important.iter().any(is)
            })
        };
        let own: Vec<Declaration> = declarations(attribute("style")).collect();
        for declaration in &own {
            if let (Some(property), Some(how)) = (property(declaration), hides(declaration))
                && !is_shown(property, &[true])
            {
                return Some(how);
            }
        }
        if element.attribute("hidden").is_some() && !is_shown("display", &[true, false]) {
            return Some("`hidden`");
        }
        PROPERTIES.into_iter().find_map(|wanted| {
            let mut all = names.iter();
            let how = all.find_map(|name| self.hidden.get(&(name.clone(), wanted)))?;
            let shows_itself = own.iter().any(|it| property(it) == Some(wanted));
            (!shows_itself && !is_shown(wanted, &[true, false])).then_some(*how)
        })
    }
}

const PROPERTIES: [&str; 5] = [
    "display",
    "visibility",
    "opacity",
    "font-size",
    "text-indent",
];

fn property(declaration: &Declaration) -> Option<&'static str> {
    PROPERTIES.into_iter().find(|it| *it == declaration.name)
}

fn hides(declaration: &Declaration) -> Option<&'static str> {
    match (declaration.name.as_str(), declaration.value.as_str()) {
        ("display", "none") => Some("`display: none`"),
        ("visibility", "hidden") => Some("`visibility: hidden`"),
        ("opacity", "0") => Some("`opacity: 0`"),
        ("font-size", "0" | "0px" | "1px") => Some("its font size"),
        ("text-indent", value) if value.starts_with("-9") => Some("`text-indent`"),
        _ => None,
    }
}

fn is_simple(selector: &str) -> bool {
    let mut characters = selector.chars();
    let first = characters.next();
    first.is_some_and(|c| c.is_alphabetic() || matches!(c, '.' | '#'))
        && characters.all(|c| c.is_alphanumeric() || "-_".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn how(css: &str, attributes: &[(&str, &str)]) -> Option<&'static str> {
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let element = Element {
            name: "div".to_owned(),
            at: 0..0,
            attributes: attributes.iter().map(own).collect(),
        };
        Hiding::of(css).how(&element)
    }

    #[test]
    fn what_is_shown_on_telephones_is_not_hidden() {
        let mobile =
            "@media (max-width:600px){ .mob{display:block !important;max-height:none !important} }";
        let own = ("style", "display:none;max-height:0;overflow:hidden");
        assert_eq!(how(mobile, &[("class", "a mob"), own]), None);
        assert!(how(mobile, &[("class", "a"), own]).is_some());
        let weak = "@media (max-width:600px){ .mob{display:block} }";
        assert!(
            how(weak, &[("class", "mob"), own]).is_some(),
            "the own style goes before"
        );
        let sheet = format!(".mob{{display:none}} {weak}");
        assert_eq!(how(&sheet, &[("class", "mob")]), None);
        let attribute = ".mob{display:none} @media x { body div[class=\"mob\"] {display:block} }";
        assert_eq!(how(attribute, &[("class", "mob")]), None);
    }

    #[test]
    fn a_class_hides_as_a_style_does() {
        assert_eq!(
            how(".m{display:none}", &[("class", "m")]),
            Some("`display: none`")
        );
        assert_eq!(how("#m{opacity:0}", &[("id", "M")]), Some("`opacity: 0`"));
        assert_eq!(
            how(
                ".m{display:none}",
                &[("class", "m"), ("style", "display:block")]
            ),
            None
        );
        assert_eq!(
            how(".a .m{display:none}", &[("class", "m")]),
            None,
            "it may not stand in `.a`"
        );
        let narrow = "@media (max-width:600px){.d{display:none !important}}";
        assert_eq!(how(narrow, &[("class", "d")]), None, "others see it");
        assert_eq!(how("", &[("hidden", "")]), Some("`hidden`"));
    }
}
