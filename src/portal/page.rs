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

const FILES: [(&str, &str); 8] = [
    ("layout.html", include_str!("pages/layout.html")),
    ("message.html", include_str!("pages/message.html")),
    ("button.html", include_str!("pages/button.html")),
    ("facts.html", include_str!("pages/facts.html")),
    ("fields.html", include_str!("pages/fields.html")),
    ("preferences.html", include_str!("pages/preferences.html")),
    ("join.html", include_str!("pages/join.html")),
    ("style.css", include_str!("pages/style.css")),
];

/// What a page may do: show our style and pictures, send a form to us. No script, no frame, nothing of others.
pub(super) const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self' https:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

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
        let logo = settings.policy.brand.logo.as_ref().map(|_| "logo");
        let standing = context! {
            w => Value::from(Serde(words)),
            title => page.title,
            organisation => organisation.name.as_str(),
            postal => organisation.postal_address.clone(),
            base => portal.map_or("", |it| it.url.as_str()),
            privacy => portal.and_then(|it| it.privacy.clone()),
            logo => logo.map(|it| format!("{}/{it}", portal.map_or("", |it| it.url.as_str()))),
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
        let values = context! {
            brand => colour.text(),
            on_brand => colour.on_top(),
            font => font.map_or_else(|| "system-ui".to_owned(), |font| format!("\"{font}\"")),
        };
        let made = self.templates.get_template("style.css");
        let css = made.and_then(|template| template.render(values));
        let mut answer = answer(
            StatusCode::OK,
            "text/css; charset=utf-8",
            css.unwrap_or_default(),
        );
        let hour = HeaderValue::from_static("public, max-age=3600");
        answer.headers_mut().insert(header::CACHE_CONTROL, hour);
        answer
    }
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

    /// Black or white, whichever is read better on it (WCAG 2.2, relative luminance).
    fn on_top(self) -> &'static str {
        let channel = |value: u8| {
            let value = f64::from(value) / 255.0;
            match value <= 0.040_45 {
                true => value / 12.92,
                false => ((value + 0.055) / 1.055).powf(2.4),
            }
        };
        let Self([red, green, blue]) = self;
        let light = 0.2126 * channel(red) + 0.7152 * channel(green) + 0.0722 * channel(blue);
        // Where both contrasts are equal: (1.05 / (l + 0.05)) = ((l + 0.05) / 0.05).
        match light > 0.179 {
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
        assert!(is_plain("Georgia") && !is_plain("x\"; } body {"));
    }
}
