//! Every word of our own that a recipient reads in a mail, in each language.

use crate::workspace::settings::Locale;

/// One language's words.
#[derive(Debug)]
pub(super) struct Phrases {
    /// Above documents that no template lists.
    pub(super) documents: &'static str,
    /// The link's words.
    pub(super) unsubscribe: &'static str,
    /// Before the link: why the mail came.
    pub(super) why: &'static str,
    pub(super) months: [&'static str; 12],
    /// Between day and month, and between month and year.
    pub(super) date_joint: &'static str,
    pub(super) thousands: char,
    pub(super) decimals: char,
}

const SPANISH: Phrases = Phrases {
    documents: "Documentos",
    unsubscribe: "Darse de baja",
    why: "Recibe este correo porque está en una de nuestras listas.",
    months: [
        "enero",
        "febrero",
        "marzo",
        "abril",
        "mayo",
        "junio",
        "julio",
        "agosto",
        "septiembre",
        "octubre",
        "noviembre",
        "diciembre",
    ],
    date_joint: " de ",
    thousands: '.',
    decimals: ',',
};

const ITALIAN: Phrases = Phrases {
    documents: "Documenti",
    unsubscribe: "Annulla l’iscrizione",
    why: "Riceve questa e-mail perché il suo indirizzo è in una delle nostre liste.",
    months: [
        "gennaio",
        "febbraio",
        "marzo",
        "aprile",
        "maggio",
        "giugno",
        "luglio",
        "agosto",
        "settembre",
        "ottobre",
        "novembre",
        "dicembre",
    ],
    date_joint: " ",
    thousands: '.',
    decimals: ',',
};

const ENGLISH: Phrases = Phrases {
    documents: "Documents",
    unsubscribe: "Unsubscribe",
    why: "You receive this mail because you are on one of our lists.",
    months: [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ],
    date_joint: " ",
    thousands: ',',
    decimals: '.',
};

/// The words of a language.
pub(super) const fn phrases(locale: Locale) -> &'static Phrases {
    match locale {
        Locale::Es => &SPANISH,
        Locale::It => &ITALIAN,
        Locale::En => &ENGLISH,
    }
}
