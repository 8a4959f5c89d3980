//! Recipients reach the portal.

use crate::diagnostic::place::Place;
use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::{Check, Context};

/// The rule.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM246",
        name: "portal-not-public",
        severity: Severity::Error,
        summary: "The portal is on this machine, where recipients cannot reach it.",
    },
    run,
};

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    let settings = context.loaded.settings.as_ref();
    let Some(portal) = settings.and_then(|it| it.portal.as_ref()) else {
        return;
    };
    if !portal.is_here() {
        return;
    }
    let message = format!("`{}` is a machine's own address", portal.url);
    out.push(
        Diagnostic::new(
            &CHECK.rule,
            "postmerge.yaml",
            Place::value(&["portal", "url"]),
            message,
        )
        .why("its pages can be tried there; `send` holds every campaign, since the links in its mails would lead nowhere")
        .help("before you merge it, write the address that recipients reach: `https://…`"),
    );
}
