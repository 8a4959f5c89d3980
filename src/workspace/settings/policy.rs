//! What campaigns may and may not do.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::workspace::length::Size;

/// What campaigns may and may not do.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Policy {
    /// Whether documents may be attached; where false they are links.
    pub attachments: Attachments,
    /// The largest audience of a campaign that has `cc` or `bcc`: every mail's copies are mails too.
    pub copies_for_at_most: u32,
    /// Colours, fonts and logo.
    pub brand: Brand,
    /// Hosts that links may lead to, besides the organisation's own; empty: any.
    pub link_domains: Vec<String>,
    /// Whether every template needs an approval.
    pub approved_templates: bool,
    /// From more recipients than this on a campaign needs the management's approval.
    pub management_above: Option<u32>,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            attachments: Attachments::default(),
            copies_for_at_most: 25,
            brand: Brand::default(),
            link_domains: Vec::new(),
            approved_templates: false,
            management_above: None,
        }
    }
}

/// Whether and which documents may be attached.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Attachments {
    /// Whether at all.
    pub allowed: bool,
    /// Endings of file names.
    pub types: Vec<String>,
    /// The sum over one mail.
    pub max_size: Size,
}

impl Default for Attachments {
    fn default() -> Self {
        Self {
            allowed: false,
            types: vec!["pdf".to_owned()],
            max_size: Size(5_000_000),
        }
    }
}

/// Colours, fonts and logo.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Brand {
    /// Colours, such as `#0b4f6c`; templates read the first as `brand.colour`.
    pub colours: Vec<String>,
    /// Font families.
    pub fonts: Vec<String>,
    /// A file below `assets/`.
    pub logo: Option<String>,
}
