//! `history` as a user runs it, on a bare remote in a temporary folder: both ways, in all formats, with and without
//! addresses; and what `status` says came back.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::disallowed_methods
)]

mod support {
    pub(crate) mod git;
    pub(crate) mod overlay;
}

use std::path::Path;
use std::time::Duration;

use jiff::{Timestamp, ToSpan};
use postmerge::git::Remote;
use postmerge::ledger::branch::{Batch, Ledger, LedgerConfig};
use postmerge::ledger::event::{
    AudienceEntry, AudienceHeader, ClaimId, Event, Exclusion, Outcome, Ranges, RecipientIndex,
    Resolution, RunId, Scope, SuppressionEvent,
};
use postmerge::ledger::feedback::{Feedback, Heard, MessageKey, Reader};
use postmerge::ledger::wish::{PURPOSE, Wanted, Way, Wish};
use postmerge::mail::address::Address;
use postmerge::mail::digest::Digest;
use postmerge::mail::recipient_id::{RecipientId, RecipientKey};
use postmerge::mail::refusal::{Class, Status};
use postmerge::mail::sealed::Sealed;

const KEY: &str = "0123456789abcdef0123456789abcdef";

fn key() -> RecipientKey {
    RecipientKey::from_secret(KEY.as_bytes()).unwrap()
}

fn id(address: &str) -> RecipientId {
    key().id(&Address::parse(address).unwrap())
}

fn at(minute: i64) -> Timestamp {
    "2026-01-05T17:00:00Z".parse::<Timestamp>().unwrap() + minute.minutes()
}

const LIST: &str = "email\nana@uno.test\nluis@uno.test\nnadie@uno.test\n";

struct House {
    folder: tempfile::TempDir,
}

impl House {
    fn new() -> Self {
        let folder = support::overlay::base(Path::new(env!("CARGO_MANIFEST_DIR")));
        let house = Self { folder };
        let bare = house.folder.path().join("remote.git");
        let bare = bare.to_str().unwrap();
        house.git(&["init", "-q", "--bare", bare]);
        house.git(&["init", "-q"]);
        let tracked = ["campaigns", "lists", "templates", "postmerge.yaml"];
        house.git(&[&["add", "-A", "--"][..], &tracked].concat());
        house.git(&["commit", "-qm", "a campaign"]);
        house.git(&["remote", "add", "origin", bare]);
        house.git(&["push", "-q", "origin", "main"]);
        house
    }

    fn git(&self, arguments: &[&str]) -> String {
        support::git::git(self.folder.path(), arguments)
    }

    fn run_with(&self, key: Option<&str>, arguments: &[&str]) -> (i32, String, String) {
        let mut command = assert_cmd::Command::cargo_bin("postmerge").unwrap();
        command.args(["-C", self.folder.path().to_str().unwrap()]);
        command.args(arguments).env_remove("POSTMERGE_KEY");
        if let Some(key) = key {
            command.env("POSTMERGE_KEY", key);
        }
        let output = command.output().unwrap();
        (
            output.status.code().unwrap(),
            String::from_utf8(output.stdout).unwrap(),
            String::from_utf8(output.stderr).unwrap(),
        )
    }

    fn history(&self, arguments: &[&str]) -> String {
        let (code, out, err) = self.run_with(Some(KEY), &[&["history"], arguments].concat());
        assert_eq!((code, err.as_str()), (0, ""), "{arguments:?}: {out}");
        out
    }

