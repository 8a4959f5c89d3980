//! A row that cannot be made out, such as one whose quotation mark is never closed.

use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::rows::{self, Kind};
use crate::lint::{Check, Context};

/// The rule.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM064",
        name: "row-unreadable",
        severity: Severity::Error,
        summary: "A row cannot be made out: an open quotation mark, or too long.",
    },
    run,
};

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    let help = "close the quotation mark, or double it where it is meant as one (`\"\"`)";
    rows::report(context, &CHECK.rule, Kind::Unreadable, help, out);
}
