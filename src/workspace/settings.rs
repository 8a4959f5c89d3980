//! `postmerge.yaml`: the organisation, its people, senders, relays, windows, pace and policy.

use std::collections::BTreeMap;

use jiff::civil::{Date, Weekday};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::length::{Length, Size};
use super::names::{ListName, PersonName, ProviderName, RelayName, SenderName, WindowName};

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
    /// Where outcomes are committed to.
    #[serde(default)]
    pub ledger: LedgerSettings,
}

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

/// A From identity.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sender {
    /// The name that recipients see.
    pub name: String,
    /// The address that recipients see.
    pub address: String,
    /// Where answers go; the address itself where absent.
    #[serde(default)]
    pub reply_to: Option<String>,
    /// The relay that this sender's mail goes out through.
    pub relay: RelayName,
    /// Signatures, strongest first; none means unsigned (the relay may sign).
    #[serde(default)]
    pub dkim: Vec<DkimKey>,
}

/// A DKIM key.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DkimKey {
    /// The signing domain (`d=`).
    pub domain: String,
    /// The selector (`s=`): the public key stands in DNS at `<selector>._domainkey.<domain>`.
    pub selector: String,
    /// The algorithm.
    pub algorithm: DkimAlgorithm,
    /// The environment variable that holds the private key: PKCS#8 in PEM.
    pub key_env: String,
}

/// How a DKIM key signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DkimAlgorithm {
    /// RFC 8301: RSA with SHA-256, 2048 bits.
    RsaSha256,
    /// RFC 8463: Ed25519 with SHA-256.
    Ed25519Sha256,
}

/// An SMTP server that mail goes out through: the last hop that we speak to.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Relay {
    /// Its host name, as its certificate names it.
    pub host: String,
    /// Its port: 587 and 465 are usual.
    pub port: u16,
    /// How the connection is encrypted.
    #[serde(default)]
    pub tls: Tls,
    /// A file in the workspace with the certificate authority (PEM) to trust besides the machine's.
    #[serde(default)]
    pub ca_file: Option<String>,
    /// Which environment variables hold the user and password; absent: no authentication.
    #[serde(default)]
    pub credentials: Option<Credentials>,
    /// Connections open at once.
    #[serde(default = "default_connections")]
    #[schemars(range(min = 1, max = 64))]
    pub connections: u16,
    /// Mails over one connection before it is opened anew.
    #[serde(default = "default_mails_per_connection")]
    #[schemars(range(min = 1))]
    pub mails_per_connection: u32,
    /// Mails accepted by this relay in a day, over all destinations.
    #[serde(default)]
    pub daily_cap: Option<u32>,
}

const fn default_connections() -> u16 {
    4
}

const fn default_mails_per_connection() -> u32 {
    100
}

/// How the connection to a relay is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Tls {
    /// Plain greeting, then STARTTLS; without it nothing is sent.
    #[default]
    Starttls,
    /// TLS from the first byte (port 465).
    Implicit,
    /// No encryption: for a relay on the same machine only.
    None,
}

/// Names of environment variables that hold a relay's user and password.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Credentials {
    /// Holds the user.
    pub user_env: String,
    /// Holds the password.
    pub password_env: String,
}

/// A time of day at which sending may start, and for how long it may go on.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Window {
    /// Opening time in the organisation's zone, such as `12:00`.
    pub opens: jiff::civil::Time,
    /// How long it stays open. A campaign that is not done by then goes on when it opens next.
    pub open_for: Length,
    /// The days of the week on which it opens; business days where absent.
    #[serde(default)]
    pub days: Option<Vec<Day>>,
}

/// A day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum Day {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

impl From<Day> for Weekday {
    fn from(day: Day) -> Self {
        match day {
            Day::Monday => Self::Monday,
            Day::Tuesday => Self::Tuesday,
            Day::Wednesday => Self::Wednesday,
            Day::Thursday => Self::Thursday,
            Day::Friday => Self::Friday,
            Day::Saturday => Self::Saturday,
            Day::Sunday => Self::Sunday,
        }
    }
}

/// Business days that must lie between proposal and sending.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Notice {
    /// How many.
    pub business_days: u16,
    /// A proposal after this time of day counts as the next day's.
    pub cut_off: jiff::civil::Time,
}

impl Default for Notice {
    fn default() -> Self {
        Self {
            business_days: 1,
            cut_off: jiff::civil::time(9, 0, 0, 0),
        }
    }
}

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
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            attachments: Attachments::default(),
            copies_for_at_most: 25,
            brand: Brand::default(),
            link_domains: Vec::new(),
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

/// Where bounces come back to.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Bounces {
    /// The mailbox; each mail's reverse-path is this with `+token` put before the `@`.
    pub address: String,
}

/// Where mails asking to leave go to.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Unsubscribe {
    /// The mailbox; each mail's link is this with `+token` put before the `@`.
    pub address: String,
}

/// The service that recipients reach over https.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Portal {
    /// Its address, `https://…`, without a slash at the end.
    #[schemars(regex(pattern = r"^https://[^/\s]+(/[^\s]*[^/\s])?$"))]
    pub url: String,
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
}

impl Default for Key {
    fn default() -> Self {
        Self {
            env: "POSTMERGE_KEY".to_owned(),
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
