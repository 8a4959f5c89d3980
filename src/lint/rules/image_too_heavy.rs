//! Pictures are small files.

use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::target::{Target, target};
use crate::lint::{Check, Context};
use crate::workspace::source::WorkspacePath;

/// The rule.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM114",
        name: "image-too-heavy",
        severity: Severity::Warning,
        summary: "A picture is a large file.",
    },
    run,
};

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    let Some(settings) = &context.loaded.settings else {
        return;
    };
    let limit = settings.lint.limits.image.0;
    for text in context.texts {
        for image in &text.images {
            let Target::Asset(name) = target(&image.src) else {
                continue;
            };
            let size = WorkspacePath::parse(&format!("assets/{name}"))
                .ok()
                .and_then(|path| context.source.size(&path).ok());
            if let Some(size) = size.filter(|size| *size > limit) {
                let message = format!(
                    "assets/{name} has {} KB; {} KB are enough",
                    size / 1000,
                    limit / 1000
                );
                out.push(
                    text.finding(&CHECK.rule, &image.at, message)
                        .why("on a telephone it comes late or not at all")
                        .help(
                            "save it smaller: twice the width that it is shown at, as JPEG or PNG",
                        ),
                );
            }
        }
    }
}
