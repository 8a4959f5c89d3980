//! A mail says in words what matters.

use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::content::{Image, Owner};
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
        if !context.loaded.campaigns.contains_key(id) {
            continue;
        }
        // Decoration, spacers and the logo show nothing that words could say.
        let logo = settings.policy.brand.logo.as_deref();
        let is_logo = |image: &Image| {
            let name = logo.map(|it| it.trim_start_matches("assets/"));
            let is = |name| {
                image
                    .src
                    .strip_suffix(name)
                    .is_some_and(|it| it.ends_with('/'))
            };
            image.src.contains("brand.logo") || name.is_some_and(is)
        };
        let pictures: Vec<&Image> = text
            .images
            .iter()
            .filter(|image| !image.is_spacer && !image.is_decoration() && !is_logo(image))
            .collect();
        let Some(first) = pictures.first() else {
            continue;
        };
        let words: usize = text
            .shown
            .iter()
            .filter_map(|at| text.source.get(at.clone()))
            .map(|piece| piece.split_whitespace().count())
            .sum();
        if words >= needed * pictures.len() {
            continue;
        }
        let pictures = match pictures.len() {
            1 => "one picture".to_owned(),
            several => format!("{several} pictures"),
        };
        let message = format!("the mail has {pictures} and {words} words of text");
        out.push(
            text.finding(&CHECK.rule, &first.at, message)
                .why("who sees no pictures sees nothing, and filters take a mail that is a picture for spam")
                .help(format!(
                    "say date, place and what to do in words below it: {} words for each picture",
                    needed
                )),
        );
    }
}
