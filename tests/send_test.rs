//! `send-test`: marked mails to one's own addresses by a real SMTP conversation, and what policy makes of them.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods
)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;

use mail_parser::MessageParser;
use postmerge::transport::inbox::{Inbox, InboxConfig, MemorySink, ReceivedMail, RunningInbox};
use postmerge::transport::mailboxes::{Mailboxes, Verdict};

#[path = "support/git.rs"]
mod git;
#[path = "support/overlay.rs"]
mod overlay;

use git::git;

const KEY: &str = "a secret of more than thirty-two characters";

struct House {
    folder: tempfile::TempDir,
    inbox: RunningInbox,
    sink: Arc<MemorySink>,
    /// The inbox's.
    _runtime: tokio::runtime::Runtime,
}

impl House {
    fn new(policy: &str) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .unwrap();
        let mailboxes = Mailboxes::new().always(
            "gone@own.test",
            Verdict::refuse_rcpt(550, "5.1.1 no such user"),
        );
        let sink = Arc::new(MemorySink::default());
        let config = InboxConfig::new(Arc::new(mailboxes), Arc::clone(&sink) as _);
        let inbox = runtime.block_on(Inbox::start(config)).unwrap();
        let folder = overlay::base(&PathBuf::from(env!("CARGO_MANIFEST_DIR")));
        let house = Self {
            folder,
            inbox,
            sink,
            _runtime: runtime,
        };
        let root = house.root();
        let settings = std::fs::read_to_string(root.join("postmerge.yaml")).unwrap();
        let relay = format!(
            "{{host: 127.0.0.1, port: {}, tls: none}}",
            house.inbox.addr.port()
        );
        let settings = settings.replace("{host: mail.camara.example, port: 587}", &relay);
        house.write(
            "postmerge.yaml",
            &(settings
                + &format!("policy: {policy}\npace: {{enabled: false, look_up_mx: false}}\n")),
        );
        house.write(
            "campaigns/rueda/body.md",
            "Hola {{ nombre | default('socio') }}.\n",
        );
        house.write("lists/exportadores.yaml", "title: E\nowner: ana\npurpose: Noticias\nconsent: {basis: consent}\ncolumns:\n  nombre: {type: text}\n");
        house.write(
            "lists/exportadores.csv",
            "email,nombre\nluis@socios.example,Luis\nmaria@socios.example,\"María & Cía.\"\n",
        );
        git(root, &["init", "-q", "-b", "main"]);
        git(root, &["init", "-q", "--bare", ".remote.git"]);
        git(root, &["config", "user.name", "Ana Ruiz"]);
        git(root, &["config", "user.email", "ana@camara.example"]);
        git(
            root,
            &[
                "remote",
                "add",
                "origin",
                &root.join(".remote.git").display().to_string(),
            ],
        );
        house.push("sound");
        house
    }

    fn root(&self) -> &Path {
        self.folder.path()
    }

    fn write(&self, path: &str, text: &str) {
        overlay::write(&self.root().join(path), text.as_bytes());
    }

    fn push(&self, message: &str) {
        git(
            self.root(),
            &["add", "postmerge.yaml", "campaigns", "lists", "templates"],
        );
        git(self.root(), &["commit", "-q", "-m", message]);
        git(self.root(), &["push", "-q", "origin", "HEAD:main"]);
    }

    fn run(&self, arguments: &[&str]) -> (Option<i32>, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_postmerge"));
        command
            .arg("-C")
            .arg(self.root())
            .args(arguments)
            .env("POSTMERGE_KEY", KEY);
        let done: Output = command.output().unwrap();
        let said = String::from_utf8_lossy(&done.stdout).into_owned()
            + &String::from_utf8_lossy(&done.stderr);
        (done.status.code(), said)
    }

    fn mails(&self) -> Vec<ReceivedMail> {
        self.sink.mails()
    }

    fn ledger_files(&self) -> String {
        let branch = git(self.root(), &["ls-remote", "origin", "postmerge-ledger"]);
        match branch.split_whitespace().next() {
            Some(commit) => {
                git(self.root(), &["fetch", "-q", "origin", "postmerge-ledger"]);
                git(self.root(), &["ls-tree", "-r", "--name-only", commit])
            }
            None => String::new(),
        }
    }
}

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
