//! `postmerge forget`, as a user runs it: rows go by a branch for review, mails stop at once, and what stays is said.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod deliver_common;

use std::path::Path;

use assert_cmd::Command;
use deliver_common::{House, SECRET, git, people};
use postmerge::deliver::opened::open;
use postmerge::transport::mailboxes::Mailboxes;
use postmerge::workspace::settings::LedgerSettings;

fn forget(checkout: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let output = Command::cargo_bin("postmerge")
        .unwrap()
        .arg("-C")
        .arg(checkout)
        .arg("forget")
        .args(arguments)
        .env("POSTMERGE_KEY", SECRET)
        .output()
        .unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(text).unwrap())
}

fn house() -> House {
    let house = House::new(
        Mailboxes::new(),
        &people(5, &["a.test", "b.test"]),
        "pause: 1s",
    );
    house.push("nothing new");
    house
}

#[test]
fn a_person_is_exported_taken_out_and_never_mailed_again() {
    let house = house();
    let path = house.clone_of("office");
    let export = path.join("export.json");
    let (code, said) = forget(&path, &["p2@a.test", "--export", export.to_str().unwrap()]);
    assert_eq!(code, Some(0), "{said}");
    assert!(!said.contains("p2@"), "{said}");
    assert!(said.contains("What stays:"), "{said}");
    let known: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(&export).unwrap()).unwrap();
    assert_eq!(known["address"], "p2@a.test");
    assert_eq!(known["rows"].as_array().unwrap().len(), 1, "{known}");
    assert!(known["history"]["mails"].is_array(), "{known}");

    let branch = forgetting(&path).pop().unwrap();
    let diff = git(
        &path,
        &["diff", "--numstat", &format!("{branch}^"), &branch],
    );
    assert!(diff.starts_with("0\t1\tlists/"), "{diff}");
    // Nothing beside the row tells whose mails those of the ledger were.
    let shown = git(&path, &["show", &branch]) + &branch + &said;
    assert!(shown.contains("-p2@a.test,X"), "{shown}");
    let id = deliver_common::id("p2@a.test").to_string();
    for at in 0..id.len() - 6 {
        assert!(!shown.contains(&id[at..at + 6]), "{id}: {shown}");
    }
    let message = git(&path, &["log", "-1", "--format=%B", &branch]);
    assert!(!message.contains("p2@"), "{message}");

    // Once more changes nothing, whatever is on the main branch meanwhile, and an export that is there is not written over.
    house.members(&people(7, &["a.test", "b.test"]));
    house.push("more members");
    for _ in 0..2 {
        let (code, again) = forget(&path, &["p2@a.test"]);
        assert_eq!(code, Some(0), "{again}");
        assert!(again.contains("They were suppressed already."), "{again}");
        assert!(again.contains("made before"), "{again}");
    }
    assert_eq!(forgetting(&path), [branch]);
    let (code, refused) = forget(&path, &["p2@a.test", "--export", export.to_str().unwrap()]);
    assert_eq!(code, Some(2), "{refused}");
}

/// The branches that take somebody out.
fn forgetting(checkout: &Path) -> Vec<String> {
    let all = git(
        checkout,
        &[
            "branch",
            "--list",
            "postmerge/forget-*",
            "--format=%(refname:short)",
        ],
    );
    all.lines().map(ToOwned::to_owned).collect()
}

fn is_suppressed(house: &House, who: &str) -> bool {
    let opened = open(&house.clone_of("look"), &LedgerSettings::default()).unwrap();
    let suppressions = opened.ledger.suppressions().unwrap();
    suppressions
        .reason(&deliver_common::id(who), None)
        .is_some()
}

/// A branch of the name that holds something else, as a colleague or a kill may leave one.
#[test]
fn a_branch_in_the_way_keeps_nobody_from_being_left_alone() {
    let house = house();
    // Another clone tells the name; it is the same everywhere.
    let other = house.clone_of("other");
    forget(&other, &["p2@a.test"]);
    let name = forgetting(&other).pop().unwrap();
    let house = self::house();
    let path = house.clone_of("office");
    git(&path, &["checkout", "-q", "-b", &name]);
    std::fs::write(path.join("else.txt"), "x").unwrap();
    git(&path, &["add", "."]);
    git(&path, &["commit", "-q", "-m", "something else"]);
    git(&path, &["checkout", "-q", "main"]);
    let before = git(&path, &["rev-parse", &name]);
    let (code, said) = forget(&path, &["p2@a.test"]);
    assert!(is_suppressed(&house, "p2@a.test"), "{said}");
    // Their row is there as it was where that branch left.
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("merging it brings nothing back"), "{said}");
    assert_eq!(forgetting(&path), [name.clone(), format!("{name}-2")]);
    assert_eq!(git(&path, &["rev-parse", &name]), before);
}

