//! An invitation shows how to join.

use crate::diagnostic::place::Place;
use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::{Check, Context};

/// The rule.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM242",
        name: "join-link-missing",
        severity: Severity::Error,
        summary: "An invitation does not show how to join.",
    },
    run,
};

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    let Some(portal) = context
        .loaded
        .settings
        .iter()
        .find_map(|it| it.portal.as_ref())
    else {
        return;
    };
    let link = format!("{}/i/", portal.url);
    for (id, sample) in context.samples {
        let Some(file) = context.loaded.campaigns.get(id) else {
            continue;
        };
        if file.campaign.invitation.is_none() {
            continue;
        }
        // In the text a long address may go over two lines.
        let text: String = sample.text.split_whitespace().collect();
        let part = match (sample.html.contains(&link), text.contains(&link)) {
            (true, true) => continue,
            (true, false) => "the text part",
            (false, _) => "the HTML part",
        };
        let message = format!("{part} does not show `join_url`");
        out.push(
            Diagnostic::new(
                &CHECK.rule,
                &file.path,
                Place::value(&["invitation"]),
                message,
            )
            .why("whoever is invited has no way to say yes")
            .help("write `[Quiero recibirlo]({{ join_url }})` where the text invites"),
        );
    }
}
