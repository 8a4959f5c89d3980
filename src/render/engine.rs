//! The template engine, held short: strict about undefined values, bounded in steps and output, with
//! an allow-list of filters and tests, and no way to other files.

use jiff::civil::Date;
use minijinja::value::{Value, ValueKind};
use minijinja::{AutoEscape, Environment, Error, ErrorKind, UndefinedBehavior, filters, tests};

use super::phrases::{Phrases, phrases};
use crate::mail::percent::encoded;
use crate::workspace::settings::Locale;

/// Steps that one part of one mail may take.
pub(super) const FUEL: u64 = 200_000;

/// What stands behind a `|` in a template; a test holds it equal to what the environment has.
pub(super) const FILTERS: [&str; 18] = [
    "default",
    "upper",
    "lower",
    "capitalize",
    "title",
    "trim",
    "length",
    "first",
    "last",
    "round",
    "abs",
    "date",
    "number",
    "money",
    "initial",
    "url_part",
    "url_whole",
    "css_value",
];
/// What stands behind an `is`.
pub(super) const TESTS: [&str; 5] = ["defined", "undefined", "none", "odd", "even"];

/// What filters say of a value that they refuse. Never the value: it is a recipient's, and this is said in logs.
const NO_TEXT: &str = "this is no text";
const NO_DAY: &str = "this is no day such as 2026-12-03";
const NO_NUMBER: &str = "this is no number";
const NO_LINK: &str =
    "this is no address that a link may lead to: it must begin with https://, http:// or mailto:";
const NO_STYLE: &str = "this cannot stand in a style";
/// What is said where a template is not done in [`FUEL`] steps.
pub(super) const TOO_LONG: &str = "the template takes too many steps";

/// Whether an error's words hold nothing of a row. The engine's own may (`unable to calculate 5 / 0`), so
/// only those are believed that are known.
pub(super) fn is_free_of_values(why: &str) -> bool {
    let known = [NO_TEXT, NO_DAY, NO_NUMBER, NO_LINK, NO_STYLE, TOO_LONG];
    // The engine names types there, and no values.
    known.contains(&why) || why.starts_with("tried to use ")
}

/// An environment for one campaign.
pub(super) fn environment(locale: Locale) -> Environment<'static> {
    let mut env = Environment::empty();
    env.set_undefined_behavior(UndefinedBehavior::SemiStrict);
    env.set_fuel(Some(FUEL));
    env.set_recursion_limit(50);
    env.set_debug(true);
    env.set_auto_escape_callback(|name| match name {
        "html" => AutoEscape::Html,
        _ => AutoEscape::None,
    });
    env.set_formatter(|out, state, value| {
        if value.is_undefined() {
            // The engine's own words for it, with the name.
            return minijinja::escape_formatter(out, state, value);
        }
        let html = matches!(state.auto_escape(), AutoEscape::Html);
        if matches!(state.name(), "subject" | "preheader") {
            // Header text keeps everything, so that the header writer sees and refuses it.
            return out
                .write_fmt(format_args!("{}", shown(value)?))
                .map_err(Error::from);
        }
        let written = match value.as_str() {
            Some(text) => write_text(out, text, html),
            None if value.is_number() => write_text(out, &plain_number(value), false),
            None => write_text(out, &value.to_string(), html),
        };
        written.map_err(Error::from)
    });
    env.add_filter("default", filters::default);
    env.add_filter("upper", filters::upper);
    env.add_filter("lower", filters::lower);
    env.add_filter("capitalize", filters::capitalize);
    env.add_filter("title", filters::title);
    env.add_filter("trim", filters::trim);
    env.add_filter("length", filters::length);
    env.add_filter("first", filters::first);
    env.add_filter("last", filters::last);
    env.add_filter("round", filters::round);
    env.add_filter("abs", filters::abs);
    env.add_test("defined", tests::is_defined);
    env.add_test("undefined", tests::is_undefined);
    env.add_test("none", tests::is_none);
    env.add_test("odd", tests::is_odd);
    env.add_test("even", tests::is_even);
    let words = phrases(locale);
    env.add_filter("date", move |value: &Value| date(words, &text_of(value)?));
    env.add_filter("number", move |value: &Value, decimals: Option<usize>| {
        number(words, value, decimals)
    });
    env.add_filter("money", move |value: &Value, currency: &str| {
        money(words, value, currency)
    });
    env.add_filter("initial", |value: &Value| -> Result<String, Error> {
        let first = text_of(value)?.trim().chars().next();
        Ok(first.map(String::from).unwrap_or_default())
    });
    env.add_filter("url_part", |value: &Value| {
        shown(value).map(|text| encoded(&text))
    });
    env.add_filter("url_whole", |value: &Value| url_whole(&shown(value)?));
    env.add_filter("css_value", |value: &Value| css_value(shown(value)?));
    env
}

