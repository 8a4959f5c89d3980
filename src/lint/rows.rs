//! Reads every list's rows once, for all rules about rows together. What is wrong is sorted by its
//! kind; of each kind the first ones are kept and the rest is counted, so that memory stays flat
//! whatever a file holds.

use std::collections::BTreeMap;

use super::Context;
use super::budget::Budget;
use super::concern::Concern;
use super::first_few::FirstFew;
use super::list_trial::Outcome;
use super::remarks::Remarks;
use super::trial::{Trials, Tried};
use crate::diagnostic::place::Place;
use crate::diagnostic::{Diagnostic, Rule};
use crate::ledger::reply_text::reply_text;
use crate::workspace::Loaded;
use crate::workspace::loaded::ListFile;
use crate::workspace::members::{Columns, ListError, Members, RowError, RowFlaw};
use crate::workspace::names::ListName;
use crate::workspace::parallel::map;
use crate::workspace::source::{Source, SourceError};

/// What can be wrong with a row, by the rule that says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// More or fewer cells than columns.
    Width,
    /// No row can be made out: an open quotation mark, or no end.
    Unreadable,
    /// A control character or a line break in a cell.
    Control,
    /// A cell that is not UTF-8.
    NotUtf8,
    /// No address.
    Address,
    /// A cell that does not fit its column.
    Cell,
}

/// What came of reading a list's CSV file.
#[derive(Debug)]
pub enum Rows {
    /// There is none.
    Missing,
    /// It is encrypted, and there is no key here: nobody looked at it.
    Encrypted,
    /// It cannot be opened.
    Closed(SourceError),
    /// Its heading does not fit, or reading stopped.
    Failed(ListError),
    /// It was read to its end.
    Read {
        /// How many rows it has.
        count: u64,
        /// Those that are wrong.
        wrong: BTreeMap<Kind, FirstFew<RowError>>,
        /// Those that are worth a look.
        remarks: Remarks,
    },
}

impl Rows {
    /// How many of them nothing is wrong with.
    pub fn sound(&self) -> u64 {
        match self {
            Self::Read { count, wrong, .. } => {
                let wrong: u64 = wrong.values().map(FirstFew::count).sum();
                count.saturating_sub(wrong)
            }
            _ => 0,
        }
    }

    /// How many rows it has, as far as they were read.
    pub const fn count(&self) -> u64 {
        match self {
            Self::Read { count, .. } => *count,
            _ => 0,
        }
    }
}

/// Reads the lists of concern whose settings could be read, on all processors, and tries the campaigns on them.
pub(super) fn read<'a>(
    source: &dyn Source,
    loaded: &'a Loaded,
    concern: &Concern<'_>,
    trials: Trials<'a>,
) -> (BTreeMap<ListName, Rows>, Tried) {
    let lists = loaded.lists.iter().filter(|(name, _)| concern.list(name));
    let lists = lists.map(|(name, file)| (name, file, source.size(&file.members).unwrap_or(0)));
    let lists: Vec<_> = lists.collect();
    let all = lists.iter().map(|(.., size)| size).sum();
    let settings = loaded.settings.as_ref();
    let plus_is_same = settings.is_some_and(|settings| settings.lint.plus_is_same);
    let read = map(&lists, 1, |(name, file, size)| {
        let remarks = |columns: &Columns| Remarks::new(&file.list, columns, plus_is_same);
        read_list(
            source,
            (name, file),
            &trials,
            Budget::share(*size, all),
            remarks,
        )
    });
    let (rows, outcomes): (Vec<_>, Vec<_>) = read.into_iter().unzip();
    let names = lists.iter().map(|(name, ..)| (*name).clone());
    (names.zip(rows).collect(), trials.gather(outcomes))
}

