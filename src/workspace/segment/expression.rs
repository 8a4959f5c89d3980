//! An expression as it was written, with the place of each part; printing gives a text that reads
//! back as the same expression.

use std::fmt;

/// Bytes of an expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Span {
    /// The first.
    pub start: usize,
    /// After the last.
    pub end: usize,
}

/// An expression.
#[derive(Debug, Clone, PartialEq)]
pub enum Expression {
    /// `a and b and …`.
    All(Vec<Expression>),
    /// `a or b or …`.
    Any(Vec<Expression>),
    /// `not a`.
    Not(Box<Expression>),
    /// A condition on one column.
    Test(Test),
}

/// A condition on one column.
#[derive(Debug, Clone, PartialEq)]
pub struct Test {
    /// Which column.
    pub column: Name,
    /// What is asked of it.
    pub predicate: Predicate,
}

/// A column's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    /// The name.
    pub text: String,
    /// Where it stands.
    pub span: Span,
}

/// What is asked of a column.
#[derive(Debug, Clone, PartialEq)]
pub enum Predicate {
    /// The column alone: yes, for a column of type `bool`.
    Holds,
    /// `== "agro"` and the like.
    Compare(Comparison, Literal),
    /// `in ["A1", "A7"]`.
    Among(Vec<Literal>),
    /// `contains "ferias"`.
    Contains(Literal),
    /// `is empty`.
    Empty,
    /// `is not empty`.
    NotEmpty,
}

/// How two values are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Comparison {
    Equal,
    Different,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// A value in an expression.
#[derive(Debug, Clone, PartialEq)]
pub struct Literal {
    /// The value.
    pub value: LiteralValue,
    /// Where it stands.
    pub span: Span,
}

/// A value in an expression.
#[derive(Debug, Clone, PartialEq)]
pub enum LiteralValue {
    /// `"agro"`.
    Text(String),
    /// `1250.50`, as written.
    Number(String),
    /// `true` or `false`.
    Bool(bool),
}

/// Words with a meaning of their own: a column of such a name is written between backquotes.
pub(super) const WORDS: [&str; 9] = [
    "and", "or", "not", "in", "contains", "is", "empty", "true", "false",
];

/// Whether a name needs no backquotes.
pub(super) fn is_bare(name: &str) -> bool {
    name.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && name.chars().all(is_name)
        && !WORDS.contains(&name)
}

pub(super) fn is_name(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-' | '.')
}

impl Comparison {
    /// Whether it holds for two values of this order.
    pub(super) fn holds(self, order: std::cmp::Ordering) -> bool {
        match self {
            Self::Equal => order.is_eq(),
            Self::Different => order.is_ne(),
            Self::Less => order.is_lt(),
            Self::LessOrEqual => order.is_le(),
            Self::Greater => order.is_gt(),
            Self::GreaterOrEqual => order.is_ge(),
        }
    }

    pub(super) fn sign(self) -> &'static str {
        match self {
            Self::Equal => "==",
            Self::Different => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        }
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A part that binds less tightly, or as tightly, goes into parentheses.
        let part = |f: &mut fmt::Formatter<'_>, part: &Self, bare: bool| match bare {
            true => write!(f, "{part}"),
            false => write!(f, "({part})"),
        };
        let chain = |f: &mut fmt::Formatter<'_>, parts: &[Self], word: &str| {
            for (index, inner) in parts.iter().enumerate() {
                if index > 0 {
                    write!(f, " {word} ")?;
                }
                let all_in_any = word == "or" && matches!(inner, Self::All(_));
                part(
                    f,
                    inner,
                    all_in_any || matches!(inner, Self::Test(_) | Self::Not(_)),
                )?;
            }
            Ok(())
        };
        match self {
            Self::All(parts) => chain(f, parts, "and"),
            Self::Any(parts) => chain(f, parts, "or"),
            Self::Not(inner) => {
                f.write_str("not ")?;
                part(f, inner, matches!(**inner, Self::Test(_) | Self::Not(_)))
            }
            Self::Test(test) => write!(f, "{test}"),
        }
    }
}

impl fmt::Display for Test {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match is_bare(&self.column.text) {
            true => f.write_str(&self.column.text)?,
            false => write!(f, "`{}`", self.column.text)?,
        }
        match &self.predicate {
            Predicate::Holds => Ok(()),
            Predicate::Compare(comparison, literal) => {
                write!(f, " {} {literal}", comparison.sign())
            }
            Predicate::Among(literals) => {
                f.write_str(" in [")?;
                for (index, literal) in literals.iter().enumerate() {
                    let comma = if index > 0 { ", " } else { "" };
                    write!(f, "{comma}{literal}")?;
                }
                f.write_str("]")
            }
            Predicate::Contains(literal) => write!(f, " contains {literal}"),
            Predicate::Empty => f.write_str(" is empty"),
            Predicate::NotEmpty => f.write_str(" is not empty"),
        }
    }
}

impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.value {
            LiteralValue::Bool(value) => write!(f, "{value}"),
            LiteralValue::Number(text) => f.write_str(text),
            LiteralValue::Text(text) => {
                let text = text.replace('\\', "\\\\").replace('"', "\\\"");
                write!(f, "\"{text}\"")
            }
        }
    }
}
