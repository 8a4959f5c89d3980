//! What came back about mails and from their recipients: bounces, complaints, departures, answers.
//!
//! Events append to `feedback/` on the ledger's branch; every count is a fold over them. One message may be read twice, by
//! two runners too: it counts once, because who folds knows it by its key ([`MessageKey`]). Recipients appear by id; the
//! mail that it is about is named where a token said so.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;

use super::event::{RecipientIndex, Scope};
use super::reading::{Reading, Readings};
use crate::mail::digest::Digest;
use crate::mail::occurrence::OccurrenceId;
use crate::mail::recipient_id::RecipientId;
use crate::mail::refusal::{Class, Status};

/// What one message is known by: the first 64 bits of its digest, in hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MessageKey(pub [u8; 8]);

/// One thing that was heard of one recipient. A message that tells of several makes several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Feedback {
    /// Where it was read.
    pub message: MessageKey,
    /// Of whom.
    pub recipient: RecipientId,
    /// About which mail, where that is known.
    pub mail: Option<(OccurrenceId, RecipientIndex)>,
    /// When it was received.
    pub at: Timestamp,
    /// What.
    pub what: Heard,
}

/// What was heard.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Heard {
    /// The mail will not arrive.
    Bounced {
        /// What kind of refusal it is.
        class: Class,
        /// The server's status (RFC 3463), where it gave one.
        status: Option<Status>,
        /// The server's words.
        text: String,
    },
    /// The mail has not arrived yet, and is tried again.
    Delayed {
        /// What kind of refusal it is.
        class: Class,
        /// The server's status (RFC 3463), where it gave one.
        status: Option<Status>,
        /// The server's words.
        text: String,
    },
    /// The last server says that the mailbox has it.
    Delivered,
    /// It went on to a server that reports nothing.
    Relayed,
    /// Reported as unwanted (RFC 5965).
    Complained {
        /// The report's `Feedback-Type`.
        kind: String,
    },
    /// A receipt says that it was shown (RFC 8098).
    Read,
    /// It was shown, as the request for its picture says.
    Opened {
        /// To whom.
        by: Reader,
    },
    /// One of its links was followed.
    Clicked {
        /// By whom.
        by: Reader,
        /// Where it leads: as it stands in the campaign, the same for all.
        link: String,
    },
    /// Left, by mail or link.
    Left {
        /// What they left.
        scope: Scope,
    },
    /// Asked by mail for their preferences, or for something other than to leave.
    Asked,
    /// A machine answered: out of office, and the like.
    AutoReplied,
    /// A person answered.
    Replied,
}

/// Who asked for a mail's picture or link, as far as it can be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reader {
    /// Nothing says that it was a machine.
    Person,
    /// A scanner, a proxy that fetches ahead, a program that previews.
    Machine,
}

impl Reader {
    /// Its name in files and tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Machine => "machine",
        }
    }

    /// The reader with this name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Person, Self::Machine]
            .into_iter()
            .find(|reader| reader.name() == name)
    }
}

impl MessageKey {
    /// The key of a message with this content.
    pub fn of(content: &[u8]) -> Self {
        let digest = Digest::of(content);
        let mut first = [0; 8];
        first
            .iter_mut()
            .zip(digest.as_bytes())
            .for_each(|(to, from)| *to = *from);
        Self(first)
    }

    /// Reads sixteen hexadecimal digits.
    pub fn parse(text: &str) -> Option<Self> {
        let digit = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        (text.len() == 16 && text.bytes().all(digit))
            .then(|| u64::from_str_radix(text, 16).ok())
            .flatten()
            .map(|number| Self(number.to_be_bytes()))
    }
}

impl std::fmt::Display for MessageKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:016x}", u64::from_be_bytes(self.0))
    }
}

impl Feedback {
    /// Whether it is about a mail of this occurrence.
    pub fn is_of(&self, occurrence: &OccurrenceId) -> bool {
        self.mail.as_ref().is_some_and(|(of, _)| of == occurrence)
    }
}

