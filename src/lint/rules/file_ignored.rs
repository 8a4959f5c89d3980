//! Files that look as if they were meant, and that nobody reads.

use std::collections::BTreeSet;
use std::ops::Bound;

use crate::diagnostic::place::Place;
use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::{Check, Context};
use crate::workspace::encryption::ENDING;
use crate::workspace::source::WorkspacePath;

/// The rule.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM200",
        name: "file-ignored",
        severity: Severity::Error,
        summary: "A file is not read, because of its name or its folder.",
    },
    run,
};

const SETTINGS: &str = "postmerge.yaml";
const OTHER_SETTINGS: [&str; 3] = ["postmerge.yml", "Postmerge.yaml", "postmerge.json"];
const CAMPAIGN: &str = "campaign.yaml";
const BODIES: [&str; 2] = ["body.md", "body.html"];
const TEMPLATE: &str = "template.yaml";
const LAYOUTS: [&str; 3] = ["layout.html", "layout.txt", "style.css"];
/// Tables that are not read, for people who have only those.
const TABLES: [&str; 4] = [".xlsx", ".xls", ".ods", ".tsv"];

/// Files by their paths.
type Paths<'a> = BTreeSet<&'a str>;

/// A file that is not read.
struct Ignored<'a> {
    /// What it is told of once: itself, or its folder.
    of: &'a str,
    message: String,
    help: String,
}

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    let paths: Paths<'_> = context.loaded.paths.iter().map(|it| it.as_str()).collect();
    // Without settings nothing else is read right; what they were called is told.
    let is_there = |path: &str| {
        WorkspacePath::parse(path).is_ok_and(|path| context.source.size(&path).is_ok())
    };
    if !is_there(SETTINGS)
        && let Some(path) = OTHER_SETTINGS.into_iter().find(|path| is_there(path))
    {
        out.push(told(path, misnamed(path, SETTINGS)));
    }
    let of_lists = paths.iter().filter(|path| path.starts_with("lists/"));
    let lists: BTreeSet<String> = of_lists.map(|path| as_meant(path)).collect();
    let mut met = BTreeSet::new();
    for path in &paths {
        let found = match path.split('/').next() {
            Some("campaigns") => campaign(path, &paths),
            Some("lists") => list(path, &lists),
            Some("templates") => template(path, &paths),
            _ => None,
        };
        if let Some(found) = found
            && met.insert(found.of)
        {
            out.push(told(path, found));
        }
    }
}

fn told(path: &str, found: Ignored<'_>) -> Diagnostic {
    Diagnostic::new(&CHECK.rule, path, Place::File, found.message)
        .why("nothing is made of it, and nobody would miss it before the day")
        .help(found.help)
}

fn misnamed<'a>(path: &'a str, right: &str) -> Ignored<'a> {
    Ignored {
        of: path,
        message: format!("nothing reads a file of this name; did you mean `{right}`?"),
        help: format!("rename it to `{right}`"),
    }
}

/// A name in small letters, with the endings that are read.
fn as_meant(name: &str) -> String {
    let lower = name.to_lowercase();
    for (other, right) in [(".yml", ".yaml"), (".htm", ".html"), (".markdown", ".md")] {
        if let Some(stem) = lower.strip_suffix(other) {
            return format!("{stem}{right}");
        }
    }
    lower
}

/// Whether a file is called so, or was meant to be.
fn is_like(name: &str, right: &str) -> bool {
    name == right || strsim::osa_distance(&as_meant(name), right) <= 1
}

