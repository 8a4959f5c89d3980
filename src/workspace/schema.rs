//! The JSON Schemas (2020-12) of the workspace's files, made from the types that read them, so that
//! editors complete and explain what the loader takes.

use serde_json::Value;

use super::campaign::Campaign;
use super::list::List;
use super::settings::Settings;
use super::template::Template;

/// The files that have a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// `postmerge.yaml`.
    Settings,
    /// `campaigns/<id>/campaign.yaml`.
    Campaign,
    /// `lists/<name>.yaml`.
    List,
    /// `templates/<name>/template.yaml`.
    Template,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Settings, Self::Campaign, Self::List, Self::Template];

    /// The schema's name: `settings`, `campaign`, `list` or `template`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Settings => "settings",
            Self::Campaign => "campaign",
            Self::List => "list",
            Self::Template => "template",
        }
    }

    /// The schema's file: `<name>.schema.json`.
    pub fn file_name(self) -> String {
        format!("{}.schema.json", self.name())
    }

    /// The schema.
    pub fn schema(self) -> Value {
        let schema = match self {
            Self::Settings => schemars::schema_for!(Settings),
            Self::Campaign => schemars::schema_for!(Campaign),
            Self::List => schemars::schema_for!(List),
            Self::Template => schemars::schema_for!(Template),
        };
        schema.to_value()
    }

    /// The schema as its file has it.
    pub fn text(self) -> String {
        // A tree of JSON values: writing it cannot fail.
        let mut text = serde_json::to_string_pretty(&self.schema()).unwrap_or_default();
        text.push('\n');
        text
    }
}
