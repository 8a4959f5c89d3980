//! GitHub knows whom to ask.

use crate::diagnostic::place::Place;
use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::{Check, Context};
use crate::plan::codeowners::PATH;
use crate::workspace::source::{SourceError, WorkspacePath};

/// The rule.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM196",
        name: "codeowners-missing",
        severity: Severity::Warning,
        summary: "Workflows are there, and nothing tells GitHub who approves.",
    },
    run,
};

/// Where GitHub looks, in this order.
const PLACES: [&str; 3] = [PATH, "CODEOWNERS", "docs/CODEOWNERS"];

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    let Some(settings) = &context.loaded.settings else {
        return;
    };
    let is_missing = |place: &str| {
        WorkspacePath::parse(place).is_ok_and(|path| {
            let size = context.source.size(&path);
            matches!(size, Err(SourceError::Missing(_)))
        })
    };
    let workflows = WorkspacePath::parse(".github/workflows");
    let has_workflows =
        workflows.is_ok_and(|folder| context.source.files(&folder).is_ok_and(|it| !it.is_empty()));
    if settings.people.is_empty() || !has_workflows || !PLACES.into_iter().all(is_missing) {
        return;
    }
    let is_answerable = context.request.base.is_none_or(|base| {
        let mut changed = base.changed.iter();
        changed.any(|path| path == "postmerge.yaml" || path.starts_with(".github/"))
    });
    if !is_answerable {
        return;
    }
    let message = "the workspace has workflows, and this file is not there";
    out.push(
        Diagnostic::new(&CHECK.rule, PATH, Place::File, message)
            .why("without it GitHub asks nobody in particular, and anybody's approval counts")
            .help("run `postmerge codeowners`, and commit the file"),
    );
}
