//! A list's rows must be UTF-8.

use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::rows::{self, Kind};
use crate::lint::{Check, Context};

/// The rule.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM066",
        name: "cell-not-utf8",
        severity: Severity::Error,
        summary: "A cell is not encoded in UTF-8.",
    },
    run,
};

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    let help = "save the file again with the encoding UTF-8 (in a spreadsheet: \"CSV UTF-8\")";
    rows::report(context, &CHECK.rule, Kind::NotUtf8, help, out);
}
