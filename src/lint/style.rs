//! Styles as they are written: declarations, colours and their contrast.

use std::fmt;

/// A declaration of a style: name and value in lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declaration {
    /// Such as `color`.
    pub name: String,
    /// Without `!important`.
    pub value: String,
    /// Whether it goes before what stands behind it, in a style attribute, too.
    pub is_important: bool,
}

/// The declarations of a style, in order.
pub fn declarations(style: &str) -> impl Iterator<Item = Declaration> + '_ {
    let bare = style.trim_start_matches(['{', '}', ' ']);
    bare.split(';').filter_map(|part| {
        let clean = |text: &str| text.trim().trim_end_matches('}').trim().to_lowercase();
        let (name, value) = part.split_once(':')?;
        let value = clean(value);
        let marked = value.rsplit_once('!');
        let marked = marked.filter(|(_, mark)| mark.trim() == "important");
        Some(Declaration {
            name: clean(name),
            is_important: marked.is_some(),
            value: marked
                .map_or(value.as_str(), |(it, _)| it.trim())
                .to_owned(),
        })
    })
}

/// A colour of the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Colour {
    red: u8,
    green: u8,
    blue: u8,
}

/// Names that people write.
const NAMED: [(&str, [u8; 3]); 18] = [
    ("black", [0, 0, 0]),
    ("white", [255, 255, 255]),
    ("red", [255, 0, 0]),
    ("green", [0, 128, 0]),
    ("blue", [0, 0, 255]),
    ("yellow", [255, 255, 0]),
    ("orange", [255, 165, 0]),
    ("purple", [128, 0, 128]),
    ("pink", [255, 192, 203]),
    ("gray", [128, 128, 128]),
    ("grey", [128, 128, 128]),
    ("silver", [192, 192, 192]),
    ("navy", [0, 0, 128]),
    ("teal", [0, 128, 128]),
    ("maroon", [128, 0, 0]),
    ("lime", [0, 255, 0]),
    ("aqua", [0, 255, 255]),
    ("fuchsia", [255, 0, 255]),
];

impl Colour {
    /// Reads `#0b4f4a`, `#fff`, `rgb(1, 2, 3)` or a name; nothing where it is none, or not opaque.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().to_lowercase();
        let colour = |[red, green, blue]: [u8; 3]| Self { red, green, blue };
        if let Some((_, value)) = NAMED.iter().find(|(name, _)| *name == text) {
            return Some(colour(*value));
        }
        if let Some(digits) = text.strip_prefix('#') {
            let digit = |at: usize| {
                let digit = digits.chars().nth(at)?.to_digit(16)?;
                u8::try_from(digit).ok()
            };
            let part = |at: usize| match digits.len() {
                3 => digit(at).map(|it| it * 17),
                6 => Some(digit(2 * at)? * 16 + digit(2 * at + 1)?),
                _ => None,
            };
            return Some(colour([part(0)?, part(1)?, part(2)?]));
        }
        let inner = text.strip_prefix("rgb(")?.strip_suffix(')')?;
        let mut parts = inner.split([',', ' ']).filter(|it| !it.is_empty());
        let mut part = || parts.next()?.trim().parse().ok();
        Some(colour([part()?, part()?, part()?]))
    }

    /// Whether it is black, white or between.
    pub fn is_grey(self) -> bool {
        let all = [self.red, self.green, self.blue];
        let most = all.iter().max().copied().unwrap_or_default();
        let least = all.iter().min().copied().unwrap_or_default();
        most - least <= 12
    }

    /// Whether nobody tells it from `other`.
    pub fn is_near(self, other: Self) -> bool {
        let near = |a: u8, b: u8| a.abs_diff(b) <= 4;
        near(self.red, other.red) && near(self.green, other.green) && near(self.blue, other.blue)
    }

    /// WCAG 2.2's relative luminance.
    fn luminance(self) -> f64 {
        let linear = |part: u8| {
            let part = f64::from(part) / 255.0;
            if part <= 0.04045 {
                part / 12.92
            } else {
                ((part + 0.055) / 1.055).powf(2.4)
            }
        };
        0.2126 * linear(self.red) + 0.7152 * linear(self.green) + 0.0722 * linear(self.blue)
    }
}

/// WCAG 2.2's contrast of two colours: 1 to 21.
pub fn contrast(one: Colour, other: Colour) -> f64 {
    let (one, other) = (one.luminance(), other.luminance());
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{:02x}{:02x}{:02x}", self.red, self.green, self.blue)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_and_contrasts_are_those_of_the_standard() {
        let colour = |text| Colour::parse(text).unwrap();
        assert_eq!(colour("#FFF"), colour("rgb(255, 255,255)"));
        assert_eq!(colour("navy").to_string(), "#000080");
        assert!((contrast(colour("black"), colour("white")) - 21.0).abs() < 0.001);
        assert!((contrast(colour("#777"), colour("#fff")) - 4.48).abs() < 0.01);
        for none in ["", "#12", "#12345g", "transparent", "rgba(0,0,0,.5)", "#ññ"] {
            assert_eq!(Colour::parse(none), None, "{none}");
        }
        assert!(colour("#eceae4").is_grey() && !colour("#0b4f4a").is_grey());
    }

    #[test]
    fn declarations_are_split() {
        let found: Vec<_> = declarations("{ Color: RED ! important; background:#fff }").collect();
        let told: Vec<_> = found
            .iter()
            .map(|it| (it.name.as_str(), it.value.as_str(), it.is_important))
            .collect();
        assert_eq!(
            told,
            [("color", "red", true), ("background", "#fff", false)]
        );
    }
}
