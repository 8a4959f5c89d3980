//! What campaigns may and may not do.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::hygiene::{Hygiene, Rates};
use super::reconfirmation::Reconfirmation;
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
    /// Mail programs that must show everything.
    pub clients: Vec<Client>,
    /// By so many per cent the audience of a campaign may grow against what the main branch would send, where the
    /// campaign does not say what it expects.
    pub growth_limit: Option<u32>,
    /// How many newsletters one person gets in so many days at most.
    pub frequency: Option<Frequency>,
    /// What becomes of members who do not confirm that they want to go on.
    pub reconfirmation: Reconfirmation,
    /// Whether a campaign goes out only after its very content was sent to one's own addresses.
    pub test_before_sending: bool,
    /// From more recipients than this on a campaign needs the management's approval.
    pub management_above: Option<u32>,
    /// What `send` looks at before a campaign goes on.
    pub preflight: Preflight,
    /// From which share of complaints and hard bounces on a campaign is warned of, and stops.
    pub rates: Rates,
    /// What becomes of rows whose address takes no mail, or whose owner left.
    pub hygiene: Hygiene,
    /// From how many soft bounces on an address is not mailed any more.
    pub soft_bounces: SoftBounces,
    /// Whether a bounce or complaint must carry a mail's own token or Message-ID before anybody is suppressed for it;
    /// else the address that it names is enough, which anybody can write.
    pub proof_of_mail: bool,
}

/// From how many soft bounces on an address is not mailed any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SoftBounces {
    /// So many.
    #[schemars(range(min = 1))]
    pub mails: u16,
    /// In so many days.
    #[schemars(range(min = 1, max = 366))]
    pub days: u16,
}

impl Default for SoftBounces {
    fn default() -> Self {
        Self { mails: 5, days: 60 }
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            attachments: Attachments::default(),
            copies_for_at_most: 25,
            brand: Brand::default(),
            link_domains: Vec::new(),
            approved_templates: false,
            clients: vec![
                Client::Gmail,
                Client::OutlookWindows,
                Client::OutlookWeb,
                Client::AppleMail,
                Client::Yahoo,
                Client::Thunderbird,
            ],
            growth_limit: Some(50),
            frequency: None,
            reconfirmation: Reconfirmation::default(),
            test_before_sending: false,
            management_above: None,
            preflight: Preflight::default(),
            soft_bounces: SoftBounces::default(),
            proof_of_mail: false,
            rates: Rates::default(),
            hygiene: Hygiene::default(),
        }
    }
}

/// What `send` looks at before a campaign goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Preflight {
    /// What holds a campaign where it is wrong; nothing else is looked at, and nothing where empty.
    pub fatal: Vec<PreflightCheck>,
}

impl Default for Preflight {
    fn default() -> Self {
        Self {
            fatal: vec![
                PreflightCheck::Relay,
                PreflightCheck::Authentication,
                PreflightCheck::Dkim,
                PreflightCheck::Publication,
            ],
        }
    }
}

/// Something that `postmerge doctor` looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PreflightCheck {
    /// The relay is found, greets, and encrypts with a good certificate.
    Relay,
    /// It takes user and password.
    Authentication,
    /// The public keys in DNS are ours.
    Dkim,
    /// The SPF record allows the relay.
    Spf,
    /// There is a DMARC record, and something speaks for the sender's domain.
    Dmarc,
    /// The domains of sender, bounces and wishes to leave take mail.
    Mx,
    /// The relay's addresses have names.
    Reverse,
    /// The hosts that mails lead to answer over https.
    Https,
    /// The assets and documents that mails link to are there.
    Publication,
}

/// How many newsletters one person gets in so many days at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Frequency {
    /// So many mails of `purpose: marketing`.
    #[schemars(range(min = 1))]
    pub mails: u16,
    /// In so many days.
    #[schemars(range(min = 1, max = 366))]
    pub days: u16,
}

/// A mail program, by the newest version that is known of.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Client {
    /// Gmail.
    Gmail,
    /// Outlook for Windows.
    OutlookWindows,
    /// Outlook for Mac.
    OutlookMac,
    /// Outlook.com.
    OutlookWeb,
    /// Outlook on telephones.
    OutlookMobile,
    /// Apple Mail.
    AppleMail,
    /// Yahoo.
    Yahoo,
    /// AOL.
    Aol,
    /// Thunderbird.
    Thunderbird,
    /// Samsung Email.
    SamsungEmail,
    /// Proton Mail.
    ProtonMail,
    /// GMX.
    Gmx,
}

impl Client {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::Gmail,
        Self::OutlookWindows,
        Self::OutlookMac,
        Self::OutlookWeb,
        Self::OutlookMobile,
        Self::AppleMail,
        Self::Yahoo,
        Self::Aol,
        Self::Thunderbird,
        Self::SamsungEmail,
        Self::ProtonMail,
        Self::Gmx,
    ];

    /// As settings name it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Gmail => "gmail",
            Self::OutlookWindows => "outlook-windows",
            Self::OutlookMac => "outlook-mac",
            Self::OutlookWeb => "outlook-web",
            Self::OutlookMobile => "outlook-mobile",
            Self::AppleMail => "apple-mail",
            Self::Yahoo => "yahoo",
            Self::Aol => "aol",
            Self::Thunderbird => "thunderbird",
            Self::SamsungEmail => "samsung-email",
            Self::ProtonMail => "proton-mail",
            Self::Gmx => "gmx",
        }
    }

    /// As people name it.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Gmail => "Gmail",
            Self::OutlookWindows => "Outlook for Windows",
            Self::OutlookMac => "Outlook for Mac",
            Self::OutlookWeb => "Outlook.com",
            Self::OutlookMobile => "Outlook on telephones",
            Self::AppleMail => "Apple Mail",
            Self::Yahoo => "Yahoo",
            Self::Aol => "AOL",
            Self::Thunderbird => "Thunderbird",
            Self::SamsungEmail => "Samsung Email",
            Self::ProtonMail => "Proton Mail",
            Self::Gmx => "GMX",
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
