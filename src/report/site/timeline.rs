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
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Counting {
    step: usize,
    /// The zone's seconds ahead of UTC at the first moment: a day begins at its midnight.
    ahead: Option<i64>,
    periods: BTreeMap<i64, u64>,
    /// The first moment and the last.
    span: Option<(Timestamp, Timestamp)>,
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
    /// How many of another counting's do, where there is one.
    pub beside: Option<Vec<u64>>,
}

impl Counting {
    /// One whose periods begin when this one's do.
    pub fn like(&self) -> Self {
        Self {
            ahead: self.ahead,
            ..Self::default()
        }
    }

    /// The first moment and the last.
    pub const fn span(&self) -> Option<(Timestamp, Timestamp)> {
        self.span
    }

    /// Counts one moment.
    pub fn take(&mut self, at: Timestamp, zone: &TimeZone) {
        let ahead = *self
            .ahead
            .get_or_insert_with(|| i64::from(zone.to_offset(at).seconds()));
        let (first, last) = self.span.unwrap_or((at, at));
        self.span = Some((first.min(at), last.max(at)));
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

    /// The periods, as coarse as it takes to show them all, with those of another counting beside them.
    pub fn timeline(&self, beside: Option<&Self>) -> Timeline {
        let mut all: Vec<Self> = [Some(self), beside]
            .into_iter()
            .flatten()
            .cloned()
            .collect();
        let coarsest = all.iter().map(|it| it.step).max().unwrap_or(0);
        for it in &mut all {
            while it.step < coarsest {
                it.coarsen();
            }
        }
        let span = |all: &[Self]| {
            let keys = || all.iter().flat_map(|it| it.periods.keys());
            Some((*keys().min()?, *keys().max()?))
        };
        let may_coarsen = |all: &[Self]| all.iter().all(|it| it.step + 1 < STEPS.len());
        while span(&all).is_some_and(|(first, last)| last - first >= SHOWN) && may_coarsen(&all) {
            all.iter_mut().for_each(Self::coarsen);
        }
        let (Some((first, last)), Some(own)) = (span(&all), all.first()) else {
            return Timeline::default();
        };
        if own.periods.is_empty() {
            return Timeline::default();
        }
        let start = first * own.length() - own.ahead.unwrap_or(0);
        // Even where the longest periods do not suffice, what is shown stays bounded: the end is left to the last one.
        let length = usize::try_from((last - first + 1).min(10 * SHOWN)).unwrap_or(1);
        Timeline {
            start: Timestamp::from_second(start).ok(),
            seconds: own.length(),
            counts: own.slots(first, length),
            beside: all.get(1).map(|it| it.slots(first, length)),
        }
    }

    fn slots(&self, first: i64, length: usize) -> Vec<u64> {
        let mut counts = vec![0; length];
        let end = length.saturating_sub(1);
        for (period, count) in &self.periods {
            let at = usize::try_from(period - first).unwrap_or(0).min(end);
            if let Some(slot) = counts.get_mut(at) {
                *slot += count;
            }
        }
        counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_mail_falls_out(
            moments in proptest::collection::vec(0..400_000_000i64, 0..900),
            planned in proptest::collection::vec(0..400_000i64, 0..900),
        ) {
            let mut counting = Counting::default();
            for second in &moments {
                counting.take(Timestamp::from_second(1_700_000_000 + second).unwrap(), &TimeZone::UTC);
            }
            let timeline = counting.timeline(None);
            prop_assert_eq!(timeline.counts.iter().sum::<u64>(), moments.len() as u64);
            prop_assert!(timeline.counts.len() <= 400);
            let mut plan = counting.like();
            for second in &planned {
                plan.take(Timestamp::from_second(1_700_000_000 + second).unwrap(), &TimeZone::UTC);
            }
            let both = counting.timeline(Some(&plan));
            prop_assert_eq!(both.counts.iter().sum::<u64>(), moments.len() as u64);
            if !moments.is_empty() {
                let beside = both.beside.unwrap();
                prop_assert_eq!(beside.iter().sum::<u64>(), planned.len() as u64);
                prop_assert_eq!(beside.len(), both.counts.len());
            }
        }
    }

    #[test]
    fn days_begin_at_the_zones_midnight() {
        let mut counting = Counting::default();
        let zone = TimeZone::fixed(jiff::tz::offset(-5));
        for at in ["2026-03-01T06:00:00Z", "2026-03-30T04:59:00Z"] {
            counting.take(at.parse().unwrap(), &zone);
        }
        let timeline = counting.timeline(None);
        assert_eq!(
            timeline.start,
            Some("2026-03-01T05:00:00Z".parse().unwrap())
        );
        assert_eq!((timeline.seconds, timeline.counts.len()), (86_400, 29));
    }
}
