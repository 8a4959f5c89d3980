//! Headings follow each other without a gap.

use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::{Check, Context};

/// The rule.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM116",
        name: "heading-order",
        severity: Severity::Warning,
        summary: "Headings skip a level.",
    },
    run,
};

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    for text in context.texts {
        let mut before: Option<u8> = None;
        for heading in &text.headings {
            if let Some(before) = before
                && heading.level > before + 1
            {
                let message = format!(
                    "a heading of level {} follows one of level {before}",
                    heading.level
                );
                out.push(
                    text.finding(&CHECK.rule, &heading.at, message)
                        .why("who listens to a mail jumps from heading to heading, and looks for what is missing")
                        .help(format!("make it one of level {}", before + 1)),
                );
            }
            before = Some(heading.level);
        }
    }
}
