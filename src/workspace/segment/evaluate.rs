//! Decides about a row. Cannot fail, and allocates nothing.

use jiff::civil::Date;

use super::ColumnIndex;
use super::expression::Comparison;
use crate::workspace::members::{Row, bool, date, number, topics};

/// A condition whose columns and types were checked.
#[derive(Debug, Clone)]
pub(super) enum Condition {
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Not(Box<Condition>),
    Empty(ColumnIndex),
    Flag(ColumnIndex, bool),
    Compare(ColumnIndex, Comparison, Operand),
    Contains(ColumnIndex, String),
    HasTopic(ColumnIndex, String),
}

/// What a cell is compared with.
#[derive(Debug, Clone)]
pub(super) enum Operand {
    Text(String),
    Number(f64),
    Date(Date),
}

impl Condition {
    pub(super) fn holds(&self, row: &Row<'_>) -> bool {
        let cell = |column: &ColumnIndex| match column {
            Some(index) => row.cell(*index),
            None => row.address_cell(),
        };
        match self {
            Self::All(parts) => parts.iter().all(|part| part.holds(row)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(row)),
            Self::Not(inner) => !inner.holds(row),
            Self::Empty(column) => cell(column).is_empty(),
            Self::Flag(column, wanted) => bool(cell(column)) == Some(*wanted),
            Self::Compare(column, comparison, operand) => {
                operand.compare(cell(column), *comparison)
            }
            Self::Contains(column, text) => cell(column).contains(text.as_str()),
            Self::HasTopic(column, topic) => topics(cell(column)).any(|name| name == topic),
        }
    }
}

impl Operand {
    /// An empty cell makes every comparison false.
    fn compare(&self, cell: &str, comparison: Comparison) -> bool {
        if cell.is_empty() {
            return false;
        }
        let order = match self {
            Self::Text(text) => Some(cell.cmp(text)),
            Self::Number(value) => number(cell).and_then(|cell| cell.partial_cmp(value)),
            Self::Date(day) => date(cell).map(|cell| cell.cmp(day)),
        };
        order.is_some_and(|order| comparison.holds(order))
    }
}
