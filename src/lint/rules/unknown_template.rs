//! A campaign names a template: `templates/<name>/template.yaml` must be there.

use crate::diagnostic::place::Place;
use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::{Check, Context};
use crate::workspace::names::TemplateName;

/// The rule.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM041",
        name: "unknown-template",
        severity: Severity::Error,
        summary: "A campaign names a template that is not there.",
    },
    run,
};

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    let known = &context.loaded.template_names;
    for file in context.loaded.campaigns.values() {
        if let Some(name) = &file.campaign.template
            && !known.contains(name)
        {
            let message = format!("there is no template `{name}`");
            out.push(
                Diagnostic::new(
                    &CHECK.rule,
                    &file.path,
                    Place::value(&["template"]),
                    message,
                )
                .did_you_mean(name.as_str(), known.iter().map(TemplateName::as_str)),
            );
        }
    }
}
