//! Editors know what a file may say.

use crate::diagnostic::place::Place;
use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::{Check, Context};
use crate::workspace::schema::Kind;
use crate::workspace::source::WorkspacePath;

/// The rule.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM190",
        name: "schema-comment-missing",
        severity: Severity::Warning,
        summary: "A file does not say which schema it follows.",
    },
    run,
};

/// What the editors' language server looks for.
const MARK: &str = "yaml-language-server: $schema=";

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    let loaded = context.loaded;
    let campaigns = loaded.campaigns.values().map(|it| &it.path);
    let lists = loaded.lists.values().map(|it| &it.path);
    let templates = loaded.templates.values().map(|it| &it.path);
    check(context, Kind::Campaign, campaigns, out);
    check(context, Kind::List, lists, out);
    check(context, Kind::Template, templates, out);
}

fn check<'a>(
    context: &Context<'_>,
    kind: Kind,
    paths: impl Iterator<Item = &'a WorkspacePath>,
    out: &mut Vec<Diagnostic>,
) {
    let schema = format!("schemas/{}", kind.file_name());
    let is_there =
        WorkspacePath::parse(&schema).is_ok_and(|path| context.source.size(&path).is_ok());
    if !is_there {
        // A workspace without them may have its editors told in another way.
        return;
    }
    for path in paths {
        let Some(file) = context.files.get(path.as_str()) else {
            continue;
        };
        let text = file.text();
        // Behind a byte order mark, which is nothing but at the very beginning.
        let at = if text.starts_with('\u{feff}') { 3 } else { 0 };
        let bare = text.get(at..).unwrap_or_default();
        if bare
            .lines()
            .any(|it| it.starts_with('#') && it.contains(MARK))
        {
            continue;
        }
        let up = "../".repeat(path.as_str().matches('/').count());
        let end = if text.contains("\r\n") { "\r\n" } else { "\n" };
        let line = format!("# {MARK}{up}{schema}{end}");
        let message = "the first line does not name the file's schema";
        out.push(
            Diagnostic::new(&CHECK.rule, path, Place::File, message)
                .why("with it an editor completes keys and shows mistakes while one writes")
                .help(format!("write `{}` first", line.trim_end()))
                .fix("name the schema", Place::Bytes(at..at), line)
                .safely(),
        );
    }
}
