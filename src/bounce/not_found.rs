//! Whom a report names in two pieces: "ana wasn't found at casa.example". Exchange Online writes so in every language, some
//! forms of it name nobody in any other way. Data and a comparison of words; only for messages that surely are reports.

use super::prose::{Named, Prose};
use super::{Action, RECIPIENTS};
use crate::mail::unaccented::without_accents;

/// What is said, word for word, without accents: `@` is the name, `.` the domain.
const FORMS: &[&str] = &[
    "@ is niet gevonden in .",
    "kan @ niet vinden op .",
    "@ nie zostal znaleziony w .",
    "nie znaleziono @ w .",
    "@ nebyl nalezen v .",
    "@ hittades inte pa .",
    "@ blev ikke fundet pa .",
    "@ ble ikke funnet pa .",
    "kunne ikke finde @ pa .",
    "@ nu a fost gasit la .",
    "@ nu a fost gasita la .",
    "@ ei loytynyt kohteesta .",
    "@ не найден в .",
    "не удалось найти @ в .",
    "@ не найдено в .",
    "@ wasn't found at .",
    "@ was not found at .",
    "@ couldn't be found at .",
    "@ could not be found at .",
    "couldn't find @ at .",
    "no se encontro @ en .",
    "no se ha encontrado @ en .",
    "no se pudo encontrar @ en .",
    "no se encuentra @ en .",
    "@ no se encontro en .",
    "non e stato trovato @ in .",
    "@ non e stato trovato in .",
    "@ non e stato trovato su .",
    "@ non e stato trovato presso .",
    "@ non e stata trovata in .",
    "impossibile trovare @ in .",
    "impossibile trovare @ su .",
    "impossibile trovare @ presso .",
    "@ wurde bei . nicht gefunden",
    "@ wurde in . nicht gefunden",
    "@ wurde unter . nicht gefunden",
    "@ konnte bei . nicht gefunden",
    "@ konnte unter . nicht gefunden",
    "@ n'a pas ete trouve a .",
    "@ n'a pas ete trouve sur .",
    "@ n'a pas ete trouve dans .",
    "@ est introuvable sur .",
    "@ est introuvable dans .",
    "@ nao foi encontrado em .",
    "@ nao foi encontrada em .",
    "nao foi possivel encontrar @ em .",
    "@ is niet gevonden bij .",
    "@ is niet gevonden op .",
];

/// Words that stand for somebody and name nobody.
const NOBODY: &[&str] = &[
    "user",
    "recipient",
    "address",
    "mailbox",
    "account",
    "it",
    "and",
    "usuario",
    "destinatario",
    "direccion",
    "buzon",
    "utente",
    "indirizzo",
    "utilisateur",
    "destinataire",
    "adresse",
    "empfanger",
    "que",
];

/// Whom it names so.
pub(super) fn named(prose: &Prose) -> Vec<Named> {
    let mut found: Vec<Named> = Vec::new();
    let words: Vec<&str> = prose.flat.split(' ').collect();
    let plain: Vec<String> = words
        .iter()
        .map(|word| without_accents(word).to_lowercase())
        .collect();
    for at in 0..words.len() {
        let rest = plain.get(at..).unwrap_or_default();
        let Some((name, domain, length)) = FORMS.iter().find_map(|form| fits(form, rest)) else {
            continue;
        };
        let word = |place: usize| words.get(at + place).copied().unwrap_or_default();
        let (name, domain) = (trimmed(word(name)), trimmed(word(domain)));
        let address = format!("{name}@{domain}").to_lowercase();
        if found.len() < RECIPIENTS && !found.iter().any(|known| known.address == address) {
            let said = words.get(at..at + length).unwrap_or_default();
            found.push(Named {
                address,
                action: Action::Failed,
                words: said.join(" "),
            });
        }
    }
    found
}

/// Where the name and the domain stand, and how many words the form has, where these words have it.
fn fits(form: &str, words: &[String]) -> Option<(usize, usize, usize)> {
    let (mut name, mut domain, mut length) = (None, None, 0);
    for (at, wanted) in form.split(' ').enumerate() {
        let word = words.get(at)?;
        match wanted {
            "@" if is_name(trimmed(word)) => name = Some(at),
            "." if is_domain(trimmed(word)) => domain = Some(at),
            wanted if trimmed(word) == wanted || word == wanted => {}
            // Typewriters put the accent behind.
            "e" if word == "e'" => {}
            _ => return None,
        }
        length = at + 1;
    }
    Some((name?, domain?, length))
}

fn trimmed(word: &str) -> &str {
    word.trim_matches(|c: char| "\"'<>()[],;:.*".contains(c))
}

fn is_name(word: &str) -> bool {
    (2..=64).contains(&word.len())
        && word
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b".-_+".contains(&b))
        && word.bytes().any(|b| b.is_ascii_alphanumeric())
        && !NOBODY.contains(&word)
}

fn is_domain(word: &str) -> bool {
    let mut labels = word.split('.');
    word.contains('.')
        && word.len() <= 253
        && word.bytes().any(|b| b.is_ascii_alphabetic())
        && labels.all(|label| {
            !label.is_empty()
                && label
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b == b'-')
        })
}
