//! What recipients asked for, as it holds: a fold over [`Wish`]es.
//!
//! A list's file is the truth that a person reads; what somebody asked for since the file was brought up to date
//! (`folded` in the list's settings: so many segments of wishes are in it) lies over it.

use std::collections::{BTreeMap, HashMap, HashSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::feedback::MessageKey;
use super::wish::{PURPOSE, Wanted, Way, Wish};
use crate::mail::recipient_id::{RecipientId, RecipientKey};
use crate::mail::sealed::{NotSealed, Sealed};

/// What somebody told of themselves for a list. Whose and when is in it, so that no two are sealed alike.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cells {
    /// Whose.
    pub recipient: RecipientId,
    /// When.
    pub at: Timestamp,
    /// The address, of somebody who joins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// Values by column, as they stand in a list's file.
    pub cells: BTreeMap<String, String>,
}

/// The number of no segment: of wishes that are not on the ledger yet.
pub const UNPUBLISHED: u32 = u32::MAX;

/// See the module.
#[derive(Debug, Default, Clone)]
pub struct Wishes {
    seen: HashSet<(MessageKey, RecipientId, &'static str)>,
    people: HashMap<RecipientId, Held>,
    rows: BTreeMap<String, HashMap<RecipientId, Vec<RowWish>>>,
}

/// What holds of one recipient, whatever list they are in. Of each the latest that was said.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    paused: Option<(Timestamp, Timestamp)>,
    at_most: Option<(Timestamp, u16)>,
    confirmed: Option<Timestamp>,
    disowned: Option<Timestamp>,
}

/// A change of somebody's row of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowWish {
    /// The segment that it came with.
    pub segment: u32,
    /// When it was said.
    pub at: Timestamp,
    /// Where it makes a row that was not there: how they joined.
    pub joined: Option<Joined>,
    /// The row's values.
    pub row: Sealed,
}

/// What is recorded of somebody who joined, besides their row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Joined {
    /// The text that they agreed to, by the first 64 bits of its digest.
    pub consent: MessageKey,
    /// Keyed hash of the network address that they asked from.
    pub client: Option<MessageKey>,
    /// Where.
    pub way: Way,
}

impl Cells {
    /// Seals it.
    ///
    /// # Errors
    /// [`NotSealed`].
    pub fn seal(&self, key: &RecipientKey) -> Result<Sealed, NotSealed> {
        let text = serde_json::to_vec(self).map_err(|_| NotSealed)?;
        Sealed::new(key, PURPOSE, &text)
    }

    /// Opens it; `None` where it was sealed with another key, or is none.
    pub fn open(sealed: &Sealed, key: &RecipientKey) -> Option<Self> {
        serde_json::from_slice(&sealed.open(key, PURPOSE)?).ok()
    }
}

impl Held {
    /// Until when somebody wants no newsletter, if they do not want any now.
    pub fn paused_until(&self, now: Timestamp) -> Option<Timestamp> {
        let until = self.paused.map(|(_, until)| until);
        until.filter(|until| *until > now)
    }

    /// In how many days somebody wants one newsletter at most.
    pub fn at_most(&self) -> Option<u16> {
        let days = self.at_most.map(|(_, days)| days);
        days.filter(|days| *days > 0)
    }

    /// When somebody said last that they want to go on: whatever they asked for says so, but that they never joined.
    pub const fn confirmed(&self) -> Option<Timestamp> {
        self.confirmed
    }

    /// When they asked for anything last: what is to hold must be later.
    pub fn last(&self) -> Option<Timestamp> {
        self.confirmed.max(self.disowned)
    }

    /// When somebody said that they never joined.
    pub const fn disowned(&self) -> Option<Timestamp> {
        self.disowned
    }
}

