//! A campaign's texts and its layout must compile.

use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::{Check, Context, templates};
use crate::render::RenderError;

/// The rule.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM070",
        name: "template-invalid",
        severity: Severity::Error,
        summary: "A text is no template, or one that no mail can be made of.",
    },
    run,
};

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    let wanted = |error: &RenderError| matches!(error, RenderError::Template { .. });
    templates::report(context, &CHECK.rule, wanted, out);
    out.extend(context.templates.findings.iter().cloned());
}
