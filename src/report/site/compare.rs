//! What became of a sending's mails by list, by topic and by value of the columns that have few values: a count for each group.
//!
//! Rows are read as they were when the audience was fixed, once, one after the other; of them no more is kept than the groups. A group of few
//! people is joined with the others, and so is the next one where those are few, too: what became of one person is in no sum.

use std::collections::{BTreeMap, HashMap};

use super::back::Backs;
use crate::ledger::state::{OccurrenceState, Status};
use crate::mail::recipient_id::{RecipientId, RecipientKey};
use crate::workspace::Workspace;
use crate::workspace::list::{Column, ColumnType};
use crate::workspace::loaded::ListFile;
use crate::workspace::member::{Member, Value};
use crate::workspace::members::Members;
use crate::workspace::names::ListName;
use crate::workspace::source::Source;

/// Smaller groups are joined with the others.
pub const FEWEST: u64 = 5;

/// A column with more values than this is not compared.
const MOST_VALUES: usize = 12;

/// Columns that are compared.
const MOST_COLUMNS: usize = 6;

/// A longer value is none to compare by.
const LONGEST: usize = 60;

/// What groups are made by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum By {
    /// The first of the campaign's lists that they stand in.
    List,
    /// A topic that they chose; who chose several counts in each.
    Topic,
    /// A column's value: its title.
    Column(String),
}

/// A group's name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Name {
    /// As list, topic or value are called.
    Text(String),
    /// A column says yes.
    Yes,
    /// A column says no.
    No,
    /// An empty cell, no topic, no list.
    Nothing,
    /// Several, joined.
    Others,
}

/// What became of a group's mails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Fate {
    /// Recipients who were not left out.
    pub recipients: u64,
    /// The relay took it.
    pub accepted: u64,
    /// Accepted, and bounced later, for good or not.
    pub bounced: u64,
    /// Accepted, and left.
    pub left: u64,
}

/// Groups of one kind, the largest first, the others last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// What they are made by.
    pub by: By,
    /// At least two.
    pub groups: Vec<(Name, Fate)>,
}

/// One mail's fate in a byte: as many are kept as a sending has recipients.
#[derive(Debug, Clone, Copy)]
struct Marks(u8);

impl Marks {
    const ACCEPTED: u8 = 1;
    const BOUNCED: u8 = 2;
    const LEFT: u8 = 4;

    fn fate(self) -> Fate {
        let has = |mark: u8| u64::from(self.0 & mark != 0);
        Fate {
            recipients: 1,
            accepted: has(Self::ACCEPTED),
            bounced: has(Self::BOUNCED),
            left: has(Self::LEFT),
        }
    }
}

impl Fate {
    fn add(&mut self, other: Self) {
        self.recipients += other.recipients;
        self.accepted += other.accepted;
        self.bounced += other.bounced;
        self.left += other.left;
    }
}

type Groups = BTreeMap<Name, Fate>;

/// Compares a sending's recipients by the lists' rows in `source`; those that cannot be read have nothing to say. The key makes rows recipients.
pub fn compare(
    state: &OccurrenceState,
    back: Option<&Backs>,
    names: &[ListName],
    source: &dyn Source,
    key: &RecipientKey,
) -> Vec<Comparison> {
    let mut sorting = Sorting {
        fates: fates(state, back),
        lists: Groups::new(),
        topics: Groups::new(),
        columns: BTreeMap::new(),
    };
    for name in names {
        if let Ok(list) = Workspace::load_list(source, name) {
            sorting.list(&list, source, key);
        }
    }
    sorting.finish()
}

/// What became of everybody's mail, copies and those who were left out not among them.
fn fates(state: &OccurrenceState, back: Option<&Backs>) -> HashMap<RecipientId, Marks> {
    let mut found = HashMap::with_capacity(state.ids().len());
    for ((index, status), id) in state.statuses().zip(state.ids()) {
        if matches!(status, Status::Excluded(_)) || state.copy_of(index).is_some() {
            continue;
        }
        let mut marks = 0;
        if status == Status::Accepted {
            let back = back.and_then(|back| back.mails.get(&index.0));
            let heard = |is: bool, mark: u8| if is { mark } else { 0 };
            marks = Marks::ACCEPTED
                | heard(back.is_some_and(|it| it.bounced.is_some()), Marks::BOUNCED)
                | heard(back.is_some_and(|it| it.left), Marks::LEFT);
        }
        found.insert(*id, Marks(marks));
    }
    found
}

