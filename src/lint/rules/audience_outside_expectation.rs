//! The audience is what is expected.

use crate::diagnostic::place::Place;
use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::{Check, Context};

/// The rule.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM092",
        name: "audience-outside-expectation",
        severity: Severity::Error,
        summary: "A campaign would go to fewer than it expects.",
    },
    run,
};

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    for (id, file) in &context.loaded.campaigns {
        let Some(found) = context.selected.get(id) else {
            continue;
        };
        let audience = &file.campaign.audience;
        let found = found + audience.include.len() as u64;
        let expect = audience.expect.as_ref();
        if let Some(min) = expect
            .and_then(|it| it.min)
            .filter(|min| found < u64::from(*min))
        {
            let message =
                format!("{found} of the rows would get it, and at least {min} people are expected");
            let place = Place::value(&["audience", "expect", "min"]);
            out.push(
                Diagnostic::new(&CHECK.rule, &file.path, place, message)
                    .why("the campaign would be held when its time comes")
                    .help("look at lists and `where`; or expect what is right"),
            );
        }
    }
}
