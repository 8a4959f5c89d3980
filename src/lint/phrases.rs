//! Phrases that spam is made of, with weights. One alone is nothing; together they are a picture.

use std::sync::LazyLock;

/// Phrases in lower case without accents, and what they weigh.
static PHRASES: [(&str, u32); 60] = [
    // Spanish
    ("gratis", 2),
    ("totalmente gratis", 2),
    ("gane dinero", 3),
    ("gana dinero", 3),
    ("dinero facil", 3),
    ("oferta exclusiva", 2),
    ("oferta limitada", 2),
    ("ultima oportunidad", 2),
    ("haga clic aqui", 2),
    ("haz clic aqui", 2),
    ("actue ahora", 2),
    ("compre ahora", 2),
    ("compra ya", 2),
    ("sin compromiso", 1),
    ("garantizado", 1),
    ("100% garantizado", 3),
    ("felicidades, ha ganado", 4),
    ("ha sido seleccionado", 3),
    ("premio", 1),
    ("urgente", 1),
    ("prestamo inmediato", 3),
    ("sin riesgo", 2),
    ("ingresos extra", 3),
    ("trabaje desde casa", 3),
    ("multiplique sus", 2),
    // Italian
    ("gratuito", 1),
    ("guadagna", 2),
    ("soldi facili", 3),
    ("offerta esclusiva", 2),
    ("offerta limitata", 2),
    ("ultima occasione", 2),
    ("clicca qui", 2),
    ("agisci ora", 2),
    ("acquista ora", 2),
    ("senza impegno", 1),
    ("garantito", 1),
    ("hai vinto", 4),
    ("sei stato selezionato", 3),
    ("prestito immediato", 3),
    ("senza rischi", 2),
    // English
    ("free", 1),
    ("totally free", 2),
    ("make money", 3),
    ("easy money", 3),
    ("exclusive offer", 2),
    ("limited time", 2),
    ("last chance", 2),
    ("click here", 2),
    ("act now", 2),
    ("buy now", 2),
    ("no obligation", 1),
    ("guaranteed", 1),
    ("you have won", 4),
    ("you have been selected", 3),
    ("winner", 2),
    ("risk free", 2),
    ("risk-free", 2),
    ("work from home", 3),
    ("extra income", 3),
    ("cheap", 1),
];

/// The phrases' numbers by their first byte: most words begin no phrase.
static BY_FIRST: LazyLock<Vec<Vec<usize>>> = LazyLock::new(|| {
    let begins = |first: u8| {
        let all = PHRASES.iter().enumerate();
        let begun = all.filter(move |(_, (phrase, _))| phrase.as_bytes().first() == Some(&first));
        begun.map(|(number, _)| number).collect()
    };
    (0..=u8::MAX).map(begins).collect()
});

/// The phrases that a text has, each once, as whole words.
pub fn found(text: &str) -> Vec<(&'static str, u32)> {
    let plain: String = text.to_lowercase().chars().map(without_accent).collect();
    let mut has = [false; PHRASES.len()];
    let mut is_inside = false;
    for (at, c) in plain.char_indices() {
        let is_start = c.is_alphanumeric() && !is_inside;
        is_inside = c.is_alphanumeric();
        if !is_start {
            continue;
        }
        // Every phrase begins with a word, so that only words' beginnings are looked at.
        let rest = plain.get(at..).unwrap_or_default();
        let first = rest.bytes().next().map_or(0, usize::from);
        for number in BY_FIRST.get(first).into_iter().flatten() {
            let (Some(has), Some((phrase, _))) = (has.get_mut(*number), PHRASES.get(*number))
            else {
                continue;
            };
            let after = rest.strip_prefix(phrase);
            *has |= after.is_some_and(|after| !after.starts_with(char::is_alphanumeric));
        }
    }
    let all = has.into_iter().zip(PHRASES);
    all.filter_map(|(has, phrase)| has.then_some(phrase))
        .collect()
}

fn without_accent(c: char) -> char {
    match c {
        'á' | 'à' => 'a',
        'é' | 'è' => 'e',
        'í' | 'ì' => 'i',
        'ó' | 'ò' => 'o',
        'ú' | 'ù' | 'ü' => 'u',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::found;

    #[test]
    fn whole_words_count_and_accents_do_not() {
        let names = |text| {
            found(text)
                .into_iter()
                .map(|(name, _)| name)
                .collect::<Vec<_>>()
        };
        assert_eq!(names("¡ÚLTIMA OPORTUNIDAD!"), ["ultima oportunidad"]);
        assert_eq!(
            names("gratisimo, freedom, x100% garantizados"),
            Vec::<&str>::new()
        );
        assert_eq!(
            names("free: es 100% garantizado (risk-free)"),
            ["garantizado", "100% garantizado", "free", "risk-free"]
        );
    }
}
