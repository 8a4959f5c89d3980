//! A body shows its text.

use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::content::Owner;
use crate::lint::style::declarations;
use crate::lint::{Check, Context};

/// The rule.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM119",
        name: "hidden-text",
        severity: Severity::Error,
        summary: "A body holds text that nobody sees.",
    },
    run,
};

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    for text in context.texts {
        // A layout hides its preheader, as it must.
        if !matches!(text.owner, Owner::Campaign(_)) {
            continue;
        }
        for element in &text.elements {
            let style = element.attribute("style").unwrap_or_default();
            let Some(how) =
                hides(style).or_else(|| element.attribute("hidden").map(|_| "`hidden`"))
            else {
                continue;
            };
            let inside = text.source.get(element.at.end..).unwrap_or_default();
            let is_preheader = inside
                .trim_start()
                .strip_prefix("{{")
                .is_some_and(|it| it.trim_start().starts_with("preheader"));
            if element.name == "img" || is_preheader {
                continue;
            }
            out.push(
                text.finding(&CHECK.rule, &element.at, format!("{how} hides what stands in `<{}>`", element.name))
                    .why("text that is there for filters only is what spam does; they find it")
                    .help("take the text away, or show it; the line after the subject is `preheader` in campaign.yaml"),
            );
        }
    }
}

fn hides(style: &str) -> Option<&'static str> {
    declarations(style).find_map(|(name, value)| match (name.as_str(), value.as_str()) {
        ("display", "none") => Some("`display: none`"),
        ("visibility", "hidden") => Some("`visibility: hidden`"),
        ("opacity", "0") => Some("`opacity: 0`"),
        ("font-size", "0" | "0px" | "1px") => Some("its font size"),
        ("text-indent", value) if value.starts_with("-9") => Some("`text-indent`"),
        _ => None,
    })
}
