//! The forms that reports for people have: what stands before the addresses, and what that says of
//! them. Data; [`super::prose`] reads by it.
//!
//! An address follows on the same line, or starts one of the lines after it. Phrases are compared
//! on one line, without regard to ASCII case, so a report may break them wherever it likes.

use super::Action;
use super::Action::{Delayed, Delivered, Failed};

/// Phrases, and what became of those who are named behind them.
#[rustfmt::skip]
pub(super) const HEADINGS: &[(Action, &[&str])] = &[
    (Delayed, &[
        // Exim, kundenserver, Postfix, sendmail, Microsoft, Google, Courier, smail, MDaemon, others.
        "the address to which the message has not yet been delivered is", "the message has not yet been delivered to the following addresses", "addresses to which the message has not yet been delivered",
        "has not yet been delivered to the following", "has not been delivered to the following addresses yet", "addresses had transient non-fatal errors", "addresses had temporary non-fatal errors", "addresses had delivery problems: still trying",
        "delivery to the following recipients has been delayed", "delivery to the following recipient has been delayed", "delivery to these recipients or groups has been delayed", "delivery to these recipients or distribution lists has been delayed",
        "delivery is delayed to these recipients", "delivery is delayed for these recipients", "delayed in its delivery to the following", "delivery has been delayed to the following", "delivery of email to this address", "is still being tried to",
        "this is a warning message only. you do not need to resend your message. delivery to the following", "could not be delivered yet to", "has been delayed for the following", "not been able to deliver the message to the following", "we have not been able to deliver your message yet to", "being delayed to the following recipients", "delays in delivering your message. your message to the following recipients", "your message to the following recipients is delayed",
        "your message has been delayed to", "is delayed. it has not yet been delivered to", "there was a temporary problem delivering your message to", "there was a temporary problem while delivering your message to", "temporary problem delivering your message to",
        "hubo un problema temporal al entregar tu mensaje a", "la entrega a los siguientes destinatarios se ha retrasado", "se ha retrasado la entrega a estos destinatarios", "la consegna ai seguenti destinatari è stata ritardata", "la consegna ai seguenti destinatari è in ritardo",
        "die zustellung an folgende empfänger verzögert sich", "zustellung an die folgenden empfänger wurde verzögert", "la remise aux destinataires suivants a été retardée", "a entrega aos seguintes destinatários está atrasada",
    ]),
    (Delivered, &[
        "your message was successfully delivered to", "your message has been successfully delivered to", "was successfully delivered to the following", "has been successfully delivered to", "has been delivered to the following recipients", "your message was delivered to the following", "delivery to the following recipients was successful", "delivery to these recipients or groups is complete", "delivery to these recipients or distribution lists is complete",
        "your message has been delivered to the following", "the following addresses had successful delivery notifications", "successful delivery to the following", "your mail was delivered to", "your message has been successfully relayed to", "was successfully relayed to the following", "successfully relayed to the following", "has been relayed to the following", "se ha completado la entrega a estos destinatarios", "la entrega a los siguientes destinatarios se ha completado",
        "il messaggio è stato recapitato ai seguenti", "der nachricht wurde an folgende empfänger zugestellt", "ihre nachricht wurde an folgende empfänger zugestellt", "ce message a été remis aux destinataires suivants", "este es un acuse de entrega",
    ]),
    (Failed, &[
        // sendmail and what follows its lead.
        "addresses had permanent fatal errors", "addresses had permanent delivery errors", "addresses had fatal errors", "addresses had delivery errors", "addresses had delivery problems", "addresses had fatal delivery errors", "addresses have delivery errors", "addresses had errors", "recipients of this delivery", "addresses failed permanently", "addresses had fatal permanent errors",
        // Exim and its relations.
        "the following addresses failed", "the following address failed", "the following address(es) failed", "following address(es) failed", "following addresses failed", "the following recipients failed", "the following recipient failed", "the following recipient(s) failed", "this is a permanent error. the following address", "recipient addresses that were incorrectly constructed", "the following text was generated during the delivery attempt", "one or more recipient addresses that were",
        "local mailbox", "sender address that was", "generated from", "expanded from",
        // qmail and its relations.
        "wasn't able to deliver your message to the following addresses", "wasn't able to deliver your message to the following address", "was not able to deliver your message to the following addresses", "unable to deliver your message to the following addresses", "unable to deliver your message to the following address", "unable to deliver message to the following address(es)", "unable to deliver message to the following addresses", "unable to deliver message to the following recipients", "unable to deliver message to the following recipient", "unable to deliver to the following", "unable to deliver the following message to",
        "unable to deliver message to", "unable to deliver your message to", "unable to deliver mail to", "unable to deliver your mail to", "not able to deliver your message to", "not able to deliver to the following", "were not able to deliver your message to the following", "couldn't deliver your message to", "could not deliver your message to", "could not deliver the message to", "could not deliver message to the following recipient(s)", "could not deliver message to the following recipients", "could not deliver message to", "could not deliver mail to", "could not deliver to", "couldn't deliver to", "cannot deliver the message to", "can not deliver the message to", "cannot deliver your message to", "cannot deliver message to", "can't deliver your message to",
        "your mail message to the following address(es) could not be delivered", "your mail message to the following address could not be delivered", "your message to the following addresses", "your message to the following address", "your message to the following recipients cannot be delivered", "your message to the following recipients could not be delivered", "your message to the following recipients", "your message to the following recipient", "your email to the following recipients", "your mail to the following recipients could not be delivered", "your mail to the following", "your mail was not delivered to the following address", "mail was not delivered to the following", "your mail cannot be delivered to the following address(es)", "your mail cannot be delivered to the following", "mail cannot be delivered to the following", "your message cannot be delivered to the following recipients", "your message cannot be delivered to the following", "message cannot be delivered to the following", "your message could not be delivered to the following recipients", "your message could not be delivered to the following", "message could not be delivered to the following",
        "email below could not be delivered to the following", "could not be delivered to the following recipients", "could not be delivered to the following recipient(s)", "could not be delivered to the following recipient", "could not be delivered to the following addresses", "could not be delivered to the following address", "could not be delivered to the following user", "could not be delivered to", "couldn't be delivered to", "cannot be delivered to", "can not be delivered to", "can't be delivered to", "could not be sent to", "cannot be sent to", "could not be forwarded to", "not be delivered to the following",
        // Microsoft, MDaemon, MailEnable, hMailServer, SMTP32, Domino, GroupWise, Notes, Mercury and other servers.
        "did not reach the following recipient(s)", "did not reach the following recipients", "did not reach the following recipient", "did not reach the intended recipients", "did not reach some or all of the intended recipients. the following recipient", "following recipient(s) could not be reached", "following recipient(s) cannot be reached", "following recipients could not be reached", "following recipients cannot be reached", "following recipient cannot be reached", "following recipient could not be reached", "following addresses could not be reached",
        "delivery to the following recipients failed permanently", "delivery to the following recipient failed permanently", "delivery to the following recipients failed", "delivery to the following recipient failed", "delivery to the following recipient(s) failed", "delivery to the following address failed", "delivery to the following addresses failed", "delivery to the following recipients was aborted", "delevery to the following recipients was aborted", "delevery to the following recipients failed permanently", "delivery has failed to these recipients or distribution lists", "delivery has failed to these recipients or groups", "delivery has failed to these recipients", "delivery has failed to the following", "delivery to these recipients failed", "delivery of your message failed to", "delivery failed to", "delivery failed for", "delivery failed for the following recipients", "delivery failed 20 attempts", "delivery of the message failed to",
        "addresses did not receive a copy of your message", "following addresses did not receive", "following recipients did not receive this message", "following recipients did not receive your message", "following recipients did not receive", "following recipient did not receive", "following users did not receive", "recipients were affected", "recipients have failed", "recipients were not reached", "recipient(s) were not reached", "following recipients were not", "following recipients returned permanent errors", "list of recipients", "following list of recipients", "affected recipient follows", "affected recipients follow", "affected recipients", "affected recipient",
        "was not delivered to", "was not delivered to the following", "not delivered to", "were not delivered to", "has not been delivered to", "hasn't been delivered to", "have not been delivered to", "wasn't delivered to", "weren't delivered to", "message not delivered to the following addresses", "message not delivered to the following", "not delivered to the following", "message wasn't delivered to anyone because", "failed to deliver to", "failed to deliver your message to", "failed to deliver the message to", "failed to be delivered to", "failed recipient", "failed recipients", "failed recipient(s)", "recipient(s) failed", "rejected recipient(s)", "undelivered to the following", "not be sent to", "not be delivered", "failed addresses follow", "failed address", "failed addresses", "failed to reach", "failure reasons", "non-delivered recipients", "undelivered recipients", "undeliverable recipient", "undeliverable recipients", "undeliverable address", "undeliverable addresses", "undeliverable to", "undeliverable for", "undelivered to",
        "unknown user", "unknown users", "unknown recipient", "unknown host", "user unknown", "user not known", "user not found", "recipient not found", "no such user", "invalid final delivery userid", "invalid recipient", "invalid recipients", "invalid address", "bad recipient", "bad address", "user mailbox exceeds allowed size", "user's mailbox is full", "mailbox is full", "mailbox full", "quota violation for", "over quota for", "unknown local user", "rejected recipient", "rejected recipients", "rejected the following recipients", "intended recipient", "intended recipients", "original recipient", "originally addressed to", "addressed to", "addressed to email address", "recipient address", "recipient's address", "error-for", "error for", "error delivering to", "error delivering your mail to", "error delivering message to", "error sending to", "error while sending to", "problem delivering your message to", "problems delivering your message to", "trouble delivering your message to", "problem delivering to", "problem with the e-mail address", "a message could not be delivered to", "the message could not be delivered to", "message could not be delivered to", "mail could not be delivered to", "the following address(es)", "following e-mail addresses", "following email addresses", "following email address", "to the following recipient", "to the following recipients", "to the following address", "to the following addresses", "for the following recipient", "for the following recipients", "diagnostic information for administrators", "generating server", "reporting server", "rcpt to generated following response", "we could not find a mailbox for", "could not find a gateway for", "automatically rejected. your message to",
        "the e-mail account does not exist at the organization this message was sent to", "wir konnten ihre nachricht nicht zustellen an",
        // Spanish.
        "no se pudo entregar el mensaje a", "no se pudo entregar a", "no se ha podido entregar el mensaje a", "no se ha podido entregar a", "no se ha podido entregar a estos destinatarios", "no pudo ser entregado a", "no pudo entregarse a", "no ha podido ser entregado a", "no ha podido entregarse a", "no se pudo enviar a", "no se entregó a", "no se ha entregado a", "no ha llegado a", "no llegó a", "mensaje no entregado a", "su mensaje no pudo ser entregado", "su mensaje no ha podido ser entregado", "error en la entrega a estos destinatarios", "error de entrega a estos destinatarios", "error en la entrega a los siguientes destinatarios", "fallo en la entrega a", "ha fallado la entrega a", "la entrega a los siguientes destinatarios ha fallado", "falló la entrega a", "los siguientes destinatarios", "el siguiente destinatario", "las siguientes direcciones", "la siguiente dirección", "a la siguiente dirección", "no alcanzó a los siguientes destinatarios", "destinatarios no alcanzados", "información de diagnóstico para los administradores", "información de diagnóstico para administradores", "no es posible entregar el mensaje a", "no fue posible entregar", "no fue entregado a", "el correo no pudo ser entregado a", "el mensaje que envió no pudo entregarse",
        // Italian.
        "non è stato possibile recapitare il messaggio a", "non è stato possibile recapitare il messaggio ai seguenti", "non è stato possibile consegnare il messaggio a", "non è stato possibile consegnare", "non è stato recapitato a", "non e' stato recapitato a", "non e' stato consegnato a", "non e' stato possibile recapitare", "non e' stato possibile consegnare", "non è stato consegnato a", "il messaggio non è stato recapitato", "il messaggio non è stato consegnato", "non ha raggiunto i seguenti destinatari", "non ha raggiunto alcuni o tutti i destinatari", "recapito non riuscito per i seguenti destinatari", "recapito non riuscito", "impossibile recapitare il messaggio a", "impossibile recapitare a", "impossibile consegnare", "consegna non riuscita", "la consegna ai seguenti destinatari", "i seguenti destinatari", "ai seguenti destinatari", "ai seguenti indirizzi", "al seguente indirizzo", "i seguenti indirizzi", "il seguente indirizzo", "informazioni di diagnostica per gli amministratori", "informazioni diagnostiche per gli amministratori", "mancata consegna a", "invio fallito a",
        // German.
        "konnte nicht zugestellt werden an", "konnte an folgende empfänger nicht zugestellt werden", "konnte an den folgenden empfänger nicht zugestellt werden", "konnte an die folgenden empfänger nicht zugestellt werden", "nicht zugestellt werden", "konnte nicht an", "an folgende adresse", "an folgende adressen", "an folgende empfänger", "an die folgenden empfänger", "folgende empfänger", "folgenden empfänger", "folgenden empfängern", "folgende adressen", "folgende adresse", "fehler bei der nachrichtenzustellung an folgende empfänger", "fehler bei der zustellung an diese empfänger", "fehler bei der zustellung an", "bei der zustellung an", "ihre nachricht hat einige oder alle der beabsichtigten empfänger nicht erreicht", "die nachricht erreichte folgende", "diagnoseinformationen für administratoren", "unzustellbar an", "konnte nicht ausgeliefert werden", "nicht erreicht werden konnte", "konnten nicht erreicht werden", "adressen konnten nicht",
        // French.
        "n'a pas pu être remis à", "n'a pas pu être remis aux destinataires suivants", "n'a pas pu être distribué à", "n'a pas pu être délivré à", "n'a pas pu etre delivre a", "n'a pu être remis", "n'a pas été remis à", "n'a pas été distribué", "n'est pas parvenu à", "échec de la remise pour ces destinataires", "échec de la remise aux destinataires", "échec de remise pour ces destinataires", "la remise aux destinataires suivants a échoué", "l'envoi à", "les destinataires suivants", "le destinataire suivant", "aux destinataires suivants", "aux adresses suivantes", "à l'adresse suivante", "les adresses suivantes", "l'adresse suivante", "destinataires ou listes de distribution suivants", "informations de diagnostic pour les administrateurs", "impossible de remettre votre message à", "impossible de distribuer",
        // Portuguese.
        "não pôde ser entregue a", "não pôde ser entregue para", "não pode ser entregue", "não foi entregue a", "não foi entregue para", "não foi possível entregar", "não foi possível enviar", "nao pode ser enviada", "não foi possível a entrega", "falha na entrega a estes destinatários", "falha na entrega para", "a entrega para os seguintes destinatários falhou", "os seguintes destinatários", "o seguinte destinatário", "aos seguintes destinatários", "os seguintes endereços", "o seguinte endereço", "ao seguinte endereço", "para o seguinte endereço", "para os seguintes endereços", "informações de diagnóstico para administradores", "informações de diagnóstico para os administradores",
        // Dutch, Swedish, Danish, Polish, Czech, Russian.
        "kon niet worden afgeleverd bij", "kan niet worden bezorgd bij", "bezorging aan de volgende", "de volgende geadresseerden", "aflevering aan de volgende", "kunde inte levereras till", "det gick inte att leverera", "kunne ikke leveres til", "nie można dostarczyć wiadomości do", "nie została dostarczona do", "nelze doručit", "zprávu se nepodařilo doručit", "не удалось доставить", "не может быть доставлено", "невозможно доставить сообщение по следующему адресу", "не доставлено", "следующим адресам", "следующему адресу", "следующим получателям", "не было доставлено следующим",
        // Japanese, Chinese, Korean.
        "以下のメールアドレスへの送信に失敗しました", "次の宛先へのメッセージはエラーのため送信できませんでした", "以下の宛先", "次の宛先", "以下のアドレス", "次のアドレス", "次の受信者", "以下の受信者", "宛先メールアドレス", "送信できませんでした", "配信できませんでした", "届けることができませんでした", "配送できませんでした", "送信に失敗しました", "あて先", "无法发送到以下收件人", "无法投递到", "以下收件人", "下列地址", "邮件无法发送到您指定的地址", "信件投递失败", "投递失败", "无法送达", "무배달", "전달할 수 없습니다", "다음 받는 사람",
    ]),
];