    fn publish(&self, events: Vec<(&str, Event)>, feedback: Vec<Feedback>) {
        let config = LedgerConfig {
            remote: Remote {
                name: "origin".to_owned(),
                limit: Duration::from_secs(30),
            },
            branch: "postmerge-ledger".to_owned(),
            identity: None,
        };
        let mut ledger = Ledger::open(self.folder.path(), config).unwrap();
        ledger.fetch().unwrap();
        for occurrence in ledger.occurrences().unwrap() {
            ledger.replay(&occurrence).unwrap();
        }
        let suppressions = match feedback.is_empty() {
            true => Vec::new(),
            false => vec![SuppressionEvent::Suppressed {
                recipient: id("luis@uno.test"),
                scope: Scope::Topic("ferias".to_owned()),
                reason: Exclusion::Unsubscribed,
                at: at(90),
                note: "by link".to_owned(),
            }],
        };
        ledger
            .publish(&Batch {
                events: events
                    .into_iter()
                    .map(|(id, event)| (id.parse().unwrap(), event))
                    .collect(),
                suppressions,
                wishes: match feedback.is_empty() {
                    true => Vec::new(),
                    false => wished(),
                },
                feedback,
                ..Batch::new(RunId(0x1a2b_3c4d), at(0), "batch".to_owned())
            })
            .unwrap();
    }

    /// Two campaigns to five people, and what came back.
    fn sent(&self) {
        std::fs::write(self.folder.path().join("lists/exportadores.csv"), LIST).unwrap();
        self.publish(begun(), Vec::new());
        self.publish(gone_on(), came_back());
    }
}

const CLAIM: ClaimId = ClaimId {
    run: RunId(0x1a2b_3c4d),
    sequence: 0,
};

fn claimed(sequence: u32, recipients: std::ops::Range<u32>, until: i64) -> Event {
    Event::Claimed {
        claim: ClaimId { sequence, ..CLAIM },
        recipients: Ranges::from_indices(recipients),
        until: at(until),
    }
}

fn outcome(sequence: u32, index: u32, minute: i64, outcome: Outcome) -> Event {
    Event::Outcome {
        claim: ClaimId { sequence, ..CLAIM },
        recipient: RecipientIndex(index),
        at: at(minute),
        outcome,
    }
}

fn accepted() -> Outcome {
    Outcome::Accepted {
        reply: "2.0.0 Ok: queued as 4ZPtKz1x2yz3".to_owned(),
    }
}

fn begun() -> Vec<(&'static str, Event)> {
    let deferred = Outcome::Deferred {
        reply: "450 4.2.0 Greylisted".to_owned(),
        retry_at: at(6),
    };
    let rejected = Outcome::Rejected {
        reply: "=550 5.1.1 no such user".to_owned(),
    };
    let unknown = Outcome::Unknown {
        reason: "the connection broke after the final dot".to_owned(),
    };
    let resolved = Event::Resolved {
        recipients: Ranges::from_indices([2]),
        resolution: Resolution::Sent,
        by: "Luz".to_owned(),
        reason: "in the log".to_owned(),
        at: at(30),
    };
    let events = vec![
        fixed(Vec::new()),
        claimed(0, 0..4, 10),
        outcome(0, 0, 1, deferred),
        outcome(0, 1, 2, rejected),
        outcome(0, 2, 3, unknown),
        outcome(0, 3, 3, accepted()),
        resolved,
    ];
    events.into_iter().map(|event| ("rueda", event)).collect()
}

fn gone_on() -> Vec<(&'static str, Event)> {
    let left = Event::Excluded {
        recipient: RecipientIndex(4),
        at: at(21),
        reason: Exclusion::LeftList,
    };
    let other = "2026/boletin@2026-Q1";
    vec![
        ("rueda", claimed(1, 0..1, 20)),
        ("rueda", outcome(1, 0, 7, accepted())),
        (other, fixed(vec![Digest::of(b"a programme")])),
        (other, claimed(0, 0..4, 10)),
        (other, outcome(0, 0, 20, accepted())),
        (other, left),
    ]
}

