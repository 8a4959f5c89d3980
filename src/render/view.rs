//! What a letter is made of, campaign by campaign and recipient by recipient.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::mail::address::Address;
use crate::mail::dkim::Signer;
use crate::mail::occurrence::OccurrenceId;
use crate::mail::recipient_id::{RecipientId, RecipientKey};
use crate::workspace::campaign::Campaign;
use crate::workspace::member::Member;
use crate::workspace::settings::{Locale, Sender, Settings};

/// A file's text and what it is called in messages.
#[derive(Debug, Clone, Copy)]
pub struct Text<'a> {
    /// Its path in the workspace.
    pub file: &'a str,
    /// Its content.
    pub text: &'a str,
}

/// The campaign's text.
#[derive(Debug, Clone, Copy)]
pub enum Body<'a> {
    /// `body.md`.
    Markdown(Text<'a>),
    /// `body.html`, and a `body.txt` where there is one; else the text part is drawn from the page.
    Html(Text<'a>, Option<Text<'a>>),
}

/// A template's files.
#[derive(Debug, Clone, Copy)]
pub struct Layout<'a> {
    /// `layout.html`.
    pub html: Text<'a>,
    /// `layout.txt`.
    pub text: Option<Text<'a>>,
    /// `style.css`.
    pub css: Option<Text<'a>>,
    /// The template's own variables.
    pub variables: &'a BTreeMap<String, String>,
}

/// All that a campaign is compiled of.
pub struct Ingredients<'a> {
    /// The whole of `postmerge.yaml`.
    pub settings: &'a Settings,
    /// The From identity, as the campaign names it.
    pub sender: &'a Sender,
    /// The campaign.
    pub campaign: &'a Campaign,
    /// Where its subject and preheader stand, for messages: `campaigns/…/campaign.yaml`.
    pub campaign_file: &'a str,
    /// Which sending of it.
    pub occurrence: &'a OccurrenceId,
    /// The language.
    pub locale: Locale,
    /// The text.
    pub body: Body<'a>,
    /// The template.
    pub layout: Option<Layout<'a>>,
    /// The columns of all lists that it goes to.
    pub columns: &'a [String],
    /// The published URL of a path below `assets/`.
    pub asset_url: &'a dyn Fn(&str) -> Option<String>,
    /// Whether addresses that lead nowhere from a mail stay as they are: for who only looks.
    pub keeps_broken_links: bool,
    /// The organisation's key.
    pub key: &'a RecipientKey,
    /// Who signs, first signature first.
    pub signers: Vec<Signer>,
}

/// How a document reaches the recipient.
#[derive(Debug, Clone, Copy)]
pub enum Delivery<'a> {
    /// By its published URL.
    Link(&'a str),
    /// In the mail.
    Attachment {
        /// Its media type.
        content_type: &'a str,
        /// Its bytes.
        content: &'a [u8],
    },
}

/// A document for one recipient.
#[derive(Debug, Clone, Copy)]
pub struct Document<'a> {
    /// What it is called.
    pub title: &'a str,
    /// Its file's name.
    pub file_name: &'a str,
    /// How it arrives.
    pub delivery: Delivery<'a>,
}

/// Whose copy of a mail it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Copy {
    /// The recipient's own.
    To,
    /// The copy of the campaign's n-th `cc`, from 0.
    Cc(u8),
    /// The copy of the campaign's n-th `bcc`, from 0. The mail does not show it.
    Bcc(u8),
}

/// One recipient.
#[derive(Debug, Clone, Copy)]
pub struct RecipientView<'a> {
    /// Where this copy goes.
    pub envelope_to: &'a Address,
    /// Who the mail is to, on every copy.
    pub to: &'a Address,
    /// The recipient's id, on every copy.
    pub id: RecipientId,
    /// The recipient's index in the audience.
    pub index: u32,
    /// The row, where there is one.
    pub member: Option<&'a Member>,
    /// Whose copy.
    pub copy: Copy,
    /// Whether it is only shown: its links open nobody's page, and nothing of it is counted.
    pub is_specimen: bool,
    /// The mail's Date.
    pub date: Timestamp,
    /// The documents.
    pub documents: &'a [Document<'a>],
}

impl RecipientView<'_> {
    /// Whoever reads this copy: the recipient, or who has the copy.
    pub(super) fn reader(&self, key: &RecipientKey) -> RecipientId {
        match self.copy {
            Copy::To => self.id,
            Copy::Cc(_) | Copy::Bcc(_) => key.id(self.envelope_to),
        }
    }
}
