//! What lies over a list, and what its file has to become.

use std::io::{Seek, SeekFrom, Write};

use jiff::Timestamp;

use super::*;
use crate::ledger::feedback::MessageKey;
use crate::ledger::wish::{Wanted, Way, Wish};
use crate::mail::address::Address;

const FILE: &str = "email,nombre,temas\nana@x.example,Ana,ferias\nluis@x.example,Luis,\n";

fn key(secret: u8) -> RecipientKey {
    RecipientKey::from_secret(&[secret; 32]).unwrap()
}

fn list(folded: u32) -> List {
    serde_yaml::from_str(&format!(
        "title: x\nowner: ana\npurpose: tests\nconsent: {{basis: contract}}\nfolded: {folded}\n\
         topics: {{ferias: {{title: F}}, becas: {{title: B}}}}\n\
         columns: {{nombre: {{type: text, required: true}}, temas: {{type: topics}}}}\n"
    ))
    .unwrap()
}

fn id(who: &str) -> RecipientId {
    key(7).id(&Address::parse(who).unwrap())
}

/// One wish: in which segment, of whom, whose words they are, and the cells.
struct Asked<'a> {
    segment: u32,
    who: &'a str,
    sealed_for: &'a str,
    with: u8,
    joins: bool,
    cells: &'a [(&'a str, &'a str)],
}

impl<'a> Asked<'a> {
    fn new(segment: u32, who: &'a str, joins: bool, cells: &'a [(&'a str, &'a str)]) -> Self {
        Self {
            segment,
            who,
            sealed_for: who,
            with: 7,
            joins,
            cells,
        }
    }
}

