//! What people ask for by a mail with one of our tokens: to leave, to be written to again, a pause, or their preferences. What
//! follows from it for the ledger; answering is [`super::answer`].

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::ingest::IngestError;
use super::people::People;
use crate::ledger::event::{Lifting, Scope, SuppressionEvent};
use crate::ledger::feedback::{Heard, MessageKey};
use crate::ledger::suppressions::Suppressions;
use crate::ledger::wish::{Wanted, Way, Wish};
use crate::ledger::wishes::Cells;
use crate::mail::address::Address;
use crate::mail::recipient_id::{RecipientId, RecipientKey};
use crate::mail::token::{self, Action};

/// What suppressions that people ask for by mail say.
pub(super) const NOTE: &str = "by mail";

/// How long a pause is.
const PAUSE: SignedDuration = SignedDuration::from_hours(4 * 7 * 24);

/// One thing that somebody asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ask {
    /// The message's.
    pub(super) key: MessageKey,
    pub(super) who: RecipientId,
    pub(super) at: Timestamp,
    pub(super) what: Asked,
    /// Where they wrote from, where that is the address that the token is of.
    pub(super) own_address: Option<Address>,
}

/// What they asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Asked {
    /// To leave.
    Leave(Scope),
    /// To be written to, or written to again.
    Want(Scope),
    /// No newsletters for a while.
    Pause,
    /// The end of a pause.
    Resume,
    /// Nothing: they are still there.
    Confirm,
    /// What they can ask for.
    Preferences,
}

impl Asked {
    /// What a token asks for; `None` where it is about a topic that no list has any more.
    pub(super) fn of(action: Action, scope: Option<Scope>) -> Option<Self> {
        Some(match action {
            Action::Unsubscribe => Self::Leave(scope?),
            Action::Want => Self::Want(scope?),
            Action::Pause => Self::Pause,
            Action::Resume => Self::Resume,
            Action::Confirm => Self::Confirm,
            Action::Preferences => Self::Preferences,
        })
    }

    /// What is noted down of it.
    pub(super) fn heard(&self) -> Heard {
        match self {
            Self::Leave(scope) => Heard::Left {
                scope: scope.clone(),
            },
            _ => Heard::Asked,
        }
    }
}

impl Ask {
    /// The wish that it is, where that depends on nobody's row.
    pub(super) fn wish(&self) -> Option<Wish> {
        let what = match &self.what {
            Asked::Pause => Wanted::Paused {
                until: self.at.checked_add(PAUSE).unwrap_or(Timestamp::MAX),
            },
            Asked::Resume => Wanted::Paused { until: self.at },
            // Whoever wants mail wants to go on.
            Asked::Confirm | Asked::Want(_) => Wanted::Confirmed,
            Asked::Leave(_) | Asked::Preferences => return None,
        };
        Some(Wish {
            key: self.key,
            recipient: self.who,
            at: self.at,
            way: Way::Mail,
            what,
        })
    }

    /// What is no longer said of them, where they may say so. Where the organisation itself said that they are not written to,
    /// that stays.
    pub(super) fn lifts(&self, standing: &Suppressions) -> Option<SuppressionEvent> {
        let Asked::Want(scope) = &self.what else {
            return None;
        };
        let reason = standing.exact(&self.who, scope)?;
        reason.is_own().then(|| SuppressionEvent::Lifted {
            recipient: self.who,
            scope: scope.clone(),
            what: Lifting::Own,
            at: self.at,
            note: NOTE.to_owned(),
        })
    }

    /// The topic that has to stand in their rows.
    pub(super) fn topic(&self) -> Option<&str> {
        match &self.what {
            Asked::Want(Scope::Topic(name)) => Some(name),
            _ => None,
        }
    }
}

/// The scope that a token names; `None` where it is a topic that no list has any more.
pub(super) fn scope(key: &RecipientKey, topics: &[String], scope: token::Scope) -> Option<Scope> {
    match scope {
        token::Scope::All => Some(Scope::All),
        topic @ token::Scope::Topic(_) => {
            let mut topics = topics.iter();
            let name = topics.find(|name| token::Scope::topic(key, name) == topic);
            name.map(|name| Scope::Topic(name.clone()))
        }
    }
}

/// Puts the topics that people want into their rows. What one person wants at once is one wish for each list, so that of two
/// topics none takes the other's place.
///
/// # Errors
/// [`IngestError::Seal`].
pub(super) fn changed_rows(
    asks: &[Ask],
    people: &mut People,
    key: &RecipientKey,
) -> Result<Vec<Wish>, IngestError> {
    let mut wanted: BTreeMap<RecipientId, Vec<&Ask>> = BTreeMap::new();
    for ask in asks.iter().filter(|ask| ask.topic().is_some()) {
        wanted.entry(ask.who).or_default().push(ask);
    }
    let mut wishes = Vec::new();
    for (who, asks) in wanted {
        let topics: Vec<&str> = asks.iter().filter_map(|ask| ask.topic()).collect();
        let at = asks.iter().map(|ask| ask.at).max().unwrap_or_default();
        let first = asks.iter().map(|ask| ask.key).min();
        let Some(first) = first else { continue };
        for (list, cells) in people.take_topics(&who, &topics) {
            let cells = Cells {
                recipient: who,
                at,
                address: None,
                cells,
            };
            wishes.push(Wish {
                // One message may change several rows: each is a wish of its own.
                key: MessageKey::of(format!("{first} {list}").as_bytes()),
                recipient: who,
                at,
                way: Way::Mail,
                what: Wanted::Changed {
                    row: cells.seal(key)?,
                    list,
                },
            });
        }
    }
    Ok(wishes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::event::Exclusion;

    fn ask(what: Asked) -> Ask {
        Ask {
            key: MessageKey([1; 8]),
            who: RecipientId([2; 12]),
            at: Timestamp::UNIX_EPOCH,
            what,
            own_address: None,
        }
    }

    #[test]
    fn a_person_takes_back_what_they_or_a_server_said_and_nothing_else() {
        for reason in Exclusion::ALL {
            let mut standing = Suppressions::default();
            standing.apply(&SuppressionEvent::Suppressed {
                recipient: RecipientId([2; 12]),
                scope: Scope::All,
                reason,
                at: Timestamp::from_second(-10).unwrap(),
                note: String::new(),
            });
            let lift = ask(Asked::Want(Scope::All)).lifts(&standing);
            let is_theirs = matches!(
                reason,
                Exclusion::Unsubscribed | Exclusion::Complained | Exclusion::HardBounce
            );
            assert_eq!(lift.is_some(), is_theirs, "{}", reason.name());
            let other = ask(Asked::Want(Scope::Topic("ferias".to_owned())));
            assert_eq!(other.lifts(&standing), None);
            assert_eq!(ask(Asked::Confirm).lifts(&standing), None);
        }
    }

    #[test]
    fn a_topic_that_is_gone_is_for_a_person_and_what_needs_none_is_not() {
        assert_eq!(Asked::of(Action::Want, None), None);
        assert_eq!(Asked::of(Action::Unsubscribe, None), None);
        assert_eq!(Asked::of(Action::Pause, None), Some(Asked::Pause));
        let until = |what| match ask(what).wish().map(|wish| wish.what) {
            Some(Wanted::Paused { until }) => until.as_second(),
            other => panic!("{other:?}"),
        };
        assert_eq!(
            (until(Asked::Pause), until(Asked::Resume)),
            (28 * 86_400, 0)
        );
    }
}
