//! How approvals are proved.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How approvals are proved.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ApprovalSettings {
    /// What `send` wants to see besides the merge.
    pub verify: Verify,
}

/// What `send` wants to see besides the merge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Verify {
    /// Nothing: whoever may merge has approved.
    #[default]
    Merge,
    /// The reviews of the pull request on GitHub.
    Github,
}
