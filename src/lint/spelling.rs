//! Hunspell dictionaries that a workspace brings, and the words of a text.

use std::ops::Range;

use spellbook::Dictionary;

use super::rules::dictionary_unreadable;
use crate::diagnostic::Diagnostic;
use crate::workspace::settings::Locale;
use crate::workspace::source::{Source, SourceError, WorkspacePath};

/// Larger files are no dictionaries.
const LARGEST: u64 = 20_000_000;

/// Longer words are none, and suggestions for them would take long.
const LONGEST: usize = 40;

/// A dictionary, where there is one; or why it cannot be used.
type Read = Result<Option<Dictionary>, Box<Diagnostic>>;

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

    /// Reads the dictionary of this language, if it was not read yet; what is wrong with it.
    pub(super) fn complaint(&mut self, locale: Locale) -> Option<Diagnostic> {
        if self.read.iter().any(|(it, _)| *it == locale) {
            return None;
        }
        let (dictionary, complaint) = match self.dictionary(locale) {
            Ok(dictionary) => (dictionary, None),
            Err(why) => (None, Some(*why)),
        };
        self.read.push((locale, dictionary));
        complaint
    }

    /// Whether there is a dictionary of this language, once it was read.
    pub(super) fn has(&self, locale: Locale) -> bool {
        self.of(locale).is_some()
    }

    fn dictionary(&self, locale: Locale) -> Read {
        let [affixes, words] =
            ["aff", "dic"].map(|it| format!("dictionaries/{}.{it}", locale.tag()));
        let (affix_text, word_text) = match (self.text(&affixes)?, self.text(&words)?) {
            (Some(affix_text), Some(word_text)) => (affix_text, word_text),
            (None, None) => return Ok(None),
            (None, Some(_)) => {
                return Err(complaint(
                    &words,
                    &format!("there is no `{affixes}` beside it"),
                ));
            }
            (Some(_), None) => {
                return Err(complaint(
                    &affixes,
                    &format!("there is no `{words}` beside it"),
                ));
            }
        };
        Dictionary::new(&affix_text, &word_text)
            .map(Some)
            .map_err(|why| complaint(&affixes, &format!("it is no dictionary: {why}")))
    }

    fn text(&self, path: &str) -> Result<Option<String>, Box<Diagnostic>> {
        let Ok(place) = WorkspacePath::parse(path) else {
            return Ok(None);
        };
        match self.source.read(&place, LARGEST) {
            Ok(bytes) => String::from_utf8(bytes)
                .map(Some)
                .map_err(|_| complaint(path, "it is not written in UTF-8")),
            Err(SourceError::Missing(_)) => Ok(None),
            Err(why) => Err(complaint(path, &why.to_string())),
        }
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

fn complaint(path: &str, why: &str) -> Box<Diagnostic> {
    Box::new(dictionary_unreadable::finding(path, why))
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
            let references = references(token);
            let is_word = |c: char| c.is_alphabetic() || matches!(c, '\'' | '’');
            let mut at = start;
            for part in token.split_inclusive(|c| !is_word(c)) {
                let word = part
                    .trim_end_matches(|c| !is_word(c))
                    .trim_matches(['\'', '’']);
                let lead = part.find(word).unwrap_or_default();
                let from = at - start + lead;
                let is_reference = references
                    .iter()
                    .any(|it| it.start <= from && from < it.end);
                if is_asked(word, part) && !is_reference {
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

/// The longest name of a character that is looked for.
const LONGEST_NAME: usize = 10;

/// Characters that HTML names, as `&nbsp;`, and the words that letters of such names stand in: `caf&eacute;`.
fn references(token: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for (at, _) in token.match_indices('&') {
        let rest = token.get(at + 1..).unwrap_or_default();
        let Some(length) = rest
            .bytes()
            .take(LONGEST_NAME)
            .position(|byte| byte == b';')
        else {
            continue;
        };
        let name = rest.get(..length).unwrap_or_default();
        if !name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '#') {
            continue;
        }
        let end = at + length + 2;
        let (before, after) = (token.get(..at), token.get(end..));
        let is_letter = LETTERS.iter().any(|it| name.ends_with(it)) || name.starts_with('#');
        let lead = before
            .unwrap_or_default()
            .trim_end_matches(char::is_alphabetic);
        let tail = after
            .unwrap_or_default()
            .trim_start_matches(char::is_alphabetic);
        found.push(match is_letter {
            true => lead.len()..token.len() - tail.len(),
            false => at..end,
        });
    }
    found
}

/// How the names of letters end.
const LETTERS: [&str; 9] = [
    "acute", "grave", "tilde", "uml", "circ", "cedil", "ring", "lig", "slash",
];

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
    fn names_of_characters_are_no_words() {
        let text = "hola&nbsp;mundo &laquo;caf&eacute; rico&raquo; &#225;rbol & y&";
        let all = words(text, &(0..text.len()));
        let found: Vec<&str> = all.into_iter().map(|(_, word)| word).collect();
        assert_eq!(found, ["hola", "mundo", "rico"]);
    }

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
