//! Newsletters say where their sender is.

use crate::diagnostic::place::Place;
use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::{Check, Context};
use crate::workspace::campaign::Purpose;

/// The rule.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM165",
        name: "postal-address-missing",
        severity: Severity::Error,
        summary: "A newsletter does not say where its sender is.",
    },
    run,
};

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    let Some(settings) = &context.loaded.settings else {
        return;
    };
    let Some(first) = settings.organisation.postal_address.first() else {
        out.push(Diagnostic::new(
            &CHECK.rule,
            "postmerge.yaml",
            Place::value(&["organisation", "postal_address"]),
            "the organisation has no postal address",
        ));
        return;
    };
    // Spaces and escapes aside, which differ between HTML and text.
    let bare = |text: &str| -> String { text.chars().filter(|c| c.is_alphanumeric()).collect() };
    let wanted = bare(first);
    for (id, sample) in context.samples {
        let Some(file) = context.loaded.campaigns.get(id) else {
            continue;
        };
        let is_marketing = file.campaign.purpose == Purpose::Marketing;
        if !is_marketing
            || bare(&sample.html).contains(&wanted)
            || bare(&sample.text).contains(&wanted)
        {
            continue;
        }
        let message = "the mail does not show the organisation's postal address";
        out.push(
            Diagnostic::new(&CHECK.rule, &file.path, Place::File, message)
                .why("the law of many countries demands it, and it tells a newsletter from spam")
                .help("the layout mentions `organisation.postal_address` and does not show it: look at its `{% if %}`"),
        );
    }
}
