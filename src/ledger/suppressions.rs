//! Who must not be mailed: a fold over suppression events.

use std::collections::HashMap;

use jiff::Timestamp;

use super::event::{Exclusion, Lifting, Scope, SuppressionEvent};
use crate::mail::recipient_id::RecipientId;

/// The suppressions in force. Each reason is one of its own: a bounce does not take the place of a person's word, and a
/// lift takes away what is older than itself and what it [may](Lifting); of both at the same time the suppression holds. A
/// suppression is as old as the first event of its reason that no lift took: what says the same again begins nothing anew. So
/// the order of publishing does not matter.
#[derive(Debug, Default)]
pub struct Suppressions {
    latest: HashMap<RecipientId, Vec<Entry>>,
}

/// What was said of one recipient and one scope. There are as many as people who left: small, and its vectors hold one item
/// for nearly all of them.
#[derive(Debug)]
struct Entry {
    scope: Scope,
    /// What was said for each reason.
    reasons: Vec<(Exclusion, Times)>,
    /// For each kind of lift the last time.
    lifts: Vec<(Lifting, Timestamp)>,
}

/// When one reason was given. Nearly everybody gave one once, which takes no memory besides.
#[derive(Debug)]
struct Times {
    last: Timestamp,
    /// Those before it that no lift took yet, in order.
    earlier: Vec<Timestamp>,
}

/// Files keep milliseconds; comparing finer would make a replay differ.
fn is_taken(at: Timestamp, lifted: Option<Timestamp>) -> bool {
    lifted.is_some_and(|lifted| at.as_millisecond() < lifted.as_millisecond())
}

impl Times {
    /// The first that a lift at that time leaves.
    fn since(&self, lifted: Option<Timestamp>) -> Option<Timestamp> {
        let mut all = self.earlier.iter().chain([&self.last]);
        all.find(|at| !is_taken(**at, lifted)).copied()
    }

    fn add(&mut self, at: Timestamp, lifted: Option<Timestamp>) {
        let earlier = at.min(self.last);
        self.last = at.max(self.last);
        let place = self.earlier.partition_point(|it| *it < earlier);
        let is_known = earlier == self.last || self.earlier.get(place) == Some(&earlier);
        if !is_known && !is_taken(earlier, lifted) {
            self.earlier.reserve_exact(1);
            self.earlier.insert(place, earlier);
        }
    }

    /// Lets go of what a lift took for good.
    fn forget(&mut self, lifted: Timestamp) {
        self.earlier.retain(|at| !is_taken(*at, Some(lifted)));
    }
}

impl Entry {
    /// Why, and since when: of several reasons that which weighs most.
    fn in_force(&self) -> Option<(Exclusion, Timestamp)> {
        let reasons = self.reasons.iter();
        let held = reasons
            .filter_map(|(reason, times)| Some((*reason, times.since(self.lifted(*reason))?)));
        held.max_by_key(|(reason, _)| (weight(*reason), *reason))
    }

    /// When a reason was last taken away.
    fn lifted(&self, reason: Exclusion) -> Option<Timestamp> {
        let lifts = self.lifts.iter().filter(|(what, _)| what.takes(reason));
        lifts.map(|(_, at)| *at).max()
    }

    fn suppress(&mut self, reason: Exclusion, at: Timestamp) {
        let lifted = self.lifted(reason);
        match self.reasons.iter_mut().find(|(it, _)| *it == reason) {
            Some((_, times)) => times.add(at, lifted),
            None => {
                self.reasons.reserve_exact(1);
                let earlier = Vec::new();
                self.reasons.push((reason, Times { last: at, earlier }));
            }
        }
    }

