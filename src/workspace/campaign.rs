//! `campaigns/<id>/campaign.yaml`: what is sent, to whom, when, by whom.
//!
//! The body stands beside it: `body.md`, or `body.html` for a whole page of one's own.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use super::names::{ListName, SenderName, TemplateName, TopicName, WindowName};
use super::settings::{Locale, Settings};

/// The whole of a `campaign.yaml`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Campaign {
    /// The subject, a template over the member's columns.
    pub subject: String,
    /// The line that mail programs show after the subject; a template too.
    #[serde(default)]
    pub preheader: Option<String>,
    /// Who it is from.
    pub sender: SenderName,
    /// The layout; absent for a `body.html` that is a whole page.
    #[serde(default)]
    pub template: Option<TemplateName>,
    /// The language; the organisation's where absent.
    #[serde(default)]
    pub locale: Option<Locale>,
    /// What kind of mail it is: decides which consent it needs, and what headers it carries.
    #[serde(default)]
    pub purpose: Purpose,
    /// Who gets it.
    pub audience: Audience,
    /// When it goes out.
    pub send: Send,
    /// What recipients are handed besides the text.
    #[serde(default)]
    pub documents: Vec<Document>,
    /// Addresses that get a visible copy of every mail.
    #[serde(default)]
    #[schemars(extend("uniqueItems" = true))]
    pub cc: Vec<String>,
    /// Addresses that get a hidden copy of every mail.
    #[serde(default)]
    #[schemars(extend("uniqueItems" = true))]
    pub bcc: Vec<String>,
    /// How mail programs mark it.
    #[serde(default)]
    pub priority: Priority,
    /// Who must approve.
    #[serde(default)]
    pub approval: Approval,
    /// What is observed about reading.
    #[serde(default)]
    pub tracking: Tracking,
    /// Invites to a list who is not in it.
    #[serde(default)]
    pub invitation: Option<Invitation>,
    /// Asks members whether their data are right and whether they want to go on: goes to those who did not say so
    /// since the week, month or quarter began that it is sent in.
    #[serde(default)]
    pub reconfirmation: Option<Every>,
    /// Sends again what a recipient already has. Needs a reason.
    #[serde(default)]
    pub force: Option<Force>,
    /// `cancelled` stops what has not been sent.
    #[serde(default)]
    pub status: Status,
}

impl Campaign {
    /// What is counted of it: what it asks for, where there is a portal to count, and of newsletters only. Who gets invoices and
    /// letters has consented to nothing.
    pub fn counted(&self, settings: &Settings) -> Tracking {
        match settings.portal.is_some() && self.purpose == Purpose::Marketing {
            true => self.tracking,
            false => Tracking::default(),
        }
    }
}

/// What kind of mail a campaign is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Purpose {
    /// News, invitations, offers: needs consent, carries an unsubscribe link.
    #[default]
    Marketing,
    /// What the recipient's own business with the organisation brings: invoices, confirmations.
    Transactional,
    /// A letter to one person or a few.
    Individual,
}

/// Who gets a campaign.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Audience {
    /// The lists whose members it goes to.
    #[schemars(extend("uniqueItems" = true))]
    pub lists: Vec<ListName>,
    /// Only those members for whom this expression over their columns holds.
    #[serde(rename = "where")]
    pub filter: Option<String>,
    /// Only those who have this topic.
    pub topic: Option<TopicName>,
    /// Further single addresses.
    pub include: Vec<String>,
    /// Addresses that do not get it.
    pub exclude: Vec<String>,
    /// Lists whose members do not get it.
    #[schemars(extend("uniqueItems" = true))]
    pub exclude_lists: Vec<ListName>,
    /// How many recipients are expected; a drift beyond this holds the campaign.
    #[serde(deserialize_with = "expect")]
    pub expect: Option<Expect>,
}

/// More at least than at most would hold the campaign whatever its lists have.
fn expect<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Expect>, D::Error> {
    let expect = Option::<Expect>::deserialize(deserializer)?;
    match &expect {
        Some(Expect {
            min: Some(min),
            max: Some(max),
        }) if min > max => {
            let why = format!("at least {min} and at most {max} cannot both hold");
            Err(serde::de::Error::custom(why))
        }
        _ => Ok(expect),
    }
}

/// How many recipients are expected.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Expect {
    /// At least so many.
    #[serde(default)]
    pub min: Option<u32>,
    /// At most so many.
    #[serde(default)]
    pub max: Option<u32>,
}

/// When a campaign goes out.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Send {
    /// The day; for a recurring campaign the first one.
    pub date: Date,
    /// The window of that day.
    pub window: WindowName,
    /// Sends it again on the first fitting day of every period.
    #[serde(default)]
    pub every: Option<Every>,
    /// What happens when its window passes without a start.
    #[serde(default)]
    pub if_missed: IfMissed,
}

/// The period of a recurring campaign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Every {
    /// Occurrences `2026-W49`.
    Week,
    /// Occurrences `2026-12`.
    Month,
    /// Occurrences `2026-Q4`.
    Quarter,
}

/// What happens to a campaign whose window passed without a start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum IfMissed {
    /// It lapses, and is reported.
    #[default]
    Lapse,
    /// It goes out when the window opens next.
    Next,
}

/// A file that recipients are handed.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Document {
    /// Its path beside `campaign.yaml`; with `{{ column }}` in it there is one for each recipient.
    pub file: String,
    /// How it is handed over.
    #[serde(default, rename = "as")]
    pub delivery: DocumentDelivery,
    /// What the link or attachment is called; the file's name where absent. A template too.
    #[serde(default)]
    pub title: Option<String>,
    /// Whether the portal hands it out no more, whatever links went out.
    #[serde(default)]
    pub revoked: bool,
}

/// How a document is handed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum DocumentDelivery {
    /// Published, and linked in the mail.
    #[default]
    Link,
    /// Attached, where policy allows it.
    Attachment,
}

/// How mail programs mark a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum Priority {
    High,
    #[default]
    Normal,
    Low,
}

/// Who must approve a campaign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Approval {
    /// The coordinator.
    #[default]
    Coordinator,
    /// The coordinator and the management.
    Management,
}

/// What is observed about reading.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Tracking {
    /// Whether a mail was opened.
    pub opens: bool,
    /// Which links were followed.
    pub clicks: bool,
}

/// An invitation to a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Invitation {
    /// Which list: people must be able to join it. Its members do not get the campaign.
    pub list: ListName,
}

/// Sends again what a recipient already has.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Force {
    /// Why.
    #[schemars(length(min = 10))]
    pub reason: String,
}

/// Whether a campaign goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// It goes out as approved.
    #[default]
    Active,
    /// What has not been sent is not sent.
    Cancelled,
}
