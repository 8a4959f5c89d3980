//! What stands in every mail of a campaign alike: header fields written once, and where replies,
//! bounces and unsubscriptions go.

use super::RenderError;
use super::view::Ingredients;
use crate::mail::address::Address;
use crate::mail::header::{self, Mailbox};
use crate::mail::token::{Leave, Scope};
use crate::workspace::campaign::{Priority, Purpose};

/// RFC 5321 §4.5.3.1.1.
const LONGEST_LOCAL: usize = 64;
const VERP_TOKEN: usize = 32;

/// See the module's words.
#[derive(Debug)]
pub(super) struct Standing {
    /// `From: …` with its CRLF.
    pub(super) from: Vec<u8>,
    /// `Cc:` and `Reply-To:`, where there are such.
    pub(super) after_to: Vec<u8>,
    /// The fields after Message-ID that do not depend on the recipient.
    pub(super) after_id: Vec<u8>,
    /// The sender's domain.
    pub(super) domain: String,
    pub(super) bounces: Address,
    pub(super) unsubscribe: Address,
    /// Whether the longer token fits behind it.
    pub(super) has_room: bool,
    pub(super) portal: Option<String>,
    /// Whether the campaign asks people to confirm.
    pub(super) confirms: bool,
    /// What leaving leaves.
    pub(super) scope: Scope,
    /// Whether a header field has an address that needs SMTPUTF8.
    pub(super) smtputf8: bool,
    pub(super) marketing: bool,
}

impl Standing {
    pub(super) fn of(given: &Ingredients<'_>) -> Result<Self, RenderError> {
        let parse = |what: &'static str, text: &str| {
            Address::parse(text).map_err(|why| RenderError::Address { what, why })
        };
        let campaign = given.campaign;
        let sender = parse("sender", &given.sender.address)?;
        let cc = campaign
            .cc
            .iter()
            .map(|text| parse("cc", text))
            .collect::<Result<Vec<_>, _>>()?;
        let reply_to = match &given.sender.reply_to {
            Some(text) => Some(parse("reply_to", text)?),
            None => None,
        };
        let bounces = room(
            "bounces.address",
            parse("bounces.address", &given.settings.bounces.address)?,
            VERP_TOKEN,
        )?;
        let unsubscribe = room(
            "unsubscribe.address",
            parse("unsubscribe.address", &given.settings.unsubscribe.address)?,
            Leave::SHORTER,
        )?;

        let mut from = Vec::new();
        let name = given.sender.name.as_str();
        header::mailboxes(
            &mut from,
            "From",
            &[Mailbox {
                name,
                address: &sender,
            }],
        )?;
        let mut after_to = Vec::new();
        let plain = |address| Mailbox { name: "", address };
        header::mailboxes(
            &mut after_to,
            "Cc",
            &cc.iter().map(plain).collect::<Vec<_>>(),
        )?;
        if let Some(address) = &reply_to {
            header::mailboxes(&mut after_to, "Reply-To", &[plain(address)])?;
        }
        let scope = match &campaign.audience.topic {
            Some(topic) => Scope::topic(given.key, topic.as_str()),
            None => Scope::All,
        };
        let utf8 = |address: &Address| address.needs_smtputf8();
        let portal = given.settings.portal.as_ref();
        let portal = portal.map(|portal| portal.url.clone());
        Ok(Self {
            confirms: campaign.reconfirmation.is_some(),
            smtputf8: utf8(&sender) || cc.iter().any(utf8) || reply_to.as_ref().is_some_and(utf8),
            after_id: after_id(given, sender.domain())?,
            domain: sender.domain().to_owned(),
            portal,
            has_room: unsubscribe.local().len() < LONGEST_LOCAL - Leave::LONGER,
            marketing: campaign.purpose == Purpose::Marketing,
            from,
            after_to,
            bounces,
            unsubscribe,
            scope,
        })
    }
}

fn room(what: &'static str, address: Address, token: usize) -> Result<Address, RenderError> {
    let most = LONGEST_LOCAL - 1 - token;
    if address.local().len() > most {
        return Err(RenderError::Setting(format!(
            "{what}: at most {most} characters may stand before the @, so that a token fits behind them"
        )));
    }
    Ok(address)
}

fn after_id(given: &Ingredients<'_>, domain: &str) -> Result<Vec<u8>, RenderError> {
    let mut out = Vec::new();
    let campaign = given.campaign;
    header::structured(&mut out, "Content-Language", given.locale.tag())?;
    let kind = match campaign.purpose {
        Purpose::Marketing => "marketing",
        Purpose::Transactional => "transactional",
        Purpose::Individual => "individual",
    };
    if campaign.purpose == Purpose::Marketing {
        let audience = &campaign.audience;
        let topic = audience.topic.as_ref().map(|topic| topic.as_str());
        let list = audience.lists.first().map(|list| list.as_str());
        let labels = [topic, list]
            .into_iter()
            .flatten()
            .map(label)
            .collect::<Vec<_>>();
        let id = if labels.is_empty() {
            "mail".to_owned()
        } else {
            labels.join(".")
        };
        let organisation = given.settings.organisation.name.as_str();
        header::phrase_and_id(&mut out, "List-Id", organisation, &format!("{id}.{domain}"))?;
    }
    if campaign.purpose == Purpose::Transactional {
        // RFC 3834 §5.
        header::structured(&mut out, "Auto-Submitted", "auto-generated")?;
    }
    if campaign.purpose != Purpose::Individual {
        // Four parts joined by colons, the last one the sender's: what mailbox providers report
        // complaint rates by.
        let occurrence = given.occurrence;
        let name = label(occurrence.campaign().as_str());
        let sending = occurrence.label().map_or_else(|| "once".to_owned(), label);
        let value = format!("{name}:{sending}:{kind}:{}", label(domain));
        header::structured(&mut out, "Feedback-ID", &value)?;
    }
    match campaign.priority {
        Priority::Normal => {}
        Priority::High => out.extend_from_slice(b"X-Priority: 1\r\nImportance: high\r\n"),
        Priority::Low => out.extend_from_slice(b"X-Priority: 5\r\nImportance: low\r\n"),
    }
    Ok(out)
}

/// A name as a part of an identifier: what is no letter, digit or dot becomes `-`.
fn label(name: &str) -> String {
    let fine = |c: char| {
        if c.is_ascii_alphanumeric() || c == '.' {
            c.to_ascii_lowercase()
        } else {
            '-'
        }
    };
    name.chars()
        .map(fine)
        .collect::<String>()
        .trim_matches(['.', '-'])
        .to_owned()
}
