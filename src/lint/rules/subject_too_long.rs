//! Subjects and preheaders are as long as they are shown.

use crate::diagnostic::place::Place;
use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::without_tags::without_tags;
use crate::lint::{Check, Context};

/// The rule.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM130",
        name: "subject-too-long",
        severity: Severity::Warning,
        summary: "A subject or preheader is longer than mail programs show.",
    },
    run,
};

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    let Some(settings) = &context.loaded.settings else {
        return;
    };
    let limits = &settings.lint.limits;
    for (id, file) in &context.loaded.campaigns {
        let campaign = &file.campaign;
        // As it is for one recipient, where one is known.
        let sample = context.samples.get(id).map(|sample| sample.subject.clone());
        let subject = sample.unwrap_or_else(|| without_tags(&campaign.subject, ""));
        let preheader = campaign.preheader.as_deref().unwrap_or_default();
        let preheader = without_tags(preheader, "");
        for (key, text, limit) in [
            ("subject", subject.as_str(), limits.subject),
            ("preheader", preheader.as_str(), limits.preheader),
        ] {
            let length = text.chars().count();
            if length > limit as usize {
                let message =
                    format!("the {key} has {length} characters; {limit} are shown at most");
                out.push(
                    Diagnostic::new(&CHECK.rule, &file.path, Place::value(&[key]), message)
                        .why("a telephone shows about forty characters of a subject, a window about seventy")
                        .help("put what matters first, and the rest into the text"),
                );
            }
        }
    }
}
