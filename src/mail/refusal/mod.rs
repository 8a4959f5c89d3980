//! Why a server refused a mail: reply code, enhanced status (RFC 3463) and the server's words, read
//! into a class and a reason that people understand.
//!
//! One reading for what a relay answers while sending and for what a report says later. The rules
//! are data ([`rules`]); this only finds which of them hold. Servers often send a status that says
//! something else than their text, so clear words come before the status, and the status before
//! vague words. Nothing here knows addresses, mails or the ledger.

mod class;
mod reason;
mod rules;
mod status;

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};

use super::unaccented::folded;

pub use class::{Class, UnknownClass};
pub use reason::{Language, Reason};
pub use status::Status;

use rules::{RULES, Rule, SAYS_NOTHING, VAGUE};

/// As much of a server's text as is looked at.
const LOOKED_AT: usize = 4096;

/// What a refusal comes down to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    /// What follows for the address.
    pub class: Class,
    /// The status that was given, or the one that stands in the text.
    pub status: Option<Status>,
    /// Why, for people.
    pub reason: Reason,
    /// The server gave up on this mail; else it, or somebody, may try again.
    pub permanent: bool,
    /// Clear words or an exact status say so, and nothing contradicts them: enough to act on at once.
    pub sure: bool,
}

/// The phrases of all rules, each with the rule it belongs to; none where it says nothing.
struct Phrases {
    search: Option<AhoCorasick>,
    rules: Vec<Option<usize>>,
}

static PHRASES: LazyLock<Phrases> = LazyLock::new(|| {
    let mut texts = Vec::new();
    let mut rules = Vec::new();
    for (index, rule) in RULES.iter().enumerate() {
        for phrase in rule.says {
            texts.push(folded(phrase));
            rules.push(Some(index));
        }
    }
    for phrase in SAYS_NOTHING {
        texts.push(folded(phrase));
        rules.push(None);
    }
    // A table that cannot be compiled finds nothing; the tests beside it would say so.
    let search = AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .match_kind(MatchKind::Standard)
        .build(texts)
        .ok();
    Phrases { search, rules }
});

/// Reads a refusal: the reply's code and enhanced status where they are known apart, and the text,
/// in which both may stand too.
pub fn classify(code: Option<u16>, status: Option<Status>, text: &str) -> Verdict {
    let text = one_line(text);
    let code = code
        .filter(|code| (200..600).contains(code))
        .or_else(|| reply_code(&text));
    // A report's `5.0.0` says nothing that a status in the server's words does not say better.
    let status = match status {
        Some(given) if !given.is_vague() => Some(given),
        given => Status::find(&text).or(given),
    };
    let (rule, is_clear) = best(code, status, &text);
    let class_digit = status
        .map(Status::class)
        .or_else(|| code.and_then(|code| u8::try_from(code / 100).ok()));
    let (mut class, reason) = rule.map_or_else(
        || match class_digit {
            Some(4) => (Class::Soft, Reason::Temporary),
            _ => (Class::Unknown, Reason::Unspecified),
        },
        |rule| (rule.class, rule.reason),
    );
    // A 4xx is tried again, whatever the words: an address that is verified later, for example.
    if class == Class::Hard && class_digit == Some(4) {
        class = Class::Soft;
    }
    Verdict {
        class,
        status,
        reason,
        permanent: match class_digit {
            Some(4) => false,
            Some(5) => true,
            _ => class != Class::Soft,
        },
        sure: is_clear,
    }
}

/// Whether a relay refused a mail because its address takes none.
pub fn is_hard(reply: &str) -> bool {
    classify(None, None, reply).class == Class::Hard
}

