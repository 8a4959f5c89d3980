//! Links have a whole address.

use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::content::is_dynamic;
use crate::lint::target::{Target, target};
use crate::lint::{Check, Context};
use crate::workspace::source::WorkspacePath;

/// The rule.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM104",
        name: "link-broken-relative",
        severity: Severity::Error,
        summary: "A link leads nowhere.",
    },
    run,
};

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    for text in context.texts {
        for link in &text.links {
            let message = match target(&link.url) {
                Target::Empty => "the link has no address".to_owned(),
                Target::Relative if !is_dynamic(&link.url) => format!(
                    "`{}` is no whole address: in a mail there is no page that it could be relative to",
                    link.url
                ),
                Target::Scheme(scheme) => format!("mail programs follow no links of `{scheme}:`"),
                Target::Asset(name) if !is_dynamic(&name) && !is_there(context, &name) => {
                    format!("there is no file `assets/{name}`")
                }
                _ => continue,
            };
            out.push(
                text.finding(&CHECK.rule, &link.at, message)
                    .help("begin it with https://, mailto: or tel:, or put the file below assets/"),
            );
        }
    }
}

fn is_there(context: &Context<'_>, name: &str) -> bool {
    let name = name.split(['?', '#']).next().unwrap_or_default();
    let path = WorkspacePath::parse(&format!("assets/{name}"));
    path.is_ok_and(|path| context.loaded.paths.contains(&path))
}
