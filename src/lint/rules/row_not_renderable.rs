//! What stands in a row must be such that the mail can be made of it.

use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::ledger::reply_text::reply_text;
use crate::lint::{Check, Context, mistakes};
use crate::render::RenderError;

/// The rule.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM075",
        name: "row-not-renderable",
        severity: Severity::Error,
        summary: "For some recipients no mail can be made of what stands in their row.",
    },
    run,
};

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    for found in context.mistakes {
        let why = match &found.error {
            RenderError::Empty { .. } => continue,
            RenderError::Template { why, .. } | RenderError::TooDeep { why, .. } => why.clone(),
            other => other.without_values(),
        };
        // Findings stand in the logs of CI, and logs show no addresses.
        let message = format!("no mail can be made for {}: {why}", mistakes::who(found));
        let message = reply_text(&message);
        let finding = Diagnostic::new(&CHECK.rule, &found.path, found.place.clone(), message);
        out.push(
            finding
                .why("they would not get the mail")
                .help("mend the rows, or use the value in another way here"),
        );
    }
}
