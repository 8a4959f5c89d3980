//! What a new workspace says in each language.

use crate::workspace::settings::Locale;

/// A language's words: what stands at a mark in the files, and its own texts.
pub(super) struct Words {
    /// The organisation's name where none was given.
    pub(super) name: &'static str,
    /// The list's name.
    pub(super) list: &'static str,
    /// The template's name.
    pub(super) template: &'static str,
    /// The campaign's name.
    pub(super) campaign: &'static str,
    /// The page for the staff.
    pub(super) readme: &'static str,
    /// The campaign's text.
    pub(super) body: &'static str,
    /// By mark; all of them are values of YAML.
    pub(super) values: &'static [(&'static str, &'static str)],
    /// By mark; names and comments, which stand as they are.
    pub(super) bare: &'static [(&'static str, &'static str)],
}

pub(super) const fn words(language: Locale) -> &'static Words {
    match language {
        Locale::Es => &SPANISH,
        Locale::It => &ITALIAN,
        Locale::En => &ENGLISH,
    }
}

static ENGLISH: Words = Words {
    name: "Your Organisation",
    list: "members",
    template: "newsletter",
    campaign: "welcome",
    readme: include_str!("files/readme.en.md"),
    body: include_str!("files/body.en.md"),
    values: &[
        ("street", "1 Example Street"),
        ("town", "00000 Example Town"),
        ("list-title", "Members"),
        (
            "list-purpose",
            "News, dates and invitations for our members.",
        ),
        ("template-title", "Newsletter with head, text and foot"),
        ("subject", "{{ name | default(\"Hello\") }}, a warm welcome"),
        ("preheader", "What you get from us, and how to leave"),
    ],
    bare: &[
        ("column-name", "name"),
        ("column-consent", "consents"),
        ("column-since", "since"),
        ("sender", "news"),
        (
            "comment-address",
            "Stands at the foot of every mail; the law asks for it in many countries.",
        ),
        (
            "comment-holidays",
            "Days that count as Sundays do: - {date: 2027-01-01, name: New Year}",
        ),
        (
            "comment-people",
            "Who is who: staff propose, coordinator and management approve, the administrator keeps the rest.",
        ),
        (
            "comment-relay",
            "The mail server. User and password come from these environment variables, never from a file.",
        ),
        (
            "comment-warm-up",
            "A new sender begins slowly, or is taken for spam.",
        ),
        (
            "comment-mailboxes",
            "Two mailboxes that take anything between a plus sign and the at sign.",
        ),
        (
            "comment-proof",
            "A bounce counts only where it surely answers a mail of ours: anybody can write one. Not for relays that change the reverse-path.",
        ),
        (
            "comment-bounces",
            "Where `postmerge ingest` reads them. Until that is said, nobody hears of bounces, nor of who leaves by mail.",
        ),
    ],
};

static SPANISH: Words = Words {
    name: "Su Organización",
    list: "miembros",
    template: "boletin",
    campaign: "bienvenida",
    readme: include_str!("files/readme.es.md"),
    body: include_str!("files/body.es.md"),
    values: &[
        ("street", "Calle de Ejemplo 1"),
        ("town", "00000 Ciudad de Ejemplo"),
        ("list-title", "Miembros"),
        (
            "list-purpose",
            "Noticias, fechas e invitaciones para nuestros miembros.",
        ),
        ("template-title", "Boletín con cabecera, texto y pie"),
        (
            "subject",
            "{{ nombre | default(\"Hola\") }}, le damos la bienvenida",
        ),
        (
            "preheader",
            "Qué recibirá de nosotros, y cómo darse de baja",
        ),
    ],
    bare: &[
        ("column-name", "nombre"),
        ("column-consent", "consentimiento"),
        ("column-since", "alta"),
        ("sender", "noticias"),
        (
            "comment-address",
            "Está al pie de cada mensaje; en muchos países lo pide la ley.",
        ),
        (
            "comment-holidays",
            "Días que cuentan como domingos: - {date: 2027-01-01, name: Año Nuevo}",
        ),
        (
            "comment-people",
            "Quién es quién: staff propone, coordinator y management aprueban, administrator cuida lo demás.",
        ),
        (
            "comment-relay",
            "El servidor de correo. Usuario y clave vienen de estas variables de entorno, nunca de un archivo.",
        ),
        (
            "comment-warm-up",
            "Un remitente nuevo comienza despacio, o se le toma por spam.",
        ),
        (
            "comment-mailboxes",
            "Dos buzones que aceptan cualquier cosa entre un signo más y la arroba.",
        ),
        (
            "comment-proof",
            "Un rebote cuenta solo si responde con seguridad a un correo nuestro: cualquiera puede escribir uno. No vale con relés que cambian la dirección de retorno.",
        ),
        (
            "comment-bounces",
            "De dónde los lee `postmerge ingest`. Mientras no se diga, nadie se entera de los rebotes ni de quien se da de baja por correo.",
        ),
    ],
};

static ITALIAN: Words = Words {
    name: "La Sua Organizzazione",
    list: "soci",
    template: "bollettino",
    campaign: "benvenuto",
    readme: include_str!("files/readme.it.md"),
    body: include_str!("files/body.it.md"),
    values: &[
        ("street", "Via di Esempio 1"),
        ("town", "00000 Città di Esempio"),
        ("list-title", "Soci"),
        ("list-purpose", "Notizie, date e inviti per i nostri soci."),
        ("template-title", "Bollettino con testata, testo e piede"),
        (
            "subject",
            "{{ nome | default(\"Buongiorno\") }}, Le diamo il benvenuto",
        ),
        ("preheader", "Che cosa riceverà da noi, e come cancellarsi"),
    ],
    bare: &[
        ("column-name", "nome"),
        ("column-consent", "consenso"),
        ("column-since", "iscrizione"),
        ("sender", "notizie"),
        (
            "comment-address",
            "Sta al piede di ogni messaggio; in molti paesi lo chiede la legge.",
        ),
        (
            "comment-holidays",
            "Giorni che contano come domeniche: - {date: 2027-01-01, name: Capodanno}",
        ),
        (
            "comment-people",
            "Chi è chi: staff propone, coordinator e management approvano, administrator cura il resto.",
        ),
        (
            "comment-relay",
            "Il server di posta. Utente e password vengono da queste variabili d'ambiente, mai da un file.",
        ),
        (
            "comment-warm-up",
            "Un mittente nuovo comincia piano, o lo si prende per spam.",
        ),
        (
            "comment-mailboxes",
            "Due caselle che accettano qualunque cosa fra un più e la chiocciola.",
        ),
        (
            "comment-proof",
            "Un rimbalzo conta solo se risponde di sicuro a una nostra mail: chiunque ne può scrivere uno. Non va con relay che cambiano l'indirizzo di ritorno.",
        ),
        (
            "comment-bounces",
            "Da dove li legge `postmerge ingest`. Finché non è detto, nessuno sa dei rimbalzi né di chi si cancella per posta.",
        ),
    ],
};
