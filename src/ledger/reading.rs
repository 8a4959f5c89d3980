//! How many mails of an occurrence were opened, and which of their links were followed: by people, and apart from them by
//! machines, as far as it can be told. A mail counts once for each, however often it was asked for.

use std::collections::{BTreeMap, HashMap};

use super::feedback::{Feedback, Heard, Reader};
use crate::mail::occurrence::OccurrenceId;

/// How many mails: each is of one kind. The two make no figure together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Readers {
    /// Mails that somebody asked for of whom nothing says that it was a machine.
    pub people: u32,
    /// Mails that machines only asked for.
    pub machines: u32,
}

/// What was read of one occurrence.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reading {
    /// Whose picture was asked for.
    pub opened: Readers,
    /// Of which any link was followed.
    pub clicked: Readers,
    /// Of which each link was followed, by where it leads.
    pub links: BTreeMap<String, Readers>,
}

/// What was read, by occurrence.
#[derive(Debug, Default)]
pub struct Readings(HashMap<OccurrenceId, Mails>);

#[derive(Debug, Default)]
struct Mails {
    opened: Tally,
    clicked: Tally,
    links: BTreeMap<String, Tally>,
}

/// Mails by their place in the audience, and how many of each kind they are.
#[derive(Debug, Default)]
struct Tally {
    by: HashMap<u32, Reader>,
    readers: Readers,
}

impl Tally {
    fn take(&mut self, index: u32, by: Reader) {
        let known = self.by.get(&index).copied();
        match (known, by) {
            (Some(Reader::Person), _) | (Some(Reader::Machine), Reader::Machine) => return,
            (Some(Reader::Machine), Reader::Person) => {
                self.readers.machines -= 1;
                self.readers.people += 1;
            }
            (None, Reader::Person) => self.readers.people += 1,
            (None, Reader::Machine) => self.readers.machines += 1,
        }
        self.by.insert(index, by);
    }
}

impl Readers {
    /// Whether there are none.
    pub const fn is_empty(self) -> bool {
        self.people == 0 && self.machines == 0
    }
}

impl Reading {
    /// Whether nothing was counted.
    pub const fn is_empty(&self) -> bool {
        self.opened.is_empty() && self.clicked.is_empty()
    }

    /// Its links, those that most people followed first.
    pub fn by_people(&self) -> Vec<(&str, Readers)> {
        let links = self.links.iter();
        let mut links: Vec<_> = links
            .map(|(link, readers)| (link.as_str(), *readers))
            .collect();
        links.sort_by_key(|(_, it)| std::cmp::Reverse((it.people, it.machines)));
        links
    }
}

impl Readings {
    /// Takes one event in.
    pub fn apply(&mut self, feedback: &Feedback) {
        let (Some((occurrence, index)), true) = (&feedback.mail, feedback.what.is_reading()) else {
            return;
        };
        // An id is copied once only: there are many more events than occurrences.
        if !self.0.contains_key(occurrence) {
            self.0.insert(occurrence.clone(), Mails::default());
        }
        let Some(mails) = self.0.get_mut(occurrence) else {
            return;
        };
        match &feedback.what {
            Heard::Opened { by } => mails.opened.take(index.0, *by),
            Heard::Clicked { by, link } => {
                mails.clicked.take(index.0, *by);
                if !mails.links.contains_key(link) {
                    mails.links.insert(link.clone(), Tally::default());
                }
                if let Some(of_link) = mails.links.get_mut(link) {
                    of_link.take(index.0, *by);
                }
            }
            _ => {}
        }
    }

    /// What was read of an occurrence.
    pub fn of(&self, occurrence: &OccurrenceId) -> Reading {
        let Some(mails) = self.0.get(occurrence) else {
            return Reading::default();
        };
        let links = mails.links.iter();
        Reading {
            opened: mails.opened.readers,
            clicked: mails.clicked.readers,
            links: links
                .map(|(link, tally)| (link.clone(), tally.readers))
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use proptest::prelude::*;

    use super::*;
    use crate::ledger::event::RecipientIndex;
    use crate::ledger::feedback::MessageKey;
    use crate::mail::recipient_id::RecipientId;

    fn feedback((message, index, machine, link): (u8, u32, bool, u8)) -> Feedback {
        let by = match machine {
            true => Reader::Machine,
            false => Reader::Person,
        };
        Feedback {
            message: MessageKey([message; 8]),
            recipient: RecipientId([1; 12]),
            mail: Some(("2026/rueda".parse().unwrap(), RecipientIndex(index))),
            at: Timestamp::UNIX_EPOCH,
            what: match link {
                0 => Heard::Opened { by },
                link => Heard::Clicked {
                    by,
                    link: format!("https://feria.example/{link}"),
                },
            },
        }
    }

    #[test]
    fn a_mail_counts_once_and_as_a_persons_where_there_was_one() {
        let mut readings = Readings::default();
        for event in [
            (1, 7, true, 0),
            (2, 7, false, 0),
            (3, 7, false, 0),
            (4, 7, true, 0),
            (5, 8, true, 0),
            (6, 7, false, 1),
            (7, 7, true, 2),
            (8, 8, true, 2),
        ] {
            readings.apply(&feedback(event));
        }
        let reading = readings.of(&"2026/rueda".parse().unwrap());
        let readers = |people, machines| Readers { people, machines };
        assert_eq!(reading.opened, readers(1, 1));
        assert_eq!(reading.clicked, readers(1, 1));
        let links = reading.by_people();
        let wanted = [
            ("https://feria.example/1", readers(1, 0)),
            ("https://feria.example/2", readers(0, 2)),
        ];
        assert_eq!(links, wanted);
        assert!(readings.of(&"2026/otra".parse().unwrap()).is_empty());
    }

    proptest! {
        #[test]
        fn neither_order_nor_reading_twice_matters(
            events in proptest::collection::vec((0..9u8, 0..3u32, any::<bool>(), 0..3u8), 0..24),
            turn in 0..24usize,
        ) {
            let id = "2026/rueda".parse().unwrap();
            let (mut one, mut other) = (Readings::default(), Readings::default());
            events.iter().for_each(|event| one.apply(&feedback(*event)));
            let mut turned = events.clone();
            turned.reverse();
            turned.rotate_left(turn.min(events.len()));
            turned.iter().chain(&events).for_each(|event| other.apply(&feedback(*event)));
            prop_assert_eq!(one.of(&id), other.of(&id));
        }
    }
}
