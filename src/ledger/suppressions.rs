//! Who must not be mailed: a fold over suppression events.

use std::collections::HashMap;

use jiff::Timestamp;

use super::event::{Exclusion, Scope, SuppressionEvent};
use crate::mail::recipient_id::RecipientId;

/// The suppressions in force. Each reason is one of its own: a bounce does not take the place of a person's word, and a
/// lift takes away what is older than itself; of both at the same time the suppression holds. So the order of
/// publishing does not matter.
#[derive(Debug, Default)]
pub struct Suppressions {
    latest: HashMap<RecipientId, Vec<Entry>>,
}

#[derive(Debug)]
struct Entry {
    scope: Scope,
    /// For each reason the last time.
    reasons: Vec<(Exclusion, Timestamp)>,
    lifted: Option<Timestamp>,
}

impl Entry {
    /// Why, and since when: of several reasons that which weighs most.
    fn in_force(&self) -> Option<(Exclusion, Timestamp)> {
        // Files keep milliseconds; comparing finer would make a replay differ.
        let lifted = self.lifted.map(Timestamp::as_millisecond);
        let held = self.reasons.iter();
        let held = held.filter(|(_, at)| lifted.is_none_or(|lifted| at.as_millisecond() >= lifted));
        held.max_by_key(|(reason, _)| (weight(*reason), *reason))
            .copied()
    }
}

/// What somebody said weighs more than what a server said.
const fn weight(reason: Exclusion) -> u8 {
    match reason {
        Exclusion::Suppressed => 3,
        Exclusion::Complained => 2,
        Exclusion::Unsubscribed => 1,
        _ => 0,
    }
}

impl Suppressions {
    /// Takes one event in.
    pub fn apply(&mut self, event: &SuppressionEvent) {
        let (recipient, scope, at, reason) = match event {
            SuppressionEvent::Suppressed {
                recipient,
                scope,
                at,
                reason,
                ..
            } => (recipient, scope, at, Some(*reason)),
            SuppressionEvent::Lifted {
                recipient,
                scope,
                at,
                ..
            } => (recipient, scope, at, None),
        };
        let entries = self.latest.entry(*recipient).or_default();
        let entry = match entries.iter().position(|entry| entry.scope == *scope) {
            Some(known) => entries.get_mut(known),
            None => {
                entries.push(Entry {
                    scope: scope.clone(),
                    reasons: Vec::new(),
                    lifted: None,
                });
                entries.last_mut()
            }
        };
        let Some(entry) = entry else { return };
        match reason {
            None => entry.lifted = entry.lifted.max(Some(*at)),
            Some(reason) => match entry.reasons.iter_mut().find(|(it, _)| *it == reason) {
                Some((_, last)) => *last = (*last).max(*at),
                None => entry.reasons.push((reason, *at)),
            },
        }
    }

    /// Why `recipient` must not be mailed about `topic` (`None`: a campaign without one), if so. A
    /// suppression for everything counts before one for the topic.
    pub fn reason(&self, recipient: &RecipientId, topic: Option<&str>) -> Option<Exclusion> {
        let entries = self.latest.get(recipient)?;
        let of = |wanted: &dyn Fn(&Scope) -> bool| {
            let mut found = entries.iter().filter(|entry| wanted(&entry.scope));
            found.find_map(|entry| entry.in_force().map(|(reason, _)| reason))
        };
        of(&|scope| *scope == Scope::All).or_else(|| {
            let topic = topic?;
            of(&|scope| matches!(scope, Scope::Topic(name) if name == topic))
        })
    }

    /// How many people are suppressed, for everything or for a topic.
    pub fn count(&self) -> u64 {
        let is_on = |entries: &&Vec<Entry>| entries.iter().any(|entry| entry.in_force().is_some());
        self.latest.values().filter(is_on).count() as u64
    }

    /// Why `recipient` is suppressed for exactly this scope, if so.
    pub fn exact(&self, recipient: &RecipientId, scope: &Scope) -> Option<Exclusion> {
        let entries = self.latest.get(recipient)?;
        let entry = entries.iter().find(|entry| entry.scope == *scope)?;
        entry.in_force().map(|(reason, _)| reason)
    }

