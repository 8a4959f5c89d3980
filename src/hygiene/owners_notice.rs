//! One owner's notice: what bounced, why, until when it can be corrected and how; and who says that they never signed up. Plain text and
//! simple HTML, in the owner's language.
//!
//! Marked as a machine's (RFC 3834), so that no machine answers it. The envelope's reverse-path is the bounce mailbox without a token: a
//! notice that comes back is nobody's bounce and makes no other notice; [`TO_OWNER`] tells it from other mails of ours, so that a person
//! hears of it.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::HygieneError;
use super::cases::Case;
use super::disowned::Disowned;
use super::words::{Words, filled, language};
use crate::diagnostic::is_unseen;
use crate::mail::address::Address;
use crate::mail::dkim::Signer;
use crate::mail::envelope::Letter;
use crate::mail::own_letter::{OwnLetter, TO_OWNER};
use crate::mail::recipient_id::RecipientKey;
use crate::render::flowed::flowed;
use crate::render::own_body::OwnBody;
use crate::workspace::encryption::ENDING;
use crate::workspace::members::RowAt;
use crate::workspace::names::{ListName, PersonName};
use crate::workspace::settings::Locale;

/// Somebody who gets a notice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Addressee {
    /// By their name in the settings.
    pub name: PersonName,
    /// Where.
    pub to: Address,
    /// In which language.
    pub locale: Locale,
}

/// One owner's notice.
#[derive(Debug, Clone)]
pub struct OwnersNotice {
    /// Who is told.
    pub owner: Addressee,
    /// The owner who cannot be told, where it is in their place.
    pub instead_of: Option<PersonName>,
    /// Who is told in the owner's place where the relay refuses their address.
    pub stand_in: Option<Addressee>,
    /// Of which addresses that take no mail; by list.
    pub cases: Vec<Case>,
    /// Of whom who says that they never signed up; by list.
    pub disowned: Vec<Disowned>,
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

impl OwnersNotice {
    /// The same for who stands in for an owner who cannot be told, if anybody does.
    pub fn for_stand_in(&self) -> Option<Self> {
        let stand_in = self.stand_in.clone()?;
        Some(Self {
            instead_of: Some(self.owner.name.clone()),
            owner: stand_in,
            stand_in: None,
            ..self.clone()
        })
    }

    fn words(&self) -> &'static Words {
        Words::of(self.owner.locale)
    }

    /// The subject.
    pub fn subject(&self) -> String {
        let words = self.words();
        let n = self.cases.len().to_string();
        let template = match (self.cases.len(), self.titles.len()) {
            (0, _) => words.subject_disowned,
            (1, _) => words.subject_one,
            (_, 1) => words.subject_many,
            _ => words.subject_lists,
        };
        let of_cases = self.cases.iter().map(|case| &case.list);
        let mut lists = of_cases.chain(self.disowned.iter().map(|it| &it.list));
        let named = lists.next().map(|list| self.title(list));
        let list = one_line(named.unwrap_or_default());
        filled(template, &[("n", &n), ("list", &list)])
    }

    fn title<'a>(&'a self, list: &'a ListName) -> &'a str {
        let found = self.titles.iter().find(|(name, _)| name == list);
        found.map_or(list.as_str(), |(_, title)| title)
    }

    fn file(&self, list: &ListName) -> String {
        let ending = match self.encrypted.contains(list) {
            true => ENDING,
            false => ".csv",
        };
        format!("lists/{list}{ending}")
    }

    fn body(&self, zone: &TimeZone) -> OwnBody {
        let words = self.words();
        let mut body = OwnBody::default();
        if let Some(owner) = &self.instead_of {
            body.say(&filled(words.instead, &[("owner", owner.as_str())]));
        }
        if !self.cases.is_empty() {
            self.say_cases(&mut body, zone);
        }
        if !self.disowned.is_empty() {
            self.say_disowned(&mut body, zone);
        }
        body.say(words.automatic);
        body
    }

