//! Who speaks: a mail server that reports, a machine that answers for somebody, or a person. By
//! sender, subject and the fields that machines set; never by the text.

use std::sync::LazyLock;

use super::addresses;
use super::letter::Letter;
use super::phrases::Phrases;
use crate::mail::unaccented::without_accents;

/// Local parts that mail servers report from.
const SERVERS: &[&str] = &[
    "mailer-daemon",
    "mailer_daemon",
    "mailerdaemon",
    "mail-daemon",
    "maildaemon",
    "postmaster",
    "post_master",
    "mdaemon",
    "mail.delivery.system",
    "mail-delivery-system",
    "maildeliverysystem",
    "mailadmin",
    "mail-admin",
    "imss",
    "iwss",
    "mailsystem",
    "mail-system",
    "ndr",
    "mailsweeper",
    "microsoftexchange329e71ec88ae4615bbc36ab6ce41109e",
    "mailserver",
    "mail_server",
    "majordomo-owner",
    "daemon",
    "mail-server",
    "mailmaster",
    "qmail",
    "e500_smtp_mail_service",
];

/// Local parts that others use as well: they say something only with a subject that says it too, or a
/// heading.
const PERHAPS_SERVERS: &[&str] = &[
    "delivery",
    "smtp",
    "smtpd",
    "mta",
    "bounce",
    "bounces",
    "mailer",
    "mailhost",
    "mailgate",
    "autoreply-mailer",
];

/// Names that mail servers report under.
const SERVER_NAMES: &[&str] = &[
    "sistema de entrega",
    "sistema di consegna",
    "sistema di posta",
    "sistema de correo",
    "sistema de correio",
    "système de messagerie",
    "почтовая система",
    "почтовый сервер",
    "poczta systemowa",
    "system poczty",
    "mail delivery",
    "delivery subsystem",
    "delivery system",
    "mailer-daemon",
    "mailer daemon",
    "mail daemon",
    "postmaster",
    "system administrator",
    "mail administrator",
    "mail system",
    "mail server",
    "mailserver",
    "systemadministrator",
    "jetmail system",
    "administrador del sistema",
    "administrador de correo",
    "amministratore di sistema",
    "systemadministrator",
    "administrateur système",
    "administrador do sistema",
    "microsoft exchange",
    "microsoft outlook",
    "delivery notification",
    "delivery status",
    "internet mail delivery",
    "mail delivery service",
    "subsistema de entrega",
    "mimesweeper",
    "mailmarshal",
    "mail gateway",
    "symantec_antivirus",
    "smtp_mail_service",
    "lsmtp",
];

