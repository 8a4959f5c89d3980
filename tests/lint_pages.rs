//! Every rule has its page and every page its rule; the pages' examples find what they say.
//! `UPDATE_EXPECTED=1 cargo test --test lint_pages` writes the findings into the pages.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::disallowed_methods
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use postmerge::diagnostic::resolve;
use postmerge::lint::{self, all_rules, pages};
use postmerge::workspace::folder::Folder;

#[path = "support/overlay.rs"]
mod overlay;

const SECTIONS: [&str; 6] = [
    "## What it does",
    "## Why it matters",
    "## Example (bad)",
    "## Example (good)",
    "## Configuration",
    "## Sources",
];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn codes_and_names_are_used_once() {
    let rules = all_rules();
    let codes: BTreeSet<_> = rules.iter().map(|r| r.code).collect();
    let names: BTreeSet<_> = rules.iter().map(|r| r.name).collect();
    assert_eq!((codes.len(), names.len()), (rules.len(), rules.len()));
    for rule in rules {
        let digits = rule.code.strip_prefix("PM").unwrap();
        assert!(
            digits.len() == 3 && digits.bytes().all(|b| b.is_ascii_digit()),
            "{}",
            rule.code
        );
        assert!(
            rule.name
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        );
        assert!(rule.summary.ends_with('.'), "{}", rule.name);
    }
}

#[test]
fn every_rule_has_its_page_and_file() {
    let names: BTreeSet<String> = all_rules().iter().map(|r| r.name.to_owned()).collect();
    let stems = |folder: &str| -> BTreeSet<String> {
        fs::read_dir(root().join(folder))
            .unwrap()
            .map(|e| {
                e.unwrap()
                    .path()
                    .file_stem()
                    .unwrap()
                    .to_str()
                    .unwrap()
                    .to_owned()
            })
            .collect()
    };
    assert_eq!(names, stems("docs/rules"));
    let printed: BTreeSet<String> = pages::ALL.iter().map(|(n, _)| (*n).to_owned()).collect();
    assert_eq!(names, printed);
    let registered: BTreeSet<String> = lint::rules::ALL
        .iter()
        .map(|c| c.rule.name.replace('-', "_"))
        .collect();
    let mut files = stems("src/lint/rules");
    assert!(files.remove("mod"));
    assert_eq!(registered, files);
}

/// `docs/rules.md` lists every rule. `UPDATE_EXPECTED=1` writes it.
#[test]
fn the_index_lists_every_rule() {
    let mut text = String::from(
        "# Rules\n\nWhat `postmerge lint` finds. `postmerge rules NAME` prints a page in the terminal.\n\n\
         | code | rule | severity | finds |\n|---|---|---|---|\n",
    );
    for rule in all_rules() {
        text.push_str(&format!(
            "| {} | [{1}](rules/{1}.md) | {2} | {3} |\n",
            rule.code, rule.name, rule.severity, rule.summary
        ));
    }
    let path = root().join("docs/rules.md");
    if std::env::var_os("UPDATE_EXPECTED").is_some() {
        fs::write(&path, text).unwrap();
    } else {
        assert_eq!(fs::read_to_string(path).unwrap(), text);
    }
}

#[test]
fn the_examples_find_what_the_pages_say() {
    for rule in all_rules() {
        let path = root().join(format!("docs/rules/{}.md", rule.name));
        let page = fs::read_to_string(&path).unwrap();
        let heading = format!(
            "# {} ({})\n\n{} Severity: {}.\n",
            rule.name, rule.code, rule.summary, rule.severity
        );
        assert!(page.starts_with(&heading), "{}: {heading}", rule.name);
        let found: Vec<&str> = page.lines().filter(|l| l.starts_with("## ")).collect();
        assert_eq!(found, SECTIONS, "{}", rule.name);
        let bad = section(&page, "## Example (bad)");
        match bad.split_once("tests/fixtures/lint/") {
            Some((_, rest)) => {
                let case = rest.split('`').next().unwrap();
                let expected = root().join(format!("tests/fixtures/lint/{case}/expected.txt"));
                let text = fs::read_to_string(expected).unwrap();
                assert!(
                    text.contains(rule.code),
                    "{}: {case} does not find it",
                    rule.name
                );
            }
            None => {
                let actual = findings(&files(bad));
                assert!(
                    actual.contains(&format!("[{}]", rule.code)),
                    "{}: {actual}",
                    rule.name
                );
                let stated = fence(bad, "findings");
                if stated != actual && std::env::var_os("UPDATE_EXPECTED").is_some() {
                    let from = format!("```findings\n{stated}```");
                    let to = format!("```findings\n{actual}```");
                    fs::write(&path, page.replace(&from, &to)).unwrap();
                } else {
                    assert_eq!(stated, actual, "{}", rule.name);
                }
            }
        }
        assert_eq!(
            findings(&files(section(&page, "## Example (good)"))),
            "",
            "{}",
            rule.name
        );
    }
}

fn section<'a>(page: &'a str, heading: &str) -> &'a str {
    let after = page.split_once(heading).unwrap().1;
    after.split("\n## ").next().unwrap()
}

fn fence<'a>(text: &'a str, language: &str) -> &'a str {
    let after = text.split_once(&format!("```{language}\n")).unwrap().1;
    after.split("```").next().unwrap()
}

/// Each file is named in backquotes on a line of its own, its text fenced below.
fn files(section: &str) -> Vec<(String, String)> {
    let mut files = Vec::new();
    let mut rest = section;
    while let Some((before, after)) = rest.split_once("\n```") {
        let (language, after) = after.split_once('\n').unwrap();
        let (text, after) = after.split_once("```").unwrap();
        if language != "findings" {
            let name = before.trim_end().lines().last().unwrap().trim_matches('`');
            files.push((name.to_owned(), text.to_owned()));
        }
        rest = after;
    }
    assert!(!files.is_empty(), "{section}");
    files
}

/// As in a pull request of `ana-example` that brings these files to the sound workspace.
fn findings(files: &[(String, String)]) -> String {
    let (before, folder) = (overlay::base(&root()), overlay::base(&root()));
    for (name, text) in files {
        overlay::write(&folder.path().join(name), text.as_bytes());
    }
    // One that went out, and that the pull request takes away unless it brings it along.
    let text =
        fs::read(root().join("tests/fixtures/workspace/campaigns/rueda/campaign.yaml")).unwrap();
    overlay::write(
        &before.path().join("campaigns/enviada/campaign.yaml"),
        &text,
    );
    overlay::write(
        &before.path().join("campaigns/enviada/body.md"),
        b"Ya enviada.\n",
    );
    let sent = [lint::Sent {
        campaign: postmerge::mail::occurrence::CampaignId::parse("enviada").unwrap(),
        on: jiff::civil::date(2026, 10, 1),
    }];
    let changed: BTreeSet<String> = files.iter().map(|(name, _)| name.clone()).collect();
    let request = lint::Request {
        base: Some(lint::Base {
            source: &Folder::new(before.path()),
            changed: &changed,
        }),
        author: Some("ana-example"),
        sent: &sent,
        ..lint::Request::at("2026-11-02T12:00:00Z".parse().unwrap())
    };
    let report = lint::run(&Folder::new(folder.path()), &request);
    report
        .findings
        .iter()
        .map(|f| {
            let at = resolve::line_column(f, &report.files)
                .map_or(String::new(), |(line, column)| format!(":{line}:{column}"));
            format!(
                "{}{at} {}[{}] {}\n",
                f.path, f.severity, f.rule.code, f.message
            )
        })
        .collect()
}
