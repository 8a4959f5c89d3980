//! What people ask for themselves on real repositories, in virtual time: folded into the lists by a branch for review; pauses, fewer
//! newsletters; and whether they want to go on.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod deliver_common;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use deliver_common::{House, SECRET, at, git, id, key, line};
use jiff::Timestamp;
use postmerge::clock::VirtualClock;
use postmerge::deliver::opened::{Opened, open};
use postmerge::deliver::run::Summary;
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
use postmerge::mail::occurrence::CampaignId;
use postmerge::mail::recipient_id::{RecipientId, RecipientKey};
use postmerge::mail::token::{Action, Leave, Scope as TokenScope};
use postmerge::plan::planning::State;
use postmerge::plan::showing::show;
use postmerge::transport::mailboxes::Mailboxes;
use postmerge::workspace::encryption::Keys;
use postmerge::workspace::names::ListName;
use postmerge::workspace::settings::LedgerSettings;
use postmerge::workspace::tree::Tree;

const SETTINGS: &str = "# Who may come.\ntitle: Socios   # as people say\nowner: ana\npurpose: Avisos\n\
    consent: {basis: contract}\ncolumns: {nombre: {type: text, required: true, editable: true}}\n";

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
            keys: Keys::default(),
        }
    }

    fn gather(&self, now: Timestamp) -> Gathered {
        gather(&self.ground(), now).unwrap()
    }

    /// How many people's wishes wait for `socios`.
    fn waiting(&self) -> usize {
        let name: ListName = ListName::new("socios");
        let list = &self.opened.workspace.lists[&name].list;
        self.gather(at(NOW)).waiting(&name, list).len()
    }

    fn fold(&self, push: bool) -> Vec<Proposal> {
        let remote = Remote {
            name: "origin".to_owned(),
            limit: Duration::from_secs(30),
        };
        let how = How { branch: None, push };
        let gathered = self.gather(at(NOW));
        let none = BTreeSet::new();
        propose(&self.ground(), &gathered, &none, (&remote, &how), at(NOW)).unwrap()
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

/// With "I never signed up" somebody leaves.
fn leaves(house: &House, who: &str, when: &str) {
    let mut office = Office::new(house, "portal");
    let left = SuppressionEvent::Suppressed {
        recipient: id(who),
        scope: Scope::All,
        reason: Exclusion::Unsubscribed,
        at: at(when),
        note: String::new(),
    };
    let batch = Batch {
        suppressions: vec![left],
        ..Batch::new(RunId(77), at(NOW), "left".to_owned())
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
        "- 1 who joined gets no row",
        "- 1 is not mailed any more, and not put in",
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
        out.contains("\n  1 person asked for something themselves that is not in its file yet\n"),
        "{out}"
    );
    let out = run(&["clean", "--dry-run"]);
    assert!(
        out.contains("lists/socios.csv: 1 person asked for") && !out.contains("branch"),
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

/// A workspace with a portal and this policy.
fn portal_house(policy: &str) -> House {
    let house = house();
    house.edit(
        "postmerge.yaml",
        "publish:",
        &format!("policy: {{{policy}}}\nportal: {{url: \"https://portal.c.test\"}}\npublish:"),
    );
    house
}

fn newsletter(house: &House, id: &str, date: &str, more: &str, body: &str) {
    let text = format!(
        "subject: Novedades\nsender: eventos\ntemplate: b\naudience: {{lists: [socios]}}\n{more}\
         send: {{date: {date}, window: \"12:00\"}}\n"
    );
    house.write(&format!("campaigns/{id}/campaign.yaml"), &text);
    house.write(&format!("campaigns/{id}/body.md"), body);
}

/// Sends what is due on this day, by the main branch as it is.
fn run(house: &House, number: u32, day: &str) -> Summary {
    house.push(day);
    let clock = VirtualClock::new(at(&format!("{day}T17:00:00Z")));
    house.run("runner", number, &clock)
}

/// Who got it, and how many did not, by reason.
fn told(summary: &Summary, id: &str) -> (u64, Vec<(&'static str, u32)>) {
    let line = line(summary, id);
    let reasons = line.exclusions.iter();
    let reasons = reasons.map(|(reason, count)| (reason.name(), *count));
    (line.counts.accepted, reasons.collect())
}

#[test]
fn who_pauses_or_wants_fewer_gets_fewer_newsletters_and_every_invoice() {
    let house = portal_house("copies_for_at_most: 25");
    let when = "2026-11-30T10:00:00Z";
    let until = at("2026-12-05T00:00:00Z");
    publish(
        &house,
        vec![
            wish("p0@a.test", when, Wanted::Paused { until }),
            wish("p1@b.test", when, Wanted::AtMost { days: 7 }),
        ],
    );
    newsletter(&house, "lunes", "2026-12-02", "", "Hola.\n");
    let first = run(&house, 1, "2026-12-02");
    assert_eq!(told(&first, "lunes"), (2, vec![("paused", 1)]));
    assert_eq!(told(&first, "uno"), (3, vec![]));

    newsletter(&house, "jueves", "2026-12-03", "", "Hola.\n");
    let second = run(&house, 2, "2026-12-03");
    let both = vec![("paused", 1), ("wants-fewer", 1)];
    assert_eq!(told(&second, "jueves"), (1, both));

    // The pause is over, the week is not: of what p1 did not get nothing counts.
    newsletter(&house, "lunes2", "2026-12-07", "", "Hola.\n");
    let third = run(&house, 3, "2026-12-07");
    assert_eq!(told(&third, "lunes2"), (2, vec![("wants-fewer", 1)]));
    newsletter(&house, "miercoles", "2026-12-09", "", "Hola.\n");
    let fourth = run(&house, 4, "2026-12-09");
    assert_eq!(told(&fourth, "miercoles"), (3, vec![]));
    assert_eq!(house.boxes.taken_twice(), []);
}

#[test]
fn nothing_is_sent_whose_links_lead_to_a_portal_on_this_machine() {
    let house = portal_house("copies_for_at_most: 25");
    let (public, here) = ("https://portal.c.test", "http://127.0.0.1:8025");
    house.edit("postmerge.yaml", public, here);
    newsletter(&house, "lunes", "2026-12-02", "", "Hola.\n");
    let first = run(&house, 1, "2026-12-02");
    let of = line(&first, "lunes");
    let why = "lunes: `portal.url` is http://127.0.0.1:8025, which no recipient reaches; write the public address, `https://…`, and change the campaign after it: it goes out by the settings that it was approved with";
    assert!(of.held, "{of:?}");
    assert_eq!(
        (of.counts.accepted, of.note.as_deref()),
        (0, Some(&*format!("held: {why}")))
    );
    // Settings alone are not enough: mails are made by those that the campaign was approved with.
    house.edit("postmerge.yaml", here, public);
    let second = run(&house, 2, "2026-12-02");
    assert!(line(&second, "lunes").held);
    newsletter(&house, "lunes", "2026-12-02", "", "Hola a todos.\n");
    let third = run(&house, 3, "2026-12-02");
    assert_eq!(told(&third, "lunes").0, 3, "{third:?}");
}

/// The link that confirms, in a mail of this campaign to somebody, in both parts.
fn confirm_link(house: &House, campaign: &str, who: &str) -> Leave {
    let office = Office::new(house, "office");
    let state = State {
        source: Arc::new(Tree::at(&office.path, office.opened.head).unwrap()),
        whence: "main".to_owned(),
        workspace: Arc::new(office.opened.workspace.clone()),
    };
    let id = CampaignId::parse(campaign).unwrap();
    let whom = [Address::parse(who).unwrap()];
    let showing = show(&state, &id, &whom, &key(), at(NOW)).unwrap();
    let mail = showing.mails[0].mail.clone().unwrap();
    let url = "https://portal.c.test/c/";
    let token = |part: &str| -> String {
        let after = part.split_once(url).unwrap_or_else(|| panic!("{part}")).1;
        after
            .chars()
            .take_while(char::is_ascii_alphanumeric)
            .collect()
    };
    let text: String = mail.text.split_whitespace().collect();
    assert_eq!(token(&mail.html), token(&text));
    Leave::verify(&key(), &token(&mail.html)).unwrap()
}

const ASKS: &str = "¿Siguen bien sus datos? [Sí, quiero seguir]({{ confirm_url }})\n";

#[test]
fn who_does_not_answer_is_asked_again_and_then_gets_no_newsletters() {
    let house =
        portal_house("growth_limit: 10, reconfirmation: {asks: 2, days: 3, unconfirmed: exclude}");
    newsletter(
        &house,
        "datos",
        "2026-12-02",
        "reconfirmation: quarter\n",
        ASKS,
    );
    house.edit(
        "campaigns/datos/campaign.yaml",
        "window: \"12:00\"",
        "window: \"12:00\", every: week",
    );
    house.write("assets/logo.txt", "C");
    house.push("a question");
    let link = confirm_link(&house, "datos", "p2@a.test");
    assert_eq!(
        (link.action, link.scope, link.recipient),
        (Action::Confirm, TokenScope::All, id("p2@a.test"))
    );

    assert_eq!(told(&run(&house, 1, "2026-12-02"), "datos@2026-W49").0, 3);
    publish(
        &house,
        vec![wish("p0@a.test", "2026-12-03T10:00:00Z", Wanted::Confirmed)],
    );
    let second = run(&house, 2, "2026-12-09");
    assert_eq!(
        told(&second, "datos@2026-W50"),
        (2, vec![("confirmed-lately", 1)])
    );
    // There is time to answer the last one.
    newsletter(&house, "doce", "2026-12-11", "", "Hola.\n");
    assert_eq!(told(&run(&house, 3, "2026-12-11"), "doce"), (3, vec![]));
    newsletter(&house, "catorce", "2026-12-14", "", "Hola.\n");
    let late = run(&house, 4, "2026-12-14");
    assert_eq!(told(&late, "catorce"), (1, vec![("unconfirmed", 2)]));
    // Nobody is asked more often than policy says; who minds their data is there again.
    publish(
        &house,
        vec![changed("p1@b.test", "2026-12-14T18:00:00Z", "Pía")],
    );
    newsletter(&house, "quince", "2026-12-15", "", "Hola.\n");
    let back = run(&house, 5, "2026-12-15");
    assert_eq!(told(&back, "quince"), (2, vec![("unconfirmed", 1)]));
    let office = Office::new(&house, "office");
    let gathered = office.gather(at("2026-12-15T20:00:00Z"));
    assert_eq!(gathered.unconfirmed.values().sum::<u64>(), 1);
    let held = run(&house, 6, "2026-12-16");
    let held = line(&held, "datos@2026-W51");
    assert!(
        held.counts.accepted == 0 && held.note.as_deref().is_some_and(|it| it.contains("empty")),
        "{held:?}"
    );
    // In the next quarter all are asked anew, the unconfirmed, too.
    assert_eq!(told(&run(&house, 7, "2027-01-06"), "datos@2027-W01").0, 3);
}

/// Runs the program in a clone.
fn said_by(path: &std::path::Path, arguments: &[&str]) -> String {
    let mut command = assert_cmd::Command::cargo_bin("postmerge").unwrap();
    let command = command.arg("-C").arg(path).args(arguments);
    let output = command.env("POSTMERGE_KEY", SECRET).output().unwrap();
    String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
}

#[test]
fn who_joined_and_is_forgotten_before_the_file_has_them_and_who_never_joined_are_told() {
    let house = house();
    let when = "2026-11-20T10:00:00Z";
    let wishes = vec![
        joined("eva@a.test", when, "Eva"),
        wish("p1@b.test", when, Wanted::Disowned),
    ];
    publish(&house, wishes);
    leaves(&house, "p1@b.test", when);
    let path = house.clone_of("runner");
    let lists = said_by(&path, &["lists"]);
    assert!(
        lists.contains("1 person says that they never joined"),
        "{lists}"
    );
    assert!(lists.contains(&id("p1@b.test").to_string()), "{lists}");

    let export = path.join("eva.json");
    let said = said_by(
        &path,
        &["forget", "eva@a.test", "--export", export.to_str().unwrap()],
    );
    assert!(
        said.contains("they joined socios by themselves; its file does not have them yet"),
        "{said}"
    );
    assert!(!said.contains("They are in no list."), "{said}");
    assert!(said.contains("it is sealed on the ledger"), "{said}");
    let known: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(&export).unwrap()).unwrap();
    assert_eq!(known["sealed"][0]["cells"]["nombre"], "Eva", "{known}");
    let said = said_by(&path, &["forget", "p2@a.test", "--dry-run"]);
    assert!(!said.contains("sealed"), "{said}");
}
