//! Letters without their accents, so that texts that lost them are compared with those that have them.
//!
//! Latin letters only: elsewhere what looks like an accent makes another letter.

use icu_normalizer::properties::{CanonicalDecompositionBorrowed, Decomposed};

/// The letter alone; nothing for an accent that stands by itself. An apostrophe of typesetting is a plain one.
pub fn unaccented(c: char) -> Option<char> {
    match c {
        '\0'..='\u{bf}' => Some(c),
        '\u{300}'..='\u{36f}' => None,
        '\u{2018}' | '\u{2019}' => Some('\''),
        // Strokes and a lost dot are no accents to Unicode, and are left out where accents are.
        'ı' => Some('i'),
        'Ł' => Some('L'),
        'ł' => Some('l'),
        'Đ' => Some('D'),
        'đ' => Some('d'),
        'Ø' => Some('O'),
        'ø' => Some('o'),
        '\u{c0}'..='\u{24f}' | '\u{1e00}'..='\u{1eff}' => {
            let decomposition = CanonicalDecompositionBorrowed::new();
            match decomposition.decompose(c) {
                // There may be more than one accent.
                Decomposed::Expansion(letter, _) => unaccented(letter),
                Decomposed::Singleton(letter) => Some(letter),
                Decomposed::Default => Some(c),
            }
        }
        _ => Some(c),
    }
}

/// A text of such letters.
pub fn without_accents(text: &str) -> String {
    text.chars().filter_map(unaccented).collect()
}

/// Such a letter, small where it is beyond ASCII: what looks for phrases minds no case, but knows that of ASCII alone.
pub fn plain(c: char) -> Option<char> {
    let c = unaccented(c)?;
    if c.is_ascii() {
        return Some(c);
    }
    let mut small = c.to_lowercase();
    Some(match (small.next(), small.next()) {
        (Some(small), None) => small,
        _ => c,
    })
}

/// A text as phrases are compared.
pub fn folded(text: &str) -> String {
    text.chars().filter_map(plain).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accents_are_left_out_and_nothing_else() {
        for (text, plain) in [
            ("boîte pleine, échec", "boite pleine, echec"),
            ("MANCATA È «così»", "MANCATA E «cosi»"),
            ("e\u{301}chec", "echec"),
            ("não está, ñandú", "nao esta, nandu"),
            ("für größe ệ", "fur große e"),
            ("n’a pas", "n'a pas"),
            ("почтовый ящик, が, 전달", "почтовый ящик, が, 전달"),
        ] {
            assert_eq!(without_accents(text), plain);
        }
    }

    #[test]
    fn phrases_are_compared_without_case_and_strokes() {
        for (text, plain) in [
            ("Не УДАЛОСЬ", "не удалось"),
            ("alıcı, İletiniz", "alici, Iletiniz"),
            ("została, køb", "zostala, kob"),
            ("ΑΔΎΝΑΤΗ", "αδύνατη"),
        ] {
            assert_eq!(folded(text), plain);
        }
    }
}
