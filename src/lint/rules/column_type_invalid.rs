//! A cell must fit its column's type and values.

use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::rows::{self, Kind};
use crate::lint::{Check, Context};

/// The rule.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM068",
        name: "column-type-invalid",
        severity: Severity::Error,
        summary: "A cell does not fit its column.",
    },
    run,
};

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    let help = "mend the cell, or the column's `type` and `values` in the list's YAML file";
    rows::report(context, &CHECK.rule, Kind::Cell, help, out);
}
