//! What `send` says when it is done: a table that adds up.

use std::fmt::Write as _;

use crate::deliver::run::{Line, Summary};

/// The closing words of a run.
pub(super) fn summary(summary: &Summary, is_dry: bool) -> String {
    let mut text = String::new();
    for recovered in &summary.recovered {
        let how = if recovered.exact {
            "exactly"
        } else {
            "as far as the machine still knew"
        };
        let _ = writeln!(
            text,
            "Run {} had died; what it did was recovered {how} ({} events).",
            recovered.run, recovered.events
        );
    }
    if summary.lines.is_empty() {
        text.push_str("No campaign is due, and none was.\n");
        return text;
    }
    let width = summary
        .lines
        .iter()
        .map(|line| line.occurrence.to_string().chars().count());
    let width = width.max().unwrap_or(0).max("campaign".len());
    let _ = writeln!(
        text,
        "{:width$}  {:>9}  {:>9}  {:>9}  {:>9}  {:>9}  {:>9}",
        "campaign", "audience", "accepted", "rejected", "excluded", "pending", "unknown"
    );
    for line in &summary.lines {
        row(&mut text, line, width);
    }
    if is_dry {
        text.push_str("\nNothing was sent and nothing published.\n");
        return text;
    }
    let mails = if summary.accepted == 1 {
        "mail"
    } else {
        "mails"
    };
    let _ = writeln!(text, "\n{} {mails} accepted in this run.", summary.accepted);
    if let Some(why) = &summary.stopped {
        let _ = writeln!(text, "Stopped before the end: {why}.");
    }
    if !summary.published {
        text.push_str("Not everything could be published: the journal keeps it, and the next run publishes it.\n");
    }
    text
}

fn row(text: &mut String, line: &Line, width: usize) {
    let counts = &line.counts;
    let _ = writeln!(
        text,
        "{:width$}  {:>9}  {:>9}  {:>9}  {:>9}  {:>9}  {:>9}",
        line.occurrence.to_string(),
        counts.audience,
        counts.accepted,
        counts.rejected,
        counts.excluded,
        counts.pending,
        counts.unknown
    );
    if let Some(note) = &line.note {
        let _ = writeln!(text, "  {note}");
    }
    if counts.unknown > 0 {
        let _ = writeln!(
            text,
            "  {} unknown: nobody knows whether the relay took them. Look, then: postmerge resolve {} --as sent|resend --reason TEXT",
            counts.unknown, line.occurrence
        );
    }
}