/// Subjects that say that a mail did not arrive.
#[rustfmt::skip]
const FAILED: &[&str] = &[
        "no ha podido ser entregado", "no pudo ser entregado", "no pudo entregarse", "no puede ser entregado", "no ha sido entregado", "no fue entregado", "no se entregó", "no ha llegado", "mensaje rechazado", "correo rechazado", "correo no entregado", "no se ha entregado", "correo retrasado", "envío fallido", "no se puede enviar",
        "non può essere recapitato", "non può essere consegnato", "non è stato recapitato", "non è stato consegnato", "messaggio non recapitato", "messaggio non consegnato", "mail non consegnata", "posta respinta", "messaggio restituito", "restituita al mittente", "restituito al mittente", "errore di recapito", "recapito fallito", "invio fallito", "invio non riuscito", "messaggio in ritardo",
        "não pôde ser entregue", "não pode ser entregue", "não foi possível entregar", "mensagem rejeitada", "mensagem não entregue", "e-mail devolvido", "retornado ao remetente", "devolvida ao remetente", "envio falhou", "entrega falhou", "a entrega falhou",
        "n'a pu être distribué", "n'a pas pu être distribué", "n'a pas pu être remis", "n'a pas pu être délivré", "n'a pu être remis", "n'a pu être délivré", "message non distribué", "message non délivré", "message rejeté", "échec de livraison", "erreur de livraison", "message retardé",
        "konnte nicht zugestellt werden", "nicht zugestellt werden", "konnte nicht ausgeliefert werden", "nachricht abgelehnt", "an absender zurück", "zurück an absender", "annahme verweigert", "zustellung verzögert",
        "teslim edilemedi", "teslim edilemeyen", "iletilemedi", "gönderilemedi", "teslimat başarısız", "teslim hatası", "iletiniz teslim", "kézbesíthetetlen", "kézbesítési hiba", "kézbesítés sikertelen", "sikertelen kézbesítés", "nem kézbesíthető", "nem sikerült kézbesíteni", "nedoručitelné", "nedoručená", "nedoručeno", "nedoručiteľné", "nedoručená pošta", "doručení se nezdařilo", "nelze doručit", "chyba doručení", "imposibil de livrat", "nelivrabil", "nelivrat", "livrare eșuată", "livrarea a eșuat", "mesaj nelivrat", "eroare de livrare", "nie można dostarczyć", "niedostarczalne", "niedostarczona", "niedostarczone", "niedoręczona", "nie doręczono", "nie została dostarczona", "zwrot wiadomości", "błąd dostarczania", "niepowodzenie dostarczenia",
        "niet te bezorgen", "niet afgeleverd", "niet bestelbaar", "bezorging mislukt", "bezorging is mislukt", "kan niet worden afgeleverd", "aflevering mislukt", "onbestelbare", "kan inte levereras", "kan inte leverera", "kunde inte leverera", "ej levererat", "leveransen misslyckades", "leverans misslyckades", "kunne ikke leveres", "ikke levert", "kan ikke levere", "levering mislykkedes", "levering mislyktes", "ikke-leveret", "ikke leverbar", "ei voi toimittaa", "ei voitu toimittaa", "toimittamaton", "toimittaminen epäonnistui", "ei toimitettu",
        "не удается доставить", "не может быть доставлено", "не было доставлено", "сбой доставки", "невозможно доставить", "недоставленное", "возврат письма", "возвращено отправителю", "сообщение не доставлено", "письмо не доставлено", "не доставлене", "не вдалося доставити", "ανεπίδοτο", "αδυναμία παράδοσης", "αποτυχία παράδοσης",
        "配信に失敗", "配送エラー", "送信に失敗", "届きませんでした", "宛先不明", "返送されました", "不着", "退回", "退件", "无法传递", "未传递", "无法送达", "发送失败", "傳遞失敗", "無法傳遞", "無法投遞", "未傳遞", "未能送達", "寄送失敗", "投遞失敗", "投递失敗", "배달할 수 없음", "배달 실패", "전송실패", "반송",
    "undeliver", "undeliverable", "undelivered", "undeliverd", "undeliverable mail", "unable to deliver", "delivery failure", "delivery failed", "delivery fail", "delivery error", "delivery problem", "delivery report", "delivery status", "delivery notification", "delivery has failed", "delivery warning", "delivery delayed", "delivery delay", "delivery incomplete", "delivery unsuccessful", "delivery was not", "delivery status notification", "mail delivery", "email delivery", "e-mail delivery", "failure notice", "failure delivery", "failed delivery", "failed mail", "mail failed", "mail failure", "mail error", "mail system error", "message failed", "message error", "returned mail", "returned message", "returned to sender", "return to sender", "returning message", "returning to sender", "returned email", "return mail", "not delivered", "wasn't delivered", "not be delivered", "can't be delivered", "cannot be delivered", "could not be sent", "could not send", "can't send", "non-delivery", "nondelivery", "non delivery", "nondeliverable", "non-deliverable", "non recapitabile", "non remis", "ndn:", "ndr:", "has been delayed", "delayed mail", "delayed 24 hours", "message delayed", "delayed:", "warning: could not send", "warning: message", "user unknown", "unknown user", "user not found", "unknown recipient", "unknown address", "invalid address", "invalid recipient", "address error", "address not found", "no such user", "mailbox full", "mailbox is full", "over quota", "quota exceeded", "processing error", "rejected mail", "mail rejected", "message rejected", "automatically rejected", "bounced", "bounce notification", "error sending your mail", "error sending message", "error sending mail", "problem delivering", "problems delivering", "rejected:", "was rejected", "not accepted", "not deliverable", "warning: user",
    "no entregado", "no entregable", "no se pudo entregar", "no se puede entregar", "no se ha podido entregar", "error de entrega", "error en la entrega", "fallo de entrega", "fallo en la entrega", "fallo en el envío", "falló la entrega", "entrega fallida", "mensaje devuelto", "correo devuelto", "devuelto al remitente", "notificación de estado de entrega", "notificación de estado de la entrega", "error de envío", "entrega retrasada", "retraso en la entrega", "no entregada",
    "mancata consegna", "non recapitato", "non consegnato", "non consegnata", "impossibile recapitare", "mancato recapito", "errore di consegna", "consegna non riuscita", "consegna fallita", "recapito non riuscito", "notifica di mancato recapito", "messaggio non recapitabile", "messaggio respinto", "notifica sullo stato del recapito", "notifica di stato", "posta non consegnata", "avviso di mancata consegna", "ritardo nella consegna",
    "unzustellbar", "nicht zustellbar", "zustellung fehlgeschlagen", "zustellung nicht möglich", "zustellfehler", "nicht zugestellt", "unzustellbare", "mail nicht zugestellt", "fehler bei der zustellung", "nachricht nicht zugestellt", "verzögert", "rückläufer", "benachrichtigung zum übermittlungsstatus", "zustellungsfehler", "zustellungsstatus",
    "non remise", "non délivré", "non délivrable", "non distribué", "non-distribué", "échec de la remise", "échec de remise", "échec d'envoi", "échec de la distribution", "retour à l'expéditeur", "courrier non remis", "notification d'état de remise", "utilisateur non recensé", "utilisateur inconnu", "impossible de remettre", "non remis", "retardé",
    "não entregue", "não foi entregue", "falha na entrega", "falha de entrega", "falha no envio", "erro de entrega", "devolvido", "devolução", "notificação de status de entrega", "não entregável", "mensagem devolvida", "atraso na entrega",
    "onbestelbaar", "niet bezorgd", "kan niet worden bezorgd", "olevererbart", "kunde inte levereras", "ikke leveret", "kan ikke leveres", "nie dostarczono", "niedostarczon", "nedoručitelná", "toimitus epäonnistui", "не доставлено", "недоставлен", "ошибка доставки", "ваше сообщение не доставлено", "не удалось доставить",
    "メール送信エラー", "メールエラー", "エラー通知", "送信エラー", "送信失敗", "配信できません", "配送できません", "配信不能", "配信エラー", "送信できません", "未配達", "不達", "配信できませんでした", "エラーメール", "退信", "邮件传输失败", "系统退信", "无法投递", "投递失败", "未送达", "전송 실패", "배달되지",
];

