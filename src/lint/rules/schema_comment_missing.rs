//! Editors know what a file may say.

use std::ops::Range;

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
        summary: "A file does not say which schema it follows, or names another one.",
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
    let settings = WorkspacePath::parse("postmerge.yaml");
    check(context, Kind::Settings, settings.iter(), out);
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
        let up = "../".repeat(path.as_str().matches('/').count());
        match named(text) {
            None => out.push(missing(path, text, &format!("{up}{schema}"))),
            Some(at) => {
                let name = text.get(at.clone()).unwrap_or_default();
                if !is_right(context, kind, path, name) {
                    out.push(wrong(path, at, name, format!("{up}{schema}")));
                }
            }
        }
    }
}

/// Where the schema's name stands.
fn named(text: &str) -> Option<Range<usize>> {
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let bare = line.trim_start_matches('\u{feff}');
        if bare.starts_with('#')
            && let Some(at) = line.find(MARK)
        {
            let from = at + MARK.len();
            let rest = line.get(from..).unwrap_or_default();
            let lead = rest.len() - rest.trim_start().len();
            let name = rest.split_whitespace().next().unwrap_or_default();
            return Some(start + from + lead..start + from + lead + name.len());
        }
        start += line.len();
    }
    None
}

/// Whether a name is that of this kind's schema, and leads to a file where it is a path.
fn is_right(context: &Context<'_>, kind: Kind, path: &WorkspacePath, name: &str) -> bool {
    if name.rsplit('/').next() != Some(kind.file_name().as_str()) {
        return false;
    }
    if name.contains("://") {
        return true;
    }
    let mut steps: Vec<&str> = path.as_str().split('/').collect();
    steps.pop();
    for step in name.split('/') {
        match step {
            "." => {}
            ".." if steps.pop().is_none() => return false,
            ".." => {}
            step => steps.push(step),
        }
    }
    WorkspacePath::parse(&steps.join("/")).is_ok_and(|it| context.source.size(&it).is_ok())
}

fn wrong(path: &WorkspacePath, at: Range<usize>, name: &str, right: String) -> Diagnostic {
    let shown: String = name.chars().take(80).collect();
    let message = format!("`{shown}` is not the schema of this file");
    let place = Place::Bytes(at);
    Diagnostic::new(&CHECK.rule, path, place.clone(), message)
        .why("an editor would explain other keys, or none")
        .help(format!("write `{right}`"))
        .fix("name the schema", place, right)
        .safely()
}

fn missing(path: &WorkspacePath, text: &str, schema: &str) -> Diagnostic {
    // Behind a byte order mark, which is nothing but at the very beginning.
    let at = if text.starts_with('\u{feff}') { 3 } else { 0 };
    let end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let line = format!("# {MARK}{schema}{end}");
    let message = "the first line does not name the file's schema";
    Diagnostic::new(&CHECK.rule, path, Place::File, message)
        .why("with it an editor completes keys and shows mistakes while one writes")
        .help(format!("write `{}` first", line.trim_end()))
        .fix("name the schema", Place::Bytes(at..at), line)
        .safely()
}
