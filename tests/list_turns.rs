//! Removing rows and putting in what members asked for, of the same list: one branch at a time, so that git can merge all of them,
//! and nothing of who left is put in.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod deliver_common;

use std::collections::BTreeMap;

use deliver_common::{House, SECRET, at, git, id, key};
use postmerge::deliver::opened::open;
use postmerge::ledger::branch::Batch;
use postmerge::ledger::event::{Exclusion, Lifting, RunId, Scope, SuppressionEvent};
use postmerge::ledger::feedback::MessageKey;
use postmerge::ledger::wish::{Wanted, Way, Wish};
use postmerge::ledger::wishes::Cells;
use postmerge::transport::mailboxes::Mailboxes;
use postmerge::workspace::settings::LedgerSettings;

const SETTINGS: &str = "title: Socios\nowner: ana\npurpose: Avisos\n\
    consent: {basis: contract}\ncolumns: {nombre: {type: text, required: true, editable: true}}\n";

/// Four members, neighbours all.
fn house() -> House {
    let members = ["p0@a.test", "p1@b.test", "p2@a.test", "p3@b.test"].map(str::to_owned);
    let house = House::new(Mailboxes::new(), &members, "pause: 1s");
    house.write("lists/socios.yaml", SETTINGS);
    house.push("a list");
    house
}

fn publish(house: &House, batch: Batch) {
    let clone = house.clone_of("portal");
    let mut opened = open(&clone, &LedgerSettings::default()).unwrap();
    opened.ledger.use_key(key().fingerprint()).unwrap();
    opened.ledger.publish(&batch).unwrap();
}

fn change(house: &House, who: &str, when: &str, name: &str) {
    let row = Cells {
        recipient: id(who),
        at: at(when),
        address: None,
        cells: BTreeMap::from([("nombre".to_owned(), name.to_owned())]),
    };
    let row = row.seal(&key()).unwrap();
    let list = "socios".to_owned();
    let wish = Wish {
        key: MessageKey::of(format!("{who}{when}").as_bytes()),
        recipient: id(who),
        at: at(when),
        way: Way::Portal,
        what: Wanted::Changed { list, row },
    };
    let batch = Batch {
        wishes: vec![wish],
        ..Batch::new(RunId(77), at(when), "wishes".to_owned())
    };
    publish(house, batch);
}

fn join(house: &House, who: &str, when: &str, name: &str) {
    let row = Cells {
        recipient: id(who),
        at: at(when),
        address: Some(who.to_owned()),
        cells: BTreeMap::from([("nombre".to_owned(), name.to_owned())]),
    };
    let wish = Wish {
        key: MessageKey::of(format!("{who}{when}").as_bytes()),
        recipient: id(who),
        at: at(when),
        way: Way::Portal,
        what: Wanted::Joined {
            list: "socios".to_owned(),
            row: row.seal(&key()).unwrap(),
            consent: MessageKey([1; 8]),
            client: None,
        },
    };
    let batch = Batch {
        wishes: vec![wish],
        ..Batch::new(RunId(77), at(when), "wishes".to_owned())
    };
    publish(house, batch);
}

fn come_back(house: &House, who: &str, when: &str) {
    let event = SuppressionEvent::Lifted {
        recipient: id(who),
        scope: Scope::All,
        what: Lifting::Own,
        at: at(when),
        note: String::new(),
    };
    let batch = Batch {
        suppressions: vec![event],
        ..Batch::new(RunId(78), at(when), "lifted".to_owned())
    };
    publish(house, batch);
}

fn suppress(house: &House, who: &str, when: &str, reason: Exclusion) {
    let event = SuppressionEvent::Suppressed {
        recipient: id(who),
        scope: Scope::All,
        reason,
        at: at(when),
        note: String::new(),
    };
    let batch = Batch {
        suppressions: vec![event],
        ..Batch::new(RunId(78), at(when), "suppressed".to_owned())
    };
    publish(house, batch);
}

fn leave(house: &House, who: &str, when: &str) {
    suppress(house, who, when, Exclusion::Unsubscribed);
}

/// What a run proposes.
struct Proposed {
    removing: Vec<String>,
    folding: Vec<String>,
    /// Which lists wait for the other kind.
    later: [Vec<String>; 2],
    words: String,
}

/// `lists clean --push`, as a user runs it, in a clone of their own.
fn clean(house: &House, clone: &str) -> Proposed {
    let clone = house.clone_of(clone);
    let run = |arguments: &[&str]| {
        let output = assert_cmd::Command::cargo_bin("postmerge")
            .unwrap()
            .args(["-C", clone.to_str().unwrap(), "lists", "clean", "--push"])
            .args(arguments)
            .env("POSTMERGE_KEY", SECRET)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(0));
        String::from_utf8(output.stdout).unwrap()
    };
    let json: serde_json::Value = serde_json::from_str(&run(&["--format", "json"])).unwrap();
    let texts = |what: &str, key: Option<&str>| -> Vec<String> {
        let all = json[what].as_array().unwrap().iter();
        let text = |it: &serde_json::Value| match key {
            Some(key) => it[key].as_str().unwrap().to_owned(),
            None => it.as_str().unwrap().to_owned(),
        };
        all.map(text).collect()
    };
    Proposed {
        removing: texts("branches", Some("branch")),
        folding: texts("fold_branches", Some("branch")),
        later: [texts("removed_later", None), texts("put_in_later", None)],
        words: run(&[]),
    }
}