/// Subjects that say that a mail did arrive.
const ARRIVED: &[&str] = &[
    "teslim edildi:",
    "kézbesítve:",
    "doručeno:",
    "livrat:",
    "doręczono:",
    "dostarczono:",
    "levererat:",
    "leveret:",
    "toimitettu:",
    "okundu:",
    "olvasva:",
    "přečteno:",
    "przeczytano:",
    "gelezen:",
    "läst:",
    "læst:",
    "luettu:",
    "прочтено:",
    "прочитано:",
    "已送达:",
    "已读:",
    "開封済み:",
    "配信済み:",
    "successful mail delivery",
    "delivery status notification (success)",
    "delivered:",
    "delivery receipt",
    "delivery confirmation",
    "(success)",
    "relayed:",
    "successfully delivered",
    "delivery successful",
    "message delivered",
    "entregado:",
    "recapitato:",
    "zugestellt:",
    "remis :",
    "remis:",
    "entregue:",
    "read:",
    "leído:",
    "letto:",
    "gelesen:",
    "lu :",
    "lida:",
    "read receipt",
    "return receipt",
    "disposition notification",
    "not read:",
    "recall:",
    "acuse de recibo",
    "ricevuta di ritorno",
    "conferma di lettura",
    "lesebestätigung",
    "accusé de réception",
];