fn wishes(asked: &[Asked<'_>]) -> Wishes {
    let mut wishes = Wishes::default();
    for (number, one) in (1_u8..).zip(asked) {
        let at = Timestamp::from_second(i64::from(number)).unwrap();
        let cells = Cells {
            recipient: id(one.sealed_for),
            at,
            address: one.joins.then(|| one.sealed_for.to_owned()),
            cells: one
                .cells
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
        };
        let (list, row) = ("socios".to_owned(), cells.seal(&key(one.with)).unwrap());
        let what = match one.joins {
            true => Wanted::Joined {
                list,
                row,
                consent: MessageKey([number; 8]),
                client: None,
            },
            false => Wanted::Changed { list, row },
        };
        let wish = Wish {
            key: MessageKey([number; 8]),
            recipient: id(one.who),
            at,
            way: Way::Portal,
            what,
        };
        wishes.apply(one.segment, &wish);
    }
    wishes
}

/// `text` with the overlay on top; the same by both ways that it is laid.
fn laid(text: &str, folded: u32, asked: &[Asked<'_>]) -> String {
    let (wishes, key) = (wishes(asked), key(7));
    let overlay = Overlay {
        wishes: &wishes,
        key: &key,
    };
    let (name, list): (ListName, List) = (ListName::new("socios"), list(folded));
    let found = overlay.amendments(&name, &list, text.as_bytes(), |_, _| false);
    let mut out = Vec::new();
    let mut source = io::Cursor::new(text);
    found.unwrap().write(&mut source, &mut out).unwrap();
    let mut rows = tempfile::tempfile().unwrap();
    rows.write_all(text.as_bytes()).unwrap();
    let mut rows = overlay.lay(&name, &list, rows).unwrap();
    rows.seek(SeekFrom::Start(0)).unwrap();
    let mut read = String::new();
    rows.read_to_string(&mut read).unwrap();
    assert_eq!(read.as_bytes(), out);
    read
}

#[test]
fn who_joined_has_a_row_and_who_changed_another_cell() {
    let asked = [
        Asked::new(
            0,
            "eva@x.example",
            true,
            &[("nombre", "Eva"), ("temas", "becas")],
        ),
        Asked::new(0, "ana@x.example", false, &[("temas", "becas;ferias")]),
        // What was said later holds, also of a row that is not in the file yet.
        Asked::new(1, "eva@x.example", false, &[("nombre", "Eva María")]),
    ];
    let both = "email,nombre,temas\nana@x.example,Ana,becas;ferias\nluis@x.example,Luis,\neva@x.example,Eva María,becas\n";
    assert_eq!(laid(FILE, 0, &asked), both);
    // Of what is in the file nothing lies over it, whatever the file says by now.
    let first =
        "email,nombre,temas\nluis@x.example,Luis,\nana@x.example,Ana,\neva@x.example,Eva,ferias\n";
    assert_eq!(laid(first, 2, &asked), first);
    assert_eq!(
        laid(first, 1, &asked),
        first.replace("Eva,ferias", "Eva María,ferias")
    );
}

#[test]
fn who_is_there_already_gets_no_second_row() {
    let asked = [Asked::new(
        0,
        "LUIS@X.example",
        true,
        &[("nombre", "Luis"), ("temas", "becas")],
    )];
    let text = laid(FILE, 0, &asked);
    assert_eq!(
        text,
        FILE.replace("luis@x.example,Luis,", "luis@x.example,Luis,becas")
    );
    assert_eq!(laid(&text, 0, &asked), text);
}

#[test]
fn what_was_published_late_is_no_newer_than_what_the_file_has() {
    let late = Asked::new(
        3,
        "ana@x.example",
        false,
        &[("nombre", "Anna"), ("temas", "becas")],
    );
    let newer = Asked::new(0, "ana@x.example", false, &[("nombre", "Ana")]);
    // Of what nobody said anything newer it holds.
    let row = "ana@x.example,Ana,becas";
    let expected = FILE.replace("ana@x.example,Ana,ferias", row);
    assert_eq!(laid(FILE, 1, &[late, newer]), expected);
}

#[test]
fn what_is_not_theirs_or_does_not_fit_is_not_there() {
    let of_another = Asked {
        sealed_for: "luis@x.example",
        ..Asked::new(0, "ana@x.example", false, &[("nombre", "Mallory")])
    };
    let with_another_key = Asked {
        with: 9,
        ..Asked::new(0, "eva@x.example", true, &[("nombre", "Eva")])
    };
    for asked in [
        of_another,
        with_another_key,
        // A column that was removed since, and a value that the list does not take.
        Asked::new(0, "ana@x.example", false, &[("zona", "norte")]),
        Asked::new(0, "ana@x.example", false, &[("nombre", "")]),
        // Changed, and in no row.
        Asked::new(0, "eva@x.example", false, &[("nombre", "Eva")]),
        // Joined, without what the list demands.
        Asked::new(0, "eva@x.example", true, &[("temas", "becas")]),
    ] {
        let what = (asked.who.to_owned(), asked.cells.to_vec());
        assert_eq!(laid(FILE, 0, &[asked]), FILE, "{what:?}");
    }
    // What fits of it is there.
    let half = Asked::new(
        0,
        "ana@x.example",
        false,
        &[("zona", "norte"), ("nombre", "Ana B.")],
    );
    assert_eq!(laid(FILE, 0, &[half]), FILE.replace(",Ana,", ",Ana B.,"));
    // A topic that left the list takes nothing else with it: who unticked another is without it.
    for (said, row) in [("otro", "Ana,"), ("otro;becas", "Ana,becas")] {
        let topics = [("temas", said)];
        let half = Asked::new(0, "ana@x.example", false, &topics);
        assert_eq!(laid(FILE, 0, &[half]), FILE.replace("Ana,ferias", row));
    }
}

#[test]
fn who_is_gone_is_not_put_in_anew() {
    let asked = [
        Asked::new(0, "eva@x.example", true, &[("nombre", "Eva")]),
        Asked::new(0, "ana@x.example", false, &[("nombre", "A.")]),
    ];
    let (wishes, key) = (wishes(&asked), key(7));
    let overlay = Overlay {
        wishes: &wishes,
        key: &key,
    };
    let name: ListName = ListName::new("socios");
    let found = overlay.amendments(&name, &list(0), FILE.as_bytes(), |_, _| true);
    let found = found.unwrap();
    assert_eq!((found.new.len(), found.refused), (0, 0));
    // Another cell in a row that goes would be a change that cannot be merged with its removal.
    assert!(found.changed.is_empty());
}
