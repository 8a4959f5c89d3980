//! What a report says to people: whom its headings name, and the server's words about them.
//!
//! Reads by the tables of [`super::headings`]: a heading opens a list, addresses that start a line
//! (or follow the heading on its own line) are its members, what stands below a member is about it,
//! and the list ends where a protocol, advice or the returned mail begins.

use std::sync::LazyLock;

use super::addresses::{self, Found, is_role_of_server};
use super::fields::head;
use super::headings::ENDINGS;
use super::phrases::{HEADING, STOP};
use super::{Action, RECIPIENTS};
use crate::mail::unaccented::without_accents;

/// Lines that are looked at.
const LINES: usize = 2000;
/// Octets of a line that are looked at.
const LINE: usize = 2000;
/// Octets of words about one recipient that are kept.
const WORDS: usize = 2048;
/// Lines without an address after which an open list is closed: before its first member, and after it.
const PATIENCE: (usize, usize) = (9, 40);
/// How far behind a heading, on its line, an address may stand.
const NEAR: usize = 60;

/// A text for people up to where the returned mail begins, its blanks made single.
#[derive(Debug, Default)]
pub(super) struct Prose {
    /// All lines, joined by blanks.
    pub(super) flat: String,
    /// Where each line lies in it; empty ones are kept.
    lines: Vec<(usize, usize)>,
    /// What stands behind the cut.
    pub(super) returned: String,
}

/// Somebody whom such a text names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Named {
    /// The address.
    pub(super) address: String,
    /// What its heading says.
    pub(super) action: Action,
    /// What stands below it.
    pub(super) words: String,
}

impl Prose {
    /// Cuts the returned mail off.
    pub(super) fn read(text: &str) -> Self {
        let mut prose = Self::default();
        let mut lines = text.lines().take(LINES);
        for line in lines.by_ref() {
            if is_ending(line) && !prose.flat.is_empty() {
                break;
            }
            prose.push(head(line, LINE));
        }
        for line in lines.take(200) {
            prose
                .returned
                .push_str(line.trim_start_matches("> ").trim_start_matches('>'));
            prose.returned.push('\n');
        }
        prose
    }

    fn push(&mut self, line: &str) {
        if !self.flat.is_empty() && !self.flat.ends_with(' ') {
            self.flat.push(' ');
        }
        let start = self.flat.len();
        for word in line
            .split(|c: char| c.is_whitespace() || c.is_control())
            .filter(|w| !w.is_empty())
        {
            if self.flat.len() > start {
                self.flat.push(' ');
            }
            for c in word.chars() {
                self.flat.push(if c == '\u{2019}' { '\'' } else { c });
            }
        }
        self.lines.push((start, self.flat.len()));
    }

    /// The lines.
    pub(super) fn lines(&self) -> impl Iterator<Item = &str> {
        self.lines
            .iter()
            .map(|(start, end)| self.flat.get(*start..*end).unwrap_or_default())
    }

    /// Whom the headings name. `own` are the addresses that the message comes from and goes to: they
    /// are named only as members of a list, never behind a heading's words.
    pub(super) fn named(&self, own: &[String]) -> Vec<Named> {
        let mut reading = Reading::new(own);
        let headings: Vec<(Action, usize, usize)> = HEADING.all(&self.flat).collect();
        let mut next = headings.iter().peekable();
        for (start, end) in &self.lines {
            let line = self.flat.get(*start..*end).unwrap_or_default();
            // The last heading that ends on this line; a phrase may have begun on the one before.
            let mut heading = None;
            while let Some((action, from, to)) = next.next_if(|(_, _, to)| to <= end) {
                if *to > *start {
                    let rest = self.flat.get(*to..*end).unwrap_or_default();
                    let words = self.flat.get(*from..*to).unwrap_or_default();
                    // Where an address was expanded, the one that it came from is told beside it; where it is
                    // withheld, it is all that is told.
                    let beside_it = leading(line).is_some_and(|f| *start + f.end < *from);
                    let is_origin = words.eq_ignore_ascii_case("generated from")
                        && reading.of_whom.is_some()
                        || words.eq_ignore_ascii_case("expanded from") && beside_it;
                    if !is_origin {
                        reading.behind_heading(*action, rest);
                    }
                    // `user unknown` in a sentence announces no list; `Unknown user:` does.
                    if words.matches(' ').count() >= 3 || !rest.contains(char::is_alphanumeric) {
                        heading = Some((*action, *from));
                    }
                }
            }
            match heading {
                Some((action, from)) if !reading.is_member_of_open_list(line, from <= *start) => {
                    reading.open(action, line);
                }
                _ => reading.line(line),
            }
        }
        reading.named
    }
}

