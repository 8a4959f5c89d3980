//! An acceptance must name a rule that there is and that can be accepted, and say why.

use crate::diagnostic::place::Place;
use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::Check;

/// The rule; its findings come from reading the acceptances.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM141",
        name: "allowance-unknown",
        severity: Severity::Error,
        summary: "A comment accepts a finding in a way that does not count.",
    },
    run: |_, _| {},
};

pub(in crate::lint) fn unknown(
    path: &str,
    place: Place,
    name: &str,
    all: &[&'static Rule],
) -> Diagnostic {
    let known = all.iter().map(|rule| rule.name);
    Diagnostic::new(
        &CHECK.rule,
        path,
        place,
        format!("there is no rule `{name}`"),
    )
    .did_you_mean(name, known)
    .help("`postmerge rules` lists them")
}

pub(in crate::lint) fn not_allowed(path: &str, place: Place, name: &str) -> Diagnostic {
    let message = format!("findings of `{name}` can not be accepted");
    Diagnostic::new(&CHECK.rule, path, place, message)
        .why("what it is about can not be read, or not be sent, as long as it is there")
}

pub(in crate::lint) fn without_reason(path: &str, place: Place, name: &str) -> Diagnostic {
    let message = format!("nobody says why the finding of `{name}` is accepted");
    Diagnostic::new(&CHECK.rule, path, place, message)
        .help(format!("write `postmerge: allow {name} -- the reason`"))
}
