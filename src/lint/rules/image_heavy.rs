//! A mail says in words what matters.

use crate::diagnostic::place::Place;
use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::content::Owner;
use crate::lint::{Check, Context};

/// The rule.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM115",
        name: "image-heavy",
        severity: Severity::Warning,
        summary: "A mail shows pictures and says little.",
    },
    run,
};

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    let Some(settings) = &context.loaded.settings else {
        return;
    };
    let needed = settings.lint.limits.words_per_image as usize;
    for text in context.texts {
        let Owner::Campaign(id) = &text.owner else {
            continue;
        };
        let Some(file) = context
            .loaded
            .campaigns
            .get(id)
            .filter(|_| !text.images.is_empty())
        else {
            continue;
        };
        let words: usize = text
            .shown
            .iter()
            .filter_map(|at| text.source.get(at.clone()))
            .map(|piece| piece.split_whitespace().count())
            .sum();
        if words >= needed * text.images.len() {
            continue;
        }
        let pictures = match text.images.len() {
            1 => "one picture".to_owned(),
            several => format!("{several} pictures"),
        };
        let message = format!("the mail has {pictures} and {words} words of text");
        let place = text
            .images
            .first()
            .map_or(Place::File, |image| Place::Bytes(image.at.clone()));
        let path = if text.images.is_empty() {
            file.path.as_str()
        } else {
            text.path.as_str()
        };
        out.push(
            Diagnostic::new(&CHECK.rule, path, place, message)
                .why("who sees no pictures sees nothing, and filters take a mail that is a picture for spam")
                .help(format!(
                    "say date, place and what to do in words below it: {} words for each picture",
                    needed
                )),
        );
    }
}