/// Where no branch can be made at all, a person is told so, and the address is left alone all the same.
#[test]
fn where_no_branch_can_be_made_they_are_suppressed() {
    let house = house();
    let path = house.clone_of("office");
    // Beside a branch of this name git takes none below it.
    git(&path, &["branch", "postmerge"]);
    let (code, said) = forget(&path, &["p2@a.test"]);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("They are not mailed any more"), "{said}");
    assert!(is_suppressed(&house, "p2@a.test"));
    // Nor does it keep from it once that is mended.
    git(&path, &["branch", "-D", "postmerge"]);
    let (code, said) = forget(&path, &["p2@a.test"]);
    assert_eq!((code, forgetting(&path).len()), (Some(0), 1), "{said}");
}

#[test]
fn who_comes_back_by_an_old_spreadsheet_is_taken_out_again() {
    let house = house();
    let path = house.clone_of("office");
    forget(&path, &["p2@a.test"]);
    let branch = forgetting(&path).pop().unwrap();
    git(&path, &["push", "-q", "origin", &branch]);
    let author = house.author();
    git(&author, &["pull", "-q", "--no-rebase", "origin", &branch]);
    git(&author, &["push", "-q", "origin", "HEAD:main"]);
    let (code, said) = forget(&path, &["p2@a.test"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("They are in no list."), "{said}");
    house.members(&people(5, &["a.test", "b.test"]));
    house.push("an old spreadsheet");
    let (code, said) = forget(&path, &["p2@a.test"]);
    assert_eq!(code, Some(0), "{said}");
    let second = format!("{branch}-2");
    assert!(
        said.contains(&format!("git push origin {second}")),
        "{said}"
    );
    let list = git(&path, &["show", &format!("{second}:lists/socios.csv")]);
    assert!(!list.contains("p2@") && list.contains("p1@"), "{list}");
}

#[test]
fn documents_of_their_own_and_branches_that_hold_them_are_named() {
    let house = house();
    house.campaign(
        "factura",
        "documents: [{file: \"{{ nombre }}.pdf\", as: link}]\n",
    );
    house.edit("lists/socios.csv", "p2@a.test,X", "p2@a.test,P2");
    for who in ["P2", "X"] {
        house.write(&format!("campaigns/factura/{who}.pdf"), "%PDF-1.4 of one");
    }
    house.push("bills");
    let author = house.author();
    let branch = |name: &str, csv: &str| {
        git(&author, &["checkout", "-q", "-b", name]);
        house.write("lists/socios.csv", csv);
        git(&author, &["add", "."]);
        git(&author, &["commit", "-q", "-m", "an edit"]);
        git(&author, &["push", "-q", "origin", name]);
        git(&author, &["checkout", "-q", "-"]);
    };
    let all = std::fs::read_to_string(author.join("lists/socios.csv")).unwrap();
    branch("stale", &all.replace("p0@a.test,X", "p0@a.test,Y"));
    branch("without", "email,nombre\np0@a.test,X\n");
    branch(
        "postmerge/fold-1",
        "email,nombre\np0@a.test,X\np2@a.test,Z\n",
    );
    let path = house.clone_of("office");
    let (code, said) = forget(&path, &["p2@a.test", "--dry-run"]);
    // A person has to see to it.
    assert_eq!(code, Some(1), "{said}");
    let line = |part: &str| {
        let found = said.lines().find(|line| line.contains(part));
        found.unwrap_or_else(|| panic!("{part}: {said}"))
    };
    assert!(line("factura/").contains("P2.pdf: a document of their own"));
    assert!(!said.contains("X.pdf"), "{said}");
    assert!(line("postmerge/fold-1").contains("whoever merges it may bring them back"));
    assert!(line("stale").contains("brings nothing back"));
    assert!(!said.contains("without"), "{said}");
}

/// Whoever may push a branch cannot keep anybody in the lists by it, and a list that is broken keeps nobody mailed.
#[test]
fn neither_a_branch_nor_a_list_keeps_anybody_from_being_left_alone() {
    let house = house();
    let author = house.author();
    git(&author, &["checkout", "-q", "--orphan", "pages"]);
    git(&author, &["rm", "-q", "-r", "-f", "."]);
    house.write("lists", "of what is new");
    git(&author, &["add", "lists"]);
    git(&author, &["commit", "-q", "-m", "pages"]);
    git(&author, &["push", "-q", "origin", "pages"]);
    git(&author, &["rm", "-q", "lists"]);
    git(&author, &["checkout", "-q", "-f", "main"]);
    let path = house.clone_of("office");
    let (code, said) = forget(&path, &["p2@a.test"]);
    assert_eq!((code, forgetting(&path).len()), (Some(0), 1), "{said}");
    assert!(is_suppressed(&house, "p2@a.test") && !said.contains("pages"));

    house.write("lists/socios.csv", "nombre\nX\n");
    house.push("no addresses");
    let (code, said) = forget(&path, &["p4@a.test"]);
    assert_eq!(code, Some(2), "{said}");
    assert!(
        said.contains("they are not mailed any more; run it again"),
        "{said}"
    );
    assert!(is_suppressed(&house, "p4@a.test"), "{said}");
    // What is to be written first holds it back, and it says so; so does who only asks.
    let export = path.join("export.json");
    let (code, said) = forget(&path, &["p0@a.test", "--export", export.to_str().unwrap()]);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("nothing was forgotten"), "{said}");
    let (code, said) = forget(&path, &["p0@a.test", "--dry-run"]);
    assert_eq!(code, Some(2), "{said}");
    assert!(!said.contains("not mailed"), "{said}");
    assert!(!export.exists() && !is_suppressed(&house, "p0@a.test"));
}

