//! Large campaigns ask for the management.

use crate::diagnostic::place::Place;
use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::{Check, Context};
use crate::workspace::campaign::Approval;

/// The rule.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM175",
        name: "management-approval-missing",
        severity: Severity::Error,
        summary: "A large campaign does not ask for the management.",
    },
    run,
};

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    let limit = context
        .ruling()
        .filter_map(|it| it.policy.management_above)
        .min();
    let Some(limit) = limit else {
        return;
    };
    for (id, file) in &context.loaded.campaigns {
        let selected = context.selected.get(id).copied().unwrap_or_default();
        if selected > u64::from(limit) && file.campaign.approval != Approval::Management {
            let message =
                format!("it goes to more than {limit} people, and asks for the coordinator alone");
            out.push(
                Diagnostic::new(
                    &CHECK.rule,
                    &file.path,
                    Place::value(&["approval"]),
                    message,
                )
                .why("policy demands the management's approval for so many")
                .help("write `approval: management`"),
            );
        }
    }
}
