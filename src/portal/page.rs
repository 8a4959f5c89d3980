//! Pages: templates of our own, filled in the reader's language. Plain HTML that needs no script, no cookie and nothing from
//! elsewhere.

use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, Value, context};

use super::words::Words;
use crate::workspace::settings::{Locale, Settings};

/// The templates.
pub(super) struct Pages {
    templates: Environment<'static>,
}

/// What a page is about, besides what every page has.
pub(super) struct Page<'a> {
    pub(super) template: &'static str,
    pub(super) status: StatusCode,
    pub(super) locale: Locale,
    pub(super) title: &'a str,
    pub(super) content: Value,
}

const FILES: [(&str, &str); 9] = [
    ("layout.html", include_str!("pages/layout.html")),
    ("message.html", include_str!("pages/message.html")),
    ("button.html", include_str!("pages/button.html")),
    ("facts.html", include_str!("pages/facts.html")),
    ("fields.html", include_str!("pages/fields.html")),
    ("preferences.html", include_str!("pages/preferences.html")),
    ("known.html", include_str!("pages/known.html")),
    ("join.html", include_str!("pages/join.html")),
    ("style.css", include_str!("pages/style.css")),
];

/// What a page may do: show our style and logo, send a form to us. No script, no frame, nothing of others.
pub(super) const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

impl Pages {
    pub(super) fn new() -> Self {
        let mut templates = Environment::new();
        templates.set_auto_escape_callback(|name| match name.ends_with(".html") {
            true => AutoEscape::Html,
            false => AutoEscape::None,
        });
        for (name, text) in FILES {
            // Ours, and rendered by the tests: they parse.
            let _ = templates.add_template(name, text);
        }
        Self { templates }
    }

    /// A page as an answer.
    pub(super) fn show(&self, settings: &Settings, page: Page<'_>) -> Response<Body> {
        let words = Words::of(page.locale);
        let portal = settings.portal.as_ref();
        let organisation = &settings.organisation;
        // Where it cannot be read, its text stands there: the organisation's name.
        let has_logo = settings.policy.brand.logo.is_some();
        // Whoever hears the title first hears that something is wrong (WCAG 2.2, G199).
        let head = match page.status {
            StatusCode::UNPROCESSABLE_ENTITY => words.wrong_title.replace("{title}", page.title),
            _ => page.title.to_owned(),
        };
        let standing = context! {
            head => head,
            w => Value::from(Serde(words)),
            title => page.title,
            organisation => organisation.name.as_str(),
            postal => organisation.postal_address.clone(),
            base => portal.map_or("", |it| it.url.as_str()),
            privacy => portal.and_then(|it| it.privacy.clone()),
            logo => has_logo.then(|| format!("{}/logo", portal.map_or("", |it| it.url.as_str()))),
        };
        let all = context! { ..page.content, ..standing };
        let made = self.templates.get_template(page.template);
        match made.and_then(|template| template.render(all)) {
            Ok(html) => answer(page.status, "text/html; charset=utf-8", html),
            // Only a fault in a template of ours.
            Err(_) => answer(
                StatusCode::INTERNAL_SERVER_ERROR,
                "text/plain",
                String::new(),
            ),
        }
    }

    /// The style sheet in the organisation's colours.
    pub(super) fn style(&self, settings: &Settings) -> Response<Body> {
        let brand = &settings.policy.brand;
        let colour = brand.colours.iter().find_map(|it| Colour::parse(it));
        let colour = colour.unwrap_or(Colour([0x1f, 0x4e, 0x79]));
        let font = brand.fonts.first().filter(|font| is_plain(font));
        let (light, dark) = (colour.told_from(LIGHT), colour.told_from(DARK));
        let values = context! {
            accent => light.text(),
            on_accent => light.on_top(),
            accent_dark => dark.text(),
            on_accent_dark => dark.on_top(),
            font => font.map_or_else(|| "system-ui".to_owned(), |font| format!("\"{font}\"")),
        };
        let made = self.templates.get_template("style.css");
        let css = made.and_then(|template| template.render(values));
        kept(answer(
            StatusCode::OK,
            "text/css; charset=utf-8",
            css.unwrap_or_default(),
        ))
    }
}

