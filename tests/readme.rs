//! The README tells the truth: its links lead somewhere, its commands exist, its example is the one in
//! the repository, and the lint output that it shows is what `postmerge lint` prints.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::fs;
use std::path::Path;

use assert_cmd::Command;
use clap::Parser;
use postmerge::cli::Cli;

/// The campaign whose lint output the README shows.
const MISTAKEN: &str = "\
subject: Rueda de negocios
sender: evento
template: boletin
audience:
  lists: [exportadores, socios]
send: {date: 2026-12-03, window: 12:00}
";

fn readme() -> String {
    fs::read_to_string("README.md").unwrap()
}

/// What stands between a fence of this language and the next fence, for each such block.
fn blocks<'a>(text: &'a str, language: &str) -> Vec<&'a str> {
    let opening = format!("```{language}\n");
    text.split(opening.as_str())
        .skip(1)
        .filter_map(|rest| rest.split("\n```").next())
        .collect()
}

#[test]
fn links_lead_somewhere() {
    let text = readme();
    let targets = text
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split(')').next());
    let mut count = 0;
    for target in targets.filter(|target| !target.starts_with("http")) {
        assert!(Path::new(target).exists(), "{target}");
        count += 1;
    }
    assert!(count > 10, "the README's links are found");
}

#[test]
fn every_command_is_one() {
    let text = readme();
    let inline = text.split('`').filter(|part| !part.contains('\n'));
    // Those of the steps are indented.
    let lines = text.lines().filter_map(|line| line.strip_prefix("   "));
    let commands = inline
        .chain(lines)
        .filter(|part| part.starts_with("postmerge "));
    let mut count = 0;
    for command in commands {
        let words = command.split_whitespace();
        if let Err(error) = Cli::try_parse_from(words) {
            panic!("`{command}`: {error}");
        }
        count += 1;
    }
    assert!(count > 4, "the README's commands are found");
    assert!(text.contains("cargo run --release -- demo\n"));
    assert!(Cli::try_parse_from(["postmerge", "demo"]).is_ok());
}

#[test]
fn the_campaign_shown_is_the_one_here() {
    let text = readme();
    let shown = blocks(&text, "yaml").first().copied().unwrap();
    let file = fs::read_to_string("campaigns/2026/rueda-agro/campaign.yaml").unwrap();
    let without_comment: Vec<&str> = file.lines().filter(|line| !line.starts_with('#')).collect();
    assert_eq!(shown, without_comment.join("\n"));
}

#[test]
fn the_lint_output_shown_is_real() {
    let text = readme();
    let after = text.split("<!-- lint-output -->").nth(1).unwrap();
    let shown = blocks(after, "text").first().copied().unwrap();
    let folder = tempfile::tempdir().unwrap();
    copy("tests/fixtures/workspace", folder.path());
    fs::write(
        folder.path().join("campaigns/rueda/campaign.yaml"),
        MISTAKEN,
    )
    .unwrap();
    let output = Command::cargo_bin("postmerge")
        .unwrap()
        .arg("-C")
        .arg(folder.path())
        .arg("lint")
        .output()
        .unwrap();
    assert_eq!(
        shown.trim(),
        String::from_utf8(output.stdout).unwrap().trim()
    );
}

fn copy(from: impl AsRef<Path>, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
