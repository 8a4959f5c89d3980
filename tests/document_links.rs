//! Where a mail's documents lead: the portal for each one's own, where it hands them out, and where all are published else.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::disallowed_methods
)]

use std::path::PathBuf;
use std::sync::Arc;

use jiff::{Timestamp, ToSpan};
use postmerge::mail::address::Address;
use postmerge::mail::digest::Digest;
use postmerge::mail::occurrence::{CampaignId, OccurrenceId};
use postmerge::mail::portal_address::{NoDocument, read_document};
use postmerge::mail::recipient_id::RecipientKey;
use postmerge::mail::token::{InMail, OccurrenceTag};
use postmerge::plan::content::Content;
use postmerge::plan::mailing::{Mailing, Person};
use postmerge::workspace::Workspace;
use postmerge::workspace::folder::Folder;
use postmerge::workspace::member::{Member, Value};
use postmerge::workspace::published::document_url;
use postmerge::workspace::source::Source;

#[path = "support/overlay.rs"]
mod overlay;

const CAMPAIGN: &str = "subject: Aviso\nsender: eventos\ntemplate: boletin\naudience: {lists: [clientes]}\n\
    send: {date: 2098-12-03, window: \"12:00\"}\ndocuments:\n  - {file: programa.pdf}\n  - {file: \"facturas/{{ nombre }}.pdf\"}\n";
const LIST: &str = "title: Clientes\nowner: ana\npurpose: Facturas\nconsent: {basis: contract}\ncolumns:\n  nombre: {type: text}\n";
const PUBLISH: &str = "publish: {url: \"https://archivos.camara.example\"}\n";

fn key() -> RecipientKey {
    RecipientKey::from_secret(&[7; 32]).unwrap()
}

fn occurrence() -> OccurrenceId {
    "aviso".parse().unwrap()
}

fn date() -> Timestamp {
    "2098-12-03T17:00:00Z".parse().unwrap()
}

/// The mail's page with more settings, as it is sent and as it is shown; and how many documents are looked for where they are
/// published.
fn pages(settings: &str) -> (String, String, usize) {
    let folder = overlay::base(&PathBuf::from(env!("CARGO_MANIFEST_DIR")));
    let write = |path: &str, text: &str| {
        overlay::write(&folder.path().join(path), text.as_bytes());
    };
    let before = std::fs::read_to_string(folder.path().join("postmerge.yaml")).unwrap();
    write("postmerge.yaml", &format!("{before}{settings}"));
    write("lists/clientes.yaml", LIST);
    write(
        "lists/clientes.csv",
        "email,nombre\nana@uno.example,Ana B\n",
    );
    write("campaigns/aviso/campaign.yaml", CAMPAIGN);
    write("campaigns/aviso/body.md", "Hola.\n");
    write("campaigns/aviso/programa.pdf", "programa");
    write("campaigns/aviso/facturas/Ana B.pdf", "factura");
    let source: Arc<dyn Source> = Arc::new(Folder::new(folder.path()));
    let workspace = Workspace::load(&*source).into_workspace().unwrap();
    let id = CampaignId::parse("aviso").unwrap();
    let content = Content::of(&source, "here", &Arc::new(workspace), &id).unwrap();
    let columns = ["nombre".to_owned()];
    let mailing = Mailing::compile(content, &occurrence(), &columns, &key(), Vec::new()).unwrap();
    let address = Address::parse("ana@uno.example").unwrap();
    let member = Member {
        address: address.clone(),
        columns: columns.iter().cloned().collect(),
        values: vec![Value::Text("Ana B".to_owned())],
    };
    let person = Person::own(&address, Some(&member), 5);
    let page = |person: Person<'_>| mailing.parts(&person, date()).unwrap().html;
    let later = mailing.parts(&person, date() + 1.hour()).unwrap().html;
    assert_eq!(page(person), later, "the same mail, tried again");
    let looked_for = mailing.linked_documents().count();
    (page(person), page(person.specimen()), looked_for)
}

fn published(name: &str, content: &str) -> String {
    let digest = Digest::of(content.as_bytes());
    document_url("https://archivos.camara.example", &key(), &digest, name)
}

#[test]
fn without_the_portal_all_are_published() {
    for settings in ["", "portal: {url: \"https://portal.camara.example\"}\n"] {
        let (sent, shown, looked_for) = pages(&format!("{PUBLISH}{settings}"));
        assert!(
            sent.contains(&published("programa.pdf", "programa")),
            "{sent}"
        );
        assert!(sent.contains(&published("Ana B.pdf", "factura")), "{sent}");
        assert_eq!(sent, shown);
        assert_eq!(looked_for, 2);
    }
}

#[test]
fn the_portal_hands_out_each_ones_own_for_a_time() {
    let portal = "portal: {url: \"https://portal.camara.example\", documents: 30}\n";
    let (sent, shown, looked_for) = pages(&format!("{PUBLISH}{portal}"));
    assert!(
        sent.contains(&published("programa.pdf", "programa")),
        "{sent}"
    );
    assert_eq!(looked_for, 1);
    let (_, rest) = sent.split_once("https://portal.camara.example/d/").unwrap();
    let (address, _) = rest.split_once('"').unwrap();
    let parts: Vec<&str> = address.split('/').collect();
    assert_eq!(parts[2..], ["facturas", "Ana%20B.pdf"]);
    let read = |now| read_document(&key(), parts[0], parts[1], "facturas/Ana B.pdf", now);
    let mail = InMail {
        occurrence: OccurrenceTag::of(&key(), &occurrence()),
        index: 5,
    };
    assert_eq!(read(date()), Ok(mail));
    assert_eq!(read("2099-01-02T23:59:59Z".parse().unwrap()), Ok(mail));
    let over = read("2099-01-03T00:00:00Z".parse().unwrap());
    assert_eq!(over, Err(NoDocument::Over));
    assert!(
        shown.contains("\"https://portal.camara.example/d/specimen\""),
        "{shown}"
    );
}
