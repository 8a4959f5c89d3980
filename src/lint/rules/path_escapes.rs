//! A path in a file must stay below the folder that it is relative to.

use crate::diagnostic::place::Place;
use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::rules::ca_file_missing::{CA_FILE, ca_file};
use crate::lint::{Check, Context};
use crate::workspace::source::WorkspacePath;

/// The rule.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM034",
        name: "path-escapes",
        severity: Severity::Error,
        summary: "A path leaves the folder that it is relative to.",
    },
    run,
};

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    let mut check = |path: &dyn std::fmt::Display, steps: &[&str], text: &str| {
        // A tag stands for a cell's text; what that may hold is looked at when rows are read.
        if WorkspacePath::parse(text).is_err() {
            let message = format!("`{text}` is not a path below its folder");
            out.push(
                Diagnostic::new(&CHECK.rule, path, Place::value(steps), message)
                    .why("files outside the workspace are nobody's to send")
                    .help("write it relative, with `/` between folders and without `..`"),
            );
        }
    };
    for file in context.loaded.campaigns.values() {
        for (at, document) in file.campaign.documents.iter().enumerate() {
            let steps = ["documents", &at.to_string(), "file"];
            check(&file.path, &steps, &document.file);
        }
    }
    if let Some(settings) = &context.loaded.settings {
        for (name, relay) in &settings.relays {
            if let Some(file) = &relay.ca_file {
                let steps = ["relays", name.as_str(), "ca_file"];
                check(&"postmerge.yaml", &steps, file);
            }
        }
        if let Some(file) = ca_file(&settings.bounces) {
            check(&"postmerge.yaml", &CA_FILE, file);
        }
        if let Some(logo) = &settings.policy.brand.logo {
            check(&"postmerge.yaml", &["policy", "brand", "logo"], logo);
        }
    }
}
