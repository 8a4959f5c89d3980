//! Encrypted lists: what every command makes of them, with a key and without. Commands run as a user runs them, sendings in virtual
//! time on real repositories.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod deliver_common;

use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use base64::Engine as _;
use deliver_common::{House, NOON, SECRET, at, git, line, people};
use postmerge::clock::VirtualClock;
use postmerge::transport::mailboxes::Mailboxes;

/// Written by `age` 1.1.1: `age -a -r age108d… <prensa.csv`.
const BY_AGE: &str = "\
-----BEGIN AGE ENCRYPTED FILE-----
YWdlLWVuY3J5cHRpb24ub3JnL3YxCi0+IFgyNTUxOSBHK25CWG54bFF0Vis5dFhz
ZlR4eGJFbzNNMTFCY01xTmtrNlpPMURPOEdrCkMwN3hjYzIrdmVGNmRRelpBMmdB
QUprRi95b0diYnhMc2xIczdaOTRRSkUKLS0tIDdXd2d6OUJQNHcxTm40SzlMeW1j
UHIwVFVNY0sxdmpENXF1RXZjempLUG8KJ2UKFcqjgCvaF1G/USW2CnwDF1EsXBB4
7qD0hmj2jw33WJZgSlDpXjqTLT4E1fjlqiy8JA0/PRuzr2PauF9B
-----END AGE ENCRYPTED FILE-----
";
const KEY_OF_IT: &str =
    "AGE-SECRET-KEY-1PWPCQZ8WWE52WYJ7JN3M6XMXZPXDKUMSLZUYC4YXDXWE5DVAXS3SAALKXM";

/// A workspace with one list of one member, in a repository.
struct Desk {
    folder: tempfile::TempDir,
    key: PathBuf,
}

struct Said {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Desk {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("mail");
        let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/workspace");
        for entry in walkdir::WalkDir::new(&fixture) {
            let entry = entry.unwrap();
            let to = root.join(entry.path().strip_prefix(&fixture).unwrap());
            match entry.file_type().is_dir() {
                true => fs::create_dir_all(to).unwrap(),
                false => drop(fs::copy(entry.path(), to).unwrap()),
            }
        }
        git(&root, &["init", "-q", "-b", "main"]);
        let key = folder.path().join("a.key");
        let desk = Self { folder, key };
        let said = desk.run(&["lists", "key", "--out", desk.key.to_str().unwrap()], &[]);
        assert_eq!(said.code, Some(0), "{}", said.err);
        assert!(!said.out.contains("AGE-SECRET"), "{}", said.out);
        let public = said.out.split("key: ").last().unwrap();
        let public = public.trim().trim_end_matches('}');
        desk.trust(public);
        desk
    }

    fn root(&self) -> PathBuf {
        self.folder.path().join("mail")
    }

    fn trust(&self, public: &str) {
        let path = self.root().join("postmerge.yaml");
        let text = fs::read_to_string(&path).unwrap();
        let more = format!("encryption: {{recipients: [{{name: ana, key: {public}}}]}}\n");
        fs::write(path, text + &more).unwrap();
    }

