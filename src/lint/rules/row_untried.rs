//! Rows that lint had no time for are said, never passed over as sound.

use crate::diagnostic::place::Place;
use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::rows::grouped;
use crate::lint::{Check, Context};

/// The rule.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM077",
        name: "row-untried",
        severity: Severity::Warning,
        summary: "Some rows differ in too many ways to be tried one by one.",
    },
    run,
};

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    for untried in context.untried {
        let Some(file) = context.loaded.campaigns.get(&untried.campaign) else {
            continue;
        };
        let rows = if untried.count == 1 { "row" } else { "rows" };
        let message = format!(
            "{} {rows} of lists/{}.csv that it would go to were not tried",
            grouped(untried.count),
            untried.list
        );
        out.push(
            Diagnostic::new(&CHECK.rule, &file.path, Place::key(&["audience"]), message)
                .why("nobody knows whether a mail can be made for them; one lint makes so many mails and no more")
                .help("mend what else is found first; then use fewer values in conditions and links"),
        );
    }
}
