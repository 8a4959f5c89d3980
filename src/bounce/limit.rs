//! The limit of soft bounces (`policy.soft_bounces`): whoever takes no mail time after time is not mailed any more.
//!
//! A fold over what the ledger says: it counts mails, not reports. Several reports about one mail are one, and a mail that was
//! refused while sending and reported besides is one. So neither the order of events nor reading one twice matters, and whoever
//! reads the same ledger comes to the same: two readers at once, one that was killed, or one whose limit was lowered since.
//! A hard bounce that nothing makes sure counts here, too: it suppresses nobody by itself.
//! What is refused for the sender, the mail or the way there says nothing of the mailbox. Publishes nothing.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};

use crate::ledger::event::{Exclusion, RecipientIndex, Scope, SuppressionEvent};
use crate::ledger::feedback::{Feedback, Heard, MessageKey};
use crate::ledger::suppressions::Suppressions;
use crate::mail::occurrence::OccurrenceId;
use crate::mail::recipient_id::RecipientId;
use crate::mail::refusal::Class;
use crate::plan::refused::Refused;
use crate::workspace::settings::SoftBounces;

/// What did not arrive.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Lost {
    /// This mail.
    Mail(OccurrenceId, RecipientIndex),
    /// The mail that a message is about, where nothing tells which it is.
    Told(MessageKey),
}

/// The fold.
#[derive(Debug)]
pub(super) struct Limit {
    policy: SoftBounces,
    /// Whether only what surely is about a mail of ours counts.
    needs_proof: bool,
    /// What is older does not count.
    since: Timestamp,
    /// The mails that bounced softly since, and when that was heard last.
    lost: HashMap<RecipientId, HashMap<Lost, Timestamp>>,
}

impl Limit {
    /// Nothing was heard yet.
    pub(super) fn new(policy: SoftBounces, needs_proof: bool, now: Timestamp) -> Self {
        let days = SignedDuration::from_hours(24 * i64::from(policy.days));
        Self {
            policy,
            needs_proof,
            since: now.checked_sub(days).unwrap_or(Timestamp::MIN),
            lost: HashMap::new(),
        }
    }

    /// Takes in what came back.
    pub(super) fn hear(&mut self, feedback: &Feedback) {
        let Heard::Bounced { class, .. } = &feedback.what else {
            return;
        };
        // A hard one that is sure suppresses at once; the others count here.
        let is_lost = matches!(
            class,
            Class::Soft | Class::MailboxFull | Class::Unknown | Class::Hard
        );
        let lost = match &feedback.mail {
            Some((occurrence, index)) => Lost::Mail(occurrence.clone(), *index),
            None if self.needs_proof => return,
            None => Lost::Told(feedback.message),
        };
        if is_lost {
            self.count(feedback.recipient, lost, feedback.at);
        }
    }

    /// Takes in what was refused while sending.
    pub(super) fn refused(&mut self, refused: Refused) {
        let (occurrence, index) = refused.mail;
        self.count(refused.recipient, Lost::Mail(occurrence, index), refused.at);
    }

    fn count(&mut self, recipient: RecipientId, lost: Lost, at: Timestamp) {
        if at < self.since {
            return;
        }
        let last = self.lost.entry(recipient).or_default();
        let last = last.entry(lost).or_insert(at);
        *last = at.max(*last);
    }

