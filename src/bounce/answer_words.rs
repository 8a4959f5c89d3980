//! What people read when they asked for something by mail, in their language. `{…}` are filled in.

use crate::workspace::settings::Locale;

/// The texts of one language.
pub(super) struct Words {
    pub(super) left_subject: &'static str,
    pub(super) preferences_subject: &'static str,
    pub(super) left_all: &'static str,
    pub(super) left_topic: &'static str,
    pub(super) mistake: &'static str,
    pub(super) want_again: &'static str,
    pub(super) wanted_all: &'static str,
    pub(super) wanted_topic: &'static str,
    pub(super) paused: &'static str,
    pub(super) resumed: &'static str,
    pub(super) confirmed: &'static str,
    pub(super) gone: &'static str,
    pub(super) choices: &'static str,
    pub(super) want_topic: &'static str,
    pub(super) leave_topic: &'static str,
    pub(super) pause: &'static str,
    pub(super) resume: &'static str,
    pub(super) confirm: &'static str,
    pub(super) leave_all: &'static str,
    pub(super) automatic: &'static str,
    pub(super) date: &'static str,
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
    left_subject: "Se dio de baja",
    preferences_subject: "Sus preferencias",
    left_all: "Ya no le escribiremos.",
    left_topic: "Ya no le escribiremos sobre «{topic}».",
    mistake: "¿Fue un error, o no fue usted? Este enlace abre un correo ya escrito; envíelo tal como está y todo vuelve a ser como antes:",
    want_again: "Quiero volver a recibir sus correos",
    wanted_all: "Volverá a recibir nuestros correos.",
    wanted_topic: "Recibirá nuestros correos sobre «{topic}».",
    paused: "En pausa hasta el {date}.",
    resumed: "La pausa terminó.",
    confirmed: "Está confirmado: seguimos en contacto.",
    gone: "Actualmente no recibe nuestros correos.",
    choices: "Cada enlace abre un correo ya escrito. Envíelo tal como está, y valdrá en cuanto lo leamos.",
    want_topic: "Quiero recibir: {topic}",
    leave_topic: "No quiero más: {topic}",
    pause: "Quiero una pausa de cuatro semanas",
    resume: "Quiero terminar la pausa",
    confirm: "Todo está bien así, sigo",
    leave_all: "No quiero recibir nada más",
    automatic: "Este correo es automático: responde a uno que nos llegó de usted.",
    date: "%d/%m/%Y",
};

static IT: Words = Words {
    left_subject: "Iscrizione annullata",
    preferences_subject: "Le sue preferenze",
    left_all: "Non le scriveremo più.",
    left_topic: "Non le scriveremo più su «{topic}».",
    mistake: "È stato un errore, o la richiesta non era sua? Questo link apre un messaggio già scritto; lo invii così com'è e tutto torna come prima:",
    want_again: "Voglio ricevere di nuovo i vostri messaggi",
    wanted_all: "Riceverà di nuovo i nostri messaggi.",
    wanted_topic: "Riceverà i nostri messaggi su «{topic}».",
    paused: "In pausa fino a: {date}.",
    resumed: "La pausa è finita.",
    confirmed: "È confermato: restiamo in contatto.",
    gone: "Al momento non riceve i nostri messaggi.",
    choices: "Ogni link apre un messaggio già scritto. Lo invii così com'è: vale appena lo leggiamo.",
    want_topic: "Voglio ricevere: {topic}",
    leave_topic: "Non voglio più: {topic}",
    pause: "Voglio una pausa di quattro settimane",
    resume: "Voglio finire la pausa",
    confirm: "Va tutto bene così, voglio continuare",
    leave_all: "Non voglio ricevere più niente",
    automatic: "Questo messaggio è automatico: risponde a uno che ci è arrivato da lei.",
    date: "%d/%m/%Y",
};

static EN: Words = Words {
    left_subject: "You have left",
    preferences_subject: "Your preferences",
    left_all: "We will not write to you any more.",
    left_topic: "We will not write to you about “{topic}” any more.",
    mistake: "Was it a mistake, or was it not you? This link opens a mail that is written already; send it as it is, and all is as before:",
    want_again: "I want to receive your mails again",
    wanted_all: "You will receive our mails again.",
    wanted_topic: "You will receive our mails about “{topic}”.",
    paused: "Paused until {date}.",
    resumed: "The pause is over.",
    confirmed: "That is confirmed: we stay in touch.",
    gone: "You are not receiving our mails at present.",
    choices: "Each link opens a mail that is written already. Send it as it is; it holds as soon as we read it.",
    want_topic: "I want to receive: {topic}",
    leave_topic: "I do not want any more: {topic}",
    pause: "I want a pause of four weeks",
    resume: "I want to end the pause",
    confirm: "All is well as it is, I stay",
    leave_all: "I do not want to receive anything any more",
    automatic: "This mail is automatic: it answers one that came from you.",
    date: "%-d %B %Y",
};
