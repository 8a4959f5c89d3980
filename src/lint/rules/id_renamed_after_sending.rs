//! A campaign keeps its folder.

use crate::diagnostic::place::Place;
use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::content::{Kind, LARGEST, Owner};
use crate::lint::{Check, Context};
use crate::workspace::source::WorkspacePath;

/// The rule.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM178",
        name: "id-renamed-after-sending",
        severity: Severity::Error,
        summary: "A campaign that went out is to go out under another name.",
    },
    run,
};

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    let Some(base) = context.request.base else {
        return;
    };
    let gone = context
        .request
        .sent
        .iter()
        .filter(|it| !context.loaded.campaigns.contains_key(&it.campaign));
    for sent in gone {
        for text in context.texts {
            let Owner::Campaign(id) = &text.owner else {
                continue;
            };
            let Some(file) = context.loaded.campaigns.get(id) else {
                continue;
            };
            let name = match text.kind {
                Kind::Markdown => "body.md",
                Kind::Html => "body.html",
                Kind::Other => continue,
            };
            let old = WorkspacePath::parse(&format!("campaigns/{}/{name}", sent.campaign));
            let old = old
                .ok()
                .and_then(|path| base.source.read(&path, LARGEST).ok());
            let is_new = base.source.size(&file.path).is_err();
            if !is_new
                || file.campaign.force.is_some()
                || old.as_deref() != Some(text.source.as_bytes())
            {
                continue;
            }
            let message = format!(
                "it has the text of {}, which went out on {} and is gone here",
                sent.campaign, sent.on
            );
            out.push(
                Diagnostic::new(&CHECK.rule, &file.path, Place::File, message)
                    .why("a campaign is known by its folder: under another name everybody would get it again, so it would be held")
                    .help("keep the folder's name; or say `force: {reason: …}` if all are to get it again"),
            );
        }
    }
}
