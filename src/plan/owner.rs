//! Which campaign, list or template a file belongs to. A campaign below another one's folder is one of its own.

use std::collections::BTreeSet;

use crate::workspace::encryption::ENDING;
use crate::workspace::loaded::Loaded;

/// What makes a folder a campaign's.
pub const DEFINITION: &str = "campaign.yaml";

/// The folder of the campaign that a file defines, if it does.
pub fn defined(path: &str) -> Option<&str> {
    let (folder, name) = path.rsplit_once('/')?;
    (name == DEFINITION && folder.starts_with("campaigns/")).then_some(folder)
}

/// The folders of campaigns that are there, readable or not.
pub struct Owners {
    campaigns: BTreeSet<String>,
}

impl Owners {
    /// Of a workspace.
    pub fn of(loaded: &Loaded) -> Self {
        let paths = loaded.paths.iter().map(|path| path.as_str());
        Self::by_folders(paths.filter_map(defined))
    }

    /// Of the campaigns in these folders.
    pub fn by_folders<'a>(folders: impl Iterator<Item = &'a str>) -> Self {
        Self {
            campaigns: folders.map(str::to_owned).collect(),
        }
    }

    /// Whose files these are.
    pub fn touched<'p>(&self, changed: impl IntoIterator<Item = &'p String>) -> BTreeSet<&'p str> {
        changed
            .into_iter()
            .filter_map(|path| self.owner(path))
            .collect()
    }

    /// `campaigns/<id>`, `lists/<name>` or `templates/<name>`.
    pub fn owner<'p>(&self, path: &'p str) -> Option<&'p str> {
        let (folder, below) = path.split_once('/')?;
        match folder {
            "campaigns" => {
                let slashes = path.rmatch_indices('/');
                let mut above = slashes.filter_map(|(at, _)| path.get(..at));
                above.find(|folder| self.campaigns.contains(*folder))
            }
            "lists" => path
                .strip_suffix(".yaml")
                .or_else(|| path.strip_suffix(".csv"))
                .or_else(|| path.strip_suffix(ENDING)),
            "templates" => path.get(..folder.len() + 1 + below.find('/')?),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::source::WorkspacePath;

    #[test]
    fn the_nearest_campaign_owns_a_file() {
        let paths = ["campaigns/a/campaign.yaml", "campaigns/a/b/campaign.yaml"];
        let loaded = Loaded {
            paths: paths
                .map(|it| WorkspacePath::parse(it).unwrap())
                .into_iter()
                .collect(),
            ..Loaded::default()
        };
        let owners = Owners::of(&loaded);
        for (path, owner) in [
            ("campaigns/a/body.md", Some("campaigns/a")),
            ("campaigns/a/files/x.pdf", Some("campaigns/a")),
            ("campaigns/a/b/body.md", Some("campaigns/a/b")),
            ("campaigns/ab/body.md", None),
            ("lists/x.csv", Some("lists/x")),
            ("lists/x.csv.age", Some("lists/x")),
            ("lists/x.y.yaml", Some("lists/x.y")),
            ("templates/t/img/a.png", Some("templates/t")),
            ("templates/t", None),
            ("postmerge.yaml", None),
        ] {
            assert_eq!(owners.owner(path), owner, "{path}");
        }
    }
}
