//! How fast mail goes to whom, and when what was refused for now is tried again.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::workspace::length::Length;
use crate::workspace::names::ProviderName;

/// How fast mail goes to whom. A *destination* is a provider of the table, or else a domain.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Pace {
    /// The pause between two mails to one destination that no provider's entry matches.
    pub pause: Length,
    /// Providers, besides and before the built-in table of the large ones.
    pub providers: BTreeMap<ProviderName, Provider>,
    /// Whether the built-in table of large providers applies.
    pub built_in_providers: bool,
    /// Whether DNS is asked who takes a domain's mail, where the domain alone does not tell.
    pub look_up_mx: bool,
    /// How a new sender grows; absent: no warm-up.
    pub warm_up: Option<WarmUp>,
    /// How refusals for now are tried again.
    pub retry: Retry,
    /// False turns all pauses off: for measuring, and relays that pace by themselves.
    pub enabled: bool,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            pause: Length::seconds(5),
            providers: BTreeMap::new(),
            built_in_providers: true,
            look_up_mx: true,
            warm_up: None,
            retry: Retry::default(),
            enabled: true,
        }
    }
}

/// A provider of mailboxes: which domains are its own, and its pace.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Provider {
    /// Recipient domains.
    #[serde(default)]
    pub domains: Vec<String>,
    /// Domains of mail exchangers: a recipient's domain whose MX ends in one belongs to it too.
    #[serde(default)]
    pub mx: Vec<String>,
    /// The pause between two mails.
    #[serde(default)]
    pub pause: Option<Length>,
    /// Mails under way to it at once.
    #[serde(default)]
    #[schemars(range(min = 1))]
    pub connections: Option<u16>,
    /// Mails to it in a day.
    #[serde(default)]
    pub daily_cap: Option<u32>,
}

/// A sender's first days: so many mails on day one, growing by a factor each sending day.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WarmUp {
    /// Mails on the first day.
    #[schemars(range(min = 1))]
    pub first_day: u32,
    /// Each day's cap is the day before's times this.
    #[schemars(range(min = 1.0, max = 10.0))]
    pub factor: f64,
    /// After so many days no cap is left.
    #[schemars(range(min = 1))]
    pub days: u16,
}

/// How a refusal for now (4xx) is tried again.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Retry {
    /// Before the second try; doubled before each further one.
    pub after: Length,
    /// Tries in all.
    #[schemars(range(min = 1, max = 100))]
    pub tries: u16,
    /// No try later than this after the first.
    pub give_up_after: Length,
}

impl Default for Retry {
    fn default() -> Self {
        Self {
            after: Length::seconds(900),
            tries: 6,
            give_up_after: Length::seconds(2 * 86_400),
        }
    }
}
