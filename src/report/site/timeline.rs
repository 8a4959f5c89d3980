//! How many mails were accepted when, in periods whose length grows with the sending's.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// Lengths of periods in seconds; each divides the next, so that periods can be joined.
const STEPS: [i64; 9] = [
    60, 300, 900, 3_600, 10_800, 21_600, 86_400, 604_800, 2_419_200,
];

/// Periods that are kept while counting.
const KEPT: usize = 512;

/// Periods that are shown, those without a mail included.
const SHOWN: i64 = 40;

/// Counts moments.
#[derive(Debug, Default)]
pub struct Counting {
    step: usize,
    /// The zone's seconds ahead of UTC at the first moment: a day begins at its midnight.
    ahead: Option<i64>,
    periods: BTreeMap<i64, u64>,
}

/// Consecutive periods.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Timeline {
    /// When the first begins.
    pub start: Option<Timestamp>,
    /// How long each is, in seconds.
    pub seconds: i64,
    /// How many moments fall in each.
    pub counts: Vec<u64>,
}

impl Counting {
    /// Counts one moment.
    pub fn take(&mut self, at: Timestamp, zone: &TimeZone) {
        let ahead = *self
            .ahead
            .get_or_insert_with(|| i64::from(zone.to_offset(at).seconds()));
        let period = (at.as_second() + ahead).div_euclid(self.length());
        *self.periods.entry(period).or_default() += 1;
        while self.periods.len() > KEPT && self.step + 1 < STEPS.len() {
            self.coarsen();
        }
    }

    fn length(&self) -> i64 {
        STEPS.get(self.step).copied().unwrap_or(60)
    }

    fn coarsen(&mut self) {
        let old = self.length();
        self.step += 1;
        let ratio = (self.length() / old).max(1);
        for (period, count) in std::mem::take(&mut self.periods) {
            *self.periods.entry(period.div_euclid(ratio)).or_default() += count;
        }
    }

    /// The periods, as coarse as it takes to show them all.
    pub fn timeline(mut self) -> Timeline {
        let span = |periods: &BTreeMap<i64, u64>| match (
            periods.first_key_value(),
            periods.last_key_value(),
        ) {
            (Some((first, _)), Some((last, _))) => Some((*first, *last)),
            _ => None,
        };
        while span(&self.periods).is_some_and(|(first, last)| last - first >= SHOWN)
            && self.step + 1 < STEPS.len()
        {
            self.coarsen();
        }
        let Some((first, last)) = span(&self.periods) else {
            return Timeline::default();
        };
        let start = first * self.length() - self.ahead.unwrap_or(0);
        // Even where the longest periods do not suffice, what is shown stays bounded: the end is left to the last one.
        let mut counts = vec![0; usize::try_from((last - first + 1).min(10 * SHOWN)).unwrap_or(1)];
        let end = counts.len().saturating_sub(1);
        for (period, count) in &self.periods {
            let at = usize::try_from(period - first).unwrap_or(0).min(end);
            if let Some(slot) = counts.get_mut(at) {
                *slot += count;
            }
        }
        Timeline {
            start: Timestamp::from_second(start).ok(),
            seconds: self.length(),
            counts,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_mail_falls_out(moments in proptest::collection::vec(0..400_000_000i64, 0..900)) {
            let mut counting = Counting::default();
            for second in &moments {
                counting.take(Timestamp::from_second(1_700_000_000 + second).unwrap(), &TimeZone::UTC);
            }
            let timeline = counting.timeline();
            prop_assert_eq!(timeline.counts.iter().sum::<u64>(), moments.len() as u64);
            prop_assert!(timeline.counts.len() <= 400);
        }
    }

    #[test]
    fn days_begin_at_the_zones_midnight() {
        let mut counting = Counting::default();
        let zone = TimeZone::fixed(jiff::tz::offset(-5));
        for at in ["2026-03-01T06:00:00Z", "2026-03-30T04:59:00Z"] {
            counting.take(at.parse().unwrap(), &zone);
        }
        let timeline = counting.timeline();
        assert_eq!(
            timeline.start,
            Some("2026-03-01T05:00:00Z".parse().unwrap())
        );
        assert_eq!((timeline.seconds, timeline.counts.len()), (86_400, 29));
    }
}
