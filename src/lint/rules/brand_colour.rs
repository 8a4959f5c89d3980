//! Colours are the organisation's, or greys.

use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::style::{Colour, declarations};
use crate::lint::{Check, Context};

/// The rule.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM123",
        name: "brand-colour",
        severity: Severity::Warning,
        summary: "A colour is none of the organisation's.",
    },
    run,
};

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    let Some(settings) = &context.loaded.settings else {
        return;
    };
    let known: Vec<Colour> = settings
        .policy
        .brand
        .colours
        .iter()
        .filter_map(|text| Colour::parse(text))
        .collect();
    if known.is_empty() {
        return;
    }
    for text in context.texts {
        for element in &text.elements {
            let style = element.attribute("style").unwrap_or_default();
            let of_style = declarations(style)
                .filter(|it| it.name.contains("color") || it.name.starts_with("background"))
                .map(|it| it.value);
            let attributes = ["color", "bgcolor"].into_iter();
            let of_attributes =
                attributes.filter_map(|name| element.attribute(name).map(str::to_owned));
            for value in of_style.chain(of_attributes) {
                let Some(colour) = Colour::parse(&value) else {
                    continue;
                };
                if !colour.is_grey() && !known.iter().any(|it| it.is_near(colour)) {
                    let names: Vec<String> = known.iter().map(ToString::to_string).collect();
                    out.push(
                        text.finding(
                            &CHECK.rule,
                            &element.at,
                            format!("{colour} is none of the brand's colours"),
                        )
                        .help(format!("take one of {}, or a grey", names.join(", "))),
                    );
                }
            }
        }
    }
}
