//! Who GitHub asks is who the settings say.

use crate::diagnostic::place::Place;
use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::{Check, Context};
use crate::plan::codeowners::{self, MARK, PATH};
use crate::workspace::source::{SourceError, WorkspacePath};

/// The rule.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM195",
        name: "codeowners-outdated",
        severity: Severity::Error,
        summary: "`.github/CODEOWNERS` does not say what the settings say.",
    },
    run,
};

const HELP: &str = "run `postmerge codeowners`, and commit the file";

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    let loaded = context.loaded;
    let Some(settings) = loaded.settings.as_ref().filter(|_| is_whole(context)) else {
        return;
    };
    let finding = |place, message: String| {
        Diagnostic::new(&CHECK.rule, PATH, place, message)
            .why("GitHub asks those whom the file names, and nobody else")
    };
    let Some(file) = context.files.get(PATH) else {
        if is_there(context) {
            let message = "it is a link, too large, or no text in UTF-8".to_owned();
            out.push(finding(Place::File, message).help(HELP));
        }
        return;
    };
    let is = file.text().replace("\r\n", "\n");
    let wanted = match codeowners::text(settings, &loaded.lists, &loaded.campaigns) {
        Ok(wanted) => wanted,
        Err(why) => {
            let message = format!("it cannot be brought up to date: {why}");
            let help = "see `people` in postmerge.yaml: `github` and `roles`";
            out.push(finding(Place::File, message).help(help));
            return;
        }
    };
    if is == wanted || !is_answerable(context, &is, &wanted) {
        return;
    }
    if !is.starts_with(MARK) {
        let message = "it was not written by `postmerge codeowners`, and says something else";
        let help = format!("{HELP}; or turn this rule off in `lint.severity`");
        out.push(finding(Place::File, message.to_owned()).help(help));
        return;
    }
    let line = is.lines().zip(wanted.lines()).take_while(|(a, b)| a == b);
    let place = Place::Line {
        line: line.count() + 1,
        column: 1,
    };
    let message = "from here on it does not say what settings, lists and campaigns say";
    let whole = Place::Bytes(0..file.text().len());
    out.push(
        finding(place, message.to_owned())
            .help(HELP)
            .fix("bring it up to date", whole, wanted)
            .safely(),
    );
}

/// Whether all that the file is made of could be read; what could not is said elsewhere.
fn is_whole(context: &Context<'_>) -> bool {
    let loaded = context.loaded;
    let is_campaign = |path: &&WorkspacePath| {
        path.as_str().starts_with("campaigns/") && path.file_name() == "campaign.yaml"
    };
    loaded.paths.iter().filter(is_campaign).count() == loaded.campaigns.len()
        && loaded.list_names.len() == loaded.lists.len()
}

fn is_there(context: &Context<'_>) -> bool {
    WorkspacePath::parse(PATH).is_ok_and(|path| {
        let size = context.source.size(&path);
        !matches!(size, Err(SourceError::Missing(_)))
    })
}

/// A change of other things did not bring what differs.
fn is_answerable(context: &Context<'_>, is: &str, wanted: &str) -> bool {
    let Some(base) = context.request.base else {
        return true;
    };
    base.changed.contains("postmerge.yaml")
        || base.changed.contains(PATH)
        || codeowners::differ_about(is, wanted, base.changed.iter())
}
