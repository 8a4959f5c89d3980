//! An address is a mailbox for an hour.

use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::remarks::{Kind, report};
use crate::lint::{Check, Context};

/// The rule.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM082",
        name: "disposable-domain",
        severity: Severity::Warning,
        summary: "An address is a mailbox for an hour.",
    },
    run,
};

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    let words = (
        "it bounces tomorrow, and bounces cost the reputation of the sender",
        "ask for another address",
    );
    report(context, &CHECK.rule, Kind::Disposable, words, out);
}
