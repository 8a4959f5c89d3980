//! A template's folder must have its `layout.html`.

use crate::diagnostic::place::Place;
use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::{Check, Context};

/// The rule.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM035",
        name: "template-layout-missing",
        severity: Severity::Error,
        summary: "A template has no `layout.html`.",
    },
    run,
};

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    for (name, file) in &context.loaded.templates {
        if !context.loaded.paths.contains(&file.html) {
            let message = format!("the template `{name}` has no `layout.html`");
            out.push(
                Diagnostic::new(&CHECK.rule, &file.path, Place::File, message).help(
                    "add it beside `template.yaml`, with `{{ content }}` where the body goes",
                ),
            );
        }
    }
}