/// Control characters of a row are no text; line breaks and tabs stay.
fn write_text(out: &mut minijinja::Output<'_>, text: &str, html: bool) -> std::fmt::Result {
    let special = |b: u8| {
        (b < b' ' && b != b'\n' && b != b'\t')
            || b == 0x7f
            || (html && matches!(b, b'<' | b'>' | b'&' | b'"' | b'\''))
    };
    let mut rest = text;
    while let Some(at) = rest.bytes().position(special) {
        let (before, after) = rest.split_at(at);
        out.write_str(before)?;
        out.write_str(match after.as_bytes().first() {
            Some(b'<') => "&lt;",
            Some(b'>') => "&gt;",
            Some(b'&') => "&amp;",
            Some(b'"') => "&quot;",
            Some(b'\'') => "&#39;",
            _ => "",
        })?;
        rest = after.get(1..).unwrap_or_default();
    }
    out.write_str(rest)
}

fn wrong(why: &'static str) -> Error {
    Error::new(ErrorKind::InvalidOperation, why)
}

/// A value that is a text.
fn text_of(value: &Value) -> Result<String, Error> {
    match value.as_str() {
        Some(text) => Ok(text.to_owned()),
        None if value.is_undefined() => Err(Error::from(ErrorKind::UndefinedError)),
        None => Err(wrong(NO_TEXT)),
    }
}

/// What a value prints as; an undefined one is an error wherever a filter meets it.
fn shown(value: &Value) -> Result<String, Error> {
    match value.kind() {
        ValueKind::Undefined => Err(Error::from(ErrorKind::UndefinedError)),
        ValueKind::Number => Ok(plain_number(value)),
        _ => Ok(value.to_string()),
    }
}

/// Integral numbers print without decimals.
fn plain_number(value: &Value) -> String {
    match value.as_i64() {
        Some(whole) => whole.to_string(),
        None => value.to_string(),
    }
}

/// `3 de diciembre de 2026`, `3 dicembre 2026`, `3 December 2026`.
fn date(words: &Phrases, value: &str) -> Result<String, Error> {
    let day: Date = value.trim().parse().map_err(|_| wrong(NO_DAY))?;
    let month = usize::try_from(day.month() - 1)
        .ok()
        .and_then(|at| words.months.get(at));
    let (month, joint) = (month.copied().unwrap_or_default(), words.date_joint);
    // Italian writes the first of a month as an ordinal.
    let first = if day.day() == 1 && words.months.first() == Some(&"gennaio") {
        "º"
    } else {
        ""
    };
    Ok(format!(
        "{}{first}{joint}{month}{joint}{}",
        day.day(),
        day.year()
    ))
}

/// `1.234,56` and `1,234.56`.
fn number(words: &Phrases, value: &Value, decimals: Option<usize>) -> Result<String, Error> {
    if value.is_undefined() {
        return Err(Error::from(ErrorKind::UndefinedError));
    }
    let number = f64::try_from(value.clone())
        .ok()
        .or_else(|| value.as_str().and_then(|text| text.trim().parse().ok()))
        .filter(|number: &f64| number.is_finite())
        .ok_or_else(|| wrong(NO_NUMBER))?;
    let decimals = decimals
        .unwrap_or(if number.fract() == 0.0 { 0 } else { 2 })
        .min(9);
    let fixed = format!("{:.decimals$}", number.abs());
    let (whole, fraction) = fixed.split_once('.').unwrap_or((&fixed, ""));
    let mut out = String::new();
    if number < 0.0 && fixed.bytes().any(|b| matches!(b, b'1'..=b'9')) {
        out.push('-');
    }
    for (n, digit) in whole.chars().enumerate() {
        if n > 0 && (whole.len() - n).is_multiple_of(3) {
            out.push(words.thousands);
        }
        out.push(digit);
    }
    if !fraction.is_empty() {
        out.push(words.decimals);
        out.push_str(fraction);
    }
    Ok(out)
}

