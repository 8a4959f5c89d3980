//! Attachments are as policy allows them.

use crate::diagnostic::place::Place;
use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::{Check, Context};
use crate::workspace::campaign::DocumentDelivery;

/// The rule.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM150",
        name: "attachment-forbidden",
        severity: Severity::Error,
        summary: "A campaign attaches what policy does not allow.",
    },
    run,
};

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    let Some(settings) = &context.loaded.settings else {
        return;
    };
    let policy = &settings.policy.attachments;
    for file in context.loaded.campaigns.values() {
        let mut sum = 0;
        for (at, document) in file.campaign.documents.iter().enumerate() {
            if document.delivery != DocumentDelivery::Attachment {
                continue;
            }
            let number = at.to_string();
            let ending = document
                .file
                .rsplit('.')
                .next()
                .unwrap_or_default()
                .to_lowercase();
            let size = file.folder.join(&document.file).ok();
            sum += size
                .and_then(|path| context.source.size(&path).ok())
                .unwrap_or_default();
            let (key, message) = if !policy.allowed {
                ("as", "attachments are not allowed here".to_owned())
            } else if !policy.types.iter().any(|it| it.to_lowercase() == ending) {
                (
                    "file",
                    format!(
                        "files `.{ending}` may not be attached; {} may",
                        policy.types.join(", ")
                    ),
                )
            } else {
                continue;
            };
            let place = Place::value(&["documents", &number, key]);
            out.push(finding(Diagnostic::new(
                &CHECK.rule,
                &file.path,
                place,
                message,
            )));
        }
        if policy.allowed && sum > policy.max_size.0 {
            let message = format!(
                "the attachments have {} KB together; {} KB are allowed",
                sum / 1000,
                policy.max_size.0 / 1000
            );
            let place = Place::key(&["documents"]);
            out.push(finding(Diagnostic::new(
                &CHECK.rule,
                &file.path,
                place,
                message,
            )));
        }
    }
}

fn finding(found: Diagnostic) -> Diagnostic {
    found
        .why("attachments are what filters look at first, and a large one is refused by many servers")
        .help("hand it over `as: link`")
}
