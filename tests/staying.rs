//! What people ask for themselves on real repositories, in virtual time: folded into the lists by a branch for review.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod deliver_common;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use deliver_common::{House, SECRET, at, git};
use jiff::Timestamp;
use postmerge::clock::VirtualClock;
use postmerge::deliver::opened::{Opened, open};
use postmerge::git::Remote;
use postmerge::hygiene::clean::{Proposal, Wish as How};
use postmerge::hygiene::fold::propose;
use postmerge::hygiene::gather::{Gathered, Ground, gather};
use postmerge::ledger::branch::Batch;
use postmerge::ledger::event::{Exclusion, RunId, Scope, SuppressionEvent};
use postmerge::ledger::feedback::MessageKey;
use postmerge::ledger::wish::{Wanted, Way, Wish};
use postmerge::ledger::wishes::Cells;
use postmerge::mail::address::Address;
use postmerge::mail::recipient_id::{RecipientId, RecipientKey};
use postmerge::transport::mailboxes::Mailboxes;
use postmerge::workspace::names::ListName;
use postmerge::workspace::settings::LedgerSettings;

const SETTINGS: &str = "# Who may come.\ntitle: Socios   # as people say\nowner: ana\npurpose: Avisos\n\
    consent: {basis: contract}\ncolumns: {nombre: {type: text, required: true, editable: true}}\n";

fn key() -> RecipientKey {
    RecipientKey::from_secret(SECRET.as_bytes()).unwrap()
}

fn id(who: &str) -> RecipientId {
    key().id(&Address::parse(who).unwrap())
}

/// Three members.
fn house() -> House {
    let members = ["p0@a.test", "p1@b.test", "p2@a.test"].map(str::to_owned);
    let house = House::new(Mailboxes::new(), &members, "pause: 1s");
    house.write("lists/socios.yaml", SETTINGS);
    house.push("a list");
    house
}

/// One clone, opened as a command does.
struct Office {
    path: PathBuf,
    opened: Opened,
    key: RecipientKey,
}

impl Office {
    fn new(house: &House, clone: &str) -> Self {
        let path = house.clone_of(clone);
        let mut opened = open(&path, &LedgerSettings::default()).unwrap();
        opened.ledger.use_key(key().fingerprint()).unwrap();
        let key = key();
        Self { path, opened, key }
    }

    fn ground(&self) -> Ground<'_> {
        Ground {
            path: &self.path,
            head: self.opened.head,
            workspace: &self.opened.workspace,
            ledger: &self.opened.ledger,
            key: &self.key,
        }
    }

    fn gather(&self, now: Timestamp) -> Gathered {
        gather(&self.ground(), now).unwrap()
    }

    /// How many people's wishes wait for `socios`.
    fn waiting(&self) -> usize {
        let name: ListName = ListName::new("socios");
        let list = &self.opened.workspace.lists[&name].list;
        self.gather(at(NOW)).asked_for.waiting(&name, list).len()
    }

    fn fold(&self, push: bool) -> Vec<Proposal> {
        let remote = Remote {
            name: "origin".to_owned(),
            limit: Duration::from_secs(30),
        };
        let how = How { branch: None, push };
        let gathered = self.gather(at(NOW));
        propose(&self.ground(), &gathered, &remote, &how, at(NOW)).unwrap()
    }

    fn show(&self, what: &str) -> String {
        git(&self.path, &["show", what])
    }
}

const NOW: &str = "2026-12-01T15:00:00Z";

/// What the portal publishes of these wishes, in one segment.
fn publish(house: &House, wishes: Vec<Wish>) {
    let mut office = Office::new(house, "portal");
    let batch = Batch {
        wishes,
        ..Batch::new(RunId(77), at(NOW), "wishes".to_owned())
    };
    office.opened.ledger.publish(&batch).unwrap();
}

fn wish(who: &str, when: &str, what: Wanted) -> Wish {
    Wish {
        key: MessageKey::of(format!("{who}{when}").as_bytes()),
        recipient: id(who),
        at: at(when),
        way: Way::Portal,
        what,
    }
}

fn cells(who: &str, when: &str, name: &str, joins: bool) -> Cells {
    Cells {
        recipient: id(who),
        at: at(when),
        address: joins.then(|| who.to_owned()),
        cells: BTreeMap::from([("nombre".to_owned(), name.to_owned())]),
    }
}

