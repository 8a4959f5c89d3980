//! A list's columns, and where each stands in its CSV file.

use std::borrow::Cow;
use std::sync::Arc;

use super::record::{Flaw, RawRow};
use super::{LONGEST_CELL, ListError, cell, has_control, place};
use crate::workspace::list::{Column, ColumnType, List};

/// A list's columns in the order of their names, the one with the address, and each one's place in
/// the CSV file.
#[derive(Debug, Clone)]
pub struct Columns {
    pub(super) names: Arc<[String]>,
    pub(super) checks: Vec<Check>,
    pub(super) places: Vec<usize>,
    pub(super) address_name: String,
    pub(super) address: usize,
    /// How many cells a row has.
    pub(super) width: usize,
}

/// What a column's cells must be.
#[derive(Debug, Clone)]
pub(super) struct Check {
    pub(super) kind: ColumnType,
    required: bool,
    values: Vec<String>,
    /// The list's topics, for a column of topics.
    topics: Vec<String>,
}

/// Something wrong with a list's heading row.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HeadingProblem {
    /// The list has a column that the CSV has not.
    #[error("the column `{0}` is missing")]
    Missing(String),
    /// The CSV has a column that the list has not.
    #[error("the column `{name}` is not among the list's columns{}", suggest(.meant.as_deref()))]
    Extra {
        /// The column.
        name: String,
        /// Where it stands in the heading's line: characters, counted from 1.
        character: usize,
        /// The list's column that it may be.
        meant: Option<String>,
    },
    /// The CSV has a column twice.
    #[error("the column `{name}` is there twice")]
    Twice {
        /// The column.
        name: String,
        /// Where it stands for the second time: characters, counted from 1.
        character: usize,
    },
}

pub(in crate::workspace) fn suggest(meant: Option<&str>) -> String {
    meant
        .map(|name| format!(": did you mean `{name}`?"))
        .unwrap_or_default()
}

/// Which of `names` was meant by `name`, if one is near enough.
pub(in crate::workspace) fn nearest<'a>(
    name: &str,
    names: impl IntoIterator<Item = &'a str>,
) -> Option<String> {
    let name = name.trim().to_lowercase();
    let allowed = 1 + name.chars().count() / 4;
    names
        .into_iter()
        .map(|other| {
            let distance = strsim::damerau_levenshtein(&name, &other.to_lowercase());
            (distance, other)
        })
        .filter(|(distance, _)| *distance <= allowed)
        .min()
        .map(|(_, other)| other.to_owned())
}

impl Columns {
    /// Holds the CSV's heading row against the list's columns.
    pub(super) fn new(list: &List, heading: &RawRow<'_>) -> Result<Self, ListError> {
        if matches!(heading.flaw, Some(Flaw::TooLong | Flaw::TooManyCells)) {
            return Err(ListError::HeadingTooLong);
        }
        let text = std::str::from_utf8(heading.text).map_err(|_| ListError::HeadingNotText)?;
        if heading.flaw.is_some() || text.chars().any(char::is_control) {
            return Err(ListError::HeadingNotText);
        }
        let given: Vec<&str> = heading
            .cells
            .iter()
            .map(|(start, end)| text.get(*start as usize..*end as usize).unwrap_or_default())
            .collect();
        let known = || std::iter::once(&list.address_column).chain(list.columns.keys());
        let mut problems = Vec::new();
        for (index, name) in given.iter().enumerate() {
            let character = || place::column(heading.raw, place::start_of(heading.raw, index));
            let short = || name.chars().take(80).collect();
            if given.iter().take(index).any(|before| before == name) {
                problems.push(HeadingProblem::Twice {
                    name: short(),
                    character: character(),
                });
            } else if !known().any(|column| column == name) {
                let missing = known().filter(|column| !given.contains(&column.as_str()));
                problems.push(HeadingProblem::Extra {
                    name: short(),
                    character: character(),
                    meant: nearest(name, missing.map(String::as_str)),
                });
            }
        }
        let mut find = |column: &String| {
            let place = given.iter().position(|name| name == column);
            if place.is_none() {
                problems.push(HeadingProblem::Missing(column.clone()));
            }
            place.unwrap_or_default()
        };
        let address = find(&list.address_column);
        let columns = || {
            let all = list.columns.iter();
            all.filter(|(name, _)| **name != list.address_column)
        };
        let places = columns().map(|(name, _)| find(name)).collect();
        if !problems.is_empty() {
            return Err(ListError::Heading(problems));
        }
        Ok(Self {
            names: columns().map(|(name, _)| name.clone()).collect(),
            checks: columns()
                .map(|(_, column)| Check::of(list, column))
                .collect(),
            places,
            address_name: list.address_column.clone(),
            address,
            width: given.len(),
        })
    }

