//! Words are spelt as a dictionary has them.

use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::content::{Owner, Text};
use crate::lint::spelling::{Speller, words};
use crate::lint::{Check, Context};

/// The rule.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM180",
        name: "misspelling",
        severity: Severity::Warning,
        summary: "A word is in no dictionary.",
    },
    run,
};

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    let Some(settings) = &context.loaded.settings else {
        return;
    };
    let mut speller = Speller::new(context.source, &settings.lint.words);
    for text in context.texts {
        let Owner::Campaign(id) = &text.owner else {
            continue;
        };
        let Some(file) = context.loaded.campaigns.get(id) else {
            continue;
        };
        let locale = file.campaign.locale.unwrap_or(settings.organisation.locale);
        if let Some(why) = speller.complaint(locale) {
            out.push(why);
        }
        if speller.has(locale) {
            look(
                text,
                |word| speller.is_known(locale, word),
                |word| speller.near(locale, word),
                out,
            );
        }
    }
}

/// Findings for one text at most: a text in another language is one slip, not a thousand.
const MOST: usize = 20;

fn look(
    text: &Text,
    is_known: impl Fn(&str) -> bool,
    near: impl Fn(&str) -> Vec<String>,
    out: &mut Vec<Diagnostic>,
) {
    let mut said: Vec<&str> = Vec::new();
    for piece in text.shown.iter().filter(|it| !text.is_code(it)) {
        for (at, word) in words(&text.source, piece) {
            if said.contains(&word) || is_known(word) {
                continue;
            }
            said.push(word);
            if said.len() > MOST {
                return;
            }
            let near = near(word);
            let finding = text.finding(&CHECK.rule, &at, format!("`{word}` is in no dictionary"));
            let help = match near.is_empty() {
                true => "mend it, or put it under `lint.words`".to_owned(),
                false => format!(
                    "did you mean {}? Else put it under `lint.words`",
                    near.join(", ")
                ),
            };
            out.push(finding.help(help));
        }
    }
}
