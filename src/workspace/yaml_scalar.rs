//! What a plain YAML scalar means: null, a truth value, a number or a text.
//!
//! The rules are those of `yaml_serde`, so that a file means the same to every reader here; a test
//! compares both. They are YAML 1.2's core schema with binary numbers, and without YAML 1.1's
//! surprises: `no` is a text, `012` is a text, `12:00` is a text, and a date is a text.

use serde_json::{Number, Value};

/// A number that JSON cannot hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TooLarge;

/// What `text`, written without quotes, means.
pub(super) fn resolve(text: &str) -> Result<Value, TooLarge> {
    match text {
        "" | "null" | "Null" | "NULL" | "~" => return Ok(Value::Null),
        "true" | "True" | "TRUE" => return Ok(Value::Bool(true)),
        "false" | "False" | "FALSE" => return Ok(Value::Bool(false)),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" | "-.inf" | "-.Inf" | "-.INF"
        | ".nan" | ".NaN" | ".NAN" => return Err(TooLarge),
        _ => {}
    }
    if let Some(number) = integer(text)? {
        return Ok(Value::Number(number));
    }
    Ok(float(text).map_or_else(|| Value::String(text.to_owned()), Value::Number))
}

fn integer(text: &str) -> Result<Option<Number>, TooLarge> {
    let unsigned = text.strip_prefix('+').unwrap_or(text);
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, unsigned),
    };
    let (radix, digits) = match digits.split_at_checked(2) {
        Some(("0x", digits)) => (16, digits),
        Some(("0o", digits)) => (8, digits),
        Some(("0b", digits)) => (2, digits),
        _ if has_leading_zero(text) => return Ok(None),
        _ => (10, digits),
    };
    if digits.is_empty() || !digits.chars().all(|c| c.is_digit(radix)) {
        return Ok(None);
    }
    // Digits only: what fails now is too large.
    let size = u128::from_str_radix(digits, radix);
    let number = match (size, negative) {
        (Ok(size), false) => u64::try_from(size).ok().map(Number::from),
        (Ok(size), true) => 0_i128
            .checked_sub_unsigned(size)
            .and_then(|n| i64::try_from(n).ok())
            .map(Number::from),
        (Err(_), _) => None,
    };
    number.map(Some).ok_or(TooLarge)
}

fn has_leading_zero(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    digits.len() > 1 && digits.starts_with('0') && digits.bytes().all(|b| b.is_ascii_digit())
}

fn float(text: &str) -> Option<Number> {
    let unsigned = match text.strip_prefix('+') {
        Some(rest) if rest.starts_with(['+', '-']) => return None,
        Some(rest) => rest,
        None => text,
    };
    if has_leading_zero(text) {
        return None;
    }
    // Rust also reads `inf` and `nan`, which are texts here.
    let number = unsigned.parse::<f64>().ok().filter(|n| n.is_finite())?;
    Number::from_f64(number)
}
