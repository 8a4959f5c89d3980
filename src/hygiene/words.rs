//! What owners read, in their language.

use jiff::civil::Date;

use crate::ledger::event::Exclusion;
use crate::mail::refusal::Language;
use crate::workspace::settings::Locale;

/// The texts of one language. `{n}`, `{list}`, `{until}`, `{file}`, `{line}`, `{date}` and `{mail}` are filled in.
#[derive(Debug)]
pub struct Words {
    pub(super) subject_one: &'static str,
    pub(super) subject_many: &'static str,
    pub(super) subject_lists: &'static str,
    pub(super) opening: &'static str,
    pub(super) line: &'static str,
    pub(super) heard: &'static str,
    pub(super) heard_of: &'static str,
    pub(super) server: &'static str,
    pub(super) not_told: &'static str,
    pub(super) correct: &'static str,
    /// The same where the list is encrypted.
    pub(super) correct_encrypted: &'static str,
    pub(super) nothing: &'static str,
    pub(super) departed_one: &'static str,
    pub(super) departed_many: &'static str,
    pub(super) automatic: &'static str,
    pub(super) heading: &'static str,
    pub(super) columns: [&'static str; 5],
    pub(super) unsubscribed: &'static str,
    pub(super) complained: &'static str,
    pub(super) overdue: &'static str,
    pub(super) new: &'static str,
    pub(super) none: &'static str,
    date: &'static str,
}

static ES: Words = Words {
    subject_one: "Una dirección de «{list}» no recibe correo",
    subject_many: "{n} direcciones de «{list}» no reciben correo",
    subject_lists: "{n} direcciones de sus listas no reciben correo",
    opening: "Los correos a estas direcciones, de listas de las que usted responde, no llegan. Por favor corríjalas hasta el {until} inclusive; después se propone quitar sus filas.",
    line: "línea {line}",
    heard: "desde el {date}",
    heard_of: "desde el {date}, con el envío {mail}",
    server: "El servidor dijo:",
    not_told: "El servidor no dijo por qué",
    correct: "Para corregir una dirección, abra {file} en GitHub, pulse el lápiz, escriba la dirección nueva en la misma fila y proponga el cambio. La dirección nueva recibe correo desde que el cambio está aprobado.",
    correct_encrypted: "Esta lista está cifrada. Para corregir una dirección, ábrala con su clave (postmerge lists edit {list}), escriba la dirección nueva en la misma fila y proponga el cambio. La dirección nueva recibe correo desde que el cambio está aprobado.",
    nothing: "Si no hay otra dirección, no haga nada: la fila se quita.",
    departed_one: "Además, una persona se dio de baja o se quejó; su fila se quita sin que usted haga nada.",
    departed_many: "Además, {n} personas se dieron de baja o se quejaron; sus filas se quitan sin que usted haga nada.",
    automatic: "Este correo es automático.",
    heading: "Direcciones que no reciben correo",
    columns: ["Línea", "Dirección", "Por qué", "Desde", "Hasta"],
    unsubscribed: "Se dio de baja",
    complained: "Marcó un correo como no deseado",
    overdue: "vencido",
    new: "por avisar",
    none: "Ninguna dirección espera.",
    date: "%d/%m/%Y",
};

static IT: Words = Words {
    subject_one: "Un indirizzo di «{list}» non riceve posta",
    subject_many: "{n} indirizzi di «{list}» non ricevono posta",
    subject_lists: "{n} indirizzi delle sue liste non ricevono posta",
    opening: "I messaggi a questi indirizzi, di liste di cui lei risponde, non arrivano. Li corregga per favore entro il {until} compreso; dopo si propone di togliere le loro righe.",
    line: "riga {line}",
    heard: "dal {date}",
    heard_of: "dal {date}, con l'invio {mail}",
    server: "Il server ha detto:",
    not_told: "Il server non ha detto perché",
    correct: "Per correggere un indirizzo apra {file} su GitHub, prema la matita, scriva il nuovo indirizzo nella stessa riga e proponga la modifica. Il nuovo indirizzo riceve posta da quando la modifica è approvata.",
    correct_encrypted: "Questa lista è cifrata. Per correggere un indirizzo la apra con la sua chiave (postmerge lists edit {list}), scriva il nuovo indirizzo nella stessa riga e proponga la modifica. Il nuovo indirizzo riceve posta da quando la modifica è approvata.",
    nothing: "Se non c'è un altro indirizzo, non faccia nulla: la riga viene tolta.",
    departed_one: "Inoltre una persona si è cancellata o ha reclamato; la sua riga viene tolta senza che lei faccia nulla.",
    departed_many: "Inoltre {n} persone si sono cancellate o hanno reclamato; le loro righe vengono tolte senza che lei faccia nulla.",
    automatic: "Questo messaggio è automatico.",
    heading: "Indirizzi che non ricevono posta",
    columns: ["Riga", "Indirizzo", "Perché", "Dal", "Entro"],
    unsubscribed: "Ha annullato l'iscrizione",
    complained: "Ha segnalato un messaggio come indesiderato",
    overdue: "scaduto",
    new: "da avvisare",
    none: "Nessun indirizzo è in attesa.",
    date: "%d/%m/%Y",
};

static EN: Words = Words {
    subject_one: "An address of “{list}” takes no mail",
    subject_many: "{n} addresses of “{list}” take no mail",
    subject_lists: "{n} addresses of your lists take no mail",
    opening: "Mails to these addresses, of lists that you answer for, do not arrive. Please correct them by the end of {until}; after that their rows are proposed for removal.",
    line: "line {line}",
    heard: "since {date}",
    heard_of: "since {date}, with the sending {mail}",
    server: "The server said:",
    not_told: "The server did not say why",
    correct: "To correct an address, open {file} on GitHub, press the pencil, write the new address into the same row and propose the change. The new address gets mail once the change is approved.",
    correct_encrypted: "This list is encrypted. To correct an address, open it with your key (postmerge lists edit {list}), write the new address into the same row and propose the change. The new address gets mail once the change is approved.",
    nothing: "Where there is no other address, do nothing: the row is removed.",
    departed_one: "Besides, one person left or complained; the row is removed without your doing.",
    departed_many: "Besides, {n} people left or complained; their rows are removed without your doing.",
    automatic: "This mail was written by a machine.",
    heading: "Addresses that take no mail",
    columns: ["Line", "Address", "Why", "Since", "Until"],
    unsubscribed: "Unsubscribed",
    complained: "Reported a mail as unwanted",
    overdue: "overdue",
    new: "not told yet",
    none: "No address waits.",
    date: "%-d %B %Y",
};

impl Words {
    /// A language's.
    pub const fn of(locale: Locale) -> &'static Self {
        match locale {
            Locale::Es => &ES,
            Locale::It => &IT,
            Locale::En => &EN,
        }
    }

