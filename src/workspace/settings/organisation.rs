//! Who sends: the organisation, and the people who work with the workspace.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::workspace::names::ListName;

/// Who sends.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Organisation {
    /// The name that recipients know it by.
    pub name: String,
    /// The postal address that stands in every mail, a line each.
    pub postal_address: Vec<String>,
    /// The zone that dates, windows and business days are in, such as `America/Bogota`.
    pub zone: String,
    /// The language of what does not say another.
    pub locale: Locale,
    /// The organisation's own web address.
    #[serde(default)]
    pub website: Option<String>,
    /// Days that are no business days, besides Saturdays and Sundays.
    #[serde(default)]
    pub holidays: Vec<Holiday>,
}

impl Organisation {
    /// Its name and postal address, a line each, as they stand below its own mails.
    pub fn signature(&self) -> impl Iterator<Item = &str> {
        let postal = self.postal_address.iter().map(String::as_str);
        std::iter::once(self.name.as_str()).chain(postal)
    }
}

/// A day on which the organisation does not work.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Holiday {
    /// The day.
    pub date: Date,
    /// What is celebrated.
    pub name: String,
}

/// The languages that what a recipient sees comes in.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Locale {
    /// Spanish.
    Es,
    /// Italian.
    It,
    /// English.
    En,
}

impl Locale {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Es, Self::It, Self::En];

    /// The language with this tag, however it is written.
    pub fn of_tag(tag: &str) -> Option<Self> {
        let mut all = Self::ALL.into_iter();
        all.find(|locale| locale.tag().eq_ignore_ascii_case(tag.trim()))
    }

    /// The language's tag: `es`, `it` or `en`.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Es => "es",
            Self::It => "it",
            Self::En => "en",
        }
    }
}

/// A person who works with the workspace.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// Their name on GitHub.
    pub github: String,
    /// Where notices for them go.
    pub email: String,
    /// The language that they are written to in; the organisation's where absent.
    #[serde(default)]
    pub locale: Option<Locale>,
    /// What they may do.
    pub roles: Vec<Role>,
    /// The lists they answer for.
    #[serde(default)]
    pub lists: Vec<ListName>,
}

/// What a person does in the procedure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Proposes campaigns to the lists they own.
    Staff,
    /// Approves content.
    Coordinator,
    /// Gives the second approval.
    Management,
    /// Keeps templates, senders, relays, policy and the runner.
    Administrator,
}
