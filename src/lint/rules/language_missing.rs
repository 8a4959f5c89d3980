//! A page says its language.

use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::content::Kind;
use crate::lint::{Check, Context};

/// The rule.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM117",
        name: "language-missing",
        severity: Severity::Warning,
        summary: "A page does not say its language.",
    },
    run,
};

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    for text in context.texts.iter().filter(|it| it.kind == Kind::Html) {
        let page = text.elements.iter().find(|it| it.name == "html");
        // Without the element it is what goes into a layout, or gets its page from us with a language.
        let Some(page) = page else { continue };
        if page
            .attribute("lang")
            .is_none_or(|lang| lang.trim().is_empty())
        {
            out.push(
                text.finding(&CHECK.rule, &page.at, "the page says no language")
                    .why("a screen reader reads it with the wrong voice, and mail programs offer to translate it")
                    .help("write `<html lang=\"{{ locale }}\">`"),
            );
        }
    }
}
