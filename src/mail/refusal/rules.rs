//! The rules: words, statuses and codes, and what they mean. Data; `super` finds which of them hold.
//!
//! Rank decides between rules that hold at once. 1 to 49: words that leave no doubt, and that therefore count more than
//! the status beside them, the more telling ones first. 50: exact statuses (RFC 3463, and the registry that
//! RFC 5248 opened). From [`VAGUE`] on nothing is sure: security statuses, vague words, the status's subject alone, words that say
//! next to nothing, the reply code alone (RFC 5321 section 4.2.3).
//! Phrases are compared without regard to case and accents, on one line, and as whole words.
//!
//! What is said of the sender ([`Rule::of_sender`]) is not said of the recipient: beside it no rule of [`Class::Hard`] holds,
//! however clear its words are. What [`SAYS_NOTHING`] says counts for nothing, nor do the words within it.

use super::class::Class;
use super::reason::Reason;

/// One rule.
pub(super) struct Rule {
    /// Lower comes first.
    pub(super) rank: u8,
    /// Any of these stands in the text, or
    pub(super) says: &'static [&'static str],
    /// the status is one of these, `x` for any number, or
    pub(super) status: &'static [&'static str],
    /// the reply code is one of these.
    pub(super) codes: &'static [u16],
    /// Then it is this,
    pub(super) class: Class,
    /// for this reason.
    pub(super) reason: Reason,
    /// It speaks of the sender, its server or its domain, and so tells nothing of the recipient's mailbox.
    pub(super) of_sender: bool,
}

/// From this rank on a rule is a guess.
pub(super) const VAGUE: u8 = 52;

const fn says(rank: u8, class: Class, reason: Reason, says: &'static [&'static str]) -> Rule {
    Rule {
        rank,
        says,
        status: &[],
        codes: &[],
        class,
        reason,
        of_sender: false,
    }
}

const fn status(rank: u8, class: Class, reason: Reason, status: &'static [&'static str]) -> Rule {
    Rule {
        rank,
        says: &[],
        status,
        codes: &[],
        class,
        reason,
        of_sender: false,
    }
}

const fn codes(rank: u8, class: Class, reason: Reason, codes: &'static [u16]) -> Rule {
    Rule {
        rank,
        says: &[],
        status: &[],
        codes,
        class,
        reason,
        of_sender: false,
    }
}

/// The same, said of the sender.
const fn of_sender(rule: Rule) -> Rule {
    Rule {
        of_sender: true,
        ..rule
    }
}

use Class::{Blocked, ContentRejected, Hard, MailboxFull, RelayProblem, Soft, TooBig, Unknown};

/// Said of everything: the words within it tell nothing.
#[rustfmt::skip]
pub(super) const SAYS_NOTHING: &[&str] = &[
    // What Cisco's gateways put before another server's words.
    "unknown address error", "other address status", "other mail system problem",
    "unknown error", "unknown reason", "unknown mailer error", "unknown problem", "unknown failure", "unknown exception", "reason unknown", "error unknown", "unknown smtp error",
    "error desconocido", "motivo desconocido", "errore sconosciuto", "motivo sconosciuto", "unbekannter fehler", "grund unbekannt", "erreur inconnue", "raison inconnue", "erro desconhecido", "motivo desconhecido", "onbekende fout",
    // Whom to ask.
    "your network administrator", "your mail server administrator", "your server administrator", "your domain administrator", "your email administrator", "your mail administrator", "your system administrator", "your administrator",
];