/// Merges a branch with git, which fails on a conflict.
fn merge(house: &House, branch: &str) {
    git(
        &house.author(),
        &["pull", "-q", "--no-rebase", "origin", branch],
    );
    house.push("merged");
}

fn rows(house: &House) -> String {
    git(&house.author(), &["show", "HEAD:lists/socios.csv"])
}

fn none() -> [Vec<String>; 2] {
    [Vec::new(), Vec::new()]
}

#[test]
fn who_changed_their_name_and_left_is_only_removed_and_does_not_come_back() {
    let house = house();
    change(&house, "p1@b.test", "2026-11-20T10:00:00Z", "Pía");
    leave(&house, "p1@b.test", "2026-11-21T10:00:00Z");
    let first = clean(&house, "one");
    assert_eq!((first.removing.len(), first.folding.len()), (1, 0));
    assert_eq!(first.later, none());
    merge(&house, &first.removing[0]);
    let left = "email,nombre\np0@a.test,X\np2@a.test,X\np3@b.test,X\n";
    assert_eq!(rows(&house), left);
    let second = clean(&house, "two");
    assert_eq!((second.removing.len(), second.folding.len()), (0, 0));
    // Somebody else's change says that theirs is dealt with, too.
    change(&house, "p3@b.test", "2026-11-22T10:00:00Z", "Ada");
    let third = clean(&house, "three");
    assert_eq!((third.removing.len(), third.folding.len()), (0, 1));
    merge(&house, &third.folding[0]);
    assert_eq!(rows(&house), left.replace("p3@b.test,X", "p3@b.test,Ada"));
    let settings = git(&house.author(), &["show", "HEAD:lists/socios.yaml"]);
    assert!(settings.ends_with("folded: 2\n"), "{settings}");
    let fourth = clean(&house, "four");
    assert_eq!((fourth.removing.len(), fourth.folding.len()), (0, 0));
}

#[test]
fn who_joined_and_comes_back_while_a_branch_without_them_is_open_gets_another() {
    let house = house();
    join(&house, "nora@c.test", "2026-11-20T10:00:00Z", "Nora");
    change(&house, "p3@b.test", "2026-11-20T11:00:00Z", "Ada");
    leave(&house, "nora@c.test", "2026-11-21T10:00:00Z");
    let first = clean(&house, "one");
    assert_eq!(first.folding.len(), 1);
    let again = clean(&house, "again");
    assert_eq!(again.folding, first.folding);
    come_back(&house, "nora@c.test", "2026-11-21T12:00:00Z");
    let second = clean(&house, "two");
    let new: Vec<&String> = second
        .folding
        .iter()
        .filter(|it| !first.folding.contains(it))
        .collect();
    assert_eq!(new.len(), 1, "{:?}", second.folding);
    // And that one is enough.
    let third = clean(&house, "three");
    assert!(third.folding.contains(new[0]) && third.folding.len() <= 2);
    merge(&house, new[0]);
    let all =
        "email,nombre\np0@a.test,X\np1@b.test,X\np2@a.test,X\np3@b.test,Ada\nnora@c.test,Nora\n";
    assert_eq!(rows(&house), all);
}

#[test]
fn whom_a_reviewer_takes_out_of_an_open_branch_is_not_proposed_again() {
    let house = house();
    join(&house, "junk@c.test", "2026-11-20T10:00:00Z", "Junk");
    join(&house, "nora@c.test", "2026-11-20T11:00:00Z", "Nora");
    let first = clean(&house, "one");
    assert_eq!(first.folding.len(), 1);
    let author = house.author();
    git(&author, &["fetch", "-q", "origin", &first.folding[0]]);
    git(&author, &["checkout", "-q", "-b", "review", "FETCH_HEAD"]);
    house.edit("lists/socios.csv", "junk@c.test,Junk\n", "");
    git(&author, &["commit", "-q", "-a", "-m", "no junk"]);
    let to = format!("HEAD:{}", first.folding[0]);
    git(&author, &["push", "-q", "origin", &to]);
    git(&author, &["checkout", "-q", "main"]);
    let second = clean(&house, "two");
    assert_eq!(second.folding, first.folding);
    merge(&house, &first.folding[0]);
    assert!(rows(&house).contains("nora@") && !rows(&house).contains("junk@"));
    assert_eq!(clean(&house, "three").folding.len(), 0);
}

