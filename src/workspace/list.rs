//! `lists/<name>.yaml`: what a list is for, who answers for it, and what its columns hold. The
//! members stand beside it in `lists/<name>.csv`, a row each, UTF-8, with a heading row.

use std::collections::BTreeMap;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::names::{PersonName, SenderName, TopicName};
use super::settings::Departed;

/// The whole of a list's settings.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct List {
    /// What the list is called towards people.
    pub title: String,
    /// The person who answers for it.
    pub owner: PersonName,
    /// What members are written to for.
    pub purpose: String,
    /// On which ground members may be written to.
    pub consent: Consent,
    /// The column with the address.
    #[serde(default = "default_address_column")]
    pub address_column: String,
    /// The columns besides the address, in any order; the CSV has these and no others.
    #[serde(default)]
    pub columns: BTreeMap<String, Column>,
    /// The topics that members choose between.
    #[serde(default)]
    pub topics: BTreeMap<TopicName, Topic>,
    /// What becomes of the rows of people who left or complained; the policy's where absent.
    #[serde(default)]
    pub departed: Option<Departed>,
    /// The day when members were last asked whether their data are right.
    #[serde(default)]
    pub confirmed: Option<Date>,
    /// How much of what members asked for themselves is in the file: so many segments of the ledger's wishes. Written by
    /// `postmerge lists clean`.
    #[serde(default)]
    pub folded: Option<u32>,
    /// The column that holds a member's language: `es`, `it` or `en`.
    #[serde(default)]
    pub language_column: Option<String>,
    /// How people join by themselves; absent: they cannot.
    #[serde(default)]
    pub joining: Option<Joining>,
}

impl List {
    /// Whether members say themselves, on the portal, what a column holds: the editable ones, the topics, their language. Whether
    /// they consented is no field among others.
    pub fn is_theirs(&self, name: &String, column: &Column) -> bool {
        let is_said = column.editable
            || column.kind == ColumnType::Topics
            || self.language_column.as_ref() == Some(name);
        is_said && self.consent.column.as_ref() != Some(name)
    }

    /// Whether it has topics, and no column that holds who chose them.
    pub fn lacks_topics_column(&self) -> bool {
        let mut columns = self.columns.values();
        !self.topics.is_empty() && !columns.any(|it| it.kind == ColumnType::Topics)
    }
}

/// How people join a list by themselves, on the portal.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Joining {
    /// Whether anybody may, on a public page; else only who was invited.
    #[serde(default)]
    pub public: bool,
    /// What they agree to, by language (`es`, `it`, `en`); where theirs is not there, another. A text that changes is another text: which one somebody agreed
    /// to is recorded.
    pub consent: BTreeMap<String, String>,
    /// The columns that are asked for; absent: those that members may change themselves.
    #[serde(default)]
    pub ask: Option<Vec<String>>,
    /// Who the mail with the link comes from; the first sender where absent.
    #[serde(default)]
    pub sender: Option<SenderName>,
}

/// The texts that people agreed to by which a list's file let them join, each with its language; of a file of any time, which
/// may be none that is read today.
pub fn consent_texts(path: &str, text: String) -> Vec<(String, String)> {
    let document = super::yaml::read(path, text).value;
    let consent = document
        .as_ref()
        .and_then(|it| it.pointer("/joining/consent"));
    let texts = consent.and_then(|it| it.as_object()).into_iter().flatten();
    let texts = texts.filter_map(|(tag, text)| Some((tag.clone(), text.as_str()?.to_owned())));
    texts.collect()
}

fn default_address_column() -> String {
    "email".to_owned()
}

/// On which ground members may be written to.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Consent {
    /// The ground.
    pub basis: ConsentBasis,
    /// The column of type `bool` that says who has consented; absent: the basis holds for all.
    #[serde(default)]
    pub column: Option<String>,
}

/// Grounds for writing to somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ConsentBasis {
    /// They said yes.
    Consent,
    /// They are members or customers.
    Contract,
    /// The organisation's legitimate interest.
    Interest,
}

/// A column of a list.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Column {
    /// What its cells hold.
    #[serde(rename = "type")]
    pub kind: ColumnType,
    /// Whether a cell must not be empty.
    #[serde(default)]
    pub required: bool,
    /// The only values that cells may hold, where there are such.
    #[serde(default)]
    pub values: Vec<String>,
    /// Says for people what it holds.
    #[serde(default)]
    pub title: Option<String>,
    /// Whether members may change it themselves, on the portal; topics and their language they always may.
    #[serde(default)]
    pub editable: bool,
}

/// What a column's cells hold. An empty cell is an absent value in any of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ColumnType {
    /// Any text on one line.
    Text,
    /// A number, with `.` before the decimals and no thousands separators.
    Number,
    /// A day, `2026-12-03`.
    Date,
    /// `true`, `false`, `yes`, `no`, `sí`, `si`, `1` or `0`.
    Bool,
    /// Topics' names, separated by `;`.
    Topics,
}

/// A topic that members choose.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Topic {
    /// What it is called towards people.
    pub title: String,
}
