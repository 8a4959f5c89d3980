//! What a template names must be a column of the campaign's lists, or said by postmerge.

use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::{Check, Context, templates};
use crate::render::{NameKind, RenderError};

/// The rule.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM072",
        name: "variable-unknown",
        severity: Severity::Error,
        summary: "A template names a variable that is no column of the campaign's lists.",
    },
    run,
};

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    let wanted = |error: &RenderError| matches!(error, RenderError::Unknown { name, .. } if name.kind == NameKind::Variable);
    templates::report(context, &CHECK.rule, wanted, out);
}
