//! A list's CSV file must have the columns of its YAML file, each once and no others.

use crate::diagnostic::place::Place;
use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::rows::Rows;
use crate::lint::{Check, Context};
use crate::workspace::members::{HeadingProblem, ListError};
use crate::workspace::rules::FILE_UNREADABLE;

/// The rule.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM062",
        name: "heading-wrong",
        severity: Severity::Error,
        summary: "The first row of a list's CSV file does not name the list's columns.",
    },
    run,
};

/// A file of something else has hundreds of wrong columns.
const SHOWN: usize = 10;

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    for (name, rows) in context.rows {
        let (Rows::Failed(error), Some(file)) = (rows, context.loaded.lists.get(name)) else {
            continue;
        };
        let mut find = |column: usize, message: String, help: String| {
            let place = Place::Line { line: 1, column };
            out.push(Diagnostic::new(&CHECK.rule, &file.members, place, message).help(help));
        };
        let problems = match error {
            ListError::NoHeading | ListError::HeadingNotText | ListError::HeadingTooLong => {
                let help = format!("the first row names the columns of `{}`", file.path);
                find(1, error.to_string(), help);
                continue;
            }
            ListError::Io(why) => {
                let message = format!("`{}` cannot be read: {why}", file.members);
                let place = Place::File;
                out.push(Diagnostic::new(
                    &FILE_UNREADABLE,
                    &file.members,
                    place,
                    message,
                ));
                continue;
            }
            ListError::Heading(problems) => problems,
        };
        for problem in problems.iter().take(SHOWN) {
            match problem {
                HeadingProblem::Missing(column) => {
                    let help =
                        format!("add `{column}` to the first row, and a cell to every other");
                    find(1, problem.to_string(), help);
                }
                HeadingProblem::Extra {
                    name, character, ..
                } => {
                    let help = format!(
                        "rename or delete the column, or add `{name}` to `columns` in `{}`",
                        file.path
                    );
                    find(*character, problem.to_string(), help);
                }
                HeadingProblem::Twice { character, .. } => {
                    find(
                        *character,
                        problem.to_string(),
                        "rename or delete one of them".to_owned(),
                    );
                }
            }
        }
        if let Some(more) = problems.len().checked_sub(SHOWN).filter(|more| *more > 0) {
            let help = format!("is this the CSV file of `{}`?", file.path);
            find(
                1,
                format!("the heading has {more} more such mistakes"),
                help,
            );
        }
    }
}
