//! What goes into headers is on one line.

use crate::diagnostic::place::Place;
use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::{Check, Context};

/// The rule.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM166",
        name: "header-injection",
        severity: Severity::Error,
        summary: "A text that goes into a header has a line break.",
    },
    run,
};

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    let odd = |text: &str| {
        text.trim_end_matches(['\n', '\r'])
            .chars()
            .find(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}'))
    };
    let mut look = |path: &str, steps: &[&str], text: &str| {
        if let Some(c) = odd(text) {
            let message = format!(
                "there is a line break or a control character (U+{:04X}) in it",
                u32::from(c)
            );
            out.push(
                Diagnostic::new(&CHECK.rule, path, Place::value(steps), message)
                    .why("what stands behind it would become headers of its own")
                    .help("write it on one line, between quotation marks"),
            );
        }
    };
    for file in context.loaded.campaigns.values() {
        let campaign = &file.campaign;
        look(file.path.as_str(), &["subject"], &campaign.subject);
        look(
            file.path.as_str(),
            &["preheader"],
            campaign.preheader.as_deref().unwrap_or_default(),
        );
        for (at, document) in campaign.documents.iter().enumerate() {
            let at = at.to_string();
            let title = document.title.as_deref().unwrap_or_default();
            look(file.path.as_str(), &["documents", &at, "title"], title);
        }
    }
    let settings = context.loaded.settings.iter();
    for (name, sender) in settings.flat_map(|it| &it.senders) {
        look(
            "postmerge.yaml",
            &["senders", name.as_str(), "name"],
            &sender.name,
        );
    }
}
