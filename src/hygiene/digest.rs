//! One owner's notice: what bounced, why, until when it can be corrected and how. Plain text and simple HTML, in the owner's language.
//!
//! Marked as a machine's (RFC 3834), so that no machine answers it. The envelope's reverse-path is the bounce mailbox without a token: a
//! notice that comes back is nobody's bounce and makes no other notice.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::HygieneError;
use super::cases::Case;
use super::words::{Words, filled, language};
use crate::diagnostic::is_unseen;
use crate::mail::address::Address;
use crate::mail::dkim::Signer;
use crate::mail::envelope::Letter;
use crate::mail::own_letter::OwnLetter;
use crate::mail::recipient_id::RecipientKey;
use crate::render::escape;
use crate::render::flowed::flowed;
use crate::workspace::encryption::ENDING;
use crate::workspace::names::{ListName, PersonName};
use crate::workspace::settings::Locale;

/// One owner's notice.
#[derive(Debug, Clone)]
pub struct Digest {
    /// Who is told.
    pub owner: PersonName,
    /// Where.
    pub to: Address,
    /// In which language.
    pub locale: Locale,
    /// Of what: at least one, all of addresses that take no mail; by list.
    pub cases: Vec<Case>,
    /// The lists' titles.
    pub titles: Vec<(ListName, String)>,
    /// Which of the lists are encrypted.
    pub encrypted: Vec<ListName>,
    /// How many of these lists' people left by themselves or complained.
    pub departed: usize,
    /// To the end of this day they can be corrected.
    pub until: Date,
}

/// Who notices come from.
#[derive(Debug)]
pub struct Letterhead<'a> {
    /// The name that is shown.
    pub name: &'a str,
    /// The address.
    pub address: &'a Address,
    /// Where they come back to.
    pub bounces: &'a Address,
    /// Who signs.
    pub signers: &'a [Signer],
    /// The organisation's zone.
    pub zone: &'a TimeZone,
    /// Makes Message-IDs that say nothing.
    pub key: &'a RecipientKey,
}

/// A block of the text.
enum Block {
    Paragraph(String),
    Heading(String),
    /// A line that stands out, and lines below it.
    Item(String, Vec<String>),
}

impl Digest {
    /// The subject.
    pub fn subject(&self) -> String {
        let words = Words::of(self.locale);
        let n = self.cases.len().to_string();
        let template = match (self.cases.len(), self.titles.len()) {
            (1, _) => words.subject_one,
            (_, 1) => words.subject_many,
            _ => words.subject_lists,
        };
        let named = self.cases.first().map(|case| self.title(&case.list));
        let list = one_line(named.unwrap_or_default());
        filled(template, &[("n", &n), ("list", &list)])
    }

    fn title<'a>(&'a self, list: &'a ListName) -> &'a str {
        let found = self.titles.iter().find(|(name, _)| name == list);
        found.map_or(list.as_str(), |(_, title)| title)
    }

    fn blocks(&self, zone: &TimeZone) -> Vec<Block> {
        let words = Words::of(self.locale);
        let until = words.date(self.until);
        let mut blocks = vec![Block::Paragraph(filled(
            words.opening,
            &[("until", &until)],
        ))];
        for cases in self.cases.chunk_by(|one, next| one.list == next.list) {
            let Some(first) = cases.first() else { continue };
            let is_encrypted = self.encrypted.contains(&first.list);
            let (ending, correct) = match is_encrypted {
                true => (ENDING, words.correct_encrypted),
                false => (".csv", words.correct),
            };
            let file = format!("lists/{}{ending}", first.list);
            let title = one_line(self.title(&first.list));
            blocks.push(Block::Heading(format!("{title} ({file})")));
            blocks.extend(cases.iter().map(|case| self.item(case, zone)));
            blocks.push(Block::Paragraph(filled(
                correct,
                &[("file", &file), ("list", first.list.as_str())],
            )));
        }
        blocks.push(Block::Paragraph(words.nothing.to_owned()));
        let n = self.departed.to_string();
        match self.departed {
            0 => {}
            1 => blocks.push(Block::Paragraph(words.departed_one.to_owned())),
            _ => blocks.push(Block::Paragraph(filled(words.departed_many, &[("n", &n)]))),
        }
        blocks.push(Block::Paragraph(words.automatic.to_owned()));
        blocks
    }