/// Subjects of machines that answer for somebody.
#[rustfmt::skip]
const AUTOMATIC: &[&str] = &[
        "no estoy en la oficina", "fuera del despacho", "acuse de recibo automático", "abbiamo ricevuto la", "nous avons bien reçu", "recebemos a sua", "recebemos sua", "otomatik yanıt", "ofis dışında", "automatikus válasz", "házon kívül", "automatická odpověď", "mimo kancelář", "răspuns automat", "în afara biroului", "poza biurem", "nieobecność w biurze", "nieobecność", "buiten kantoor", "op vakantie", "inte på kontoret", "ikke på kontoret", "på semester", "på ferie", "automaattinen vastaus", "lomalla", "в отпуске", "автоматична відповідь", "вне офиса", "休暇", "外出", "休假", "自动答复", "自動回复",
    "out of office", "out of the office", "out-of-office", "outofoffice", "out of town", "autoreply", "auto reply", "auto-reply", "auto response", "auto-response", "autoresponse", "auto answer", "autoanswer", "autoresponder", "auto responder", "automatic reply", "automatic response", "automated reply", "automated response", "automatic answer", "automatically generated reply", "vacation", "on vacation", "on holiday", "away from", "i am away", "i'm away", "is away", "on leave", "maternity leave", "parental leave", "sabbatical", "thank you for your email", "thank you for your e-mail", "thank you for your mail", "thank you for your message", "thank you for contacting", "thanks for contacting", "we have received your", "we received your", "your request has been received", "ticket created", "new ticket", "ticket received", "[ticket", "case number", "confirm your", "please confirm", "verify your email", "challenge", "awaits moderator approval",
    "fuera de la oficina", "fuera de oficina", "ausente de la oficina", "respuesta automática", "respuesta automatica", "ausencia", "de vacaciones", "hemos recibido su", "contestación automática", "autorespuesta",
    "fuori sede", "fuori ufficio", "risposta automatica", "assente dall'ufficio", "assenza", "in ferie", "abwesend", "abwesenheit", "abwesenheitsnotiz", "automatische antwort", "abwesenheitsbenachrichtigung", "im urlaub", "nicht im büro", "automatische abwesenheit",
    "absence du bureau", "réponse automatique", "reponse automatique", "absent du bureau", "absence", "message d'absence", "en congé", "ausência", "resposta automática", "fora do escritório", "de férias", "automatisch antwoord", "afwezig", "afwezigheid", "niet aanwezig", "autosvar", "frånvaro", "fraværende", "poissa", "autoodpowiedź", "automatyczna odpowiedź", "автоответ", "автоматический ответ", "自動応答", "自動返信", "不在", "自动回复", "自動回覆", "자동 회신", "부재중",
];

static SERVER_NAME: LazyLock<Phrases> = LazyLock::new(|| Phrases::new(SERVER_NAMES));
static SAYS_FAILED: LazyLock<Phrases> = LazyLock::new(|| Phrases::new(FAILED));
static SAYS_ARRIVED: LazyLock<Phrases> = LazyLock::new(|| Phrases::new(ARRIVED));
static SAYS_AUTOMATIC: LazyLock<Phrases> = LazyLock::new(|| Phrases::new(AUTOMATIC));

/// What can be told of who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Speaker {
    /// A mail server, by its name or the empty reverse-path.
    pub(super) is_server: bool,
    /// A mail server by the address that it writes from, with the empty reverse-path, and answering nobody: such messages are reports,
    /// in whatever language.
    pub(super) only_reports: bool,
    /// Perhaps one.
    pub(super) may_be_server: bool,
    /// The subject says that a mail did not arrive.
    pub(super) says_failed: bool,
    /// The subject says that a mail did arrive.
    pub(super) says_arrived: bool,
    /// A machine answers for somebody.
    pub(super) is_automatic: bool,
    /// Nobody typed this (RFC 3834 section 5).
    pub(super) is_generated: bool,
    /// The message itself has the form of what machines send, whatever lies in it. People who pass a report on, or ask about
    /// one, write letters.
    pub(super) is_machine: bool,
    /// It bears the signs of a mail that somebody typed.
    pub(super) is_typed: bool,
}

