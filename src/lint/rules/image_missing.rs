//! Pictures below `assets/` are there.

use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::content::is_dynamic;
use crate::lint::target::{Target, target};
use crate::lint::{Check, Context};
use crate::workspace::source::WorkspacePath;

/// The rule.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM111",
        name: "image-missing",
        severity: Severity::Error,
        summary: "A picture is not there.",
    },
    run,
};

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    let settings = context.loaded.settings.as_ref();
    let is_published = settings.is_none_or(|it| it.publish.is_some());
    for text in context.texts {
        for image in &text.images {
            let Target::Asset(name) = target(&image.src) else {
                continue;
            };
            if is_dynamic(&name) {
                continue;
            }
            let path = WorkspacePath::parse(&format!("assets/{name}"));
            if path.is_ok_and(|path| context.loaded.paths.contains(&path)) {
                if !is_published {
                    let message = "`postmerge.yaml` does not say where pictures are published";
                    out.push(
                        text.finding(&CHECK.rule, &image.at, message)
                            .help("set `publish: {url: https://…}`"),
                    );
                }
                continue;
            }
            let known = context.loaded.paths.iter();
            let known = known.filter_map(|path| path.as_str().strip_prefix("assets/"));
            let mut finding = text
                .finding(
                    &CHECK.rule,
                    &image.at,
                    format!("there is no file `assets/{name}`"),
                )
                .did_you_mean(&name, known);
            // What is underlined is the whole picture, which the name must not replace.
            finding.fix = None;
            out.push(finding.why("recipients would see an empty frame"));
        }
    }
}
