//! Mails of the organisation's machines to one person: notices, links, forwarded answers. Signed, marked as a
//! machine's (RFC 3834 §5), so that no machine answers.
//!
//! The reverse-path is the bounce mailbox without a token: such a mail that comes back is nobody's bounce.

use jiff::Zoned;
use jiff::fmt::rfc2822;

use super::address::Address;
use super::dkim::{DkimError, Signer, sign};
use super::envelope::{Envelope, Letter};
use super::header::{self, HeaderError, Mailbox};
use super::mime::{self, Attachment, Content};

/// The field that notices to lists' owners are known by: of one that does not arrive a person must hear.
pub const TO_OWNER: &str = "X-Postmerge-Notice";

/// See the module.
#[derive(Debug)]
pub struct OwnLetter<'a> {
    /// The name that is shown as the sender's.
    pub name: &'a str,
    /// The sender's address.
    pub from: &'a Address,
    /// Whom it is to.
    pub to: &'a Address,
    /// Where it comes back to.
    pub bounces: &'a Address,
    /// The subject.
    pub subject: &'a str,
    /// The text, wrapped.
    pub text: &'a str,
    /// The same as a page.
    pub html: Option<&'a str>,
    /// Files that go along.
    pub attachments: &'a [Attachment<'a>],
    /// The language's tag (RFC 5646), where the text is ours alone.
    pub language: Option<&'a str>,
    /// Where answers go, where not to the sender.
    pub reply_to: Option<&'a Address>,
    /// A field that such mails are known by.
    pub mark: Option<(&'static str, &'a str)>,
    /// When.
    pub date: &'a Zoned,
    /// What stands before the `@` of its Message-ID: its own, letters and digits.
    pub id: &'a str,
    /// Who signs.
    pub signers: &'a [Signer],
}

/// Why it cannot be written.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)]
pub enum OwnLetterError {
    #[error(transparent)]
    Header(#[from] HeaderError),
    #[error("its date: {0}")]
    Date(String),
    #[error(transparent)]
    Dkim(#[from] DkimError),
}

impl OwnLetter<'_> {
    /// Writes it.
    ///
    /// # Errors
    /// [`OwnLetterError`].
    pub fn write(&self) -> Result<Letter, OwnLetterError> {
        let mut message = Vec::new();
        let one = |name, address| [Mailbox { name, address }];
        header::mailboxes(&mut message, "From", &one(self.name, self.from))?;
        header::mailboxes(&mut message, "To", &one("", self.to))?;
        if let Some(reply_to) = self.reply_to {
            header::mailboxes(&mut message, "Reply-To", &one("", reply_to))?;
        }
        header::text(&mut message, "Subject", self.subject)?;
        let date = rfc2822::to_string(self.date);
        let date = date.map_err(|why| OwnLetterError::Date(why.to_string()))?;
        header::structured(&mut message, "Date", &date)?;
        let id = format!("{}@{}", self.id, self.from.domain());
        header::structured(&mut message, "Message-ID", &format!("<{id}>"))?;
        if let Some(language) = self.language {
            header::structured(&mut message, "Content-Language", language)?;
        }
        header::structured(&mut message, "Auto-Submitted", "auto-generated")?;
        // Exchange does not know the field above.
        header::structured(&mut message, "X-Auto-Response-Suppress", "All")?;
        if let Some((field, value)) = self.mark {
            header::structured(&mut message, field, value)?;
        }
        let content = Content {
            text: self.text,
            html: self.html,
            attachments: self.attachments,
        };
        mime::write(&mut message, &id, &content)?;
        let mut signed = sign(self.signers, &message, self.date.timestamp().as_second())?;
        signed.extend_from_slice(&message);
        let utf8 = |address: &Address| address.needs_smtputf8();
        Ok(Letter {
            envelope: Envelope {
                from: self.bounces.clone(),
                to: self.to.clone(),
                id: self.id.to_owned(),
                smtputf8: utf8(self.to)
                    || utf8(self.from)
                    || utf8(self.bounces)
                    || self.reply_to.is_some_and(utf8),
            },
            message: signed,
        })
    }
}