/// What is the same for everybody may be kept for an hour.
pub(super) fn kept(mut answer: Response<Body>) -> Response<Body> {
    let hour = HeaderValue::from_static("public, max-age=3600");
    answer.headers_mut().insert(header::CACHE_CONTROL, hour);
    answer
}

/// An answer with what every answer says.
pub(super) fn answer(
    status: StatusCode,
    kind: &'static str,
    content: impl Into<Body>,
) -> Response<Body> {
    let mut answer = Response::new(content.into());
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

fn is_plain(font: &str) -> bool {
    let fine = |c: char| c.is_alphanumeric() || matches!(c, ' ' | '-');
    !font.is_empty() && font.chars().all(fine)
}

/// What pages are on, in light and in dark; as in style.css.
const LIGHT: Colour = Colour([0xff, 0xff, 0xff]);
const DARK: Colour = Colour([0x1d, 0x1d, 0x1d]);

/// A colour, `#rrggbb`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Colour([u8; 3]);

impl Colour {
    fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('#').filter(|it| it.len() == 6)?;
        let number = u32::from_str_radix(digits, 16).ok()?;
        let [_, red, green, blue] = number.to_be_bytes();
        Some(Self([red, green, blue]))
    }

    fn text(self) -> String {
        let Self([red, green, blue]) = self;
        format!("#{red:02x}{green:02x}{blue:02x}")
    }

    /// Relative luminance (WCAG 2.2).
    fn light(self) -> f64 {
        let channel = |value: u8| {
            let value = f64::from(value) / 255.0;
            match value <= 0.040_45 {
                true => value / 12.92,
                false => ((value + 0.055) / 1.055).powf(2.4),
            }
        };
        let Self([red, green, blue]) = self;
        0.2126 * channel(red) + 0.7152 * channel(green) + 0.0722 * channel(blue)
    }

    /// This colour as it can be told from `paper` (WCAG 2.2, 1.4.11: 3 to 1): else a little closer to what is furthest from it.
    fn told_from(self, paper: Self) -> Self {
        let end = match paper.on_top() {
            "#000000" => 0,
            _ => 255,
        };
        let closer = |step: u16| {
            let mix = |value: u8| {
                let sum = u16::from(value) * (20 - step) + end * step;
                u8::try_from(sum / 20).unwrap_or(u8::MAX)
            };
            Self(self.0.map(mix))
        };
        let is_told = |it: &Self| {
            let (a, b) = (it.light() + 0.05, paper.light() + 0.05);
            a.max(b) / a.min(b) >= 3.0
        };
        (0..=20).map(closer).find(is_told).unwrap_or(self)
    }

    /// Black or white, whichever is read better on it.
    fn on_top(self) -> &'static str {
        // Where both contrasts are equal: (1.05 / (l + 0.05)) = ((l + 0.05) / 0.05).
        match self.light() > 0.179 {
            true => "#000000",
            false => "#ffffff",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_on_the_brands_colour_can_be_read() {
        for (colour, on_top) in [
            ("#0b4f4a", "#ffffff"),
            ("#f4f1ea", "#000000"),
            ("#b4552d", "#ffffff"),
        ] {
            assert_eq!(Colour::parse(colour).unwrap().on_top(), on_top, "{colour}");
        }
        assert_eq!(Colour::parse("teal"), None);
        // What is good enough stays; a dark one in the dark and a light one in the light are brought closer.
        let told = |text: &str, paper| Colour::parse(text).unwrap().told_from(paper).text();
        assert_eq!(told("#0b4f4a", LIGHT), "#0b4f4a");
        assert_eq!(told("#0b4f4a", DARK), "#3b726e");
        assert_eq!(told("#f4f1ea", LIGHT), "#92908c");
        assert!(is_plain("Georgia") && !is_plain("x\"; } body {"));
    }
}
