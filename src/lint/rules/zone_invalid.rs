//! The organisation's zone must be one of the time zone database.

use crate::diagnostic::place::Place;
use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::{Check, Context};

/// The rule.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM050",
        name: "zone-invalid",
        severity: Severity::Error,
        summary: "The organisation's zone is not in the time zone database.",
    },
    run,
};

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    let Some(settings) = &context.loaded.settings else {
        return;
    };
    let zone = &settings.organisation.zone;
    if is_odd(zone) || jiff::tz::db().get(zone).is_err() {
        let known = jiff::tz::db().available();
        let known = known.map(|name| name.as_str().to_owned());
        let known: Vec<String> = known.filter(|name| !is_odd(name)).collect();
        let message = format!("`{zone}` is no time zone");
        let mut finding = Diagnostic::new(
            &CHECK.rule,
            "postmerge.yaml",
            Place::value(&["organisation", "zone"]),
            message,
        )
        .did_you_mean(zone, known.iter().map(String::as_str));
        finding.help = Some("write region and city, such as `America/Bogota`".to_owned());
        out.push(finding);
    }
}

/// Files of the database that mean the machine's own zone, none, or one with leap seconds.
fn is_odd(zone: &str) -> bool {
    let zone = zone.to_lowercase();
    ["localtime", "posixrules", "factory"].contains(&zone.as_str())
        || ["right/", "posix/"].iter().any(|it| zone.starts_with(it))
}
