//! Everybody has their document.

use crate::diagnostic::place::Place;
use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::mistakes::lines;
use crate::lint::{Check, Context};

/// The rule.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM151",
        name: "document-missing-for",
        severity: Severity::Error,
        summary: "Some recipients have no document of their own.",
    },
    run,
};

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    for missing in context.without_document {
        let Some(file) = context.loaded.campaigns.get(&missing.campaign) else {
            continue;
        };
        let steps = ["documents", &missing.document.to_string(), "file"];
        let rows = lines(&missing.lines, missing.count);
        let message = format!("{} for {rows} of lists/{}.csv", missing.what, missing.list);
        out.push(
            Diagnostic::new(&CHECK.rule, &file.path, Place::value(&steps), message)
                .why("they would not get the mail")
                .help("put the files beside campaign.yaml under the names that the rows give"),
        );
    }
}
