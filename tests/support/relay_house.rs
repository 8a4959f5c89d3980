//! A workspace in a repository with a remote, sent through a relay on loopback, by the binary.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "every test uses a part, and a test fails by panicking"
)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;

use postmerge::transport::inbox::{Inbox, InboxConfig, MemorySink, ReceivedMail, RunningInbox};
use postmerge::transport::mailboxes::{Mailboxes, Verdict};

use super::git::git;
use super::overlay;

pub(crate) const KEY: &str = "a secret of more than thirty-two characters";

/// A workspace in a repository with a remote, and a relay on loopback.
pub(crate) struct House {
    folder: tempfile::TempDir,
    inbox: RunningInbox,
    sink: Arc<MemorySink>,
    /// The inbox's.
    _runtime: tokio::runtime::Runtime,
}

impl House {
    pub(crate) fn new(policy: &str) -> Self {
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
        // These tests go by the machine's clock, and a day that is over is not sent.
        let campaign = root.join("campaigns/rueda/campaign.yaml");
        let campaign = std::fs::read_to_string(campaign).unwrap();
        house.write(
            "campaigns/rueda/campaign.yaml",
            &campaign.replace("2026-12-03", "2098-12-03"),
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

    pub(crate) fn root(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        overlay::write(&self.root().join(path), text.as_bytes());
    }

    pub(crate) fn push(&self, message: &str) {
        git(
            self.root(),
            &["add", "postmerge.yaml", "campaigns", "lists", "templates"],
        );
        git(self.root(), &["commit", "-q", "-m", message]);
        git(self.root(), &["push", "-q", "origin", "HEAD:main"]);
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> (Option<i32>, String) {
        self.run_with(arguments, &[])
    }

    /// With more in the environment.
    pub(crate) fn run_with(
        &self,
        arguments: &[&str],
        environment: &[(&str, &str)],
    ) -> (Option<i32>, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_postmerge"));
        command
            .arg("-C")
            .arg(self.root())
            .args(arguments)
            .env("POSTMERGE_KEY", KEY)
            .envs(environment.iter().copied());
        let done: Output = command.output().unwrap();
        let said = String::from_utf8_lossy(&done.stdout).into_owned()
            + &String::from_utf8_lossy(&done.stderr);
        (done.status.code(), said)
    }

    pub(crate) fn mails(&self) -> Vec<ReceivedMail> {
        self.sink.mails()
    }

    pub(crate) fn ledger_files(&self) -> String {
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
