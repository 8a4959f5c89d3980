//! Segments: which members of a list a campaign goes to, as an expression over their columns.
//!
//! `sector == "agro" and agente in ["A1", "A7"]`. The language is described in `docs/segments.md`.
//! An expression is compiled against one list's columns, which finds every mistake that can be
//! found without a row; deciding about a row then cannot fail and allocates nothing.

mod compile;
mod evaluate;
mod expression;
mod lex;
mod parse;

use std::ops::Range;

use super::list::List;
use super::members::Row;

pub use expression::{Comparison, Expression, Literal, LiteralValue, Name, Predicate, Span, Test};

/// Longest expression, in bytes.
pub const LONGEST: usize = 4_096;
/// Deepest nesting of parentheses and `not`.
pub const DEEPEST: usize = 64;

/// An expression compiled against one list's columns.
#[derive(Debug, Clone)]
pub struct Segment {
    condition: evaluate::Condition,
}

/// What is wrong with an expression, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{why} (at character {} of the expression)", span.start + 1)]
pub struct SegmentError {
    /// What is wrong.
    pub why: String,
    /// The bytes of the expression that are at fault.
    pub span: Range<usize>,
}

impl SegmentError {
    fn new(why: impl Into<String>, span: Span) -> Self {
        Self {
            why: why.into(),
            span: span.start..span.end,
        }
    }
}

impl Expression {
    /// Reads an expression without regard to any list.
    ///
    /// # Errors
    /// [`SegmentError`].
    pub fn parse(text: &str) -> Result<Self, SegmentError> {
        if text.len() > LONGEST {
            let why = format!(
                "the expression has {} bytes; at most {LONGEST} are read",
                text.len()
            );
            return Err(SegmentError::new(
                why,
                Span {
                    start: 0,
                    end: text.len(),
                },
            ));
        }
        parse::parse(text)
    }
}

impl Segment {
    /// Reads an expression and holds it against a list's columns, values and topics.
    ///
    /// # Errors
    /// [`SegmentError`] for an unknown column, a comparison of different types, a value that the
    /// column cannot have.
    pub fn compile(text: &str, list: &List) -> Result<Self, SegmentError> {
        let condition = compile::compile(&Expression::parse(text)?, list)?;
        Ok(Self { condition })
    }

    /// Whether it holds for a row of the list that it was compiled for.
    pub fn matches(&self, row: &Row<'_>) -> bool {
        self.condition.holds(row)
    }
}

/// A column by its place in [`Columns::names`](super::members::Columns::names); `None` is the address.
type ColumnIndex = Option<usize>;

/// The place of a column in the order that [`Columns::names`](super::members::Columns::names) has, without a CSV at hand.
fn index_of(list: &List, name: &str) -> Option<ColumnIndex> {
    if name == list.address_column {
        return Some(None);
    }
    let mut others = list.columns.keys().filter(|n| **n != list.address_column);
    others.position(|other| other == name).map(Some)
}

#[cfg(test)]
mod tests;
