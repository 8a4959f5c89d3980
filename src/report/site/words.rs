//! The words of the pages, in the organisation's language.

use std::collections::BTreeMap;

use crate::ledger::event::Exclusion;
use crate::mail::refusal::{Class, Language};
use crate::workspace::settings::Locale;

/// A language's words, by name.
pub struct Words {
    locale: Locale,
    table: BTreeMap<&'static str, &'static str>,
}

impl Words {
    /// A language's.
    pub fn of(locale: Locale) -> Self {
        let column = |(name, [es, it, en]): &(&'static str, [&'static str; 3])| {
            let word = match locale {
                Locale::Es => *es,
                Locale::It => *it,
                Locale::En => *en,
            };
            (*name, word)
        };
        Self {
            locale,
            table: WORDS
                .iter()
                .chain(REASONS)
                .chain(super::links::WORDS)
                .map(column)
                .collect(),
        }
    }

    /// The language's tag.
    pub const fn tag(&self) -> &'static str {
        self.locale.tag()
    }

    /// The language that reasons are told in.
    pub const fn language(&self) -> Language {
        match self.locale {
            Locale::Es => Language::Es,
            Locale::It => Language::It,
            Locale::En => Language::En,
        }
    }

    /// The word of this name; the name where there is none, which a test forbids.
    pub fn get<'a>(&'a self, name: &'a str) -> &'a str {
        self.table.get(name).copied().unwrap_or(name)
    }

    /// A sentence with its values, in their order, at its `{}`.
    pub fn with(&self, name: &str, values: &[&str]) -> String {
        let mut parts = self.get(name).split("{}");
        let mut out = parts.next().unwrap_or_default().to_owned();
        let values = values.iter().copied().chain(std::iter::repeat(""));
        for (part, value) in parts.zip(values) {
            out.push_str(value);
            out.push_str(part);
        }
        out
    }

    /// All of them, for templates.
    pub fn all(&self) -> minijinja::Value {
        minijinja::Value::from_pairs(self.table.iter().map(|(name, word)| (*name, *word)))
    }

    /// Why somebody is not mailed.
    pub fn exclusion(&self, reason: Exclusion) -> &str {
        self.table
            .get(reason.name())
            .copied()
            .unwrap_or(reason.name())
    }

    /// A bounce's class.
    pub fn class(&self, class: Class) -> &str {
        self.table
            .get(class_key(class))
            .copied()
            .unwrap_or(class.name())
    }

    /// A whole number, with its thousands apart.
    pub fn number(&self, number: u64) -> String {
        let digits = number.to_string();
        let mut out = String::with_capacity(digits.len() + 4);
        for (at, digit) in digits.chars().enumerate() {
            if at > 0 && (digits.len() - at).is_multiple_of(3) {
                out.push(if self.is_english() { ',' } else { '.' });
            }
            out.push(digit);
        }
        out
    }

    /// Per cent, with so many digits after the point.
    pub fn percent(&self, value: f64, digits: usize) -> String {
        let text = format!("{value:.digits$}");
        match self.is_english() {
            true => format!("{text}%"),
            false => format!("{}\u{a0}%", text.replace('.', ",")),
        }
    }

    /// A part of a whole in per cent; empty where there is no whole.
    pub fn share(&self, part: u64, whole: u64) -> String {
        match percent(part, whole) {
            None => String::new(),
            // Few of many is not none.
            Some(value) if part > 0 && value < 0.1 => self.percent(value, 2),
            Some(value) => self.percent(value, 1),
        }
    }

    const fn is_english(&self) -> bool {
        matches!(self.locale, Locale::En)
    }
}

/// A part of a whole in per cent.
pub fn percent(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 * 100.0 / whole as f64)
}

