//! A document's `file`: a path beside `campaign.yaml`, with `{{ column }}` in it where each
//! recipient has a document of their own.
//!
//! Whatever is in a row cannot become a path: a value is part of one file's name and nothing else.

use std::collections::BTreeSet;
use std::fmt;

use super::member::{Member, Value};
use super::source::WorkspacePath;

/// A document's path, fixed or one for each recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentPath {
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Literal(String),
    Column(String),
}

/// Why a text is no document's path, or a row gives none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DocumentPathError {
    /// `{{` without `}}`, or the other way round.
    #[error("`{{{{` and `}}}}` do not pair (at byte {0})")]
    Unpaired(usize),
    /// Something else than a column's name between the braces.
    #[error("only a column's name may stand between `{{{{` and `}}}}`, not `{0}`")]
    NotAColumn(String),
    /// The path itself leaves the campaign's folder or has odd characters.
    #[error("`{0}` is not a path beside the campaign")]
    NotAPath(String),
    /// The member's list has no such column.
    #[error("there is no column `{0}`")]
    UnknownColumn(String),
    /// The member's cell is empty.
    #[error("the column `{0}` is empty in this row")]
    Empty(String),
    /// The member's cell cannot be part of a file's name.
    #[error("the column `{column}` holds `{value}`, which cannot be part of a file's name")]
    NotAName {
        /// Which column.
        column: String,
        /// What it holds, without control characters.
        value: String,
    },
}

/// Longest value put into a path, in bytes: file systems take names of 255.
const LONGEST_VALUE: usize = 200;

/// As it is written, with the columns' names.
impl fmt::Display for DocumentPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.parts.iter().try_for_each(|part| match part {
            Part::Literal(text) => f.write_str(text),
            Part::Column(name) => write!(f, "{{{{ {name} }}}}"),
        })
    }
}

impl DocumentPath {
    /// Reads `facturas/{{ cliente_id }}.pdf`.
    ///
    /// # Errors
    /// [`DocumentPathError`].
    pub fn parse(text: &str) -> Result<Self, DocumentPathError> {
        let mut parts = Vec::new();
        let mut rest = text;
        let at = |rest: &str| text.len() - rest.len();
        while let Some((literal, after)) = rest.split_once("{{") {
            let (inner, behind) = after
                .split_once("}}")
                .ok_or_else(|| DocumentPathError::Unpaired(at(after) - 2))?;
            if literal.contains("}}") {
                return Err(DocumentPathError::Unpaired(at(rest)));
            }
            let name = inner.trim();
            let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
            if name.is_empty() || !name.chars().all(plain) {
                let name = name.chars().filter(|c| !c.is_control()).take(60).collect();
                return Err(DocumentPathError::NotAColumn(name));
            }
            if !literal.is_empty() {
                parts.push(Part::Literal(literal.to_owned()));
            }
            parts.push(Part::Column(name.to_owned()));
            rest = behind;
        }
        if rest.contains("}}") {
            return Err(DocumentPathError::Unpaired(at(rest)));
        }
        if !rest.is_empty() {
            parts.push(Part::Literal(rest.to_owned()));
        }
        let path = Self { parts };
        // With a harmless value in each column's place it must be a path inside the campaign.
        path.checked(&path.filled(|_| Ok("x".to_owned()))?)?;
        Ok(path)
    }

    /// Whether each recipient has one of their own.
    pub fn is_per_recipient(&self) -> bool {
        self.columns().next().is_some()
    }

    /// The columns whose values it takes.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Column(name) => Some(name.as_str()),
            Part::Literal(_) => None,
        })
    }

    /// The path of this member's document, below the campaign's folder.
    ///
    /// # Errors
    /// [`DocumentPathError`] where a value is empty or cannot be part of a file's name.
    pub fn resolve(&self, member: &Member) -> Result<String, DocumentPathError> {
        let path = self.filled(|column| {
            let index = member.columns.iter().position(|name| name == column);
            let value = index.and_then(|index| member.values.get(index));
            part_of_name(column, value)
        })?;
        self.checked(&path)?;
        Ok(path)
    }

    /// Whether some member's values could give this path.
    pub fn may_give(&self, path: &str) -> bool {
        // The places in `path` that the parts so far may end at.
        let mut ends = BTreeSet::from([0]);
        for part in &self.parts {
            ends = match part {
                Part::Literal(text) => ends
                    .into_iter()
                    .filter(|end| path.get(*end..).is_some_and(|rest| rest.starts_with(text)))
                    .map(|end| end + text.len())
                    .collect(),
                // A value has at least one character, and is part of one name.
                Part::Column(_) => {
                    let Some(first) = ends.first().copied() else {
                        return false;
                    };
                    let rest = path.get(first..).unwrap_or_default();
                    let mut reached = BTreeSet::new();
                    let mut is_open = false;
                    for (at, c) in rest.char_indices() {
                        is_open = (is_open || ends.contains(&(first + at))) && c != '/';
                        if is_open {
                            reached.insert(first + at + c.len_utf8());
                        }
                    }
                    reached
                }
            };
        }
        ends.contains(&path.len())
    }

    /// The path of a document that is the same for all.
    ///
    /// # Errors
    /// [`DocumentPathError`] where it takes a column's value.
    pub fn literal(&self) -> Result<String, DocumentPathError> {
        let path = self.filled(|column| part_of_name(column, None))?;
        self.checked(&path)?;
        Ok(path)
    }

    fn filled(
        &self,
        value: impl Fn(&str) -> Result<String, DocumentPathError>,
    ) -> Result<String, DocumentPathError> {
        self.parts.iter().try_fold(String::new(), |path, part| {
            Ok(path
                + &match part {
                    Part::Literal(text) => text.clone(),
                    Part::Column(name) => value(name)?,
                })
        })
    }

    fn checked(&self, path: &str) -> Result<(), DocumentPathError> {
        WorkspacePath::parse(path)
            .map(|_| ())
            .map_err(|error| DocumentPathError::NotAPath(error.0))
    }
}

