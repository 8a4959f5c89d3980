//! Hunspell dictionaries that a workspace brings, and the words of a text.

use std::ops::Range;

use spellbook::Dictionary;

use crate::workspace::settings::Locale;
use crate::workspace::source::{Source, WorkspacePath};

/// Larger files are no dictionaries.
const LARGEST: u64 = 20_000_000;

/// Longer words are none, and suggestions for them would take long.
const LONGEST: usize = 40;

/// Dictionaries by language, read when first asked for.
pub(super) struct Speller<'a> {
    source: &'a dyn Source,
    words: Vec<String>,
    read: Vec<(Locale, Option<Dictionary>)>,
}

impl<'a> Speller<'a> {
    pub(super) fn new(source: &'a dyn Source, words: &[String]) -> Self {
        Self {
            source,
            words: words.iter().map(|word| word.to_lowercase()).collect(),
            read: Vec::new(),
        }
    }

    /// Whether there is a dictionary of this language.
    pub(super) fn has(&mut self, locale: Locale) -> bool {
        if !self.read.iter().any(|(it, _)| *it == locale) {
            let read = self.dictionary(locale);
            self.read.push((locale, read));
        }
        self.of(locale).is_some()
    }

    fn dictionary(&self, locale: Locale) -> Option<Dictionary> {
        let text = |ending: &str| {
            let path =
                WorkspacePath::parse(&format!("dictionaries/{}.{ending}", locale.tag())).ok()?;
            let bytes = self.source.read(&path, LARGEST).ok()?;
            Some(String::from_utf8_lossy(&bytes).into_owned())
        };
        Dictionary::new(&text("aff")?, &text("dic")?).ok()
    }

    fn of(&self, locale: Locale) -> Option<&Dictionary> {
        let found = self.read.iter().find(|(it, _)| *it == locale);
        found.and_then(|(_, dictionary)| dictionary.as_ref())
    }

    pub(super) fn is_known(&self, locale: Locale, word: &str) -> bool {
        let lower = word.to_lowercase();
        self.words.contains(&lower)
            || self
                .of(locale)
                .is_none_or(|dictionary| dictionary.check(word) || dictionary.check(&lower))
    }

    /// At most three words that it may have been meant to be.
    pub(super) fn near(&self, locale: Locale, word: &str) -> Vec<String> {
        let mut near = Vec::new();
        if let Some(dictionary) = self.of(locale) {
            dictionary.suggest(word, &mut near);
        }
        near.truncate(3);
        near.iter().map(|word| format!("`{word}`")).collect()
    }
}

/// The words of a piece of `source` that a dictionary can be asked about, with their bytes.
pub(super) fn words<'t>(source: &'t str, piece: &Range<usize>) -> Vec<(Range<usize>, &'t str)> {
    let text = source.get(piece.clone()).unwrap_or_default();
    let mut found = Vec::new();
    let mut start = piece.start;
    let mut in_tag = false;
    for token in text.split_inclusive(char::is_whitespace) {
        let bare = token.trim();
        in_tag |= bare.contains("{{") || bare.contains("{%");
        let is_address = bare.contains(['@', '/', '\\', '_']) || bare.contains("www.");
        if !in_tag && !is_address {
            let is_word = |c: char| c.is_alphabetic() || matches!(c, '\'' | '’');
            let mut at = start;
            for part in token.split_inclusive(|c| !is_word(c)) {
                let word = part
                    .trim_end_matches(|c| !is_word(c))
                    .trim_matches(['\'', '’']);
                let lead = part.find(word).unwrap_or_default();
                if is_asked(word, part) {
                    found.push((at + lead..at + lead + word.len(), word));
                }
                at += part.len();
            }
        }
        if bare.contains("}}") || bare.contains("%}") {
            in_tag = false;
        }
        start += token.len();
    }
    found
}

/// Names and abbreviations with capitals inside, codes with digits, and letters alone are not asked.
fn is_asked(word: &str, part: &str) -> bool {
    let letters = word.chars().count();
    (2..=LONGEST).contains(&letters)
        && !part.contains(|c: char| c.is_ascii_digit())
        && !word.chars().skip(1).any(char::is_uppercase)
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn what_a_dictionary_can_be_asked_about() {
        let text = "Hola, {{ nombre | default('x y') }}: l'ora ana@uno.test FOB B2B www.a.b «vía»";
        let found: Vec<&str> = words(text, &(0..text.len()))
            .into_iter()
            .map(|(at, word)| {
                assert_eq!(&text[at], word);
                word
            })
            .collect();
        assert_eq!(found, ["Hola", "l'ora", "vía"]);
    }
}
