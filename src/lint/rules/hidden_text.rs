//! A body shows its text.

use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::content::{Owner, Text};
use crate::lint::hiding::Hiding;
use crate::lint::without_tags::without_tags;
use crate::lint::{Check, Context};
use crate::mail::occurrence::CampaignId;

/// The rule.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM119",
        name: "hidden-text",
        severity: Severity::Error,
        summary: "A body holds text that nobody sees.",
    },
    run,
};

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    for text in context.texts {
        // A layout hides its preheader, as it must.
        let Owner::Campaign(id) = &text.owner else {
            continue;
        };
        if text.elements.is_empty() {
            continue;
        }
        let hiding = Hiding::of(&sheets(context, text, id));
        for element in &text.elements {
            let Some(how) = hiding.how(element) else {
                continue;
            };
            let inside = text.source.get(element.at.end..).unwrap_or_default();
            let inside = inside.trim_start();
            let is_preheader = inside
                .strip_prefix("{{")
                .is_some_and(|it| it.trim_start().starts_with("preheader"));
            let is_empty = inside
                .strip_prefix("</")
                .is_some_and(|it| it.starts_with(&element.name));
            if WITHOUT_TEXT.contains(&element.name.as_str()) || is_preheader || is_empty {
                continue;
            }
            out.push(
                text.finding(&CHECK.rule, &element.at, format!("{how} hides what stands in `<{}>`", element.name))
                    .why("text that is there for filters only is what spam does; they find it")
                    .help("take the text away, or show it; the line after the subject is `preheader` in campaign.yaml"),
            );
        }
    }
}

/// Elements that hold no text.
const WITHOUT_TEXT: [&str; 8] = [
    "img", "br", "hr", "input", "link", "meta", "source", "style",
];

/// The sheets of a body: its own, and those of its template.
fn sheets(context: &Context<'_>, text: &Text, id: &CampaignId) -> String {
    let campaign = context.loaded.campaigns.get(id).map(|it| &it.campaign);
    let template = campaign.and_then(|it| it.template.clone());
    let template = template.map(Owner::Template);
    let mut css = String::new();
    let all = context.texts.iter();
    let around = all.filter(|it| template.as_ref() == Some(&it.owner));
    for sheet in around.chain([text]) {
        if sheet.path.ends_with(".css") {
            css.push_str(&sheet.source);
        }
        for at in &sheet.sheets {
            css.push_str(sheet.source.get(at.clone()).unwrap_or_default());
        }
    }
    without_tags(&css, "unknown")
}
