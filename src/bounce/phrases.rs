//! Tables of phrases, compiled once and searched in one pass, without regard to case and accents and as whole words.

use std::borrow::Cow;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};

use super::Action;
use super::headings::{GIVEN_UP, HEADINGS, STILL_TRIED, STOPS, WARNINGS};
use crate::mail::unaccented::{folded, plain};

/// Phrases that are searched at once.
pub(super) struct Phrases(Option<AhoCorasick>);

impl Phrases {
    /// The longest one where several start at a place. A table that cannot be compiled finds
    /// nothing; the tests would say so.
    pub(super) fn new(phrases: &[&str]) -> Self {
        Self(
            AhoCorasick::builder()
                .ascii_case_insensitive(true)
                .match_kind(MatchKind::LeftmostLongest)
                .build(phrases.iter().map(|it| folded(it)))
                .ok(),
        )
    }

    /// What stands where: the phrase's number, its start, its end.
    pub(super) fn all(&self, text: &str) -> impl Iterator<Item = (usize, usize, usize)> + use<> {
        let plain = Plain::of(text);
        let found = self.found_in(&plain.text);
        let found: Vec<_> = found
            .map(|(phrase, start, end)| (phrase, plain.place(start), plain.place(end)))
            .collect();
        found.into_iter()
    }

    /// Whether any stands in a text.
    pub(super) fn stand_in(&self, text: &str) -> bool {
        self.found_in(&Plain::of(text).text).next().is_some()
    }

    fn found_in<'a>(&'a self, plain: &'a str) -> impl Iterator<Item = (usize, usize, usize)> + 'a {
        self.0.iter().flat_map(move |search| {
            search
                .find_iter(plain)
                .filter(|found| is_whole(plain, found.start(), found.end()))
                .map(|found| (found.pattern().as_usize(), found.start(), found.end()))
        })
    }
}

/// A text without accents, and where its letters stood before.
struct Plain<'a> {
    text: Cow<'a, str>,
    /// For each octet where its letter began, and the end; empty where nothing changed.
    places: Vec<usize>,
}

impl<'a> Plain<'a> {
    fn of(text: &'a str) -> Self {
        if text.is_ascii() {
            return Self {
                text: Cow::Borrowed(text),
                places: Vec::new(),
            };
        }
        let mut letters = String::with_capacity(text.len());
        let mut places = Vec::with_capacity(text.len() + 1);
        for (at, c) in text.char_indices() {
            if let Some(c) = plain(c) {
                letters.push(c);
                places.resize(letters.len(), at);
            }
        }
        places.push(text.len());
        Self {
            text: Cow::Owned(letters),
            places,
        }
    }

    fn place(&self, at: usize) -> usize {
        self.places.get(at).copied().unwrap_or(at)
    }
}

fn is_whole(text: &str, start: usize, end: usize) -> bool {
    let letter = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    let inner = text.get(start..end).unwrap_or_default();
    let before = text.get(..start).and_then(|t| t.chars().next_back());
    let after = text.get(end..).and_then(|t| t.chars().next());
    !(letter(before) && letter(inner.chars().next())
        || letter(after) && letter(inner.chars().next_back()))
}

/// Headings, each with what it says.
pub(super) struct Headings {
    phrases: Phrases,
    actions: Vec<Action>,
}

impl Headings {
    /// Where headings stand: what they say, start and end.
    pub(super) fn all(&self, text: &str) -> impl Iterator<Item = (Action, usize, usize)> + '_ {
        self.phrases.all(text).filter_map(|(phrase, start, end)| {
            self.actions.get(phrase).map(|action| (*action, start, end))
        })
    }
}

/// What stands before addresses.
pub(super) static HEADING: LazyLock<Headings> = LazyLock::new(|| {
    let (mut texts, mut actions) = (Vec::new(), Vec::new());
    for (action, phrases) in HEADINGS {
        texts.extend_from_slice(phrases);
        actions.resize(texts.len(), *action);
    }
    Headings {
        phrases: Phrases::new(&texts),
        actions,
    }
});

/// What ends a list of addresses.
pub(super) static STOP: LazyLock<Phrases> = LazyLock::new(|| Phrases::new(STOPS));

/// What is said of a mail that is still tried.
pub(super) static TRIED: LazyLock<Phrases> = LazyLock::new(|| Phrases::new(STILL_TRIED));

/// What is said of a mailbox that still takes mail.
pub(super) static WARNED: LazyLock<Phrases> = LazyLock::new(|| Phrases::new(WARNINGS));

/// What is said of a mail that was given up.
pub(super) static GAVE_UP: LazyLock<Phrases> = LazyLock::new(|| Phrases::new(GIVEN_UP));