#[test]
fn a_branch_that_moves_doubles_copies_or_breaks_their_row_is_named() {
    let house = house();
    let author = house.author();
    let read = |path: &str| std::fs::read_to_string(author.join(path)).unwrap();
    let (all, settings) = (read("lists/socios.csv"), read("lists/socios.yaml"));
    let branch = |name: &str, list: &str, csv: &str| {
        git(&author, &["checkout", "-q", "-b", name]);
        house.write(&format!("lists/{list}.yaml"), &settings);
        house.write(&format!("lists/{list}.csv"), csv);
        git(&author, &["add", "."]);
        git(&author, &["commit", "-q", "-m", "an edit"]);
        git(&author, &["push", "-q", "origin", name]);
        git(&author, &["checkout", "-q", "-"]);
    };
    let row = "p2@a.test,X\n";
    branch("moved", "socios", &(all.replace(row, "") + row));
    branch("doubled", "socios", &(all.clone() + row));
    branch("copied", "copia", &all);
    branch("broken", "socios", &all.replace(row, "\"p2@a.test,X\n"));
    branch("elsewhere", "socios", &(all.clone() + "new@c.test,X\n"));
    let path = house.clone_of("office");
    let (code, said) = forget(&path, &["p2@a.test", "--dry-run"]);
    assert_eq!(code, Some(1), "{said}");
    for (name, words) in [
        ("moved", "may bring them back"),
        ("doubled", "may bring them back"),
        ("copied", "may bring them back"),
        ("broken", "which is not merged"),
        ("elsewhere", "brings nothing back"),
    ] {
        let mut lines = said.lines();
        let line = lines.find(|line| line.contains(&format!("the branch {name},")));
        let line = line.unwrap_or_else(|| panic!("{name}: {said}"));
        assert!(line.contains(words), "{line}");
        assert_eq!(line.contains("brings nothing back"), name == "elsewhere");
    }
}

#[test]
fn a_stranger_is_in_no_list_and_a_dry_run_writes_nothing() {
    let house = house();
    let path = house.clone_of("office");
    let (code, said) = forget(&path, &["nobody@c.test", "--dry-run"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("They are in no list."), "{said}");
    let (code, _) = forget(&path, &["p2@a.test", "--dry-run"]);
    assert_eq!(code, Some(0));
    assert_eq!(git(&path, &["branch", "--list", "postmerge/*"]), "");
    let (code, said) = forget(&path, &["no address"]);
    assert_eq!(code, Some(2), "{said}");
}
