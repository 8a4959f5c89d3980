//! A cell begins as a formula does.

use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::remarks::{Kind, report};
use crate::lint::{Check, Context};

/// The rule.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM084",
        name: "formula-cell",
        severity: Severity::Warning,
        summary: "A cell begins as a formula does.",
    },
    run,
};

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    let words = (
        "whoever opens the list in a spreadsheet runs it",
        "write the text without its first sign",
    );
    report(context, &CHECK.rule, Kind::Formula, words, out);
}
