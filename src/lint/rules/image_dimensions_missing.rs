//! Pictures in HTML say their size.

use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::{Check, Context};

/// The rule.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM113",
        name: "image-dimensions-missing",
        severity: Severity::Warning,
        summary: "A picture in HTML says no width and height.",
    },
    run,
};

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    for text in context.texts {
        for image in &text.images {
            if !image.is_sized {
                out.push(
                    text.finding(
                        &CHECK.rule,
                        &image.at,
                        "the picture has no `width` and `height`",
                    )
                    .why("Outlook shows it as large as its file, and the text jumps when it comes")
                    .help("write both as attributes, in pixels: `width=\"536\" height=\"200\"`"),
                );
            }
        }
    }
}
