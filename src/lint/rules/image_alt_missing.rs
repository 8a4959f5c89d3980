//! Pictures have words.

use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::{Check, Context};

/// The rule.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM112",
        name: "image-alt-missing",
        severity: Severity::Warning,
        summary: "A picture has no words for who does not see it.",
    },
    run,
};

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    for text in context.texts {
        for image in &text.images {
            let alt = image.alt.as_deref().unwrap_or_default();
            let is_there = !alt.trim().is_empty() || image.is_decoration();
            if !is_there {
                out.push(
                    text.finding(&CHECK.rule, &image.at, "the picture has no text of its own")
                        .why("many mail programs show pictures only on request, and blind people hear the text")
                        .help("say in a few words what it shows: `![Mapa de la sede](…)`, or `alt=\"\"` for decoration in HTML"),
                );
            }
        }
    }
}