/// Fields of machines that answer for somebody.
const ANSWERING: &[&str] = &[
    "x-autoreply",
    "x-autorespond",
    "x-autoreply-from",
    "x-mail-autoreply",
    "x-autoresponder",
    "x-auto-response",
    "x-autogenerated-reply",
    "x-vacation",
];

/// What people's mail programs put before the subject of an answer, or of what they pass on.
const ANSWERS: &[&str] = &[
    "re:", "re :", "aw:", "sv:", "r:", "rif:", "rv:", "res:", "enc:", "antw:", "fw:", "fwd:",
    "wg:", "tr:",
];

/// Mail programs that people type with, as they name themselves.
const PROGRAMS: &[&str] = &[
    "thunderbird",
    "apple mail",
    "iphone mail",
    "ipad mail",
    "microsoft outlook",
    "outlook express",
    "evolution",
    "k-9",
    "kmail",
    "mutt",
    "claws",
    "roundcube",
    "horde",
    "squirrelmail",
    "zimbra",
    "yahoomail",
    "airmail",
    "spark",
    "em client",
    "the bat",
];

/// Whether a mail program that people type with names itself.
fn is_by_program(letter: &Letter) -> bool {
    let fields = &letter.fields;
    let program = fields.all("user-agent").chain(fields.all("x-mailer"));
    let mut program = program.map(str::to_lowercase);
    program.any(|it| PROGRAMS.iter().any(|name| it.contains(name)))
}

fn begins_with(subject: &str, phrases: &[&str]) -> bool {
    let subject = without_accents(subject.trim_start()).to_lowercase();
    let mut phrases = phrases.iter();
    phrases.any(|phrase| subject.starts_with(&without_accents(phrase)))
}

/// Whether the fields are those of a mail that somebody typed: it answers another one, comes from a mail program, or is by
/// somebody with a name and goes back to them, as few reports do (RFC 3464 section 2).
fn has_signs_of_a_person(letter: &Letter, is_answer: bool) -> bool {
    let fields = &letter.fields;
    let name = fields.first("from").and_then(|from| from.split_once('<'));
    let has_name = name.is_some_and(|(name, _)| !name.trim().is_empty());
    // People write to mailing lists about reports; a report that reaches one names no person.
    let by_list = ["list-id", "list-post", "x-mailing-list"]
        .iter()
        .any(|name| fields.has(name));
    let from = fields.first("from").and_then(addresses::mailbox);
    let back = fields.first("return-path").and_then(addresses::first);
    fields.has("in-reply-to")
        || fields.has("references")
        || is_by_program(letter)
        || has_name && (is_answer || by_list || from.is_some() && from == back)
}

/// Whether it is what many get: a newsletter, an offer, a mail of a mailing list. They speak of failures and parcels that did not
/// arrive as they like; a report goes to one, in its own form, or returns what it is about.
fn is_sent_to_many(letter: &Letter, is_bulk: bool) -> bool {
    const FIELDS: [&str; 4] = ["list-unsubscribe", "list-id", "list-post", "feedback-id"];
    let fields = &letter.fields;
    (is_bulk || FIELDS.iter().any(|name| fields.has(name)))
        && !is_labelled_a_report(letter)
        && !fields.has("x-failed-recipients")
        && letter.statuses.is_empty()
        && letter.original.is_empty()
        && !letter.returns_in_text
        && letter.inside.is_empty()
}

/// Whether the message, not a part of it, says that it is a report (RFC 3462).
pub(super) fn is_labelled_a_report(letter: &Letter) -> bool {
    const KINDS: [&str; 4] = [
        "multipart/report",
        "report-type",
        "message/feedback-report",
        "message/delivery-status",
    ];
    let kind = letter.fields.first("content-type").unwrap_or_default();
    let kind = kind.to_ascii_lowercase();
    KINDS.iter().any(|it| kind.contains(it))
}