/// Lines that end the list of addresses: what follows is a protocol, or advice.
pub(super) const STOPS: &[&str] = &[
    "transcript of session follows",
    "session transcript",
    "transcript of session",
    "technical details of",
    "message log follows",
    "reporting-mta:",
    "please contact",
    "for further assistance",
    "for more information",
    "if you have",
    "if you do so",
    "please forward",
    "please direct",
    "please reply to",
    "please do not",
    "may be of help",
    "questions or comments",
    "contact your",
    "to contact",
];

/// What a line starts with, behind dashes and quotes, where the mail that is returned begins.
#[rustfmt::skip]
pub(super) const ENDINGS: &[&str] = &[
    "below this line is a copy", "below the next line is a copy", "below is a copy of the original message", "below are the first", "below is the original message", "original message follows", "original message follow", "original message headers", "original message header", "original message attached", "original message as follows", "original message as received", "original message text", "original message (", "original message:", "original message details", "original mail as follows", "original mail follows", "original headers", "the original message follows", "the original message is attached", "original message", "--original message", "the original message headers", "the header of the original message", "the headers of the original message", "the header and top", "the body of the original message", "this is a copy of the message", "this is a copy of your message", "this is the copy of the", "a copy of the original message", "a copy of the message", "a copy of your message", "here is a copy of", "here are the first", "here is your original message", "included is a copy of", "included below is", "attachment is a copy", "attached is a copy", "message header follows", "message headers follow", "message headers:", "message text follows", "message body follows", "message body suppressed", "message follows", "unsent message", "unsent message below", "undelivered message", "returned message", "returned mail", "returned text", "start of returned message", "start of returned", "begin returned message", "begin forwarded", "forwarded message", "header of the source mail", "headers of the message", "header of the message", "the first 50 lines", "the first lines of your", "no message was collected", "old message", "your message reads", "a summary of the undelivered message", "your original message", "end of message", "the attachment contains the original", "your message was as follows", "your message begins as follows", "start of message", "beginning of message", "-----message header", "mensaje original", "mensaje original adjunto", "encabezados de mensajes originales", "encabezados del mensaje original", "a continuación se incluye", "messaggio originale", "intestazioni originali del messaggio", "intestazione del messaggio originale", "di seguito il messaggio", "ursprüngliche nachricht", "ursprüngliche nachrichtenkopfzeilen", "originalnachricht", "originalnachrichtenkopfzeilen", "message d'origine", "message original", "en-têtes de message d'origine", "en-têtes du message d'origine", "mensagem original", "cabeçalhos da mensagem original", "cabeçalhos de mensagem originais", "oorspronkelijk bericht", "исходное сообщение", "копия сообщения", "ниже этой линии", "元のメッセージ", "原信", "オリジナル", "以下は元の", "原始邮件", "原邮件",
];

