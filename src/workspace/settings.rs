//! `postmerge.yaml`: the organisation, its people, senders, relays, windows, pace and policy.

mod approval;
mod bounces;
mod encryption;
mod hygiene;
mod lint;
mod network;
mod organisation;
mod pace;
mod policy;
mod portal;
mod reconfirmation;
mod relay;
mod window;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::length::Length;
use super::names::{PersonName, RelayName, SenderName, WindowName};

pub use approval::{ApprovalSettings, Verify};
pub use bounces::{BounceMailbox, Bounces, ImapFolder, Replies, Then};
pub use encryption::{Encryption, KeyHolder};
pub use hygiene::{Departed, Hygiene, Rate, Rates};
pub use lint::{Level, Limits, Lint};
pub use network::Network;
pub use organisation::{Holiday, Locale, Organisation, Person, Role};
pub use pace::{Pace, Provider, Retry, WarmUp};
pub use policy::{
    Attachments, Brand, Client, Frequency, Policy, Preflight, PreflightCheck, SoftBounces,
};
pub use portal::Portal;
pub use reconfirmation::{Reconfirmation, Unconfirmed};
pub use relay::{Credentials, DkimAlgorithm, DkimKey, Relay, Sender, Tls};
pub use window::{Day, Notice, Window};

/// The whole of `postmerge.yaml`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Who sends.
    pub organisation: Organisation,
    /// Who is who, and which lists they own.
    #[serde(default)]
    pub people: BTreeMap<PersonName, Person>,
    /// From identities that campaigns choose between.
    pub senders: BTreeMap<SenderName, Sender>,
    /// The SMTP servers that mail goes out through.
    pub relays: BTreeMap<RelayName, Relay>,
    /// Times of day at which sending may start.
    pub windows: BTreeMap<WindowName, Window>,
    /// Business days that must lie between proposal and sending.
    #[serde(default)]
    pub notice: Notice,
    /// How fast mail goes to whom.
    #[serde(default)]
    pub pace: Pace,
    /// What campaigns may and may not do.
    #[serde(default)]
    pub policy: Policy,
    /// How approvals are proved.
    #[serde(default)]
    pub approval: ApprovalSettings,
    /// How findings of `postmerge lint` are judged.
    #[serde(default)]
    pub lint: Lint,
    /// Where bounces come back to.
    pub bounces: Bounces,
    /// Where mails asking to leave go to.
    pub unsubscribe: Unsubscribe,
    /// The service that recipients reach over https, where there is one.
    #[serde(default)]
    pub portal: Option<Portal>,
    /// Where assets and documents are published.
    #[serde(default)]
    pub publish: Option<Publish>,
    /// Which environment variable holds the secret that recipient ids and tokens are keyed with.
    #[serde(default)]
    pub key: Key,
    /// Whom lists are encrypted to, where some are.
    #[serde(default)]
    pub encryption: Encryption,
    /// Where outcomes are committed to.
    #[serde(default)]
    pub ledger: LedgerSettings,
}

impl Settings {
    /// Who mails of the organisation's machines come from: the sender that `policy.hygiene.sender` names, or the first.
    ///
    /// # Errors
    /// What is wrong with the settings.
    pub fn own_mail_sender(&self) -> Result<&Sender, String> {
        let wanted = self.policy.hygiene.sender.as_ref();
        let found = match wanted {
            Some(name) => self.senders.get(name),
            None => self.senders.values().next(),
        };
        found.ok_or_else(|| match wanted {
            Some(name) => format!("policy.hygiene.sender: there is no sender `{name}`"),
            None => "senders: there is none".to_owned(),
        })
    }
}

/// Where mails asking to leave go to.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Unsubscribe {
    /// The mailbox; each mail's link is this with `+token` put before the `@`.
    pub address: String,
    /// Whether `postmerge ingest` answers who asks for something there: that they left, or their preferences as links.
    #[serde(default = "default_confirm")]
    pub confirm: bool,
}

const fn default_confirm() -> bool {
    true
}

/// Where assets and documents are published.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Publish {
    /// Their address, `https://…`, without a slash at the end.
    #[schemars(regex(pattern = r"^https://[^/\s]+(/[^\s]*[^/\s])?$"))]
    pub url: String,
}

/// The secret that recipient ids and tokens are keyed with.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Key {
    /// The environment variable that holds it: at least 32 characters.
    pub env: String,
    /// Environment variables with secrets of their own for tokens in mails and links: the first makes them, all are read,
    /// so that one can be replaced. Absent: the secret above.
    pub tokens: Vec<String>,
}

impl Default for Key {
    fn default() -> Self {
        Self {
            env: "POSTMERGE_KEY".to_owned(),
            tokens: Vec::new(),
        }
    }
}

/// Where outcomes are committed to.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct LedgerSettings {
    /// The remote.
    pub remote: String,
    /// The branch on it.
    pub branch: String,
    /// The branch that merging to approves.
    pub main: String,
    /// A claim covers about so much of sending time ahead.
    pub claim_ahead: Length,
    /// And never more mails than this: what a lost machine can leave unknown.
    #[schemars(range(min = 1, max = 100_000))]
    pub claim_at_most: u32,
}

impl Default for LedgerSettings {
    fn default() -> Self {
        Self {
            remote: "origin".to_owned(),
            branch: "postmerge-ledger".to_owned(),
            main: "main".to_owned(),
            claim_ahead: Length::seconds(60),
            claim_at_most: 2_000,
        }
    }
}
