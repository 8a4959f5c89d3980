//! A message taken apart: its fields, what it says to people, its machine-readable parts, and the
//! mail that it returns. Transfer encodings, character sets and MIME's structure are `mail-parser`'s
//! work; what is broken there is read as text.

use std::borrow::Cow;

use mail_parser::{Message, MessageParser, MessagePart, MimeHeaders, PartType};

use super::fields::{Fields, head};

/// Octets of a message that are looked at: what a report says stands before what it returns.
const LOOKED_AT: usize = 1 << 20;
/// Octets of a part that are looked at.
const PART: usize = 128 * 1024;
/// Parts that are looked at.
const PARTS: usize = 60;

/// A message taken apart.
#[derive(Debug, Default)]
pub(super) struct Letter {
    /// Its own fields.
    pub(super) fields: Fields,
    /// Its subject, decoded.
    pub(super) subject: String,
    /// The display names of its senders, decoded.
    pub(super) sender_names: String,
    /// What it says in text, then in HTML.
    pub(super) texts: Vec<String>,
    /// Delivery status parts (RFC 3464).
    pub(super) statuses: Vec<String>,
    /// Disposition notifications (RFC 8098).
    pub(super) dispositions: Vec<String>,
    /// Feedback reports (RFC 5965).
    pub(super) feedback: Vec<String>,
    /// The fields of the mail that it returns.
    pub(super) original: Fields,
    /// One of its texts goes on with the mail that it returns, as far as can be told.
    pub(super) returns_in_text: bool,
    /// Whole messages inside it, as they are.
    pub(super) inside: Vec<Vec<u8>>,
}

impl Letter {
    /// Takes a message apart.
    pub(super) fn read(bytes: &[u8]) -> Self {
        let bytes = bytes.get(..LOOKED_AT.min(bytes.len())).unwrap_or_default();
        let bytes = with_line_feeds(bytes);
        let bytes = without_mbox_line(&bytes);
        let mut letter = Self {
            fields: Fields::read(&String::from_utf8_lossy(
                bytes.get(..PART.min(bytes.len())).unwrap_or_default(),
            )),
            ..Self::default()
        };
        let Some(message) = MessageParser::default().parse(bytes) else {
            letter.take_body(bytes);
            return letter;
        };
        message
            .subject()
            .unwrap_or_default()
            .clone_into(&mut letter.subject);
        letter.sender_names = [message.from(), message.sender()]
            .into_iter()
            .flatten()
            .flat_map(|address| address.iter())
            .filter_map(|address| address.name())
            .collect::<Vec<_>>()
            .join(" ");
        letter.take_parts(&message);
        if letter.says_nothing() {
            letter.take_body(bytes);
        }
        letter
    }

    /// Whether there is nothing to read in it.
    pub(super) fn says_nothing(&self) -> bool {
        let silent = |texts: &[String]| texts.iter().all(|text| text.trim().is_empty());
        silent(&self.texts)
            && silent(&self.statuses)
            && silent(&self.dispositions)
            && silent(&self.feedback)
            && self.inside.is_empty()
    }

    /// Where no part can be told, as with a boundary that got lost, what stands below the fields is the text; all of it, where
    /// there are no fields.
    fn take_body(&mut self, bytes: &[u8]) {
        let text = String::from_utf8_lossy(bytes.get(..PART.min(bytes.len())).unwrap_or_default());
        let below = text.split_once("\n\n").or(text.split_once("\r\n\r\n"));
        let body = match self.fields.is_empty() {
            true => Some(text.as_ref()),
            false => below.map(|(_, body)| body),
        };
        self.texts = body.map(ToOwned::to_owned).into_iter().collect();
    }

