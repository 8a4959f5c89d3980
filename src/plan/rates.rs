//! Whether so many mails came back, or were complained of, that sending must stop.
//!
//! Complaints are counted against what was accepted; addresses that take no mail, told by a report or while sending, against what
//! was accepted or refused. Few mails tell nothing. While sending a refusal's words are kept for the campaign as a whole, so a
//! destination's share is of reports alone.

use std::collections::BTreeMap;

use crate::ledger::feedback::{ByOccurrence, Returned};
use crate::ledger::state::{OccurrenceState, Status};
use crate::mail::occurrence::OccurrenceId;
use crate::mail::refusal::{Class, classify};
use crate::workspace::settings::{Rate, Rates};

/// How many mails, and what came back of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Figures {
    /// The relay took them.
    pub accepted: u64,
    /// The relay refused them for good.
    pub rejected: u64,
    /// To addresses that take no mail, refused or reported.
    pub hard: u64,
    /// Complained of.
    pub complained: u64,
}

/// What follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing.
    Fine,
    /// A person should know.
    Warn(String),
    /// Nothing more is sent.
    Stop(String),
}

impl Verdict {
    /// The worse of two; of equals the first.
    #[must_use]
    pub fn worse(self, other: Self) -> Self {
        let rank = |verdict: &Self| match verdict {
            Self::Fine => 0,
            Self::Warn(_) => 1,
            Self::Stop(_) => 2,
        };
        match rank(&other) > rank(&self) {
            true => other,
            false => self,
        }
    }
}

impl Figures {
    /// Of one occurrence.
    pub fn of(state: &OccurrenceState, returned: Returned) -> Self {
        let mut figures = Self {
            hard: returned.hard.into(),
            complained: returned.complained.into(),
            ..Self::default()
        };
        for (_, status) in state.statuses() {
            figures.accepted += u64::from(status == Status::Accepted);
            figures.rejected += u64::from(status == Status::Rejected);
        }
        let hard = state.rejections().iter().filter(|(words, _)| {
            let verdict = classify(None, None, words);
            verdict.class == Class::Hard
        });
        figures.hard += hard.map(|(_, count)| u64::from(*count)).sum::<u64>();
        figures
    }

    /// With another's.
    pub fn add(&mut self, other: Self) {
        self.accepted += other.accepted;
        self.rejected += other.rejected;
        self.hard += other.hard;
        self.complained += other.complained;
    }
}

/// An occurrence's, as a whole and for each of its destinations: the worst of them.
pub fn of_occurrence(
    rates: &Rates,
    id: &OccurrenceId,
    state: &OccurrenceState,
    returned: &ByOccurrence,
) -> Verdict {
    let whole = judge(rates, "", Figures::of(state, returned.of(id)));
    let names = state.header().map(|header| header.destinations.as_slice());
    let of_destinations = by_destination(id, state, returned).into_iter();
    of_destinations
        .filter_map(|(destination, figures)| {
            let name = names?.get(usize::from(destination))?;
            Some(judge(rates, &format!("at {name}: "), figures))
        })
        .fold(whole, Verdict::worse)
}

fn by_destination(
    id: &OccurrenceId,
    state: &OccurrenceState,
    returned: &ByOccurrence,
) -> BTreeMap<u16, Figures> {
    let mut found: BTreeMap<u16, Figures> = BTreeMap::new();
    for (index, hard, complained) in returned.mails_of(id) {
        if let Some(destination) = state.destinations().get(index.0 as usize) {
            let figures = found.entry(*destination).or_default();
            figures.hard += u64::from(hard);
            figures.complained += u64::from(complained);
        }
    }
    if found.is_empty() {
        return found;
    }
    for (index, status) in state.statuses() {
        let destination = state.destinations().get(index.0 as usize);
        if let Some(figures) = destination.and_then(|it| found.get_mut(it)) {
            figures.accepted += u64::from(status == Status::Accepted);
            figures.rejected += u64::from(status == Status::Rejected);
        }
    }
    found
}