/// Said of a mail that is still tried, whatever the heading says.
pub(super) const STILL_TRIED: &[&str] = &[
    "still being retried",
    "will be retried until",
    "be retried until",
    "delayed mail",
    "mail delayed",
    "delivery delayed",
    "status notification (delay)",
    "status notification: warning",
    "notification about a delay",
    "temporary failure report",
    "will continue to attempt",
    "will continue to try",
    "will continue to be made",
    "delivery attempts will continue",
    "delivery attempts will be made",
    "will keep trying",
    "will be retried",
    "will retry",
    "we'll keep trying",
    "still trying",
    "still be tried",
    "has not yet been delivered",
    "not yet been delivered",
    "warning message only",
    "this is a warning only",
    "this is just a warning",
    "advisory-only",
    "no action is required on your part",
    "does not need to be resent",
    "do not need to resend",
    "don't need to resend",
    "has been delayed",
    "has been postponed",
    "delivery is delayed",
    "message is delayed",
    "message delayed",
    "we will try again",
    "gmail will retry",
    "further attempts will be made",
    "seguirá intentando",
    "seguirá intentándose",
    "se seguirá intentando",
    "volverá a intentar",
    "continueranno i tentativi",
    "verranno effettuati altri tentativi",
    "wird weiterhin versucht",
    "weitere zustellversuche",
    "nouvelles tentatives",
    "continuará tentando",
    "tentativas de entrega continuarão",
];

/// Said of a mail that was given up, whatever else is said.
pub(super) const GIVEN_UP: &[&str] = &[
    "permanent error",
    "permanent fatal",
    "permanent failure",
    "failed permanently",
    "given up",
    "giving up",
    "not going to try again",
    "could not be delivered for more than",
    "will not be retried",
    "no further delivery attempts",
    "no further attempts",
    "has been removed from the mail queue",
    "returned to sender",
    "message has been returned",
];
