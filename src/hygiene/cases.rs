//! Cases: members whose address takes no mail, or who left. A pure fold over what the lists and the ledger hold.
//!
//! Days are business days of the organisation's calendar, counted from the day on which the owner was told (from the bounce, where
//! owners are not told); the last day belongs to the owner to its end. Whoever left by themselves, or complained, has nothing to
//! correct: their rows are due at once, unless list or policy keep them.

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
    /// The row's time is over.
    Overdue {
        /// The last day that it had.
        until: Date,
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
    /// When the owner was told.
    pub told: Option<Timestamp>,
    /// How it stands.
    pub state: State,
}

/// Which cases owners were told of.
#[derive(Debug, Default)]
pub struct AlreadyTold(HashMap<(String, RecipientId, i64), Timestamp>);

impl AlreadyTold {
    /// Of what the ledger has.
    pub fn of(notices: &[Notice]) -> Self {
        let mut told = HashMap::new();
        for notice in notices {
            for case in &notice.cases {
                let key = (case.list.clone(), case.recipient, millis(case.since));
                let first = told.entry(key).or_insert(notice.at);
                *first = notice.at.min(*first);
            }
        }
        Self(told)
    }

    fn at(&self, list: &ListName, recipient: RecipientId, since: Timestamp) -> Option<Timestamp> {
        let key = (list.to_string(), recipient, millis(since));
        self.0.get(&key).copied()
    }
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
        let told = told.at(&row.list, row.recipient, why.since);
        let Some(state) = state(why, told, list, terms, now) else {
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
    told: Option<Timestamp>,
    list: &List,
    (calendar, policy): (&Calendar, &Hygiene),
    now: Timestamp,
) -> Option<State> {
    if !makes_case(why.reason) {
        return None;
    }
    if has_departed(why.reason) {
        let departed = list.departed.unwrap_or(policy.departed);
        let until = calendar.date_of(why.since);
        return (departed == Departed::Remove).then_some(State::Overdue { until });
    }
    let from = match (policy.notices, told) {
        (_, Some(told)) => told,
        (false, None) => why.since,
        (true, None) => return Some(State::New),
    };
    let today = calendar.date_of(now);
    let until = calendar.add_business_days(calendar.date_of(from), policy.business_days)?;
    if today > until {
        return Some(State::Overdue { until });
    }
    let left = calendar.business_days_between(today, until);
    Some(State::Open { until, left })
}

impl State {
    /// Its name in tables and JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Open { .. } => "open",
            Self::Overdue { .. } => "overdue",
        }
    }

    /// The last day that the row has.
    pub const fn until(self) -> Option<Date> {
        match self {
            Self::New => None,
            Self::Open { until, .. } | Self::Overdue { until } => Some(until),
        }
    }

    /// Whether the row's time is over.
    pub const fn is_overdue(self) -> bool {
        matches!(self, Self::Overdue { .. })
    }
}

#[cfg(test)]
mod tests;