impl Heard {
    /// Whether it says that somebody read: nothing came back then.
    pub const fn is_reading(&self) -> bool {
        matches!(self, Self::Opened { .. } | Self::Clicked { .. })
    }

    /// Its name in files and tables.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Bounced { .. } => "bounced",
            Self::Delayed { .. } => "delayed",
            Self::Delivered => "delivered",
            Self::Relayed => "relayed",
            Self::Complained { .. } => "complained",
            Self::Read => "read",
            Self::Opened { .. } => "opened",
            Self::Clicked { .. } => "clicked",
            Self::Left { .. } => "left",
            Self::Asked => "asked",
            Self::AutoReplied => "auto-replied",
            Self::Replied => "replied",
        }
    }
}

/// Which mail: its occurrence, and its place in the audience.
type PlaceOfMail = (OccurrenceId, RecipientIndex);

/// Takes each thing that a message tells of a recipient once, however often it was read; that a mail was opened, and that one of
/// its links was followed, once for people and once for machines, however often they did.
#[derive(Debug, Default)]
pub struct Once {
    messages: HashSet<(MessageKey, RecipientId, &'static str)>,
    readings: HashSet<(Option<PlaceOfMail>, RecipientId, Heard)>,
}

impl Once {
    /// Whether this was not there before.
    pub fn take(&mut self, feedback: &Feedback) -> bool {
        let what = &feedback.what;
        match what.is_reading() {
            true => {
                let of = (feedback.mail.clone(), feedback.recipient, what.clone());
                self.readings.insert(of)
            }
            false => self
                .messages
                .insert((feedback.message, feedback.recipient, what.name())),
        }
    }
}

/// How many mails of an occurrence came back, and how: of one mail the worst that was heard counts; and what was read of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Returned {
    /// Bounced for good, because the address takes no mail.
    pub hard: u32,
    /// Bounced otherwise.
    pub other: u32,
    /// Complained.
    pub complained: u32,
    /// Left.
    pub left: u32,
    /// Opened and followed.
    pub reading: Reading,
    /// When anything was heard of it last, also what is not counted here.
    pub last: Option<Timestamp>,
}

/// What came back, by occurrence.
#[derive(Debug, Default)]
pub struct ByOccurrence {
    /// Of each mail what was heard, so that reading a message twice changes nothing.
    mails: HashMap<(OccurrenceId, RecipientIndex), [bool; 4]>,
    counts: HashMap<OccurrenceId, Returned>,
    readings: Readings,
    last: HashMap<OccurrenceId, Timestamp>,
}

impl ByOccurrence {
    /// Takes one event in.
    pub fn apply(&mut self, feedback: &Feedback) {
        if let Some((occurrence, _)) = &feedback.mail {
            match self.last.get_mut(occurrence) {
                Some(last) => *last = feedback.at.max(*last),
                None => {
                    self.last.insert(occurrence.clone(), feedback.at);
                }
            }
        }
        if feedback.what.is_reading() {
            self.readings.apply(feedback);
            return;
        }
        let Some(mail) = &feedback.mail else { return };
        let kind = match &feedback.what {
            Heard::Bounced {
                class: Class::Hard, ..
            } => 0,
            Heard::Bounced { .. } => 1,
            Heard::Complained { .. } => 2,
            Heard::Left { .. } => 3,
            _ => return,
        };
        let heard = self.mails.entry(mail.clone()).or_default();
        let Some(is_known) = heard.get_mut(kind) else {
            return;
        };
        if std::mem::replace(is_known, true) {
            return;
        }
        let [hard, other, ..] = *heard;
        let counts = self.counts.entry(mail.0.clone()).or_default();
        match kind {
            0 => {
                counts.hard += 1;
                // It was counted among the others before.
                counts.other -= u32::from(other);
            }
            1 if !hard => counts.other += 1,
            1 => {}
            2 => counts.complained += 1,
            _ => counts.left += 1,
        }
    }

