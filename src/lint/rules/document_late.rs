//! Documents are there in time.

use crate::diagnostic::place::Place;
use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::{Check, Context};

/// The rule.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM174",
        name: "document-late",
        severity: Severity::Warning,
        summary: "A document comes too late to be looked at.",
    },
    run,
};

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    let needed = context
        .ruling()
        .map(|it| it.lint.limits.document_days)
        .max();
    let needed = needed.unwrap_or_default();
    for (id, file) in &context.loaded.campaigns {
        if context.gone_out(id, file).is_some() {
            continue;
        }
        let date = file.campaign.send.date;
        let Some(left) = context.too_late(date, needed) else {
            continue;
        };
        for (at, document) in file.campaign.documents.iter().enumerate() {
            let path = format!("{}/{}", file.folder, document.file);
            if !context.is_changed(&path) {
                continue;
            }
            let place = Place::value(&["documents", &at.to_string(), "file"]);
            let message = format!(
                "{} comes {left} business days before {date}; {needed} are needed",
                document.file
            );
            out.push(
                Diagnostic::new(&CHECK.rule, &file.path, place, message)
                    .why("a document is what recipients keep, and nobody has time to look at it")
                    .help("send later, or have it accepted here with a reason"),
            );
        }
    }
}
