//! An address stands in a list twice.

use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::remarks::{Kind, report};
use crate::lint::{Check, Context};

/// The rule.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM080",
        name: "duplicate-member",
        severity: Severity::Warning,
        summary: "An address stands in a list twice.",
    },
    run,
};

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    let words = (
        "only the first row counts: what the others say about the person is not used",
        "take away the row that is not right",
    );
    report(context, &CHECK.rule, Kind::Duplicate, words, out);
}
