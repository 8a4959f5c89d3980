//! Who is invited to a list can join it.

use crate::diagnostic::place::Place;
use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::{Check, Context};

/// The rule.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM241",
        name: "invitation-closed",
        severity: Severity::Error,
        summary: "A campaign invites to a list that nobody can join.",
    },
    run,
};

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    let has_portal = context.loaded.settings.as_ref();
    let has_portal = has_portal.is_none_or(|it| it.portal.is_some());
    for file in context.loaded.campaigns.values() {
        let Some(invitation) = &file.campaign.invitation else {
            continue;
        };
        // One that is not there, or cannot be read, has its own finding.
        let Some(list) = context.loaded.lists.get(&invitation.list) else {
            continue;
        };
        let (message, help) = match &list.list.joining {
            Some(_) if has_portal => continue,
            Some(_) => (
                "nobody can follow the invitation: there is no `portal`".to_owned(),
                "set `portal: {url: https://…}` in postmerge.yaml".to_owned(),
            ),
            None => (
                format!("nobody can join the list `{}`", invitation.list),
                format!(
                    "say in lists/{}.yaml under `joining` what they agree to",
                    invitation.list
                ),
            ),
        };
        out.push(
            Diagnostic::new(
                &CHECK.rule,
                &file.path,
                Place::value(&["invitation", "list"]),
                message,
            )
            .why("the link in the mail would lead nowhere")
            .help(help),
        );
    }
}
