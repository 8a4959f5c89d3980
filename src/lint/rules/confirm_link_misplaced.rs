//! The link that confirms stands in mails that ask for it.

use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::{Check, Context};

/// The rule.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM168",
        name: "confirm-link-misplaced",
        severity: Severity::Warning,
        summary: "A campaign that asks nobody to confirm shows the link for it.",
    },
    run,
};

const NAME: &str = "confirm_url";

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    for (id, file) in &context.loaded.campaigns {
        if file.campaign.reconfirmation.is_some() {
            continue;
        }
        for text in context.texts_of(id) {
            let Some(at) = first_named(&text.source) else {
                continue;
            };
            let message = format!("`{NAME}` is empty in this campaign");
            out.push(
                text.finding(&CHECK.rule, &(at..at + NAME.len()), message)
                    .why("people confirm by a mail that asks them to, so that it is known who was asked")
                    .help("say `reconfirmation: quarter` in its campaign.yaml, or take the link out"),
            );
        }
    }
}

/// Where a tag names it first.
fn first_named(text: &str) -> Option<usize> {
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    let found = text.match_indices(NAME).find(|(at, _)| {
        let (before, after) = text.split_at(*at);
        let after = after.get(NAME.len()..).unwrap_or_default();
        let open = before.rfind("{{").max(before.rfind("{%"));
        let close = before.rfind("}}").max(before.rfind("%}"));
        open > close && !before.ends_with(is_name) && !after.starts_with(is_name)
    });
    found.map(|(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_names_it_and_a_text_does_not() {
        for (text, at) in [
            ("a {{ confirm_url }}", Some(5)),
            ("{% if confirm_url %}", Some(6)),
            ("confirm_url", None),
            (
                "{{ x }} confirm_url {{ my_confirm_url }} {{confirm_urls}}",
                None,
            ),
            ("confirm_url {{confirm_url|upper}}", Some(14)),
        ] {
            assert_eq!(first_named(text), at, "{text}");
        }
    }
}
