//! What went out is not changed.

use crate::diagnostic::place::Place;
use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::{Check, Context};

/// The rule.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM177",
        name: "sent-campaign-changed",
        severity: Severity::Warning,
        summary: "A campaign is changed that went out.",
    },
    run,
};

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    for (id, file) in &context.loaded.campaigns {
        let Some(on) = context.gone_out(id, file) else {
            continue;
        };
        if context.is_proposed(file) {
            let message = format!("it went out on {on}: what is changed here reaches nobody");
            out.push(
                Diagnostic::new(&CHECK.rule, &file.path, Place::File, message)
                    .why(
                        "what was approved and sent should stay as it was, for whoever looks it up",
                    )
                    .help("make a new campaign for what is to be said now"),
            );
        }
    }
}