fn read_list<'a>(
    source: &dyn Source,
    (name, file): (&'a ListName, &'a ListFile),
    trials: &Trials<'a>,
    budget: Budget,
    remarks: impl FnOnce(&Columns) -> Remarks,
) -> (Rows, Outcome) {
    let failed = |rows: Rows| (rows, trials.unreadable(name));
    let input = match file.open(source) {
        Ok(input) => input,
        Err(error) if error.is_without_key() => return failed(Rows::Encrypted),
        Err(SourceError::Missing(_)) => return failed(Rows::Missing),
        Err(error) => return failed(Rows::Closed(error)),
    };
    let mut members = match Members::new(input, &file.list) {
        Ok(members) => members,
        Err(error) => return failed(Rows::Failed(error)),
    };
    let mut trial = trials.of_list(name, file, members.columns(), budget);
    let idle = trial.is_idle();
    let (mut count, mut wrong) = (0, BTreeMap::<Kind, FirstFew<RowError>>::new());
    let mut remarks = remarks(members.columns());
    loop {
        match members.next_row() {
            Ok(Some(Ok(row))) => {
                remarks.take(&row);
                if !idle {
                    trial.take(&row);
                }
            }
            Ok(Some(Err(error))) => {
                let of_kind = wrong.entry(kind(&error.flaw)).or_default();
                of_kind.add(error.at.line, || error);
            }
            Ok(None) => break,
            Err(error) => return (Rows::Failed(error), trial.done(false)),
        }
        count += 1;
    }
    remarks.done();
    let rows = Rows::Read {
        count,
        wrong,
        remarks,
    };
    (rows, trial.done(true))
}

fn kind(flaw: &RowFlaw) -> Kind {
    match flaw {
        RowFlaw::Width { .. } => Kind::Width,
        RowFlaw::TooManyCells | RowFlaw::TooLong | RowFlaw::Unclosed | RowFlaw::Unreadable(_) => {
            Kind::Unreadable
        }
        RowFlaw::LineBreak | RowFlaw::Control(_) => Kind::Control,
        RowFlaw::NotUtf8 => Kind::NotUtf8,
        RowFlaw::Address(_) => Kind::Address,
        RowFlaw::CellTooLong(_) | RowFlaw::Cell(_) => Kind::Cell,
    }
}

/// Reports the wrong rows of one kind, each with what to do about it.
pub(super) fn report(
    context: &Context<'_>,
    rule: &'static Rule,
    wanted: Kind,
    help: &str,
    out: &mut Vec<Diagnostic>,
) {
    for (name, rows) in context.rows {
        let (Rows::Read { wrong, .. }, Some(file)) = (rows, context.loaded.lists.get(name)) else {
            continue;
        };
        let Some(wrong) = wrong.get(&wanted) else {
            continue;
        };
        let found = |line: u64, column: usize, message: String| {
            let line = usize::try_from(line).unwrap_or(usize::MAX);
            Diagnostic::new(rule, &file.members, Place::Line { line, column }, message)
        };
        for error in &wrong.first {
            let place = (error.at.line, error.character);
            out.push(found(place.0, place.1, message(error)).help(help));
        }
        if let Some((more, line)) = wrong.more() {
            let rows = if more == 1 { "row is" } else { "rows are" };
            let message = format!("{} more {rows} wrong in this way", grouped(more));
            out.push(found(line, 1, message).help(help));
        }
    }
}

/// Findings stand in the logs of CI, and logs show no addresses.
fn message(error: &RowError) -> String {
    let place = match &error.column {
        Some(name) => format!("column `{name}`"),
        None => "this row".to_owned(),
    };
    let flaw = error.flaw.to_string();
    let shown = match flaw.rsplit_once("` is no e-mail address: ") {
        // What is no address may still be most of one.
        Some((_, why)) => format!("this is no e-mail address: {why}"),
        None => flaw,
    };
    reply_text(&format!("{place}: {shown}"))
}

/// `1,234`.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped() {
        let shown = [7, 999, 1_000, 1_234_567].map(grouped);
        assert_eq!(shown, ["7", "999", "1,000", "1,234,567"]);
    }
}
