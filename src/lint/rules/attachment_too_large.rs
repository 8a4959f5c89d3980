//! Attachments fit through mail servers.

use crate::diagnostic::place::Place;
use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::attachments;
use crate::lint::{Check, Context};

/// The rule.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM153",
        name: "attachment-too-large",
        severity: Severity::Error,
        summary: "A campaign's attachments are larger than policy allows.",
    },
    run,
};

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    let Some(policy) = attachments::allowed(context) else {
        return;
    };
    for file in context.loaded.campaigns.values() {
        let size = |name: &String| {
            let path = file.folder.join(name).ok()?;
            context.source.size(&path).ok()
        };
        let sizes = attachments::of(file).filter_map(|(_, document)| size(&document.file));
        let sum: u64 = sizes.sum();
        if sum > policy.max_size.0 {
            let message = format!(
                "the attachments have {} KB together; {} KB are allowed",
                sum / 1000,
                policy.max_size.0 / 1000
            );
            let place = Place::key(&["documents"]);
            let found = Diagnostic::new(&CHECK.rule, &file.path, place, message);
            out.push(attachments::finding(found));
        }
    }
}
