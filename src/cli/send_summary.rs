//! What `send` says when it is done: a table that adds up.

use std::fmt::Write as _;

use super::start_error::{FULL, is_full};
use crate::deliver::reasons::Reasons;
use crate::deliver::run::{Line, Stop, Summary};
use crate::deliver::way_on::WayOn;
use crate::diagnostic::{counted, printable};
use crate::ledger::result_page::settling;
use crate::plan::refused::Doubted;

/// Said before anything else: where somebody deleted the ledger's branch this is how they learn of it.
const FIRST: &str =
    "The remote had no ledger yet, so this counts as the first run: nobody was ever mailed.\n";

/// The closing words of a run.
pub(super) fn summary(summary: &Summary, is_dry: bool) -> String {
    let mut text = String::new();
    if summary.is_first {
        text.push_str(FIRST);
    }
    for recovered in &summary.recovered {
        let how = if recovered.exact {
            "exactly"
        } else {
            "as far as its journal knew"
        };
        let _ = writeln!(
            text,
            "Run {} was interrupted; what it did was recovered {how} ({}).",
            recovered.run,
            counted(recovered.events, "event", "events")
        );
    }
    if summary.lines.is_empty() {
        text.push_str("No campaign is due now: `postmerge status` shows what comes.\n");
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
    // Those of other sendings were told when they went out, and `ingest` tells of all.
    let is_here = |it: &&Doubted| {
        summary
            .lines
            .iter()
            .any(|line| line.occurrence == it.occurrence)
    };
    for it in summary.doubted.iter().filter(is_here) {
        let _ = writeln!(text, "{}", doubted(it));
    }
    if is_dry {
        text.push_str(
            "\nNothing was sent and nothing published. Not looked at: relay and DNS (`postmerge doctor` does), and whether\n\
             linked pictures and documents are published; a real `send` looks at all of it first, and holds what fails.\n",
        );
        return text;
    }
    let mails = counted(summary.accepted, "mail", "mails");
    let _ = writeln!(text, "\n{mails} accepted in this run.");
    let words = &summary.words;
    reasons(&mut text, "Answered \"not now\"", &words.deferred);
    reasons(&mut text, "Refused", &words.refused);
    reasons(&mut text, "No connection, or a broken one", &words.broken);
    end(&mut text, summary);
    text
}

/// What is said of refusals that nobody is suppressed for.
pub(super) fn doubted(it: &Doubted) -> String {
    format!(
        "\nWarning: {} of {} mails of {} were refused with the same words in a short time:\n  {}\nThat says something of the sender or the relay. Nobody was suppressed for it.",
        it.count,
        it.of,
        it.occurrence,
        printable(&it.words)
    )
}

/// What ended it before its end, and what could not be published.
fn end(text: &mut String, summary: &Summary) {
    if let Some(why) = &summary.stopped {
        let _ = writeln!(text, "Stopped before the end: {why}.");
        if is_full(&why.to_string()) {
            let _ = writeln!(text, "  help: {FULL}");
        }
        let pending = pending(summary);
        if pending > 0 {
            let _ = writeln!(
                text,
                "Left pending: {pending}. Run it again to go on: what is claimed or done is not sent twice."
            );
        }
    }
    let told = summary.stopped.as_ref().map(ToString::to_string);
    if let Some(why) = summary
        .remote
        .as_ref()
        .filter(|why| told.as_ref() != Some(why))
    {
        let _ = writeln!(text, "The remote was given up: {why}.");
    }
    if !summary.published {
        text.push_str("Not everything could be published: the journal keeps it, and the next run publishes it.\n");
    }
}

/// Recipients that are still to be sent to, of everything the run looked at.
pub(super) fn pending(summary: &Summary) -> u64 {
    summary.lines.iter().map(|line| line.counts.pending).sum()
}

/// The process's exit code, as `send --help` lists them.
pub(super) fn exit_code(summary: &Summary) -> u8 {
    let waits = summary
        .lines
        .iter()
        .any(|line| line.held || line.counts.unknown > 0 || line.without_mail() > 0);
    match &summary.stopped {
        Some(Stop::Defect(_) | Stop::Journal(_) | Stop::NoRound(_)) => 2,
        _ if waits || !summary.published => 1,
        Some(Stop::Asked) if pending(summary) > 0 => 3,
        _ => 0,
    }
}

/// Reasons of one kind that a summary lists.
const REASONS: usize = 3;

/// `12 × 450 4.2.0 Greylisted`, the most frequent first.
fn reasons(text: &mut String, title: &str, reasons: &Reasons) {
    if reasons.count() == 0 {
        return;
    }
    let times = counted(reasons.count(), "time", "times");
    let _ = writeln!(text, "{title}, {times}:");
    for reason in reasons.told(REASONS) {
        let _ = writeln!(text, "  {} × {}", reason.count, reason.text);
    }
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
        let why = note.strip_prefix("held: ");
        let why = why.or_else(|| note.strip_prefix("would be held: "));
        // What files can mend is said by the reason itself.
        let way = why.map(WayOn::of).filter(|way| *way != WayOn::Files);
        if let Some(way) = way {
            let _ = writeln!(text, "  help: {way}");
        }
    }
    let excluded: Vec<String> = line
        .exclusions
        .iter()
        .map(|(reason, count)| format!("{count} {}", reason.words()))
        .collect();
    if !excluded.is_empty() {
        let _ = writeln!(text, "  excluded: {}", excluded.join(", "));
    }
    if line.without_mail() > 0 {
        let _ = writeln!(
            text,
            "  without a mail, because none could be made for their row: {}; `postmerge lint` shows which rows and why",
            line.without_mail()
        );
    }
    if counts.unknown > 0 {
        let _ = writeln!(
            text,
            "  {} unknown: nobody knows whether the relay took them. Look, then: {}",
            counts.unknown,
            settling(&line.occurrence)
        );
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::ledger::event::Exclusion;
    use crate::ledger::state::Counts;
    use crate::mail::occurrence::{CampaignId, OccurrenceId};

    #[test]
    fn the_command_that_settles_is_one() {
        let id = OccurrenceId::single(CampaignId::parse("2026/uno").unwrap());
        let command = settling(&id).replace("sent|resend", "sent");
        let read = <crate::cli::Cli as clap::Parser>::try_parse_from(command.split(' '));
        assert!(read.is_ok(), "{command}");
    }

    fn of(exclusions: &[(Exclusion, u32)]) -> Summary {
        let excluded = exclusions.iter().map(|(_, count)| u64::from(*count)).sum();
        let line = Line {
            occurrence: OccurrenceId::single(CampaignId::parse("uno").unwrap()),
            counts: Counts {
                audience: excluded + 2,
                accepted: 2,
                excluded,
                ..Counts::default()
            },
            note: None,
            held: false,
            exclusions: exclusions.iter().copied().collect::<BTreeMap<_, _>>(),
        };
        Summary {
            lines: vec![line],
            accepted: 2,
            published: true,
            ..Summary::default()
        }
    }

    #[test]
    fn who_is_left_out_is_counted_by_reason_in_words() {
        let run = of(&[(Exclusion::NoConsent, 3), (Exclusion::NotRenderable, 1)]);
        for is_dry in [false, true] {
            let text = summary(&run, is_dry);
            let reasons =
                "  excluded: 3 without consent, 1 with a row of which no mail can be made\n";
            assert!(text.contains(reasons), "{text}");
            assert!(
                text.contains("  without a mail, because none could be made for their row: 1;"),
                "{text}"
            );
        }
    }

    #[test]
    fn refusals_that_are_not_believed_are_told_by_the_run_that_had_them() {
        let doubted = |occurrence: &str| Doubted {
            occurrence: occurrence.parse().unwrap(),
            count: 53,
            of: 1053,
            words: "550 5.1.1 \u{1b}User unknown".to_owned(),
        };
        let mut run = of(&[]);
        run.doubted = vec![doubted("uno"), doubted("2025/old")];
        for is_dry in [false, true] {
            let text = summary(&run, is_dry);
            assert!(
                text.contains("Warning: 53 of 1053 mails of uno were refused with the same words"),
                "{text}"
            );
            assert!(
                text.contains("User unknown") && !text.contains('\u{1b}'),
                "{text}"
            );
            assert!(!text.contains("2025/old"), "{text}");
        }
    }

    #[test]
    fn a_hold_says_where_it_is_mended() {
        let mut run = of(&[]);
        let mut said = |note: &str| {
            run.lines[0].note = Some(note.to_owned());
            summary(&run, false)
        };
        let text = said("held: DKIM key: the environment variable KEY is not set");
        assert!(text.contains("  help: set it where `send` runs"), "{text}");
        let text = said("would be held: relay principal: no answer");
        assert!(text.contains("`postmerge doctor`"), "{text}");
        let text = said("held: it grew");
        assert!(!text.contains("help:"), "{text}");
    }

    #[test]
    fn only_who_should_have_got_it_makes_the_exit_code_1() {
        for (reason, code) in [
            (Exclusion::NotRenderable, 1),
            (Exclusion::DocumentMissing, 1),
            (Exclusion::NoConsent, 0),
            (Exclusion::AddressInvalid, 0),
        ] {
            assert_eq!(exit_code(&of(&[(reason, 1)])), code, "{reason:?}");
        }
        assert_eq!(exit_code(&of(&[])), 0);
    }
}
