//! Cases: members whose address takes no mail, or who left. A pure fold over what the lists and the ledger hold.
//!
//! Days are business days of the organisation's calendar, counted from the day on which the owner was told (from the bounce, where
//! owners are not told; from the first try, where nobody could be told); the last day belongs to the owner to its end. Whoever left by
//! themselves, or complained, has nothing to correct: their rows are due at once, unless list or policy keep them.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use jiff::civil::Date;

use crate::ledger::event::Exclusion;
use crate::ledger::feedback::{Feedback, Heard};
use crate::ledger::notice::Notice;
use crate::mail::address::Address;
use crate::mail::occurrence::OccurrenceId;
use crate::mail::recipient_id::RecipientId;
use crate::mail::refusal::{Class, Language, Status, classify};
use crate::schedule::calendar::Calendar;
use crate::workspace::list::List;
use crate::workspace::members::RowAt;
use crate::workspace::names::{ListName, PersonName};
use crate::workspace::settings::{Departed, Hygiene};

/// Somebody who must not be mailed at all, by their address or their own word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suppressed {
    /// Why.
    pub reason: Exclusion,
    /// Since when.
    pub since: Timestamp,
    /// In words, as the ledger has them.
    pub note: String,
    /// What was heard.
    pub evidence: Option<Evidence>,
}

/// What was heard of somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// When.
    pub at: Timestamp,
    /// About which mail, where that is known.
    pub occurrence: Option<OccurrenceId>,
    /// A bounce's class.
    pub class: Option<Class>,
    /// Its status.
    pub status: Option<Status>,
    /// The server's words.
    pub text: String,
}

/// A list's row whose address is suppressed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// In which list.
    pub list: ListName,
    /// Where.
    pub at: RowAt,
    /// Who.
    pub recipient: RecipientId,
    /// Their address.
    pub address: Address,
}

/// How a case stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// The row was not corrected in time.
    Overdue {
        /// The last day that it had.
        until: Date,
    },
    /// Its member left or complained: there is nothing to correct, and the row goes at once.
    Due {
        /// When they did.
        since: Date,
    },
    /// The owner can correct it.
    Open {
        /// To the end of this day.
        until: Date,
        /// Business days after today, up to then.
        left: u32,
    },
    /// The owner has not been told.
    New,
}

/// A member whose address takes no mail, or who left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// In which list.
    pub list: ListName,
    /// Who answers for it.
    pub owner: PersonName,
    /// Who.
    pub recipient: RecipientId,
    /// Their address.
    pub address: Address,
    /// Where they stand: more than once, where the list has them more than once.
    pub rows: Vec<RowAt>,
    /// Why, since when, and what was heard.
    pub suppressed: Suppressed,
    /// When the owner was told, or whoever stands in for them.
    pub told: Option<Timestamp>,
    /// When nobody could be told, the first time.
    pub tried: Option<Timestamp>,
    /// How it stands.
    pub state: State,
}

/// Which cases owners were told of.
#[derive(Debug, Default)]
pub struct AlreadyTold {
    cases: Tellings,
    disowned: Tellings,
}

type Tellings = HashMap<(String, RecipientId), Vec<Telling>>;

/// That an owner was told of somebody, or could not be.
#[derive(Debug, Clone, Copy)]
struct Telling {
    /// Of what was said when.
    since: i64,
    at: Timestamp,
    failed: bool,
}

impl AlreadyTold {
    /// Of what the ledger has.
    pub fn of(notices: &[Notice]) -> Self {
        let mut told = Self::default();
        for notice in notices {
            for (all, of) in [
                (&mut told.cases, &notice.cases),
                (&mut told.disowned, &notice.disowned),
            ] {
                for one in of {
                    let key = (one.list.clone(), one.recipient);
                    all.entry(key).or_default().push(Telling {
                        since: millis(one.since),
                        at: notice.at,
                        failed: notice.failed,
                    });
                }
            }
        }
        told
    }

    /// When the owner was told of an address that takes no mail since then, and when that failed first. What was told of a later
    /// report of the same suppression counts, too.
    fn of_case(
        &self,
        list: &ListName,
        recipient: RecipientId,
        since: Timestamp,
    ) -> (Option<Timestamp>, Option<Timestamp>) {
        let first = |failed| first(&self.cases, (list, recipient), since, failed);
        (first(false), first(true))
    }

    /// The same of who says since then that they never signed up.
    pub(super) fn of_disowned(
        &self,
        list: &ListName,
        recipient: RecipientId,
        since: Timestamp,
    ) -> (Option<Timestamp>, Option<Timestamp>) {
        let first = |failed| first(&self.disowned, (list, recipient), since, failed);
        (first(false), first(true))
    }
}

/// The first time that somebody was told of what was said then or later; or that it failed.
fn first(
    all: &Tellings,
    (list, recipient): (&ListName, RecipientId),
    since: Timestamp,
    failed: bool,
) -> Option<Timestamp> {
    let told = all.get(&(list.to_string(), recipient))?.iter();
    let told = told.filter(|it| it.failed == failed && it.since >= millis(since));
    told.map(|it| it.at).min()
}

/// Files keep milliseconds.
fn millis(at: Timestamp) -> i64 {
    at.as_millisecond()
}