    /// When something was last said of `recipient`: what is to hold must be later.
    pub fn last(&self, recipient: &RecipientId) -> Option<Timestamp> {
        let entries = self.latest.get(recipient)?.iter();
        let said = entries.flat_map(|it| it.reasons.iter().map(|(_, at)| *at).chain(it.lifted));
        said.max()
    }

    /// Everybody who is suppressed for everything: why, and since when.
    pub fn for_everything(&self) -> impl Iterator<Item = (RecipientId, Exclusion, Timestamp)> + '_ {
        self.latest.iter().filter_map(|(recipient, entries)| {
            let entry = entries.iter().find(|entry| entry.scope == Scope::All)?;
            let (reason, since) = entry.in_force()?;
            Some((*recipient, reason, since))
        })
    }

    /// How many recipients have a suppression in force.
    pub fn len(&self) -> usize {
        let in_force =
            |entries: &&Vec<Entry>| entries.iter().any(|entry| entry.in_force().is_some());
        self.latest.values().filter(in_force).count()
    }

    /// Whether none is in force.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn event(id: u8, topic: u8, second: i64, reason: Option<Exclusion>) -> SuppressionEvent {
        let recipient = RecipientId([id; 12]);
        let scope = match topic {
            0 => Scope::All,
            other => Scope::Topic(format!("t{other}")),
        };
        let at = Timestamp::from_second(second).unwrap();
        let note = String::new();
        match reason {
            Some(reason) => SuppressionEvent::Suppressed {
                recipient,
                scope,
                reason,
                at,
                note,
            },
            None => SuppressionEvent::Lifted {
                recipient,
                scope,
                at,
                note,
            },
        }
    }

    #[test]
    fn a_topic_does_not_silence_everything_but_everything_silences_a_topic() {
        let mut state = Suppressions::default();
        let (ana, luis) = (RecipientId([1; 12]), RecipientId([2; 12]));
        state.apply(&event(1, 1, 10, Some(Exclusion::Unsubscribed)));
        state.apply(&event(2, 0, 10, Some(Exclusion::HardBounce)));
        assert_eq!(
            state.reason(&ana, Some("t1")),
            Some(Exclusion::Unsubscribed)
        );
        assert_eq!(state.reason(&ana, Some("t2")), None);
        assert_eq!(state.reason(&ana, None), None);
        assert_eq!(state.reason(&luis, Some("t2")), Some(Exclusion::HardBounce));
        state.apply(&event(2, 0, 11, None));
        assert_eq!(state.reason(&luis, Some("t2")), None);
        assert_eq!(state.len(), 1);
    }

    #[test]
    fn a_bounce_does_not_take_the_place_of_a_persons_word() {
        let ana = RecipientId([1; 12]);
        for (first, second) in [(10, 11), (11, 10)] {
            let mut state = Suppressions::default();
            state.apply(&event(1, 0, first, Some(Exclusion::Suppressed)));
            state.apply(&event(1, 0, second, Some(Exclusion::HardBounce)));
            assert_eq!(state.reason(&ana, None), Some(Exclusion::Suppressed));
        }
    }

    proptest! {
        #[test]
        fn order_of_publishing_does_not_matter(
            events in proptest::collection::vec((0..3u8, 0..3u8, 0..4i64, 0..3u8), 0..20),
            seed in 0..20usize,
        ) {
            let reason = |n| [None, Some(Exclusion::Unsubscribed), Some(Exclusion::Complained)][n as usize];
            let (mut one, mut other) = (Suppressions::default(), Suppressions::default());
            let events: Vec<_> = events.into_iter().map(|(i, t, s, r)| event(i, t, s, reason(r))).collect();
            events.iter().for_each(|event| one.apply(event));
            let mut turned = events;
            turned.reverse();
            let middle = seed.min(turned.len());
            turned.rotate_left(middle);
            turned.iter().for_each(|event| other.apply(event));
            for id in 0..3 {
                for topic in [None, Some("t1"), Some("t2")] {
                    let id = RecipientId([id; 12]);
                    prop_assert_eq!(one.reason(&id, topic), other.reason(&id, topic));
                }
            }
        }
    }
}
