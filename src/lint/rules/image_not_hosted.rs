//! Pictures are fetched from the web.

use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::content::is_dynamic;
use crate::lint::target::{Target, target};
use crate::lint::{Check, Context};

/// The rule.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM110",
        name: "image-not-hosted",
        severity: Severity::Error,
        summary: "A picture comes from where mail programs do not fetch it.",
    },
    run,
};

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    for text in context.texts {
        for image in &text.images {
            let why = match target(&image.src) {
                Target::Scheme(scheme) => format!("mail programs show no pictures of `{scheme}:`"),
                Target::Web {
                    is_https: false,
                    host,
                    ..
                } => {
                    format!("the picture at `{host}` is fetched without encryption")
                }
                Target::Empty if image.src.is_empty() => "the picture has no address".to_owned(),
                Target::Relative if !is_dynamic(&image.src) => {
                    format!(
                        "`{}` is not below assets/, so it is published nowhere",
                        image.src
                    )
                }
                Target::Script | Target::Contact | Target::Anchor => {
                    format!("`{}` is no picture", image.src)
                }
                _ => continue,
            };
            let is_there = matches!(target(&image.src), Target::Web { .. });
            let mut finding = text
                .finding(&CHECK.rule, &image.at, why)
                .help("put the file below assets/ and write `assets/<name>`; it is published with the mail");
            if is_there {
                // Most programs still fetch it.
                finding.severity = Severity::Warning;
            } else {
                finding = finding.why("recipients would see an empty frame");
            }
            out.push(finding);
        }
    }
}
