//! Every folder of `tests/fixtures/lint` is laid over the sound workspace, and linted; what people
//! would read must be its `expected.txt`. A case without one fails. What git should not hold is made
//! by `setup.txt`. `UPDATE_EXPECTED=1 cargo test --test lint_fixtures` writes the files.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::disallowed_methods
)]

use std::fs;
use std::path::{Path, PathBuf};

use postmerge::diagnostic::human;
use postmerge::lint;
use postmerge::workspace::folder::Folder;

#[path = "support/overlay.rs"]
mod overlay;

#[test]
#[cfg(unix)]
fn every_case_finds_what_it_expects() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let mut cases: Vec<PathBuf> = fs::read_dir(root.join("tests/fixtures/lint"))
        .unwrap()
        .map(|e| e.unwrap().path())
        .filter(|p| p.is_dir())
        .collect();
    cases.sort();
    assert!(cases.len() > 10);
    let mut wrong = Vec::new();
    for case in cases {
        let folder = overlay::base(&root);
        overlay::copy(&case, folder.path());
        for name in ["expected.txt", "setup.txt"] {
            let _ = fs::remove_file(folder.path().join(name));
        }
        if let Ok(setup) = fs::read_to_string(case.join("setup.txt")) {
            setup.lines().for_each(|line| set_up(folder.path(), line));
        }
        let report = lint::run(
            &Folder::new(folder.path()),
            &lint::Request::at("2026-11-02T12:00:00Z".parse().unwrap()),
        );
        let actual = human::render(&report.findings, &report.files, false);
        let expected = case.join("expected.txt");
        if fs::read_to_string(&expected).ok().as_deref() != Some(actual.as_str()) {
            if std::env::var_os("UPDATE_EXPECTED").is_some() {
                fs::write(&expected, &actual).unwrap();
            } else {
                wrong.push(format!("{}:\n{actual}", case.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[cfg(unix)]
fn set_up(folder: &Path, line: &str) {
    let words: Vec<&str> = line.splitn(4, ' ').collect();
    let path = folder.join(words[1]);
    match words[0] {
        "delete" => fs::remove_file(path).unwrap(),
        "link" => std::os::unix::fs::symlink(words[2], path).unwrap(),
        "repeat" => {
            let text: String = serde_json::from_str(words[3]).unwrap();
            overlay::write(&path, text.repeat(words[2].parse().unwrap()).as_bytes());
        }
        "append" => {
            let more: String = serde_json::from_str(words[3]).unwrap();
            let mut text = fs::read_to_string(&path).unwrap();
            text.push_str(&more.repeat(words[2].parse().unwrap()));
            overlay::write(&path, text.as_bytes());
        }
        // Rows with their numbers for `#`, below what the file has.
        "number" => {
            let mut text = fs::read_to_string(&path).unwrap();
            for n in 0..words[2].parse::<u32>().unwrap() {
                text.push_str(&words[3].replace('#', &n.to_string()));
                text.push('\n');
            }
            overlay::write(&path, text.as_bytes());
        }
        "deep" => {
            let below = "d/".repeat(words[2].parse().unwrap());
            overlay::write(&path.join(below).join("file"), b"x");
        }
        other => panic!("no such step: {other}"),
    }
}
