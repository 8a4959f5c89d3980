//! Why nothing more of a sending goes out: above everything else on its page, and on the first one.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use minijinja::{Value, context};

use super::view::moment;
use super::words::Words;
use crate::plan::rates::{Excess, Of, What};

/// A sending that is held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stopped {
    /// Why.
    pub why: Why,
    /// When a run held it; `None`: the next one will.
    pub since: Option<Timestamp>,
}

/// Why a sending is held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// Too much came back.
    TooMuch(Excess),
    /// In the words of the run that held it.
    Said(String),
}

/// What its page says of it.
pub(super) fn of(stopped: &Stopped, zone: &TimeZone, words: &Words) -> Value {
    let since = match stopped.since {
        Some(at) => words.with("stopped_since", &[&moment(at, zone)]),
        None => words.get("stopped_next").to_owned(),
    };
    let (text, how) = match &stopped.why {
        Why::TooMuch(excess) => (told(excess, words), "stopped_rates"),
        Why::Said(why) => (why.clone(), "stopped_mend"),
    };
    context! { text, since, how => words.get(how) }
}

/// What the first page says of it.
pub(super) fn short(stopped: &Stopped, words: &Words) -> String {
    match &stopped.why {
        Why::TooMuch(excess) => told(excess, words),
        Why::Said(_) => words.get("waits_held").to_owned(),
    }
}

/// Which limit it is beyond, and by how much.
fn told(excess: &Excess, words: &Words) -> String {
    let sentence = match excess.what {
        What::Complaints => "excess_complaints",
        What::HardBounces => "excess_bounces",
    };
    let limit = excess.limit();
    // As many digits as the settings have.
    let digits = (0..3).find(|digits| {
        let shown = limit * 10f64.powi(*digits);
        (shown - shown.round()).abs() < 1e-9
    });
    let digits = usize::try_from(digits.unwrap_or(3)).unwrap_or_default();
    let sentence = words.with(
        sentence,
        &[
            &words.number(excess.part),
            &words.number(excess.whole),
            &words.percent(excess.share(), 2),
            &words.percent(limit, digits),
        ],
    );
    match &excess.of {
        Of::Sending => sentence,
        Of::Destination(name) => words.with("excess_at", &[name, &sentence]),
        Of::Sender { name, days } => {
            words.with("excess_sender", &[name, &days.to_string(), &sentence])
        }
    }
}
