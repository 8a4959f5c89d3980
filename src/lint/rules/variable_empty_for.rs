//! A variable that a mail uses must have a value, or a default, for everybody who gets it.

use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::{Check, Context, mistakes};
use crate::render::RenderError;

/// The rule.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM074",
        name: "variable-empty-for",
        severity: Severity::Error,
        summary: "A mail uses a value that some of its recipients do not have.",
    },
    run,
};

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    for found in context.mistakes {
        let RenderError::Empty { name, .. } = &found.error else {
            continue;
        };
        let who = mistakes::who(found);
        let message = format!("`{name}` is empty for {who}");
        let finding = Diagnostic::new(&CHECK.rule, &found.path, found.place.clone(), message);
        out.push(finding.why("they would not get the mail").help(format!(
            "write `{{{{ {name} | default(\"…\") }}}}`, or ask `{{% if {name} is defined %}}`, or fill the cells"
        )));
    }
}
