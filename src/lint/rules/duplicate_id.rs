//! Campaigns' ids differ in more than capitals.

use crate::diagnostic::place::Place;
use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::{Check, Context};
use crate::mail::occurrence::CampaignId;
use crate::workspace::loaded::CampaignFile;
use std::collections::BTreeMap;

/// The rule.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM095",
        name: "duplicate-id",
        severity: Severity::Error,
        summary: "Two campaigns' ids differ in capitals only.",
    },
    run,
};

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    let mut seen: BTreeMap<String, (&CampaignId, &CampaignFile)> = BTreeMap::new();
    for (id, file) in &context.loaded.campaigns {
        let Some((other, earlier)) = seen.insert(id.as_str().to_lowercase(), (id, file)) else {
            continue;
        };
        for (file, id, other) in [(earlier, other, id), (file, id, other)] {
            let message = format!("`{id}` and `{other}` differ in capitals only");
            out.push(
                Diagnostic::new(&CHECK.rule, &file.path, Place::File, message)
                    .why("on Windows and macOS they are one folder, and one of them is lost")
                    .help("rename the one that has not been sent"),
            );
        }
    }
}
