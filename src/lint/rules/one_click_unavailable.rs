//! Newsletters can be left with one click.

use crate::diagnostic::place::Place;
use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::{Check, Context};
use crate::workspace::campaign::Purpose;

/// The rule.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM163",
        name: "one-click-unavailable",
        severity: Severity::Warning,
        summary: "A newsletter cannot be left with one click.",
    },
    run,
};

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    let Some(settings) = &context.loaded.settings else {
        return;
    };
    if settings.portal.is_some() {
        return;
    }
    let marketing = context.loaded.campaigns.values();
    let count = marketing
        .filter(|it| it.campaign.purpose == Purpose::Marketing)
        .count();
    let rows: u64 = context
        .rows
        .values()
        .map(crate::lint::rows::Rows::count)
        .sum();
    // Whoever sends fewer mails is no bulk sender, whatever they are.
    if count > 0 && rows >= settings.lint.limits.bulk {
        out.push(
            Diagnostic::new(
                &CHECK.rule,
                "postmerge.yaml",
                Place::File,
                "there is no `portal`, so nobody can leave with one click",
            )
            .why("Gmail and Yahoo demand it of whoever sends them 5,000 mails a day")
            .help("set `portal: {url: https://…}` to a service of yours that takes leaving with one click (RFC 8058); without it people leave by mail"),
        );
    }
}