/// The table.
#[rustfmt::skip]
pub(super) const RULES: &[Rule] = &[
    says(4, Hard, Reason::Suppressed, &[
        "suppression list", "on our suppression", "address is suppressed", "bounced address", "drop list",
        "unsubscribed address", "spam reporting address", "previously unsubscribed", "previously bounced",
        "transmission failed because the recipient is suppressed",
    ]),
    says(5, Soft, Reason::ServerTrouble, &[
        "insufficient system storage", "insufficient system resources", "not enough free space", "insufficient disk space",
        "no space left on device", "system storage exceeded", "not enough disk space on server", "out of disk space on",
        "file system full", "server is out of space", "insufficient memory",
    ]),
    // Not the mail's size.
    says(5, MailboxFull, Reason::MailboxFull, &[
        "buzón ha superado el tamaño", "casella ha superato la dimensione", "casella ha superato le dimensioni", "caixa postal excedeu o tamanho", "postfach überschreitet die größe",
        "mailbox size limit exceeded", "mailbox size limit is exceeded", "exceeded mailbox size limit", "exceeds the mailbox size limit",
        "exceeded the mailbox size limit", "exceeds mailbox size limit", "mailbox size limit reached", "storage size limit exceeded",
    ]),
    says(6, TooBig, Reason::TooBig, &[
        "limite de tamanho", "excede o tamanho", "message est trop volumineux", "trop volumineux", "mesaj çok büyük", "ileti çok büyük", "zbyt duża wiadomość", "wiadomość jest zbyt duża", "przekracza maksymalny rozmiar", "bericht is te groot", "bericht te groot", "meddelandet är för stort", "beskeden er for stor", "meddelelsen er for stor", "viesti on liian suuri", "zpráva je příliš velká", "túl nagy az üzenet", "az üzenet túl nagy", "mesajul este prea mare", "письмо слишком большое", "слишком большой размер", "превышает допустимый размер", "размер письма превышает", "размер сообщения превышает", "サイズが大きすぎ", "サイズ超過", "サイズ制限", "邮件过大", "邮件太大", "超过大小限制", "郵件過大", "郵件太大",
        "message too large", "message too big", "message is too large", "message is too big", "message size exceeds",
        "message file too big", "exceeds the maximum message size", "exceeds maximum message size", "exceeded maximum message size",
        "maximum message size exceeded", "exceeds fixed maximum message size", "size exceeds limit", "size limit exceeded",
        "exceeds size limit", "exceed size limit", "exceeds message size limit", "exceeds the size limit", "exceeded message size limit",
        "message length exceeds", "message header size exceeds", "mail size limit", "larger than the current system limit",
        "larger than the maximum size", "databytes limit", "exeeded the maximum size", "exceeded the maximum size", "too large for this recipient",
        "too large for the recipient", "recipsizelimit", "sendersizelimit", "mail too big", "mail too large", "mail is too large", "your message is larger",
        "message exceeded max", "exceeds max message", "exceeded my size", "exceeds the maximum size", "max message size exceeded",
        "max message size exceded", "message size limit", "mensaje demasiado grande", "tamaño máximo de mensaje", "excede el tamaño", "supera el tamaño máximo",
        "messaggio troppo grande", "dimensione massima", "nachricht zu groß", "nachricht ist zu groß", "message trop volumineux", "taille maximale",
        "tamanho máximo", "mensagem muito grande",
    ]),
    says(8, MailboxFull, Reason::MailboxFull, &[
        "ha superado el espacio", "superado el espacio", "superado la cuota", "superado su cuota", "superado el límite de espacio", "superado el límite de almacenamiento", "excedido el espacio", "excedido la cuota", "excedido su cuota", "excedido el límite de espacio", "excede su cuota", "excede la cuota", "excedió la cuota", "espacio asignado", "límite de espacio", "límite de almacenamiento", "cuota superada", "cuota de disco", "cuota de almacenamiento", "sin espacio", "no tiene espacio", "no dispone de espacio", "espacio insuficiente", "espacio de su buzón", "espacio del buzón", "buzón saturado", "buzón está saturado", "casilla llena", "casilla está llena", "bandeja de entrada llena", "bandeja llena", "bandeja está llena", "sobrepasado la cuota", "sobrepasado su cuota", "sobrepasado el límite de espacio", "capacidad del buzón", "cuenta llena", "sobre cuota",
        "superato la quota", "superato il limite di spazio", "superato lo spazio", "superato la dimensione della casella", "quota esaurita", "quota disco", "oltre quota", "fuori quota", "spazio insufficiente", "spazio a disposizione", "spazio disponibile", "limite di spazio", "spazio di archiviazione", "casella satura", "casella è satura", "non ha spazio",
        "excedeu o limite de espaço", "excedeu o limite de armazenamento", "excedeu a quota", "excedeu a cota", "excedeu sua cota", "excedeu sua quota", "excedeu o espaço", "limite de espaço", "limite de armazenamento", "quota excedida", "sem espaço", "espaço insuficiente", "caixa lotada", "caixa postal lotada", "está lotada", "caixa de correio está cheia", "cota esgotada",
        "a dépassé son quota", "dépassé son quota", "dépassement de quota", "quota atteint", "quota de la boîte", "espace insuffisant", "n'a plus d'espace", "plus assez d'espace", "espace de stockage", "boîte mail pleine", "messagerie pleine", "boîte saturée", "messagerie saturée", "limite de stockage",
        "kontingent überschritten", "quota überschritten", "postfach überfüllt", "ist überfüllt", "kein speicherplatz", "nicht genügend speicherplatz", "speicherlimit", "speicherkontingent", "hat keinen platz",
        "posta kutusu dolu", "kutusu dolu", "kotası dolu", "kota aşıldı", "kotasını aştı", "kotası aşıldı", "postafiók megtelt", "postaláda megtelt", "postafiókja megtelt", "megtelt", "kvóta túllépve", "betelt", "schránka je plná", "schránka plná", "plná schránka", "překročena kvóta", "kvóta překročena", "schránka příjemce je plná", "schránka je preplnená", "căsuța poștală este plină", "cutia poștală este plină", "este plină", "cota a fost depășită", "spațiu insuficient", "skrzynka jest pełna", "skrzynka pełna", "skrzynka odbiorcy jest pełna", "skrzynka pocztowa jest pełna", "skrzynka jest przepełniona", "przepełniona", "przekroczono limit miejsca", "przekroczony limit miejsca", "przekroczył limit", "brak miejsca",
        "postvak vol", "postvak is vol", "mailbox is vol", "postbus is vol", "brievenbus is vol", "quotum overschreden", "over quotum", "brevlådan är full", "inkorgen är full", "postlådan är full", "kvot överskriden", "postkassen er fuld", "postkasse er fuld", "indbakken er fuld", "kvote overskredet", "kvoten er overskredet", "postboksen er full", "innboksen er full", "on täynnä", "kiintiö ylittynyt", "kiintiö täynnä", "kiintiö on ylitetty",
        "превышена квота", "квота превышена", "превысил квоту", "ящик заполнен", "нет места в ящике", "недостаточно места", "скринька переповнена", "容量オーバー", "容量不足", "メールボックスが一杯", "受信箱がいっぱい", "空き容量が", "邮箱空间已满", "已满", "超出配额", "邮箱容量", "信箱已滿", "已滿", "超過配額", "사서함이 꽉", "용량이 초과",
        "mailbox full", "mailbox is full", "mail box full", "mailbox has been full", "mailbox are full", "mailbox over quota", "mailbox is over quota", "mailbox exceeds allowed size",
        "mailbox exceeded", "mailbox quota exceeded", "mailbox quota usage exceeded", "mailbox has exceeded", "mailbox size exceeded",
        "mailbox storage limit", "mailfolder is full", "mailfold is full", "mail folder is full", "inbox is full", "inbox full", "over quota", "overquota", "over-quota", "quota exceeded",
        "exceeded quota", "exceeds quota", "quota exceed", "quota violation", "quota is full", "quota full", "out of quota", "exceeded their quota", "exceeding their quota", "exceeded his quota", "exceed quota",
        "exceeded its quota", "exceeded storage allocation", "exceeded the quota", "exceeded email quota", "exceeds the quota", "would exceed mailbox quota", "over disk quota", "over their disk quota", "over its quota", "over the allowed quota", "over the maximum quota", "disk quota",
        "over quota limit", "storage quota", "out of storage space", "storage limit exceeded", "mail box space not enough", "mailbox space not enough", "not enough storage space",
        "not enough room in the mailbox", "too much mail stored", "has too many messages on the server", "exceeded the local limit", "max email quota", "maildir over quota", "maildir delivery failed: user disk quota",
        "user is over quota", "is over the quota", "is over quota", "is overquota", "over the storage limit", "userdisk full", "mail quota", "quota has been exceeded",
        "reached the maximum quota", "maximum number of messages", "full mailbox", "mailbox of the recipient is full", "recipient storage full", "recipient's mailbox is full", "is full. the person you are",
        "buzón lleno", "buzon lleno", "buzón está lleno", "buzón de correo lleno", "buzón del destinatario está lleno", "excedió su cuota", "ha superado su cuota", "cuota excedida", "casella piena", "casella di posta piena", "casella è piena", "casella postale piena",
        "quota superata", "spazio esaurito", "postfach voll", "postfach ist voll", "postfach des empfängers ist voll", "mailbox voll", "speicherplatz erschöpft", "speicherplatz überschritten", "boîte pleine", "boite pleine", "boîte aux lettres est pleine", "boite aux lettres pleine", "boite du destinataire pleine", "boite du destinataire archi pleine", "est pleine", "est saturée", "está llena", "está lleno", "è piena", "está cheia",
        "quota dépassé", "caixa cheia", "caixa postal cheia", "caixa de correio cheia", "caixa de entrada cheia", "cota excedida", "mailbox vol", "brievenbus vol", "почтовый ящик переполнен", "ящик переполнен", "переполнен", "メールボックスがいっぱい", "容量を超え", "邮箱已满", "邮箱空间不足", "mailbox_full", "mailboxfull", "mbox full",
    ]),
    says(10, Hard, Reason::NoSuchUser, &[
        "no existe en este servidor", "no existe ese usuario", "buzón no existe", "casilla no existe", "cuenta de correo no existe", "destinatario no existe", "destinatario inexistente", "usuario no encontrado", "destinatario no encontrado", "dirección no encontrada", "no se encuentra el usuario", "no se encuentra el destinatario", "dirección inexistente", "dirección desconocida", "dirección incorrecta", "dirección inválida", "dirección no válida", "dirección de correo no es válida", "dirección no es válida", "usuario inválido", "usuario no válido", "destinatario no válido", "destinatario inválido", "cuenta desconocida", "no figura en el directorio", "no está en el directorio", "no aparece en el directorio", "no está listado en", "no hay ningún usuario", "no existe la cuenta", "no existe el buzón", "no existe el destinatario",
        "casella non esiste", "utente non esiste", "utente non trovato", "destinatario non trovato", "destinatario non esiste", "casella non trovata", "casella sconosciuta", "indirizzo non valido", "indirizzo errato", "destinatario non valido", "utente non valido", "non è elencato", "non e' elencato", "non elencato nella", "non presente nella rubrica", "account inesistente", "account non esiste", "non esiste alcun utente", "non esiste l'utente", "non esiste la casella",
        "usuário não existe", "conta não existe", "caixa postal não existe", "caixa não existe", "endereço não existe", "destinatário não existe", "destinatário inexistente", "usuário não encontrado", "destinatário não encontrado", "endereço inválido", "destinatário inválido", "utilizador desconhecido", "utilizador não existe", "não consta no diretório", "não está listado", "não existe no servidor", "não existe neste servidor",
        "destinataire inexistant", "destinataire introuvable", "adresse inexistante", "adresse invalide", "adresse erronée", "adresse email inconnue", "adresse e-mail est introuvable", "boîte inconnue", "boîte inexistante", "boîte aux lettres inconnue", "compte inexistant", "compte inconnu", "utilisateur inexistant", "utilisateur introuvable", "utilisateur non recensé", "non répertorié", "pas répertorié", "n'est pas répertorié",
        "benutzer existiert nicht", "empfänger nicht gefunden", "benutzer nicht gefunden", "postfach nicht gefunden", "postfach unbekannt", "unbekanntes postfach", "unbekannte adresse", "ungültiger empfänger", "ungültige adresse", "ungültige empfängeradresse", "empfängeradresse ist ungültig", "kein solcher benutzer", "kein postfach", "nicht im verzeichnis",
        "kullanıcı bulunamadı", "kullanıcı mevcut değil", "adresi mevcut değil", "adresi bulunamadı", "e-posta adresi bulunamadı", "alıcı bulunamadı", "adres bulunamadı", "hesap bulunamadı", "böyle bir kullanıcı yok", "kullanıcı yok", "bilinmeyen kullanıcı", "bilinmeyen alıcı", "geçersiz alıcı", "geçersiz adres",
        "cím nem található", "címzett nem található", "felhasználó nem található", "postafiók nem található", "ismeretlen felhasználó", "ismeretlen címzett", "ismeretlen cím", "nincs ilyen felhasználó", "nincs ilyen cím", "nem létezik", "nem létező", "érvénytelen cím", "érvénytelen címzett",
        "uživatel neexistuje", "neznámý uživatel", "neznámý příjemce", "neznámá adresa", "příjemce neexistuje", "adresa neexistuje", "schránka neexistuje", "adresa nebyla nalezena", "uživatel nebyl nalezen", "příjemce nebyl nalezen", "neplatná adresa", "neplatný příjemce", "používateľ neexistuje", "neznámy používateľ", "adresa nebola nájdená",
        "utilizator necunoscut", "utilizator inexistent", "destinatar necunoscut", "destinatar inexistent", "adresa nu există", "adresă inexistentă", "utilizatorul nu există", "destinatarul nu există", "căsuța nu există", "contul nu există", "adresa de e-mail nu a fost găsită", "adresa nu a fost găsită", "adresă invalidă",
        "użytkownik nie istnieje", "nieznany odbiorca", "odbiorca nieznany", "odbiorca nie istnieje", "nie ma takiego użytkownika", "brak takiego użytkownika", "nie ma takiego adresu", "adres nie istnieje", "konto nie istnieje", "skrzynka nie istnieje", "nie został znaleziony", "nie znaleziono użytkownika", "nie znaleziono adresu", "nie znaleziono odbiorcy", "nieprawidłowy adres", "nieprawidłowy odbiorca",
        "gebruiker onbekend", "onbekende ontvanger", "ontvanger onbekend", "onbekende geadresseerde", "geadresseerde onbekend", "adres onbekend", "onbekend adres", "gebruiker bestaat niet", "mailbox bestaat niet", "postvak bestaat niet", "e-mailadres bestaat niet", "ontvanger bestaat niet", "adres niet gevonden", "gebruiker niet gevonden", "ongeldig adres", "ongeldige ontvanger", "e-mailadres dat u hebt ingevoerd",
        "okänd användare", "okänd mottagare", "okänd adress", "användaren finns inte", "adressen finns inte", "mottagaren finns inte", "brevlådan finns inte", "kontot finns inte", "adressen hittades inte", "mottagaren hittades inte", "användaren hittades inte", "gick inte att hitta e-postadressen", "ogiltig adress", "ogiltig mottagare", "ukendt bruger", "ukendt modtager", "ukendt adresse", "brugeren findes ikke", "adressen findes ikke", "modtageren findes ikke", "postkassen findes ikke", "adressen blev ikke fundet", "modtageren blev ikke fundet", "ugyldig adresse", "ugyldig modtager", "ukjent bruker", "ukjent mottaker", "adressen finnes ikke", "brukeren finnes ikke", "mottakeren finnes ikke", "ugyldig mottaker",
        "tuntematon käyttäjä", "tuntematon vastaanottaja", "tuntematon osoite", "käyttäjää ei ole", "osoitetta ei ole", "osoitetta ei löydy", "osoitetta ei löytynyt", "vastaanottajaa ei löydy", "vastaanottajaa ei löytynyt", "käyttäjää ei löydy", "käyttäjää ei löytynyt", "virheellinen osoite", "virheellinen vastaanottaja",
        "адресат не найден", "получатель не найден", "получатель не существует", "пользователь не существует", "пользователя не существует", "адрес не найден", "адреса не существует", "ящик не найден", "ящика не существует", "неизвестный пользователь", "неизвестный получатель", "нет такого ящика", "нет такого адреса", "нет такого получателя", "такого пользователя нет", "несуществующий адрес", "неверный адрес", "користувача не знайдено", "адресу не знайдено", "άγνωστος χρήστης", "ο χρήστης δεν υπάρχει", "η διεύθυνση δεν υπάρχει", "δεν βρέθηκε",
        "ユーザー不明", "ユーザ不明", "存在しない", "該当するユーザー", "アドレスが間違", "アドレスが正しくない", "アドレスが正しくあり", "あて先不明", "找不到收件人", "找不到用户", "用户名错误", "无此用户", "没有此用户", "没有这个用户", "查无此人", "无效的收件人", "收件人地址无效", "收件人邮件地址错误", "無此用戶", "無此使用者", "查無此人", "找不到收件者", "找不到使用者", "존재하지 않는", "존재하지 않습니다", "사용자를 찾을 수",
        "recipientnotfound", "not found by smtp address lookup",
        "user unknown", "unknown user", "user not known", "user is unknown", "unknown recipient", "recipient unknown", "recipient is unknown", "unknown or illegal alias", "unknown or illegal user",
        "unknown local part", "unknown local-part", "unknown address", "address unknown", "addressee unknown", "unknown mailbox", "mailbox unknown", "unknown account", "unknown to address", "unknown email address", "unknown virtual mailbox",
        "no such user", "no such mailbox", "no such recipient", "no such address", "no such account", "no such person", "no such local user", "no such email address", "no such domain user", "no mailbox here by that name", "no mailbox by that name", "no mailbox found", "no user by that name", "there is no user by that name",
        "no account by that name", "no known user", "isn't in our database", "is not in our database", "isn't in our system", "is not in our system", "is not in our user", "is not in our list of users", "is not in our list of recipients", "no valid recipient", "no valid recipients", "not a valid mailbox", "not a valid user", "not a valid recipient", "not a valid address", "not a known user", "not our customer", "not a local mailbox", "not our user", "not a user here", "not known here",
        "user not found", "recipient not found", "mailbox not found", "address not found", "account not found", "user doesn't exist", "user does not exist", "user doesn't have a", "user does not have a", "user doesnot exist",
        "account doesn't exist", "account does not exist", "account that you tried to reach does not exist", "mailbox does not exist", "mailbox doesn't exist", "mailbox not exist", "recipient does not exist", "recipient doesn't exist", "address does not exist", "address doesn't exist", "recipient address rejected: undeliverable address",
        "does not exist here", "doesn't exist here", "does not like recipient", "doesn't like recipient", "invalid mailbox", "invalid recipient", "invalid user", "invalid address", "invalid account", "invalid final delivery userid", "invalid local part", "invalid local address", "bad destination mailbox", "bad destination email address", "bad address",
        "bad recipient", "recipient name is not recognized", "name is not recognized", "not listed in domino directory", "not listed in public name", "not in our directory", "not in the directory", "no matches to nameserver query", "recipnotfound", "recipient address rejected: unknown", "recipient address rejected: user", "recipient address rejected: access denied", "recipient not in directory",
        "not on file", "unrouteable address", "user lookup failed", "unable to find user", "unable to find recipient", "could not find user", "not a valid user here", "could not be found at", "wasn't found at", "was not found at", "couldn't be found", "this address no longer accepts mail", "no longer valid", "is no longer on server", "does not have an account", "doesn't have an account", "no longer available here", "no such name", "did not exactly match",
        "user reject the mail", "mailbox unavailable or access denied", "mailbox unavailable or not local", "nosuchuser", "no recipient", "local user only", "email address is wrong", "recipient no longer", "is not a member of our", "address lookup failure", "hosted here: no such", "unable to find alias user", "undeliverable address: user", "user invalid", "not have a final email delivery point",
        "recipients were not found", "recipient rejected: not found", "rcpt to: address not found", "no one by that name", "message was not accepted -- invalid mailbox",
        "usuario desconocido", "usuario no existe", "el usuario no existe", "no existe el usuario", "usuario inexistente", "destinatario desconocido", "dirección no existe", "la dirección no existe", "no existe la dirección", "no se encontró la dirección", "no se ha encontrado la dirección", "buzón inexistente", "cuenta inexistente", "cuenta no existe", "la cuenta no existe", "casilla inexistente",
        "utente sconosciuto", "utente inesistente", "destinatario sconosciuto", "destinatario inesistente", "indirizzo inesistente", "indirizzo sconosciuto", "indirizzo non esiste", "casella inesistente", "l'utente non esiste", "impossibile trovare l'indirizzo", "indirizzo non trovato",
        "empfänger unbekannt", "empfaenger unbekannt", "unbekannter benutzer", "unbekannter empfänger", "benutzer unbekannt", "adresse unbekannt", "existiert nicht", "adresse wurde nicht gefunden", "adresse nicht gefunden",
        "utilisateur inconnu", "destinataire inconnu", "adresse inconnue", "adresse d au moins un destinataire invalide", "n'existe pas", "adresse introuvable", "boîte aux lettres inexistante",
        "usuário desconhecido", "usuário inexistente", "usuario desconhecido", "destinatário desconhecido", "endereço não encontrado", "conta inexistente", "caixa postal inexistente", "endereço inexistente",
        "onbekende gebruiker", "adres bestaat niet", "nieznany użytkownik", "пользователь не найден", "нет такого пользователя", "такой пользователь не найден", "ящик не существует", "адрес не существует", "ユーザーが見つかりません", "宛先不明", "存在しません", "見つかりません", "リストにありません", "用户不存在", "收件人不存在", "不存在",
    ]),
    says(12, Hard, Reason::Inactive, &[
        "cuenta bloqueada", "cuenta cancelada", "cuenta deshabilitada", "cuenta cerrada", "cuenta inhabilitada", "cuenta ha sido desactivada", "cuenta ha sido suspendida", "cuenta ha sido cancelada", "cuenta ha sido deshabilitada", "cuenta está desactivada", "cuenta está suspendida", "cuenta está inactiva", "cuenta está deshabilitada", "cuenta está bloqueada", "cuenta se encuentra", "buzón bloqueado", "buzón suspendido", "buzón inactivo", "buzón deshabilitado", "buzón cerrado", "buzón está inactivo", "buzón está desactivado", "buzón está bloqueado", "buzón está deshabilitado", "buzón se encuentra", "buzón ha sido desactivado", "casilla bloqueada", "casilla desactivada", "casilla suspendida", "casilla inactiva", "casilla deshabilitada", "casilla está bloqueada", "casilla se encuentra", "dado de baja", "dada de baja", "usuario inactivo", "usuario suspendido", "usuario bloqueado", "usuario deshabilitado", "usuario está inactivo", "usuario está deshabilitado", "ya no está activa", "ya no está activo", "ya no pertenece", "ya no labora",
        "casella disabilitata", "casella è disabilitata", "casella è stata sospesa", "casella è stata disattivata", "casella è stata disabilitata", "casella è stata chiusa", "casella è sospesa", "casella è disattivata", "casella bloccata", "casella è bloccata", "casella chiusa", "casella inattiva", "casella non attiva", "casella non è attiva", "casella è inattiva", "account sospeso", "account disabilitato", "account bloccato", "account scaduto", "account è stato disattivato", "account è stato sospeso", "account è sospeso", "account è disattivato", "utente disabilitato", "utente sospeso", "utente non attivo", "non è più attivo", "non è più attiva", "non più attivo", "non più attiva", "non lavora più",
        "conta bloqueada", "conta suspensa", "conta encerrada", "conta cancelada", "conta desactivada", "conta está desativada", "conta está suspensa", "conta está inativa", "conta foi desativada", "conta foi suspensa", "conta foi cancelada", "caixa postal bloqueada", "caixa postal desativada", "caixa postal inativa", "caixa postal está bloqueada", "caixa postal está inativa", "caixa postal foi desativada", "caixa bloqueada", "caixa inativa", "usuário bloqueado", "usuário inativo", "usuário suspenso", "não está mais ativo", "não está mais ativa", "não trabalha mais",
        "boîte désactivée", "boîte aux lettres désactivée", "boîte aux lettres inactive", "boîte aux lettres est désactivée", "messagerie désactivée", "est inactive", "est désactivée", "est désactivé", "compte suspendu", "compte est suspendu", "compte bloqué", "compte fermé", "compte inactif", "compte clôturé", "boîte fermée", "boîte bloquée", "boîte suspendue", "a été désactivée", "a été désactivé", "n'est plus active", "n'est plus actif", "n'est plus utilisée", "n'est plus valide", "ne travaille plus", "ne fait plus partie",
        "konto gesperrt", "konto ist gesperrt", "konto ist deaktiviert", "konto wurde deaktiviert", "konto wurde gesperrt", "konto geschlossen", "konto wurde geschlossen", "postfach ist gesperrt", "postfach ist deaktiviert", "postfach wurde deaktiviert", "postfach wurde gesperrt", "postfach geschlossen", "postfach inaktiv", "postfach ist inaktiv", "benutzer gesperrt", "benutzer deaktiviert", "empfänger gesperrt", "nicht mehr gültig", "nicht mehr aktiv", "nicht mehr aktuell", "nicht mehr in unserem unternehmen", "arbeitet nicht mehr", "existiert nicht mehr",
        "hesap devre dışı", "hesabı devre dışı", "hesap askıya alındı", "hesabı askıya alındı", "hesap kapatıldı", "hesabı kapatıldı", "fiók letiltva", "postafiók letiltva", "fiók megszűnt", "postafiók megszűnt", "účet je zablokován", "účet byl zrušen", "účet byl zablokován", "účet je neaktivní", "schránka byla zrušena", "schránka je zablokována", "cont dezactivat", "contul este dezactivat", "contul a fost dezactivat", "cont suspendat", "contul este suspendat", "contul a fost suspendat", "contul a fost închis", "konto zablokowane", "konto nieaktywne", "konto jest nieaktywne", "konto zostało zablokowane", "konto jest zablokowane", "konto wyłączone", "konto usunięte", "skrzynka zablokowana", "skrzynka jest zablokowana", "skrzynka nieaktywna",
        "account geblokkeerd", "account is geblokkeerd", "account opgeheven", "account is opgeheven", "account uitgeschakeld", "account is uitgeschakeld", "mailbox uitgeschakeld", "mailbox is uitgeschakeld", "niet meer in gebruik", "niet meer actief", "niet meer werkzaam", "kontot är avstängt", "kontot är inaktivt", "kontot är spärrat", "kontot är stängt", "används inte längre", "kontoen er lukket", "kontoen er spærret", "ikke længere i brug", "kontoen er deaktivert", "ikke lenger i bruk", "tili on suljettu", "tili on lukittu", "ei ole enää käytössä",
        "ящик заблокирован", "ящик отключен", "ящик неактивен", "ящик удален", "учетная запись отключена", "учетная запись заблокирована", "учетная запись удалена", "пользователь заблокирован", "больше не используется", "無効になって", "利用停止", "停止されて", "退会", "被禁用", "已停用", "已注销", "账号被锁定", "已被冻结", "已被锁定", "帳號已停用",
        "account disabled", "account is disabled", "account has been disabled", "account inactive", "account is inactive", "account is not active", "account not active", "account expired", "account closed", "account has been closed", "account suspended", "account is suspended", "account has been suspended", "account locked", "account is locked", "account deactivated",
        "account that you tried to reach is disabled", "account that you tried to reach is inactive", "disabled or discontinued", "disabled recipient", "mailbox disabled", "mailbox is disabled", "mailbox has been disabled", "mailbox inactive", "mailbox is inactive", "mailbox currently suspended", "mailbox suspended", "mailbox locked", "mailbox is frozen", "mailbox closed", "mailbox is closed", "mailbox temporarily disabled",
        "user disabled", "user is disabled", "user suspended", "user is suspended", "user is inactive", "inactive user", "inactive account", "inactive mailbox", "user inactive", "user not active", "account is temporarily limited", "administratively disabled", "administrativley disabled", "administrativeley disabled", "administrativly disabled",
        "account is currently not accepting", "account currently not accepting", "mailbox is currently not accepting", "mailbox currently not accepting", "user is currently not accepting", "recipient is currently not accepting", "not been collected after", "has not been collected", "recipient suspended", "recipient is suspended", "recipient is inactive", "recipient is not active", "dormant", "unused mailbox", "mailbox unused", "no longer in use", "no longer with", "no longer works", "no longer employed", "ya no trabaja", "cuenta desactivada", "cuenta suspendida", "cuenta inactiva", "buzón desactivado",
        "account disattivato", "casella disattivata", "casella sospesa", "konto deaktiviert", "postfach deaktiviert", "postfach gesperrt", "compte désactivé", "boite inactive", "conta desativada", "conta desabilitada", "conta inativa", "deactivated", "deactivated mailbox", "discontinued", "has been blocked due to inactivity",
    ]),
    says(13, Hard, Reason::Moved, &[
        "user has moved", "user has changed", "mailbox has moved", "mailbox moved", "recipient has moved", "person has moved", "no longer at this address", "please try forwarding", "user not local", "changed address", "address has changed", "e-mail address has changed", "account has moved",
    ]),
    says(14, Hard, Reason::NoMail, &[
        "does not accept mail", "doesn't accept mail", "does not accept email", "doesn't accept email", "null mx", "nullmx", "accepts no mail", "does not receive mail", "not receive mail", "domain accepts no mail", "send-only",
    ]),
    says(15, Hard, Reason::NoSuchDomain, &[
        "dominio desconocido", "dominio no encontrado", "dominio no válido", "dominio inválido", "dominio sconosciuto", "dominio non trovato", "domínio não existe", "domínio não encontrado", "domaine inconnu", "domaine inexistant", "domaine introuvable", "domain unbekannt", "unbekannte domain", "domain existiert nicht", "domena nie istnieje", "nieznana domena", "doména neexistuje", "domein bestaat niet", "onbekend domein", "domänen finns inte", "domænet findes ikke", "домен не найден", "домен не существует", "несуществующий домен", "域名不存在", "ドメインが存在しません",
        "host unknown", "unknown host", "host not found, try another", "domain not found", "domain does not exist", "domain doesn't exist", "domain doesnt exist", "unknown domain", "no such domain", "nonexistentdomain", "non-existent domain", "nonexistent domain", "domain name not found", "host or domain name not found. name service error for name",
        "couldn't find any host named", "couldn't find any host by that name", "no such host", "bad destination system", "bad destination host", "domain of recipient does not exist", "name or service not known", "nxdomain", "domain couldn't be found", "domain wasn't found", "couldn't find a mail exchanger", "all host address lookups failed permanently",
        "all relevant mx records point to non-existent hosts", "no mx or a records", "dns lookup failure: host", "dns error: domain name not found", "unable to find domain", "domain is not valid", "invalid domain", "dominio no existe", "dominio inexistente", "domínio inexistente", "dominio non esiste", "domain nicht gefunden", "host existiert nicht",
        "no mail server", "host name lookup failure: no such", "domain unknown", "dns operation failed: non existent", "bad host", "host does not exist",
    ]),
    says(16, RelayProblem, Reason::Loop, &[
        "mail loop", "mail loops", "loops back to", "loop detected", "loop detection", "looping", "loop count exceeded", "loopback", "too many hops", "hop count exceeded", "maximum hop count", "hopcount exceeded", "exceeded hop count", "routing loop", "forwarding loop", "message is looping", "this message is looping", "best-preference mx", "too many received", "detected a loop",
    ]),
    says(18, Soft, Reason::Greylisted, &[
        "greylist", "greylisted", "greylisting", "graylist", "graylisted", "graylisting", "grey listed", "grey-listed", "gray-listed", "try again in a few minutes", "please retry in", "first time sender",
    ]),
    of_sender(says(19, Blocked, Reason::NotAuthentic, &[
        "spf fail", "spf check failed", "spf failed", "spf validation", "spf record", "failed spf", "fails spf", "not pass spf", "spf unauthorized", "dkim signature", "dkim failed", "dkim check", "dkim verification", "dkim validation", "dmarc", "sender policy framework", "sender id", "unauthenticated email", "unauthenticated mail", "not authenticated", "authentication checks", "not allowed to send mail from", "not permitted to send", "is not allowed to send mail", "sender authentication",
        "reverse dns", "ptr record", "no ptr", "reverse lookup", "reverse hostname", "cannot find your hostname", "cannot find your reverse", "hostname verification", "client host rejected: cannot find", "helo command rejected", "invalid helo", "bad helo", "domain not aligned", "arc seal", "the ptr", "ptr for", "ptr not", "ptr entry", "ptr is", "rdns", "reverse dns entry", "spf sender invalid", "dkim sender invalid", "spf invalid", "dkim invalid", "sender address verification failed", "spoofed", "spoofing",
    ])),
    says(20, Blocked, Reason::Blocklisted, &[
        "blacklist", "blacklists", "blacklisted", "black list", "black listed", "black-listed", "block list", "blocklist", "blocklisted", "block listed", "block-list", "denylist", "deny list", "denylisted", "spamhaus", "spamcop", "barracudacentral", "barracuda reputation", "sorbs", "dnsbl", "dnsrbl", "rbl", "rblsmtpd", "uribl", "surbl", "njabl", "dsbl", "cloudmark", "proofpoint dynamic reputation", "invaluement", "uceprotect", "lashback", "mail-abuse.org", "listed at", "listed in", "listed by", "is listed on", "lista negra", "lista nera", "listas negras", "blocked using", "blocked by prs", "blocked by rbl", "dynamic ip", "dial-up", "dialup", "open relay", "open proxy", "senderbase", "talosintelligence", "csi.cloudmark", "banned sending ip", "s3140", "s3150", "ip address is on",
    ]),
    says(21, Blocked, Reason::TooFast, &[
        "frequency limited", "connection frequency", "sending frequency", "frequency limit", "bounce attacks", "rate limit", "rate limited", "rate-limited", "ratelimit", "rate exceeded", "rate that", "sending rate", "too many messages", "too many connections", "too many emails", "too many mails", "too many concurrent", "too many errors", "too many recipients this hour", "too many sessions", "too much mail", "too many requests", "throttled", "throttling", "throttle", "exceeded the rate", "exceeded the maximum number of", "daily limit", "hourly limit", "daily sending", "sending limit", "sending quota", "message limit", "unusual rate", "unusually high", "receiving mail too quickly", "receiving mail at a rate", "excessive", "temporarily deferred", "ts01", "ts02", "ts03", "4.7.28", "max connections", "maximum connections", "connection limit", "concurrency limit", "slow down", "demasiados mensajes", "troppi messaggi", "too many mail", "excede el límite de envío", "mailbox that is receiving",
    ]),
    says(22, Blocked, Reason::NotAllowed, &[
        "not accepting mail from", "not accepting messages from", "only accepts mail from", "only accepts messages from", "accepts mail only from", "members only", "non-member", "nonmember", "not a member", "not authorized to send", "not authorised to send", "not allowed to send to", "not permitted to send to", "don't have permission", "do not have permission", "may not have permission", "restricted to", "resolver.rst.authrequired", "authrequired", "notauthorized", "sender not allowed", "sender is not allowed", "sender not in", "you are not allowed", "challenge", "requires that all senders", "sender is not authenticated for this recipient", "restricted recipient", "recipient does not want", "does not want to receive", "blocked by the recipient", "recipient has blocked", "refuses to receive", "user reject", "refused by recipient", "rejected by user", "personal whitelist", "not on the whitelist", "not in whitelist", "not on my list", "pre-approved", "not pre-approved", "sin permiso", "autorizzato a inviare",
    ]),
    // Exchange Online's own refusals of tenants and senders.
    of_sender(status(23, Blocked, Reason::Policy, &["5.7.5xx", "5.7.6xx", "5.7.7xx"])),
    says(24, ContentRejected, Reason::Virus, &[
        "virus", "viruses", "malware", "infected", "trojan", "worm", "clamav", "phishing", "malicious", "suspicious url", "malicioso", "virus detected", "dangerous content",
    ]),
    says(25, ContentRejected, Reason::Content, &[
        "attachment", "attachments", "file type", "file extension", "banned file", "forbidden file", "illegal attachment", "executable content", "content not allowed", "content rejected", "content filter", "prohibited content", "message content", "blocked content", "content is not acceptable", "content restriction", "violates our content", "headers are not rfc", "malformed header", "bare lf", "bare lfs", "bare newlines", "missing header", "invalid message-id", "missing message-id", "bad message-id", "message-id header", "missing from", "from header", "no resent-from field", "duplicate header", "multiple from", "rfc 5322", "rfc5322", "rfc 2822", "not rfc compliant", "rfc2822", "message format", "improper mime", "8-bit", "8bit", "conversion", "bad header", "invalid header", "forbidden attachment", "adjunto", "allegato", "archivo adjunto", "anhang", "pièce jointe", "anexo",
    ]),
    says(26, ContentRejected, Reason::Spam, &[
        "спам", "похоже на спам", "垃圾邮件", "垃圾郵件", "迷惑メール", "スパム", "istenmeyen e-posta", "ongewenste e-mail", "ongewenste mail", "niechciana wiadomość", "nevyžádaná", "kéretlen", "roskaposti", "skräppost", "uønsket",
        "spam", "spamming", "spammer", "spam message", "looks like spam", "considered spam", "identified as spam", "classified as spam", "detected as spam", "spam detected", "rejected as spam", "spam score", "spam filter", "spamassassin", "suspected spam", "likely spam", "unsolicited", "unsolicited mail", "likely suspicious", "junk mail", "junk", "bulk mail", "bulk email", "uce", "ube", "advertisement", "high probability", "mensaje no deseado", "correo no deseado", "posta indesiderata", "werbung", "pourriel", "lixo eletrônico",
    ]),
    says(28, RelayProblem, Reason::NoRelay, &[
        "relay denied", "relaying denied", "relay access denied", "relay not permitted", "relaying not permitted", "relaying not allowed", "relay not allowed", "not allowed to relay", "unable to relay", "cannot relay", "not permitted to relay", "relay operation rejected", "relaying is not allowed", "relaying is prohibited", "relay is not permitted", "we do not relay", "we don't relay", "relaying mail to", "relaying to", "relay denied for", "no relaying", "open relay denied", "rcpthosts", "not a gateway", "mail server does not relay", "that domain isn't in my list", "isn't in my list of allowed", "not local; please try", "relay prohibited", "not relaying", "relay rejected", "unable to relay for", "relay error", "smtp relay", "domain isn't allowed to be relayed", "unable to accept mail for this domain", "no valid cert for gatewaying",
    ]),
    says(30, RelayProblem, Reason::Tls, &[
        "starttls", "tls version", "tls protocol", "old tls", "tls 1.0", "tls 1.1", "tls 1.2", "tls required", "tls is required", "tls handshake", "tls negotiation", "tls connection", "tls not available", "ssl handshake", "ssl error", "certificate verify", "certificate verification", "certificate expired", "server certificate", "encryption required", "encryption needed", "mta-sts", "dane", "tlsa", "requires encryption",
    ]),
    says(31, Hard, Reason::Malformed, &[
        "malformed address", "bad address syntax", "invalid address syntax", "syntax error in address", "address syntax", "syntax error in mailbox", "invalid characters in", "not a legal address", "illegal address", "bad recipient address syntax", "address is malformed", "mailbox name not allowed", "not rfc-conform", "not a valid rfc",
    ]),
    of_sender(says(32, Blocked, Reason::SenderRefused, &[
        "sender address rejected", "sender rejected", "sender denied", "sender refused", "sender was rejected", "invalid sender", "bad sender", "unknown sender", "sender unknown", "sender domain", "domain of sender", "sender not found", "mail from domain", "sender is blocked", "rejected sender", "envelope sender", "envelope rejected", "sender blocked", "sender address is", "sender does not exist", "sender doesn't exist", "sender not exist",
        // Whether the sender's address takes mail: Exim, cPanel, Postfix.
        "sender verify", "sender verification", "verification failed for", "could not verify sender", "unable to verify sender", "cannot verify sender", "callback setup failed while verifying", "could not complete sender verify",
        // At which command it was said.
        "in reply to mail from", "after mail from", "in response to mail from", "in mail from", "mail from command", "mail from rejected", "mail from refused", "mail from address", "invalid mail from", "bad mail from", "mail from:<>", "in helo", "in ehlo", "helo/ehlo", "helo rejected", "ehlo rejected", "in reply to helo", "in reply to ehlo", "in reply to end of helo",
        "remitente rechazado", "remitente desconocido", "remitente inexistente", "remitente no existe", "remitente inválido", "dominio del remitente", "mittente rifiutato", "mittente respinto", "mittente sconosciuto", "mittente inesistente", "dominio del mittente", "absender abgelehnt", "absender unbekannt", "absenderadresse", "absenderdomain", "expéditeur refusé", "expéditeur rejeté", "expéditeur inconnu", "domaine de l'expéditeur", "remetente rejeitado", "remetente desconhecido", "remetente inexistente", "domínio do remetente", "afzender geweigerd", "nadawca odrzucony", "отправитель отклонен", "отправитель не существует", "адрес отправителя",
    ])),
    of_sender(says(33, Blocked, Reason::Policy, &[
        "dirección ip", "indirizzo ip", "endereço ip", "adresse ip", "ip-adresse", "ip-adres", "ip-адрес", "ip adresiniz",
        "accept mail from", "accepts mail from", "accepting mail from", "accept email from", "accepting email from", "accept e-mail from", "accept messages from", "accepting messages from", "accept connections from", "accepting connections from", "mail from your", "from your network", "from your server", "from your ip", "from your host", "from your domain", "from your mail server", "from your email server", "from your isp", "from your country",
        "your ip", "your ip address", "your network is", "your network has", "your server is", "your server has", "your host is", "your host has", "your hostname", "your domain is", "your domain has", "your mail server is", "your mail server has", "your email server is", "your sending", "sending ip", "sender ip", "sending server", "sending host", "client host", "connecting host", "connecting ip", "in our whitelist", "in our allow list", "in our allowlist", "no smtp service", "unregistered domains",
        "su dirección ip", "su servidor", "su ip", "il suo indirizzo ip", "il tuo indirizzo ip", "il tuo server", "il suo server", "ihre ip", "ihre ip-adresse", "ihr server", "ihr mailserver", "votre adresse ip", "votre ip", "votre serveur", "seu ip", "seu endereço ip", "seu servidor", "uw ip-adres", "вашего ip", "ваш ip", "вашего сервера",
    ])),
    says(33, Blocked, Reason::SenderRefused, &["return-path", "sender has been", "your address"]),
    says(34, Soft, Reason::Expired, &[
        "queue too long", "in the queue too long", "delivery expired", "message expired", "queue.expired", "delivery time expired", "message timed out", "message too old", "message is too old", "mail too old", "retry timeout exceeded", "retry time not reached", "exceeded maximum delivery attempts", "unable to deliver this message after", "could not be delivered after", "couldn't be delivered after", "was not delivered within", "not delivered within", "could not be delivered for more than", "delivery attempts", "delivery failed 20 attempts", "time limit", "giving up after", "max retries", "maximum retry", "failed to deliver for", "not been able to deliver", "has been in the queue", "could not deliver for the last", "all hosts have been failing for a long time",
    ]),
    says(36, Soft, Reason::NoAnswer, &[
        "no responde", "non risponde", "não responde", "ne répond pas", "antwortet nicht", "keine verbindung", "impossible de se connecter", "não foi possível conectar", "impossibile connettersi", "nie odpowiada", "nie można połączyć", "neodpovídá", "nem válaszol", "nu răspunde", "yanıt vermiyor", "reageert niet", "svarar inte", "svarer ikke", "ei vastaa", "сервер не отвечает", "превышено время ожидания", "истекло время", "не удалось подключиться", "не удалось соединиться", "応答がありません", "接続できません", "タイムアウト", "连接超时", "连接失败", "无法连接", "連線逾時", "無法連線",
        "connection timed out", "connection timeout", "connect timeout", "connection refused", "connection reset", "connection lost", "lost connection", "connection dropped", "connection closed", "connection was closed", "connection died", "connection failed", "connection to mail exchanger failed", "connect failed", "could not connect", "cannot connect", "can not connect", "couldn't connect", "unable to connect", "failed to connect", "timed out while", "timed out", "operation timed out", "timeout", "time out", "no route to host", "network is unreachable", "network unreachable", "host unreachable", "host is unreachable", "host not reachable", "not reachable", "unreachable", "no answer from host", "did not respond", "not responding", "is not responding", "no response", "socket error", "wasn't able to establish an smtp connection", "establish an smtp connection", "server unavailable", "host is down", "server down", "server did not respond", "refused to talk to me", "no connection", "no se pudo conectar", "tiempo de espera", "tempo scaduto", "zeitüberschreitung", "délai dépassé", "greeting failed", "temporarily unreachable",
    ]),
    says(38, RelayProblem, Reason::Route, &[
        "name server", "nameserver", "name service error", "dns error", "dns failure", "dns lookup", "dns server", "dns query", "host name lookup failure", "hostname lookup", "host lookup did not complete", "temporary lookup failure", "lookup failure", "mx lookup", "unable to route", "cannot route", "no route", "unroutable", "unrouteable", "could not find a gateway", "no mail hosts", "mx record", "mx records", "no mx", "could not resolve", "cannot resolve", "can't resolve", "unable to resolve", "try again: host", "routing error", "smtpsend.dns",
    ]),
    says(40, Soft, Reason::ServerTrouble, &[
        "временная ошибка", "повторите попытку позже", "попробуйте позже", "prøv igen senere", "försök igen senare", "probeer het later", "spróbuj ponownie później", "zkuste to později", "próbálja később", "încercați mai târziu", "daha sonra tekrar", "しばらくして", "しばらく経って", "稍后再试", "稍後再試", "tente novamente mais tarde",
        "system error", "internal error", "internal server error", "server error", "temporary error", "temporary failure", "temporary problem", "temporary local problem", "temporarily unavailable", "temporary server error", "local error", "error in processing", "local problem", "local configuration error", "configuration error", "service temporarily unavailable", "server busy", "server too busy", "too busy", "is busy", "resources", "permission denied", "command died", "command output", "can't create output", "cannot create", "cannot open", "can't open", "unable to write", "local delivery failed", "delivery agent", "mail server problem", "processing error", "encountered an error", "aliasing/forwarding loop", "undefined value", "ldap", "database", "lmtp error", "no such file or directory", "bad interpreter", "error writing", "read-only", "error temporal", "errore temporaneo", "try again later", "try later", "please try again", "intente más tarde", "riprovare più tardi", "später erneut", "réessayer plus tard",
    ]),
    says(42, Soft, Reason::Protocol, &[
        "syntax error", "unrecognized command", "command not recognized", "bad sequence", "command unrecognized", "protocol error", "improper command", "out of sequence", "pipelining", "not implemented", "unexpected response", "unsupported",
    ]),

    status(50, Hard, Reason::NoSuchUser, &["5.1.1", "5.1.4", "5.1.5", "5.2.4", "4.1.1"]),
    status(50, Hard, Reason::NoSuchDomain, &["5.1.2", "4.1.2"]),
    status(50, Hard, Reason::Malformed, &["5.1.3", "5.6.7"]),
    status(50, Hard, Reason::Moved, &["5.1.6"]),
    status(50, Hard, Reason::NoMail, &["5.1.10", "5.3.2"]),
    of_sender(status(50, Blocked, Reason::SenderRefused, &["x.1.7", "x.1.8", "x.1.9"])),
    status(50, Hard, Reason::Inactive, &["5.2.1"]),
    status(50, MailboxFull, Reason::MailboxFull, &["x.2.2"]),
    status(50, TooBig, Reason::TooBig, &["x.2.3", "x.3.4"]),
    status(50, Soft, Reason::ServerTrouble, &["x.3.1", "4.3.2", "x.3.0", "x.3.5", "x.2.0"]),
    status(50, Soft, Reason::NoAnswer, &["x.4.1", "x.4.2"]),
    status(50, RelayProblem, Reason::Route, &["x.4.3", "x.4.4"]),
    codes(50, Hard, Reason::NoMail, &[556]),
    status(50, Blocked, Reason::TooFast, &["x.4.5", "4.7.28", "x.5.3"]),
    status(50, RelayProblem, Reason::Loop, &["x.4.6"]),
    status(50, Soft, Reason::Expired, &["x.4.7"]),
    status(50, ContentRejected, Reason::Content, &["x.6.0", "x.6.1", "x.6.2", "x.6.3", "x.6.4", "x.6.5"]),
    status(50, Blocked, Reason::NotAuthentic, &["x.7.20", "x.7.21", "x.7.22", "x.7.23", "x.7.24", "x.7.25", "x.7.26", "x.7.27", "x.7.29"]),
    status(50, RelayProblem, Reason::Tls, &["x.7.10", "x.7.11"]),

    status(52, Blocked, Reason::Policy, &["x.7.x"]),
    // What a system says of a write that failed, a full mailbox among others.
    says(60, Soft, Reason::ServerTrouble, &["i/o error", "input/output error", "service unavailable", "service not available", "system unavailable", "system is unavailable", "system currently unavailable", "currently unavailable", "server is unavailable", "server not available", "servicio no disponible", "servizio non disponibile", "dienst nicht verfügbar", "service indisponible", "serviço indisponível"]),
    says(61, Hard, Reason::NoSuchUser, &[
        "neexistuje", "ei ole olemassa", "не существует", "не найден", "无法找到",
        "mailbox unavailable", "mailbox not available", "mailbox is unavailable", "recipient rejected", "recipient refused", "recipient address rejected", "recipient denied", "rcpt_to", "address rejected", "is not accepted", "address error", "undeliverable to", "user not available", "user unavailable", "desconocido", "sconosciuto", "unbekannt", "inconnu", "desconhecido", "inexistente", "nonexistent", "non-existent",
    ]),
    says(62, MailboxFull, Reason::MailboxFull, &["quota", "mailbox size", "storage limit", "cuota", "full", "lleno", "llena", "piena", "voll", "cheia", "pleine"]),
    says(63, Blocked, Reason::Policy, &[
        "blocked", "policy", "reputation", "denied", "banned", "refused", "prohibited", "not accepted", "not authorized", "unauthorized", "not allowed", "forbidden", "abuse", "complaints", "rejected for", "rejected due to", "bloqueado", "bloccato", "blockiert", "bloqué", "rechazado por", "security", "permission", "access denied", "not permitted", "filter", "filtered", "administrative prohibition", "administratively prohibited", "administrator",
        // 163.com's and 126.com's own codes.
        "mi:", "dt:", "rp:", "hl:",
    ]),
    says(64, Soft, Reason::Temporary, &["deferred", "delayed", "postponed", "temporary", "temporarily", "temporal", "temporaneo", "vorübergehend", "temporaire", "overload", "overloaded"]),
    status(65, Hard, Reason::NoSuchUser, &["5.1.0"]),

    status(70, Hard, Reason::NoSuchUser, &["5.1.x"]),
    status(70, RelayProblem, Reason::Route, &["5.4.x"]),
    status(70, ContentRejected, Reason::Content, &["5.6.x"]),
    status(70, Soft, Reason::ServerTrouble, &["5.3.x"]),
    status(70, Soft, Reason::Protocol, &["5.5.x"]),
    status(72, Soft, Reason::Temporary, &["4.x.x"]),

    // "Transaction failed": of what these words are said, it does not tell.
    codes(75, Unknown, Reason::Unspecified, &[554]),
    says(76, Hard, Reason::NoSuchUser, &["unknown", "not exist", "not found", "invalid", "illegal", "no longer", "not valid", "cannot be found", "unavailable"]),

    codes(80, MailboxFull, Reason::MailboxFull, &[552]),
    codes(80, Hard, Reason::Unspecified, &[550, 551, 553]),
    codes(80, Hard, Reason::NoMail, &[521]),
    codes(80, Soft, Reason::Protocol, &[500, 501, 502, 503, 504, 555]),
    codes(80, Soft, Reason::Temporary, &[421, 450, 451, 452, 454]),
];
