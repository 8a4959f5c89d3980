//! Why mails did not go through, in the relays' own words: masked, grouped and counted, so that a
//! thousand refusals for one reason are one line.
//!
//! Bounded: only so many kinds are kept, whatever relays say.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::ledger::reply_text::reply_text;

/// Kinds that are kept apart; further ones are counted together.
const KINDS: usize = 100;

/// What further kinds are counted under.
const OTHERS: &str = "(others)";

/// A word this long with a digit in it is an id of the mail or the session, not a reason.
const ID_FROM: usize = 7;

/// One kind of reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// The latest words: on one line, without local parts of addresses.
    pub text: String,
    /// How often.
    pub count: u32,
    /// When last.
    pub last: Option<Timestamp>,
}

/// Reasons by their kind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reasons(BTreeMap<String, Reason>);

impl Reasons {
    /// Counts one.
    pub fn take(&mut self, words: &str, at: Timestamp) {
        self.add(words, 1, Some(at));
    }

    /// Counts several at once; `at` where it is known when the last one came.
    pub fn add(&mut self, words: &str, count: u32, at: Option<Timestamp>) {
        let text = reply_text(words);
        let mut kind = kind(&text);
        if self.0.len() >= KINDS && !self.0.contains_key(&kind) {
            OTHERS.clone_into(&mut kind);
        }
        let reason = self.0.entry(kind).or_insert(Reason {
            text: String::new(),
            count: 0,
            last: None,
        });
        reason.count = reason.count.saturating_add(count);
        if reason.last <= at {
            reason.last = at;
            reason.text = text;
        }
    }

    /// How many in all.
    pub fn count(&self) -> u64 {
        self.0.values().map(|reason| u64::from(reason.count)).sum()
    }

    /// The most frequent, and the latest where it is not among them.
    pub fn told(&self, most: usize) -> Vec<&Reason> {
        let mut all: Vec<&Reason> = self.0.values().collect();
        let latest = all.iter().max_by_key(|reason| reason.last).copied();
        all.sort_by_key(|reason| std::cmp::Reverse(reason.count));
        all.truncate(most);
        if let Some(latest) = latest
            && !all.contains(&latest)
        {
            all.push(latest);
        }
        all
    }
}

/// The latest trouble with a relay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// Counts the run's troubles: the same number is the same trouble.
    pub number: u64,
    /// What `postmerge.yaml` calls the relay.
    pub relay: String,
    /// Its words, or the system's: on one line, without local parts of addresses.
    pub text: String,
    /// The same for troubles that differ by ids and addresses only.
    pub kind: String,
}

/// Everything that relays said against mails in one run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Words {
    /// "Not now".
    pub deferred: Reasons,
    /// "No".
    pub refused: Reasons,
    /// No connection, or one that broke.
    pub broken: Reasons,
    /// The latest that concerns more than one mailbox.
    pub trouble: Option<Trouble>,
}

impl Words {
    /// Notes trouble with a relay.
    pub fn trouble(&mut self, relay: &str, words: &str) {
        let text = reply_text(words);
        self.trouble = Some(Trouble {
            number: self.trouble.as_ref().map_or(0, |it| it.number) + 1,
            relay: relay.to_owned(),
            kind: format!("{relay}: {}", kind(&text)),
            text,
        });
    }
}

/// What makes two texts the same reason: ids and addresses do not count.
fn kind(text: &str) -> String {
    let word = |word: &str| {
        let is_id = word.chars().count() >= ID_FROM
            && word.contains(|c: char| c.is_ascii_digit())
            && !word.contains('.');
        match is_id || word.contains('@') {
            true => "…".to_owned(),
            false => word.to_owned(),
        }
    };
    let words: Vec<String> = text.split_whitespace().map(word).collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn what_differs_by_ids_and_addresses_is_one_reason() {
        let mut reasons = Reasons::default();
        for n in 0..1_000 {
            let words =
                format!("450 4.2.0 <p{n}@a{n}.test>: Greylisted, id 4Fx{n:04}Q; try again later");
            reasons.take(&words, at(n));
        }
        reasons.take("451 4.7.1 too many\r\n connections", at(2_000));
        let told = reasons.told(3);
        assert_eq!(
            (told[0].count, told[1].count, told.len()),
            (1_000, 1, 2),
            "{told:?}"
        );
        assert!(!told[0].text.contains("p999"), "{told:?}");
        assert_eq!(told[1].text.lines().count(), 1);
    }

    #[test]
    fn kinds_are_bounded_and_the_latest_is_told() {
        let mut reasons = Reasons::default();
        for n in 0..5_000_u32 {
            let word: String = n
                .to_string()
                .bytes()
                .map(|digit| char::from(digit - b'0' + b'a'))
                .collect();
            reasons.take(&format!("451 {word}"), at(i64::from(n)));
        }
        reasons.add("451 a", 7, Some(at(0)));
        assert_eq!(reasons.count(), 5_007);
        assert!(reasons.0.len() <= KINDS + 1);
        let told = reasons.told(2);
        assert_eq!(told.len(), 2);
        let mut few = Reasons::default();
        for (text, second) in [("x", 1), ("x", 2), ("y", 3), ("y", 4), ("z", 5)] {
            few.take(text, at(second));
        }
        let told: Vec<&str> = few.told(2).iter().map(|it| it.text.as_str()).collect();
        assert_eq!(told, ["x", "y", "z"]);
    }

    #[test]
    fn troubles_are_numbered_and_one_line() {
        let mut words = Words::default();
        words.trouble("principal", "p@a.test: no\nconnection");
        words.trouble("principal", "q@a.test: no\nconnection");
        let trouble = words.trouble.unwrap();
        assert_eq!(
            (trouble.number, trouble.text.as_str()),
            (2, "…@a.test: no connection")
        );
    }
}
