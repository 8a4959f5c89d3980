//! A campaign names a window: `windows` of `postmerge.yaml` must have it.

use crate::diagnostic::place::Place;
use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::{Check, Context};
use crate::workspace::names::WindowName;

/// The rule.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM044",
        name: "window-unknown",
        severity: Severity::Error,
        summary: "A campaign names a window that `postmerge.yaml` does not have.",
    },
    run,
};

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    let Some(settings) = &context.loaded.settings else {
        return;
    };
    for file in context.loaded.campaigns.values() {
        let name = &file.campaign.send.window;
        if !settings.windows.contains_key(name) {
            let message = format!("`postmerge.yaml` has no window `{name}`");
            out.push(
                Diagnostic::new(
                    &CHECK.rule,
                    &file.path,
                    Place::value(&["send", "window"]),
                    message,
                )
                .did_you_mean(
                    name.as_str(),
                    settings.windows.keys().map(WindowName::as_str),
                ),
            );
        }
    }
}
