//! Holds an expression against a list: columns that exist, values of their types, values that the
//! columns may have.

use super::evaluate::{Condition, Operand};
use super::expression::{Comparison, Expression, Literal, LiteralValue, Predicate, Test};
use super::{ColumnIndex, SegmentError, index_of};
use crate::workspace::list::{ColumnType, List};
use crate::workspace::members::{column_type, date, nearest, number, suggest};

pub(super) fn compile(expression: &Expression, list: &List) -> Result<Condition, SegmentError> {
    let all = |parts: &[Expression]| {
        let parts = parts.iter().map(|part| compile(part, list));
        parts.collect::<Result<Vec<_>, _>>()
    };
    Ok(match expression {
        Expression::All(parts) => Condition::All(all(parts)?),
        Expression::Any(parts) => Condition::Any(all(parts)?),
        Expression::Not(inner) => Condition::Not(Box::new(compile(inner, list)?)),
        Expression::Test(test) => compile_test(test, list)?,
    })
}

fn compile_test(test: &Test, list: &List) -> Result<Condition, SegmentError> {
    let name = &test.column.text;
    let known = (index_of(list, name), column_type(list, name));
    let (Some(column), Some(kind)) = known else {
        let others = std::iter::once(&list.address_column).chain(list.columns.keys());
        let meant = nearest(name, others.map(String::as_str));
        let why = format!("there is no column `{name}`{}", suggest(meant.as_deref()));
        return Err(SegmentError::new(why, test.column.span));
    };
    let subject = Subject {
        name,
        column,
        kind,
        list,
    };
    match &test.predicate {
        Predicate::Empty => Ok(Condition::Empty(column)),
        Predicate::NotEmpty => Ok(Condition::Not(Box::new(Condition::Empty(column)))),
        Predicate::Holds if kind == ColumnType::Bool => Ok(Condition::Flag(column, true)),
        Predicate::Holds => {
            let why = format!(
                "`{name}` holds {}, not yes or no: compare it with something",
                called(kind)
            );
            Err(SegmentError::new(why, test.column.span))
        }
        Predicate::Compare(comparison, literal) => subject.compare(*comparison, literal),
        Predicate::Among(literals) => {
            let parts = literals.iter();
            let parts = parts.map(|literal| subject.compare(Comparison::Equal, literal));
            Ok(Condition::Any(parts.collect::<Result<_, _>>()?))
        }
        Predicate::Contains(literal) => subject.contains(literal),
    }
}

/// A column that something is asked of.
struct Subject<'a> {
    name: &'a str,
    column: ColumnIndex,
    kind: ColumnType,
    list: &'a List,
}

impl Subject<'_> {
    fn compare(
        &self,
        comparison: Comparison,
        literal: &Literal,
    ) -> Result<Condition, SegmentError> {
        let equality = matches!(comparison, Comparison::Equal | Comparison::Different);
        let operand = match (self.kind, &literal.value) {
            (ColumnType::Text, LiteralValue::Text(text)) if equality => {
                self.may_be(text, literal)?;
                Operand::Text(text.clone())
            }
            (ColumnType::Text, LiteralValue::Text(_)) => {
                let why = format!(
                    "texts are compared with `==` or `!=`, not `{}`",
                    comparison.sign()
                );
                return Err(SegmentError::new(why, literal.span));
            }
            (ColumnType::Number, LiteralValue::Number(text)) => {
                let value = number(text).ok_or_else(|| self.mismatch(literal))?;
                Operand::Number(value)
            }
            (ColumnType::Date, LiteralValue::Text(text)) => {
                let day = date(text).ok_or_else(|| self.mismatch(literal))?;
                Operand::Date(day)
            }
            (ColumnType::Bool, LiteralValue::Bool(value)) if equality => {
                let wanted = *value == (comparison == Comparison::Equal);
                return Ok(Condition::Flag(self.column, wanted));
            }
            (ColumnType::Topics, _) => {
                let why = format!(
                    "`{}` holds topics: write `{} contains {literal}`",
                    self.name, self.name
                );
                return Err(SegmentError::new(why, literal.span));
            }
            _ => return Err(self.mismatch(literal)),
        };
        Ok(Condition::Compare(self.column, comparison, operand))
    }

    fn contains(&self, literal: &Literal) -> Result<Condition, SegmentError> {
        let LiteralValue::Text(text) = &literal.value else {
            let why = "`contains` is followed by a text between quotation marks";
            return Err(SegmentError::new(why, literal.span));
        };
        match self.kind {
            ColumnType::Text if text.is_empty() => {
                let why = "every text contains the empty one: write `is not empty`";
                Err(SegmentError::new(why, literal.span))
            }
            ColumnType::Text => Ok(Condition::Contains(self.column, text.clone())),
            ColumnType::Topics => {
                let topics = self.list.topics.keys().map(|topic| topic.as_str());
                known(text, topics, literal, "is no topic of this list")?;
                Ok(Condition::HasTopic(self.column, text.clone()))
            }
            kind => {
                let why = format!(
                    "`{}` holds {}: `contains` is for texts and topics",
                    self.name,
                    called(kind)
                );
                Err(SegmentError::new(why, literal.span))
            }
        }
    }

    /// Whether the column may hold this text at all.
    fn may_be(&self, text: &str, literal: &Literal) -> Result<(), SegmentError> {
        if text.is_empty() {
            let why = format!(
                "nothing is equal to an empty text: write `{} is empty`",
                self.name
            );
            return Err(SegmentError::new(why, literal.span));
        }
        match self.list.columns.get(self.name) {
            Some(column) if !column.values.is_empty() => {
                let values = column.values.iter().map(String::as_str);
                known(text, values, literal, "is not among the column's values")
            }
            _ => Ok(()),
        }
    }

    fn mismatch(&self, literal: &Literal) -> SegmentError {
        let expected = match self.kind {
            ColumnType::Text => "a text between quotation marks",
            ColumnType::Number => "a number such as 1250.50",
            ColumnType::Date => "a day such as \"2026-12-03\"",
            ColumnType::Bool => "`true` or `false`, with `==` or `!=`",
            ColumnType::Topics => "a topic",
        };
        let why = format!(
            "`{}` holds {}: {expected} is expected, not {literal}",
            self.name,
            called(self.kind)
        );
        SegmentError::new(why, literal.span)
    }
}

fn known<'a>(
    text: &str,
    all: impl Iterator<Item = &'a str> + Clone,
    literal: &Literal,
    complaint: &str,
) -> Result<(), SegmentError> {
    if all.clone().any(|other| other == text) {
        return Ok(());
    }
    let meant = nearest(text, all);
    let why = format!("`{text}` {complaint}{}", suggest(meant.as_deref()));
    Err(SegmentError::new(why, literal.span))
}

fn called(kind: ColumnType) -> &'static str {
    match kind {
        ColumnType::Text => "text",
        ColumnType::Number => "numbers",
        ColumnType::Date => "days",
        ColumnType::Bool => "yes or no",
        ColumnType::Topics => "topics",
    }
}
