//! Only an invitation has a link to join.

use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::{Check, Context};

/// The rule.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM243",
        name: "join-link-unfounded",
        severity: Severity::Error,
        summary: "A text has a link to join, and the campaign invites to no list.",
    },
    run,
};

const NAME: &str = "join_url";

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    for (id, file) in &context.loaded.campaigns {
        if file.campaign.invitation.is_some() {
            continue;
        }
        for text in context.texts_of(id) {
            let Some(at) = used_at(&text.source) else {
                continue;
            };
            let message = "`join_url` is not there: the campaign invites to no list";
            out.push(
                text.finding(&CHECK.rule, &(at..at + NAME.len()), message)
                    .why("which list people would join is not said, so there is no link")
                    .help("say it in campaign.yaml: `invitation: {list: …}`"),
            );
        }
    }
}

/// Where a value of that name is put in.
fn used_at(source: &str) -> Option<usize> {
    let mut from = 0;
    while let Some(found) = source.get(from..)?.find("{{") {
        let start = from + found;
        let tag = source.get(start..)?;
        let tag = tag.get(..tag.find("}}").unwrap_or(tag.len()))?;
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        let named = tag.find(NAME).filter(|at| {
            let before = tag.get(..*at).and_then(|it| it.chars().next_back());
            let after = tag.get(at + NAME.len()..).and_then(|it| it.chars().next());
            !before.is_some_and(is_word) && !after.is_some_and(is_word)
        });
        if let Some(at) = named {
            return Some(start + at);
        }
        from = start + tag.len();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::used_at;

    #[test]
    fn a_name_is_found_as_a_whole_and_in_a_tag() {
        for (source, at) in [
            ("[x]({{ join_url }})", Some(7)),
            ("join_url {{ nombre }} {{join_url}}", Some(24)),
            ("{{ my_join_url }} {{ join_urls }}", None),
            ("{{ join_url", Some(3)),
            ("{{", None),
        ] {
            assert_eq!(used_at(source), at, "{source}");
        }
    }
}
