//! What was opened and which links were followed, on a sending's page: people and machines apart, in no figure together.

use minijinja::{Value, context};

use super::data::Sending;
use super::view::{Cell, Table};
use super::words::{self, Words};
use crate::ledger::reading::Readers;

/// Links that are listed.
const MOST: usize = 100;

#[rustfmt::skip]
pub(super) const WORDS: words::Table = &[
    ("reading", ["Aperturas y clics", "Aperture e clic", "Opens and clicks"]),
    ("reading_links", ["Enlaces seguidos", "Link seguiti", "Links that were followed"]),
    ("reading_what", ["correos", "messaggi", "mails"]),
    ("reading_link", ["enlace", "link", "link"]),
    ("opened", ["abiertos", "aperti", "opened"]),
    ("clicked", ["con algún enlace seguido", "con qualche link seguito", "with a link that was followed"]),
    ("people", ["por personas", "da persone", "by people"]),
    ("machines", ["solo por máquinas", "solo da macchine", "by machines only"]),
    ("reading_more", ["Otros {} enlaces se siguieron menos.", "Altri {} link sono stati seguiti meno.", "{} more links were followed less."]),
    ("reading_worth", [
        "Una apertura dice poco: muchos programas de correo no piden nunca la imagen que la cuenta, y otros, o filtros antes que ellos, la piden y siguen enlaces sin que nadie mire. Lo que se sabe que es una máquina va aparte; no todas se conocen.",
        "Un'apertura dice poco: molti programmi di posta non chiedono mai l'immagine che la conta, e altri, o filtri prima di loro, la chiedono e seguono link senza che nessuno guardi. Ciò che si sa essere una macchina sta a parte; non tutte sono note.",
        "An open says little: many mail programs never ask for the picture that counts it, and others, or filters before them, ask for it and follow links with nobody looking. What is known to be a machine stands apart; not all of them are known.",
    ]),
];

/// What was counted of a sending; nothing where nothing was.
pub(super) fn of(sending: &Sending, words: &Words) -> Option<Value> {
    let reading = &sending.reading;
    if reading.is_empty() {
        return None;
    }
    let row = |name: &str, readers: Readers| {
        vec![
            Cell::text(name),
            Cell::number(words.number(readers.people.into())),
            Cell::number(words.number(readers.machines.into())),
        ]
    };
    let table = |title: &str, what: &str, rows: Vec<Vec<Cell>>| {
        let mut table = Table::new(words.get(title), words, &[what, "#people", "#machines"]);
        table.rows = rows;
        table
    };
    let mails = vec![
        row(words.get("opened"), reading.opened),
        row(words.get("clicked"), reading.clicked),
    ];
    let links = reading.by_people();
    let shown = links.iter().take(MOST);
    let shown: Vec<_> = shown.map(|(link, readers)| row(link, *readers)).collect();
    let more = links.len().saturating_sub(MOST) as u64;
    Some(context! {
        mails => table("reading", "reading_what", mails),
        links => (!shown.is_empty()).then(|| table("reading_links", "reading_link", shown)),
        more => (more > 0).then(|| words.with("reading_more", &[&words.number(more)])),
    })
}
