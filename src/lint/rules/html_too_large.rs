//! A mail is smaller than what mail programs cut off.

use crate::diagnostic::place::Place;
use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::{Check, Context};

/// The rule.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM121",
        name: "html-too-large",
        severity: Severity::Warning,
        summary: "A mail is so large that mail programs cut it off.",
    },
    run,
};

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    let Some(settings) = &context.loaded.settings else {
        return;
    };
    let limits = &settings.lint.limits;
    for (id, sample) in context.samples {
        let size = sample.html.len() as u64;
        let Some(file) = context.loaded.campaigns.get(id) else {
            continue;
        };
        if size <= limits.html_warning.0 {
            continue;
        }
        let message = format!("the HTML of the mail has {} KB", size.div_ceil(1000));
        let mut finding = Diagnostic::new(&CHECK.rule, &file.path, Place::File, message)
            .why("Gmail shows the first 102 KB and hides the rest, with the link for leaving in it")
            .help("say less here and link to a page, or ask for a leaner template");
        if size > limits.html_error.0 {
            finding.severity = Severity::Error;
        }
        out.push(finding);
    }
}