#[test]
fn who_left_and_whose_row_stays_has_what_they_said_when_they_come_back() {
    let house = house();
    let keeps = format!("{SETTINGS}departed: keep\n");
    house.write("lists/socios.yaml", &keeps);
    house.push("rows stay");
    change(&house, "p1@b.test", "2026-11-20T10:00:00Z", "Pía");
    leave(&house, "p1@b.test", "2026-11-21T10:00:00Z");
    // What nobody waits for is proposed with what somebody does.
    assert_eq!(clean(&house, "one").folding.len(), 0);
    change(&house, "p3@b.test", "2026-11-22T10:00:00Z", "Ada");
    let second = clean(&house, "two");
    merge(&house, &second.folding[0]);
    let all = "email,nombre\np0@a.test,X\np1@b.test,Pía\np2@a.test,X\np3@b.test,Ada\n";
    assert_eq!(rows(&house), all);
}

#[test]
fn of_neighbours_one_changes_and_one_leaves_and_whoever_waited_longer_goes_first() {
    for left_first in [true, false] {
        let house = house();
        let leaves_at = match left_first {
            true => "2026-11-18T10:00:00Z",
            false => "2026-11-21T10:00:00Z",
        };
        change(&house, "p1@b.test", "2026-11-20T10:00:00Z", "Pía");
        change(&house, "p2@a.test", "2026-11-20T10:00:00Z", "Paz");
        leave(&house, "p1@b.test", leaves_at);
        let first = clean(&house, "one");
        assert_eq!(first.removing.len(), usize::from(left_first));
        assert_eq!(first.folding.len(), usize::from(!left_first));
        let waits = vec!["socios".to_owned()];
        let [removed_later, put_in_later] = first.later;
        match left_first {
            true => {
                assert_eq!((removed_later, put_in_later), (vec![], waits));
                assert!(first.words.contains(
                    "lists/socios.csv: it is put in once the removal of rows is merged, or its branch deleted.\n"
                ), "{}", first.words);
            }
            false => {
                assert_eq!((removed_later, put_in_later), (waits, vec![]));
                assert!(first.words.contains(
                    "lists/socios.csv: rows are removed once what members asked for is merged, or its branch deleted.\n"
                ), "{}", first.words);
            }
        }
        let mut branches = first.removing;
        branches.extend(first.folding);
        merge(&house, &branches[0]);
        // Nothing of who left is put in, and the other kind follows.
        assert!(!rows(&house).contains("Pía"));
        let second = clean(&house, "two");
        assert_eq!(second.removing.len(), usize::from(!left_first));
        assert_eq!(second.folding.len(), usize::from(left_first));
        assert_eq!(second.later, none());
        let mut branches = second.removing;
        branches.extend(second.folding);
        merge(&house, &branches[0]);
        let wanted = "email,nombre\np0@a.test,X\np2@a.test,Paz\np3@b.test,X\n";
        assert_eq!(rows(&house), wanted);
        let third = clean(&house, "three");
        assert_eq!((third.removing.len(), third.folding.len()), (0, 0));
    }
}

#[test]
fn who_leaves_while_their_change_waits_for_review_is_removed_after_it() {
    let house = house();
    change(&house, "p1@b.test", "2026-11-20T10:00:00Z", "Pía");
    let first = clean(&house, "one");
    assert_eq!(first.folding.len(), 1);
    leave(&house, "p1@b.test", "2026-11-19T10:00:00Z");
    let second = clean(&house, "two");
    assert_eq!((second.removing.len(), second.folding.len()), (0, 0));
    assert_eq!(second.later, [vec!["socios".to_owned()], vec![]]);
    merge(&house, &first.folding[0]);
    let third = clean(&house, "three");
    assert_eq!((third.removing.len(), third.folding.len()), (1, 0));
    // And what is asked for while rows wait to be removed follows them.
    change(&house, "p0@a.test", "2026-11-18T10:00:00Z", "Eva");
    let fourth = clean(&house, "four");
    assert_eq!(
        (&fourth.removing, fourth.folding.len()),
        (&third.removing, 0)
    );
    merge(&house, &third.removing[0]);
    let fifth = clean(&house, "five");
    assert_eq!((fifth.removing.len(), fifth.folding.len()), (0, 1));
    merge(&house, &fifth.folding[0]);
    let wanted = "email,nombre\np0@a.test,Eva\np2@a.test,X\np3@b.test,X\n";
    assert_eq!(rows(&house), wanted);
}

#[test]
fn a_change_of_who_was_forgotten_is_not_put_in_and_that_of_a_row_to_be_corrected_is() {
    let house = house();
    change(&house, "p1@b.test", "2026-11-20T10:00:00Z", "Pía");
    change(&house, "p3@b.test", "2026-11-20T10:00:00Z", "Ada");
    suppress(
        &house,
        "p1@b.test",
        "2026-11-21T10:00:00Z",
        Exclusion::Suppressed,
    );
    // Its owner was not told yet.
    suppress(
        &house,
        "p3@b.test",
        "2026-11-21T10:00:00Z",
        Exclusion::HardBounce,
    );
    let first = clean(&house, "one");
    assert_eq!((first.removing.len(), first.folding.len()), (0, 1));
    merge(&house, &first.folding[0]);
    let wanted = "email,nombre\np0@a.test,X\np1@b.test,X\np2@a.test,X\np3@b.test,Ada\n";
    assert_eq!(rows(&house), wanted);
}
