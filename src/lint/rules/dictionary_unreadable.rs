//! A dictionary can be read.

use crate::diagnostic::place::Place;
use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::Check;

/// The rule; its findings come from looking for misspellings.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM220",
        name: "dictionary-unreadable",
        severity: Severity::Warning,
        summary: "A dictionary cannot be read.",
    },
    run: |_, _| {},
};

pub(in crate::lint) fn finding(path: &str, why: &str) -> Diagnostic {
    Diagnostic::new(&CHECK.rule, path, Place::File, why)
        .why("words of its language are not looked at without it")
        .help("put both files of a Hunspell dictionary there, in UTF-8: `.aff` and `.dic`; or take them away")
}
