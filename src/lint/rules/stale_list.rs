//! Lists are confirmed now and then.

use crate::diagnostic::place::Place;
use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::{Check, Context};
use jiff::ToSpan as _;

/// The rule.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM085",
        name: "stale-list",
        severity: Severity::Warning,
        summary: "A list was not confirmed for long.",
    },
    run,
};

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    let Some(settings) = &context.loaded.settings else {
        return;
    };
    let months = settings.lint.limits.stale_after_months;
    let Ok(limit) = context.today.checked_sub(i64::from(months).months()) else {
        return;
    };
    for file in context.loaded.lists.values() {
        let Some(confirmed) = file.list.confirmed.filter(|it| *it < limit) else {
            continue;
        };
        let message =
            format!("its members were asked last on {confirmed}, more than {months} months ago");
        out.push(
            Diagnostic::new(
                &CHECK.rule,
                &file.path,
                Place::value(&["confirmed"]),
                message,
            )
            .why(
                "addresses die by a fifth a year, and some become traps for senders who do not ask",
            )
            .help("ask the members whether they want to stay, and write the day here"),
        );
    }
}
