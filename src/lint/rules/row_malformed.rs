//! A row must have a cell for every column: else it is not known which is missing.

use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::rows::{self, Kind};
use crate::lint::{Check, Context};

/// The rule.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM063",
        name: "row-malformed",
        severity: Severity::Error,
        summary: "A row has more or fewer cells than its list has columns.",
    },
    run,
};

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    let help = "write the row with a cell for every column; one with a comma in it needs quotation marks around it";
    rows::report(context, &CHECK.rule, Kind::Width, help, out);
}