fn joined(who: &str, when: &str, name: &str) -> Wish {
    let row = cells(who, when, name, true).seal(&key()).unwrap();
    let list = "socios".to_owned();
    let consent = MessageKey([0xab; 8]);
    let client = None;
    let what = Wanted::Joined {
        list,
        row,
        consent,
        client,
    };
    wish(who, when, what)
}

fn changed(who: &str, when: &str, name: &str) -> Wish {
    let row = cells(who, when, name, false).seal(&key()).unwrap();
    let list = "socios".to_owned();
    wish(who, when, Wanted::Changed { list, row })
}

fn leave(house: &House, who: &str) {
    let mut office = Office::new(house, "portal");
    let batch = Batch {
        suppressions: vec![SuppressionEvent::Suppressed {
            recipient: id(who),
            scope: Scope::All,
            reason: Exclusion::Unsubscribed,
            at: at(NOW),
            note: String::new(),
        }],
        ..Batch::new(RunId(78), at(NOW), "one left".to_owned())
    };
    office.opened.ledger.publish(&batch).unwrap();
}

/// Sends what is due on this day; who got `campaign`, in order.
fn sent(house: &House, run: u32, day: &str, campaign: &str) -> Vec<RecipientId> {
    let clock = VirtualClock::new(at(&format!("{day}T17:00:00Z")));
    house.run("runner", run, &clock);
    let mut ids = house.state(campaign).ids().to_vec();
    ids.sort_unstable();
    ids
}

fn ids(who: &[&str]) -> Vec<RecipientId> {
    let mut ids: Vec<RecipientId> = who.iter().map(|who| id(who)).collect();
    ids.sort_unstable();
    ids
}

const EVERYBODY: [&str; 4] = ["p0@a.test", "p1@b.test", "p2@a.test", "eva@a.test"];

/// What the message says of `eva` and `p1`.
fn check_message(office: &Office, branch: &str) {
    let message = git(&office.path, &["log", "-1", "--format=%B", branch]);
    assert!(
        message.starts_with("lists: one who joined, one who changed their data\n"),
        "{message}"
    );
    for part in [
        "lists/socios.csv:\n",
        "- line 3, p…@b.test: nombre, said on 2026-11-30\n",
        "- new, e…@a.test: joined at 2026-11-30T10:00:00Z (portal), agreed to the text abababababababab\n",
    ] {
        assert!(message.contains(part), "{part}: {message}");
    }
    assert!(!message.contains("eva@") && !message.contains("p1@"));
}

#[test]
fn from_a_wish_to_the_file_and_the_audience_stays_the_same() {
    let house = house();
    publish(
        &house,
        vec![
            joined("eva@a.test", "2026-11-30T10:00:00Z", "Eva, \"la otra\""),
            changed("p1@b.test", "2026-11-30T12:00:00Z", "Pía"),
        ],
    );
    // Mails go by it before anybody merged anything.
    assert_eq!(sent(&house, 1, "2026-12-02", "uno"), ids(&EVERYBODY));

    let office = Office::new(&house, "office");
    assert_eq!(office.waiting(), 2);
    let made = office.fold(false);
    let branch = "postmerge/fold-2026-12-01";
    assert_eq!(made.len(), 1);
    assert!(made[0].branch == branch && made[0].is_new && made[0].cases == 2);
    let rows = "email,nombre\np0@a.test,X\np1@b.test,Pía\np2@a.test,X\neva@a.test,\"Eva, \"\"la otra\"\"\"\n";
    assert_eq!(office.show(&format!("{branch}:lists/socios.csv")), rows);
    assert_eq!(
        office.show(&format!("{branch}:lists/socios.yaml")),
        format!("{SETTINGS}folded: 1\n")
    );
    check_message(&office, branch);
    assert_eq!(git(&office.path, &["status", "--porcelain"]), "");
    // Again: the same branch; what is asked for meanwhile waits for it, and lies over the list all the same.
    publish(
        &house,
        vec![changed("p0@a.test", "2026-12-01T10:00:00Z", "Paz")],
    );
    let office = Office::new(&house, "office");
    let again = office.fold(true);
    assert!(again.len() == 1 && !again[0].is_new && again[0].is_pushed);
    assert_eq!(again[0].commit, made[0].commit);

    git(
        &house.author(),
        &["pull", "-q", "--no-rebase", "origin", branch],
    );
    // The owner corrects what was folded; that holds from now on.
    house.edit("lists/socios.csv", "p1@b.test,Pía", "p1@b.test,Pía Gómez");
    house.push("merged, and an edit");
    let office = Office::new(&house, "office");
    assert_eq!(office.waiting(), 1);
    let second = office.fold(true);
    assert!(second.len() == 1 && second[0].is_new);
    let shown = office.show(&format!("{}:lists/socios.csv", second[0].branch));
    assert_eq!(
        shown,
        rows.replace("p0@a.test,X", "p0@a.test,Paz")
            .replace("Pía", "Pía Gómez")
    );
    git(
        &house.author(),
        &["pull", "-q", "--no-rebase", "origin", &second[0].branch],
    );
    house.campaign("dos", "");
    house.edit("campaigns/dos/campaign.yaml", "2026-12-02", "2026-12-03");
    house.push("merged");
    let office = Office::new(&house, "office");
    assert_eq!((office.waiting(), office.fold(false)), (0, Vec::new()));
    let overlaid = office.opened.ledger.wishes().unwrap();
    assert_eq!(overlaid.of_list("socios", 2), []);
    assert_eq!(sent(&house, 2, "2026-12-03", "dos"), ids(&EVERYBODY));
}