    fn lift(&mut self, what: Lifting, at: Timestamp) {
        match self.lifts.iter_mut().find(|(it, _)| *it == what) {
            Some((_, last)) => *last = (*last).max(at),
            None => {
                self.lifts.reserve_exact(1);
                self.lifts.push((what, at));
            }
        }
        let taken = self.reasons.iter_mut();
        for (_, times) in taken.filter(|(reason, _)| what.takes(*reason)) {
            times.forget(at);
        }
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
        let (recipient, scope) = match event {
            SuppressionEvent::Suppressed {
                recipient, scope, ..
            }
            | SuppressionEvent::Lifted {
                recipient, scope, ..
            } => (recipient, scope),
        };
        let entries = self.latest.entry(*recipient).or_default();
        let known = entries.iter().position(|entry| entry.scope == *scope);
        let at = known.unwrap_or_else(|| {
            entries.reserve_exact(1);
            entries.push(Entry {
                scope: scope.clone(),
                reasons: Vec::new(),
                lifts: Vec::new(),
            });
            entries.len() - 1
        });
        let Some(entry) = entries.get_mut(at) else {
            return;
        };
        match event {
            SuppressionEvent::Suppressed { reason, at, .. } => {
                entry.suppress(*reason, *at);
            }
            SuppressionEvent::Lifted { what, at, .. } => entry.lift(*what, *at),
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

    /// Why `recipient` is suppressed for exactly this scope, if so.
    pub fn exact(&self, recipient: &RecipientId, scope: &Scope) -> Option<Exclusion> {
        let entry = self.entry(recipient, scope)?;
        entry.in_force().map(|(reason, _)| reason)
    }

    /// Whether `recipient` is suppressed for exactly this scope for this reason, whatever others there are.
    pub fn holds(&self, recipient: &RecipientId, scope: &Scope, reason: Exclusion) -> bool {
        let Some(entry) = self.entry(recipient, scope) else {
            return false;
        };
        let lifted = entry.lifted(reason);
        let mut reasons = entry.reasons.iter();
        reasons.any(|(it, times)| *it == reason && times.since(lifted).is_some())
    }

    /// When this reason was last taken away from `recipient` for exactly this scope, whether it held or not.
    pub fn lifted(
        &self,
        recipient: &RecipientId,
        scope: &Scope,
        reason: Exclusion,
    ) -> Option<Timestamp> {
        self.entry(recipient, scope)?.lifted(reason)
    }

    fn entry(&self, recipient: &RecipientId, scope: &Scope) -> Option<&Entry> {
        let mut entries = self.latest.get(recipient)?.iter();
        entries.find(|entry| entry.scope == *scope)
    }

    /// When something was last said of `recipient`: what is to hold must be later.
    pub fn last(&self, recipient: &RecipientId) -> Option<Timestamp> {
        let entries = self.latest.get(recipient)?.iter();
        let said = entries.flat_map(|it| {
            let reasons = it.reasons.iter().map(|(_, times)| times.last);
            reasons.chain(it.lifts.iter().map(|(_, at)| *at))
        });
        said.max()
    }

    /// Everybody who is suppressed for everything: why, and since when, which is the first time that it was said since the last
    /// lift.
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
                what: Lifting::Everything,
                at,
                note,
            },
        }
    }

    /// The same with a lift of that kind.
    fn lift(id: u8, second: i64, kind: Lifting) -> SuppressionEvent {
        let mut event = event(id, 0, second, None);
        if let SuppressionEvent::Lifted { what, .. } = &mut event {
            *what = kind;
        }
        event
    }

    #[test]
    fn a_lift_reaches_no_further_than_whoever_made_it_may() {
        let ana = RecipientId([1; 12]);
        let all = [
            Exclusion::HardBounce,
            Exclusion::Unsubscribed,
            Exclusion::Complained,
            Exclusion::Suppressed,
        ];
        for (kind, stay) in [
            (Lifting::Everything, &all[4..]),
            (Lifting::Own, &all[3..]),
            (Lifting::HardBounce, &all[1..]),
        ] {
            for reason in all {
                // Published in either order.
                for turned in [false, true] {
                    let mut events = [event(1, 0, 10, Some(reason)), lift(1, 11, kind)];
                    if turned {
                        events.reverse();
                    }
                    let mut state = Suppressions::default();
                    events.iter().for_each(|event| state.apply(event));
                    let expected = stay.contains(&reason).then_some(reason);
                    assert_eq!(state.exact(&ana, &Scope::All), expected, "{kind:?}");
                }
            }
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

    #[test]
    fn a_further_report_begins_nothing_anew_and_a_lift_does() {
        let since = |events: &[SuppressionEvent]| {
            let mut state = Suppressions::default();
            events.iter().for_each(|event| state.apply(event));
            let found = state.for_everything().next();
            found.map(|(_, _, since)| since.as_second())
        };
        let bounce = |second| event(1, 0, second, Some(Exclusion::HardBounce));
        assert_eq!(since(&[bounce(10), bounce(12)]), Some(10));
        // What is read late, and is older.
        assert_eq!(since(&[bounce(12), bounce(10)]), Some(10));
        let lifted = [bounce(10), bounce(14), lift(1, 11, Lifting::HardBounce)];
        assert_eq!(since(&lifted), Some(14));
        let own = [bounce(10), bounce(14), lift(1, 15, Lifting::Everything)];
        assert_eq!(since(&own), None);
        let again = [&own[..], &[bounce(20), bounce(16)]].concat();
        assert_eq!(since(&again), Some(16));
    }

    /// What holds by the whole of the events, without a fold.
    fn told(events: &[SuppressionEvent], id: u8) -> Option<(Exclusion, i64)> {
        let all = [
            Exclusion::HardBounce,
            Exclusion::Unsubscribed,
            Exclusion::Suppressed,
        ];
        let theirs = events.iter().filter(|event| match event {
            SuppressionEvent::Suppressed {
                recipient, scope, ..
            }
            | SuppressionEvent::Lifted {
                recipient, scope, ..
            } => recipient.0 == [id; 12] && *scope == Scope::All,
        });
        let theirs: Vec<_> = theirs.collect();
        let held = all.into_iter().filter_map(|wanted| {
            let lifted = theirs.iter().filter_map(|event| match event {
                SuppressionEvent::Lifted { what, at, .. } if what.takes(wanted) => Some(*at),
                _ => None,
            });
            let lifted = lifted.max();
            let said = theirs.iter().filter_map(|event| match event {
                SuppressionEvent::Suppressed { reason, at, .. } if *reason == wanted => Some(*at),
                _ => None,
            });
            let since = said
                .filter(|at| lifted.is_none_or(|lifted| *at >= lifted))
                .min();
            Some((wanted, since?.as_second()))
        });
        held.max_by_key(|(reason, _)| (weight(*reason), *reason))
    }

    proptest! {
        #[test]
        fn order_of_publishing_does_not_matter(
            events in proptest::collection::vec((0..3u8, 0..3u8, 0..4i64, 0..6u8), 0..20),
            seed in 0..20usize,
        ) {
            let reasons = [Exclusion::Unsubscribed, Exclusion::HardBounce, Exclusion::Suppressed];
            let (mut one, mut other) = (Suppressions::default(), Suppressions::default());
            let events: Vec<_> = events.into_iter().map(|(i, t, s, n)| match usize::from(n) {
                n @ 0..3 => event(i, t, s, Some(reasons[n])),
                n if t == 0 => lift(i, s, Lifting::ALL[n - 3]),
                _ => event(i, t, s, None),
            }).collect();
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
            for state in [&one, &other] {
                for id in 0..3 {
                    let found = state.for_everything().find(|(who, ..)| who.0 == [id; 12]);
                    let found = found.map(|(_, reason, since)| (reason, since.as_second()));
                    prop_assert_eq!(found, told(&turned, id));
                }
            }
        }
    }
}
