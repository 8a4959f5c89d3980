//! What `postmerge lint` finds, and how bad it is.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::workspace::length::Size;

/// How findings are judged.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Lint {
    /// By a rule's name: another severity than its own, or `off`.
    pub severity: BTreeMap<String, Level>,
    /// From where on something is too much.
    pub limits: Limits,
    /// Words that are right though no dictionary has them.
    pub words: Vec<String>,
    /// Whether `ana+news@…` and `ana@…` in one list are the same member twice. Mail goes to both all the same.
    pub plus_is_same: bool,
}

/// How bad the findings of a rule are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// They are not looked for.
    Off,
    /// Worth a look.
    Warning,
    /// Must be mended before the campaign can be merged.
    Error,
}

/// From where on something is too much.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Characters of a subject.
    pub subject: u32,
    /// Characters of a preheader.
    pub preheader: u32,
    /// The rendered HTML, from where on it is a warning.
    pub html_warning: Size,
    /// The rendered HTML, from where on it is an error: Gmail cuts mails off at 102 KB.
    pub html_error: Size,
    /// One picture's file.
    pub image: Size,
    /// Words of text that a mail needs for each picture.
    pub words_per_image: u32,
    /// Members from which on newsletters must be left with one click.
    pub bulk: u64,
    /// Months after which a list's members must be asked again.
    pub stale_after_months: u32,
    /// Business days that a document must be there before the sending.
    pub document_days: u16,
    /// Business days that a new or changed template must be approved before it is used.
    pub template_days: u16,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            subject: 78,
            preheader: 130,
            html_warning: Size(80_000),
            html_error: Size(102_000),
            image: Size(500_000),
            words_per_image: 20,
            bulk: 5_000,
            stale_after_months: 24,
            document_days: 3,
            template_days: 3,
        }
    }
}
