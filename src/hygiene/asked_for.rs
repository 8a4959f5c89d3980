//! What members asked for themselves, as the ledger has it: what of it waits to be folded into the lists, and since when and by
//! which text each joined.

use std::collections::HashMap;

use jiff::Timestamp;

use super::HygieneError;
use crate::ledger::branch::Ledger;
use crate::ledger::event::Scope;
use crate::ledger::feedback::MessageKey;
use crate::ledger::suppressions::Suppressions;
use crate::ledger::wish::{Wanted, Way, Wish};
use crate::ledger::wishes::Wishes;
use crate::mail::recipient_id::RecipientId;
use crate::workspace::list::List;
use crate::workspace::names::ListName;

/// See the module.
#[derive(Debug, Default)]
pub struct AskedFor {
    /// What holds.
    pub wishes: Wishes,
    /// So many segments of wishes are on the ledger: what a list that is brought up to date says of itself.
    pub segments: u32,
    joined: HashMap<(String, RecipientId), Joined>,
}

/// How somebody joined a list, the last time that they did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Joined {
    /// When.
    pub at: Timestamp,
    /// How.
    pub way: Way,
    /// The text that they agreed to, by its digest's first bits.
    pub consent: MessageKey,
}

impl AskedFor {
    /// What the ledger has.
    ///
    /// # Errors
    /// [`HygieneError::Ledger`].
    pub fn read(ledger: &Ledger) -> Result<Self, HygieneError> {
        let mut found = Self::default();
        let segments = ledger.wish_events(0, |segment, wish| {
            found.wishes.apply(segment, &wish);
            found.hear(&wish);
        })?;
        found.segments = segments;
        Ok(found)
    }

    fn hear(&mut self, wish: &Wish) {
        let Wanted::Joined { list, consent, .. } = &wish.what else {
            return;
        };
        let now = Joined {
            at: wish.at,
            way: wish.way,
            consent: *consent,
        };
        let key = (list.clone(), wish.recipient);
        let known = self.joined.entry(key).or_insert(now);
        if known.at < now.at {
            *known = now;
        }
    }

    /// How somebody joined a list, if they did by themselves.
    pub fn joined(&self, list: &ListName, who: &RecipientId) -> Option<Joined> {
        self.joined.get(&(list.to_string(), *who)).copied()
    }

    /// Who says that they never joined any list, and since when, the latest first. Whoever came back says so no more.
    pub(super) fn disowned(&self, suppressions: &Suppressions) -> Vec<(RecipientId, Timestamp)> {
        let is_gone = |who: &RecipientId| suppressions.exact(who, &Scope::All).is_some();
        let people = self.wishes.people().filter(|(who, _)| is_gone(who));
        let said = people.filter_map(|(who, held)| Some((*who, held.disowned()?)));
        let mut found: Vec<_> = said.collect();
        found.sort_by_key(|(who, at)| (std::cmp::Reverse(*at), *who));
        found
    }

    /// Whose wishes came since a list's file was brought up to date.
    pub fn since_folded(&self, name: &ListName, list: &List) -> Vec<RecipientId> {
        let folded = list.folded.unwrap_or(0);
        self.wishes.of_list(name.as_str(), folded)
    }
}