impl Wishes {
    /// Takes one in, of the segment with this number; of one that is not published yet [`UNPUBLISHED`]. A second reading of
    /// the same wish changes nothing but that: of several segments the first counts.
    pub fn apply(&mut self, segment: u32, wish: &Wish) {
        if !self
            .seen
            .insert((wish.key, wish.recipient, wish.what.name()))
        {
            self.seen_again(segment, wish);
            return;
        }
        let held = self.people.entry(wish.recipient).or_default();
        let at = wish.at;
        // Whoever joins, minds their data, or says how and when they want mail is there, and wants it.
        if wish.what.is_answer() {
            held.confirmed = held.confirmed.max(Some(at));
        }
        // Of the same moment the greater counts, so that the order of publishing does not matter.
        match &wish.what {
            Wanted::Paused { until } => held.paused = held.paused.max(Some((at, *until))),
            Wanted::AtMost { days } => held.at_most = held.at_most.max(Some((at, *days))),
            Wanted::Confirmed => {}
            Wanted::Disowned => held.disowned = held.disowned.max(Some(at)),
            Wanted::Joined {
                list,
                row,
                consent,
                client,
            } => {
                let joined = Joined {
                    consent: *consent,
                    client: *client,
                    way: wish.way,
                };
                self.row(list, segment, wish, row, Some(joined));
            }
            Wanted::Changed { list, row } => self.row(list, segment, wish, row, None),
        }
    }

    fn seen_again(&mut self, segment: u32, wish: &Wish) {
        let (Wanted::Joined { list, row, .. } | Wanted::Changed { list, row }) = &wish.what else {
            return;
        };
        let people = self.rows.get_mut(list);
        let wishes = people.and_then(|people| people.get_mut(&wish.recipient));
        for known in wishes.into_iter().flatten() {
            if known.at == wish.at && known.row == *row {
                known.segment = known.segment.min(segment);
            }
        }
    }

    fn row(&mut self, list: &str, segment: u32, wish: &Wish, row: &Sealed, joined: Option<Joined>) {
        let people = self.rows.entry(list.to_owned()).or_default();
        let wishes = people.entry(wish.recipient).or_default();
        let one = RowWish {
            segment,
            at: wish.at,
            joined,
            row: row.clone(),
        };
        // Two portals publish in any order: what was said last holds.
        let place = wishes.partition_point(|it| {
            (it.at, it.joined, it.row.as_str()) <= (one.at, one.joined, one.row.as_str())
        });
        wishes.insert(place, one);
    }

    /// Whether somebody's joining by this key was taken in.
    pub fn has_joined(&self, key: MessageKey, recipient: RecipientId) -> bool {
        self.seen.contains(&(key, recipient, "joined"))
    }

    /// What holds of somebody.
    pub fn of(&self, recipient: &RecipientId) -> Held {
        self.people.get(recipient).copied().unwrap_or_default()
    }

    /// Everybody of whom something holds.
    pub fn people(&self) -> impl Iterator<Item = (&RecipientId, &Held)> {
        self.people.iter()
    }

    /// What somebody said of their row of a list since its first `folded` segments, in the order in which it was said.
    pub fn row_of(
        &self,
        list: &str,
        folded: u32,
        recipient: &RecipientId,
    ) -> impl Iterator<Item = &RowWish> {
        let all = self.rows.get(list).and_then(|people| people.get(recipient));
        let all = all.map(Vec::as_slice).unwrap_or_default().iter();
        all.filter(move |wish| wish.segment >= folded)
    }

    /// What somebody said of their row of a list that is in its first `folded` segments, in the order in which it was said.
    pub fn folded_of(
        &self,
        list: &str,
        folded: u32,
        recipient: &RecipientId,
    ) -> impl Iterator<Item = &RowWish> {
        let all = self.row_of(list, 0, recipient);
        all.filter(move |wish| wish.segment < folded)
    }

    /// Every list that somebody ever joined by themselves, when, and how, by the lists' names.
    pub fn joined(
        &self,
        recipient: &RecipientId,
    ) -> impl Iterator<Item = (&str, Timestamp, Joined)> {
        let lists = self.rows.iter();
        lists.flat_map(move |(list, people)| {
            let wishes = people.get(recipient).map(Vec::as_slice).unwrap_or_default();
            let joined = wishes.iter();
            joined.filter_map(|it| Some((list.as_str(), it.at, it.joined?)))
        })
    }

    /// Everybody who said something of their row of a list since its first `folded` segments, in the order of their ids.
    pub fn of_list(&self, list: &str, folded: u32) -> Vec<RecipientId> {
        let Some(people) = self.rows.get(list) else {
            return Vec::new();
        };
        let recent = people.iter().filter(|(_, wishes)| {
            let mut wishes = wishes.iter();
            wishes.any(|wish| wish.segment >= folded)
        });
        let mut found: Vec<RecipientId> = recent.map(|(id, _)| *id).collect();
        found.sort_unstable();
        found
    }

