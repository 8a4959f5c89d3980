//! `postmerge publish` as a user runs it, on a bare remote in a temporary folder.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::disallowed_methods
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use postmerge::mail::digest::Digest;
use postmerge::mail::recipient_id::RecipientKey;
use postmerge::workspace::published::{asset_url, document_url};

#[path = "support/git.rs"]
mod git;
#[path = "support/overlay.rs"]
mod overlay;

use git::git;

const KEY: &str = "0123456789abcdef0123456789abcdef";
const CAMPAIGN: &str = "subject: Aviso\nsender: eventos\ntemplate: boletin\naudience: {lists: [exportadores]}\n\
    send: {date: 2098-12-03, window: \"12:00\"}\ndocuments:\n  - {file: programa.pdf}\n  \
    - {file: \"facturas/{{ nombre }}.pdf\"}\n  - {file: adjunto.pdf, as: attachment}\n";

struct House {
    folder: tempfile::TempDir,
    remote: tempfile::TempDir,
}

impl House {
    fn new() -> Self {
        let folder = overlay::base(&PathBuf::from(env!("CARGO_MANIFEST_DIR")));
        let house = Self {
            folder,
            remote: tempfile::tempdir().unwrap(),
        };
        let settings = fs::read_to_string(house.root().join("postmerge.yaml")).unwrap();
        house.write(
            "postmerge.yaml",
            &(settings + "publish: {url: \"https://archivos.camara.example/x\"}\n"),
        );
        house.write("assets/logo año.png", "logo 1");
        house.write("campaigns/aviso/campaign.yaml", CAMPAIGN);
        house.write("campaigns/aviso/body.md", "Hola.\n");
        house.write("campaigns/aviso/programa.pdf", "programa");
        house.write("campaigns/aviso/adjunto.pdf", "adjunto");
        house.write("campaigns/aviso/facturas/Ana.pdf", "factura de Ana");
        house.write("campaigns/aviso/facturas/notas.txt", "notas");
        let bare = house.remote.path().to_str().unwrap();
        git(house.root(), &["init", "-q", "--bare", bare]);
        git(house.root(), &["init", "-q", "-b", "main"]);
        git(house.root(), &["remote", "add", "origin", bare]);
        house.merge();
        house
    }

    fn root(&self) -> &Path {
        self.folder.path()
    }

    fn write(&self, path: &str, text: &str) {
        overlay::write(&self.root().join(path), text.as_bytes());
    }

    fn merge(&self) {
        git(self.root(), &["add", "-A"]);
        git(self.root(), &["commit", "-q", "-m", "merged"]);
        git(self.root(), &["push", "-q", "origin", "main"]);
    }

    fn run(&self, output: &Path, key: Option<&str>) -> (i32, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_postmerge"));
        command
            .arg("-C")
            .arg(self.root())
            .arg("publish")
            .arg("--output")
            .arg(output);
        command.env_remove("POSTMERGE_KEY");
        command.envs(key.map(|key| ("POSTMERGE_KEY", key)));
        let output = command.output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        (
            output.status.code().unwrap(),
            String::from_utf8(said).unwrap(),
        )
    }

    /// Every path that is published, and its content.
    fn published(&self) -> BTreeSet<(String, String)> {
        let output = tempfile::tempdir().unwrap();
        let (code, said) = self.run(output.path(), Some(KEY));
        assert_eq!(code, 0, "{said}");
        let files = walkdir::WalkDir::new(output.path())
            .into_iter()
            .map(Result::unwrap);
        let files = files.filter(|entry| entry.file_type().is_file());
        files
            .map(|entry| {
                let below = entry.path().strip_prefix(output.path()).unwrap();
                let text = fs::read_to_string(entry.path()).unwrap();
                (below.to_str().unwrap().to_owned(), text)
            })
            .collect()
    }
}

/// As a web server finds the file of an address.
fn asset(name: &str, content: &str) -> (String, String) {
    at(
        &asset_url("", &Digest::of(content.as_bytes()), name),
        content,
    )
}

fn document(name: &str, content: &str) -> (String, String) {
    let key = RecipientKey::from_secret(KEY.as_bytes()).unwrap();
    at(
        &document_url("", &key, &Digest::of(content.as_bytes()), name),
        content,
    )
}

fn at(url: &str, content: &str) -> (String, String) {
    let path = url.trim_start_matches('/');
    let path = path.replace("%20", " ").replace("%C3%B1", "ñ");
    (path, content.to_owned())
}

#[test]
fn what_mails_link_to_is_there_under_its_name_and_nothing_else() {
    let house = House::new();
    // Neither merged, nor pushed.
    house.write("campaigns/aviso/facturas/Eva.pdf", "no");
    git(house.root(), &["add", "-A"]);
    git(house.root(), &["commit", "-q", "-m", "not pushed"]);
    house.write("assets/new.png", "no");
    assert_eq!(
        house.published(),
        BTreeSet::from([
            asset("logo año.png", "logo 1"),
            document("programa.pdf", "programa"),
            document("Ana.pdf", "factura de Ana"),
        ])
    );
}

#[test]
fn a_link_holds_as_long_as_its_campaign_stands() {
    let house = House::new();
    house.write("assets/logo año.png", "logo 2");
    house.merge();
    let both = [
        asset("logo año.png", "logo 1"),
        asset("logo año.png", "logo 2"),
    ];
    let published = house.published();
    assert!(
        both.iter().all(|it| published.contains(it)),
        "{published:?}"
    );
    // Approved again, with the picture as it is now.
    house.write("campaigns/aviso/body.md", "Hola otra vez.\n");
    house.merge();
    git(house.root(), &["rm", "-q", "-r", "campaigns/rueda"]);
    house.merge();
    assert!(!house.published().contains(&both[0]));
    git(house.root(), &["rm", "-q", "-r", "campaigns/aviso"]);
    house.merge();
    assert_eq!(
        house.published(),
        BTreeSet::from([both[1].clone()]),
        "no document is left"
    );
}

#[test]
fn what_is_missing_is_said_before_anything_is_written() {
    let house = House::new();
    let outer = tempfile::tempdir().unwrap();
    let (code, said) = house.run(&outer.path().join("site"), None);
    assert!(code == 2 && said.contains("POSTMERGE_KEY"), "{said}");
    let (code, said) = house.run(house.root(), Some(KEY));
    assert!(code == 2 && said.contains("is not empty"), "{said}");
    house.write(
        "postmerge.yaml",
        &fs::read_to_string(house.root().join("postmerge.yaml"))
            .unwrap()
            .replace("publish:", "portal:"),
    );
    house.merge();
    let (code, said) = house.run(&outer.path().join("site"), Some(KEY));
    assert!(
        code == 2 && said.contains("does not say where to publish"),
        "{said}"
    );
    assert_eq!(fs::read_dir(outer.path().join("site")).unwrap().count(), 0);
}

#[test]
fn what_the_portal_hands_out_is_not_published_from_then_on() {
    let house = House::new();
    let own = document("Ana.pdf", "factura de Ana");
    let settings = fs::read_to_string(house.root().join("postmerge.yaml")).unwrap();
    let portal = "portal: {url: \"https://portal.camara.example\", documents: 30}\n";
    house.write("postmerge.yaml", &(settings + portal));
    house.merge();
    // Its mails are made as it was approved, and so they link.
    assert!(house.published().contains(&own));
    house.write("campaigns/aviso/body.md", "Hola otra vez.\n");
    house.merge();
    assert_eq!(
        house.published(),
        BTreeSet::from([
            asset("logo año.png", "logo 1"),
            document("programa.pdf", "programa"),
        ])
    );
}
