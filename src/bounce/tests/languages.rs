//! Reports in many languages: who is named, what became of the mail, and why.

use super::super::Action::{self, Delayed, Failed};
use super::{letter, reported};
use crate::mail::refusal::{Class, Reason};
use Class::{Hard, MailboxFull};

/// Language, subject, text; what became of the mail, and why. All are about `ana@a.example`.
type Report = (&'static str, &'static str, &'static str, Action, Class);

#[rustfmt::skip]
const REPORTS: &[Report] = &[
    ("es", "Aviso: mensaje no entregado", "Estimado usuario:\nEl mensaje enviado a ana@a.example no ha podido ser entregado porque el buzón de correo ha superado el espacio asignado.", Failed, MailboxFull),
    ("es", "Mensaje no entregado", "Su mensaje dirigido a ana@a.example no puede ser entregado.\nMotivo: el usuario ha excedido el espacio de su buzón.", Failed, MailboxFull),
    ("es", "Correo devuelto", "Lamentamos informarle que el correo para ana@a.example ha sido rechazado porque la casilla se encuentra bloqueada.", Failed, Hard),
    ("es", "No se pudo entregar: Rueda", "No se pudo entregar el mensaje a:\n\nana@a.example\n\nLa dirección no figura en el directorio.", Failed, Hard),
    ("es", "Error de entrega", "No fue posible la entrega.\n\nDestinatario: ana@a.example\nCausa: destinatario inexistente", Failed, Hard),
    ("es", "Correo retrasado (se sigue intentando)", "Su mensaje no se ha podido entregar en más de 4 horas. Se seguirá intentando durante 5 días.\n\n<ana@a.example>: buzón lleno", Delayed, MailboxFull),
    ("it", "Impossibile recapitare il messaggio", "Gentile utente,\nil tuo messaggio indirizzato a ana@a.example non può essere recapitato: la casella è stata sospesa per inattività.", Failed, Hard),
    ("it", "ERRORE DI CONSEGNA: Rueda", "Il documento\n\nnon è stato consegnato a:\n\n  ana@a.example\n\nperché:\n\n  L'utente ana (ana@a.example) non è elencato nella Rubrica Domino", Failed, Hard),
    ("it", "Posta non consegnata: restituita al mittente", "Il suo messaggio non ha potuto essere\nconsegnato ad uno o più destinatari.\n\n<ana@a.example>: la casella ha superato la quota", Failed, MailboxFull),
    ("it", "Messaggio respinto", "Il messaggio per ana@a.example è stato respinto: utente non trovato.", Failed, Hard),
    ("pt", "Mensagem devolvida", "A mensagem enviada para ana@a.example foi devolvida. Motivo: a caixa postal do destinatário excedeu o limite de espaço.", Failed, MailboxFull),
    ("pt", "Falha na entrega", "Não foi possível entregar sua mensagem para ana@a.example: usuário não existe.", Failed, Hard),
    ("pt", "Mensagem não entregue", "Sua mensagem não pôde ser entregue aos seguintes destinatários:\n\nana@a.example\nconta desativada", Failed, Hard),
    ("fr", "Votre message n'a pu être distribué", "Bonjour,\nVotre message adressé à ana@a.example n'a pu être distribué car la messagerie du destinataire est inactive.", Failed, Hard),
    ("fr", "Échec de la remise", "Votre message n'a pas été remis à :\n\nana@a.example\n\nLe destinataire a dépassé son quota.", Failed, MailboxFull),
    ("fr", "Courrier non remis", "L'envoi à ana@a.example a échoué : destinataire introuvable.", Failed, Hard),
    ("de", "Nachricht nicht zugestellt", "Ihre Nachricht an ana@a.example konnte nicht zugestellt werden, weil das Postfach überfüllt ist.\nPostfach überfüllt", Failed, MailboxFull),
    ("de", "Unzustellbar: Rueda", "Die Zustellung an folgende Empfänger ist fehlgeschlagen:\n\nana@a.example\nUngültige Empfängeradresse", Failed, Hard),
    ("de", "Zustellung verzögert", "Ihre Nachricht konnte noch nicht zugestellt werden an\n\nana@a.example\n\nEs wird erneut versucht. Postfach voll", Delayed, MailboxFull),
    ("tr", "Teslim Edilemedi: Rueda", "Bu alıcılara veya gruplara teslim işlemi başarısız oldu:\n\nana@a.example\nGirdiğiniz e-posta adresi bulunamadı.", Failed, Hard),
    ("tr without its letters", "Teslim Edilemedi: Rueda", "Bu alicilara veya gruplara teslim islemi basarisiz oldu:\n\nana@a.example\nPosta kutusu dolu.", Failed, MailboxFull),
    ("hu", "Kézbesíthetetlen: Rueda", "A kézbesítés nem sikerült a következő címzetteknek:\n\nana@a.example\nA megadott e-mail-cím nem található.", Failed, Hard),
    ("hu", "Sikertelen kézbesítés", "Az üzenetet nem sikerült kézbesíteni ana@a.example részére: a postafiók megtelt.", Failed, MailboxFull),
    ("cs", "Nedoručitelné: Rueda", "Doručení následujícím příjemcům nebo skupinám se nezdařilo:\n\nana@a.example\nZadaná e-mailová adresa nebyla nalezena.", Failed, Hard),
    ("cs", "Zpráva nebyla doručena", "Zprávu se nepodařilo doručit na adresu ana@a.example: schránka je plná.", Failed, MailboxFull),
    ("ro", "Imposibil de livrat: Rueda", "Livrarea a eșuat către acești destinatari sau aceste grupuri:\n\nana@a.example\nAdresa de e-mail nu a fost găsită.", Failed, Hard),
    ("ro", "Mesaj nelivrat", "Mesajul nu a putut fi livrat către ana@a.example: căsuța poștală este plină.", Failed, MailboxFull),
    ("pl", "Niedostarczalne: Rueda", "Dostarczenie do następujących adresatów lub grup nie powiodło się:\n\nana@a.example\nWprowadzony adres e-mail nie został znaleziony.", Failed, Hard),
    ("pl", "Zwrot wiadomości", "Nie udało się dostarczyć wiadomości do ana@a.example, skrzynka jest pełna.", Failed, MailboxFull),
    ("nl", "Niet te bezorgen: Rueda", "Bezorging is mislukt voor de volgende geadresseerden of groepen:\n\nana@a.example\nHet e-mailadres dat u hebt ingevoerd, kan niet worden gevonden.", Failed, Hard),
    ("nl", "Onbestelbaar", "Uw bericht kon niet worden bezorgd bij ana@a.example: mailbox vol.", Failed, MailboxFull),
    ("sv", "Olevererbart: Rueda", "Leverans till följande mottagare eller grupper misslyckades:\n\nana@a.example\nDet gick inte att hitta e-postadressen som du angav.", Failed, Hard),
    ("da", "Kan ikke leveres: Rueda", "Levering til følgende modtagere mislykkedes:\n\nana@a.example\nPostkassen er fuld.", Failed, MailboxFull),
    ("nb", "Kan ikke leveres: Rueda", "Leveringen til disse mottakerne eller gruppene mislyktes:\n\nana@a.example\nUkjent mottaker", Failed, Hard),
    ("fi", "Toimittamaton: Rueda", "Toimitus epäonnistui seuraaville vastaanottajille tai ryhmille:\n\nana@a.example\nOsoitetta ei löydy.", Failed, Hard),
    ("fi", "Viestiä ei voitu toimittaa", "Viestiä ei voitu toimittaa osoitteeseen ana@a.example: postilaatikko on täynnä.", Failed, MailboxFull),
    ("ru", "Недоставленное сообщение", "Не удалось выполнить доставку следующим получателям или группам:\n\nana@a.example\nАдрес не найден.", Failed, Hard),
    ("ru", "НЕ УДАЛОСЬ ДОСТАВИТЬ", "Письмо для ana@a.example НЕ ДОСТАВЛЕНО: почтовый ящик переполнен.", Failed, MailboxFull),
    ("ja", "配信不能: Rueda", "次の受信者またはグループへの配信に失敗しました:\n\nana@a.example\n入力した電子メール アドレスが見つかりませんでした。", Failed, Hard),
    ("ja", "エラー通知", "以下のメールアドレスへの送信に失敗しました。\nana@a.example\nメールボックスの容量オーバーです。", Failed, MailboxFull),
    ("zh", "退信", "您的邮件无法投递到 ana@a.example，收件人不存在。", Failed, Hard),
    ("zh", "未送达: Rueda", "未能传递到以下收件人或组:\n\nana@a.example\n邮箱空间已满。", Failed, MailboxFull),
    ("zh-Hant", "無法傳遞: Rueda", "傳遞至下列收件者或群組失敗:\n\nana@a.example\n找不到收件者。", Failed, Hard),
];

#[test]
fn reports_are_read_in_many_languages() {
    for (language, subject, text, action, class) in REPORTS {
        // The sender's name helps nobody here.
        let bytes = letter("postmaster@a.example", subject, text);
        let found: Vec<_> = reported(&bytes)
            .into_iter()
            .map(|it| (it.address.unwrap_or_default(), it.action, it.verdict.class))
            .collect();
        assert_eq!(
            found,
            [("ana@a.example".to_owned(), *action, *class)],
            "{language} {subject}: {text}"
        );
    }
}

/// The subject is all that says that it is a report.
#[test]
fn subjects_say_so_in_many_languages() {
    for (language, subject, text, action, _) in REPORTS {
        let text = format!(
            "Return-Path: <>\nFrom: service@a.example\nTo: rebotes+t@camara.example\nSubject: {subject}\n\n{text}\n"
        );
        let found: Vec<_> = super::told(text.as_bytes());
        let wanted = [("ana@a.example".to_owned(), *action)];
        assert_eq!(found, wanted, "{language} {subject}");
    }
}

#[test]
fn a_name_and_a_domain_are_found_in_many_languages() {
    for text in [
        "nie znaleziono ana w a.example.",
        "ana nebyl nalezen v a.example",
        "ana hittades inte på a.example.",
        "ana blev ikke fundet på a.example.",
        "ana nu a fost găsit la a.example.",
        "ana не найден в a.example.",
        "ana non è stato trovato in a.example",
    ] {
        let bytes = letter("postmaster@mx.example", "Undeliverable", text);
        let found = reported(&bytes);
        assert_eq!(found[0].address.as_deref(), Some("ana@a.example"), "{text}");
        assert_eq!(found[0].verdict.reason, Reason::NoSuchUser, "{text}");
        assert!(found[0].verdict.sure, "{text}");
    }
}
