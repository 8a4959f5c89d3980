//! The last resort, for reports in a form that no heading knows: who stands in the sentences that
//! speak of a failure, else whom the returned mail was for. Only for messages whose sender or
//! subject already says that they are reports.

use std::sync::LazyLock;

use super::addresses::{self, is_role_of_server};
use super::fields::Fields;
use super::phrases::{HEADING, Phrases};
use super::prose::{Named, Prose, leading};
use super::{Action, RECIPIENTS};
use crate::mail::unaccented::without_accents;

/// Words of failing.
#[rustfmt::skip]
const FAILING: &[&str] = &[
        "no puede", "no ha podido", "no han podido", "no es posible", "no fue posible", "no ha sido posible", "no pudieron", "excedido", "excede", "superado", "lleno", "llena", "bloqueado", "bloqueada", "rechazada", "devuelta", "devolvió", "fallo", "falló", "fallido", "fallida", "inexistente", "imposible", "sin éxito", "no se encuentra", "no se encontró", "no se ha encontrado", "no se entregó", "no llegó", "no ha llegado", "desactivado", "desactivada", "suspendida", "suspendido", "inválida", "inválido", "no válida", "no válido",
        "non ha potuto", "non possono", "non si è potuto", "non si è riusciti", "superato", "superata", "piena", "pieno", "sospesa", "sospeso", "disattivata", "disattivato", "rifiutato", "rifiutata", "respinta", "errore", "fallita", "fallito", "non riuscita", "non riuscito", "non risulta", "non trovato", "non trovata", "non è possibile", "non è stata", "non è elencato", "restituito",
        "excedeu", "cheia", "cheio", "lotada", "rejeitada", "rejeitado", "recusada", "recusado", "devolvido", "erro", "inativa", "inativo", "desativada", "impossível", "falhou",
        "n'a pu", "ne peut", "ne pouvait", "désactivée", "désactivé", "saturée", "refusé", "refusée", "erreur", "invalide", "inconnue", "rejetée", "introuvable", "retourné", "retournée", "dépassé",
        "gesperrt", "gesperrten", "voll", "überschritten", "ungültig", "zurückgewiesen", "fehlgeschlagen", "konnte", "konnten", "kein", "keine", "verweigert", "deaktiviert", "unzustellbare",
        "edilemedi", "edilememiştir", "edilemiyor", "başarısız", "bulunamadı", "dolu", "reddedildi", "hata", "hatası", "ulaşmadı", "iletilemedi", "gönderilemedi", "geçersiz", "nem sikerült", "nem található", "nem létezik", "nem kézbesíthető", "megtelt", "kézbesíthetetlen", "sikertelen", "hiba", "ismeretlen", "visszautasítva", "visszautasította", "elutasítva", "elutasította",
        "nelze", "nepodařilo", "nedoručitelné", "nedoručena", "nebyla doručena", "nebyl doručen", "nemohla být", "nemohl být", "neexistuje", "selhalo", "selhání", "chyba", "odmítnuta", "odmítnuto", "odmítl", "nezdařilo", "plná", "neznámý", "nie je možné", "nebolo možné", "nu a putut", "nu poate", "nu a fost", "nu au putut", "eșuat", "eșuată", "imposibil", "inexistent", "necunoscut", "eroare", "respins", "plină", "nu există",
        "nie powiodło", "nie udało", "nie została", "nie został", "nie zostało", "niedostarczona", "niedostarczone", "nie istnieje", "błąd", "odrzucona", "odrzucono", "odrzucił", "nieznany", "pełna", "przekroczono", "mislukt", "vol", "geweigerd", "fout", "onbestelbaar", "afgewezen", "misslyckades", "okänd", "avvisades", "nekades", "mislykkedes", "mislyktes", "fejl", "ukendt", "afvist", "feil", "avvist", "ukjent",
        "ei voitu", "ei voida", "epäonnistui", "ei voi", "ei löydy", "ei löytynyt", "virhe", "täynnä", "hylättiin", "hylätty", "tuntematon", "toimittamaton", "ei toimitettu", "ei ole",
        "ошибка", "ошибке", "невозможно", "отклонено", "отклонен", "отклонил", "переполнен", "не был", "не было", "не доставлен", "не удается", "неизвестный", "возвращено", "отказ", "не вдалося", "απέτυχε", "δεν", "αδύνατη",
        "届きません", "届けられません", "届けること", "不明", "いっぱい", "未配達", "配信不能", "送れません", "無效", "退回", "退信", "未送达", "未能", "错误", "錯誤", "被拒", "已满", "已滿", "실패", "수 없습니다", "못했습니다", "오류", "거부", "존재하지",
    "undeliver", "undeliverable", "undelivered", "not deliver", "not delivered", "not be delivered", "not been delivered", "not yet been delivered", "unable to", "wasn't able", "was not able", "couldn't", "could not", "cannot", "can not", "can't", "failed", "failure", "failing", "fails", "rejected", "reject", "refused", "returned", "bounced", "unknown", "not found", "not exist", "doesn't exist", "no such", "no longer", "not known", "not valid", "invalid", "wrong", "disabled", "inactive", "suspended", "closed", "denied", "blocked", "exceeded", "exceeds", "exceeding", "full", "over quota", "overquota", "quota", "unavailable", "not available", "did not reach", "not reach", "not accept", "not accepted", "not accepting", "doesn't have", "does not have", "did not exactly match", "delayed", "postponed", "not been collected", "deferred", "timed out", "discarded", "permanent error", "error", "deleted", "no mailbox", "not a valid", "not listed", "unreachable", "lookup", "expired", "not permitted", "not allowed", "problem", "problems", "trouble", "unroutable", "unrouteable", "550", "551", "552", "553", "554", "450", "451", "452", "421",
    "est pleine", "est saturée", "está lleno", "está llena", "è piena", "ist voll", "está cheia",
    "no se pudo", "no se puede", "no se ha podido", "no pudo", "no existe", "rechazado", "desconocido", "devuelto", "no ha sido", "no fue", "error al", "non è stato", "non e' stato", "non puo'", "non può", "impossibile", "sconosciuto", "respinto", "inesistente", "non esiste", "non valido", "nicht", "unbekannt", "unzustellbar", "fehler", "abgelehnt", "n'a pas", "inconnu", "rejeté", "n'existe", "échec", "não", "nao pode", "desconhecido", "rejeitad", "devolvida", "falha", "niet", "onbekend", "inte", "ikke", "nie można", "не удалось", "не доставлено", "не найден", "не существует", "не может", "できません", "失敗", "エラー", "見つかりません", "存在しません", "無法", "无法", "失败", "拒绝", "不存在",
];

