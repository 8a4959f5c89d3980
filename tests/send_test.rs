//! `send-test`: marked mails to one's own addresses by a real SMTP conversation, and what policy makes of them.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods
)]

use mail_parser::MessageParser;

#[path = "support/git.rs"]
mod git;
#[path = "support/overlay.rs"]
mod overlay;
#[path = "support/relay_house.rs"]
mod relay_house;

use relay_house::House;

#[test]
fn a_test_is_marked_goes_to_nobody_else_and_is_noted() {
    let house = House::new("{}");
    let (code, said) = house.run(&[
        "send-test",
        "rueda",
        "--to",
        "ana@own.test",
        "--to",
        "luz@own.test",
    ]);
    assert_eq!(code, Some(0), "{said}");
    let mails = house.mails();
    let to: Vec<&str> = mails.iter().map(|mail| mail.to[0].as_str()).collect();
    assert_eq!(to, ["ana@own.test", "luz@own.test"]);
    let mail = MessageParser::default().parse(&mails[0].message).unwrap();
    assert_eq!(mail.subject(), Some("[PRUEBA] Rueda de negocios"));
    assert_eq!(
        mail.header_raw("X-Postmerge-Test").map(str::trim),
        Some("rueda")
    );
    assert_eq!(
        mail.to().unwrap().first().unwrap().address(),
        Some("ana@own.test")
    );
    // Awkward values are what is looked at, unless somebody is named.
    assert!(mail.body_text(0).unwrap().contains("María & Cía."));
    let files = house.ledger_files();
    assert!(
        files.contains("tests/rueda/") && !files.contains("campaigns/"),
        "{files}"
    );
    let (_, status) = house.run(&["status"]);
    assert!(!status.contains("rueda@test"), "{status}");
}

#[test]
fn as_somebody_and_what_the_relay_refuses() {
    let house = House::new("{}");
    let (code, said) = house.run(&[
        "send-test",
        "rueda",
        "--to",
        "gone@own.test",
        "--to",
        "ana@own.test",
        "--as",
        "luis@socios.example",
        "--no-record",
    ]);
    assert_eq!(code, Some(1), "{said}");
    assert!(
        said.contains("gone@own.test: not sent: 550") && said.contains("ana@own.test: accepted"),
        "{said}"
    );
    let mails = house.mails();
    assert!(String::from_utf8_lossy(&mails[0].message).contains("Hola Luis."));
    assert_eq!(house.ledger_files(), "");
    for (wrong, why) in [
        (
            &["--to", "ana@own.test", "--as", "nadie@socios.example"][..],
            "there is no recipient",
        ),
        (&["--to", "nobody"], "--to nobody"),
        (&[], "--to"),
    ] {
        let mut arguments = vec!["send-test", "rueda"];
        arguments.extend(wrong);
        let (code, said) = house.run(&arguments);
        assert_eq!(code, Some(2), "{said}");
        assert!(said.contains(why), "{said}");
    }
    assert_eq!(house.mails().len(), 1);
}

#[test]
fn policy_wants_this_very_content_tested() {
    let house = House::new("{test_before_sending: true}");
    let send = ["send", "--now", "--campaign", "rueda"];
    let (code, said) = house.run(&send);
    assert_eq!(code, Some(1), "{said}");
    assert!(
        said.contains("policy wants it sent as a test first"),
        "{said}"
    );
    assert_eq!(house.mails().len(), 0);
    // What is tested is not what is merged.
    house.write("campaigns/rueda/body.md", "Otra cosa.\n");
    let (code, said) = house.run(&["send-test", "rueda", "--to", "ana@own.test"]);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(house.run(&send).0, Some(1));
    let (_, planned) = house.run(&["plan", "rueda"]);
    assert!(!planned.contains("policy wants"), "{planned}");
    house.push("what was tested");
    let (code, said) = house.run(&send);
    assert_eq!(code, Some(0), "{said}");
    let mut to: Vec<String> = house
        .mails()
        .iter()
        .map(|mail| mail.to[0].clone())
        .collect();
    to.sort();
    assert_eq!(
        to,
        [
            "ana@own.test",
            "luis@socios.example",
            "maria@socios.example"
        ]
    );
}
