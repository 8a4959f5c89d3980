//! Fonts are the organisation's.

use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::style::declarations;
use crate::lint::{Check, Context};

/// The rule.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM124",
        name: "brand-font",
        severity: Severity::Warning,
        summary: "A font is none of the organisation's.",
    },
    run,
};

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    let Some(settings) = &context.loaded.settings else {
        return;
    };
    let known: Vec<String> = settings
        .policy
        .brand
        .fonts
        .iter()
        .map(|it| it.to_lowercase())
        .collect();
    if known.is_empty() {
        return;
    }
    for text in context.texts {
        for element in &text.elements {
            let style = element.attribute("style").unwrap_or_default();
            let of_style = declarations(style).find(|it| it.name == "font-family");
            let face = element.attribute("face").filter(|_| element.name == "font");
            let Some(value) = of_style
                .map(|it| it.value)
                .or_else(|| face.map(str::to_lowercase))
            else {
                continue;
            };
            let first = value.split(',').next().unwrap_or_default();
            let first = first.trim().trim_matches(['"', '\'']);
            if !first.is_empty() && !first.contains("{{") && !known.iter().any(|it| it == first) {
                out.push(
                    text.finding(
                        &CHECK.rule,
                        &element.at,
                        format!("`{first}` is none of the brand's fonts"),
                    )
                    .help(format!(
                        "begin with one of {}",
                        settings.policy.brand.fonts.join(", ")
                    )),
                );
            }
        }
    }
}
