//! What a change is answerable for: its files, and campaigns whose lists or template it touches. The
//! settings, assets and dictionaries concern everything. Only what concerns it is compiled and read, so that a pull request
//! about one campaign costs what one campaign costs.

use std::collections::BTreeSet;
use std::ops::Bound;

use crate::diagnostic::Diagnostic;
use crate::mail::occurrence::CampaignId;
use crate::plan::codeowners;
use crate::workspace::loaded::Loaded;
use crate::workspace::names::ListName;

/// What is looked at.
pub(super) enum Concern<'a> {
    /// Everything.
    All,
    /// What a change touches.
    Change {
        /// Its files.
        changed: &'a BTreeSet<String>,
        campaigns: BTreeSet<CampaignId>,
        /// Lists whose rows somebody is to be told about, or that one of the campaigns goes to.
        lists: BTreeSet<ListName>,
        /// What the paths of findings begin with that are shown.
        prefixes: Vec<String>,
    },
}

impl<'a> Concern<'a> {
    /// What a change of these files concerns.
    pub(super) fn of(loaded: &Loaded, changed: &'a BTreeSet<String>) -> Self {
        let all = |path: &String| {
            path == "postmerge.yaml"
                || path.starts_with("assets/")
                || path.starts_with("dictionaries/")
        };
        if changed.iter().any(all) {
            return Self::All;
        }
        // They are sorted: what begins with a prefix comes first from there on.
        let touches = |prefix: &str| {
            let mut from = changed.range::<str, _>((Bound::Included(prefix), Bound::Unbounded));
            from.next().is_some_and(|path| path.starts_with(prefix))
        };
        let by_list = |name: &ListName| touches(&format!("lists/{name}."));
        // Whose fault the code owners' file is, its rule finds out itself.
        let (mut campaigns, mut prefixes) = (BTreeSet::new(), vec![codeowners::PATH.to_owned()]);
        let changed_lists = loaded.lists.keys().filter(|name| by_list(name));
        let mut lists: BTreeSet<ListName> = changed_lists.cloned().collect();
        prefixes.extend(lists.iter().map(|name| format!("lists/{name}.")));
        let folders = loaded.templates.values();
        let folders = folders.map(|file| format!("{}/", file.folder));
        prefixes.extend(folders.filter(|folder| touches(folder)));
        for (id, file) in &loaded.campaigns {
            let folder = format!("{}/", file.folder);
            let audience = &file.campaign.audience;
            let mut named = audience.lists.iter().chain(&audience.exclude_lists);
            let by_template = |name| touches(&format!("templates/{name}/"));
            if touches(&folder)
                || named.any(by_list)
                || file.campaign.template.as_ref().is_some_and(by_template)
            {
                lists.extend(audience.lists.iter().cloned());
                campaigns.insert(id.clone());
                prefixes.push(folder);
            }
        }
        Self::Change {
            changed,
            campaigns,
            lists,
            prefixes,
        }
    }

    /// Whether a campaign's texts are read and compiled.
    pub(super) fn campaign(&self, id: &CampaignId) -> bool {
        match self {
            Self::All => true,
            Self::Change { campaigns, .. } => campaigns.contains(id),
        }
    }

    /// Whether a list's rows are read.
    pub(super) fn list(&self, name: &ListName) -> bool {
        match self {
            Self::All => true,
            Self::Change { lists, .. } => lists.contains(name),
        }
    }

    /// Keeps the findings that concern the change, and gives back the others.
    pub(super) fn keep(&self, findings: &mut Vec<Diagnostic>) -> Vec<Diagnostic> {
        let Self::Change {
            changed, prefixes, ..
        } = self
        else {
            return Vec::new();
        };
        let (kept, others) = std::mem::take(findings).into_iter().partition(|finding| {
            let is_below = |prefix: &String| finding.path.starts_with(prefix.as_str());
            changed.contains(&finding.path) || prefixes.iter().any(is_below)
        });
        *findings = kept;
        others
    }
}
