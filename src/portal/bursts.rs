//! Several links of one mail, followed faster than anybody reads: a scanner's doing, whatever it calls itself. Then all that
//! was asked for of that mail about that time is the machine's, what came before the burst included.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher as _, RandomState};

use crate::ledger::event::RecipientIndex;
use crate::ledger::feedback::{Feedback, Heard, Reader};
use crate::mail::occurrence::OccurrenceId;

/// Different links within so many milliseconds: nobody is that fast.
const FAST: [(usize, i64); 2] = [(2, 1_000), (3, 10_000)];

/// What lies so many milliseconds around a burst belongs to it.
const AROUND: i64 = 10_000;

/// After so many milliseconds nothing can change the judgement any more: a burst that begins within the one takes the other.
pub(super) const SETTLED: i64 = 20_000;

/// Which mail.
pub(super) type Mail = (OccurrenceId, RecipientIndex);

/// Remembers what was judged last, since a burst may begin in one file and end in the next.
#[derive(Default)]
pub(super) struct Bursts {
    recent: HashMap<Mail, Vec<Followed>>,
    hasher: RandomState,
}

/// When a link was followed, and which: a number in its place.
type Followed = (i64, u64);

impl Bursts {
    /// Judges what is about to be published, knowing what came after it; says of which mails a person's open or click was
    /// none.
    pub(super) fn judge(&mut self, records: &mut [Feedback], after: &[Feedback]) -> Vec<Mail> {
        let newest = records.iter().map(|it| it.at.as_millisecond()).max();
        let mut all = self.recent.clone();
        self.gather(records, &mut all);
        let oldest_kept = newest.unwrap_or_default().saturating_sub(SETTLED);
        self.recent = all.clone();
        self.recent.retain(|_, followed| {
            followed.retain(|(at, _)| *at >= oldest_kept);
            !followed.is_empty()
        });
        self.gather(after, &mut all);
        let mut spans: HashMap<Mail, Vec<(i64, i64)>> = HashMap::new();
        for (mail, mut followed) in all {
            followed.sort_unstable();
            let bursts = bursts(&followed);
            if !bursts.is_empty() {
                spans.insert(mail, bursts);
            }
        }
        let mut wronged = Vec::new();
        for record in records {
            let Some(mail) = &record.mail else { continue };
            let at = record.at.as_millisecond();
            let near = |(from, to): &(i64, i64)| (from - AROUND..=to + AROUND).contains(&at);
            if !spans.get(mail).is_some_and(|spans| spans.iter().any(near)) {
                continue;
            }
            let (Heard::Opened { by } | Heard::Clicked { by, .. }) = &mut record.what else {
                continue;
            };
            if *by == Reader::Person {
                *by = Reader::Machine;
                wronged.push(mail.clone());
            }
        }
        wronged
    }

    fn gather(&self, records: &[Feedback], into: &mut HashMap<Mail, Vec<Followed>>) {
        for record in records {
            let (Some(mail), Heard::Clicked { link, .. }) = (&record.mail, &record.what) else {
                continue;
            };
            let followed = (record.at.as_millisecond(), self.hasher.hash_one(link));
            match into.get_mut(mail) {
                Some(known) => known.push(followed),
                None => drop(into.insert(mail.clone(), vec![followed])),
            }
        }
    }
}

/// From when to when links were followed too fast; `followed` in order of time.
fn bursts(followed: &[Followed]) -> Vec<(i64, i64)> {
    let mut found: Vec<(i64, i64)> = Vec::new();
    for (place, (from, _)) in followed.iter().enumerate() {
        let rest = followed.get(place..).unwrap_or_default();
        for (many, within) in FAST {
            let mut links = HashSet::new();
            let near = rest.iter().take_while(|(at, _)| at - from <= within);
            let mut last = *from;
            for (at, link) in near {
                links.insert(*link);
                last = *at;
            }
            if links.len() >= many {
                match found.last_mut() {
                    Some((_, end)) if *from <= *end => *end = last.max(*end),
                    _ => found.push((*from, last)),
                }
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::feedback::MessageKey;
    use crate::mail::recipient_id::RecipientId;
    use jiff::Timestamp;

    fn heard(index: u32, at: i64, what: Heard) -> Feedback {
        Feedback {
            message: MessageKey([1; 8]),
            recipient: RecipientId([1; 12]),
            mail: Some(("uno".parse().unwrap(), RecipientIndex(index))),
            at: Timestamp::from_millisecond(at).unwrap(),
            what,
        }
    }

    fn click(index: u32, at: i64, link: &str) -> Feedback {
        let link = link.to_owned();
        let by = Reader::Person;
        heard(index, at, Heard::Clicked { by, link })
    }

    fn open(index: u32, at: i64) -> Feedback {
        heard(index, at, Heard::Opened { by: Reader::Person })
    }

    fn people(records: &[Feedback]) -> Vec<bool> {
        let is_person = |it: &Feedback| match &it.what {
            Heard::Opened { by } | Heard::Clicked { by, .. } => *by == Reader::Person,
            _ => false,
        };
        records.iter().map(is_person).collect()
    }

    #[test]
    fn who_follows_links_as_people_do_is_a_person() {
        let mut records = [
            open(1, 0),
            click(1, 4_000, "a"),
            click(1, 9_000, "b"),
            click(1, 60_000, "a"),
            // The same link again and again is an impatient person.
            click(2, 0, "a"),
            click(2, 300, "a"),
            click(2, 600, "a"),
        ];
        assert!(Bursts::default().judge(&mut records, &[]).is_empty());
        assert!(people(&records).iter().all(|it| *it));
    }

    #[test]
    fn a_burst_is_a_machines_with_what_came_before_and_only_its_mails() {
        let mut records = [
            open(1, 0),
            click(1, 5_000, "a"),
            click(1, 5_400, "b"),
            click(2, 5_200, "a"),
            open(1, 90_000),
        ];
        let wronged = Bursts::default().judge(&mut records, &[]);
        assert_eq!(people(&records), [false, false, false, true, true]);
        assert_eq!(wronged.len(), 3);
    }

    #[test]
    fn a_burst_is_seen_over_the_borders_of_files() {
        let mut bursts = Bursts::default();
        // It goes on in what comes after.
        let mut first = [click(1, 0, "a")];
        bursts.judge(&mut first, &[click(1, 700, "b")]);
        assert_eq!(people(&first), [false]);
        // It began in what was published before.
        let mut second = [click(1, 700, "b"), click(1, 40_000, "c")];
        bursts.judge(&mut second, &[]);
        assert_eq!(people(&second), [false, true]);
        let mut third = [click(1, 90_000, "b")];
        bursts.judge(&mut third, &[]);
        assert_eq!(people(&third), [true]);
        assert_eq!(bursts.recent.len(), 1);
    }
}
