//! An acceptance must accept something.

use crate::diagnostic::place::Place;
use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::Check;

/// The rule; its findings come from applying the acceptances to those of all others.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM140",
        name: "allowance-unused",
        severity: Severity::Warning,
        summary: "A comment accepts a finding that is not there.",
    },
    run: |_, _| {},
};

pub(in crate::lint) fn finding(path: &str, place: Place, rule: &str) -> Diagnostic {
    let message = format!("there is no finding of `{rule}` to accept here");
    Diagnostic::new(&CHECK.rule, path, place, message)
        .why("should such a finding come later, nobody would look at it")
        .help("take the comment away")
}
