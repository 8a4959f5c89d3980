//! The example workspace with faults laid over it, as every format says them. `UPDATE_EXPECTED=1 cargo
//! test --test lint_broken` writes the files, which are to be read.
#![allow(clippy::unwrap_used, clippy::panic, clippy::disallowed_methods)]

use std::fs;
use std::path::PathBuf;

use postmerge::diagnostic::{github, human, json, sarif, summary};
use postmerge::lint::{self, Request};
use postmerge::workspace::folder::Folder;

#[path = "support/overlay.rs"]
mod overlay;

#[test]
fn every_format_says_the_same() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let folder = tempfile::tempdir().unwrap();
    for part in ["campaigns", "lists", "templates", "assets"] {
        overlay::copy(&root.join(part), &folder.path().join(part));
    }
    let settings = fs::read(root.join("postmerge.yaml")).unwrap();
    overlay::write(&folder.path().join("postmerge.yaml"), &settings);
    let sound = lint::run(
        &Folder::new(folder.path()),
        &Request::at("2026-11-02T12:00:00Z".parse().unwrap()),
    );
    assert!(sound.findings.is_empty(), "{:#?}", sound.findings);
    overlay::copy(&root.join("tests/fixtures/broken"), folder.path());
    let report = lint::run(
        &Folder::new(folder.path()),
        &Request::at("2026-11-02T12:00:00Z".parse().unwrap()),
    );
    let (findings, files) = (&report.findings, &report.files);
    let mut wrong = Vec::new();
    for (name, text) in [
        ("human.txt", human::render(findings, files, false)),
        ("github.txt", github::render(findings, files, "")),
        ("summary.md", summary::render(findings, files, &|_| None)),
        ("report.sarif", sarif::render(findings, files, "")),
        ("report.json", json::render(findings, files)),
    ] {
        let path = root.join("tests/fixtures/broken-expected").join(name);
        if std::env::var_os("UPDATE_EXPECTED").is_some() {
            overlay::write(&path, text.as_bytes());
        } else if fs::read_to_string(&path).unwrap_or_default() != text {
            wrong.push(format!("{name}:\n{text}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