/// The rule of the lowest rank that holds, within a rank the one that stands first; and whether it leaves no doubt.
fn best(code: Option<u16>, status: Option<Status>, text: &str) -> (Option<&'static Rule>, bool) {
    let said = said(text);
    let numbered = RULES.iter().enumerate().filter_map(|(index, rule)| {
        let holds = status.is_some_and(|status| rule.status.iter().any(|s| status.is_like(s)))
            || code.is_some_and(|code| rule.codes.contains(&code));
        holds.then_some(index)
    });
    let holding = said.iter().copied().chain(numbered);
    let holding: Vec<(usize, &Rule)> = holding
        .filter_map(|index| Some((index, RULES.get(index)?)))
        .collect();
    // What is said of the sender is no word about the recipient's mailbox.
    let is_of_sender = holding.iter().any(|(_, rule)| rule.of_sender);
    let best = holding
        .iter()
        .filter(|(_, rule)| !(is_of_sender && rule.class == Class::Hard))
        .min_by_key(|(index, rule)| (rule.rank, *index))
        .map(|(_, rule)| *rule);
    // "5.1.1 rejected by policy": the status may be what its server puts everywhere.
    let is_contradicted = best.is_some_and(|best| {
        best.says.is_empty()
            && holding
                .iter()
                .any(|(_, rule)| !rule.says.is_empty() && rule.class != best.class)
    });
    let is_clear = best.is_some_and(|best| best.rank < VAGUE) && !is_contradicted;
    (best, is_clear)
}

/// The rules of which a phrase stands in a text, as a whole word and not within what says nothing.
fn said(text: &str) -> Vec<usize> {
    let found: Vec<(usize, usize, Option<usize>)> = PHRASES
        .search
        .iter()
        .flat_map(|search| search.find_overlapping_iter(text))
        .filter(|found| stands_alone(text, found.start(), found.end()))
        .filter_map(|found| {
            let rule = PHRASES.rules.get(found.pattern().as_usize())?;
            Some((found.start(), found.end(), *rule))
        })
        .collect();
    let nothing: Vec<(usize, usize)> = found
        .iter()
        .filter(|(_, _, rule)| rule.is_none())
        .map(|(start, end, _)| (*start, *end))
        .collect();
    let counts = |start: usize, end: usize| !nothing.iter().any(|(s, e)| *s <= start && end <= *e);
    found
        .into_iter()
        .filter(|(start, end, _)| counts(*start, *end))
        .filter_map(|(_, _, rule)| rule)
        .collect()
}

/// A phrase is no part of a longer word: `loop` is not in `developer`.
fn stands_alone(text: &str, start: usize, end: usize) -> bool {
    let letter = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    let before = text.get(..start).and_then(|t| t.chars().next_back());
    let after = text.get(end..).and_then(|t| t.chars().next());
    let inner = text.get(start..end).unwrap_or_default();
    !(letter(before) && letter(inner.chars().next())
        || letter(after) && letter(inner.chars().next_back()))
}

/// Folded, without line breaks and control characters, blanks made single, no longer than is looked at.
fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len().min(LOOKED_AT));
    for c in text.chars() {
        if line.len() >= LOOKED_AT {
            break;
        }
        let c = match c {
            c if c.is_whitespace() || c.is_control() => ' ',
            c => c,
        };
        if c != ' ' || !(line.is_empty() || line.ends_with(' ')) {
            line.push(c);
        }
    }
    folded(&line)
}

/// The reply code in a server's words: `550`, also in `550-5.7.1`, `(550)` and `#550`.
pub fn reply_code(text: &str) -> Option<u16> {
    text.split(|c: char| c.is_whitespace() || "()[]<>\"':;,#".contains(c))
        .find_map(|word| {
            let digits = match word.get(3..) {
                Some("") => Some(word),
                // `550-5.7.1 …` continues; `550-mail` is somebody's name for it.
                Some(rest) if rest.starts_with('-') => word.get(..3),
                _ => None,
            }?;
            let code: u16 = digits.parse().ok()?;
            (digits.bytes().all(|b| b.is_ascii_digit())
                && (400..560).contains(&code)
                && code % 100 < 60)
                .then_some(code)
        })
}

#[cfg(test)]
mod tests;