    /// Whether nothing lies over any list.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn key() -> RecipientKey {
        RecipientKey::from_secret(&[7; 32]).unwrap()
    }

    fn wish(number: u8, who: u8, second: i64, kind: u8) -> Wish {
        let at = Timestamp::from_second(second).unwrap();
        let recipient = RecipientId([who; 12]);
        let cells = Cells {
            recipient,
            at,
            address: (kind == 0).then(|| format!("p{who}@correo.example")),
            cells: BTreeMap::from([("nombre".to_owned(), format!("{number}"))]),
        };
        let row = cells.seal(&key()).unwrap();
        let list = "socios".to_owned();
        Wish {
            key: MessageKey([number; 8]),
            recipient,
            at,
            way: Way::Portal,
            what: match kind {
                0 => Wanted::Joined {
                    list,
                    row,
                    consent: MessageKey([1; 8]),
                    client: None,
                },
                1 => Wanted::Changed { list, row },
                2 => Wanted::Paused {
                    until: Timestamp::from_second(second + i64::from(number)).unwrap(),
                },
                3 => Wanted::AtMost {
                    days: u16::from(number),
                },
                4 => Wanted::Confirmed,
                _ => Wanted::Disowned,
            },
        }
    }

    #[test]
    fn the_latest_holds_and_what_is_folded_lies_over_nothing() {
        let mut wishes = Wishes::default();
        wishes.apply(0, &wish(1, 1, 10, 0));
        wishes.apply(1, &wish(9, 1, 20, 1));
        wishes.apply(1, &wish(30, 2, 20, 2));
        wishes.apply(2, &wish(7, 2, 30, 3));
        let ana = RecipientId([1; 12]);
        let said: Vec<String> = wishes
            .row_of("socios", 0, &ana)
            .map(|it| Cells::open(&it.row, &key()).unwrap().cells["nombre"].clone())
            .collect();
        assert_eq!(said, ["1", "9"]);
        assert_eq!(wishes.row_of("socios", 1, &ana).count(), 1);
        assert_eq!(wishes.row_of("clientes", 0, &ana).count(), 0);
        assert_eq!(wishes.of_list("socios", 2), []);
        assert_eq!(wishes.of_list("socios", 0), [ana]);
        let luis = wishes.of(&RecipientId([2; 12]));
        assert_eq!(luis.last(), Timestamp::from_second(30).ok());
        let at = |second| Timestamp::from_second(second).unwrap();
        assert_eq!(luis.paused_until(at(30)), Some(at(50)));
        assert_eq!(luis.paused_until(at(50)), None);
        assert_eq!(luis.at_most(), Some(7));
        assert_eq!(luis.confirmed(), Some(at(30)));
        wishes.apply(2, &wish(8, 2, 40, 5));
        assert_eq!(wishes.of(&RecipientId([2; 12])).confirmed(), Some(at(30)));
        assert_eq!(wishes.of(&ana).confirmed(), Some(at(20)));
    }

    proptest! {
        #[test]
        fn neither_order_nor_publishing_twice_matters(
            all in proptest::collection::vec((0..9u8, 0..3u8, 0..5i64, 0..6u8), 0..24),
            turn in 0..24usize,
        ) {
            let all: Vec<Wish> = all.into_iter().enumerate()
                .map(|(n, (_, who, second, kind))| wish(n as u8, who, second, kind)).collect();
            let (mut one, mut other) = (Wishes::default(), Wishes::default());
            all.iter().for_each(|wish| one.apply(UNPUBLISHED, wish));
            all.iter().for_each(|wish| one.apply(3, wish));
            let mut turned = all.clone();
            turned.reverse();
            turned.rotate_left(turn.min(all.len()));
            turned.iter().chain(&all).for_each(|wish| other.apply(3, wish));
            for who in 0..3 {
                let id = RecipientId([who; 12]);
                prop_assert_eq!(one.of(&id), other.of(&id));
                prop_assert!(one.row_of("socios", 0, &id).eq(other.row_of("socios", 0, &id)));
            }
        }
    }
}