    /// The columns' names besides the address, sorted; a member's values stand in this order.
    pub fn names(&self) -> &Arc<[String]> {
        &self.names
    }

    /// The position of a column in [`Columns::names`].
    pub fn position(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|other| other == name)
    }

    /// The positions of the columns that hold topics.
    pub fn of_topics(&self) -> Vec<usize> {
        let checks = self.checks.iter().enumerate();
        let topics = checks.filter(|(_, check)| check.kind == ColumnType::Topics);
        topics.map(|(index, _)| index).collect()
    }

    /// The name of the column at this place of the CSV file.
    pub(super) fn name_at(&self, place: usize) -> Option<&str> {
        if place == self.address {
            return Some(&self.address_name);
        }
        let index = self.places.iter().position(|other| *other == place)?;
        self.names.get(index).map(String::as_str)
    }
}

/// Whether a column of a list takes a text; else why not, for people.
///
/// # Errors
/// Why it does not, which holds the text; also where there is no such column.
pub fn fits(list: &List, column: &str, text: &str) -> Result<(), String> {
    let settings = list.columns.get(column);
    let settings = settings.ok_or_else(|| format!("there is no column `{column}`"))?;
    if text.len() > LONGEST_CELL || has_control(text) {
        return Err("is too long, or has a control character".to_owned());
    }
    Check::of(list, settings).check(text)
}

/// What a column of a list takes of a text that was fit when it was written: topics that left the list since are dropped, the
/// others stay as they are.
pub fn taken<'a>(list: &List, column: &str, text: &'a str) -> Cow<'a, str> {
    match list.columns.get(column) {
        Some(settings) => Check::of(list, settings).taken(text),
        None => Cow::Borrowed(text),
    }
}

/// Whether two texts say the same in a column of a list, topics that it has no more left out.
pub fn is_same(list: &List, column: &str, one: &str, other: &str) -> bool {
    let Some(settings) = list.columns.get(column) else {
        return one == other;
    };
    let check = Check::of(list, settings);
    cell::is_same(settings.kind, &check.taken(one), &check.taken(other))
}

/// What the text of a `bool` cell says; nothing where it is empty or no such text.
pub fn says_yes(text: &str) -> Option<bool> {
    cell::bool(text)
}

impl Check {
    fn of(list: &List, column: &Column) -> Self {
        let is_topics = column.kind == ColumnType::Topics;
        let topics = list.topics.keys().filter(|_| is_topics);
        let topics: Vec<String> = topics.map(|topic| topic.as_str().to_owned()).collect();
        let is_offered = |topic| column.values.is_empty() || column.values.contains(topic);
        Self {
            kind: column.kind,
            // Nobody has to choose where there is nothing to choose.
            required: column.required && (!is_topics || topics.iter().any(is_offered)),
            values: column.values.clone(),
            topics,
        }
    }

    pub(super) fn check(&self, text: &str) -> Result<(), String> {
        if text.is_empty() {
            return match self.required {
                true => Err("is empty, and must not be".to_owned()),
                false => Ok(()),
            };
        }
        cell::check(self.kind, text)
            .map_err(|expected| format!("`{}` is not {expected}", shown(text)))?;
        if self.kind == ColumnType::Topics {
            return cell::topics(text).try_for_each(|topic| {
                self.among(&self.topics, topic, "a topic of this list")?;
                self.among(&self.values, topic, "among the column's values")
            });
        }
        self.among(&self.values, text, "among the column's values")
    }

    /// See [`taken`].
    pub(super) fn taken<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let is_known = |topic: &str| {
            let of_column = self.values.is_empty() || self.values.iter().any(|it| it == topic);
            of_column && self.topics.iter().any(|it| it == topic)
        };
        if self.kind != ColumnType::Topics || cell::topics(text).all(is_known) {
            return Cow::Borrowed(text);
        }
        let known: Vec<&str> = cell::topics(text).filter(|it| is_known(it)).collect();
        Cow::Owned(known.join(";"))
    }

    fn among(&self, known: &[String], text: &str, what: &str) -> Result<(), String> {
        if known.is_empty() && !(what.starts_with("a topic")) || known.iter().any(|k| k == text) {
            return Ok(());
        }
        let meant = nearest(text, known.iter().map(String::as_str));
        let text = shown(text);
        Err(format!(
            "`{text}` is not {what}{}",
            suggest(meant.as_deref())
        ))
    }
}

/// A cell's text for a message: what it has of it on one short line.
pub(super) fn shown(text: &str) -> String {
    let mut short: String = text.chars().filter(|c| !c.is_control()).take(60).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}
