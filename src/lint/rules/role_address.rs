//! An address is the mailbox of a function.

use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::remarks::{Kind, report};
use crate::lint::{Check, Context};

/// The rule.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM081",
        name: "role-address",
        severity: Severity::Warning,
        summary: "An address is the mailbox of a function.",
    },
    run,
};

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    let words = (
        "nobody in particular has consented there, and several people read it: complaints are frequent",
        "ask for the address of a person",
    );
    report(context, &CHECK.rule, Kind::Role, words, out);
}
