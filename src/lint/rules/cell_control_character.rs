//! A cell may hold no control character and no line break: it could become a header.

use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::rows::{self, Kind};
use crate::lint::{Check, Context};

/// The rule.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM065",
        name: "cell-control-character",
        severity: Severity::Error,
        summary: "A cell holds a line break or another character that no text has.",
    },
    run,
};

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    let help = "delete the character; it came from a copy or a damaged file";
    rows::report(context, &CHECK.rule, Kind::Control, help, out);
}
