//! What the files of a folder held before, as a branch's history tells.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/git.rs"]
mod git;

use git::{git, git_with};
use postmerge::git::Repository;

#[test]
fn every_version_is_found_with_the_day_that_it_came() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    git(path, &["init", "-q"]);
    std::fs::create_dir_all(path.join("lists")).unwrap();
    let commit = |second: u32, files: &[(&str, &str)]| {
        for (name, text) in files {
            std::fs::write(path.join(name), text).unwrap();
        }
        git(path, &["add", "."]);
        let date = format!("{second} +0000");
        let when = [("GIT_COMMITTER_DATE", date.as_str())];
        git_with(path, &["commit", "-qm", "x"], &when);
    };
    commit(
        1_000_000_100,
        &[("lists/a.yaml", "1"), ("lists/a.csv", "x")],
    );
    commit(1_000_000_200, &[("other", "x")]);
    commit(1_000_000_300, &[("lists/a.yaml", "2")]);
    commit(
        1_000_000_400,
        &[("lists/b.yaml", "1"), ("lists/a.csv", "y")],
    );
    let repository = Repository::open(path).unwrap();
    let head = repository.resolve("HEAD").unwrap();
    let found = |until: Option<&str>, most| {
        let until = until.map(|it| repository.resolve(it).unwrap());
        let versions = repository.versions(head, until, ("lists", ".yaml"), most);
        let mut found: Vec<(String, String, i64)> = Vec::new();
        for version in versions.unwrap() {
            let text = repository.with_blob(version.blob, <[u8]>::to_vec).unwrap();
            let text = String::from_utf8(text).unwrap();
            found.push((version.name, text, version.since - 1_000_000_000));
        }
        found.sort();
        found
    };
    let one = |name: &str, text: &str, since| (name.to_owned(), text.to_owned(), since);
    let all = [
        one("a.yaml", "1", 100),
        one("a.yaml", "2", 300),
        one("b.yaml", "1", 400),
    ];
    assert_eq!(found(None, 100), all);
    assert_eq!(found(None, 2), all[1..]);
    assert_eq!(
        found(Some("HEAD~1"), 100),
        [one("a.yaml", "2", 400), all[2].clone()]
    );
}