/// Whether somebody left by themselves.
pub const fn has_departed(reason: Exclusion) -> bool {
    matches!(reason, Exclusion::Unsubscribed | Exclusion::Complained)
}

/// Whether a suppression for this reason makes a case: what a person said by hand does not.
pub const fn makes_case(reason: Exclusion) -> bool {
    has_departed(reason) || matches!(reason, Exclusion::HardBounce)
}

impl Evidence {
    /// What an event says about a suppression for `reason`, if anything.
    pub fn of(feedback: Feedback, reason: Exclusion) -> Option<Self> {
        let (class, status, text) = match (feedback.what, reason) {
            (
                Heard::Bounced {
                    class,
                    status,
                    text,
                },
                Exclusion::HardBounce,
            ) => (Some(class), status, text),
            (Heard::Complained { kind }, Exclusion::Complained) => (None, None, kind),
            (Heard::Left { .. }, Exclusion::Unsubscribed) => (None, None, String::new()),
            _ => return None,
        };
        Some(Self {
            at: feedback.at,
            occurrence: feedback.mail.map(|(occurrence, _)| occurrence),
            class,
            status,
            text,
        })
    }
}

impl Suppressed {
    /// Takes in what was heard; the latest that says why counts.
    pub fn hear(&mut self, feedback: Feedback) {
        if let Some(evidence) = Evidence::of(feedback, self.reason) {
            self.take(evidence);
        }
    }

    /// Takes in what says why.
    pub(super) fn take(&mut self, evidence: Evidence) {
        // Of a mailbox that was full and then gone the second is the reason.
        let rank = |it: &Evidence| (it.class == Some(Class::Hard), millis(it.at));
        if self
            .evidence
            .as_ref()
            .is_none_or(|known| rank(&evidence) > rank(known))
        {
            self.evidence = Some(evidence);
        }
    }

    /// Why a mail did not arrive, in plain words; `None` where nothing was heard.
    pub fn why(&self, language: Language) -> Option<&'static str> {
        let evidence = self.evidence.as_ref()?;
        evidence.class?;
        let verdict = classify(None, evidence.status, &evidence.text);
        Some(verdict.reason.words(language))
    }
}

/// The cases of these rows, by list and then by state, the most urgent first.
pub fn cases<'a>(
    suppressed: &HashMap<RecipientId, Suppressed>,
    rows: &[Row],
    told: &AlreadyTold,
    lists: impl Fn(&ListName) -> Option<&'a List>,
    terms: (&Calendar, &Hygiene),
    now: Timestamp,
) -> Vec<Case> {
    let mut found: BTreeMap<(&ListName, RecipientId), Case> = BTreeMap::new();
    for row in rows {
        if let Some(case) = found.get_mut(&(&row.list, row.recipient)) {
            case.rows.push(row.at);
            continue;
        }
        let (Some(why), Some(list)) = (suppressed.get(&row.recipient), lists(&row.list)) else {
            continue;
        };
        let (told, tried) = told.of_case(&row.list, row.recipient, why.since);
        let Some(state) = state(why, (told, tried), list, terms, now) else {
            continue;
        };
        let case = Case {
            list: row.list.clone(),
            owner: list.owner.clone(),
            recipient: row.recipient,
            address: row.address.clone(),
            rows: vec![row.at],
            suppressed: why.clone(),
            told,
            tried,
            state,
        };
        found.insert((&row.list, row.recipient), case);
    }
    let mut cases: Vec<Case> = found.into_values().collect();
    cases.sort_by(|one, other| {
        let key = |case: &Case| (case.state, case.rows.first().map(|at| at.offset));
        (&one.list, key(one)).cmp(&(&other.list, key(other)))
    });
    cases
}

/// How a case stands; `None`: it is none.
fn state(
    why: &Suppressed,
    (told, tried): (Option<Timestamp>, Option<Timestamp>),
    list: &List,
    (calendar, policy): (&Calendar, &Hygiene),
    now: Timestamp,
) -> Option<State> {
    if !makes_case(why.reason) {
        return None;
    }
    if has_departed(why.reason) {
        let departed = list.departed.unwrap_or(policy.departed);
        let since = calendar.date_of(why.since);
        return (departed == Departed::Remove).then_some(State::Due { since });
    }
    let from = match (policy.notices, told) {
        (_, Some(told)) => Some(told),
        (false, None) => Some(why.since),
        (true, None) => tried,
    };
    let Some(from) = from else {
        return Some(State::New);
    };
    let today = calendar.date_of(now);
    let until = calendar.add_business_days(calendar.date_of(from), policy.business_days)?;
    if today > until {
        return Some(State::Overdue { until });
    }
    // The owner does not know of these days, and is told as soon as it can be done.
    if policy.notices && told.is_none() {
        return Some(State::New);
    }
    let left = calendar.business_days_between(today, until);
    Some(State::Open { until, left })
}

impl State {
    /// Whether the row goes with the next change.
    pub const fn goes_now(self) -> bool {
        matches!(self, Self::Overdue { .. } | Self::Due { .. })
    }

    /// Since when the row is to go, where it is.
    pub const fn waits_since(self) -> Option<Date> {
        match self {
            Self::New | Self::Open { .. } => None,
            Self::Overdue { until } => Some(until),
            Self::Due { since } => Some(since),
        }
    }
}

#[cfg(test)]
mod tests;
