//! Subjects speak in an ordinary voice.

use crate::diagnostic::place::Place;
use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::without_tags::without_tags;
use crate::lint::{Check, Context};

/// The rule.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM132",
        name: "subject-shouting",
        severity: Severity::Warning,
        summary: "A subject shouts.",
    },
    run,
};

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    for file in context.loaded.campaigns.values() {
        let subject = &file.campaign.subject;
        let Some(why) = shouting(&without_tags(subject, "")) else {
            continue;
        };
        out.push(
            Diagnostic::new(&CHECK.rule, &file.path, Place::value(&["subject"]), why)
                .why("that is how spam is written, and filters count it")
                .help("write it as in a letter"),
        );
    }
}

/// Shorter words in capitals are often abbreviations and names of fairs.
const WORD: usize = 5;

fn shouting(subject: &str) -> Option<&'static str> {
    let letters = |text: &str| text.chars().filter(|c| c.is_alphabetic()).count();
    let words = subject.split_whitespace();
    let capitals: Vec<usize> = words.filter(|it| is_capitals(it)).map(letters).collect();
    let long = capitals.iter().filter(|it| **it >= WORD).count();
    let loud: usize = capitals.iter().sum();
    let is_mostly = loud * 10 > letters(subject) * 6;
    // `FERIA ANUGA 2027` and `SENA DIAN ICA` are names.
    if is_mostly && (long >= 2 && loud >= 16 || long >= 1 && capitals.len() >= 3 && loud >= 12) {
        return Some("the subject is written in capitals");
    }
    let mut repeated = ["!!", "??", "!?", "?!", "¡¡", "¿¿", "$$", "€€"].iter();
    if repeated.any(|it| subject.contains(it)) {
        return Some("the subject has marks of exclamation or question one after the other");
    }
    // Spanish opens with a mark what it closes with one: the closing ones count.
    let exclamations = subject.chars().filter(|c| *c == '!').count();
    (exclamations > 2).then_some("the subject has more than two exclamations")
}

fn is_capitals(word: &str) -> bool {
    let letters = word.chars().filter(|c| c.is_alphabetic()).count();
    letters > 1 && word.chars().all(|c| !c.is_lowercase())
}

#[cfg(test)]
mod tests {
    use super::shouting;

    #[test]
    fn questions_and_names_are_no_shouting() {
        for subject in [
            "¿Va a Milán? ¿Quiere ir? ¡Inscríbase!",
            "FERIA ANUGA 2027",
            "SENA DIAN ICA 2027",
            "Rueda de negocios con la CCI en MILÁN",
            "¡Bienvenidos! ¡Ya casi!",
        ] {
            assert_eq!(shouting(subject), None, "{subject}");
        }
    }

    #[test]
    fn capitals_and_rows_of_marks_are() {
        for subject in [
            "ÚLTIMA OPORTUNIDAD",
            "GRAN FERIA DE CALI",
            "¡Inscríbase ya!!",
            "¿Va a Milán??",
            "¡Ya! ¡Ya! ¡Ya!",
        ] {
            assert!(shouting(subject).is_some(), "{subject}");
        }
    }
}