/// The name that a file was meant to have.
fn meant(name: &str, all: &[&'static str]) -> Option<&'static str> {
    let mut near = all.iter().filter(|right| is_like(name, right));
    near.find(|right| name != **right).copied()
}

fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

/// Whether a folder has something that was meant to be `right`.
fn has_like(folder: &str, right: &str, paths: &Paths<'_>) -> bool {
    let prefix = format!("{folder}/");
    let from = Bound::Included(prefix.as_str());
    let below = paths.range::<str, _>((from, Bound::Unbounded));
    let mut names = below.map_while(|path| path.strip_prefix(&prefix));
    names.any(|name| {
        let first = name.split('/').next().unwrap_or_default();
        is_like(first, right) && (first == name || first == right)
    })
}

fn campaign<'a>(path: &'a str, paths: &Paths<'_>) -> Option<Ignored<'a>> {
    if let Some((folder, _)) = path.split_once("/campaign.yaml/") {
        return Some(Ignored {
            of: folder,
            message: format!("`{folder}/{CAMPAIGN}` is a folder"),
            help: "write the campaign's definition into a file of this name".to_owned(),
        });
    }
    let (folder, name) = split(path);
    if meant(name, &[CAMPAIGN]).is_some() {
        return Some(misnamed(path, CAMPAIGN));
    }
    let has = |folder: &str, name: &str| paths.contains(format!("{folder}/{name}").as_str());
    if has(folder, CAMPAIGN) {
        // Beside a body a text of another name may be a document.
        let right = meant(name, &BODIES)?;
        let is_there = BODIES.iter().any(|body| has(folder, body));
        return (!is_there).then(|| misnamed(path, right));
    }
    let is_body = BODIES.iter().any(|body| is_like(name, body));
    let mut above = path
        .rmatch_indices('/')
        .filter_map(|(at, _)| path.get(..at));
    if !is_body || above.any(|it| has(it, CAMPAIGN)) || has_like(folder, CAMPAIGN, paths) {
        return None;
    }
    Some(Ignored {
        of: folder,
        message: format!("no campaign has this text: there is no `{folder}/{CAMPAIGN}`"),
        help: format!("add `{CAMPAIGN}`, or delete the folder"),
    })
}

fn list<'a>(path: &'a str, lists: &BTreeSet<String>) -> Option<Ignored<'a>> {
    let (folder, name) = split(path);
    let meant = as_meant(name);
    if TABLES.iter().any(|it| meant.ends_with(it)) {
        return Some(Ignored {
            of: path,
            message: "members are read from CSV files alone".to_owned(),
            help: "save the table as CSV, in UTF-8".to_owned(),
        });
    }
    let kind = [".yaml", ENDING, ".csv"]
        .into_iter()
        .find(|it| meant.ends_with(it))?;
    if folder != "lists" {
        return Some(Ignored {
            of: path,
            message: "lists stand in `lists/` itself, not in a folder below it".to_owned(),
            help: format!("move it to `lists/{name}`"),
        });
    }
    let stem = match kind {
        ENDING => name.get(..name.len() - ENDING.len()).unwrap_or(name),
        _ => name.rsplit_once('.').map_or(name, |(stem, _)| stem),
    };
    if !name.ends_with(kind) {
        return Some(misnamed(path, &format!("{stem}{kind}")));
    }
    let settings = as_meant(&format!("lists/{stem}.yaml"));
    (kind != ".yaml" && !lists.contains(&settings)).then(|| Ignored {
        of: path,
        message: format!("no list has these members: there is no `lists/{stem}.yaml`"),
        help: "add it, with owner, purpose and consent; or delete the members".to_owned(),
    })
}

fn template<'a>(path: &'a str, paths: &Paths<'_>) -> Option<Ignored<'a>> {
    let (folder, name) = split(path);
    let mut all = LAYOUTS.iter().chain([&TEMPLATE]);
    if !all.any(|right| is_like(name, right)) {
        return None;
    }
    if path.matches('/').count() != 2 {
        return Some(Ignored {
            of: folder,
            message: "templates are folders in `templates/` itself".to_owned(),
            help: "move its files to `templates/NAME/`".to_owned(),
        });
    }
    if let Some(right) = meant(name, &LAYOUTS).or_else(|| meant(name, &[TEMPLATE])) {
        return Some(misnamed(path, right));
    }
    (!has_like(folder, TEMPLATE, paths)).then(|| Ignored {
        of: folder,
        message: format!("no template has this layout: there is no `{folder}/{TEMPLATE}`"),
        help: format!("add `{TEMPLATE}`, with a `title`"),
    })
}