    /// Who is past the limit and is mailed as yet. Whoever was lifted starts anew.
    pub(super) fn passed(&self, standing: &Suppressions) -> Vec<SuppressionEvent> {
        let mut passed = Vec::new();
        for (recipient, lost) in &self.lost {
            let reason = Exclusion::HardBounce;
            if lost.len() < usize::from(self.policy.mails)
                || standing.holds(recipient, &Scope::All, reason)
            {
                continue;
            }
            let lifted = standing.lifted(recipient, &Scope::All, reason);
            // As a lift and a suppression of the same millisecond are compared: the suppression holds.
            let counts = |at: &Timestamp| {
                lifted.is_none_or(|lifted| at.as_millisecond() >= lifted.as_millisecond())
            };
            let times: Vec<Timestamp> = lost.values().copied().filter(counts).collect();
            let Some(last) = times.iter().max() else {
                continue;
            };
            if times.len() >= usize::from(self.policy.mails) {
                passed.push(SuppressionEvent::Suppressed {
                    recipient: *recipient,
                    scope: Scope::All,
                    reason,
                    at: *last,
                    note: format!("{} soft bounces in {} days", times.len(), self.policy.days),
                });
            }
        }
        // So that the same ledger makes the same commit.
        passed.sort_by_key(|event| match event {
            SuppressionEvent::Suppressed { recipient, .. }
            | SuppressionEvent::Lifted { recipient, .. } => *recipient,
        });
        passed
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;
    use crate::ledger::event::Lifting;
    use proptest::prelude::*;
    use std::collections::HashSet;

    const MAILS: u16 = 3;

    fn now() -> Timestamp {
        Timestamp::from_second(100 * 86_400).unwrap()
    }

    fn limit(mails: u16) -> Limit {
        Limit::new(SoftBounces { mails, days: 60 }, false, now())
    }

    /// Message, mail (0: not known), recipient, day, class.
    type Drawn = (u8, u32, u8, i64, u8);

    fn feedback((message, mail, recipient, day, class): Drawn) -> Feedback {
        let classes = [
            Class::Soft,
            Class::MailboxFull,
            Class::Unknown,
            Class::Hard,
            Class::Blocked,
        ];
        let class = classes[usize::from(class)];
        let occurrence = || "2026/rueda".parse().unwrap();
        Feedback {
            message: MessageKey([message; 8]),
            recipient: RecipientId([recipient; 12]),
            mail: (mail > 0).then(|| (occurrence(), RecipientIndex(mail))),
            at: Timestamp::from_second(day * 86_400).unwrap(),
            what: Heard::Bounced {
                class,
                status: None,
                text: String::new(),
            },
        }
    }

    fn passed(events: &[Drawn], mails: u16) -> Vec<SuppressionEvent> {
        let mut limit = limit(mails);
        events.iter().for_each(|it| limit.hear(&feedback(*it)));
        limit.passed(&Suppressions::default())
    }

    #[test]
    fn reports_about_one_mail_are_one_soft_bounce() {
        let one_mail: Vec<Drawn> = (0..9).map(|n| (n, 7, 1, 90, 0)).collect();
        assert_eq!(passed(&one_mail, MAILS), []);
        let mut three = one_mail;
        three.extend([(20, 8, 1, 91, 0), (21, 0, 1, 92, 1)]);
        assert_eq!(passed(&three, MAILS).len(), 1);
    }

    #[test]
    fn a_refusal_while_sending_counts_and_is_one_with_its_report() {
        let mut limit = limit(MAILS);
        let refused = |index| Refused {
            recipient: RecipientId([1; 12]),
            mail: ("2026/rueda".parse().unwrap(), RecipientIndex(index)),
            at: now(),
        };
        limit.refused(refused(7));
        limit.hear(&feedback((1, 7, 1, 99, 0)));
        limit.refused(refused(8));
        assert_eq!(limit.passed(&Suppressions::default()), []);
        limit.refused(refused(9));
        assert_eq!(limit.passed(&Suppressions::default()).len(), 1);
    }

    #[test]
    fn who_was_lifted_starts_anew_and_who_is_suppressed_is_not_again() {
        let events: Vec<Drawn> = (0..4).map(|n| (n, 0, 1, 90 + i64::from(n), 0)).collect();
        let mut limit = limit(MAILS);
        events.iter().for_each(|it| limit.hear(&feedback(*it)));
        let mut standing = Suppressions::default();
        let first = limit.passed(&standing);
        standing.apply(&first[0]);
        assert_eq!(limit.passed(&standing), []);
        standing.apply(&SuppressionEvent::Lifted {
            recipient: RecipientId([1; 12]),
            scope: Scope::All,
            what: Lifting::HardBounce,
            at: Timestamp::from_second(93 * 86_400 + 1).unwrap(),
            note: String::new(),
        });
        assert_eq!(limit.passed(&standing), []);
        for n in 10..13 {
            assert_eq!(limit.passed(&standing), []);
            limit.hear(&feedback((n, 0, 1, 95, 0)));
        }
        assert_eq!(limit.passed(&standing).len(), 1);
    }

    proptest! {
        #[test]
        fn whoever_reads_the_same_events_comes_to_the_same(
            events in proptest::collection::vec((0..6u8, 0..5u32, 0..2u8, 30..100i64, 0..5u8), 0..24),
            turn in 0..24usize,
            mails in 1..5u16,
        ) {
            let mut turned = events.clone();
            turned.reverse();
            turned.rotate_left(turn.min(events.len()));
            turned.extend(&events);
            let passed = passed(&events, mails);
            prop_assert_eq!(&passed, &self::passed(&turned, mails));
            // Said again, naively.
            let mut wanted: Vec<RecipientId> = Vec::new();
            for who in 0..2u8 {
                let of_it = events.iter().filter(|(_, _, to, day, class)| *to == who && *day >= 40 && *class < 4);
                let lost: HashSet<(u32, u8)> = of_it
                    .map(|(message, mail, ..)| if *mail > 0 { (*mail, 0) } else { (0, *message) })
                    .collect();
                if lost.len() >= usize::from(mails) {
                    wanted.push(RecipientId([who; 12]));
                }
            }
            let who: Vec<RecipientId> = passed.iter().map(|event| match event {
                SuppressionEvent::Suppressed { recipient, .. } | SuppressionEvent::Lifted { recipient, .. } => *recipient,
            }).collect();
            prop_assert_eq!(who, wanted);
        }
    }
}