    fn item(&self, case: &Case, zone: &TimeZone) -> Block {
        let words = Words::of(self.locale);
        let lines: Vec<String> = case.rows.iter().map(|at| at.line.to_string()).collect();
        let line = filled(words.line, &[("line", &lines.join(", "))]);
        let heard = case.suppressed.evidence.as_ref();
        let since = heard.map_or(case.suppressed.since, |it| it.at);
        let date = words.date(since.to_zoned(zone.clone()).date());
        let mail = heard.and_then(|it| it.occurrence.as_ref());
        let since = match mail {
            Some(mail) => filled(
                words.heard_of,
                &[("date", &date), ("mail", &mail.to_string())],
            ),
            None => filled(words.heard, &[("date", &date)]),
        };
        let why = case.suppressed.why(language(self.locale));
        let mut below = vec![format!("{}, {since}.", why.unwrap_or(words.not_told))];
        let said = heard.map_or(case.suppressed.note.as_str(), |it| it.text.as_str());
        if !said.is_empty() {
            below.push(format!("{} {}", words.server, one_line(said)));
        }
        Block::Item(format!("{} ({line})", case.address.as_str()), below)
    }

    /// The text part, not wrapped.
    pub fn text(&self, zone: &TimeZone) -> String {
        let mut out = String::new();
        for block in self.blocks(zone) {
            match block {
                Block::Paragraph(text) => out.push_str(&format!("{text}\n\n")),
                Block::Heading(text) => {
                    let underline = "-".repeat(text.chars().count().min(70));
                    out.push_str(&format!("{text}\n{underline}\n\n"));
                }
                Block::Item(text, below) => {
                    out.push_str(&format!("* {text}\n{}\n\n", below.join("\n")));
                }
            }
        }
        out
    }

    /// The HTML part.
    pub fn html(&self, zone: &TimeZone) -> String {
        let tag = self.locale.tag();
        let mut out = format!(
            "<!DOCTYPE html>\n<html lang=\"{tag}\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width\">\n<title>{}</title>\n</head>\n\
             <body style=\"font-family: sans-serif; line-height: 1.5; max-width: 40em\">\n",
            escape(&self.subject())
        );
        for block in self.blocks(zone) {
            match block {
                Block::Paragraph(text) => out.push_str(&format!("<p>{}</p>\n", escape(&text))),
                Block::Heading(text) => out.push_str(&format!("<h2>{}</h2>\n", escape(&text))),
                Block::Item(text, below) => {
                    let below: Vec<String> = below.iter().map(|text| escape(text)).collect();
                    out.push_str(&format!(
                        "<p><strong>{}</strong><br>\n{}</p>\n",
                        escape(&text),
                        below.join("<br>\n")
                    ));
                }
            }
        }
        out.push_str("</body>\n</html>\n");
        out
    }

    /// The mail.
    ///
    /// # Errors
    /// [`HygieneError::Mail`].
    pub fn letter(&self, from: &Letterhead<'_>, now: Timestamp) -> Result<Letter, HygieneError> {
        let date = now.to_zoned(from.zone.clone());
        let letter = OwnLetter {
            name: from.name,
            from: from.address,
            to: &self.to,
            bounces: from.bounces,
            subject: &self.subject(),
            text: &flowed(&self.text(from.zone)),
            html: Some(&self.html(from.zone)),
            attachments: &[],
            language: Some(self.locale.tag()),
            reply_to: None,
            mark: None,
            date: &date,
            id: &self.id(from, now),
            signers: from.signers,
        };
        letter.write().map_err(|why| HygieneError::Mail {
            owner: self.owner.to_string(),
            why: why.to_string(),
        })
    }

    /// Its own, whatever run makes it: no two notices of the same cases at the same time.
    fn id(&self, from: &Letterhead<'_>, now: Timestamp) -> String {
        let at = now.as_millisecond().to_be_bytes();
        let mut parts: Vec<&[u8]> = vec![self.owner.as_str().as_bytes(), &at];
        parts.extend(self.cases.iter().map(|case| case.recipient.0.as_slice()));
        let mac = from.key.mac("notice", &parts);
        mac.iter().take(16).map(|b| format!("{b:02x}")).collect()
    }
}

/// Titles and servers' words, without what would break a line.
fn one_line(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            c if is_unseen(c) => ' ',
            c => c,
        })
        .collect()
}
