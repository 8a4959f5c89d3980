//! A campaign goes to somebody.

use crate::diagnostic::place::Place;
use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::{Check, Context};

/// The rule.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM094",
        name: "audience-empty",
        severity: Severity::Error,
        summary: "A campaign would go to nobody.",
    },
    run,
};

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    for (id, file) in &context.loaded.campaigns {
        let Some(found) = context.selected.get(id) else {
            continue;
        };
        let audience = &file.campaign.audience;
        let is_expected = audience.expect.as_ref().is_some_and(|it| it.min.is_some());
        // Lists without any sound row are another rule's.
        let lists = audience
            .lists
            .iter()
            .filter_map(|list| context.rows.get(list));
        let rows: u64 = lists.map(crate::lint::rows::Rows::sound).sum();
        if *found > 0 || !audience.include.is_empty() || is_expected || rows == 0 {
            continue;
        }
        let place = Place::key(&["audience"]);
        out.push(
            Diagnostic::new(&CHECK.rule, &file.path, place, "nobody would get it")
                .why("the campaign would be held when its time comes")
                .help("look at lists, topic and `where`: no row is selected"),
        );
    }
}
