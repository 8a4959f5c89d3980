//! A mail says something.

use crate::diagnostic::place::Place;
use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::content::{Kind, Text};
use crate::lint::{Check, Context};
use crate::render::comments;

/// The rule.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM201",
        name: "body-empty",
        severity: Severity::Error,
        summary: "A campaign's body says nothing.",
    },
    run,
};

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    for id in context.loaded.campaigns.keys() {
        let mut bodies = context.texts_of(id).filter(|it| it.kind != Kind::Other);
        if let Some(body) = bodies.find(|body| is_empty(body)) {
            let message = "the mail would say nothing: its body has no text and no picture";
            out.push(
                Diagnostic::new(&CHECK.rule, &body.path, Place::File, message)
                    .help("write the text; comments and blanks are none"),
            );
        }
    }
}

fn is_empty(body: &Text) -> bool {
    let mut source = body.source.clone();
    for comment in comments(&body.source) {
        let blank = " ".repeat(comment.len());
        source.replace_range(comment, &blank);
    }
    let mut shown = body.shown.iter().filter_map(|at| source.get(at.clone()));
    body.images.is_empty() && !shown.any(says_something)
}

/// Whether there is more than blanks, seen or unseen ones.
fn says_something(text: &str) -> bool {
    let text = text.replace("&nbsp;", " ").replace("&#160;", " ");
    let is_blank = |c: char| {
        c.is_whitespace()
            || matches!(
                c,
                '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}'
            )
    };
    !text.chars().all(is_blank)
}
