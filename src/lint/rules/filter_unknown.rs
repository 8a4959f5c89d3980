//! Filters and tests of templates must be there: the engine looks only where a value passes.

use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::{Check, Context, templates};
use crate::render::{NameKind, RenderError};

/// The rule.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM071",
        name: "filter-unknown",
        severity: Severity::Error,
        summary: "A template names a filter or a test that is not there.",
    },
    run,
};

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    let wanted = |error: &RenderError| matches!(error, RenderError::Unknown { name, .. } if name.kind != NameKind::Variable);
    templates::report(context, &CHECK.rule, wanted, out);
}
