//! Why a mail was refused, in plain words and the three languages that people here read.

/// A language that reasons are told in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// Spanish.
    Es,
    /// Italian.
    It,
    /// English.
    En,
}

macro_rules! reasons {
    ($($(#[$about:meta])+ $reason:ident = $name:literal, $es:literal, $it:literal, $en:literal;)+) => {
        /// Why a mail was refused.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Reason {
            $($(#[$about])+ $reason,)+
        }

        impl Reason {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$reason,)+];

            /// Its name in files and output.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$reason => $name,)+
                }
            }

            /// In words for people.
            pub fn words(self, language: Language) -> &'static str {
                match self {
                    $(Self::$reason => match language {
                        Language::Es => $es,
                        Language::It => $it,
                        Language::En => $en,
                    },)+
                }
            }
        }
    };
}

reasons! {
    /// No such mailbox.
    NoSuchUser = "no-such-user",
        "La dirección no existe", "L'indirizzo non esiste", "The address does not exist";
    /// Closed, disabled or suspended.
    Inactive = "inactive",
        "El buzón está cerrado o desactivado", "La casella è chiusa o disattivata",
        "The mailbox is closed or disabled";
    /// Moved, without forwarding.
    Moved = "moved",
        "La persona tiene otra dirección", "La persona ha un altro indirizzo",
        "The person has another address";
    /// Not an address.
    Malformed = "malformed",
        "La dirección está mal escrita", "L'indirizzo è scritto male", "The address is misspelt";
    /// The domain does not exist.
    NoSuchDomain = "no-such-domain",
        "El dominio de la dirección no existe", "Il dominio dell'indirizzo non esiste",
        "The address's domain does not exist";
    /// The domain takes no mail (RFC 7505).
    NoMail = "no-mail",
        "El dominio no recibe correo", "Il dominio non riceve posta", "The domain takes no mail";
    /// On the list of addresses that a provider sends nothing to.
    Suppressed = "suppressed",
        "El proveedor de envío no escribe más a esta dirección",
        "Il fornitore d'invio non scrive più a questo indirizzo",
        "The sending provider no longer writes to this address";
    /// No room.
    MailboxFull = "mailbox-full",
        "El buzón está lleno", "La casella è piena", "The mailbox is full";
    /// Too large.
    TooBig = "too-big",
        "El correo es demasiado grande", "Il messaggio è troppo grande", "The mail is too large";
    /// On a block list.
    Blocklisted = "blocklisted",
        "El servidor de envío está en una lista de bloqueo",
        "Il server d'invio è in una lista di blocco",
        "The sending server is on a block list";
    /// Reputation or local policy.
    Policy = "policy",
        "El destinatario rechaza correos de este remitente o servidor",
        "Il destinatario rifiuta la posta di questo mittente o server",
        "The recipient's server refuses this sender or server";
    /// SPF, DKIM, DMARC or reverse DNS.
    NotAuthentic = "not-authentic",
        "El correo no pudo comprobar su origen (SPF, DKIM, DMARC)",
        "L'origine del messaggio non è verificabile (SPF, DKIM, DMARC)",
        "The mail's origin could not be verified (SPF, DKIM, DMARC)";
    /// Too many mails or connections.
    TooFast = "too-fast",
        "Demasiados correos en poco tiempo", "Troppi messaggi in poco tempo",
        "Too many mails in a short time";
    /// Asked to come back later.
    Greylisted = "greylisted",
        "El servidor pide que se intente más tarde", "Il server chiede di riprovare più tardi",
        "The server asks to try again later";
    /// The recipient only takes mail from some.
    NotAllowed = "not-allowed",
        "El destinatario solo acepta correos de ciertos remitentes",
        "Il destinatario accetta posta solo da certi mittenti",
        "The recipient takes mail from certain senders only";
    /// The sender's address is refused.
    SenderRefused = "sender-refused",
        "La dirección del remitente fue rechazada", "L'indirizzo del mittente è stato rifiutato",
        "The sender's address was refused";
    /// Taken for spam.
    Spam = "spam",
        "El correo fue tomado por spam", "Il messaggio è stato preso per spam",
        "The mail was taken for spam";
    /// Taken for malware.
    Virus = "virus",
        "El correo fue tomado por un virus", "Il messaggio è stato preso per un virus",
        "The mail was taken for a virus";
    /// Something in it is not taken.
    Content = "content",
        "El contenido o un adjunto no se acepta", "Il contenuto o un allegato non è accettato",
        "The content or an attachment is not accepted";
    /// The server does not take mail for this domain.
    NoRelay = "no-relay",
        "El servidor no recibe correo para este dominio",
        "Il server non riceve posta per questo dominio",
        "The server takes no mail for this domain";
    /// Names or routes.
    Route = "route",
        "No se encontró el camino al servidor del destinatario",
        "Non si trova la strada verso il server del destinatario",
        "No way to the recipient's server was found";
    /// The mail goes in circles.
    Loop = "loop",
        "El correo da vueltas entre servidores", "Il messaggio gira in tondo tra i server",
        "The mail goes round in circles between servers";
    /// No secure connection.
    Tls = "tls",
        "No hubo conexión segura con el servidor", "Nessuna connessione sicura con il server",
        "There was no secure connection to the server";
    /// No answer.
    NoAnswer = "no-answer",
        "El servidor del destinatario no responde", "Il server del destinatario non risponde",
        "The recipient's server does not answer";
    /// Tried for as long as is tried.
    Expired = "expired",
        "Se intentó durante días sin éxito", "Si è provato per giorni senza successo",
        "It was tried for days without success";
    /// Something is wrong at the receiving server.
    ServerTrouble = "server-trouble",
        "El servidor del destinatario tiene un problema",
        "Il server del destinatario ha un problema",
        "Something is wrong at the recipient's server";
    /// SMTP that is not understood.
    Protocol = "protocol",
        "Los servidores no se entendieron", "I server non si sono capiti",
        "The servers did not understand each other";
    /// Later, for a reason that was not told.
    Temporary = "temporary",
        "Un problema pasajero", "Un problema passeggero", "Something passing";
    /// Not told.
    Unspecified = "unspecified",
        "El servidor no dijo por qué", "Il server non ha detto perché",
        "The server did not say why";
}