    fn run(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Said {
        let output = Command::cargo_bin("postmerge")
            .unwrap()
            .arg("-C")
            .arg(self.root())
            .args(arguments)
            .env_remove("POSTMERGE_AGE_KEY")
            .env_remove("POSTMERGE_AGE_KEY_FILE")
            .env_remove("VISUAL")
            .env("TMPDIR", self.folder.path())
            .envs(environment.iter().copied())
            .output()
            .unwrap();
        Said {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    fn with_key(&self, arguments: &[&str]) -> Said {
        self.run(
            arguments,
            &[("POSTMERGE_AGE_KEY_FILE", self.key.to_str().unwrap())],
        )
    }

    fn edit(&self, editor: &str) -> Said {
        let file = self.key.to_str().unwrap();
        self.run(
            &["lists", "edit", "exportadores"],
            &[("POSTMERGE_AGE_KEY_FILE", file), ("EDITOR", editor)],
        )
    }

    fn file(&self, name: &str) -> Option<Vec<u8>> {
        fs::read(self.root().join("lists").join(name)).ok()
    }

    /// Nothing temporary is left: the workspace, the key, and no more.
    fn is_tidy(&self) -> bool {
        fs::read_dir(self.folder.path()).unwrap().count() == 2
    }
}

#[test]
fn a_list_goes_into_an_encrypted_file_and_back() {
    let desk = Desk::new();
    let plain = desk.file("exportadores.csv").unwrap();
    let said = desk.run(&["lists", "encrypt", "exportadores"], &[]);
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert!(desk.file("exportadores.csv").is_none());
    let sealed = desk.file("exportadores.csv.age").unwrap();
    assert!(sealed.starts_with(b"age-encryption.org/v1\n"));
    // Named again it is encrypted anew, which takes a key.
    let said = desk.run(&["lists", "encrypt", "exportadores"], &[]);
    assert_eq!(said.code, Some(2), "{}", said.out);
    assert!(said.err.contains("POSTMERGE_AGE_KEY"), "{}", said.err);
    let said = desk.with_key(&["lists", "encrypt", "exportadores"]);
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert!(said.out.contains("encrypted anew, to ana"), "{}", said.out);
    assert_ne!(desk.file("exportadores.csv.age").unwrap(), sealed);

    let said = desk.run(&["lists", "decrypt"], &[]);
    assert_eq!(said.code, Some(2), "{}", said.out);
    let said = desk.with_key(&["lists", "decrypt"]);
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert!(said.out.contains("git's history keeps"), "{}", said.out);
    assert_eq!(desk.file("exportadores.csv").unwrap(), plain);
    assert!(desk.file("exportadores.csv.age").is_none());

    // Two files of one list are nobody's choice.
    fs::write(desk.root().join("lists/exportadores.csv.age"), sealed).unwrap();
    for command in ["encrypt", "decrypt"] {
        let said = desk.with_key(&["lists", command, "exportadores"]);
        assert_eq!(said.code, Some(2), "{}", said.out);
        assert!(said.err.contains("are both there"), "{}", said.err);
    }
    let said = desk.with_key(&["lint"]);
    assert!(
        said.code == Some(1) && said.out.contains("PM037"),
        "{}",
        said.out
    );
    assert!(desk.is_tidy());
}

#[test]
fn without_a_key_a_proposal_passes_and_nothing_is_counted() {
    let desk = Desk::new();
    desk.run(&["lists", "encrypt"], &[]);
    let said = desk.run(&["lint"], &[]);
    assert_eq!(said.code, Some(0), "{}", said.out);
    assert!(
        said.out
            .contains("the list `exportadores` is not checked: encrypted"),
        "{}",
        said.out
    );
    assert_eq!(desk.with_key(&["lint"]).out, "no findings\n");

    let plan = ["plan", "rueda"];
    let (without, with) = (desk.run(&plan, &[]), desk.with_key(&plan));
    assert_eq!(
        (without.code, with.code),
        (Some(0), Some(0)),
        "{}",
        without.out
    );
    assert!(
        with.out.contains("to         1 recipient\n"),
        "{}",
        with.out
    );
    insta::assert_snapshot!(without.out);
    let json = desk.run(&["plan", "rueda", "--format", "json"], &[]);
    let json: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    assert!(json["campaigns"][0]["recipients"].is_null(), "{json}");
    let audience = &json["campaigns"][0]["sending"]["audience"];
    assert_eq!(audience["not_checked"], serde_json::json!(["exportadores"]));
    // What an approval approves is the same for both.
    let digest = |said: &Said| {
        said.out
            .lines()
            .find(|it| it.contains("digest"))
            .map(str::to_owned)
    };
    assert_eq!(digest(&without), digest(&with));

    let page = desk.folder.path().join("mail/page");
    let preview = ["preview", "rueda", "--output", page.to_str().unwrap()];
    let said = desk.run(&preview, &[]);
    assert_eq!(said.code, Some(0), "{}{}", said.out, said.err);
    let html = fs::read_to_string(page.join("rueda.html")).unwrap();
    assert!(
        html.contains("not checked: lists/exportadores.csv.age"),
        "{html}"
    );
}

#[test]
fn another_key_and_another_file_are_errors() {
    let desk = Desk::new();
    desk.run(&["lists", "encrypt"], &[]);
    let other = [("POSTMERGE_AGE_KEY", KEY_OF_IT)];
    let said = desk.run(&["lint"], &other);
    assert!(
        said.code == Some(1) && said.out.contains("is encrypted to other keys"),
        "{}",
        said.out
    );
    let said = desk.run(&["plan"], &other);
    assert!(
        said.code == Some(1) && said.out.contains("is encrypted to other keys"),
        "{}",
        said.out
    );
    let said = desk.run(&["lint"], &[("POSTMERGE_AGE_KEY", "a secret that is none")]);
    assert_eq!(said.code, Some(2), "{}", said.out);
    assert!(!said.err.contains("a secret that is none"), "{}", said.err);
    // Also who has no key is told that this is no encrypted file.
    fs::write(
        desk.root().join("lists/exportadores.csv.age"),
        "email\nana@x.example\n",
    )
    .unwrap();
    let said = desk.run(&["lint"], &[]);
    assert!(
        said.code == Some(1) && said.out.contains("is no file that age can read"),
        "{}",
        said.out
    );
}

#[test]
fn what_age_writes_is_read() {
    let desk = Desk::new();
    let list = "title: Prensa\nowner: ana\npurpose: Comunicados\nconsent: {basis: interest}\n";
    fs::write(desk.root().join("lists/prensa.yaml"), list).unwrap();
    let armored: String = BY_AGE.lines().filter(|it| !it.starts_with('-')).collect();
    let binary = base64::engine::general_purpose::STANDARD
        .decode(armored)
        .unwrap();
    for bytes in [BY_AGE.as_bytes(), &binary] {
        fs::write(desk.root().join("lists/prensa.csv.age"), bytes).unwrap();
        let said = desk.run(
            &["lists", "decrypt", "prensa"],
            &[("POSTMERGE_AGE_KEY", KEY_OF_IT)],
        );
        assert_eq!(said.code, Some(0), "{}", said.err);
        let plain = desk.file("prensa.csv").unwrap();
        assert_eq!(plain, b"email\nredaccion@diario.example\n");
        fs::remove_file(desk.root().join("lists/prensa.csv")).unwrap();
    }
}

#[cfg(unix)]
#[test]
fn an_edit_is_encrypted_again_and_leaves_nothing_behind() {
    let desk = Desk::new();
    let plain = desk.file("exportadores.csv").unwrap();
    desk.run(&["lists", "encrypt"], &[]);
    let sealed = || desk.file("exportadores.csv.age").unwrap();
    let before = sealed();

    // Only this user may read what is edited, and the key is not the editor's.
    let said =
        desk.edit("stat -c '%a %n' \"$1\" $(dirname \"$1\"); env | grep -c AGE-SECRET; true");
    assert!(
        said.out.contains("600 ")
            && said.out.contains("700 ")
            && said.out.contains("nothing changed"),
        "{}{}",
        said.out,
        said.err
    );
    assert_eq!(sealed(), before);

    let key = fs::read_to_string(&desk.key).unwrap();
    let said = desk.run(
        &["lists", "edit", "exportadores"],
        &[
            ("POSTMERGE_AGE_KEY", &key),
            ("EDITOR", "test -z \"$POSTMERGE_AGE_KEY\" && true"),
        ],
    );
    assert_eq!(said.code, Some(0), "{}", said.err);

    let said = desk.edit("false");
    assert!(
        said.code == Some(2) && said.err.contains("nothing was changed"),
        "{}",
        said.err
    );
    let said = desk.edit("sed -i s/@/-/");
    assert!(
        said.code == Some(2) && said.out.contains("line 2"),
        "{}",
        said.out
    );
    assert!(!said.out.contains("ana"), "{}", said.out);
    assert_eq!(sealed(), before);

    let said = desk.edit("echo bo@socios.example >>");
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert_ne!(sealed(), before);
    let said = desk.with_key(&["lists", "decrypt", "exportadores"]);
    assert_eq!(said.code, Some(0), "{}", said.err);
    let wanted = [plain.as_slice(), b"bo@socios.example\n"].concat();
    assert_eq!(desk.file("exportadores.csv").unwrap(), wanted);
    assert!(desk.is_tidy());

    let said = desk.edit("true");
    assert!(
        said.code == Some(2) && said.err.contains("is not encrypted"),
        "{}",
        said.err
    );
}

fn house() -> House {
    let mut house = House::new(
        Mailboxes::new(),
        &people(5, &["a.test", "b.test"]),
        "pause: 1s",
    );
    house.encrypt();
    house.remove("lists/socios.csv");
    house.push("encrypted");
    house
}

#[test]
fn a_campaign_to_an_encrypted_list_is_sent_with_its_key_and_held_without() {
    let mut house = house();
    let keys = std::mem::take(&mut house.keys);
    let clock = VirtualClock::new(at(NOON));
    let first = house.run("runner", 1, &clock);
    let held = line(&first, "uno");
    let why = held.note.clone().unwrap();
    assert!(
        held.held && why.contains("POSTMERGE_AGE_KEY is not set"),
        "{why}"
    );
    assert_eq!(held.counts.accepted, 0);
    assert_eq!(house.boxes.taken_twice(), []);

    house.keys = keys.clone();
    let second = house.run("runner", 2, &clock);
    assert_eq!(line(&second, "uno").counts.accepted, 5, "{second:?}");
    // Encrypted anew, with somebody gone and another one come: an edit of the list, as any.
    house.members(&people(6, &["a.test", "b.test"])[1..]);
    house.encrypt();
    house.push("encrypted anew");
    let third = house.run("runner", 3, &clock);
    assert_eq!(line(&third, "uno").counts.accepted, 5, "{third:?}");
    assert_eq!(house.boxes.taken_twice(), []);
}

#[test]
fn who_is_forgotten_is_taken_out_of_an_encrypted_list() {
    let house = house();
    let path = house.clone_of("office");
    let file = house.path().join("runner.key");
    fs::write(&file, house.secret_of_lists.as_deref().unwrap()).unwrap();
    let forget = |key: Option<&Path>| {
        let mut command = Command::cargo_bin("postmerge").unwrap();
        command.arg("-C").arg(&path).args(["forget", "p2@a.test"]);
        command.env("POSTMERGE_KEY", SECRET);
        command.envs(key.map(|key| ("POSTMERGE_AGE_KEY_FILE", key)));
        let output = command.output().unwrap();
        let text = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8(text).unwrap())
    };
    let (code, said) = forget(None);
    assert!(
        code == Some(2) && said.contains("POSTMERGE_AGE_KEY"),
        "{said}"
    );
    let (code, said) = forget(Some(&file));
    assert_eq!(code, Some(0), "{said}");
    let branch = git(
        &path,
        &[
            "branch",
            "--list",
            "postmerge/forget-*",
            "--format=%(refname:short)",
        ],
    );
    let branch = branch.trim();
    assert!(!branch.is_empty(), "{said}");
    let changed = git(&path, &["diff", "--name-only", "origin/main", branch]);
    assert_eq!(changed.trim(), "lists/socios.csv.age");
    let before = plain_at(&path, "origin/main", &house);
    let after = plain_at(&path, branch, &house);
    assert_eq!(after, before.replace("p2@a.test,X\n", ""));
    assert!(before.contains("p2@a.test") && !after.contains("p2@a.test"));
}

/// The list as a commit has it, decrypted.
fn plain_at(path: &Path, commit: &str, house: &House) -> String {
    use std::io::Read as _;

    use postmerge::git::Repository;
    use postmerge::workspace::Workspace;
    use postmerge::workspace::keyed::Keyed;
    use postmerge::workspace::names::ListName;
    use postmerge::workspace::tree::Tree;

    let id = Repository::open(path).unwrap().resolve(commit).unwrap();
    let tree = Keyed::new(Tree::at(path, id).unwrap(), house.keys.clone());
    let list = Workspace::load_list(&tree, &ListName::new("socios")).unwrap();
    let mut text = String::new();
    list.open(&tree).unwrap().read_to_string(&mut text).unwrap();
    text
}
