//! What a change is answerable for: its files, and campaigns whose lists or template it touches. The
//! settings, assets and dictionaries concern everything. Only what concerns it is compiled and read, so that a pull request
//! about one campaign costs what one campaign costs.

use std::collections::BTreeSet;

use crate::diagnostic::Diagnostic;
use crate::mail::occurrence::CampaignId;
use crate::plan::affected::{is_everybodys, is_touched};
use crate::plan::codeowners;
use crate::plan::owner::Owners;
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
        /// Whose findings are shown.
        shown: BTreeSet<String>,
        owners: Owners,
    },
}

impl<'a> Concern<'a> {
    /// What a change of these files concerns.
    pub(super) fn of(loaded: &Loaded, changed: &'a BTreeSet<String>) -> Self {
        let all = |path: &String| is_everybodys(path) || path.starts_with("dictionaries/");
        if changed.iter().any(all) {
            return Self::All;
        }
        let owners = Owners::of(loaded);
        let touched = owners.touched(changed);
        let by_list = |name: &ListName| touched.contains(format!("lists/{name}").as_str());
        let changed_lists = loaded.lists.keys().filter(|name| by_list(name));
        let mut lists: BTreeSet<ListName> = changed_lists.cloned().collect();
        let mut shown: BTreeSet<String> = touched.iter().map(ToString::to_string).collect();
        let mut campaigns = BTreeSet::new();
        for (id, file) in &loaded.campaigns {
            if is_touched(file, &touched) {
                lists.extend(file.campaign.audience.lists.iter().cloned());
                campaigns.insert(id.clone());
                shown.insert(file.folder.to_string());
            }
        }
        Self::Change {
            changed,
            campaigns,
            lists,
            shown,
            owners,
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
            changed,
            shown,
            owners,
            ..
        } = self
        else {
            return Vec::new();
        };
        let (kept, others) = std::mem::take(findings).into_iter().partition(|finding| {
            let owner = owners.owner(&finding.path);
            changed.contains(&finding.path)
                // Whose fault the code owners' file is, its rule finds out itself.
                || finding.path == codeowners::PATH
                || owner.is_some_and(|it| shown.contains(it))
        });
        *findings = kept;
        others
    }
}
