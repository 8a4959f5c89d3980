//! A member's address must be one that can be written to.

use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::rows::{self, Kind};
use crate::lint::{Check, Context};

/// The rule.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM067",
        name: "address-invalid",
        severity: Severity::Error,
        summary: "A member's address is none.",
    },
    run,
};

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    let help = "mend the address, or delete the row: nobody can be mailed at it";
    rows::report(context, &CHECK.rule, Kind::Address, help, out);
}
