//! `templates/<name>/template.yaml`: a layout's declaration. The layout itself stands beside it:
//! `layout.html` and `layout.txt`, each with `{{ content }}` where the campaign's body goes, and an
//! optional `style.css` that is inlined.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The whole of a `template.yaml`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Template {
    /// What the template is called towards people.
    pub title: String,
    /// Variables that the layout uses besides `content`, `subject`, `preheader`, `organisation`,
    /// `sender`, `brand`, `unsubscribe_url`, `preferences_url`, `view_url`, `join_url`, `locale` and `documents`, with their values.
    #[serde(default)]
    pub variables: BTreeMap<String, String>,
    /// Whether it may be used.
    #[serde(default)]
    pub approval: TemplateApproval,
}

/// Whether a template may be used.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TemplateApproval {
    /// The digest of its files when it was approved.
    pub digest: Option<String>,
    /// Who approved it.
    pub by: Option<String>,
}