/// What figures come to; `of` says whose they are, where that is not the campaign.
pub fn judge(rates: &Rates, of: &str, figures: Figures) -> Verdict {
    let Figures {
        accepted,
        rejected,
        hard,
        complained,
    } = figures;
    let complaints = share(
        (rates.complaints, rates.from),
        (complained, accepted),
        &format!("{of}{complained} of {accepted} accepted mails were complained of"),
    );
    let tried = accepted + rejected;
    let bounces = share(
        (rates.hard_bounces, rates.from),
        (hard, tried),
        &format!("{of}{hard} of {tried} mails went to addresses that take none"),
    );
    complaints.worse(bounces)
}

fn share((rate, from): (Rate, u32), (part, whole): (u64, u64), words: &str) -> Verdict {
    if whole < u64::from(from.max(1)) {
        return Verdict::Fine;
    }
    // Beyond 2^53 mails a count is not exact any more.
    let share = part as f64 * 100.0 / whole as f64;
    let said = |limit: f64| format!("{words}: {share:.2} %, and {limit} % is the limit");
    match () {
        () if share > rate.stop => Verdict::Stop(said(rate.stop)),
        () if share > rate.warn => Verdict::Warn(said(rate.warn)),
        () => Verdict::Fine,
    }
}

/// The reason that settings give for going on all the same: for this occurrence, or its campaign.
pub fn goes_on<'a>(rates: &'a Rates, id: &OccurrenceId) -> Option<&'a str> {
    let of = |name: &str| rates.go_on.get(name);
    let found = of(&id.to_string()).or_else(|| of(id.campaign().as_str()));
    found
        .map(|reason| reason.trim())
        .filter(|reason| !reason.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn figures(accepted: u64, rejected: u64, hard: u64, complained: u64) -> Figures {
        Figures {
            accepted,
            rejected,
            hard,
            complained,
        }
    }

    #[test]
    fn beyond_a_limit_is_more_than_it() {
        let rates = Rates::default();
        let judged = |figures| match judge(&rates, "", figures) {
            Verdict::Fine => 0,
            Verdict::Warn(_) => 1,
            Verdict::Stop(_) => 2,
        };
        // Too few to tell.
        assert_eq!(judged(figures(99, 0, 99, 99)), 0);
        assert_eq!(judged(figures(0, 0, 0, 0)), 0);
        assert_eq!(judged(figures(1000, 0, 0, 1)), 0);
        assert_eq!(judged(figures(1000, 0, 0, 2)), 1);
        assert_eq!(judged(figures(1000, 0, 0, 3)), 1);
        assert_eq!(judged(figures(1000, 0, 0, 4)), 2);
        assert_eq!(judged(figures(980, 20, 20, 0)), 0);
        assert_eq!(judged(figures(980, 20, 21, 0)), 1);
        assert_eq!(judged(figures(950, 50, 51, 0)), 2);
        assert_eq!(judged(figures(0, 200, 200, 0)), 2);
        assert_eq!(
            judge(&rates, "at gmail: ", figures(1000, 0, 0, 4)),
            Verdict::Stop(
                "at gmail: 4 of 1000 accepted mails were complained of: 0.40 %, and 0.3 % is the limit".to_owned()
            )
        );
    }

    #[test]
    fn a_reason_lets_one_campaign_go_on() {
        let mut rates = Rates::default();
        rates
            .go_on
            .insert("boletin".to_owned(), "cleaned".to_owned());
        rates.go_on.insert("uno".to_owned(), " ".to_owned());
        let id = |text: &str| text.parse::<OccurrenceId>().unwrap();
        assert_eq!(goes_on(&rates, &id("boletin@2026-Q4")), Some("cleaned"));
        assert_eq!(goes_on(&rates, &id("uno")), None);
        assert_eq!(goes_on(&rates, &id("dos")), None);
    }

    proptest! {
        #[test]
        fn more_that_comes_back_is_never_better(
            (accepted, rejected, hard, complained) in (0..2000u64, 0..200u64, 0..200u64, 0..20u64),
            more in 0..50u64,
        ) {
            let rates = Rates::default();
            let rank = |verdict| match verdict {
                Verdict::Fine => 0,
                Verdict::Warn(_) => 1,
                Verdict::Stop(_) => 2,
            };
            let before = rank(judge(&rates, "", figures(accepted, rejected, hard, complained)));
            for (hard, complained) in [(hard + more, complained), (hard, complained + more)] {
                let after = rank(judge(&rates, "", figures(accepted, rejected, hard, complained)));
                prop_assert!(after >= before);
            }
        }
    }
}
