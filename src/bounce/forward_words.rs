//! What whoever answers for a sender reads above an answer, in the campaign's language.

use crate::workspace::settings::Locale;

/// The texts of one language. `{subject}` and `{mail}` are filled in.
pub(super) struct Words {
    pub(super) subject: &'static str,
    pub(super) opening: &'static str,
    pub(super) answer: &'static str,
    pub(super) attached: &'static str,
    pub(super) automatic: &'static str,
    pub(super) file: &'static str,
}

impl Words {
    pub(super) const fn of(locale: Locale) -> &'static Self {
        match locale {
            Locale::Es => &ES,
            Locale::It => &IT,
            Locale::En => &EN,
        }
    }
}

static ES: Words = Words {
    subject: "Respuesta: {subject}",
    opening: "Una persona respondió al envío {mail} y su respuesta llegó al buzón de rebotes:",
    answer: "Si responde a este correo, le responde a esa persona.",
    attached: "El mensaje entero va adjunto.",
    automatic: "Este correo es automático.",
    file: "respuesta.eml",
};

static IT: Words = Words {
    subject: "Risposta: {subject}",
    opening: "Una persona ha risposto all'invio {mail} e la sua risposta è arrivata alla casella dei messaggi respinti:",
    answer: "Rispondendo a questo messaggio si risponde a quella persona.",
    attached: "Il messaggio intero è in allegato.",
    automatic: "Questo messaggio è automatico.",
    file: "risposta.eml",
};

static EN: Words = Words {
    subject: "Answer: {subject}",
    opening: "Somebody answered the sending {mail}, and the answer came to the bounce mailbox:",
    answer: "Answering this mail answers that person.",
    attached: "The whole message is attached.",
    automatic: "This mail is automatic.",
    file: "answer.eml",
};
