//! What `send` shows while it works: a bar on a terminal, a line a minute elsewhere. On standard
//! error, so that the summary can be piped.

use std::io::{self, IsTerminal, Write};
use std::sync::{Mutex, PoisonError};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use jiff::{SignedDuration, Timestamp};

use crate::deliver::progress::{Progress, Snapshot};

/// A line so often where there is no terminal.
const EVERY: SignedDuration = SignedDuration::from_secs(60);

/// Shows a run's progress.
pub(super) struct Shown {
    bar: Option<ProgressBar>,
    lines: Mutex<Lines>,
}

#[derive(Default)]
struct Lines {
    started: Option<Timestamp>,
    last: Option<Timestamp>,
    drawn: u64,
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
