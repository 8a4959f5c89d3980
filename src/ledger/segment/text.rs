//! Fields: escaping, numbers, times, ranges.

use std::fmt::Write as _;
use std::ops::Range;

use jiff::Timestamp;

use crate::ledger::event::{Lifting, Ranges, Scope};

/// Appends `text` so that it holds no tab, no line end, no other control character.
pub(super) fn escape(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            c if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
}

/// What [`escape`] wrote; `None` for an escape that it does not write.
pub(super) fn unescape(text: &str) -> Option<String> {
    if !text.contains('\\') {
        return Some(text.to_owned());
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\\') {
        out.push_str(before);
        let (c, used) = match after.chars().next()? {
            '\\' => ('\\', 1),
            't' => ('\t', 1),
            'n' => ('\n', 1),
            'r' => ('\r', 1),
            'u' => {
                let code = u32::from_str_radix(after.get(1..5)?, 16).ok()?;
                (char::from_u32(code)?, 5)
            }
            _ => return None,
        };
        out.push(c);
        rest = after.get(used..)?;
    }
    out.push_str(rest);
    Some(out)
}

/// Digits only: no sign, no space, which `str::parse` would take.
pub(super) fn number<T: std::str::FromStr>(text: &str) -> Option<T> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

pub(super) fn time(text: &str) -> Option<Timestamp> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    number::<u64>(digits)?;
    Timestamp::from_millisecond(text.parse().ok()?).ok()
}

pub(super) fn write_scope(out: &mut String, scope: &Scope) {
    match scope {
        Scope::All => out.push_str("all"),
        Scope::Topic(topic) => {
            out.push_str("topic=");
            escape(out, topic);
        }
    }
}

pub(super) fn scope(text: &str) -> Option<Scope> {
    match text.strip_prefix("topic=") {
        Some(topic) => Some(Scope::Topic(unescape(topic)?)),
        None => (text == "all").then_some(Scope::All),
    }
}

/// `0-99,140`: first and last.
pub(super) fn write_ranges(out: &mut String, ranges: &Ranges) {
    for (position, range) in ranges.as_slice().iter().enumerate() {
        if position > 0 {
            out.push(',');
        }
        let last = range.end.saturating_sub(1);
        let _ = match range.start == last {
            true => write!(out, "{last}"),
            false => write!(out, "{}-{last}", range.start),
        };
    }
}

pub(super) fn ranges(text: &str) -> Option<Ranges> {
    let one = |part: &str| -> Option<Range<u32>> {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        Some(number(first)?..number::<u32>(last)?.checked_add(1)?)
    };
    let ranges: Option<Vec<_>> = text.split(',').map(one).collect();
    Ranges::from_ranges(ranges?)
}

/// A lift's kind of record.
pub(super) const fn lift_word(what: Lifting) -> &'static str {
    match what {
        Lifting::Everything => "lift",
        Lifting::Own => "lift-own",
        Lifting::HardBounce => "lift-bounce",
    }
}