fn part_of_name(column: &str, value: Option<&Value>) -> Result<String, DocumentPathError> {
    let text = match value {
        None => return Err(DocumentPathError::UnknownColumn(column.to_owned())),
        Some(Value::Empty) => return Err(DocumentPathError::Empty(column.to_owned())),
        Some(Value::Text(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        Some(Value::Date(day)) => day.to_string(),
        Some(Value::Bool(value)) => value.to_string(),
        Some(Value::Topics(topics)) => topics.join(";"),
    };
    let odd = |c: char| c.is_control() || matches!(c, '/' | '\\' | '\u{2028}' | '\u{2029}');
    if text.is_empty() {
        return Err(DocumentPathError::Empty(column.to_owned()));
    }
    if text.starts_with('.') || text.len() > LONGEST_VALUE || text.chars().any(odd) {
        return Err(DocumentPathError::NotAName {
            column: column.to_owned(),
            value: text.chars().filter(|c| !c.is_control()).take(60).collect(),
        });
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::mail::address::Address;

    fn member(value: Value) -> Member {
        Member {
            address: Address::parse("ana@x.example").unwrap(),
            columns: ["cliente_id".to_owned()].into(),
            values: vec![value],
        }
    }

    #[test]
    fn a_column_becomes_part_of_the_name() {
        let path = DocumentPath::parse("facturas/{{ cliente_id }}.pdf").unwrap();
        assert!(path.is_per_recipient());
        assert_eq!(path.columns().collect::<Vec<_>>(), ["cliente_id"]);
        let resolved = path.resolve(&member(Value::Text("C-0012 ñ".to_owned())));
        assert_eq!(resolved.unwrap(), "facturas/C-0012 ñ.pdf");
        assert_eq!(
            path.resolve(&member(Value::Number(12.0))).unwrap(),
            "facturas/12.pdf"
        );
        assert!(
            !DocumentPath::parse("programa.pdf")
                .unwrap()
                .is_per_recipient()
        );
    }

    #[test]
    fn a_pattern_is_names_and_columns_only() {
        for bad in [
            "",
            "/etc/passwd",
            "../x.pdf",
            "a/../b",
            "{{ a | b }}.pdf",
            "{{ }}",
            "{{ a",
            "a }}",
            "a}}{{ b }}",
            "{% if a %}x",
            "a\\b",
            "a\nb",
            "{{ a.b() }}",
            "{{ \"x\" }}",
            "./{{ a }}",
        ] {
            // `{% … %}` is literal text: a file may be called so.
            assert_eq!(
                DocumentPath::parse(bad).is_err(),
                !bad.starts_with("{%"),
                "{bad:?}"
            );
        }
    }

    #[test]
    fn a_row_can_not_become_a_path() {
        let path = DocumentPath::parse("facturas/{{ cliente_id }}.pdf").unwrap();
        for bad in [
            "..",
            ".",
            ".git",
            "a/b",
            "../../etc/passwd",
            "a\\b",
            "a\0b",
            "a\nb",
            "/",
            "",
        ] {
            assert!(
                path.resolve(&member(Value::Text(bad.to_owned()))).is_err(),
                "{bad:?}"
            );
        }
        assert!(path.resolve(&member(Value::Empty)).is_err());
        let other = DocumentPath::parse("{{ other }}.pdf").unwrap();
        assert_eq!(
            other
                .resolve(&member(Value::Bool(true)))
                .unwrap_err()
                .to_string(),
            "there is no column `other`"
        );
    }

    #[test]
    fn what_a_pattern_may_give() {
        let may = |pattern: &str, path: &str| DocumentPath::parse(pattern).unwrap().may_give(path);
        assert!(may("f/{{ a }}.pdf", "f/x.pdf") && may("f/{{ a }}.pdf", "f/x.pdf.pdf"));
        assert!(!may("f/{{ a }}.pdf", "f/.pdf") && !may("f/{{ a }}.pdf", "f/x/y.pdf"));
        assert!(!may("f/{{ a }}.pdf", "f/x.pdf~") && !may("f/{{ a }}.pdf", "g/x.pdf"));
        assert!(may("{{ a }}-{{ b }}", "ñ-ü-é") && !may("{{ a }}-{{ b }}", "x-"));
        assert!(may("{{ a }}{{ b }}", "xy") && !may("{{ a }}{{ b }}", "x"));
        assert!(may("a.pdf", "a.pdf") && !may("a.pdf", "a.pdf2"));
        let many = DocumentPath::parse(&"{{ a }}".repeat(500)).unwrap();
        assert!(many.may_give(&"x".repeat(4_000)), "and soon");
    }

    proptest! {
        #[test]
        fn whatever_is_in_a_row_stays_in_its_folder(value in ".{0,40}", pattern in "([a-z./{} ]|\\{\\{ ?cliente_id ?\\}\\}){0,12}") {
            let path = DocumentPath::parse("facturas/{{ cliente_id }}.pdf").unwrap();
            if let Ok(resolved) = path.resolve(&member(Value::Text(value.clone()))) {
                prop_assert_eq!(resolved.split('/').count(), 2);
                prop_assert!(path.may_give(&resolved));
                prop_assert!(WorkspacePath::parse(&resolved).is_ok());
            }
            if let Ok(path) = DocumentPath::parse(&pattern)
                && let Ok(resolved) = path.resolve(&member(Value::Text(value))) {
                prop_assert!(WorkspacePath::parse(&resolved).is_ok());
            }
        }
    }
}
