//! Who is asked whether they want to go on finds where to answer.

use crate::diagnostic::place::Place;
use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::{Check, Context};

/// The rule.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM167",
        name: "confirm-link-missing",
        severity: Severity::Error,
        summary: "A campaign asks people to confirm, and does not show where.",
    },
    run,
};

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    let settings = context.loaded.settings.as_ref();
    let Some(portal) = settings.and_then(|settings| settings.portal.as_ref()) else {
        return;
    };
    let link = format!("{}/c/", portal.url);
    for (id, sample) in context.samples {
        let Some(file) = context.loaded.campaigns.get(id) else {
            continue;
        };
        if file.campaign.reconfirmation.is_none() {
            continue;
        }
        // In the text a long address may go over two lines.
        let text: String = sample.text.split_whitespace().collect();
        let part = match (sample.html.contains(&link), text.contains(&link)) {
            (true, true) => continue,
            (true, false) => "the text part",
            (false, _) => "the HTML part",
        };
        out.push(
            Diagnostic::new(
                &CHECK.rule,
                &file.path,
                Place::key(&["reconfirmation"]),
                format!("{part} does not show `confirm_url`"),
            )
            .why("nobody could answer, and all would count as unconfirmed")
            .help("write `[Yes, I want to go on]({{ confirm_url }})` into its text"),
        );
    }
}
