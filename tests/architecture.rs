//! Holds the house: which module may import which, who may print, read the clock or the
//! environment, and how long a file may grow. `docs/architecture.md` shows the same table to people.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The rows, uppermost first. A module imports only from rows below its own.
const ROWS: &[&[&str]] = &[
    &["cli"],
    &[
        "lint", "deliver", "bounce", "hygiene", "portal", "doctor", "report",
    ],
    &["plan"],
    &["render"],
    &["workspace", "ledger", "schedule", "transport"],
    &["diagnostic", "mail"],
    &["git", "clock"],
];

/// Lines of code, which blank lines and comments are not.
const LONGEST_FILE: usize = 500;

const PRINTING: &[&str] = &["println!", "eprintln!", "print!(", "eprint!(", "dbg!("];
const CLOCK: &[&str] = &[
    "Timestamp::now",
    "Zoned::now",
    "SystemTime::now",
    "Instant::now",
];
const WAITING: &[&str] = &["thread::sleep", "time::sleep"];
/// The in-process inbox plays the other side of the network, which answers late or hangs.
const MAY_WAIT: &str = "src/transport/inbox";
const ENVIRONMENT: &[&str] = &["env::var", "env::args", "process::exit"];

struct SourceFile {
    path: String,
    /// `["render", "layout"]` for `src/render/layout.rs`; empty for `lib.rs` and `main.rs`.
    module: Vec<String>,
    text: String,
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

fn source_files() -> Vec<SourceFile> {
    let src = root().join("src");
    let mut paths = Vec::new();
    rust_files(&src, &mut paths);
    paths.sort();
    paths
        .into_iter()
        .map(|path| {
            let relative = path.strip_prefix(&src).unwrap().with_extension("");
            let mut module: Vec<String> = relative
                .iter()
                .map(|part| part.to_string_lossy().into_owned())
                .collect();
            if matches!(
                module.last().map(String::as_str),
                Some("mod" | "lib" | "main")
            ) {
                module.pop();
            }
            SourceFile {
                path: path.strip_prefix(root()).unwrap().display().to_string(),
                module,
                text: fs::read_to_string(&path).unwrap(),
            }
        })
        .collect()
}

fn row_of(module: &str) -> Option<usize> {
    ROWS.iter().position(|row| row.contains(&module))
}

/// The text without line comments, so that documentation may name what code may not.
fn code(text: &str) -> String {
    text.lines()
        .map(|line| match line.split_once("//") {
            // A `//` inside an address such as `https://…` is no comment.
            Some((before, _)) if !before.ends_with(':') => before,
            _ => line,
        })
        .collect::<Vec<_>>()
        .join("\n")
}

/// The code without its unit tests, which may print and wait.
fn code_without_tests(text: &str) -> String {
    let code = code(text);
    match code.find("#[cfg(test)]\nmod tests {") {
        Some(start) => code.get(..start).unwrap().to_owned(),
        None => code,
    }
}

fn leading_name(text: &str) -> String {
    text.chars()
        .take_while(|c| c.is_ascii_alphanumeric() || *c == '_')
        .collect()
}

/// The first names inside a `{…}` that follows `crate::`.
fn names_in_braces(text: &str) -> Vec<String> {
    let (mut depth, mut names, mut fresh) = (0_usize, Vec::new(), false);
    for (at, c) in text.char_indices() {
        match c {
            '{' => {
                depth += 1;
                fresh = depth == 1;
            }
            '}' => {
                depth -= 1;
                if depth == 0 {
                    break;
                }
            }
            ',' => fresh = depth == 1,
            c if c.is_whitespace() => {}
            _ if fresh => {
                names.push(leading_name(text.get(at..).unwrap()));
                fresh = false;
            }
            _ => {}
        }
    }
    names
}

/// The top-level modules that code names, by `crate::…` or by climbing out with `super::…`.
fn imports(text: &str, depth: usize) -> BTreeSet<String> {
    let code = code(text);
    let mut found = BTreeSet::new();
    for (at, path) in code.match_indices("crate::") {
        let inside_a_name = code
            .get(..at)
            .and_then(|before| before.chars().last())
            .is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '$');
        if inside_a_name {
            continue;
        }
        let rest = code.get(at + path.len()..).unwrap().trim_start();
        if rest.starts_with('{') {
            found.extend(names_in_braces(rest));
        } else {
            found.insert(leading_name(rest));
        }
    }
    let mut rest = code.as_str();
    while let Some(at) = rest.find("super::") {
        rest = rest.get(at..).unwrap();
        let mut climbed = 0;
        while let Some(further) = rest.strip_prefix("super::") {
            climbed += 1;
            rest = further;
        }
        if climbed >= depth {
            if rest.starts_with('{') {
                found.extend(names_in_braces(rest));
            } else {
                found.insert(leading_name(rest));
            }
        }
    }
    found.retain(|name| row_of(name).is_some());
    found
}