/// One message was read twice.
fn came_back() -> Vec<Feedback> {
    let heard = |message, index, what| Feedback {
        message: MessageKey([message; 8]),
        recipient: id(PEOPLE[index as usize]),
        mail: Some(("rueda".parse().unwrap(), RecipientIndex(index))),
        at: at(60),
        what,
    };
    let bounced = Heard::Bounced {
        class: Class::Hard,
        status: Status::parse("5.1.1"),
        text: "user unknown".to_owned(),
    };
    let by = |reader| (reader, "https://feria.example/?a=1".to_owned());
    let read = |message, (by, link): (Reader, String), minute| {
        let opened = heard(message, 3, Heard::Opened { by });
        let clicked = heard(message, 3, Heard::Clicked { by, link });
        [opened, clicked].map(|it| Feedback {
            at: at(minute),
            ..it
        })
    };
    let mut all = vec![
        heard(1, 0, bounced.clone()),
        heard(1, 0, bounced),
        heard(2, 3, Heard::Left { scope: Scope::All }),
        Feedback {
            mail: None,
            ..heard(3, 0, Heard::Replied)
        },
    ];
    // A filter, then a person, twice.
    all.extend(read(4, by(Reader::Machine), 50));
    all.extend(read(5, by(Reader::Person), 55));
    all.extend(read(6, by(Reader::Person), 58));
    all
}

fn wished() -> Vec<Wish> {
    let row = Sealed::new(&key(), PURPOSE, b"{}").unwrap();
    let list = || "exportadores".to_owned();
    let joined = Wanted::Joined {
        list: list(),
        row: row.clone(),
        consent: MessageKey::of(b"a text"),
        client: None,
    };
    let wishes = [
        joined,
        Wanted::Changed { list: list(), row },
        Wanted::Paused {
            until: at(60 * 24 * 30),
        },
        Wanted::AtMost { days: 7 },
        Wanted::Confirmed,
    ];
    let wish = |(number, what)| Wish {
        key: MessageKey([number; 8]),
        recipient: id("ivo@dos.test"),
        at: at(70 + i64::from(number)),
        way: Way::Portal,
        what,
    };
    (0..).zip(wishes).map(wish).collect()
}

const PEOPLE: [&str; 5] = [
    "ana@uno.test",
    "luis@uno.test",
    "eva@dos.test",
    "ivo@dos.test",
    "mia@dos.test",
];

fn fixed(documents: Vec<Digest>) -> Event {
    let entry = |(number, address): (u8, &&str)| AudienceEntry {
        id: id(address),
        destination: u16::from(number > 1),
        copy_of: None,
        own_document: (number == 3).then(|| Digest::of(b"an invoice")),
    };
    let header = AudienceHeader {
        content_commit: "c".repeat(40),
        lists_commit: "1".repeat(40),
        digest: Digest::of(b""),
        key: key().fingerprint(),
        sender: "eventos".to_owned(),
        at: at(if documents.is_empty() { 0 } else { 15 }),
        destinations: vec!["uno.test".to_owned(), "dos.test".to_owned()],
        documents,
        force: None,
        reconfirmation: false,
    };
    Event::AudienceFixed {
        header: Box::new(header),
        entries: (0..).zip(&PEOPLE).map(entry).collect(),
        excluded: vec![(id("sin@uno.test"), Exclusion::NoConsent)],
    }
}

/// What differs from run to run.
fn settled(out: &str) -> String {
    let mut json: serde_json::Value = serde_json::from_str(out).unwrap();
    json["at"] = "…".into();
    json["ledger"] = "…".into();
    format!("{json:#}")
}

#[test]
fn what_a_person_got_is_told_with_its_whole_life() {
    let house = House::new();
    house.sent();
    let out = house.history(&["--recipient", "Ana@uno.test"]);
    insta::assert_snapshot!(out);
    insta::assert_snapshot!(settled(&house.history(&[
        "--recipient",
        "ana@uno.test",
        "--format",
        "json"
    ])));
    let out = house.history(&[
        "--recipient",
        "luis@uno.test",
        "--format",
        "csv",
        "--offline",
    ]);
    assert!(
        out.lines().all(|line| line.matches(',').count() == 11),
        "{out}"
    );
    insta::assert_snapshot!(out.replace("\r\n", "\n"));
    // Whoever was left out is known, too; and without a key, by an id.
    let out = house.history(&["--recipient", "sin@uno.test"]);
    assert!(out.contains("without consent (no-consent)"), "{out}");
    let by_id = id("sin@uno.test").to_string();
    let (code, out, err) = house.run_with(None, &["history", "--recipient", &by_id]);
    assert_eq!((code, err.as_str()), (0, ""));
    assert!(out.contains("without consent (no-consent)"), "{out}");
}

