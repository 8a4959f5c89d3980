//! A template is looked at before mails go out with it.

use crate::diagnostic::place::Place;
use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::{Check, Context};
use crate::workspace::campaign::Status;

/// The rule.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM176",
        name: "template-late",
        severity: Severity::Error,
        summary: "A template is new or changed too shortly before a sending.",
    },
    run,
};

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    let Some(base) = context.request.base else {
        return;
    };
    let needed = context
        .ruling()
        .map(|it| it.lint.limits.template_days)
        .max();
    let needed = needed.unwrap_or_default();
    for (name, template) in &context.loaded.templates {
        // What says whether it is approved changes when it is.
        let is_its = |path: &&String| {
            let below = path.strip_prefix(template.folder.as_str());
            below.is_some_and(|it| it.starts_with('/') && it != "/template.yaml")
        };
        let Some(changed) = base.changed.iter().find(is_its) else {
            continue;
        };
        let all = context.loaded.campaigns.iter();
        for (id, file) in all.filter(|(_, it)| it.campaign.template.as_ref() == Some(name)) {
            let campaign = &file.campaign;
            let date = campaign.send.date;
            let Some(left) = context.too_late(date, needed) else {
                continue;
            };
            if campaign.status == Status::Cancelled || context.gone_out(id, file).is_some() {
                continue;
            }
            let place = Place::value(&["template"]);
            let message = format!(
                "{changed} changes {left} business days before {date}; {needed} are needed"
            );
            out.push(
                Diagnostic::new(&CHECK.rule, &file.path, place, message)
                    .why("a template makes every mail look as it does, and the administrator has no time to try it")
                    .help("change the template after this sending, or send later"),
            );
        }
    }
}
