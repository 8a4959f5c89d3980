//! A relay's `ca_file` must be a file of the workspace.

use crate::diagnostic::place::Place;
use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::{Check, Context};
use crate::workspace::source::WorkspacePath;

/// The rule.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM036",
        name: "ca-file-missing",
        severity: Severity::Error,
        summary: "The file with a relay's certificate authority is not there.",
    },
    run,
};

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    let Some(settings) = &context.loaded.settings else {
        return;
    };
    for (name, relay) in &settings.relays {
        // A path that leaves the workspace is another rule's.
        let Some(Ok(path)) = relay.ca_file.as_deref().map(WorkspacePath::parse) else {
            continue;
        };
        if let Err(error) = context.source.size(&path) {
            let place = Place::value(&["relays", name.as_str(), "ca_file"]);
            out.push(
                Diagnostic::new(&CHECK.rule, "postmerge.yaml", place, error.to_string())
                    .why("without it the relay's certificate is not trusted, and nothing is sent"),
            );
        }
    }
}
