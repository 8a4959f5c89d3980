//! What follows from mails that came back: shares at which sending stops, and how lists are kept clean.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::workspace::names::SenderName;

/// From which share of complaints and hard bounces on a campaign is warned of, and stops.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Rates {
    /// People who reported a mail as unwanted, per cent of what was accepted.
    pub complaints: Rate,
    /// Mails to addresses that take none, per cent of what was accepted or refused.
    pub hard_bounces: Rate,
    /// Fewer mails than this tell nothing.
    #[schemars(range(min = 1))]
    pub from: u32,
    /// For a sender, mails of so many days count.
    #[schemars(range(min = 1, max = 366))]
    pub days: u16,
    /// Campaigns that go on beyond the limits, each with the reason.
    pub go_on: BTreeMap<String, String>,
}

/// Two limits, in per cent.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// Beyond it a run says so.
    #[schemars(range(min = 0.0, max = 100.0))]
    pub warn: f64,
    /// Beyond it the campaign is held.
    #[schemars(range(min = 0.0, max = 100.0))]
    pub stop: f64,
}

impl Default for Rates {
    fn default() -> Self {
        Self {
            complaints: Rate {
                warn: 0.1,
                stop: 0.3,
            },
            hard_bounces: Rate {
                warn: 2.0,
                stop: 5.0,
            },
            from: 100,
            days: 7,
            go_on: BTreeMap::new(),
        }
    }
}

/// What becomes of rows whose address takes no mail, or whose owner left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Hygiene {
    /// So many business days a list's owner has to correct an address before its row is removed.
    #[schemars(range(min = 0, max = 60))]
    pub business_days: u32,
    /// Whether owners are written to; where not, the days count from the bounce.
    pub notices: bool,
    /// Who notices come from; the first sender where absent.
    pub sender: Option<SenderName>,
    /// What becomes of the rows of people who left everything or complained; a list may say otherwise.
    pub departed: Departed,
}

impl Default for Hygiene {
    fn default() -> Self {
        Self {
            business_days: 3,
            notices: true,
            sender: None,
            departed: Departed::Remove,
        }
    }
}

/// What becomes of the rows of people who left everything or complained.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Departed {
    /// The next cleaning removes them.
    Remove,
    /// They stay, and are not mailed.
    Keep,
}