    fn take_parts(&mut self, message: &Message<'_>) {
        let mut pages = Vec::new();
        for part in message.parts.iter().take(PARTS) {
            let kind = kind_of(part);
            match (&part.body, kind.as_str()) {
                (PartType::Multipart(_), _) => {}
                (
                    _,
                    "message/delivery-status"
                    | "message/global-delivery-status"
                    | "message/delivery_status",
                ) => {
                    self.statuses.push(text_of(part));
                }
                (
                    _,
                    "message/disposition-notification" | "message/global-disposition-notification",
                ) => {
                    self.dispositions.push(text_of(part));
                }
                (_, "message/feedback-report") => self.feedback.push(text_of(part)),
                (
                    _,
                    "text/rfc822-headers"
                    | "text/rfc822-header"
                    | "message/rfc822-headers"
                    | "message/global-headers",
                ) => {
                    self.take_original(&text_of(part));
                }
                (PartType::Message(inner), _) => {
                    let raw = inner.raw_message();
                    let raw = raw.get(..LOOKED_AT.min(raw.len())).unwrap_or_default();
                    self.take_original(&String::from_utf8_lossy(
                        raw.get(..PART.min(raw.len())).unwrap_or_default(),
                    ));
                    self.inside.push(raw.to_vec());
                }
                (PartType::Html(html), _) => {
                    pages.push(mail_parser::decoders::html::html_to_text(head(html, PART)));
                }
                (PartType::Text(text), _) => self.texts.push(head(text, PART).to_owned()),
                (PartType::Binary(_) | PartType::InlineBinary(_), kind)
                    if kind.starts_with("message/") =>
                {
                    self.take_original(&text_of(part));
                }
                _ => {}
            }
        }
        self.texts.append(&mut pages);
    }

    /// The first one counts.
    pub(super) fn take_original(&mut self, text: &str) {
        if self.original.is_empty() {
            self.original = Fields::read(text);
        }
    }

    /// How many characters of it somebody seems to have written: without what is quoted, a signature, and what mail programs
    /// write by themselves into a letter that leaves.
    pub(super) fn written(&self) -> usize {
        const BY_PROGRAMS: [&str; 3] = [
            "automatically generated",
            "sent this email to unsubscribe",
            "sent this message to unsubscribe",
        ];
        let Some(text) = self.texts.first() else {
            return 0;
        };
        let lines = text.lines().take_while(|line| {
            let is_signature = line.trim_end() == "--";
            let is_quotation = ["-----", "_____"].iter().any(|it| line.starts_with(it));
            !is_signature && !is_quotation
        });
        let own = lines.filter(|line| {
            let lower = line.to_lowercase();
            !line.starts_with('>') && !BY_PROGRAMS.iter().any(|it| lower.contains(it))
        });
        own.map(|line| line.trim().chars().count()).sum()
    }

    /// Everything it says to people.
    pub(super) fn words(&self) -> String {
        self.texts.join("\n\n")
    }
}

/// `type/subtype` in lower case.
fn kind_of(part: &MessagePart<'_>) -> String {
    part.content_type().map_or_else(String::new, |kind| {
        format!("{}/{}", kind.ctype(), kind.subtype().unwrap_or_default()).to_ascii_lowercase()
    })
}

fn text_of(part: &MessagePart<'_>) -> String {
    match &part.body {
        PartType::Text(text) | PartType::Html(text) => head(text, PART).to_owned(),
        PartType::Binary(bytes) | PartType::InlineBinary(bytes) => {
            String::from_utf8_lossy(bytes.get(..PART.min(bytes.len())).unwrap_or_default())
                .into_owned()
        }
        PartType::Message(inner) => {
            let raw = inner.raw_message();
            String::from_utf8_lossy(raw.get(..PART.min(raw.len())).unwrap_or_default()).into_owned()
        }
        PartType::Multipart(_) => String::new(),
    }
}

/// Some systems end lines with a carriage return alone, and say so nowhere.
fn with_line_feeds(bytes: &[u8]) -> Cow<'_, [u8]> {
    if bytes.contains(&b'\n') || !bytes.contains(&b'\r') {
        return Cow::Borrowed(bytes);
    }
    let ended = bytes.iter().map(|b| if *b == b'\r' { b'\n' } else { *b });
    Cow::Owned(ended.collect())
}

/// Without blank lines and mbox's separator in front (RFC 4155).
fn without_mbox_line(bytes: &[u8]) -> &[u8] {
    let bytes = bytes.trim_ascii_start();
    let marked = bytes.starts_with(b"From ") || bytes.starts_with(b">From ");
    match bytes.iter().position(|b| *b == b'\n') {
        Some(end) if marked => bytes.get(end + 1..).unwrap_or_default(),
        _ => bytes,
    }
}
