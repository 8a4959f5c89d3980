//! An address has a slip in its provider's name.

use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::remarks::{Kind, report};
use crate::lint::{Check, Context};

/// The rule.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM083",
        name: "misspelt-domain",
        severity: Severity::Warning,
        summary: "An address has a slip in its provider's name.",
    },
    run,
};

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    let words = (
        "the mail bounces, or reaches a stranger who registered the name",
        "write the right name, after asking where you are not sure",
    );
    report(context, &CHECK.rule, Kind::Misspelt, words, out);
}
