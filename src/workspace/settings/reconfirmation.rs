//! What becomes of members who are asked whether they want to go on, and do not answer.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What becomes of members who do not confirm that they want to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Reconfirmation {
    /// So often somebody is asked, reminders included; nobody is asked more often in one period.
    #[schemars(range(min = 1, max = 50))]
    pub asks: u16,
    /// So many days after the last time somebody who did not answer is unconfirmed.
    #[schemars(range(min = 1, max = 366))]
    pub days: u16,
    /// Whether the unconfirmed get newsletters.
    pub unconfirmed: Unconfirmed,
}

impl Default for Reconfirmation {
    fn default() -> Self {
        Self {
            asks: 3,
            days: 14,
            unconfirmed: Unconfirmed::Keep,
        }
    }
}

/// Whether the unconfirmed get newsletters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Unconfirmed {
    /// As everybody does.
    Keep,
    /// None but those that ask them to confirm.
    Exclude,
}