/// The state of reading: which list is open, and who is being spoken of.
struct Reading<'a> {
    own: &'a [String],
    open: Option<Action>,
    patience: usize,
    of_whom: Option<usize>,
    /// The open list gives names before addresses.
    by_name: bool,
    named: Vec<Named>,
}

impl<'a> Reading<'a> {
    fn new(own: &'a [String]) -> Self {
        Self {
            own,
            open: None,
            patience: 0,
            of_whom: None,
            by_name: false,
            named: Vec::new(),
        }
    }

    /// Addresses right behind a heading's words.
    fn behind_heading(&mut self, action: Action, rest: &str) {
        let mut border = 0;
        let mut close = NEAR;
        for found in addresses::all(rest) {
            let between = rest.get(border..found.start).unwrap_or_default();
            if between.len() > close || between.contains(". ") || speaks_of_somebody_else(between) {
                break;
            }
            let whose = rest.get(found.end..).unwrap_or_default();
            if !self.own.contains(&found.address) {
                self.add(&found, action, whose);
            }
            border = found.end;
            // Further ones in a row only: `a@x, b@x`.
            close = 4;
        }
    }

    fn open(&mut self, action: Action, line: &str) {
        self.open = Some(action);
        self.by_name = false;
        self.patience = PATIENCE.0;
        if !addresses::all(line).any(|found| self.named.iter().any(|n| n.address == found.address))
        {
            self.of_whom = None;
        }
    }

    /// `<ana@a.example>: user unknown` in an open list is a member, though its words are a heading elsewhere.
    fn is_member_of_open_list(&self, line: &str, begins_line: bool) -> bool {
        (self.open.is_some() || line.starts_with('<')) && !begins_line && leading(line).is_some()
    }

    fn line(&mut self, line: &str) {
        if line.is_empty() {
            return;
        }
        if STOP.stand_in(line) && leading(line).is_none() {
            self.open = None;
            return;
        }
        let member = leading(line).or_else(|| {
            // A name, and its address in brackets or at the end: as the first member, or where that had one.
            let by_name = (self.open.is_some() && (self.of_whom.is_none() || self.by_name))
                .then(|| named_in(line))
                .flatten();
            self.by_name |= by_name.is_some();
            by_name
        });
        let action = match (&member, self.open) {
            (Some(_), Some(action)) => Some(action),
            // qmail's form (QSBMF) and Postfix's: an address in angle brackets and a colon needs no heading.
            (Some(found), None)
                if line.starts_with('<')
                    && line.get(found.end..).is_some_and(|r| {
                        r.starts_with(">:") || r.starts_with("> (expanded from")
                    }) =>
            {
                Some(self.named.last().map_or(Action::Failed, |n| n.action))
            }
            _ => None,
        };
        if let (Some(found), Some(action)) = (member, action) {
            let words = line
                .get(found.end..)
                .unwrap_or_default()
                .trim_start_matches(['>', ')', ':', '"', '\'', ' ', ',', ';', ']'].as_slice());
            // A server's own address is a member only where it stands alone: else it is whom to ask.
            let is_alone = words.is_empty() && self.named.is_empty();
            if is_alone && !self.own.contains(&found.address) {
                self.name(&found, action, words);
            } else {
                self.add(&found, action, words);
            }
            return;
        }
        if let Some(named) = self.of_whom.and_then(|i| self.named.get_mut(i))
            && named.words.len() < WORDS
        {
            named.words.push(' ');
            named.words.push_str(head(line, WORDS));
        }
        if self.open.is_some() {
            self.patience = self.patience.saturating_sub(1);
            if self.patience == 0 {
                self.open = None;
            }
        }
    }

    fn add(&mut self, found: &Found, action: Action, words: &str) {
        if !is_role_of_server(&found.address) {
            self.name(found, action, words);
        }
    }

    fn name(&mut self, found: &Found, action: Action, words: &str) {
        self.patience = PATIENCE.1;
        if let Some(at) = self.named.iter().position(|n| n.address == found.address) {
            if let Some(named) = self.named.get_mut(at)
                && named.words.len() < WORDS
            {
                named.words.push(' ');
                named.words.push_str(head(words, WORDS));
            }
            self.of_whom = Some(at);
        } else if self.named.len() < RECIPIENTS {
            self.named.push(Named {
                address: found.address.clone(),
                action,
                words: head(words, WORDS).to_owned(),
            });
            self.of_whom = Some(self.named.len() - 1);
        }
    }
}

