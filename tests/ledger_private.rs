//! Nothing of a member's row comes into the ledger, whatever goes wrong with it.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod deliver_common;

use deliver_common::*;
use postmerge::transport::mailboxes::{Mailboxes, Verdict};

/// What stands in the row that goes wrong, and nowhere else.
const SECRET: &str = "zx573001112233";

const COLUMNS: &str = "title: Socios\nowner: ana\npurpose: Avisos\nconsent: {basis: contract}\n\
                       columns: {nombre: {type: text}, edad: {type: number}}\n";

fn all_of(house: &House) -> String {
    git(
        &house.path().join("remote.git"),
        &["log", "-p", "--format=%B", "postmerge-ledger"],
    )
}

#[test]
fn what_stands_in_a_row_that_goes_wrong_stays_out_of_the_ledger() {
    let row = format!("ana@a.test,{SECRET},7\n");
    let rows = format!("email,nombre,edad\n{row}");
    let bad = format!("email,nombre,edad\nana@a.test,Ana,{SECRET}\n");
    let headless = format!("{SECRET}@a.test,{SECRET},7\nbo@a.test,Bo,7\n");
    let no_address = format!("email,nombre,edad\n{SECRET},Ana,7\nbo@a.test,Bo,7\n");
    let mut went_wrong = 0;
    for (what, body, more, csv) in [
        ("a date filter", "{{ nombre | date }}\n", "", &rows),
        ("a link", "[x](mailto:{{ nombre }})\n", "", &rows),
        ("a scheme", "[x]({{ nombre }}:boom)\n", "", &rows),
        ("money", "{{ nombre | money(\"EUR\") }}\n", "", &rows),
        ("a sum", "{{ nombre + 1 }}\n", "", &rows),
        (
            "a document of one's own",
            "Hola\n",
            "documents: [{file: \"{{ nombre }}/../x.pdf\", as: link}]\n",
            &rows,
        ),
        (
            "a document's title",
            "Hola\n",
            "documents: [{file: x.pdf, as: link, title: \"{{ nombre | date }}\"}]\n",
            &rows,
        ),
        ("a cell of another type", "{{ edad }}\n", "", &bad),
        ("a heading that is a row", "Hola\n", "", &headless),
        ("an address that is none", "Hola\n", "", &no_address),
    ] {
        let house = House::new(Mailboxes::new(), &people(1, &["a.test"]), "pause: 1s");
        house.campaign("uno", more);
        house.write("campaigns/uno/body.md", body);
        house.write("campaigns/uno/x.pdf", "%PDF-1.4");
        house.write("lists/socios.yaml", COLUMNS);
        house.write("lists/socios.csv", csv);
        house.push("broken");
        let run = house.run("one", 1, &clock());
        let line = line(&run, "uno");
        went_wrong += u32::from(line.held || line.counts.excluded == 1);
        assert!(!format!("{run:?}").contains(SECRET), "{what}: {run:?}");
        let ledger = all_of(&house);
        assert!(!ledger.contains(SECRET), "{what}: {ledger}");
    }
    assert!(went_wrong >= 8, "{went_wrong}");
}

#[test]
fn who_the_relay_speaks_of_without_a_domain_stays_out_of_the_ledger() {
    let refused = format!(
        "5.1.1 user {SECRET} unknown; try <{}>",
        SECRET.to_uppercase()
    );
    let who = format!("{SECRET}@a.test");
    let tagged = format!("{SECRET}+x@b.test");
    let boxes = Mailboxes::new()
        .always(&who, Verdict::refuse_rcpt(550, &refused))
        .first(&tagged, 1, Verdict::refuse_content(451, &refused));
    let house = House::new(boxes, &[who, tagged], "pause: 1s");
    let run = house.run("one", 1, &clock());
    assert_eq!(run.accepted, 1, "{run:?}");
    assert!(
        !format!("{run:?}").to_lowercase().contains(SECRET),
        "{run:?}"
    );
    let ledger = all_of(&house).to_lowercase();
    assert!(!ledger.contains(SECRET), "{ledger}");
    assert!(ledger.contains("user … unknown"), "{ledger}");
}
