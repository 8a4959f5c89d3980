//! Whether so many mails came back, or were complained of, that sending must stop.
//!
//! Complaints are counted against what was accepted; addresses that take no mail, told by a report or while sending, against what
//! was accepted or refused. Few mails tell nothing. While sending a refusal's words are kept for the campaign as a whole, so a
//! destination's share is of reports alone.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use jiff::{SignedDuration, Timestamp};

use super::refused::LATELY;
use crate::ledger::branch::{Ledger, LedgerError};
use crate::ledger::feedback::{ByOccurrence, Returned};
use crate::ledger::state::{OccurrenceState, Status};
use crate::mail::occurrence::OccurrenceId;
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

/// What a person can do where too much came back.
pub const HOW_ON: &str = "clean the lists; to go on all the same, give the reason under policy.rates.go_on in postmerge.yaml";

/// What follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing.
    Fine,
    /// A person should know.
    Warn(Excess),
    /// Nothing more is sent.
    Stop(Excess),
}

/// A share that is beyond a limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excess {
    /// Whose mails are counted.
    pub of: Of,
    /// What came back of them.
    pub what: What,
    /// So many came back,
    pub part: u64,
    /// of so many.
    pub whole: u64,
    /// The limit that they are beyond, in thousandths of a per cent.
    pub limit: u64,
}

/// Whose mails a share is of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Of {
    /// The sending's.
    Sending,
    /// The sending's to this destination.
    Destination(String),
    /// Those of all its sender's sendings of late.
    Sender {
        /// Which sender.
        name: String,
        /// Of how many days.
        days: u16,
    },
}

/// What came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// Complaints, of what was accepted.
    Complaints,
    /// Hard bounces, of what was accepted or refused.
    HardBounces,
}

impl Excess {
    /// What a person reads: the share, and what they can do.
    pub fn told(&self) -> String {
        format!("{self}; {HOW_ON}")
    }

    /// The share in per cent.
    pub fn share(&self) -> f64 {
        // Beyond 2^53 mails a count is not exact any more.
        self.part as f64 * 100.0 / self.whole as f64
    }

    /// The limit in per cent.
    pub fn limit(&self) -> f64 {
        self.limit as f64 / 1000.0
    }
}

impl fmt::Display for Excess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.of {
            Of::Sending => {}
            Of::Destination(name) => write!(f, "at {name}: ")?,
            Of::Sender { name, days } => write!(f, "sender {name}, last {days} days: ")?,
        }
        let (part, whole) = (self.part, self.whole);
        match self.what {
            What::Complaints => write!(f, "{part} of {whole} accepted mails were complained of")?,
            What::HardBounces => {
                write!(
                    f,
                    "{part} of {whole} mails went to addresses that take none"
                )?;
            }
        }
        let (share, limit) = (self.share(), self.limit());
        write!(f, ": {share:.2} %, and {limit} % is the limit")
    }
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
        (figures.accepted, figures.rejected) = state.settled();
        figures.hard += u64::from(state.hard_rejections());
        figures
    }

    /// Whether anything came back, or was refused because an address takes no mail.
    const fn has_any(self) -> bool {
        self.hard > 0 || self.complained > 0
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
    let whole = judge(rates, &Of::Sending, Figures::of(state, returned.of(id)));
    let names = state.header().map(|header| header.destinations.as_slice());
    let of_destinations = by_destination(id, state, returned).into_iter();
    of_destinations
        .filter_map(|(destination, figures)| {
            let name = names?.get(usize::from(destination))?;
            Some(judge(rates, &Of::Destination(name.clone()), figures))
        })
        .fold(whole, Verdict::worse)
}

