//! The moment at which something is said of somebody: times come from several clocks, and of two things that were said the later
//! holds.

use jiff::{SignedDuration, Timestamp};

use super::suppressions::Suppressions;
use super::wishes::Wishes;
use crate::mail::recipient_id::RecipientId;

/// Files keep milliseconds.
const NEXT: SignedDuration = SignedDuration::from_millis(1);

/// No two clocks of ours are so far apart.
const SKEW: SignedDuration = SignedDuration::from_hours(1);

/// All that was said of people and by them.
#[derive(Debug, Clone, Copy)]
pub struct LastWord<'a> {
    /// Of them.
    pub suppressions: &'a Suppressions,
    /// By them.
    pub wishes: &'a Wishes,
}

impl LastWord<'_> {
    /// When something was said last of or by somebody.
    pub fn of(&self, who: &RecipientId) -> Option<Timestamp> {
        let wished = self.wishes.of(who).last();
        self.suppressions.last(who).max(wished)
    }

    /// The moment of what is said at `at` and is to hold: later than all before, by whatever clock.
    pub fn after(&self, who: &RecipientId, at: Timestamp) -> Timestamp {
        after(self.of(who), at)
    }

    /// The moment of what is said at about `at` by a clock of ours, and is to hold: as [`Self::after`]; but what was said so much
    /// later that no clock explains it was said since, and holds.
    pub fn about(&self, who: &RecipientId, at: Timestamp, now: Timestamp) -> Timestamp {
        let is_since = |last: &Timestamp| *last <= now && last.duration_since(at) > SKEW;
        after(self.of(who).filter(|last| !is_since(last)), at)
    }

    /// The moment of what somebody said at `at`, and what is heard of only `now`: what they said meanwhile holds. It is later
    /// only than what claims to be of a time to come: some clock was ahead.
    pub fn heard(&self, who: &RecipientId, at: Timestamp, now: Timestamp) -> Timestamp {
        after(self.of(who).filter(|last| *last > now), at)
    }
}

/// The moment of what is said at `at`, after what was said `last`.
pub fn after(last: Option<Timestamp>, at: Timestamp) -> Timestamp {
    let next = last.map(|last| last.checked_add(NEXT).unwrap_or(last));
    next.map_or(at, |next| next.max(at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::event::{Exclusion, Scope, SuppressionEvent};
    use crate::ledger::feedback::MessageKey;
    use crate::ledger::wish::{Wanted, Way, Wish};

    const ANA: RecipientId = RecipientId([1; 12]);

    fn at(millisecond: i64) -> Timestamp {
        Timestamp::from_millisecond(millisecond).unwrap()
    }

    #[test]
    fn what_is_said_now_is_the_last_word_and_what_is_heard_late_is_not() {
        let mut suppressions = Suppressions::default();
        suppressions.apply(&SuppressionEvent::Suppressed {
            recipient: ANA,
            scope: Scope::All,
            reason: Exclusion::Unsubscribed,
            at: at(50),
            note: String::new(),
        });
        let mut wishes = Wishes::default();
        wishes.apply(
            0,
            &Wish {
                key: MessageKey([1; 8]),
                recipient: ANA,
                at: at(70),
                way: Way::Portal,
                what: Wanted::Confirmed,
            },
        );
        let said = LastWord {
            suppressions: &suppressions,
            wishes: &wishes,
        };
        assert_eq!(said.of(&ANA), Some(at(70)));
        assert_eq!(said.after(&ANA, at(10)), at(71));
        assert_eq!(said.after(&ANA, at(80)), at(80));
        assert_eq!(said.heard(&ANA, at(10), at(75)), at(10));
        assert_eq!(said.heard(&ANA, at(10), at(70)), at(10));
        assert_eq!(said.heard(&ANA, at(10), at(60)), at(71));
        let hour = 3_600_000;
        assert_eq!(said.about(&ANA, at(70 - hour), at(75)), at(71));
        assert_eq!(said.about(&ANA, at(69 - hour), at(75)), at(69 - hour));
        // What claims to be of a time to come.
        assert_eq!(said.about(&ANA, at(69 - hour), at(60)), at(71));
        assert_eq!(said.about(&ANA, at(80), at(90)), at(80));
        let luis = RecipientId([2; 12]);
        assert_eq!(said.after(&luis, at(10)), at(10));
        assert_eq!(after(Some(Timestamp::MAX), at(10)), Timestamp::MAX);
    }
}
