//! Addresses, header texts and style sheets must be such that a mail can be made of them.

use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::{Check, Context, templates};
use crate::render::RenderError;

/// The rule.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM073",
        name: "mail-impossible",
        severity: Severity::Error,
        summary: "No mail can be made of a campaign and its settings.",
    },
    run,
};

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    let wanted = |error: &RenderError| {
        !matches!(
            error,
            RenderError::Template { .. }
                | RenderError::TooDeep { .. }
                | RenderError::Unknown { .. }
        )
    };
    templates::report(context, &CHECK.rule, wanted, out);
}