#[test]
fn who_left_since_is_not_put_in_and_an_open_branch_that_would_is_not_enough() {
    let house = house();
    publish(
        &house,
        vec![
            joined("eva@a.test", "2026-11-30T10:00:00Z", "Eva"),
            joined("noe@a.test", "2026-11-30T11:00:00Z", ""),
            joined("leo@a.test", "2026-11-30T12:00:00Z", "Leo"),
        ],
    );
    let first = Office::new(&house, "office").fold(true);
    leave(&house, "eva@a.test");
    let office = Office::new(&house, "office");
    let second = office.fold(true);
    assert!(second.len() == 1 && second[0].is_new, "{second:?}");
    assert_eq!(second[0].branch, format!("{}-2", first[0].branch));
    let rows = office.show(&format!("{}:lists/socios.csv", second[0].branch));
    assert_eq!(
        rows,
        "email,nombre\np0@a.test,X\np1@b.test,X\np2@a.test,X\nleo@a.test,Leo\n"
    );
    let message = git(
        &office.path,
        &["log", "-1", "--format=%B", &second[0].branch],
    );
    for part in [
        "- 1 who joined get no row",
        "- 1 are not mailed any more, and not put in",
    ] {
        assert!(message.contains(part), "{part}: {message}");
    }
    // And that one is enough.
    let third = Office::new(&house, "other").fold(true);
    assert!(third.len() == 1 && !third[0].is_new, "{third:?}");
    assert_eq!(third[0].branch, second[0].branch);
}

#[test]
fn as_a_user_runs_it() {
    let house = house();
    publish(
        &house,
        vec![changed("p1@b.test", "2026-11-30T12:00:00Z", "Pía")],
    );
    let clone = house.clone_of("user");
    let run = |arguments: &[&str]| {
        let output = assert_cmd::Command::cargo_bin("postmerge")
            .unwrap()
            .args(["-C", clone.to_str().unwrap(), "lists"])
            .args(arguments)
            .env("POSTMERGE_KEY", SECRET)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(0));
        String::from_utf8(output.stdout).unwrap()
    };
    let out = run(&[]);
    assert!(
        out.contains("\n  1 asked for something themselves that is not in its file yet\n"),
        "{out}"
    );
    let out = run(&["clean", "--dry-run"]);
    assert!(
        out.contains("lists/socios.csv: 1 asked for") && !out.contains("branch"),
        "{out}"
    );
    let out = run(&["clean", "--push"]);
    assert!(
        out.contains("It is put in on the new branch postmerge/fold-")
            && out.contains("gh pr create --base main --head postmerge/fold-"),
        "{out}"
    );
    let out = run(&["clean", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(json["waiting"][0]["people"], 1);
    assert_eq!(json["fold_branches"][0]["new"], false);
}