static FAILS: LazyLock<Phrases> = LazyLock::new(|| Phrases::new(FAILING));

/// Whether a text speaks of a failure at all.
pub(super) fn speaks_of_failure(text: &str) -> bool {
    FAILS.stand_in(text)
}

/// Who stands near words of failing, `own` addresses left out.
pub(super) fn named(prose: &Prose, own: &[String]) -> Vec<Named> {
    let mut found: Vec<Named> = Vec::new();
    let paragraphs = paragraphs(prose);
    // Sentences first: the one before often tells of other addresses.
    let sentences = paragraphs
        .iter()
        .flat_map(|paragraph| paragraph.split_inclusive(". "));
    for passage in sentences.chain(paragraphs.iter().map(String::as_str)) {
        if !speaks_of_failure(passage) {
            continue;
        }
        for at in addresses::all(passage) {
            let before = passage.get(..at.start).unwrap_or_default();
            let after = passage.get(at.end..).unwrap_or_default();
            if is_somebody_else(before)
                || own.contains(&at.address)
                || is_role_of_server(&at.address)
                || is_an_id(before, after, &at.address)
            {
                continue;
            }
            if found.len() < RECIPIENTS && !found.iter().any(|n| n.address == at.address) {
                found.push(Named {
                    address: at.address,
                    action: Action::Failed,
                    words: passage.to_owned(),
                });
            }
        }
        if !found.is_empty() {
            break;
        }
    }
    if found.is_empty() && speaks_of_failure(&prose.flat) {
        found.extend(
            prose
                .lines()
                .filter_map(leading)
                .filter(|at| !own.contains(&at.address) && !is_role_of_server(&at.address))
                .take(1)
                .map(|at| Named {
                    address: at.address,
                    action: Action::Failed,
                    words: prose.flat.clone(),
                }),
        );
    }
    found
}

