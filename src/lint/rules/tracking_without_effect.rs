//! What a campaign wants to be counted can be counted.

use crate::diagnostic::place::Place;
use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::{Check, Context};
use crate::workspace::campaign::Purpose;

/// The rule.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM240",
        name: "tracking-without-effect",
        severity: Severity::Warning,
        summary: "A campaign wants opens or clicks counted, and they are not.",
    },
    run,
};

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    let Some(settings) = &context.loaded.settings else {
        return;
    };
    for file in context.loaded.campaigns.values() {
        let campaign = &file.campaign;
        if !campaign.tracking.opens && !campaign.tracking.clicks {
            continue;
        }
        let (message, why, help) = match campaign.purpose {
            Purpose::Marketing if settings.portal.is_some() => continue,
            Purpose::Marketing => (
                "nothing is counted: there is no `portal`",
                "the portal is what counts: it hands out the picture and leads on from the links",
                "set `portal: {url: https://…}` in postmerge.yaml, or leave `tracking` out",
            ),
            Purpose::Transactional | Purpose::Individual => (
                "nothing is counted of mails that are no newsletters",
                "who gets an invoice or a letter has not consented to anything, to being watched neither",
                "leave `tracking` out",
            ),
        };
        out.push(
            Diagnostic::new(
                &CHECK.rule,
                &file.path,
                Place::value(&["tracking"]),
                message,
            )
            .why(why)
            .help(help),
        );
    }
}