impl Speaker {
    /// Looks at a message's fields.
    pub(super) fn of(letter: &Letter) -> Self {
        let fields = &letter.fields;
        let senders: Vec<&str> = fields.all("from").chain(fields.all("sender")).collect();
        let locals: Vec<String> = senders
            .iter()
            .flat_map(|sender| addresses::all(sender))
            .map(|found| {
                let local = found.address.split('@').next().unwrap_or_default();
                local.trim_matches('"').to_owned()
            })
            .collect();
        let is_one_of = |names: &[&str]| locals.iter().any(|local| names.contains(&local.as_str()));
        let named = is_one_of(SERVERS);
        let bare = fields.all("from").any(|from| {
            let from = from.to_ascii_lowercase();
            from.contains("mailer-daemon") || from.contains("postmaster")
        });
        // Spam says so, too.
        let nameless = fields.all("from").any(|from| from.contains("<>"));
        let no_way_back = fields.all("return-path").any(|path| {
            let path = path.trim().to_ascii_lowercase();
            path == "<>" || path.contains("mailer-daemon") || path.is_empty()
        });
        let is_server = named || bare || nameless || SERVER_NAME.stand_in(&letter.sender_names);
        let subject = letter.subject.as_str();
        let is_answer = begins_with(subject, ANSWERS);
        // People write about reports, too, under their subjects.
        let has_signs = has_signs_of_a_person(letter, is_answer);
        let is_typed = !is_server && !no_way_back && has_signs;
        // Somebody who answers a report quotes it, under its subject.
        let quotes = letter
            .texts
            .iter()
            .any(|text| text.lines().filter(|line| line.starts_with('>')).count() > 1);
        let precedence = fields.first("precedence").unwrap_or_default();
        let precedence = precedence.to_ascii_lowercase();
        let is_bulk = precedence.contains("junk") || precedence.contains("bulk");
        let is_newsletter =
            !is_server && !no_way_back && is_sent_to_many(letter, precedence.contains("bulk"));
        let says_failed = SAYS_FAILED.stand_in(subject)
            && !is_typed
            && !is_newsletter
            && (is_server || no_way_back || !quotes);
        let submitted = fields
            .first("auto-submitted")
            .unwrap_or_default()
            .to_ascii_lowercase();
        let by_field = ANSWERING.iter().any(|name| fields.has(name))
            || precedence.contains("auto_reply")
            || precedence.contains("auto-reply")
            || submitted.contains("vacation")
            || (submitted.starts_with("auto-replied") && !is_server && !says_failed);
        // Desks that look after mail servers are called like them, and answer from an address of their own.
        let is_desk = submitted.starts_with("auto-replied")
            && is_server
            && !(named || bare || nameless || is_one_of(PERHAPS_SERVERS))
            && !is_labelled_a_report(letter);
        // "Automatic reply: Undelivered mail": what it answers comes behind what it is.
        let says_automatic =
            begins_with(subject, AUTOMATIC) || SAYS_AUTOMATIC.stand_in(subject) && !says_failed;
        let by_subject = says_automatic && !is_server;
        let answers =
            is_answer || submitted.starts_with("auto-replied") && fields.has("in-reply-to");
        Self {
            is_server: is_server || (no_way_back && !is_answer && says_failed),
            only_reports: (named || bare) && no_way_back && !answers,
            // Answers that machines give for people refer to what they answer; reports seldom do.
            may_be_server: !is_newsletter && is_one_of(PERHAPS_SERVERS)
                || (no_way_back && !fields.has("in-reply-to") && !fields.has("references")),
            says_failed,
            says_arrived: SAYS_ARRIVED.stand_in(subject),
            is_automatic: by_subject || by_field && !(is_server && says_failed) || is_desk,
            is_generated: submitted.starts_with("auto-") || no_way_back || is_bulk,
            // RFC 3462 §1, RFC 3834 §5, RFC 3464 §2; then what people's letters have now and then.
            is_machine: is_labelled_a_report(letter)
                || submitted.starts_with("auto-")
                || no_way_back
                || fields.has("x-failed-recipients")
                || (is_server || SERVER_NAME.stand_in(&locals.join(" "))) && !is_by_program(letter)
                || is_bulk && !has_signs,
            is_typed,
        }
    }

    /// Whether a report is to be looked for in the text.
    pub(super) fn may_report(self) -> bool {
        self.is_server || self.says_failed || self.may_be_server
    }
}