    fn say_cases(&self, body: &mut OwnBody, zone: &TimeZone) {
        let words = self.words();
        let until = words.date(self.until);
        body.say(&filled(words.opening, &[("until", &until)]));
        for cases in self.cases.chunk_by(|one, next| one.list == next.list) {
            let Some(first) = cases.first() else { continue };
            let correct = match self.encrypted.contains(&first.list) {
                true => words.correct_encrypted,
                false => words.correct,
            };
            let file = self.file(&first.list);
            let title = one_line(self.title(&first.list));
            body.heading(format!("{title} ({file})"));
            for case in cases {
                let (title, below) = self.item(case, zone);
                body.item(title, below);
            }
            let names = [("file", file.as_str()), ("list", first.list.as_str())];
            body.say(&filled(correct, &names));
        }
        body.say(words.nothing);
        let n = self.departed.to_string();
        match self.departed {
            0 => {}
            1 => body.say(words.departed_one),
            _ => body.say(&filled(words.departed_many, &[("n", &n)])),
        }
    }

    fn say_disowned(&self, body: &mut OwnBody, zone: &TimeZone) {
        let words = self.words();
        body.say(words.disowned);
        for people in self.disowned.chunk_by(|one, next| one.list == next.list) {
            let Some(first) = people.first() else {
                continue;
            };
            let title = one_line(self.title(&first.list));
            body.heading(format!("{title} ({})", self.file(&first.list)));
            for one in people {
                let date = words.date(one.said.to_zoned(zone.clone()).date());
                let said = filled(words.disowned_on, &[("date", &date)]);
                body.item(self.row(&one.address, &one.rows), vec![said]);
            }
        }
    }

    fn row(&self, address: &Address, rows: &[RowAt]) -> String {
        let lines: Vec<String> = rows.iter().map(|at| at.line.to_string()).collect();
        let line = filled(self.words().line, &[("line", &lines.join(", "))]);
        format!("{} ({line})", address.as_str())
    }

    fn item(&self, case: &Case, zone: &TimeZone) -> (String, Vec<String>) {
        let words = self.words();
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
        let why = case.suppressed.why(language(self.owner.locale));
        let mut below = vec![format!("{}, {since}.", why.unwrap_or(words.not_told))];
        let said = heard.map_or(case.suppressed.note.as_str(), |it| it.text.as_str());
        if !said.is_empty() {
            below.push(format!("{} {}", words.server, one_line(said)));
        }
        (self.row(&case.address, &case.rows), below)
    }

    /// The text part, not wrapped.
    pub fn text(&self, zone: &TimeZone) -> String {
        self.body(zone).text()
    }

    /// The mail.
    ///
    /// # Errors
    /// [`HygieneError::Mail`].
    pub fn letter(&self, from: &Letterhead<'_>, now: Timestamp) -> Result<Letter, HygieneError> {
        let date = now.to_zoned(from.zone.clone());
        let (subject, body) = (self.subject(), self.body(from.zone));
        let language = self.owner.locale.tag();
        let letter = OwnLetter {
            name: from.name,
            from: from.address,
            to: &self.owner.to,
            bounces: from.bounces,
            subject: &subject,
            text: &flowed(&body.text()),
            html: Some(&body.html(language, &subject)),
            attachments: &[],
            language: Some(language),
            reply_to: None,
            mark: Some((TO_OWNER, "owner")),
            date: &date,
            id: &self.id(from, now),
            signers: from.signers,
        };
        letter.write().map_err(|why| HygieneError::Mail {
            owner: self.owner.name.to_string(),
            why: why.to_string(),
        })
    }

    /// Its own, whatever run makes it: no two notices of the same cases at the same time.
    fn id(&self, from: &Letterhead<'_>, now: Timestamp) -> String {
        let at = now.as_millisecond().to_be_bytes();
        let mut parts: Vec<&[u8]> = vec![self.owner.name.as_str().as_bytes(), &at];
        parts.extend(self.cases.iter().map(|case| case.recipient.0.as_slice()));
        parts.extend(self.disowned.iter().map(|one| one.recipient.0.as_slice()));
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