const fn class_key(class: Class) -> &'static str {
    match class {
        Class::Hard => "class-hard",
        Class::Soft => "class-soft",
        Class::Blocked => "class-blocked",
        Class::MailboxFull => "class-full",
        Class::TooBig => "class-big",
        Class::ContentRejected => "class-content",
        Class::RelayProblem => "class-relay",
        Class::Unknown => "class-unknown",
    }
}

/// Spanish, Italian, English.
pub(super) type Table = &'static [(&'static str, [&'static str; 3])];

#[rustfmt::skip]
const WORDS: Table = &[
    ("report", ["Informe de envíos", "Rapporto degli invii", "Mailing report"]),
    ("overview", ["Resumen", "Panoramica", "Overview"]),
    ("campaigns", ["Campañas", "Campagne", "Campaigns"]),
    ("campaign", ["Campaña", "Campagna", "Campaign"]),
    ("lists", ["Listas", "Liste", "Lists"]),
    ("list", ["Lista", "Lista", "List"]),
    ("deliverability", ["Entregabilidad", "Recapitabilità", "Deliverability"]),
    ("skip", ["Saltar al contenido", "Vai al contenuto", "Skip to the content"]),
    ("pages", ["Páginas", "Pagine", "Pages"]),
    ("numbers", ["Los números", "I numeri", "The numbers"]),
    ("as_of", ["Según el registro {}, leído el {}.", "Secondo il registro {}, letto il {}.", "By the ledger {}, read on {}."]),
    ("no_ledger", ["Todavía no hay registro: no se ha enviado nada.", "Non c'è ancora un registro: nulla è stato inviato.", "There is no ledger yet: nothing was sent."]),
    ("accepted_means", ["«Aceptado» quiere decir que el servidor tomó el correo. Si llegó, solo se sabe por lo que vuelve.", "«Accettato» vuol dire che il server ha preso il messaggio. Se è arrivato, si sa solo da ciò che torna.", "“Accepted” means that the relay took the mail. Whether it arrived is known only from what comes back."]),
    ("private", ["Contiene direcciones: no lo publique.", "Contiene indirizzi: non va pubblicato.", "It holds addresses: do not publish it."]),
    ("sendings", ["Envíos", "Invii", "Sendings"]),
    ("audience", ["Audiencia", "Destinatari scelti", "Audience"]),
    ("accepted", ["Aceptados", "Accettati", "Accepted"]),
    ("rejected", ["Rechazados", "Rifiutati", "Rejected"]),
    ("excluded", ["Excluidos", "Esclusi", "Excluded"]),
    ("pending", ["Pendientes", "In attesa", "Pending"]),
    ("unknown", ["Sin saber", "Incerti", "Unknown"]),
    ("recipients", ["Destinatarios", "Destinatari", "Recipients"]),
    ("deferred", ["Aplazados", "Rinviati", "Deferred"]),
    ("bounced", ["Rebotados", "Tornati indietro", "Bounced"]),
    ("hard", ["Rebote definitivo", "Ritorno definitivo", "Hard bounce"]),
    ("other", ["Otro rebote", "Altro ritorno", "Other bounce"]),
    ("quiet", ["Sin rebote", "Senza ritorno", "No bounce"]),
    ("complaints", ["Quejas", "Reclami", "Complaints"]),
    ("left", ["Bajas", "Cancellazioni", "Left"]),
    ("read", ["Acuse de lectura", "Conferma di lettura", "Read receipt"]),
    ("replied", ["Respuestas", "Risposte", "Replies"]),
    ("total", ["Suma", "Somma", "Sum"]),
    ("count", ["Número", "Numero", "Number"]),
    ("share", ["Parte", "Quota", "Share"]),
    ("of_audience", ["De la audiencia", "Dei destinatari scelti", "Of the audience"]),
    ("of_accepted", ["De los aceptados", "Degli accettati", "Of the accepted"]),
    ("reason", ["Motivo", "Motivo", "Reason"]),
    ("kind", ["Clase", "Classe", "Class"]),
    ("example", ["Palabras del servidor, por ejemplo", "Parole del server, per esempio", "A server's words, for example"]),
    ("refused_at_once", ["Al entregar", "Alla consegna", "While handing over"]),
    ("later", ["Después", "In seguito", "Later"]),
    ("date", ["Fecha", "Data", "Date"]),
    ("at", ["Cuándo", "Quando", "When"]),
    ("started", ["Empezó", "Iniziato", "Started"]),
    ("last", ["Última novedad", "Ultima novità", "Last news"]),
    ("sender", ["Remitente", "Mittente", "Sender"]),
    ("approved", ["Aprobado en", "Approvato in", "Approved in"]),
    ("subject", ["Asunto", "Oggetto", "Subject"]),
    ("not_started", ["sin empezar", "non iniziato", "not started"]),
    ("trend", ["Envíos recientes", "Invii recenti", "Recent sendings"]),
    ("trend_says", ["Una barra por envío, del más reciente al más antiguo: lo que no rebotó, lo que rebotó, lo rechazado y lo que falta.", "Una barra per invio, dal più recente: ciò che non è tornato, ciò che è tornato, i rifiutati e ciò che manca.", "A bar for each sending, latest first: what did not bounce, what bounced, what was rejected and what is missing."]),
    ("rates", ["Rebotes y quejas", "Ritorni e reclami", "Bounces and complaints"]),
    ("rates_says", ["Por ciento de los aceptados, envío por envío. Rebotes definitivos: {} en el último; quejas: {}.", "Per cento degli accettati, invio per invio. Ritorni definitivi: {} nell'ultimo; reclami: {}.", "Per cent of the accepted, sending by sending. Hard bounces: {} in the latest; complaints: {}."]),
    ("hard_rate", ["Rebotes definitivos", "Ritorni definitivi", "Hard bounces"]),
    ("complaint_rate", ["Quejas", "Reclami", "Complaints"]),
    ("all_sendings", ["Todos los envíos", "Tutti gli invii", "Every sending"]),
    ("waits", ["Espera a una persona", "Attende una persona", "Waits for a person"]),
    ("nothing_waits", ["Nada espera a una persona.", "Nulla attende una persona.", "Nothing waits for a person."]),
    ("waits_unknown", ["correos de los que nadie sabe: {}", "messaggi di cui nessuno sa: {}", "mails of which nobody knows: {}"]),
    ("waits_departed", ["filas por retirar de quienes se dieron de baja o se quejaron: {}", "righe da togliere di chi si è disiscritto o ha reclamato: {}", "rows to remove of who left or complained: {}"]),
    ("waits_overdue", ["filas con el plazo vencido: {}", "righe con il termine scaduto: {}", "rows whose time is over: {}"]),
    ("funnel", ["De la audiencia al servidor de correo", "Dai destinatari al server di posta", "From audience to relay"]),
    ("funnel_says", ["De {} elegidos se escribió o escribirá a {}; el servidor tomó {}; de {} no se supo ningún rebote.", "Di {} scelti si è scritto o si scriverà a {}; il server ne ha presi {}; di {} non si sa di alcun ritorno.", "Of {} selected, {} were or will be written to; the relay took {}; of {} no bounce was heard."]),
    ("written_to", ["No excluidos", "Non esclusi", "Not excluded"]),
    ("accounting", ["Cada uno está en una línea", "Ognuno sta in una riga", "Everybody stands in one line"]),
    ("what_came_back", ["Lo que volvió de los aceptados", "Che cosa è tornato degli accettati", "What came back of the accepted"]),
    ("overlay", ["De los mismos correos se supo además:", "Degli stessi messaggi si è saputo inoltre:", "Of the same mails was heard besides:"]),
    ("elsewhere", ["Volvieron además, sin que el registro los tenga por aceptados: {}.", "Sono tornati inoltre, senza che il registro li abbia per accettati: {}.", "Came back besides, without being accepted in the ledger: {}."]),
    ("timeline", ["El envío en el tiempo", "L'invio nel tempo", "The sending in time"]),
    ("timeline_says", ["Correos aceptados: {}, en periodos de {}; lo más en uno: {}.", "Messaggi accettati: {}, in periodi di {}; il massimo in uno: {}.", "Mails accepted: {}, in periods of {}; the most in one: {}."]),
    ("by_plan", ["Según el plan", "Secondo il piano", "By the plan"]),
    ("by_plan_so_far", ["Plan, hasta entonces", "Piano, fino allora", "Plan, so far"]),
    ("accepted_so_far", ["Aceptados, hasta entonces", "Accettati, fino allora", "Accepted, so far"]),
    ("plan_says", ["Según el plan aprobado, si nada más saliera al mismo tiempo: de {} a {}.", "Secondo il piano approvato, se nello stesso tempo non uscisse altro: dal {} al {}.", "By the plan that was approved, if nothing else went out in that time: {} to {}."]),
    ("truth_says", ["En realidad: de {} a {}.", "In realtà: dal {} al {}.", "In truth: {} to {}."]),
    ("plan_unsent", ["Correos a los que no les llegaría el turno: {}.", "Messaggi che non avrebbero avuto il loro turno: {}.", "Mails that would never have had their turn: {}."]),
    ("no_plan", ["No hay plan con qué comparar: aquí no se puede leer el commit que lo aprobó.", "Non c'è un piano con cui confrontare: qui non si può leggere il commit che lo ha approvato.", "There is no plan to compare with: the commit that approved it cannot be read here."]),
    ("compared", ["Listas, temas y grupos comparados", "Liste, temi e gruppi a confronto", "Lists, topics and groups compared"]),
    ("not_compared", ["Solo se puede comparar con la clave de la organización y donde se pueden leer los commits del envío.", "Si può confrontare solo con la chiave dell'organizzazione e dove si possono leggere i commit dell'invio.", "They can be compared only with the organisation's key, and where the sending's commits can be read."]),
    ("nothing_compared", ["No hay grupos que comparar.", "Non ci sono gruppi da confrontare.", "There are no groups to compare."]),
    ("compared_mean", ["Como eran las listas cuando se fijó la audiencia, sin los excluidos. Los grupos de menos de {} personas van juntos. Quien eligió varios temas cuenta en cada uno.", "Come erano le liste quando i destinatari furono fissati, senza gli esclusi. I gruppi con meno di {} persone stanno insieme. Chi ha scelto più temi conta in ciascuno.", "As the lists were when the audience was fixed, without the excluded. Groups of fewer than {} people are joined. Who chose several topics counts in each."]),
    ("by_list", ["Por lista", "Per lista", "By list"]),
    ("by_topic", ["Por tema", "Per tema", "By topic"]),
    ("by_column", ["Por columna: {}", "Per colonna: {}", "By column: {}"]),
    ("group", ["Grupo", "Gruppo", "Group"]),
    ("not_accepted", ["No aceptados", "Non accettati", "Not accepted"]),
    ("groups_says", ["Qué fue de los correos de {} grupos; el mayor es {}.", "Che cosa è stato dei messaggi di {} gruppi; il maggiore è {}.", "What became of the mails of {} groups; the largest is {}."]),
    ("yes", ["sí", "sì", "yes"]),
    ("no", ["no", "no", "no"]),
    ("empty", ["vacío", "vuoto", "empty"]),
    ("in_no_list", ["en ninguna lista", "in nessuna lista", "in no list"]),
    ("no_topic", ["ningún tema", "nessun tema", "no topic"]),
    ("growth", ["Crecimiento", "Crescita", "Growth"]),
    ("growth_text", ["Miembros al final de cada mes, según la historia de las listas en la rama principal: el número que había y quiénes entraron y salieron desde el mes anterior. Una dirección corregida cuenta como una salida y una entrada.", "Membri alla fine di ogni mese, secondo la storia delle liste nel ramo principale: quanti erano e quanti sono entrati e usciti dal mese prima. Un indirizzo corretto conta come un'uscita e un'entrata.", "Members at the end of each month, by the lists' history on the main branch: how many there were, and who joined and left since the month before. A corrected address counts as one who left and one who joined."]),
    ("growth_says", ["Miembros de {} al final de cada mes: {} al principio, {} ahora.", "Membri di {} alla fine di ogni mese: {} all'inizio, {} ora.", "Members of {} at the end of each month: {} at first, {} now."]),
    ("growth_encrypted", ["Cifradas, y sin su clave no se sabe cómo crecieron: {}", "Cifrate, e senza la loro chiave non si sa come sono cresciute: {}", "Encrypted, and without their key nobody can tell how they grew: {}"]),
    ("no_growth", ["La historia que hay aquí no llega a un mes atrás.", "La storia che c'è qui non arriva a un mese fa.", "The history that is here does not go back a month."]),
    ("month", ["Mes", "Mese", "Month"]),
    ("joined", ["Entraron", "Entrati", "Joined"]),
    ("gone", ["Salieron", "Usciti", "Left"]),
    ("period", ["Periodo desde", "Periodo dal", "Period from"]),
    ("settled", ["Además cuentan como aceptados, porque una persona lo dijo: {}.", "Inoltre contano come accettati, perché una persona lo ha detto: {}.", "Accepted besides, because a person said so: {}."]),
    ("nothing_accepted", ["Todavía no se ha aceptado ningún correo.", "Nessun messaggio è ancora stato accettato.", "No mail was accepted yet."]),
    ("destinations", ["Destinos", "Destinazioni", "Destinations"]),
    ("destination", ["Destino", "Destinazione", "Destination"]),
    ("destinations_says", ["Una barra por destino: {} destinos, el mayor es {}.", "Una barra per destinazione: {} destinazioni, la maggiore è {}.", "A bar for each destination: {} destinations, the largest is {}."]),
    ("others", ["otros, juntos", "altri, insieme", "others, together"]),
    ("others_mean", ["Los destinos de menos de {} personas van juntos, porque su nombre las señalaría.", "Le destinazioni con meno di {} persone stanno insieme, perché il nome le indicherebbe.", "Destinations of fewer than {} people are joined, because their names would point at them."]),
    ("failures", ["Rechazos y rebotes por motivo", "Rifiuti e ritorni per motivo", "Rejections and bounces by reason"]),
    ("failures_says", ["Rechazados al entregar: {}; rebotados después: {}.", "Rifiutati alla consegna: {}; tornati in seguito: {}.", "Rejected while handing over: {}; bounced later: {}."]),
    ("no_failures", ["Ningún rechazo y ningún rebote.", "Nessun rifiuto e nessun ritorno.", "No rejection and no bounce."]),
    ("exclusions", ["Excluidos por motivo", "Esclusi per motivo", "Excluded by reason"]),
    ("exclusions_says", ["Excluidos: {}; el motivo más frecuente: {}.", "Esclusi: {}; il motivo più frequente: {}.", "Excluded: {}; the most frequent reason: {}."]),
    ("nobody_excluded", ["Nadie está excluido.", "Nessuno è escluso.", "Nobody is excluded."]),
    ("unknown_heading", ["Nadie sabe si salieron", "Nessuno sa se sono partiti", "Nobody knows whether they went out"]),
    ("unknown_text", ["Correos de los que nadie sabe si salieron: {}. No se envían otra vez por sí solos. Números en la audiencia: {}.", "Messaggi di cui nessuno sa se sono partiti: {}. Non vengono inviati di nuovo da soli. Numeri nell'elenco: {}.", "Mails of which nobody knows whether they went out: {}. They are not sent again by themselves. Places in the audience: {}."]),
    ("unknown_expired", ["En manos de una ejecución que murió: {}. Ejecute primero «postmerge send» en su máquina, que quizá lo sabe.", "In mano a un'esecuzione che è morta: {}. Esegua prima «postmerge send» sulla sua macchina, che forse lo sa.", "Held by a run that died: {}. Run “postmerge send” on its machine first, which may know."]),
    ("unknown_do", ["Mire el registro del servidor de correo y diga qué pasó:", "Guardi il registro del server di posta e dica che cosa è successo:", "Look into the relay's log, then say what happened:"]),
    ("listed", ["Correos que fallaron, uno por uno", "Messaggi falliti, uno per uno", "Mails that failed, one by one"]),
    ("show", ["Mostrarlos", "Mostrarli", "Show them"]),
    ("index", ["Número", "Numero", "Place"]),
    ("address", ["Dirección", "Indirizzo", "Address"]),
    ("how", ["Qué pasó", "Che cosa è successo", "What happened"]),
    ("how_rejected", ["rechazado al entregar", "rifiutato alla consegna", "rejected while handing over"]),
    ("how_bounced", ["volvió", "tornato indietro", "bounced"]),
    ("how_complained", ["marcado como no deseado", "segnalato come indesiderato", "reported as unwanted"]),
    ("unlisted", ["Y {} más; todos, con:", "E altri {}; tutti, con:", "And {} more; all of them by:"]),
    ("stopped_heading", ["Retenido: no sale nada más", "Fermato: non parte più nulla", "Held: nothing more goes out"]),
    ("stopped_since", ["Retenido desde {}.", "Fermato dal {}.", "Held since {}."]),
    ("stopped_next", ["El próximo envío lo retendrá.", "Il prossimo invio lo fermerà.", "The next run holds it."]),
    ("stopped_rates", ["Limpie las listas; para seguir de todos modos, escriba el motivo en policy.rates.go_on de postmerge.yaml.", "Pulisca le liste; per continuare comunque, scriva il motivo in policy.rates.go_on di postmerge.yaml.", "Clean the lists; to go on all the same, give the reason under policy.rates.go_on in postmerge.yaml."]),
    ("stopped_mend", ["Corrija el motivo; el próximo envío lo intenta de nuevo.", "Corregga il motivo; il prossimo invio riprova.", "Mend the reason; the next run tries again."]),
    ("waits_held", ["retenido", "fermato", "held"]),
    ("excess_complaints", ["hubo quejas de {} de {} correos aceptados: {}, y el límite es {}", "ci sono stati reclami per {} di {} messaggi accettati: {}, e il limite è {}", "{} of {} accepted mails were complained of: {}, and {} is the limit"]),
    ("excess_bounces", ["{} de {} correos fueron a direcciones que no reciben: {}, y el límite es {}", "{} di {} messaggi sono andati a indirizzi che non ne ricevono: {}, e il limite è {}", "{} of {} mails went to addresses that take none: {}, and {} is the limit"]),
    ("excess_at", ["en {}: {}", "presso {}: {}", "at {}: {}"]),
    ("excess_sender", ["remitente {}, últimos {} días: {}", "mittente {}, ultimi {} giorni: {}", "sender {}, last {} days: {}"]),
    ("notes", ["Retenciones y ventanas perdidas", "Fermate e finestre perse", "Holds and missed windows"]),
    ("held", ["retenido", "fermato", "held"]),
    ("lapsed", ["ventana perdida", "finestra persa", "window missed"]),
    ("lists_health", ["Salud de las listas", "Salute delle liste", "Lists' health"]),
    ("lists_unread", ["Cuántos miembros y rebotes tienen las listas solo se puede decir con la clave de la organización ({}).", "Quanti membri e ritorni hanno le liste si può dire solo con la chiave dell'organizzazione ({}).", "How many members and bounces the lists have can be told only with the organisation's key ({})."]),
    ("no_lists", ["La rama principal no tiene listas.", "Il ramo principale non ha liste.", "The main branch has no lists."]),
    ("owner", ["Responde", "Responsabile", "Owner"]),
    ("members", ["Miembros", "Membri", "Members"]),
    ("cases", ["No escribibles", "Non raggiungibili", "Not to be written to"]),
    ("new", ["Por avisar", "Da avvisare", "Owner not told"]),
    ("open", ["En plazo", "Nei termini", "Awaiting the owner"]),
    ("to_remove", ["Por retirar", "Da togliere", "To remove"]),
    ("overdue", ["Vencidos", "Scaduti", "Overdue"]),
    ("confirmed", ["Confirmada", "Confermata", "Confirmed"]),
    ("stale", ["hace demasiado", "troppo tempo fa", "too long ago"]),
    ("members_says", ["Miembros por lista, y cuántos de ellos no se pueden escribir.", "Membri per lista, e quanti di essi non sono raggiungibili.", "Members of each list, and how many of them cannot be written to."]),
    ("fine", ["Escribibles", "Raggiungibili", "Can be written to"]),
    ("waiting", ["Filas que esperan a su responsable", "Righe che attendono il responsabile", "Rows awaiting their owner"]),
    ("never_joined", ["Personas que dicen que nunca se dieron de alta: {}.", "Persone che dicono di non essersi mai iscritte: {}.", "People who say that they never joined: {}."]),
    ("none_waits", ["Ninguna fila espera.", "Nessuna riga attende.", "No row waits."]),
    ("days_left", ["Días hábiles que quedan", "Giorni lavorativi rimasti", "Business days left"]),
    ("until", ["Hasta", "Entro", "Until"]),
    ("unreadable", ["Filas sin dirección legible", "Righe senza indirizzo leggibile", "Rows without a readable address"]),
    ("not_written", ["Direcciones a las que no se escribe", "Indirizzi a cui non si scrive", "Addresses that are not written to"]),
    ("not_written_says", ["{} direcciones, en listas o ya no, por motivo.", "{} indirizzi, in lista o non più, per motivo.", "{} addresses, in lists or not any more, by reason."]),
    ("providers", ["Por proveedor", "Per provider", "By provider"]),
    ("providers_says", ["Qué parte de los correos contestados quedó sin rebote, rebotó o fue rechazada, por proveedor.", "Quale parte dei messaggi con risposta è rimasta senza ritorno, è tornata o è stata rifiutata, per provider.", "Which part of the answered mails had no bounce, bounced or was rejected, by provider."]),
    ("over_time", ["Sin rebote, envío por envío", "Senza ritorno, invio per invio", "Without a bounce, sending by sending"]),
    ("over_time_says", ["Por ciento de los correos contestados sin rebote; en el último envío {}.", "Per cento dei messaggi con risposta senza ritorno; nell'ultimo invio {}.", "Per cent of the answered mails without a bounce; in the latest sending {}."]),
    ("footer", ["Escrito por postmerge report. Ninguna página pide nada a la red.", "Scritto da postmerge report. Nessuna pagina chiede nulla alla rete.", "Written by postmerge report. No page asks the network for anything."]),
    ("minutes", ["{} min", "{} min", "{} min"]),
    ("hours", ["{} h", "{} h", "{} h"]),
    ("days", ["{} d", "{} g", "{} d"]),
];

#[rustfmt::skip]
const REASONS: Table = &[
    ("duplicate", ["ya elegido con la misma dirección", "già scelto con lo stesso indirizzo", "listed twice"]),
    ("no-consent", ["sin consentimiento", "senza consenso", "without consent"]),
    ("unsubscribed", ["se dio de baja", "si è cancellato", "unsubscribed"]),
    ("complained", ["se quejó", "ha reclamato", "complained"]),
    ("hard-bounce", ["sin buzón que reciba", "senza casella che riceva", "without a mailbox that takes mail"]),
    ("suppressed", ["suprimido por una persona", "soppresso da una persona", "suppressed by a person"]),
    ("excluded-list", ["en una lista excluida", "in una lista esclusa", "in an excluded list"]),
    ("excluded-address", ["excluido por nombre", "escluso per nome", "excluded by name"]),
    ("member", ["ya está en la lista a la que se invita", "è già nella lista a cui si invita", "in the list already that they would be invited to"]),
    ("document-received", ["ya tiene todos los documentos", "ha già tutti i documenti", "with every document already"]),
    ("frequency-cap", ["ya recibió bastante en estos días", "ha già ricevuto abbastanza in questi giorni", "mailed as often lately as policy allows"]),
    ("paused", ["hizo una pausa", "ha messo in pausa", "paused for some time, as they wish"]),
    ("wants-fewer", ["quiere menos correos", "vuole meno messaggi", "mailed as often lately as they wish"]),
    ("confirmed-lately", ["ya confirmó", "ha già confermato", "confirmed already"]),
    ("asked-enough", ["ya se le preguntó bastante", "gli si è già chiesto abbastanza", "asked to confirm as often as policy allows"]),
    ("unconfirmed", ["sin confirmar", "senza conferma", "unconfirmed, however often asked"]),
    ("address-invalid", ["sin dirección válida", "senza indirizzo valido", "without a valid address"]),
    ("document-missing", ["falta su documento", "manca il suo documento", "without their own document"]),
    ("not-renderable", ["no se pudo hacer su correo", "il messaggio non si è potuto fare", "no mail could be made"]),
    ("left-list", ["quitado de la lista después", "tolto poi dalla lista", "taken off the list since"]),
    ("cancelled", ["la campaña se canceló", "la campagna è stata annullata", "the campaign was cancelled"]),
    ("gave-up", ["siempre «ahora no»", "sempre «non ora»", "every try was answered “not now”"]),
    ("class-hard", ["definitivo", "definitivo", "hard"]),
    ("class-soft", ["pasajero", "passeggero", "soft"]),
    ("class-blocked", ["bloqueado", "bloccato", "blocked"]),
    ("class-full", ["buzón lleno", "casella piena", "mailbox full"]),
    ("class-big", ["demasiado grande", "troppo grande", "too big"]),
    ("class-content", ["contenido rechazado", "contenuto rifiutato", "content rejected"]),
    ("class-relay", ["problema del camino", "problema del percorso", "relay problem"]),
    ("class-unknown", ["sin clase", "senza classe", "unknown"]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_says_the_same() {
        let links = super::super::links::WORDS;
        for (name, texts) in WORDS.iter().chain(REASONS).chain(links) {
            let marks = texts.map(|text| text.matches("{}").count());
            assert!(marks.iter().all(|it| *it == marks[0]), "{name}");
            assert!(texts.iter().all(|text| !text.is_empty()), "{name}");
        }
        let words = Words::of(Locale::It);
        assert_eq!(
            words.table.len(),
            WORDS.len() + REASONS.len() + links.len(),
            "no two have one name"
        );
        for reason in Exclusion::ALL {
            assert!(words.table.contains_key(reason.name()), "{}", reason.name());
        }
        for class in Class::ALL {
            assert!(
                words.table.contains_key(class_key(class)),
                "{}",
                class.name()
            );
        }
    }

    #[test]
    fn numbers_are_written_as_in_the_language() {
        let (es, en) = (Words::of(Locale::Es), Words::of(Locale::En));
        assert_eq!(
            (es.number(12_345), en.number(999)),
            ("12.345".to_owned(), "999".to_owned())
        );
        assert_eq!(es.share(1, 3), "33,3\u{a0}%");
        assert_eq!(
            (en.share(1, 2_000), en.share(0, 0)),
            ("0.05%".to_owned(), String::new())
        );
        assert_eq!(
            en.with("settled", &["3"]),
            "Accepted besides, because a person said so: 3."
        );
    }
}
