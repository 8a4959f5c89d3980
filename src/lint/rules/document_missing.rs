//! A document with a literal name must be beside `campaign.yaml`.

use crate::diagnostic::place::Place;
use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::content::is_dynamic;
use crate::lint::{Check, Context};

/// The rule.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM033",
        name: "document-missing",
        severity: Severity::Error,
        summary: "A document that a campaign hands out is not there.",
    },
    run,
};

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    for file in context.loaded.campaigns.values() {
        for (at, document) in file.campaign.documents.iter().enumerate() {
            let name = document.file.as_str();
            // With a tag in it there is one for each recipient: known only with the rows.
            if is_dynamic(name) {
                continue;
            }
            // A path that leaves the folder is another rule's.
            let Ok(path) = file.folder.join(name) else {
                continue;
            };
            if !context.loaded.paths.contains(&path) {
                let folder = format!("{}/", file.folder);
                let known = context
                    .loaded
                    .paths
                    .iter()
                    .filter_map(|p| p.as_str().strip_prefix(&folder))
                    .filter(|p| !matches!(*p, "campaign.yaml" | "body.md" | "body.html"));
                let place = Place::value(&["documents", &at.to_string(), "file"]);
                let message = format!("`{path}` is not there");
                out.push(
                    Diagnostic::new(&CHECK.rule, &file.path, place, message)
                        .did_you_mean(name, known),
                );
            }
        }
    }
}
