//! A campaign goes to somebody.

use crate::diagnostic::place::Place;
use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::includes::identities;
use crate::lint::rows::Rows;
use crate::lint::{Check, Context};
use crate::workspace::campaign::Audience;

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
        let excluded = identities(&audience.exclude);
        let single = identities(&audience.include);
        if *found > 0 || !single.is_subset(&excluded) || is_expected {
            continue;
        }
        // Lists without any sound row are another rule's.
        let lists = audience.lists.iter();
        let rows = lists.filter_map(|list| context.rows.get(list));
        if !audience.lists.is_empty() && rows.map(Rows::sound).sum::<u64>() == 0 {
            continue;
        }
        let help = if audience.lists.is_empty() {
            "name a list in `lists`, or addresses in `include`"
        } else if audience
            .lists
            .iter()
            .all(|it| audience.exclude_lists.contains(it))
        {
            "its lists stand in `exclude_lists`, too"
        } else if audience.topic.is_some() && no_topics(context, audience) {
            "no list of it has a column of `type: topics`, so nobody can have chosen the topic"
        } else {
            "look at lists, topic, `where` and `exclude`: no row is left"
        };
        let place = Place::key(&["audience"]);
        out.push(
            Diagnostic::new(&CHECK.rule, &file.path, place, "nobody would get it")
                .why("the campaign would be held when its time comes")
                .help(help),
        );
    }
}

/// Whether none of the campaign's lists has a column that holds who chose which topic.
fn no_topics(context: &Context<'_>, audience: &Audience) -> bool {
    let lists = audience.lists.iter();
    let mut lists = lists.filter_map(|name| context.loaded.lists.get(name));
    lists.all(|file| file.list.lacks_topics_column())
}
