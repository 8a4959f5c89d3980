//! `history`'s answers that have a line for each recipient: printed as they are read.

use std::process::ExitCode;

use super::error::CliError;
use super::history::{Asked, Format, head, nothing, unreadable};
use super::terminal::Terminal;
use crate::mail::occurrence::OccurrenceId;
use crate::report::history::lines::{CameBack, LinesError, Question, Summary, Whose, lines};
use crate::report::history::{json, table, text};

/// Prints the lines of the occurrences that `takes` takes.
///
/// # Errors
/// [`CliError`].
pub(super) fn show(
    asked: &Asked<'_>,
    whose: Whose,
    takes: &dyn Fn(&OccurrenceId) -> bool,
    terminal: &mut Terminal,
) -> Result<ExitCode, CliError> {
    let ledger = &asked.ledger;
    let mut came_back = CameBack::read(ledger, takes).map_err(unreadable)?;
    let question = Question {
        whose,
        since: asked.since,
        now: asked.now,
    };
    match asked.format {
        Format::Text => {}
        Format::Json => {
            terminal.print(&json::beginning(&head(ledger), asked.now, asked.question))?;
        }
        Format::Csv => terminal.print(&table::lines_heading())?,
    }
    let mut summaries: Vec<Summary> = Vec::new();
    let mut shown = 0;
    let occurrences = ledger.occurrences().map_err(unreadable)?;
    for id in occurrences.iter().filter(|id| takes(id)) {
        let mut of_this = 0_u64;
        let told = lines(ledger, id, &question, &mut came_back, |line| {
            let is_first = shown == 0;
            shown += 1;
            of_this += 1;
            if asked.format == Format::Text && of_this == 1 {
                terminal.print(&text::heading(id))?;
            }
            terminal.print(&match asked.format {
                Format::Text => text::recipient(line, &asked.addresses, &asked.zone),
                Format::Json => json::line(id, line, &asked.addresses, is_first),
                Format::Csv => table::line(id, line, &asked.addresses),
            })
        })
        .map_err(failed)?;
        let Some(told) = told.filter(|told| told.lines > 0) else {
            continue;
        };
        if asked.format == Format::Text {
            terminal.print(&text::summary(&told, &asked.zone))?;
        }
        summaries.push(told);
    }
    match asked.format {
        Format::Text if shown == 0 => {
            let (kind, what) = asked.question;
            let about = match kind {
                "list" => format!("the members of the list {what}"),
                kind => format!("the {kind} {what}"),
            };
            terminal.print(&nothing(asked, &about))?;
        }
        Format::Json => terminal.print(&json::end_of_lines(&summaries))?,
        Format::Text | Format::Csv => {}
    }
    Ok(ExitCode::from(u8::from(shown == 0)))
}

fn failed(why: LinesError<CliError>) -> CliError {
    match why {
        LinesError::Ledger(why) => unreadable(why),
        LinesError::Taking(why) => why,
        LinesError::Io(_) => CliError::new(why.to_string()).hint("is there room on the disk?"),
    }
}