    /// A day, as it is written.
    pub(super) fn date(&self, date: Date) -> String {
        date.strftime(self.date).to_string()
    }

    /// Why somebody who left did.
    pub(super) const fn departed(&self, reason: Exclusion) -> Option<&'static str> {
        match reason {
            Exclusion::Unsubscribed => Some(self.unsubscribed),
            Exclusion::Complained => Some(self.complained),
            _ => None,
        }
    }
}

/// A text with its values, in one pass: what a value holds is never taken for a mark.
pub(super) fn filled(text: &str, values: &[(&str, &str)]) -> String {
    let mut out = String::with_capacity(text.len() + 32);
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let found = after.split_once('}').and_then(|(name, behind)| {
            let value = values.iter().find(|(known, _)| *known == name)?;
            Some((value.1, behind))
        });
        match found {
            Some((value, behind)) => {
                out.push_str(value);
                rest = behind;
            }
            None => {
                out.push('{');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

/// The language that reasons are told in.
pub const fn language(locale: Locale) -> Language {
    match locale {
        Locale::Es => Language::Es,
        Locale::It => Language::It,
        Locale::En => Language::En,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_not_taken_for_a_mark() {
        let values = [("list", "{n} {"), ("n", "3")];
        assert_eq!(filled("{n} of {list}, {x} {", &values), "3 of {n} {, {x} {");
    }

    #[test]
    fn every_language_has_every_mark() {
        for locale in [Locale::Es, Locale::It, Locale::En] {
            let words = Words::of(locale);
            assert!(words.opening.contains("{until}") && words.correct.contains("{file}"));
            assert!(words.correct_encrypted.contains("{list}"));
            assert!(words.subject_one.contains("{list}") && words.subject_many.contains("{n}"));
            assert!(words.heard_of.contains("{mail}") && words.heard.contains("{date}"));
        }
    }
}
