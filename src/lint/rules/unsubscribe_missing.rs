//! Newsletters show how to leave.

use crate::diagnostic::place::Place;
use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::{Check, Context};
use crate::workspace::campaign::Purpose;

/// The rule.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM164",
        name: "unsubscribe-missing",
        severity: Severity::Error,
        summary: "A newsletter shows no way to leave.",
    },
    run,
};

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    let Some(settings) = &context.loaded.settings else {
        return;
    };
    let mailbox = settings
        .unsubscribe
        .address
        .split('@')
        .next()
        .unwrap_or_default();
    let mailto = format!("mailto:{mailbox}+");
    let portal = settings
        .portal
        .as_ref()
        .map(|portal| format!("{}/u/", portal.url));
    for (id, sample) in context.samples {
        let Some(file) = context.loaded.campaigns.get(id) else {
            continue;
        };
        if file.campaign.purpose != Purpose::Marketing {
            continue;
        }
        // In the text a long address may go over two lines.
        let text: String = sample.text.split_whitespace().collect();
        let is_in = |part: &str| {
            part.contains(&mailto) || portal.as_ref().is_some_and(|url| part.contains(url))
        };
        let (html, text) = (is_in(&sample.html), is_in(&text));
        if html && text {
            continue;
        }
        let part = if html {
            "the text part"
        } else {
            "the HTML part"
        };
        let message = format!("{part} does not show `unsubscribe_url`");
        out.push(
            Diagnostic::new(&CHECK.rule, &file.path, Place::File, message)
                .why("who cannot leave reports the mail as spam, and the law demands it")
                .help("the layout mentions it and does not show it: look at its `{% if %}`"),
        );
    }
}
