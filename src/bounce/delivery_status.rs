//! Delivery status (RFC 3464): blocks of fields, one for the message and one for each recipient.
//!
//! Real ones lack blank lines, fields or actions, name recipients in several ways, or stand in a
//! part of another type: fields are taken as they come, and a recipient starts where one is named
//! anew. Which address counts: the one that was written to (`Original-Recipient`) before the one
//! that it led to.

use super::fields::{field, head};
use super::{Action, RECIPIENTS, Reported, addresses};
use crate::mail::refusal::{Status, classify};

/// Lines of a status that are looked at.
const LINES: usize = 20_000;
/// Octets of a server's words that are kept.
const WORDS: usize = 2048;

/// What stands in the fields about one recipient.
#[derive(Debug, Default)]
struct Block {
    last: Option<String>,
    original: Option<String>,
    actual: Option<String>,
    action: Option<Action>,
    status: Option<Status>,
    words: Vec<String>,
}

/// Whether a text has such fields at all.
pub(super) fn stands_in(text: &str) -> bool {
    text.lines().take(LINES).any(|line| {
        let line = line.trim_start_matches(['>', ' ', '\t']);
        ["final-recipient:", "original-recipient:"]
            .iter()
            .any(|name| {
                line.get(..name.len())
                    .is_some_and(|l| l.eq_ignore_ascii_case(name))
            })
    })
}

/// The recipients of a status part. `about` is the text for people, for words that the fields lack.
pub(super) fn read(text: &str, about: &str) -> Vec<Reported> {
    let mut found = Vec::new();
    let mut block = Block::default();
    let mut last_name = String::new();
    for line in text.lines().take(LINES) {
        if line.trim().is_empty() {
            last_name.clear();
            if block.names_somebody() {
                finish(&mut block, about, &mut found);
            }
            continue;
        }
        if line.starts_with([' ', '\t']) && !last_name.is_empty() {
            block.go_on(&last_name, line.trim());
            continue;
        }
        let Some((name, value)) = field(line) else {
            continue;
        };
        if block.would_start_anew(&name) {
            finish(&mut block, about, &mut found);
        }
        block.take(&name, value);
        last_name = name;
    }
    finish(&mut block, about, &mut found);
    found
}

impl Block {
    fn names_somebody(&self) -> bool {
        self.last.is_some() || self.original.is_some() || self.actual.is_some()
    }

    /// A second recipient in what should be one block.
    fn would_start_anew(&self, name: &str) -> bool {
        match name {
            "final-recipient" => self.last.is_some(),
            "original-recipient" => {
                self.original.is_some()
                    || (self.last.is_some()
                        && self.action.is_some()
                        && self.status.is_some()
                        && !self.words.is_empty())
            }
            _ => false,
        }
    }

    fn take(&mut self, name: &str, value: &str) {
        match name {
            "final-recipient" => self.last = self.last.take().or_else(|| recipient(value)),
            "original-recipient" => {
                self.original = self.original.take().or_else(|| recipient(value));
            }
            "x-actual-recipient" => self.actual = recipient(value),
            "action" => self.action = self.action.or_else(|| Action::parse(value)),
            "status" => self.status = self.status.or_else(|| Status::find(value)),
            _ if is_words(name) => self.words.push(words(value).to_owned()),
            _ => {}
        }
        // `Status: 5.1.1 (no such user)`: the comment is all that some servers say.
        if name == "status"
            && let Some((_, comment)) = value.split_once('(')
        {
            self.words.push(comment.trim_end_matches(')').to_owned());
        }
    }

    fn go_on(&mut self, name: &str, value: &str) {
        if is_words(name)
            && let Some(last) = self.words.last_mut()
            && last.len() < WORDS
        {
            last.push(' ');
            last.push_str(head(value, WORDS));
        }
    }
}

fn is_words(name: &str) -> bool {
    name.starts_with("diagnostic")
        || [
            "x-notes",
            "x-smtp-server-response",
            "x-supplementary-info",
            "x400-supplementary-info",
            "x-display-text",
            "x-ps-error",
        ]
        .contains(&name)
}

/// Without the type in front: `smtp; 550 …` (RFC 3464 section 2.3.6).
fn words(value: &str) -> &str {
    match value.split_once(';') {
        Some((kind, rest)) if kind.len() <= 20 && !kind.trim().contains(' ') => rest.trim(),
        _ => value,
    }
}

/// The address in `rfc822; ana@a.example`, also with comments, brackets or without a type.
fn recipient(value: &str) -> Option<String> {
    let (kind, rest) = value.split_once(';').unwrap_or(("rfc822", value));
    let kind = kind.trim().to_ascii_lowercase();
    if ![
        "rfc822", "smtp", "utf-8", "unknown", "internet", "rfc-822", "822", "",
    ]
    .contains(&kind.as_str())
    {
        return None;
    }
    let decoded = match kind.as_str() {
        "utf-8" => decoded(rest),
        _ => None,
    };
    let rest = decoded.as_deref().unwrap_or(rest).trim();
    // Some local parts start with what elsewhere belongs to the sentence; alone in its field an address is whole.
    let plain = rest.trim_matches(['<', '>', ' '].as_slice());
    let whole = plain.matches('@').count() == 1
        && plain.len() <= 254
        && !plain
            .contains(|c: char| c.is_whitespace() || c.is_control() || "<>()\",;:'".contains(c))
        && !plain.starts_with('@')
        && !plain.ends_with('@');
    if whole {
        return Some(plain.to_lowercase());
    }
    addresses::first(rest)
}

/// `jos\x{E9}@a.example` as it is meant (RFC 6533 section 3); nothing where it has no such place.
fn decoded(text: &str) -> Option<String> {
    let mut pieces = text.split("\\x{");
    let mut out = pieces.next()?.to_owned();
    let mut is_one = false;
    for piece in pieces {
        let letter = piece.split_once('}').and_then(|(digits, rest)| {
            let letter = char::from_u32(u32::from_str_radix(digits, 16).ok()?)?;
            (digits.len() <= 6 && !letter.is_control()).then_some((letter, rest))
        });
        match letter {
            Some((letter, rest)) => {
                is_one = true;
                out.push(letter);
                out.push_str(rest);
            }
            None => {
                out.push_str("\\x{");
                out.push_str(piece);
            }
        }
    }
    is_one.then_some(out)
}

fn finish(block: &mut Block, about: &str, found: &mut Vec<Reported>) {
    let block = std::mem::take(block);
    let Some(address) = block.original.or(block.last).or(block.actual) else {
        return;
    };
    let text = block.words.join(" ");
    // The text for people says much besides the reason: only where the status says nothing.
    let silent = text.trim().is_empty() && block.status.is_none_or(Status::is_vague);
    let judged = if silent { about } else { &text };
    let mut verdict = classify(None, block.status, judged);
    let action = block
        .action
        .unwrap_or(match verdict.status.map(Status::class) {
            Some(2) => Action::Delivered,
            Some(4) => Action::Delayed,
            _ => Action::Failed,
        });
    verdict.permanent = action == Action::Failed;
    let reported = Reported {
        address: Some(address),
        action,
        status: verdict.status,
        verdict,
        text: head(&text, WORDS).to_owned(),
    };
    match found
        .iter_mut()
        .find(|known| known.address == reported.address)
    {
        // Told twice: what tells more counts.
        Some(known) if known.text.is_empty() && !reported.text.is_empty() => *known = reported,
        Some(_) => {}
        None => {
            if found.len() < RECIPIENTS {
                found.push(reported);
            }
        }
    }
}