/// Why nothing more of an occurrence that is not through is sent, by itself: its sender's other sendings are not looked at.
pub fn stops(
    rates: &Rates,
    id: &OccurrenceId,
    state: &OccurrenceState,
    returned: &ByOccurrence,
) -> Option<Excess> {
    let mut statuses = state.statuses();
    let is_open = statuses.any(|(_, status)| status.is_pending());
    if !is_open || goes_on(rates, id).is_some() {
        return None;
    }
    match of_occurrence(rates, id, state, returned) {
        Verdict::Stop(why) => Some(why),
        Verdict::Fine | Verdict::Warn(_) => None,
    }
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

/// What senders' sendings come to, each looked at once: that reads much of the ledger, and a run takes up several campaigns.
#[derive(Debug, Default)]
pub struct Senders(RefCell<BTreeMap<String, Verdict>>);

impl Senders {
    fn verdict(
        &self,
        ledger: &Ledger,
        rates: &Rates,
        sender: &str,
        now: Timestamp,
    ) -> Result<Verdict, LedgerError> {
        if let Some(known) = self.0.borrow().get(sender) {
            return Ok(known.clone());
        }
        let verdict = of_sender(ledger, rates, sender, now)?;
        let mut known = self.0.borrow_mut();
        Ok(known.entry(sender.to_owned()).or_insert(verdict).clone())
    }
}

/// What a sending and its sender's sendings come to.
///
/// # Errors
/// [`LedgerError`].
pub fn whole(
    ledger: &Ledger,
    rates: &Rates,
    (id, state, sender): (&OccurrenceId, &OccurrenceState, &str),
    (returned, senders): (&ByOccurrence, &Senders),
    now: Timestamp,
) -> Result<Verdict, LedgerError> {
    match of_occurrence(rates, id, state, returned) {
        it @ Verdict::Stop(_) => Ok(it),
        other => Ok(other.worse(senders.verdict(ledger, rates, sender, now)?)),
    }
}

/// Why no run would go on with this occurrence, where too much has come back of it or of its sender's. A campaign that has not
/// started has `sender`.
///
/// # Errors
/// [`LedgerError`].
pub fn too_much(
    ledger: &Ledger,
    rates: &Rates,
    (id, sender): (&OccurrenceId, Option<&str>),
    came_back: (&ByOccurrence, &Senders),
    now: Timestamp,
) -> Result<Option<Excess>, LedgerError> {
    if goes_on(rates, id).is_some() {
        return Ok(None);
    }
    let state = ledger.look(id)?;
    let sender = match state.header() {
        Some(header) => Some(header.sender.as_str()),
        None => sender,
    };
    let sending = (id, &state, sender.unwrap_or_default());
    match whole(ledger, rates, sending, came_back, now)? {
        Verdict::Stop(why) => Ok(Some(why)),
        Verdict::Fine | Verdict::Warn(_) => Ok(None),
    }
}

/// A sender's share over its sendings of the last days.
fn of_sender(
    ledger: &Ledger,
    rates: &Rates,
    sender: &str,
    now: Timestamp,
) -> Result<Verdict, LedgerError> {
    let days = SignedDuration::from_hours(24 * i64::from(rates.days));
    let since = now.checked_sub(days).unwrap_or(Timestamp::MIN);
    let returned = ledger.came_back(|feedback| feedback.at >= since)?;
    let figures = |occurrence: &OccurrenceId| -> Result<Option<Figures>, LedgerError> {
        let state = ledger.look(occurrence)?;
        let is_its = state.header().is_some_and(|it| it.sender == sender);
        let is_recent = state.last_activity().is_some_and(|at| at >= since);
        let of_it = (is_its && is_recent).then(|| Figures::of(&state, returned.of(occurrence)));
        Ok(of_it)
    };
    // Reading every sending takes long, and more mails of which nothing came back make a share only smaller. What was refused
    // stands in the sendings that began of late: with a daily cap one goes on for weeks.
    let mut some: BTreeSet<OccurrenceId> = returned.occurrences().cloned().collect();
    let began = since.checked_sub(LATELY).unwrap_or(Timestamp::MIN);
    for occurrence in ledger.occurrences()? {
        let header = ledger.header(&occurrence)?;
        if header.is_some_and(|it| it.sender == sender && it.at >= began) {
            some.insert(occurrence);
        }
    }
    let mut most = Figures::default();
    for occurrence in &some {
        if let Some(of_it) = figures(occurrence)?.filter(|it| it.has_any()) {
            most.add(of_it);
        }
    }
    let of = Of::Sender {
        name: sender.to_owned(),
        days: rates.days,
    };
    let any = Rates {
        from: 1,
        ..rates.clone()
    };
    if judge(&any, &of, most) == Verdict::Fine {
        return Ok(Verdict::Fine);
    }
    let mut all = Figures::default();
    for occurrence in ledger.occurrences()? {
        if let Some(of_it) = figures(&occurrence)? {
            all.add(of_it);
        }
    }
    Ok(judge(rates, &of, all))
}

/// What figures come to; `of` says whose they are.
pub fn judge(rates: &Rates, of: &Of, figures: Figures) -> Verdict {
    let Figures {
        accepted,
        rejected,
        hard,
        complained,
    } = figures;
    let complaints = (What::Complaints, complained, accepted);
    let bounces = (What::HardBounces, hard, accepted + rejected);
    share(rates.complaints, rates.from, of, complaints).worse(share(
        rates.hard_bounces,
        rates.from,
        of,
        bounces,
    ))
}

fn share(rate: Rate, from: u32, of: &Of, (what, part, whole): (What, u64, u64)) -> Verdict {
    if whole < u64::from(from.max(1)) {
        return Verdict::Fine;
    }
    let excess = |limit: f64| Excess {
        of: of.clone(),
        what,
        part,
        whole,
        limit: (limit * 1000.0).round() as u64,
    };
    let share = excess(0.0).share();
    match () {
        () if share > rate.stop => Verdict::Stop(excess(rate.stop)),
        () if share > rate.warn => Verdict::Warn(excess(rate.warn)),
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
        let judged = |figures| match judge(&rates, &Of::Sending, figures) {
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
        let at = Of::Destination("gmail".to_owned());
        let Verdict::Stop(excess) = judge(&rates, &at, figures(1000, 0, 0, 4)) else {
            panic!("0.4 % is beyond 0.3 %");
        };
        assert_eq!(
            excess.to_string(),
            "at gmail: 4 of 1000 accepted mails were complained of: 0.40 %, and 0.3 % is the limit"
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
            let before = rank(judge(&rates, &Of::Sending, figures(accepted, rejected, hard, complained)));
            for (hard, complained) in [(hard + more, complained), (hard, complained + more)] {
                let after = rank(judge(&rates, &Of::Sending, figures(accepted, rejected, hard, complained)));
                prop_assert!(after >= before);
            }
        }
    }
}