/// The address that a line starts with, behind bullets, brackets and labels.
pub(super) fn leading(line: &str) -> Option<Found> {
    const LABELS: &[&str] = &[
        "rfc822;",
        "rfc822:",
        "smtp:",
        "smtp;",
        "mailto:",
        "to:",
        "recipient:",
        "recipients:",
        "recipient address:",
        "recipient(s):",
        "address:",
        "failed recipient:",
        "email:",
        "e-mail:",
        "user:",
        "for:",
        "original address:",
        "generated from",
        "expanded from:",
        "expanded from",
        "generated by",
        "rcpt to:",
        "destinatario:",
        "destinatarios:",
        "destinatari:",
        "dirección:",
        "indirizzo:",
        "empfänger:",
        "an:",
        "à:",
        "destinataire:",
        "destinatário:",
        "para:",
        "a:",
        "кому:",
        "宛先:",
        "收件人:",
    ];
    const MARKS: &[char] = &[
        ' ', '>', '*', '-', '\u{2022}', '\u{b7}', '|', '"', '\'', '<', '(', '[', '#', '\u{3000}',
        '\u{300c}', '=', ':', ';', ',',
    ];
    let mut rest = line;
    for _ in 0..4 {
        rest = rest.trim_start_matches(MARKS);
        let label = LABELS.iter().find(|label| {
            rest.get(..label.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(label))
        });
        match label {
            Some(label) => rest = rest.get(label.len()..).unwrap_or_default(),
            None => break,
        }
    }
    let skipped = line.len() - rest.len();
    // `1. ana@a.example`, `1) …`
    let number = rest.bytes().take_while(u8::is_ascii_digit).count();
    let skipped = match rest.get(number..) {
        Some(behind)
            if (1..=3).contains(&number)
                && (behind.starts_with(". ") || behind.starts_with(") ")) =>
        {
            skipped + number + 2
        }
        _ => skipped,
    };
    // With the bracket in front, in which an address is whole.
    let behind = line
        .get(..skipped)
        .is_some_and(|before| before.ends_with('<'));
    let from = skipped - usize::from(behind);
    let found = addresses::all(line.get(from..)?)
        .next()
        .filter(|found| found.start <= 1 + usize::from(behind))?;
    Some(Found {
        start: found.start + from,
        end: found.end + from,
        address: found.address,
    })
}

/// `Ana Pérez (ana@a.example)`, `"Ana" <ana@a.example>`, `c=US;…;dda:SMTP=ana@a.example; on …`.
fn named_in(line: &str) -> Option<Found> {
    if line.len() > 160 || speaks_of_somebody_else(line) {
        return None;
    }
    let found = addresses::all(line).next()?;
    let before = line.get(..found.start)?;
    let after = line.get(found.end..)?;
    let bracketed = before.ends_with(['<', '(', '[', '=', ':', '\'', '"', ';']);
    let alone = after.trim_start_matches(['.', '>', ')']).is_empty();
    let words = before.split_whitespace().count();
    ((bracketed && words <= 8) || (alone && words <= 3)).then_some(found)
}

/// Words before an address that say that it is another one's.
fn speaks_of_somebody_else(before: &str) -> bool {
    const OTHERS: &[&str] = &[
        "from",
        "sender",
        "by",
        "contact",
        "contacting",
        "reply-to",
        "mail from",
        "message-id",
        "postmaster",
        "report",
        "de:",
        "da:",
        "von",
        "von:",
        "d'",
        "cc:",
        "subject:",
    ];
    let before = before.to_ascii_lowercase();
    before
        .split(|c: char| c.is_whitespace() || "<(\"'".contains(c))
        .any(|word| OTHERS.contains(&word) || OTHERS.contains(&word.trim_end_matches(':')))
}

static PLAIN_ENDINGS: LazyLock<Vec<String>> =
    LazyLock::new(|| ENDINGS.iter().map(|it| without_accents(it)).collect());

/// Whether the returned mail begins here.
fn is_ending(line: &str) -> bool {
    let line = head(line, LINE);
    let raw = line.trim_start_matches('>').trim_start_matches(' ');
    const FIELDS: &[&str] = &[
        "received:",
        "return-path:",
        "dkim-signature:",
        "mime-version:",
        "x-mailer:",
        "content-type: message/rfc822",
        "content-type: text/rfc822-headers",
        "x-original-to:",
        "domainkey-signature:",
        "x-received:",
    ];
    if FIELDS.iter().any(|f| {
        raw.get(..f.len())
            .is_some_and(|l| l.eq_ignore_ascii_case(f))
    }) {
        return true;
    }
    let said = line.trim_start_matches(|c: char| !c.is_alphanumeric());
    let said = without_accents(said).to_lowercase();
    let marked = line
        .trim_start()
        .starts_with(['-', '=', '*', '_', '+', '#', '|']);
    PLAIN_ENDINGS.iter().any(|ending| {
        said.strip_prefix(ending.as_str()).is_some_and(|rest| {
            // `Returned mail: user unknown` in a sentence is no ending; `--- Returned mail ---` is.
            !rest.starts_with(char::is_alphanumeric)
                && (marked
                    || ending.len() > 18
                    || rest.trim_matches(|c: char| !c.is_alphanumeric()).is_empty())
        })
    })
}