/// What is wrong with a file's imports.
fn wrong_imports(file: &SourceFile) -> Vec<String> {
    let Some(module) = file.module.first() else {
        return Vec::new();
    };
    let Some(row) = row_of(module) else {
        return vec![format!(
            "{}: `{module}` has no row: add it to the table here and in docs/architecture.md, with the reason",
            file.path
        )];
    };
    imports(&file.text, file.module.len())
        .into_iter()
        .filter(|other| other != module && row_of(other).is_some_and(|other| other <= row))
        .map(|other| {
            format!(
                "{}: `{module}` must not import `{other}`, which stands beside or above it",
                file.path
            )
        })
        .collect()
}

fn uses(file: &SourceFile, patterns: &[&str]) -> Vec<String> {
    if is_a_test(&file.path) {
        return Vec::new();
    }
    let code = code_without_tests(&file.text);
    patterns
        .iter()
        .filter(|pattern| {
            code.match_indices(**pattern).any(|(at, _)| {
                let before = code.get(..at).and_then(|before| before.chars().last());
                !before.is_some_and(|c| c.is_alphanumeric() || c == '_')
            })
        })
        .map(|pattern| format!("{}: uses `{pattern}`", file.path))
        .collect()
}

/// Unit tests too long for the file that they test; they may print.
fn is_a_test(path: &str) -> bool {
    path.ends_with("/tests.rs") || path.ends_with("_tests.rs") || path.contains("/tests/")
}

fn in_module(file: &SourceFile, module: &str) -> bool {
    file.module.first().is_some_and(|first| first == module)
}

fn none(wrong: &[String]) {
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

#[test]
fn modules_import_only_from_rows_below() {
    let wrong: Vec<String> = source_files().iter().flat_map(wrong_imports).collect();
    none(&wrong);
}

#[test]
fn only_cli_prints_and_reads_the_environment() {
    let wrong: Vec<String> = source_files()
        .iter()
        .filter(|file| !in_module(file, "cli"))
        .flat_map(|file| [uses(file, PRINTING), uses(file, ENVIRONMENT)].concat())
        .collect();
    none(&wrong);
}

#[test]
fn only_clock_reads_the_time_and_waits() {
    let wrong: Vec<String> = source_files()
        .iter()
        .filter(|file| !in_module(file, "clock"))
        .flat_map(|file| {
            let waits = if file.path.starts_with(MAY_WAIT) {
                Vec::new()
            } else {
                uses(file, WAITING)
            };
            [uses(file, CLOCK), waits].concat()
        })
        .collect();
    none(&wrong);
}

#[test]
fn every_file_is_short_and_says_what_it_does() {
    let mut wrong = Vec::new();
    for file in source_files() {
        let lines = file
            .text
            .lines()
            .filter(|line| !line.trim().is_empty() && !line.trim_start().starts_with("//"))
            .count();
        if lines > LONGEST_FILE {
            wrong.push(format!(
                "{}: {lines} lines of code; at most {LONGEST_FILE}",
                file.path
            ));
        }
        if !file.text.starts_with("//!") {
            wrong.push(format!("{}: does not open with `//!`", file.path));
        }
    }
    none(&wrong);
}

#[test]
fn the_page_for_people_shows_the_same_rows() {
    let page = fs::read_to_string(root().join("docs/architecture.md")).unwrap();
    let shown: Vec<Vec<&str>> = page
        .split_once("```text\n")
        .and_then(|(_, rest)| rest.split_once("```"))
        .map(|(table, _)| {
            table
                .lines()
                .map(|line| line.split_whitespace().collect())
                .collect()
        })
        .unwrap_or_default();
    assert_eq!(
        shown,
        ROWS.iter().map(|row| row.to_vec()).collect::<Vec<_>>()
    );
}

/// The checks above can fail: each is tried on code that breaks it.
#[test]
fn the_checks_see_what_is_wrong() {
    let file = |module: &[&str], text: &str| SourceFile {
        path: "tried".to_owned(),
        module: module.iter().map(|part| (*part).to_owned()).collect(),
        text: text.to_owned(),
    };
    for (module, text, wrong) in [
        (&["render"][..], "use crate::plan::Plan;", 1),
        (
            &["plan"],
            "use crate::{ledger::Event, lint, plan::Plan};",
            1,
        ),
        (&["mail", "token"], "use super::super::plan::Plan;", 1),
        (&["mail", "token"], "use super::address::Address;", 0),
        (&["mail"], "fn f() -> crate::workspace::Member {}", 1),
        (
            &["mail"],
            "//! see [`crate::workspace`]\nuse crate::clock::Clock;",
            0,
        ),
        (&["utils"], "", 1),
    ] {
        assert_eq!(wrong_imports(&file(module, text)).len(), wrong, "{text}");
    }
    assert_eq!(
        uses(&file(&["plan"], "eprintln!(\"x\");"), PRINTING).len(),
        1
    );
    assert_eq!(
        uses(&file(&["plan"], "let t = Instant::now();"), CLOCK).len(),
        1
    );
    assert!(
        uses(
            &file(
                &["plan"],
                "#[cfg(test)]\nmod tests { fn f() { println!() } }"
            ),
            PRINTING
        )
        .is_empty()
    );
}