/// `1.234,56 €` and `€1,234.56`: two decimals, the sign where the language puts it.
fn money(words: &Phrases, value: &Value, currency: &str) -> Result<String, Error> {
    let amount = number(words, value, Some(2))?;
    let sign = match currency {
        "EUR" => "€",
        "USD" => "US$",
        "GBP" => "£",
        other => other,
    };
    let minus = amount.strip_prefix('-');
    Ok(match (words.decimals, minus) {
        (',', _) => format!("{amount}\u{a0}{sign}"),
        (_, Some(positive)) if sign != currency => format!("-{sign}{positive}"),
        (_, None) if sign != currency => format!("{sign}{amount}"),
        _ => format!("{sign}\u{a0}{amount}"),
    })
}

/// A value that is a URL by itself: of the web or a mail address; nothing that runs.
fn url_whole(text: &str) -> Result<String, Error> {
    let text = text.trim();
    let lower = text.get(..8).unwrap_or(text).to_ascii_lowercase();
    let known = ["http://", "https://", "mailto:"]
        .iter()
        .any(|scheme| lower.starts_with(scheme));
    let odd =
        |c: char| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | '"' | '\'' | '\\');
    if known && !text.contains(odd) {
        return Ok(text.to_owned());
    }
    Err(wrong(NO_LINK))
}

fn css_value(text: String) -> Result<String, Error> {
    let lower = text.to_ascii_lowercase();
    let odd = |c: char| c.is_control() || matches!(c, ';' | '{' | '}' | '<' | '>' | '\\' | ':');
    if text.contains(odd) || lower.contains("url(") || lower.contains("expression(") {
        return Err(wrong(NO_STYLE));
    }
    Ok(text)
}

#[cfg(test)]
mod tests_ {
    use super::*;

    #[test]
    fn the_names_are_those_of_the_environment() {
        let env = environment(Locale::Es);
        let unknown = |text: String| {
            let error = env.render_str(&text, ()).err();
            error.is_some_and(|error| {
                let kind = error.kind();
                matches!(kind, ErrorKind::UnknownFilter | ErrorKind::UnknownTest)
            })
        };
        for name in FILTERS {
            assert!(!unknown(format!("{{{{ 'x'|{name} }}}}")), "{name}");
        }
        for name in TESTS {
            assert!(!unknown(format!("{{{{ 1 is {name} }}}}")), "{name}");
        }
        assert!(unknown("{{ 'x'|safe }}".to_owned()));
        assert!(unknown("{{ 1 is string }}".to_owned()));
    }

    #[test]
    fn days_and_numbers_in_each_language() {
        let show = |locale, text: &str| environment(locale).render_str(text, ()).unwrap();
        let all = "{{ '2026-12-03'|date }} {{ 1234.56|number(2) }} {{ 1234567|number }} {{ -0.5|money('EUR') }}";
        assert_eq!(
            show(Locale::Es, all),
            "3 de diciembre de 2026 1.234,56 1.234.567 -0,50\u{a0}€"
        );
        assert_eq!(
            show(Locale::It, all),
            "3 dicembre 2026 1.234,56 1.234.567 -0,50\u{a0}€"
        );
        assert_eq!(
            show(Locale::En, all),
            "3 December 2026 1,234.56 1,234,567 -€0.50"
        );
    }

    #[test]
    fn urls_run_nothing() {
        for bad in [
            "javascript:alert(1)",
            "data:text/html,x",
            " //evil.test",
            "https://a b",
            "JAVASCRIPT:x",
        ] {
            assert!(url_whole(bad).is_err(), "{bad}");
        }
        assert_eq!(
            url_whole("https://a.test/?x=1&y").unwrap(),
            "https://a.test/?x=1&y"
        );
    }
}
