//! Templates are approved.

use crate::diagnostic::place::Place;
use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::{Check, Context};
use crate::plan::approval::template_digest;

/// The rule.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM173",
        name: "template-unapproved",
        severity: Severity::Error,
        summary: "A template is not what was approved.",
    },
    run,
};

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    if context.loaded.settings.is_none() {
        return;
    }
    let are_needed = context.ruling().any(|it| it.policy.approved_templates);
    for (name, file) in &context.loaded.templates {
        let Ok(digest) = template_digest(context.source, &file.folder) else {
            continue;
        };
        let digest = digest.short();
        let approval = &file.template.approval;
        let place = Place::value(&["approval", "digest"]);
        let (place, message) = match &approval.digest {
            Some(approved) if *approved == digest => continue,
            Some(approved) => {
                let message = format!("approved was {approved}, and its files are {digest} now");
                (place, message)
            }
            None if are_needed => (
                Place::File,
                format!("nobody has approved the template {name}"),
            ),
            None => continue,
        };
        out.push(
            Diagnostic::new(&CHECK.rule, &file.path, place, message)
                .why("every campaign with it would look in a way that nobody has looked at")
                .help(format!(
                    "the administrator writes `approval: {{digest: {digest}, by: …}}` after looking at it"
                )),
        );
    }
}
