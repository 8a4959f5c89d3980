//! Sending from clones of every kind: it works, or says how to make it work.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod deliver_common;

use deliver_common::*;
use postmerge::deliver::StartError;
use postmerge::git::GitError;
use postmerge::transport::mailboxes::Mailboxes;

/// Six people, one campaign, and a commit on top that has nothing to do with it.
fn house() -> House {
    let house = House::new(Mailboxes::new(), &people(6, &["a.test"]), "pause: 1s");
    house.write("README.md", "Campaigns\n");
    house.push("something else");
    git(
        &house.path().join("remote.git"),
        &["config", "uploadpack.allowFilter", "true"],
    );
    house
}

impl House {
    fn clone_like(&self, name: &str, how: &[&str]) {
        let url = format!("file://{}", self.path().join("remote.git").display());
        let words = [&["clone", "-q", "-b", "main"], how, &[&url, name]].concat();
        git(self.path(), &words);
    }

    /// Sends from this clone, and what is left of it from another: each person has one mail.
    fn sends_from(&self, clone: &str) {
        let clock = clock();
        let summary = self.run(clone, 1, &clock);
        assert_eq!(line(&summary, "uno").counts.accepted, 6, "{summary:?}");
        assert_eq!(self.check(now_of(&clock)).accepted, 6);
        self.campaign("dos", "");
        self.push("dos");
        assert_eq!(self.run(clone, 2, &clock).accepted, 6);
        assert_eq!(self.run(clone, 3, &clock).accepted, 0);
        assert_eq!(self.boxes.copies(), 12);
    }
}

#[test]
fn a_shallow_clone_can_not_know_what_was_approved_and_says_what_to_run() {
    let house = house();
    house.clone_like("shallow", &["--depth", "1"]);
    let error = house.try_run("shallow", 1, &clock()).unwrap_err();
    assert!(
        matches!(error, StartError::Git(GitError::Shallow { .. })),
        "{error}"
    );
    let told = error.to_string();
    assert!(told.contains("`git fetch --unshallow`"), "{told}");
    assert!(told.contains("`fetch-depth: 0`"), "{told}");
    assert_eq!(house.boxes.copies(), 0);
    git(&house.clone_of("shallow"), &["fetch", "-q", "--unshallow"]);
    house.sends_from("shallow");
}

#[test]
fn a_shallow_clone_that_goes_back_far_enough_sends() {
    let house = house();
    // The campaign came with the first of two commits; the edge must lie before that.
    house.write("README.md", "Campaigns, all of them\n");
    house.campaign("uno", "priority: high\n");
    house.push("uno again");
    house.clone_like("shallow", &["--depth", "2"]);
    house.sends_from("shallow");
}

#[test]
fn a_clone_of_one_branch_sends() {
    let house = house();
    house.clone_like("single", &["--single-branch"]);
    house.sends_from("single");
}

#[test]
fn a_partial_clone_sends_also_by_files_that_it_has_to_fetch() {
    let house = house();
    house.clone_like("partial", &["--filter=blob:none"]);
    house.sends_from("partial");
    // One that was made when there was a ledger already, and whose campaign's files have changed
    // since the sending began: nothing of that is here but the names.
    house.write("campaigns/uno/body.md", "Changed.\n");
    house.push("changed");
    house.clone_like("late", &["--filter=blob:none"]);
    let missing = git(
        &house.clone_of("late"),
        &["rev-list", "--objects", "--all", "--missing=print"],
    );
    assert!(missing.contains('?'), "nothing is missing: {missing}");
    house.campaign("tres", "");
    house.push("tres");
    assert_eq!(house.run("late", 4, &clock()).accepted, 6);
    assert_eq!(house.boxes.taken_twice(), []);
    house.clone_like("bare-bones", &["--filter=tree:0"]);
    assert_eq!(house.run("bare-bones", 5, &clock()).accepted, 0);
}

#[test]
fn a_partial_clone_whose_remote_is_away_says_what_it_lacks() {
    let house = house();
    house.clone_like("partial", &["--filter=blob:none", "--no-checkout"]);
    let away = house.path().join("away.git");
    let clone = house.clone_of("partial");
    let repository = postmerge::git::Repository::open(&clone).unwrap();
    let head = repository.resolve("HEAD").unwrap();
    let entry = repository.entry(head, "postmerge.yaml").unwrap().unwrap();
    std::fs::rename(house.path().join("remote.git"), away).unwrap();
    let error = repository.blob_size(entry.id).unwrap_err();
    assert!(matches!(error, GitError::Partial { .. }), "{error}");
}

#[test]
fn a_linked_worktree_sends_and_shares_its_journal_with_the_others() {
    let house = house();
    let main = house.clone_of("one");
    git(&main, &["worktree", "add", "-q", "--detach", "../linked"]);
    house.sends_from("linked");
    let journals = main.join(".git/postmerge/journal");
    assert_eq!(std::fs::read_dir(journals).unwrap().count(), 0);
    assert_eq!(house.run("one", 9, &clock()).accepted, 0);
}
