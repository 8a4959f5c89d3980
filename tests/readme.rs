//! The README tells the truth: its links lead somewhere, its commands exist, its example is the one in
//! the repository, and the output that it shows is what `postmerge lint` and `postmerge plan` print.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::Arc;

use assert_cmd::Command;
use clap::Parser;
use postmerge::cli::Cli;
use postmerge::mail::occurrence::CampaignId;
use postmerge::plan::planning::{Request, State, plan};
use postmerge::report::plan_text;
use postmerge::workspace::Workspace;
use postmerge::workspace::folder::Folder;
use postmerge::workspace::source::Source;

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

/// Every page's links to files and to headings of its own.
#[test]
fn links_of_the_documentation_lead_somewhere() {
    let mut count = 0;
    for entry in fs::read_dir("docs").unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|it| it != "md") {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        let targets = text.split("](").skip(1);
        for target in targets.filter_map(|rest| rest.split(')').next()) {
            let target = target.replace('\n', " ");
            let (file, heading) = target.split_once('#').unwrap_or((&target, ""));
            // In examples of what campaigns say.
            let is_shown = file.starts_with("assets/") || file.starts_with("{{");
            if file.starts_with("http") || is_shown || file.contains('…') {
                continue;
            }
            let there = match file {
                "" => path.clone(),
                file => path.with_file_name(file),
            };
            assert!(there.exists(), "{}: {target}", path.display());
            let is_page = there.extension().is_some_and(|it| it == "md");
            if !heading.is_empty() && is_page {
                let page = fs::read_to_string(&there).unwrap();
                let mut headings = page
                    .lines()
                    .filter(|line| line.starts_with('#'))
                    .map(anchor);
                assert!(
                    headings.any(|it| it == heading),
                    "{}: {target}",
                    path.display()
                );
            }
            count += 1;
        }
    }
    assert!(count > 50, "the pages' links are found: {count}");
}

/// As GitHub makes it of a heading.
fn anchor(heading: &str) -> String {
    let text = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = text
        .chars()
        .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

/// The commands that the page for administrators names.
#[test]
fn commands_of_operations_are_commands() {
    let text = fs::read_to_string("docs/operations.md")
        .unwrap()
        .replace("\\\n", " ");
    let lines = text.lines().map(str::trim);
    let inline = text.split('`').filter(|part| !part.contains('\n'));
    let commands = lines
        .chain(inline)
        .filter(|part| part.starts_with("postmerge "));
    let mut count = 0;
    for command in commands {
        let words = words(command);
        if let Err(error) = Cli::try_parse_from(&words) {
            panic!("`{command}`: {error}");
        }
        count += 1;
    }
    assert!(count > 8, "the commands are found");
}

/// As a shell splits them, as far as quotes go.
fn words(command: &str) -> Vec<String> {
    let parts = command.split('\'').enumerate();
    let mut words = Vec::new();
    for (number, part) in parts {
        if number % 2 == 1 {
            words.push(part.to_owned());
        } else {
            words.extend(part.split_whitespace().map(str::to_owned));
        }
    }
    words
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

#[test]
fn the_plan_shown_is_real() {
    let text = readme();
    let after = text.split("<!-- plan-output -->").nth(1).unwrap();
    let shown = blocks(after, "text").first().copied().unwrap();
    let source: Arc<dyn Source> = Arc::new(Folder::new(env!("CARGO_MANIFEST_DIR")));
    let (workspace, _) = Workspace::load(&*source).as_far_as_read().unwrap();
    let only = BTreeSet::from([CampaignId::parse("2026/rueda-agro").unwrap()]);
    let made = plan(&Request {
        proposed: State {
            source,
            whence: "the workspace".to_owned(),
            workspace: Arc::new(workspace),
        },
        base: None,
        only: &only,
        ledger: None,
        key: None,
        received: &[],
        problems: &[],
        unreadable: &BTreeMap::new(),
        now: "2026-11-25T15:00:00Z".parse().unwrap(),
    })
    .unwrap();
    let zone = jiff::tz::TimeZone::get("America/Bogota").unwrap();
    assert_eq!(shown.trim(), plan_text::render(&made, &zone).trim());
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
