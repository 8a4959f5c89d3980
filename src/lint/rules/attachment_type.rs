//! Attachments are of the kinds that policy names.

use crate::diagnostic::place::Place;
use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::attachments;
use crate::lint::{Check, Context};

/// The rule.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM152",
        name: "attachment-type",
        severity: Severity::Error,
        summary: "A campaign attaches a kind of file that policy does not name.",
    },
    run,
};

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    let Some(policy) = attachments::allowed(context) else {
        return;
    };
    for file in context.loaded.campaigns.values() {
        for (number, document) in attachments::of(file) {
            let name = document.file.rsplit('/').next().unwrap_or_default();
            let ending = name
                .rsplit_once('.')
                .map(|(_, ending)| ending.to_lowercase());
            let is_named = |it: &String| Some(it.to_lowercase()) == ending;
            if policy.types.iter().any(is_named) {
                continue;
            }
            let place = Place::value(&["documents", &number.to_string(), "file"]);
            let may = policy.types.join(", ");
            let message = match ending {
                Some(ending) => format!("files `.{ending}` may not be attached; {may} may"),
                None => format!("a file without an ending may not be attached; {may} may"),
            };
            let found = Diagnostic::new(&CHECK.rule, &file.path, place, message);
            out.push(attachments::finding(found));
        }
    }
}
