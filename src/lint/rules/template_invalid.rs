//! A campaign's texts and its layout must compile.

use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::{Check, Context, templates};
use crate::render::RenderError;
use crate::workspace::rules::NESTING_TOO_DEEP;

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
    let too_deep = |error: &RenderError| matches!(error, RenderError::TooDeep { .. });
    let mut deep = Vec::new();
    templates::report(context, &NESTING_TOO_DEEP, too_deep, &mut deep);
    let help = "no mail needs that: look for a mark or a tag that was repeated, or never closed";
    out.extend(deep.into_iter().map(|finding| finding.help(help)));
    out.extend(context.templates.findings.iter().cloned());
}
