//! One cell: whether its text fits its column's type, and its value. Allocates nothing to check.

use std::collections::BTreeSet;

use jiff::civil::Date;

use crate::workspace::list::ColumnType;
use crate::workspace::member::Value;

/// Reads one of the words that a list may use for yes and no, in capitals or not.
pub(in crate::workspace) fn bool(text: &str) -> Option<bool> {
    let is = |word: &str| text.eq_ignore_ascii_case(word);
    if is("true") || is("yes") || is("si") || text == "1" {
        return Some(true);
    }
    if is("false") || is("no") || text == "0" {
        return Some(false);
    }
    matches!(text, "sí" | "Sí" | "SÍ" | "sÍ").then_some(true)
}

/// Reads digits with an optional minus and decimals after a `.`; at most 32 characters.
pub(in crate::workspace) fn number(text: &str) -> Option<f64> {
    is_number(text).then(|| text.parse().ok()).flatten()
}

fn is_number(text: &str) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let size = text.strip_prefix('-').unwrap_or(text);
    text.len() <= 32
        && match size.split_once('.') {
            None => digits(size),
            Some((whole, decimals)) => digits(whole) && digits(decimals),
        }
}

/// Reads `2026-12-03`.
pub(in crate::workspace) fn date(text: &str) -> Option<Date> {
    let [y3, y2, y1, y0, b'-', m1, m0, b'-', d1, d0] = text.as_bytes() else {
        return None;
    };
    let two = |tens: &u8, ones: &u8| {
        (tens.is_ascii_digit() && ones.is_ascii_digit())
            .then(|| (tens - b'0') as i8 * 10 + (ones - b'0') as i8)
    };
    let year = i16::from(two(y3, y2)?) * 100 + i16::from(two(y1, y0)?);
    Date::new(year, two(m1, m0)?, two(d1, d0)?).ok()
}

/// The names in a cell of topics.
pub fn topics(text: &str) -> impl Iterator<Item = &str> {
    text.split(';')
        .map(|name| name.trim_matches(' '))
        .filter(|name| !name.is_empty())
}

/// A checked cell's value.
pub(super) fn value(kind: ColumnType, text: &str) -> Value {
    if text.is_empty() {
        return Value::Empty;
    }
    match kind {
        ColumnType::Text => Some(Value::Text(text.to_owned())),
        ColumnType::Number => number(text).map(Value::Number),
        ColumnType::Date => date(text).map(Value::Date),
        ColumnType::Bool => bool(text).map(Value::Bool),
        ColumnType::Topics => Some(Value::Topics(topics(text).map(str::to_owned).collect())),
    }
    .unwrap_or(Value::Empty)
}

/// Whether two texts are the same value: yes however it is written, topics in any order, blanks around it.
pub(super) fn is_same(kind: ColumnType, one: &str, other: &str) -> bool {
    let (one, other) = (one.trim(), other.trim());
    if kind == ColumnType::Topics {
        let set = |text| topics(text).collect::<BTreeSet<_>>();
        return set(one) == set(other);
    }
    one == other
        || match kind {
            ColumnType::Number => match (number(one), number(other)) {
                (Some(one), Some(other)) => one.total_cmp(&other).is_eq(),
                _ => false,
            },
            ColumnType::Bool => bool(one).is_some() && bool(one) == bool(other),
            ColumnType::Text | ColumnType::Date | ColumnType::Topics => false,
        }
}

/// Whether a cell that is not empty fits a type; what is expected, where it does not.
pub(super) fn check(kind: ColumnType, text: &str) -> Result<(), &'static str> {
    let (fits, expected) = match kind {
        ColumnType::Text | ColumnType::Topics => (true, ""),
        ColumnType::Number => (
            is_number(text),
            "a number such as 1250.50, with a point before the decimals",
        ),
        ColumnType::Date => (date(text).is_some(), "a day such as 2026-12-03"),
        ColumnType::Bool => (bool(text).is_some(), "true, false, yes, no, sí, si, 1 or 0"),
    };
    fits.then_some(()).ok_or(expected)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_is_the_same_however_it_is_written() {
        let text = ColumnType::Text;
        for (kind, one, other, same) in [
            (ColumnType::Bool, "sí", "true", true),
            (ColumnType::Bool, "no", "true", false),
            (ColumnType::Bool, "", "false", false),
            (ColumnType::Bool, "quizá", "tal vez", false),
            (ColumnType::Topics, "b; a", "a;b", true),
            (ColumnType::Topics, "b; a", "a", false),
            (ColumnType::Topics, " ; ", "", true),
            (ColumnType::Number, "12.50", "12.5", true),
            (ColumnType::Number, "12.5", "125", false),
            (text, " Ana ", "Ana", true),
            (text, "sí", "true", false),
        ] {
            assert_eq!(is_same(kind, one, other), same, "{one}, {other}");
        }
    }

    #[test]
    fn words_numbers_and_days() {
        for (text, value) in [
            ("TRUE", true),
            ("Sí", true),
            ("si", true),
            ("1", true),
            ("No", false),
            ("0", false),
        ] {
            assert_eq!(bool(text), Some(value), "{text}");
        }
        assert_eq!(bool("maybe"), None);
        assert_eq!(number("-12.50"), Some(-12.5));
        for bad in [
            "1,5", "1e5", "inf", "NaN", "+1", ".5", "5.", "1 000", "", "-", "١",
        ] {
            assert_eq!(number(bad), None, "{bad}");
        }
        assert_eq!(date("2028-02-29"), Some(jiff::civil::date(2028, 2, 29)));
        for bad in [
            "2026-02-29",
            "2026-2-1",
            "03/12/2026",
            "2026-13-01",
            "20261203",
            "2026-12-0x",
        ] {
            assert_eq!(date(bad), None, "{bad}");
        }
        assert_eq!(topics(" a ;;b;").collect::<Vec<_>>(), ["a", "b"]);
    }
}