/// Old sendmails print the conversation alone, without a list before it: `550 <ana@a.example>... User unknown`.
pub(super) fn named_in_transcript(prose: &Prose, own: &[String]) -> Vec<Named> {
    const BEGINS: &str = "Transcript of session follows";
    let Some(from) = prose.flat.find(BEGINS) else {
        return Vec::new();
    };
    if HEADING.all(&prose.flat).any(|(_, _, end)| end < from) {
        return Vec::new();
    }
    let mut found: Vec<Named> = Vec::new();
    for line in prose.lines() {
        let Some((address, words)) = answered(line) else {
            continue;
        };
        let is_new = !found.iter().any(|known| known.address == address);
        if is_new && !own.contains(&address) && found.len() < RECIPIENTS {
            found.push(Named {
                address,
                action: Action::Failed,
                words: words.to_owned(),
            });
        }
    }
    found
}

/// Code, address, three dots and the reason: whose, and what was said.
fn answered(line: &str) -> Option<(String, &str)> {
    let (code, rest) = line.split_once(' ')?;
    let is_refusal =
        code.len() == 3 && code.starts_with(['4', '5']) && code.bytes().all(|b| b.is_ascii_digit());
    let at = addresses::all(rest).next().filter(|_| is_refusal)?;
    let (before, after) = (rest.get(..at.start)?, rest.get(at.end..)?);
    let is_form = before == "<" && after.starts_with(">... ")
        || before.is_empty() && after.starts_with("... ");
    is_form.then_some((at.address, line))
}

/// Providers that have one domain and name their recipients without it.
const OF_ONE_DOMAIN: &[&str] = &["aol.com", "aim.com", "compuserve.com", "netscape.net"];

/// Whom a list names by the part before the `@` alone: a recipient of the returned mail, else somebody at the provider
/// that reports, where that has one domain.
pub(super) fn named_without_domain(prose: &Prose, sender: &str, returned: &[String]) -> Vec<Named> {
    let domain = sender.rsplit('@').next().unwrap_or_default();
    let mut lines = prose.lines().skip_while(|line| !speaks_of_recipients(line));
    let Some(heading) = lines.next() else {
        return Vec::new();
    };
    lines
        .skip_while(|line| line.is_empty())
        .take_while(|line| is_local_part(line))
        .take(RECIPIENTS)
        .filter_map(|line| {
            let local = line.to_lowercase();
            let is_theirs = |address: &&String| address.split('@').next() == Some(&local);
            let known = returned.iter().find(is_theirs).cloned();
            let at_theirs = OF_ONE_DOMAIN
                .contains(&domain)
                .then(|| format!("{local}@{domain}"));
            Some(Named {
                address: known.or(at_theirs)?,
                action: Action::Failed,
                words: heading.to_owned(),
            })
        })
        .collect()
}

/// A line that announces who did not get the mail, and ends there.
fn speaks_of_recipients(line: &str) -> bool {
    line.ends_with(':')
        && HEADING
            .all(line)
            .any(|(action, _, _)| action == Action::Failed)
}

fn is_local_part(line: &str) -> bool {
    (2..=64).contains(&line.len())
        && line
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b".-_+".contains(&b))
        && line.bytes().any(|b| b.is_ascii_alphanumeric())
}

/// Whom the returned mail was for: the last server's `for`, else its only recipient. Not the address of a
/// list, which many get mail by.
pub(super) fn recipient_of(original: &Fields, own: &[String]) -> Option<String> {
    let usable = |address: &String| !own.contains(address) && !is_role_of_server(address);
    let to: Vec<String> = original
        .all("to")
        .flat_map(addresses::all)
        .map(|f| f.address)
        .filter(usable)
        .collect();
    let by_list = [
        "list-id",
        "list-post",
        "x-beenthere",
        "x-mailman-version",
        "x-mailinglist",
        "x-ml-name",
        "mailing-list",
    ]
    .iter()
    .any(|name| original.has(name));
    let received_for = original
        .all("received")
        .find_map(|line| {
            let at = line.find(" for ")?;
            addresses::all(line.get(at..)?)
                .next()
                .filter(|f| f.start <= 7)
                .map(|f| f.address)
        })
        .filter(usable);
    let told = [
        "x-failed-recipients",
        "x-actual-recipient",
        "x-rcpt-to",
        "delivered-to",
        "x-original-to",
    ]
    .iter()
    .find_map(|name| original.first(name).and_then(addresses::first))
    .filter(usable);
    match to.as_slice() {
        [only] if !by_list => Some(only.clone()),
        _ => received_for
            .filter(|address| !by_list || !to.contains(address))
            .or(told.filter(|address| !to.contains(address) || !by_list)),
    }
}

