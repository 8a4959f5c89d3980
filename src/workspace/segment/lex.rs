//! An expression's words and signs, with their places.

use super::SegmentError;
use super::expression::{Comparison, Span, WORDS, is_name};
use crate::workspace::members::number;

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    /// One of [`WORDS`].
    Word(&'static str),
    /// A column's name.
    Name(String),
    Text(String),
    Number(String),
    Sign(Comparison),
    Open,
    Close,
    OpenList,
    CloseList,
    Comma,
    End,
}

pub(super) fn lex(text: &str) -> Result<Vec<(Token, Span)>, SegmentError> {
    let mut tokens = Vec::new();
    let mut rest = text;
    loop {
        rest = rest.trim_start();
        let start = text.len() - rest.len();
        let Some(first) = rest.chars().next() else {
            tokens.push((Token::End, Span { start, end: start }));
            return Ok(tokens);
        };
        let (token, length) = match first {
            '(' => (Token::Open, 1),
            ')' => (Token::Close, 1),
            '[' => (Token::OpenList, 1),
            ']' => (Token::CloseList, 1),
            ',' => (Token::Comma, 1),
            '"' => quoted(rest, start)?,
            '`' => backquoted(rest, start)?,
            '=' | '!' | '<' | '>' | '&' | '|' => sign(rest, start)?,
            c if c.is_alphanumeric() || matches!(c, '_' | '-') => word(rest, start)?,
            '\'' => {
                let why = "texts stand between double quotation marks: \"agro\"";
                return Err(SegmentError::new(
                    why,
                    Span {
                        start,
                        end: start + 1,
                    },
                ));
            }
            '“' | '”' | '«' | '»' | '‘' | '’' => {
                let why = "typographic quotation marks are not understood: write \"agro\"";
                let end = start + first.len_utf8();
                return Err(SegmentError::new(why, Span { start, end }));
            }
            other => {
                let why = format!("`{}` has no meaning here", other.escape_default());
                let end = start + first.len_utf8();
                return Err(SegmentError::new(why, Span { start, end }));
            }
        };
        let end = start + length;
        tokens.push((token, Span { start, end }));
        rest = rest.get(length..).unwrap_or_default();
    }
}

fn sign(rest: &str, start: usize) -> Result<(Token, usize), SegmentError> {
    for (sign, comparison) in [
        ("==", Comparison::Equal),
        ("!=", Comparison::Different),
        ("<=", Comparison::LessOrEqual),
        (">=", Comparison::GreaterOrEqual),
        ("<", Comparison::Less),
        (">", Comparison::Greater),
    ] {
        if rest.starts_with(sign) {
            return Ok((Token::Sign(comparison), sign.len()));
        }
    }
    let why = match rest.chars().next() {
        Some('=') => "write `==` to compare",
        Some('&') => "write `and`",
        Some('|') => "write `or`",
        _ => "write `not`, or `!=` to compare",
    };
    Err(SegmentError::new(
        why,
        Span {
            start,
            end: start + 1,
        },
    ))
}

fn quoted(rest: &str, start: usize) -> Result<(Token, usize), SegmentError> {
    let mut content = String::new();
    let mut characters = rest.char_indices().skip(1);
    while let Some((at, c)) = characters.next() {
        match c {
            '"' => return Ok((Token::Text(content), at + 1)),
            '\\' => match characters.next() {
                Some((_, c @ ('"' | '\\'))) => content.push(c),
                _ => {
                    let span = Span {
                        start: start + at,
                        end: start + at + 1,
                    };
                    let why = "a backslash stands only before `\"` or another backslash";
                    return Err(SegmentError::new(why, span));
                }
            },
            c => content.push(c),
        }
    }
    let end = start + rest.len();
    Err(SegmentError::new(
        "this text is not closed by a `\"`",
        Span { start, end },
    ))
}

fn backquoted(rest: &str, start: usize) -> Result<(Token, usize), SegmentError> {
    let inner = rest.get(1..).unwrap_or_default();
    match inner.split_once('`') {
        Some((name, _)) if !name.is_empty() => Ok((Token::Name(name.to_owned()), name.len() + 2)),
        _ => {
            let end = start + rest.len();
            let why = "a column's name between backquotes is expected";
            Err(SegmentError::new(why, Span { start, end }))
        }
    }
}

fn word(rest: &str, start: usize) -> Result<(Token, usize), SegmentError> {
    let length = rest.find(|c: char| !is_name(c)).unwrap_or(rest.len());
    let text = rest.get(..length).unwrap_or_default();
    if text.starts_with(|c: char| c.is_ascii_digit() || c == '-') {
        if number(text).is_some() {
            return Ok((Token::Number(text.to_owned()), length));
        }
        let why = format!(
            "`{text}` is no number; a day or another text stands between quotation marks: \"{text}\""
        );
        return Err(SegmentError::new(
            why,
            Span {
                start,
                end: start + length,
            },
        ));
    }
    let token = WORDS
        .iter()
        .find(|word| **word == text)
        .map_or_else(|| Token::Name(text.to_owned()), |word| Token::Word(word));
    Ok((token, length))
}
