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
    if name.is_empty() {
        return Diagnostic::new(&CHECK.rule, path, place, "no rule is named here").help(
            "write `postmerge: allow RULE -- the reason`; `postmerge rules` lists the rules",
        );
    }
    no_such_rule(&CHECK.rule, path, place, name, all)
}

/// A name that no rule has, or a rule's code in its place.
pub(in crate::lint) fn no_such_rule(
    rule: &'static Rule,
    path: &str,
    place: Place,
    name: &str,
    all: &[&'static Rule],
) -> Diagnostic {
    let finding = |message| Diagnostic::new(rule, path, place.clone(), message);
    match all.iter().find(|it| it.code.eq_ignore_ascii_case(name)) {
        Some(meant) => finding(format!(
            "`{name}` is a rule's code; its name is `{}`",
            meant.name
        ))
        .help(format!("write `{}`", meant.name)),
        None => finding(format!("there is no rule `{name}`"))
            .did_you_mean(name, all.iter().map(|it| it.name))
            .help("`postmerge rules` lists them"),
    }
}

pub(in crate::lint) fn malformed(path: &str, place: Place) -> Diagnostic {
    let message = "this comment accepts nothing";
    Diagnostic::new(&CHECK.rule, path, place, message)
        .help("write `postmerge: allow RULE -- the reason`")
}

pub(in crate::lint) fn second(path: &str, place: Place) -> Diagnostic {
    let message = "the comment has a second `postmerge:`, which is taken for a part of the reason";
    Diagnostic::new(&CHECK.rule, path, place, message)
        .help("write a comment for each, or name several rules: `postmerge: allow ONE, OTHER -- the reason`")
}

pub(in crate::lint) fn mailed(path: &str, place: Place) -> Diagnostic {
    let message = "this is no comment here but a text that is mailed, and accepts nothing";
    Diagnostic::new(&CHECK.rule, path, place, message)
        .help("write it between `{#` and `#}`, or in Markdown and HTML between `<!--` and `-->`")
}

pub(in crate::lint) fn not_allowed(path: &str, place: Place, name: &str) -> Diagnostic {
    let message = format!("findings of `{name}` cannot be accepted");
    Diagnostic::new(&CHECK.rule, path, place, message)
        .why("what it is about cannot be read, or not be sent, as long as it is there")
}

pub(in crate::lint) fn without_reason(path: &str, place: Place, name: &str) -> Diagnostic {
    let message = format!("nobody says why the finding of `{name}` is accepted");
    Diagnostic::new(&CHECK.rule, path, place, message)
        .help(format!("write `postmerge: allow {name} -- the reason`"))
}
