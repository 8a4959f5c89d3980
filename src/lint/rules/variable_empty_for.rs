//! A variable that a mail uses must have a value, or a default, for everybody who gets it.

use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::{Check, Context, mistakes};
use crate::render::RenderError;

/// The rule.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM074",
        name: "variable-empty-for",
        severity: Severity::Error,
        summary: "A mail uses a value that some of its recipients do not have.",
    },
    run,
};

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    for found in context.mistakes {
        let RenderError::Empty { name, .. } = &found.error else {
            continue;
        };
        let finding = |message| {
            let place = found.place.clone();
            Diagnostic::new(&CHECK.rule, &found.path, place, message)
                .why("they would not get the mail")
        };
        let instead = format!(
            "write `{{{{ {name} | default(\"…\") }}}}`, or ask `{{% if {name} is defined %}}`"
        );
        let Some(key) = setting(name) else {
            let message = format!("`{name}` is empty for {}", mistakes::who(found));
            out.push(finding(message).help(format!("{instead}, or fill the cells")));
            continue;
        };
        let message = format!("`{name}` is empty: `postmerge.yaml` has no `{key}`");
        let finding = finding(message).help(format!("{instead}, or set `{key}`"));
        if !out.contains(&finding) {
            out.push(finding);
        }
    }
}

/// The setting that a value comes from, where it is no column's.
fn setting(name: &str) -> Option<&'static str> {
    Some(match name {
        "brand.colour" | "brand.colours" => "policy.brand.colours",
        "brand.font" | "brand.fonts" => "policy.brand.fonts",
        "brand.logo" => "policy.brand.logo",
        "organisation.website" => "organisation.website",
        _ => return None,
    })
}
