//! People who asked for something, as the lists have them: where they are written to, in which language, and which topics they
//! chose. Read in one pass over the lists for a batch of messages, and only where somebody asked.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::{Seek as _, SeekFrom};

use super::ingest::Outside;
use crate::ledger::branch::LedgerError;
use crate::ledger::wishes::Wishes;
use crate::mail::address::Address;
use crate::mail::recipient_id::RecipientId;
use crate::plan::PlanError;
use crate::plan::lists::{Lists, WithoutKey};
use crate::plan::overlay::Overlay;
use crate::workspace::list::{ColumnType, List};
use crate::workspace::members::{ListError, Members, Rows, Values, topics};
use crate::workspace::names::ListName;
use crate::workspace::settings::Locale;

/// Why nobody can be looked up.
#[derive(Debug, thiserror::Error)]
pub enum LookUpError {
    /// A list cannot be read.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// The ledger cannot be read.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

/// See the module.
#[derive(Default)]
pub(super) struct People {
    lists: Vec<(ListName, List)>,
    people: HashMap<RecipientId, Person>,
    /// What was asked for, that of this batch included once it is taken in.
    pub(super) wishes: Wishes,
}

/// Somebody.
#[derive(Clone)]
pub(super) struct Person {
    /// Where the lists say that they are written to.
    pub(super) address: Address,
    /// Whether any list has them.
    pub(super) is_listed: bool,
    /// Their rows, each with its list.
    rows: Vec<(usize, Values)>,
}

impl Person {
    /// Whom no list has.
    pub(super) fn unlisted(address: Address) -> Self {
        Self {
            address,
            is_listed: false,
            rows: Vec::new(),
        }
    }
}

/// A topic that somebody can choose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Topic {
    pub(super) name: String,
    pub(super) title: String,
    /// Whether they chose it.
    pub(super) on: bool,
}

impl People {
    /// Looks these up, with what they asked for since on top of their rows.
    ///
    /// # Errors
    /// [`LookUpError`].
    pub(super) fn find(
        outside: &Outside<'_>,
        wishes: Wishes,
        sought: &HashSet<RecipientId>,
    ) -> Result<Self, LookUpError> {
        let key = outside.key;
        let names: Vec<ListName> = outside.workspace.lists.keys().cloned().collect();
        let overlay = Overlay {
            wishes: &wishes,
            key,
        };
        let overlay = (Some(overlay), WithoutKey::Refuse);
        let spooled = Lists::spool(outside.lists, "the main branch", &names, overlay)?;
        let mut found = Self::default();
        let mut buffer = String::new();
        for (number, one) in spooled.lists.into_iter().enumerate() {
            let wrong = |why: ListError| PlanError::List {
                list: one.name.to_string(),
                why: why.without_values(),
            };
            let mut places = Vec::new();
            let list = one.file.list;
            (&one.rows)
                .seek(SeekFrom::Start(0))
                .map_err(|why| wrong(why.into()))?;
            Members::new(&one.rows, &list)
                .and_then(|mut members| {
                    members.each_address(|at, address| {
                        let who = key.id_of_ref(address, &mut buffer);
                        if sought.contains(&who) {
                            places.push((who, at.offset, address.to_address()));
                        }
                    })
                })
                .map_err(wrong)?;
            if !places.is_empty() {
                let rows = Rows::new(one.rows, &list).map_err(|why| PlanError::List {
                    list: one.name.to_string(),
                    why: why.without_values(),
                })?;
                for (who, offset, address) in places {
                    let person = found.people.entry(who).or_insert_with(|| Person {
                        address,
                        is_listed: true,
                        rows: Vec::new(),
                    });
                    // A row that cannot be read is none; its address is theirs all the same.
                    if let Ok(values) = rows.values_at(offset) {
                        person.rows.push((number, values));
                    }
                }
            }
            found.lists.push((one.name, list));
        }
        found.wishes = wishes;
        Ok(found)
    }

    /// Somebody, where a list has them.
    pub(super) fn get(&self, who: &RecipientId) -> Option<&Person> {
        self.people.get(who)
    }

    /// The lists that anybody may join.
    pub(super) fn open_lists(&self) -> impl Iterator<Item = (&ListName, &List)> {
        let lists = self.lists.iter().map(|(name, list)| (name, list));
        lists.filter(|(_, list)| list.joining.as_ref().is_some_and(|it| it.public))
    }

    /// The language that somebody is addressed in, where a list says so.
    pub(super) fn language(&self, person: &Person) -> Option<Locale> {
        person.rows.iter().find_map(|(list, values)| {
            let (_, list) = self.lists.get(*list)?;
            let tag = values.get(list.language_column.as_ref()?)?;
            Locale::of_tag(tag)
        })
    }

    /// The topics of somebody's lists, each once; `is_off` are those that they left.
    pub(super) fn topics(&self, person: &Person, is_off: impl Fn(&str) -> bool) -> Vec<Topic> {
        let mut found: Vec<Topic> = Vec::new();
        for (number, values) in &person.rows {
            let Some((_, list)) = self.lists.get(*number) else {
                continue;
            };
            let columns = columns_of_topics(list);
            // Where no column says who chose a topic, nobody can.
            if columns.is_empty() {
                continue;
            }
            for (name, topic) in &list.topics {
                let name = name.as_str();
                let on = columns.iter().any(|column| has(values, column, name)) && !is_off(name);
                match found.iter_mut().find(|it| it.name == name) {
                    Some(known) => known.on |= on,
                    None => found.push(Topic {
                        name: name.to_owned(),
                        title: topic.title.clone(),
                        on,
                    }),
                }
            }
        }
        found
    }

    /// What a topic is called towards people.
    pub(super) fn title<'a>(&'a self, topic: &'a str) -> &'a str {
        let mut lists = self.lists.iter();
        let title = lists.find_map(|(_, list)| list.topics.get(topic));
        title.map_or(topic, |it| it.title.as_str())
    }

    /// Puts these topics into somebody's rows of the lists that have them; the cells that change, by list.
    pub(super) fn take_topics(
        &mut self,
        who: &RecipientId,
        topics: &[&str],
    ) -> Vec<(String, BTreeMap<String, String>)> {
        let mut changed = Vec::new();
        let Some(person) = self.people.get_mut(who) else {
            return changed;
        };
        for (number, values) in &mut person.rows {
            let Some((name, list)) = self.lists.get(*number) else {
                continue;
            };
            let columns = columns_of_topics(list);
            let Some(first) = columns.first() else {
                continue;
            };
            let is_new = |topic: &&str| {
                let mut columns = columns.iter();
                list.topics.contains_key(*topic) && !columns.any(|it| has(values, it, topic))
            };
            let new: Vec<&str> = topics.iter().copied().filter(is_new).collect();
            if new.is_empty() {
                continue;
            }
            // In the list's order, as the portal writes them.
            let all = list.topics.keys().map(|topic| topic.as_str());
            let on = all.filter(|topic| new.contains(topic) || has(values, first, topic));
            let cell = on.collect::<Vec<_>>().join(";");
            values.insert((*first).clone(), cell.clone());
            changed.push((name.to_string(), BTreeMap::from([((*first).clone(), cell)])));
        }
        changed
    }
}

fn columns_of_topics(list: &List) -> Vec<&String> {
    let columns = list.columns.iter();
    let of_topics = columns.filter(|(_, column)| column.kind == ColumnType::Topics);
    of_topics.map(|(name, _)| name).collect()
}

fn has(values: &Values, column: &str, topic: &str) -> bool {
    let cell = values.get(column).map_or("", String::as_str);
    topics(cell).any(|it| it == topic)
}
