//! What `send` shows while it works: a bar on a terminal, a line a minute elsewhere, and what is wrong
//! with relays in their own words. On standard error, so that the summary can be piped.

use std::collections::BTreeMap;
use std::io::{self, IsTerminal, Write};
use std::sync::{Mutex, PoisonError};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use jiff::{SignedDuration, Timestamp};

use crate::deliver::progress::{Progress, Snapshot};
use crate::deliver::reasons::Trouble;

/// A line so often where there is no terminal.
const EVERY: SignedDuration = SignedDuration::from_secs(60);

/// Shows a run's progress.
pub(super) struct Shown {
    bar: Option<ProgressBar>,
    lines: Mutex<Lines>,
}

/// The same trouble is told again only after so long.
const SAME_AGAIN: SignedDuration = SignedDuration::from_mins(10);

/// And any trouble not sooner than this after the one before.
const NEXT: SignedDuration = SignedDuration::from_secs(5);

/// Kinds of trouble that are remembered as told.
const KINDS: usize = 100;

#[derive(Default)]
struct Lines {
    started: Option<Timestamp>,
    last: Option<Timestamp>,
    drawn: u64,
    troubles: Troubles,
}

/// Which troubles were told, so that a relay that refuses a thousand times fills no screen.
#[derive(Default)]
struct Troubles {
    looked_at: u64,
    told: BTreeMap<String, Timestamp>,
    last: Option<Timestamp>,
}

impl Troubles {
    /// The line to show, where this trouble is news.
    fn news(&mut self, trouble: &Trouble, now: Timestamp) -> Option<String> {
        if trouble.number == self.looked_at {
            return None;
        }
        let since = |at: &Timestamp| now.duration_since(*at);
        if self
            .told
            .get(&trouble.kind)
            .is_some_and(|at| since(at) < SAME_AGAIN)
        {
            self.looked_at = trouble.number;
            return None;
        }
        // Not forgotten: it is told a little later, unless something newer is.
        if self.last.as_ref().is_some_and(|at| since(at) < NEXT) {
            return None;
        }
        self.looked_at = trouble.number;
        self.last = Some(now);
        if self.told.len() >= KINDS {
            self.told.clear();
        }
        self.told.insert(trouble.kind.clone(), now);
        Some(format!("relay {}: {}", trouble.relay, trouble.text))
    }
}

impl Shown {
    /// A bar where standard error is a terminal.
    pub(super) fn new() -> Self {
        let bar = io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr_with_hz(8));
            let style = ProgressStyle::with_template("{bar:30} {pos}/{len} {msg}");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar
        });
        Self {
            bar,
            lines: Mutex::default(),
        }
    }

    /// Takes the bar away.
    pub(super) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

impl Progress for Shown {
    fn tick(&self, snapshot: &Snapshot<'_>) {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        let started = *lines.started.get_or_insert(snapshot.now);
        let since = |at: Timestamp| snapshot.now.duration_since(at);
        let settled = snapshot.settled;
        let news = snapshot
            .trouble
            .and_then(|trouble| lines.troubles.news(trouble, snapshot.now));
        if let Some(news) = news {
            match &self.bar {
                Some(bar) => bar.println(news),
                // Where not even this can be printed, nobody reads it.
                None => drop(writeln!(io::stderr(), "{news}")),
            }
        }
        if let Some(bar) = &self.bar {
            // The bar limits how often it draws; what it says is worked out only when it moves.
            if settled != lines.drawn || settled == 0 {
                lines.drawn = settled;
                bar.set_length(settled + snapshot.left());
                bar.set_position(settled);
                bar.set_message(message(snapshot, since(started)));
            }
            return;
        }
        let last = *lines.last.get_or_insert(snapshot.now);
        if since(last) >= EVERY {
            lines.last = Some(snapshot.now);
            let line = message(snapshot, since(started));
            let total = settled + snapshot.left();
            // Where not even this can be printed, nobody reads it.
            let _ = writeln!(io::stderr(), "{settled}/{total} {line}");
        }
    }

    fn waits(&self, now: Timestamp, until: Timestamp) {
        let minutes = until.duration_since(now).as_secs().max(0) / 60 + 1;
        let text = format!("Nothing to send just now; a window opens within {minutes} min.");
        match &self.bar {
            Some(bar) => bar.println(text),
            None => drop(writeln!(io::stderr(), "{text}")),
        }
    }
}

fn message(snapshot: &Snapshot<'_>, elapsed: SignedDuration) -> String {
    let seconds = elapsed.as_secs_f64();
    let settled = snapshot.settled as f64;
    let rate = if seconds > 0.0 {
        settled / seconds
    } else {
        0.0
    };
    let mut text = if rate >= 1.0 || rate == 0.0 {
        format!("{rate:.0}/s")
    } else {
        format!("{:.0}/min", rate * 60.0)
    };
    if rate > 0.0 && snapshot.left() > 0 {
        let left = SignedDuration::from_secs((snapshot.left() as f64 / rate) as i64);
        text.push_str(&format!(", about {left:#} left"));
    }
    if snapshot.later > 0 {
        text.push_str(&format!(", {} not now", snapshot.later));
    }
    text.push_str(&format!(", {} destinations", snapshot.destinations));
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::ToSpan;

    #[test]
    fn trouble_is_told_and_not_a_thousand_times() {
        let start: Timestamp = "2026-12-03T17:00:00Z".parse().unwrap();
        let mut troubles = Troubles::default();
        let mut told = Vec::new();
        for second in 0..1_500_u32 {
            let what = if second % 2 == 0 { "away" } else { "450 later" };
            let trouble = Trouble {
                number: u64::from(second) + 1,
                relay: "principal".to_owned(),
                text: format!("{what} {second}"),
                kind: what.to_owned(),
            };
            let now = start + i64::from(second).seconds();
            // The engine ticks more often than something happens.
            for _ in 0..3 {
                told.extend(troubles.news(&trouble, now));
            }
        }
        assert_eq!(
            told,
            [
                "relay principal: away 0",
                "relay principal: 450 later 5",
                "relay principal: away 600",
                "relay principal: 450 later 605",
                "relay principal: away 1200",
                "relay principal: 450 later 1205",
            ]
        );
    }
}