#[test]
fn what_a_person_read_and_asked_for_is_told() {
    let house = House::new();
    house.sent();
    insta::assert_snapshot!(house.history(&["--recipient", "ivo@dos.test"]));
    let json = house.history(&["--recipient", "ivo@dos.test", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    insta::assert_snapshot!(format!("{:#}", json["wishes"]));
    let life = json["mails"][0]["life"].as_array().unwrap();
    let of = |event: &str| -> Vec<&serde_json::Value> {
        life.iter().filter(|it| it["event"] == event).collect()
    };
    // However often: once for people, and once for machines.
    let by = |event| -> Vec<&str> {
        let all = of(event).into_iter();
        all.map(|it| it["by"].as_str().unwrap()).collect()
    };
    assert_eq!(by("opened"), ["machine", "person"]);
    assert_eq!(by("clicked"), ["machine", "person"]);
    assert_eq!(of("clicked")[0]["link"], "https://feria.example/?a=1");
    let csv = house.history(&["--recipient", "ivo@dos.test", "--format", "csv"]);
    let rows = |what: &str| csv.lines().filter(|line| line.contains(what)).count();
    assert_eq!((rows(",opened,"), rows(",clicked,")), (2, 2), "{csv}");
    assert_eq!((rows(",joined,"), rows(",at-most,")), (1, 1), "{csv}");

    let (_, out, _) = house.run_with(None, &["status", "rueda"]);
    assert!(
        out.contains("opened by people: 1, by machines only: 0"),
        "{out}"
    );
    let (_, out, _) = house.run_with(None, &["status", "rueda", "--format", "json"]);
    let status: serde_json::Value = serde_json::from_str(&out).unwrap();
    let reading = &status["occurrences"][0]["reading"];
    let link =
        serde_json::json!({"link": "https://feria.example/?a=1", "people": 1, "machines": 0});
    assert_eq!(reading["links"], serde_json::json!([link]));
}

#[test]
fn who_got_a_campaign_a_document_and_what_became_of_a_list() {
    let house = House::new();
    house.sent();
    insta::assert_snapshot!(house.history(&["--campaign", "rueda"]));
    insta::assert_snapshot!(settled(&house.history(&[
        "--campaign",
        "rueda",
        "--format",
        "json"
    ])));
    let out = house.history(&["--campaign", "rueda", "--format", "csv", "--with-addresses"]);
    // What a relay said is no formula, and only those in a list have an address.
    assert!(out.contains(",'=550 5.1.1 no such user,"), "{out}");
    assert!(
        out.contains(",ana@uno.test,") && !out.contains("eva@"),
        "{out}"
    );
    insta::assert_snapshot!(out.replace("\r\n", "\n"));
    let out = house.history(&["--campaign", "2026/boletin"]);
    assert!(out.starts_with("2026/boletin@2026-Q1\n"), "{out}");

    std::fs::write(house.folder.path().join("programa.pdf"), "a programme").unwrap();
    // The commits that these sendings name are not in this clone, and some had documents of their own.
    let document = |document: &str| {
        let arguments = ["history", "--document", document, "--format", "csv"];
        let (code, out, err) = house.run_with(None, &arguments);
        assert_eq!(code, 0, "{err}");
        assert!(
            err.starts_with("warning: 2 sendings cannot be looked into"),
            "{err}"
        );
        out
    };
    let out = document("programa.pdf");
    assert_eq!(out.lines().count(), 6, "{out}");
    assert!(!out.contains("rueda,"), "{out}");
    // An invoice is one person's.
    let digest = Digest::of(b"an invoice").to_string();
    let out = document(&digest);
    assert_eq!(out.lines().count(), 3, "{out}");
    assert_eq!(out.matches(&id("ivo@dos.test").to_string()).count(), 2);

    let out = house.history(&["--list", "exportadores", "--format", "csv"]);
    assert_eq!(out.lines().count(), 5, "{out}");
    let same = [
        "--list",
        "exportadores",
        "--format",
        "csv",
        "--since",
        "2026-01-05",
    ];
    assert_eq!(house.history(&same), out);
    let later = ["history", "--list", "exportadores", "--since", "2026-01-06"];
    assert_eq!(house.run_with(Some(KEY), &later).0, 1);
}

/// A campaign that hands everybody an invoice and a receipt, sent as it was committed.
fn two_each(house: &House) {
    let files = [
        (
            "lists/clientes.yaml",
            "title: C\nowner: luz\npurpose: P\nconsent: {basis: contract}\ncolumns: {cliente: {type: text}}\n",
        ),
        (
            "lists/clientes.csv",
            "email,cliente\nana@uno.test,1041\nluis@uno.test,1042\n",
        ),
        ("campaigns/facturas/body.md", "Hola\n"),
        ("campaigns/facturas/facturas/1041.pdf", "invoice of Ana"),
        ("campaigns/facturas/facturas/1042.pdf", "invoice of Luis"),
        ("campaigns/facturas/recibos/1041.pdf", "receipt"),
        ("campaigns/facturas/recibos/1042.pdf", "receipt"),
        (
            "campaigns/facturas/campaign.yaml",
            "subject: F\nsender: eventos\naudience: {lists: [clientes]}\nsend: {date: 2098-12-03, window: \"12:00\"}\npurpose: transactional\n\
             documents:\n  - {file: \"facturas/{{ cliente }}.pdf\", as: link}\n  - {file: \"recibos/{{ cliente }}.pdf\", as: link}\n",
        ),
    ];
    for (path, text) in files {
        let file = house.folder.path().join(path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
    }
    house.git(&["add", "-A", "--", "campaigns", "lists"]);
    house.git(&["commit", "-qm", "invoices"]);
    let commit = house.git(&["rev-parse", "HEAD"]).trim().to_owned();
    let both = |invoice: &str| {
        let digests = [Digest::of(invoice.as_bytes()), Digest::of(b"receipt")];
        Digest::of_parts(digests.iter().map(|it| it.as_bytes().as_slice()))
    };
    let Event::AudienceFixed { mut header, .. } = fixed(Vec::new()) else {
        panic!("fixed");
    };
    header.content_commit.clone_from(&commit);
    header.lists_commit = commit;
    let entry = |(address, invoice)| AudienceEntry {
        id: id(address),
        destination: 0,
        copy_of: None,
        own_document: Some(both(invoice)),
    };
    let entries = [
        ("ana@uno.test", "invoice of Ana"),
        ("luis@uno.test", "invoice of Luis"),
    ];
    let start = Event::AudienceFixed {
        header,
        entries: entries.map(entry).into(),
        excluded: Vec::new(),
    };
    let events = vec![
        ("facturas", start),
        ("facturas", claimed(0, 0..2, 10)),
        ("facturas", outcome(0, 1, 1, accepted())),
    ];
    house.publish(events, Vec::new());
}

#[test]
fn one_of_several_documents_of_ones_own_is_found() {
    let house = House::new();
    two_each(&house);
    let who = |document: &str| {
        let arguments = ["history", "--document", document, "--format", "csv"];
        let (code, out, err) = house.run_with(None, &arguments);
        assert_eq!((code, err.as_str()), (0, ""), "{out}");
        out
    };
    // By the file, by what it was when it is another one now, and what both have.
    let out = who("campaigns/facturas/facturas/1042.pdf");
    assert!(
        out.lines().count() == 2 && out.contains(&id("luis@uno.test").to_string()),
        "{out}"
    );
    let out = who(&Digest::of(b"invoice of Ana").to_string());
    assert!(
        out.lines().count() == 2 && out.contains(&id("ana@uno.test").to_string()),
        "{out}"
    );
    assert_eq!(
        who("campaigns/facturas/recibos/1041.pdf").lines().count(),
        3
    );
    std::fs::write(house.folder.path().join("other.pdf"), "nobody's").unwrap();
    let (code, out, _) = house.run_with(None, &["history", "--document", "other.pdf"]);
    assert_eq!(
        (code, out.as_str()),
        (1, "The ledger has nothing about the document other.pdf.\n")
    );
}

#[test]
fn nothing_found_is_said_and_is_an_exit_code() {
    let house = House::new();
    let run = |arguments: &[&str]| house.run_with(Some(KEY), &[&["history"], arguments].concat());
    let (code, out, _) = run(&["--campaign", "rueda"]);
    assert_eq!(
        (code, out.as_str()),
        (1, "There is no ledger yet: nothing was sent.\n")
    );
    house.sent();
    for (arguments, words) in [
        (
            &["--recipient", "otra@uno.test"][..],
            "The ledger has nothing about o…@uno.test.\n",
        ),
        (
            &["--campaign", "nada"],
            "The ledger has nothing about the campaign nada.\n",
        ),
        (
            &["--recipient", "ana@uno.test", "--since", "2027-01-01"],
            "The ledger has nothing about a…@uno.test since then.\n",
        ),
    ] {
        let (code, out, err) = run(arguments);
        assert_eq!((code, out.as_str(), err.as_str()), (1, words, ""));
    }
    let (code, out, _) = run(&["--campaign", "nada", "--format", "json"]);
    assert_eq!(code, 1);
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(json["mails"], serde_json::json!([]));
}

#[test]
fn what_can_not_be_asked_is_refused_with_a_reason() {
    let house = House::new();
    house.sent();
    for (key, arguments, words) in [
        (Some(KEY), &[][..], "required"),
        (Some(KEY), &["--recipient", "ana"], "is no e-mail address"),
        (Some(KEY), &["--campaign", "../a"], "is not a campaign id"),
        (Some(KEY), &["--document", "nada.pdf"], "there is no file"),
        (
            Some(KEY),
            &["--list", "exportadore"],
            "did you mean `exportadores`?",
        ),
        (
            Some(KEY),
            &["--campaign", "a", "--list", "b"],
            "cannot be used",
        ),
        (
            Some(KEY),
            &["--campaign", "rueda", "--since", "ayer"],
            "--since",
        ),
        (None, &["--recipient", "ana@uno.test"], "POSTMERGE_KEY"),
        (
            None,
            &["--campaign", "rueda", "--with-addresses"],
            "POSTMERGE_KEY",
        ),
        (
            Some("another key, which is as long as one must be"),
            &["--recipient", "ana@uno.test"],
            "made with another key",
        ),
    ] {
        let (code, out, err) = house.run_with(key, &[&["history"], arguments].concat());
        assert_eq!((code, out.as_str()), (2, ""), "{arguments:?}: {err}");
        assert!(err.contains(words), "{arguments:?}: {err}");
    }
}

#[test]
fn a_folder_that_the_index_can_not_be_in_costs_time_only() {
    let house = House::new();
    house.sent();
    let folder = house.folder.path().join(".git/postmerge");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("index"), "in the way").unwrap();
    let ask = ["history", "--recipient", "ana@uno.test"];
    let (code, out, err) = house.run_with(Some(KEY), &ask);
    assert_eq!(code, 0, "{err}");
    assert!(err.contains("the whole ledger is read"), "{err}");
    std::fs::remove_file(folder.join("index")).unwrap();
    assert_eq!(house.history(&["--recipient", "ana@uno.test"]), out);
}

#[test]
fn status_tells_what_came_back_apart_from_the_sum() {
    let house = House::new();
    house.sent();
    let (_, out, err) = house.run_with(None, &["status", "rueda"]);
    assert!(
        out.contains(
            "  of the accepted, came back: 1 hard bounce and 0 others;\n  0 complained, 1 left\n"
        ),
        "{out}{err}"
    );
    assert!(out.lines().all(|line| line.chars().count() <= 80), "{out}");
    let (_, out, _) = house.run_with(None, &["status", "rueda", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    let entry = &json["occurrences"][0];
    assert_eq!(entry["came_back"]["hard"], 1);
    assert_eq!(entry["counts"]["accepted"], 3);
}