/// The only address in a text that may be a recipient's.
pub(super) fn only_one(prose: &Prose, own: &[String]) -> Option<String> {
    let mut found: Vec<String> = Vec::new();
    for at in addresses::all(&prose.flat) {
        let before = prose.flat.get(..at.start).unwrap_or_default();
        let after = prose.flat.get(at.end..).unwrap_or_default();
        let counts = !is_somebody_else(before)
            && !own.contains(&at.address)
            && !is_role_of_server(&at.address)
            && !is_an_id(before, after, &at.address);
        if counts && !found.contains(&at.address) {
            found.push(at.address);
        }
    }
    match found.as_slice() {
        [_] => found.pop(),
        _ => None,
    }
}

/// Runs of lines without an empty one between them.
fn paragraphs(prose: &Prose) -> Vec<String> {
    let mut paragraphs: Vec<String> = vec![String::new()];
    for line in prose.lines() {
        match paragraphs.last_mut() {
            Some(last) if !line.is_empty() => {
                if !last.is_empty() {
                    last.push(' ');
                }
                last.push_str(line);
            }
            Some(last) if !last.is_empty() => paragraphs.push(String::new()),
            _ => {}
        }
    }
    paragraphs
}

/// "You sent mail to" tells of the recipient, "mail to" of whom to ask; so does whose the mailbox is.
const THEIRS: &[&str] = &[
    "boite de",
    "aux lettres de",
    "messagerie de",
    "reception de",
    "buzon de",
    "buzon de correo de",
    "casilla de",
    "casilla de correo de",
    "cuenta de",
    "casella di posta di",
    "casella postale di",
    "casella di posta elettronica di",
    "caixa de correio de",
    "conta de",
    "compte de",
    "postfach von",
    "konto von",
    "entrada de",
    "casella di",
    "caixa de",
    "postal de",
    "sent mail to",
    "your mail to",
    "your e-mail to",
    "your email to",
];

/// What stands right before says that it is not the recipient's.
fn is_somebody_else(before: &str) -> bool {
    let before = before.trim_end_matches(['<', '"', '\'', '(', ' ', ':', '[']);
    let before = without_accents(before).to_lowercase();
    if THEIRS.iter().any(|words| before.ends_with(words)) {
        return false;
    }
    [
        "from",
        "sender",
        "contact",
        "contacting",
        "contact us at",
        "mail from",
        "reply-to",
        "message-id",
        "by",
        "e-mail us at",
        "email us at",
        "write to",
        "mail to",
        "questions to",
        "questions",
        "postmaster",
        "administrator",
        "help",
        "assistance",
        "support",
        "report to",
        "report this to",
        "reporting",
        "forward this to",
        "de",
        "da",
        "von",
        "mailto",
        "message id",
        "identifier is",
        "in-reply-to",
        "references",
        "via",
        "through",
        "address for",
        "envelope-from",
        "from address",
        "cc",
        "bcc",
        "reply to",
        "note to",
        "ask",
        "notify",
        "notification to",
    ]
    .iter()
    .any(|word| {
        before
            .strip_suffix(word)
            .is_some_and(|rest| !rest.ends_with(|c: char| c.is_ascii_alphanumeric()))
    })
}

/// A message's or queue's id looks like an address: in angle brackets, with a long local part full of digits.
fn is_an_id(before: &str, after: &str, address: &str) -> bool {
    let local = address.split('@').next().unwrap_or_default();
    let digits = local.bytes().filter(u8::is_ascii_digit).count();
    before.ends_with('<')
        && after.starts_with('>')
        && (digits >= 12 || (local.len() > 28 && digits >= 6))
}