/// Recipients, as they are put into groups.
struct Sorting {
    /// Of those whose row has not come yet: the first one counts, as it did for the audience.
    fates: HashMap<RecipientId, Marks>,
    lists: Groups,
    topics: Groups,
    /// By name: the title, and the groups while there are not too many.
    columns: BTreeMap<String, (String, Option<Groups>)>,
}

impl Sorting {
    fn list(&mut self, list: &ListFile, source: &dyn Source, key: &RecipientKey) {
        let Ok(input) = source.open(&list.members) else {
            return;
        };
        let Ok(mut members) = Members::new(input, &list.list) else {
            return;
        };
        let mut buffer = String::new();
        while let Ok(Some(row)) = members.next_row() {
            let Ok(row) = row else { continue };
            let id = key.id_of_ref(row.address(), &mut buffer);
            if let Some(marks) = self.fates.remove(&id) {
                let fate = marks.fate();
                let title = Name::Text(list.list.title.clone());
                self.lists.entry(title).or_default().add(fate);
                self.row(list, &row.to_member(), fate);
            }
        }
    }

    fn row(&mut self, list: &ListFile, member: &Member, fate: Fate) {
        let (mut chose, mut may_choose) = (false, false);
        for (name, value) in member.columns.iter().zip(&member.values) {
            let Some(column) = list.list.columns.get(name) else {
                continue;
            };
            may_choose |= column.kind == ColumnType::Topics;
            if let Value::Topics(topics) = value {
                for topic in topics {
                    let mut known = list.list.topics.iter();
                    let known = known.find(|(name, _)| name.as_str() == topic);
                    let title = known.map_or(topic, |(_, topic)| &topic.title);
                    let group = self.topics.entry(Name::Text(title.clone()));
                    group.or_default().add(fate);
                    chose = true;
                }
            } else {
                self.column((name, column), value, fate);
            }
        }
        if may_choose && !chose {
            self.topics.entry(Name::Nothing).or_default().add(fate);
        }
    }

    fn column(&mut self, (name, column): (&str, &Column), value: &Value, fate: Fate) {
        let is_compared = matches!(column.kind, ColumnType::Bool | ColumnType::Text);
        if !is_compared {
            return;
        }
        let title = || column.title.clone().unwrap_or_else(|| name.to_owned());
        let (_, groups) = match self.columns.get_mut(name) {
            Some(known) => known,
            None => self
                .columns
                .entry(name.to_owned())
                .or_insert_with(|| (title(), Some(Groups::new()))),
        };
        let group = match value {
            Value::Text(text) if text.chars().count() <= LONGEST => Name::Text(text.clone()),
            Value::Bool(true) => Name::Yes,
            Value::Bool(false) => Name::No,
            Value::Empty => Name::Nothing,
            _ => {
                *groups = None;
                return;
            }
        };
        if let Some(all) = groups {
            all.entry(group).or_default().add(fate);
            if all.len() > MOST_VALUES {
                *groups = None;
            }
        }
    }

    fn finish(mut self) -> Vec<Comparison> {
        for marks in self.fates.into_values() {
            let group = self.lists.entry(Name::Nothing).or_default();
            group.add(marks.fate());
        }
        let columns = self.columns.into_values();
        let columns = columns.filter_map(|(title, groups)| of(By::Column(title), groups?));
        let mut found: Vec<Comparison> = [(By::List, self.lists), (By::Topic, self.topics)]
            .into_iter()
            .filter_map(|(by, groups)| of(by, groups))
            .collect();
        found.extend(columns.take(MOST_COLUMNS));
        found
    }
}

/// `None` where there is nothing to compare.
fn of(by: By, groups: Groups) -> Option<Comparison> {
    let mut groups: Vec<(Name, Fate)> = groups.into_iter().collect();
    groups.sort_by(|a, b| (b.1.recipients, &a.0).cmp(&(a.1.recipients, &b.0)));
    let mut others = Fate::default();
    let is_few = |it: &Fate| it.recipients < FEWEST;
    while let Some((_, last)) = groups.last() {
        let is_joined = is_few(last) || groups.len() > MOST_VALUES;
        // Else the others could be told by who is missing.
        let leaves_few = others.recipients > 0 && is_few(&others);
        if !is_joined && !leaves_few {
            break;
        }
        others.add(*last);
        groups.pop();
    }
    if others.recipients > 0 {
        groups.push((Name::Others, others));
    }
    (groups.len() > 1).then_some(Comparison { by, groups })
}

#[cfg(test)]
#[path = "compare_tests.rs"]
mod tests;