    /// The mails of an occurrence that came back: whether bounced for good, and whether complained of.
    pub fn mails_of<'a>(
        &'a self,
        occurrence: &'a OccurrenceId,
    ) -> impl Iterator<Item = (RecipientIndex, bool, bool)> + 'a {
        let of_it = self
            .mails
            .iter()
            .filter(move |((id, _), _)| id == occurrence);
        of_it.map(|((_, index), [hard, _, complained, _])| (*index, *hard, *complained))
    }

    /// The occurrences of which something came back.
    pub fn occurrences(&self) -> impl Iterator<Item = &OccurrenceId> {
        self.counts.keys()
    }

    /// What came back of an occurrence.
    pub fn of(&self, occurrence: &OccurrenceId) -> Returned {
        let counts = self.counts.get(occurrence).cloned();
        Returned {
            reading: self.readings.of(occurrence),
            last: self.last.get(occurrence).copied(),
            ..counts.unwrap_or_default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn heard(kind: u8) -> Heard {
        let bounced = |class| Heard::Bounced {
            class,
            status: None,
            text: String::new(),
        };
        match kind {
            0 => bounced(Class::Hard),
            1 => bounced(Class::MailboxFull),
            2 => Heard::Complained {
                kind: "abuse".to_owned(),
            },
            3 => Heard::Left { scope: Scope::All },
            _ => Heard::Read,
        }
    }

    fn feedback((message, index, kind): (u8, u32, u8)) -> Feedback {
        Feedback {
            message: MessageKey([message; 8]),
            recipient: RecipientId([1; 12]),
            mail: Some(("2026/rueda".parse().unwrap(), RecipientIndex(index))),
            at: Timestamp::UNIX_EPOCH,
            what: heard(kind),
        }
    }

    #[test]
    fn reading_is_told_once_for_people_and_once_for_machines() {
        let mut once = Once::default();
        let opened = |message, by| Feedback {
            what: Heard::Opened { by },
            ..feedback((message, 7, 4))
        };
        assert!(once.take(&opened(1, Reader::Machine)));
        assert!(once.take(&opened(1, Reader::Person)));
        assert!(!once.take(&opened(2, Reader::Person)));
        let clicked = |link: &str| Feedback {
            what: Heard::Clicked {
                by: Reader::Person,
                link: link.to_owned(),
            },
            ..feedback((1, 7, 4))
        };
        assert!(once.take(&clicked("https://a.example/")));
        assert!(once.take(&clicked("https://b.example/")));
        assert!(!once.take(&clicked("https://a.example/")));
        let mut counts = ByOccurrence::default();
        counts.apply(&opened(1, Reader::Person));
        // Nothing came back.
        assert_eq!(counts.occurrences().count(), 0);
        let returned = counts.of(&"2026/rueda".parse().unwrap());
        assert_eq!(returned.reading.opened.people, 1);
    }

    #[test]
    fn a_message_that_is_read_twice_counts_once_and_the_worst_counts() {
        let mut counts = ByOccurrence::default();
        for event in [
            (1, 7, 1),
            (1, 7, 1),
            (2, 7, 0),
            (3, 7, 1),
            (4, 8, 1),
            (5, 8, 2),
        ] {
            counts.apply(&feedback(event));
        }
        let returned = counts.of(&"2026/rueda".parse().unwrap());
        let wanted = Returned {
            hard: 1,
            other: 1,
            complained: 1,
            left: 0,
            last: Some(Timestamp::UNIX_EPOCH),
            ..Returned::default()
        };
        assert_eq!(returned, wanted);
    }

    proptest! {
        #[test]
        fn neither_order_nor_reading_twice_matters(
            events in proptest::collection::vec((0..6u8, 0..3u32, 0..5u8), 0..24),
            turn in 0..24usize,
        ) {
            let id = "2026/rueda".parse().unwrap();
            let (mut one, mut other) = (ByOccurrence::default(), ByOccurrence::default());
            events.iter().for_each(|event| one.apply(&feedback(*event)));
            let mut turned = events.clone();
            turned.reverse();
            turned.rotate_left(turn.min(events.len()));
            turned.iter().chain(&events).for_each(|event| other.apply(&feedback(*event)));
            prop_assert_eq!(one.of(&id), other.of(&id));
        }
    }
}
