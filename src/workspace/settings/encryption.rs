//! Whom lists are encrypted to.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Who can read encrypted lists (`lists/<name>.csv.age`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Encryption {
    /// The public keys that lists are encrypted to.
    pub recipients: Vec<KeyHolder>,
}

/// Somebody, or something, that can read encrypted lists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyHolder {
    /// Whose key it is: for people who read this file.
    pub name: String,
    /// The public key, as `postmerge lists key` and `age-keygen` print it: `age1…`.
    #[schemars(regex(pattern = r"^age1[02-9ac-hj-np-z]{58}$"))]
    pub key: String,
}
