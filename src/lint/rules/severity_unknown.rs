//! `lint.severity` names rules that there are and whose severity can be set.

use crate::diagnostic::place::Place;
use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::allowance::FIRST_ALLOWED;
use crate::lint::rules::allowance_unknown::no_such_rule;
use crate::lint::{Check, Context, all_rules};

/// The rule.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM142",
        name: "severity-unknown",
        severity: Severity::Error,
        summary: "A severity is set for a rule that does not take it.",
    },
    run,
};

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    let Some(settings) = &context.loaded.settings else {
        return;
    };
    let all = all_rules();
    for name in settings.lint.severity.keys() {
        let place = Place::key(&["lint", "severity", name]);
        match all.iter().find(|rule| rule.name == name) {
            None => {
                let path = "postmerge.yaml";
                out.push(no_such_rule(&CHECK.rule, path, place, name, &all));
            }
            Some(rule) if rule.code < FIRST_ALLOWED => {
                let message = format!("the severity of `{name}` cannot be set");
                let finding = Diagnostic::new(&CHECK.rule, "postmerge.yaml", place, message);
                out.push(finding.why("what it is about cannot be read as long as it is there"));
            }
            Some(_) => {}
        }
    }
}
