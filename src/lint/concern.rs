//! Which findings a change is answerable for: those in its files, and those of campaigns whose lists or
//! template it touches. The settings and assets concern everything.

use std::collections::BTreeSet;

use crate::diagnostic::Diagnostic;
use crate::workspace::loaded::Loaded;

/// Keeps the findings that concern a change of these files.
pub(super) fn keep(findings: &mut Vec<Diagnostic>, loaded: &Loaded, changed: &BTreeSet<String>) {
    let all = |path: &String| path == "postmerge.yaml" || path.starts_with("assets/");
    if changed.iter().any(all) {
        return;
    }
    let touches = |prefix: &str| changed.iter().any(|path| path.starts_with(prefix));
    let mut concerned: Vec<String> = Vec::new();
    for name in loaded.lists.keys() {
        if touches(&format!("lists/{name}.")) {
            concerned.push(format!("lists/{name}."));
        }
    }
    for file in loaded.templates.values() {
        let folder = format!("{}/", file.folder);
        if touches(&folder) {
            concerned.push(folder);
        }
    }
    for file in loaded.campaigns.values() {
        let folder = format!("{}/", file.folder);
        let audience = &file.campaign.audience;
        let lists = audience.lists.iter().chain(&audience.exclude_lists);
        let by_list = |name| touches(&format!("lists/{name}."));
        let by_template = |name| touches(&format!("templates/{name}/"));
        if touches(&folder)
            || lists.into_iter().any(by_list)
            || file.campaign.template.as_ref().is_some_and(by_template)
        {
            concerned.push(folder);
        }
    }
    findings.retain(|finding| {
        let is_below = |prefix: &String| finding.path.starts_with(prefix.as_str());
        changed.contains(&finding.path) || concerned.iter().any(is_below)
    });
}
